//! The virtual authenticator: the client (browser) and the device that answer creation options with a credential.
//!
//! Everything is derived from a seed, so a run can be repeated. One named [`Mutation`] can make the response wrong in
//! one way; everything that follows from the mutated part is made anew.

mod attestation;
mod certificate;
mod chain;
mod client;
mod device;
mod keys;
mod mutation;

pub use attestation::{Part, VectorAttestation, attestation_root};
pub use chain::{BulkAuthenticator, BulkCredential, BulkError, ChainedKey, KeyChain};
pub use client::{Client, ClientError, CreatedCredential};
pub use device::{CreationRequest, CredentialKey, Format, mark};
pub use mutation::{Args, Given, MUTATIONS, Mutation, MutationError, Stage};

#[cfg(test)]
mod tests;
