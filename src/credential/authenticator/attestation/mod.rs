//! How attestation statements are made (WebAuthn L3 §8), one file a format.

mod android_key;
mod apple;
mod certification;
mod compound;
mod draft;
mod fido_u2f;
mod packed;
mod statement;
mod tpm;

pub use certification::attestation_root;
pub(super) use draft::Draft;
