//! The virtual authenticator: the client (browser) and the device that answer creation options with a credential.
//!
//! Everything is derived from a seed, so a run can be repeated. One named [`Mutation`] can make the response wrong in
//! one way; everything that follows from the mutated part is made anew.

mod client;
mod device;
mod keys;
mod mutation;

pub use client::{Client, ClientError, CreatedCredential};
pub use device::{CreationRequest, Format};
pub use mutation::{Args, MUTATIONS, Mutation, MutationError, Stage};

#[cfg(test)]
mod tests;
