//! A credential in its parts, each with its counterpart in the good one.

use serde::Serialize;

use super::marks::Marks;

/// A decoded credential.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tree {
    /// Ids of the mutations that lead from the good credential to the one that was sent.
    pub mutations: Vec<String>,
    /// The RegistrationResponseJSON.
    pub root: Node,
}

/// One part: a member, a field, an extension.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    /// Its name, such as `flags` or `3 (alg)`.
    pub label: String,
    /// What was sent, in words.
    pub value: String,
    /// What the good one has instead, in words; `None` if it is the same.
    pub good: Option<String>,
    /// How it compares with the good one.
    pub change: Change,
    /// A note: why it can't be read, or that only its encoding differs. Mostly empty.
    pub note: String,
    /// Its bytes, if it differs or if words can't describe it.
    pub bytes: Option<Marks>,
    /// What it consists of.
    pub parts: Vec<Node>,
}

/// How a part compares with its counterpart in the good credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The same.
    Same,
    /// Something inside of it differs.
    Inside,
    /// It differs.
    Changed,
    /// The good one does not have it.
    Added,
    /// Only the good one has it.
    Missing,
}
