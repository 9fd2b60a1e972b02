//! What a cycle is.

use crate::contract::{Flow, Protocol};
use crate::outcome::load::Kind;

/// What a cycle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draw {
    pub(super) number: u64,
    pub(super) flow: Flow,
    pub(super) protocol: Protocol,
    pub(super) kind: Kind,
    /// Chooses among what is wrong in a negative cycle.
    pub(super) choice: u32,
}
