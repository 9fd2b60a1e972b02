//! The hash functions of COSE algorithms and TPMs.

use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::cose::CoseAlgorithm;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1
    Sha1,
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

impl Hash {
    /// The hash that an algorithm signs with; `None` for EdDSA, which has no separate hash, and for unknown algorithms.
    pub fn of(algorithm: CoseAlgorithm) -> Option<Hash> {
        use CoseAlgorithm as A;
        Some(match algorithm {
            A::RS1 => Hash::Sha1,
            A::ES256 | A::ESP256 | A::ES256K | A::RS256 | A::PS256 => Hash::Sha256,
            A::ES384 | A::ESP384 | A::RS384 | A::PS384 => Hash::Sha384,
            A::ES512 | A::ESP512 | A::RS512 | A::PS512 => Hash::Sha512,
            _ => return None,
        })
    }

    /// The hash with a TPM_ALG_ID (TPM 2.0 part 2, section 6.3).
    pub const fn from_tpm_id(id: u16) -> Option<Hash> {
        Some(match id {
            0x0004 => Hash::Sha1,
            0x000b => Hash::Sha256,
            0x000c => Hash::Sha384,
            0x000d => Hash::Sha512,
            _ => return None,
        })
    }

    /// The digest of bytes.
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha1 => Sha1::digest(bytes).to_vec(),
            Hash::Sha256 => Sha256::digest(bytes).to_vec(),
            Hash::Sha384 => Sha384::digest(bytes).to_vec(),
            Hash::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}
