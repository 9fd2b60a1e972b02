//! Defects on demand: each entry is one realistic bug. Its id switches it on, and it is in exactly one place of the server.
//!
//! A run against a server with one defect has to be red for the defect's clause: `proofmark selftest` tests the harness
//! in this way.

mod algorithm;
mod all;
mod attestation;
mod authorization;
mod canary;
mod carrier;
mod challenge;
mod concurrency;
mod entry;
mod http;
mod identifier;
mod limit;
mod options;
mod rare;
mod robustness;
mod sequence;
mod shape;
mod state;
mod status;
mod stored;
mod transport;
mod verification;

pub use all::{CLASSES, all};
pub use entry::{Defect, Shows};
