//! Mutations: the named ways in which a response can be made wrong (or unusual).
//!
//! Each is one entry in the list of its family and one function. A mutation changes one part at the stage where that
//! part is made; whatever is made later (hash, signature, encoding) follows from the changed part.

mod all;
mod applied;
mod args;
mod attestation_object;
mod authenticator_data;
mod bits;
mod byte_expressions;
mod certificate;
mod client_data;
mod cose_key;
mod credential;
mod envelope;
mod format_parts;
mod given;
mod map_edit;
mod signature;
mod signature_encoding;
mod stage;

pub use all::MUTATIONS;
pub(super) use applied::Applied;
pub use args::Args;
pub use given::Given;
pub use stage::{Mutation, Stage};
