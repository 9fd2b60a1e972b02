//! What attestation statements are made from, part by part.

mod certification;
mod key_description;
mod part;
mod tpm;

pub(super) use certification::{Certification, Issued};
pub(super) use key_description::KeyDescription;
pub use part::Part;
pub(super) use part::{Message, Nonce, Signing};
pub(super) use tpm::{CertInfo, Parameters, PubArea, attribute, directory_name, general_names};
