//! Key pairs of every algorithm.

use ed25519_dalek::Signer as _;
use p384::ecdsa::signature::hazmat::PrehashSigner as _;

use super::derive::expand;
use super::forgeable::Forgeable;
use super::ml_dsa::MlDsaKey;
use super::p256_key::P256Key;
use super::rsa::RsaKey;
use crate::webauthn::cose::{CoseAlgorithm, CoseKey};
use crate::webauthn::hash::Hash;
use crate::webauthn::public_key::{KeyKind, PublicKey};

/// An ECDSA signature of a curve's crate over a digest.
macro_rules! der_signature {
    ($curve:ident, $key:expr, $digest:expr) => {{
        let signature: $curve::ecdsa::Signature =
            $key.sign_prehash($digest).expect("the digest is at least half as long as the field");
        signature.to_der().as_bytes().to_vec()
    }};
}

/// A key pair. Signatures are deterministic (RFC 6979, RFC 8032, the deterministic variant of FIPS 204; the salt of RSASSA-PSS follows from the message).
#[derive(Clone)]
pub(in crate::authenticator) enum KeyPair {
    P256(P256Key),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
    Secp256k1(k256::ecdsa::SigningKey),
    Ed25519(ed25519_dalek::SigningKey),
    Rsa(RsaKey),
    MlDsa(MlDsaKey),
    /// A public key under which anybody can sign.
    Forgeable(Forgeable),
}

