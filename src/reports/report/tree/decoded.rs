//! Takes a credential apart.

use super::compare::compare;
use super::node::Tree;
use super::read;
use crate::outcome::CredentialRecord;

/// How many parts of one tree are shown. In every credential that we make, the differences come before this bound.
const MOST_NODES: usize = 600;

/// Takes a credential apart. Never fails: what can't be read is shown as bytes.
pub fn decoded(credential: &CredentialRecord) -> Tree {
    let sent = read::credential(&credential.sent);
    let good = read::credential(&credential.good);
    let mut room = MOST_NODES;
    Tree { mutations: credential.mutations.clone(), root: compare(&sent, Some(&good), &mut room) }
}
