//! Attestation objects (WebAuthn L3 §6.5.4) and the verification procedures of the attestation statement formats (§8).
//!
//! How statements are made is in [`crate::authenticator`]: the two sides share no code.

mod android_key;
mod apple;
mod compound;
mod fido_u2f;
mod formats;
mod none;
mod object;
mod packed;
mod statement;
mod tpm;

pub use formats::{FORMATS, find};
pub use object::{AttestationObject, AttestationObjectError};
pub use statement::{Attestation, AttestationFormat, AttestationType, Statement, StatementError};

#[cfg(test)]
mod tests;
