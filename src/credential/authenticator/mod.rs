//! The virtual authenticator: the client (browser) and the device that answer creation options with a credential.
//!
//! Everything is derived from a seed, so a run can be repeated. One named [`Mutation`] can make the response wrong in
//! one way; everything that follows from the mutated part is made anew.

mod attestation;
mod certificate;
mod chain;
mod client;
mod device;
mod error;
mod format;
mod keys;
mod mutation;
mod parts;
mod request;

pub use attestation::attestation_root;
pub use chain::{BulkAuthenticator, BulkCredential, BulkError, ChainedKey, KeyChain};
pub use client::{Client, CreatedCredential};
pub use device::mark;
pub use error::{ClientError, MutationError};
pub use format::Format;
pub use mutation::{Args, Given, MUTATIONS, Mutation, Stage};
pub use parts::Part;
pub use request::{CreationRequest, CredentialKey, VectorAttestation};

#[cfg(test)]
mod tests;
