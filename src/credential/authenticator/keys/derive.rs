//! Bytes derived from a seed with HKDF-SHA-256 (RFC 5869).

use hkdf::Hkdf;
use sha2::Sha256;

/// Bytes that a seed gives under a name, any length.
pub(in crate::authenticator) fn derive_bytes(seed: &[u8; 32], name: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    // HKDF gives at most 255 blocks for one name.
    for (index, chunk) in bytes.chunks_mut(32 * 255).enumerate() {
        expand(seed, &format!("{name}/{index}"), chunk);
    }
    bytes
}

pub(super) fn expand(seed: &[u8; 32], name: &str, out: &mut [u8]) {
    let info = format!("proofmark/{name}");
    Hkdf::<Sha256>::new(None, seed).expand(info.as_bytes(), out).expect("at most 255 blocks are asked for");
}
