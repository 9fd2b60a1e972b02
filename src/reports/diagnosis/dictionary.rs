//! The dictionary of signatures.

use std::collections::BTreeMap;

use super::signature::Signature;

/// A defect that the dictionary knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Id of the defect.
    pub id: String,
    /// Id of the clause that it breaks.
    pub clause: String,
    /// What the server does wrong, in one line.
    pub wrong: String,
    /// Where the server's owner has to look, in one sentence.
    pub look: String,
    /// What it shows.
    pub signature: Signature,
}

/// The places where a case is played: a mask ([`super::Place::bit`]) for each flow.
pub type Cells = BTreeMap<String, u8>;

/// A case that all signatures were made with.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Common {
    /// Where it was played.
    pub cells: Cells,
    /// How many forms of it there are (formats, algorithms, lengths) for each that was played.
    pub choices: u32,
}

/// Every defect with its signature.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dictionary {
    /// The cases that all signatures were made with.
    pub common: BTreeMap<String, Common>,
    /// The defects, by id.
    pub defects: BTreeMap<String, Known>,
}