impl KeyPair {
    /// The key of a kind with these private bytes: a big-endian scalar of any length, or a secret of 32 bytes (Ed25519,
    /// ML-DSA). `None` if there is no such key, and for RSA and Ed448.
    pub(in crate::authenticator) fn from_private_key(kind: KeyKind, bytes: &[u8]) -> Option<KeyPair> {
        if kind.is_ml_dsa() {
            return MlDsaKey::new(kind, bytes.try_into().ok()?).map(KeyPair::MlDsa);
        }
        let length = kind.field_length()?;
        let digits = &bytes[bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len())..];
        let mut scalar = vec![0; length.checked_sub(digits.len())?];
        scalar.extend(digits);
        Some(match kind {
            KeyKind::P256 => KeyPair::P256(P256Key::new(&scalar)?),
            KeyKind::P384 => KeyPair::P384(p384::ecdsa::SigningKey::from_slice(&scalar).ok()?),
            KeyKind::P521 => KeyPair::P521(p521::ecdsa::SigningKey::from_slice(&scalar).ok()?),
            KeyKind::Secp256k1 => KeyPair::Secp256k1(k256::ecdsa::SigningKey::from_slice(&scalar).ok()?),
            KeyKind::Ed25519 => KeyPair::Ed25519(ed25519_dalek::SigningKey::from_bytes(bytes.try_into().ok()?)),
            KeyKind::Ed448 | KeyKind::Rsa | KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => return None,
        })
    }

    /// The key of a kind that a seed gives under a name; `None` for Ed448.
    pub(in crate::authenticator) fn derive(kind: KeyKind, seed: &[u8; 32], name: &str) -> Option<KeyPair> {
        if kind == KeyKind::Rsa {
            return Some(KeyPair::Rsa(RsaKey::drawn(seed, name)));
        }
        let length = if kind.is_ml_dsa() { MlDsaKey::SEED_LENGTH } else { kind.field_length()? };
        // Few attempts fail; the counter keeps the derivation total.
        (0_u8..=u8::MAX).find_map(|counter| {
            let mut bytes = vec![0; length];
            expand(seed, &format!("{name}/{counter}"), &mut bytes);
            if kind == KeyKind::P521 {
                // 521 bits: one in the first byte.
                bytes[0] &= 1;
            }
            KeyPair::from_private_key(kind, &bytes)
        })
    }

    /// Signs a message with an algorithm, or, if that does not go with the key, as the key usually does. ECDSA in DER.
    pub(in crate::authenticator) fn sign(&self, algorithm: CoseAlgorithm, message: &[u8]) -> Vec<u8> {
        if let KeyPair::Ed25519(key) = self {
            return key.sign(message).to_bytes().to_vec();
        }
        if let KeyPair::MlDsa(key) = self {
            return key.sign(message);
        }
        if let KeyPair::Rsa(key) = self {
            return key.sign(algorithm, message);
        }
        if let KeyPair::Forgeable(key) = self {
            return key.sign(message);
        }
        let hash = Hash::of(algorithm).or_else(|| Hash::of(self.usual_algorithm())).unwrap_or(Hash::Sha256);
        self.sign_prehash(&hash.digest(message))
    }

    /// Another signature of the same message for each attempt from 1 on; `None` if the key has only one. Attempt 0 is
    /// [`KeyPair::sign`].
    pub(in crate::authenticator) fn sign_again(
        &self,
        algorithm: CoseAlgorithm,
        message: &[u8],
        attempt: u8,
    ) -> Option<Vec<u8>> {
        match self {
            _ if attempt == 0 => Some(self.sign(algorithm, message)),
            KeyPair::P256(key) => {
                let hash = Hash::of(algorithm).unwrap_or(Hash::Sha256);
                Some(key.sign_prehash_with(&hash.digest(message), &[attempt]))
            }
            _ => None,
        }
    }

    /// An ECDSA signature over a digest; empty for other keys.
    pub(in crate::authenticator) fn sign_prehash(&self, digest: &[u8]) -> Vec<u8> {
        // These crates demand half of the field's length; a digest with leading zeros is the same number.
        let padded = |length: usize| [&vec![0; length.saturating_sub(digest.len())], digest].concat();
        match self {
            KeyPair::P256(key) => key.sign_prehash(digest),
            KeyPair::P384(key) => der_signature!(p384, key, &padded(24)),
            KeyPair::P521(key) => der_signature!(p521, key, &padded(66)),
            KeyPair::Secp256k1(key) => der_signature!(k256, key, digest),
            KeyPair::Ed25519(_) | KeyPair::Rsa(_) | KeyPair::MlDsa(_) | KeyPair::Forgeable(_) => Vec::new(),
        }
    }

    /// The kind of the key.
    pub(in crate::authenticator) fn kind(&self) -> KeyKind {
        match self {
            KeyPair::P256(_) => KeyKind::P256,
            KeyPair::P384(_) => KeyKind::P384,
            KeyPair::P521(_) => KeyKind::P521,
            KeyPair::Secp256k1(_) => KeyKind::Secp256k1,
            KeyPair::Ed25519(_) => KeyKind::Ed25519,
            KeyPair::Rsa(_) => KeyKind::Rsa,
            KeyPair::MlDsa(key) => key.kind(),
            KeyPair::Forgeable(key) => key.public_key().kind,
        }
    }

    /// The algorithm that keys of this kind usually have.
    pub(in crate::authenticator) fn usual_algorithm(&self) -> CoseAlgorithm {
        let kind = self.kind();
        CoseAlgorithm::ALL.iter().find(|(.., known)| *known == kind).map_or(CoseAlgorithm::ES256, |(known, ..)| *known)
    }

    /// The private scalar, secret, or exponent.
    pub(in crate::authenticator) fn private_bytes(&self) -> Vec<u8> {
        match self {
            KeyPair::P256(key) => key.private_bytes(),
            KeyPair::P384(key) => key.to_bytes().to_vec(),
            KeyPair::P521(key) => key.to_bytes().to_vec(),
            KeyPair::Secp256k1(key) => key.to_bytes().to_vec(),
            KeyPair::Ed25519(key) => key.to_bytes().to_vec(),
            KeyPair::Rsa(key) => key.private_exponent(),
            KeyPair::MlDsa(key) => key.seed().to_vec(),
            KeyPair::Forgeable(_) => Vec::new(),
        }
    }

    /// The public key.
    pub(in crate::authenticator) fn public_key(&self) -> PublicKey {
        let kind = self.kind();
        let bytes = match self {
            KeyPair::P256(key) => key.public_point().to_vec(),
            KeyPair::P384(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            KeyPair::P521(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            KeyPair::Secp256k1(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
            KeyPair::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            KeyPair::Rsa(key) => return key.public_key(),
            KeyPair::MlDsa(key) => key.public_bytes(),
            KeyPair::Forgeable(key) => return key.public_key(),
        };
        PublicKey { kind, bytes }
    }

    /// The public key as COSE key of an algorithm.
    pub(in crate::authenticator) fn cose_key(&self, algorithm: CoseAlgorithm) -> CoseKey {
        CoseKey::new(algorithm, &self.public_key())
    }
}
