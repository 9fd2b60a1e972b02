//! Defects on demand: each entry is one realistic bug. Its id switches it on, and it is in exactly one place of the server.
//!
//! A run against a server with one defect has to be red for the defect's clause: `proofmark selftest` tests the harness
//! in this way.

pub(crate) mod algorithm;
mod all;
pub(crate) mod attestation;
pub(crate) mod authorization;
pub(crate) mod canary;
pub(crate) mod carrier;
pub(crate) mod challenge;
pub(crate) mod concurrency;
mod entry;
pub(crate) mod http;
pub(crate) mod identifier;
pub(crate) mod limit;
mod look;
pub(crate) mod options;
pub(crate) mod rare;
pub(crate) mod robustness;
pub(crate) mod sequence;
pub(crate) mod shape;
pub(crate) mod state;
pub(crate) mod status;
pub(crate) mod stored;
pub(crate) mod transport;
pub(crate) mod verification;

pub use all::{CLASSES, all};
pub use entry::{Defect, Shows};
