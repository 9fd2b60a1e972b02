//! Key pairs of every algorithm: derived from a seed with HKDF-SHA-256 (RFC 5869), or for RSA read from `fixtures/keys`.

mod derive;
mod forgeable;
mod key_pair;
mod ml_dsa;
mod p256_key;
mod rsa;

pub(super) use derive::derive_bytes;
pub(super) use forgeable::Forgeable;
pub(super) use key_pair::KeyPair;
pub(super) use rsa::{RsaKey, encode_pkcs1};
