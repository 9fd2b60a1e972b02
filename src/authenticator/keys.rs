//! Keys and ids derived from a seed with HKDF-SHA-256 (RFC 5869).

use hkdf::Hkdf;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use sha2::Sha256;

use crate::webauthn::cose::CoseKey;

/// An ES256 key pair. Signatures are deterministic (RFC 6979).
pub(super) struct KeyPair(SigningKey);

impl KeyPair {
    /// The key with this private scalar, big-endian; `None` if it is zero or not below the group order.
    pub(super) fn from_private_key(bytes: &[u8; 32]) -> Option<KeyPair> {
        SigningKey::from_slice(bytes).ok().map(KeyPair)
    }

    /// The key that a seed gives under a name.
    pub(super) fn derive(seed: &[u8; 32], name: &str) -> KeyPair {
        // One attempt in 2^32 fails; the counter keeps the derivation total.
        (0_u8..=u8::MAX)
            .find_map(|counter| {
                let mut bytes = [0; 32];
                expand(seed, &format!("{name}/{counter}"), &mut bytes);
                KeyPair::from_private_key(&bytes)
            })
            .expect("256 independent draws outside the group order have a probability below 2^-8000")
    }

    /// Signs a message; DER.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let signature: DerSignature = self.0.sign(message);
        signature.as_bytes().to_vec()
    }

    /// The public key as COSE key.
    pub(super) fn public_key(&self) -> CoseKey {
        let point = self.0.verifying_key().to_sec1_point(false);
        let half = |range: std::ops::Range<usize>| -> [u8; 32] {
            point.as_bytes()[range].try_into().expect("an uncompressed P-256 point has 1 + 32 + 32 bytes")
        };
        CoseKey::es256(&half(1..33), &half(33..65))
    }
}

/// Bytes that a seed gives under a name, any length.
pub(super) fn derive_bytes(seed: &[u8; 32], name: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // HKDF gives at most 255 blocks for one name.
    for (index, chunk) in bytes.chunks_mut(32 * 255).enumerate() {
        expand(seed, &format!("{name}/{index}"), chunk);
    }
    bytes
}

fn expand(seed: &[u8; 32], name: &str, out: &mut [u8]) {
    let info = format!("proofmark/{name}");
    Hkdf::<Sha256>::new(None, seed).expand(info.as_bytes(), out).expect("at most 255 blocks are asked for");
}
