//! What a credential consists of, from its text down to the fields of a certificate.

mod authenticator_data;
mod cbor;
mod certificate;
mod json;

pub(super) use json::credential;
