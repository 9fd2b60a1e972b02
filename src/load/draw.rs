//! The kinds of cycles.

use crate::contract::{Flow, Protocol};
use crate::outcome::load::Kind;

/// The kind of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Draw {
    pub(super) number: u64,
    pub(super) flow: Flow,
    pub(super) protocol: Protocol,
    pub(super) kind: Kind,
    /// Chooses the fault of a negative cycle.
    pub(super) choice: u32,
}
