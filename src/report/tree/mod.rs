//! A credential taken apart down to its bytes, beside the good one: what differs is marked, what can't be read is shown raw.

mod compare;
mod marks;
mod part;
mod render;

pub use marks::{Marks, Run};
pub use render::text;

use serde::Serialize;

use crate::outcome::CredentialRecord;

/// Parts of one tree that are shown; what differs comes before the bound is reached in all that we make.
const MOST_NODES: usize = 600;

/// A decoded credential.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tree {
    /// Ids of the mutations between the good credential and the one that was sent.
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
    /// What the good one has instead, in words; `None` where that is the same.
    pub good: Option<String>,
    /// How it stands to the good one.
    pub change: Change,
    /// What is to be said of it: why it can't be read, or that only its encoding differs. Mostly empty.
    pub note: String,
    /// Its bytes: of what differs, and of what words don't tell.
    pub bytes: Option<Marks>,
    /// What it consists of.
    pub parts: Vec<Node>,
}

/// How a part stands to its like in the good credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// The same.
    Same,
    /// Something inside of it differs.
    Inside,
    /// It differs.
    Changed,
    /// The good one has nothing like it.
    Added,
    /// Only the good one has it.
    Missing,
}

/// Takes a credential apart. Never fails: what can't be read is shown as bytes.
pub fn decoded(credential: &CredentialRecord) -> Tree {
    let sent = part::credential(&credential.sent);
    let good = part::credential(&credential.good);
    let mut room = MOST_NODES;
    Tree { mutations: credential.mutations.clone(), root: compare::compare(&sent, Some(&good), &mut room) }
}

#[cfg(test)]
mod tests;
