//! The data model of WebAuthn Level 3: encoding and decoding, no policy.
//!
//! What a relying party makes of these values is in [`crate::relying_party`], how a client makes them in
//! [`crate::authenticator`].

mod algorithm;
pub mod attestation;
pub mod authenticator_data;
pub mod base64;
pub mod cbor;
pub mod cbor_item;
pub mod client_data;
pub mod cose;
pub mod credential;
pub mod der;
pub mod hash;
pub mod options;
pub mod public_key;
pub mod received;
pub mod rp_id;
pub mod x509;
