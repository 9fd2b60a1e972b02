//! Keys of ML-DSA (FIPS 204, RFC 9964). Signatures are those of its deterministic variant, with an empty context.

use ml_dsa::{ExpandedSigningKey, MlDsa44, MlDsa65, MlDsa87, MlDsaParams};

use crate::webauthn::public_key::KeyKind;

/// A private key, as the seed that it is expanded from.
#[derive(Clone)]
pub(in crate::authenticator) struct MlDsaKey {
    kind: KeyKind,
    seed: [u8; MlDsaKey::SEED_LENGTH],
}

fn sign<P: MlDsaParams>(seed: &[u8; MlDsaKey::SEED_LENGTH], message: &[u8]) -> Vec<u8> {
    let key = ExpandedSigningKey::<P>::from_seed(&(*seed).into());
    // Only a context of more than 255 bytes is refused.
    key.sign_deterministic(message, &[]).expect("an empty context is allowed").encode().to_vec()
}

fn public<P: MlDsaParams>(seed: &[u8; MlDsaKey::SEED_LENGTH]) -> Vec<u8> {
    ExpandedSigningKey::<P>::from_seed(&(*seed).into()).verifying_key().encode().to_vec()
}

impl MlDsaKey {
    /// Bytes of a seed.
    pub(super) const SEED_LENGTH: usize = 32;

    /// The key of a kind with this seed; `None` for kinds other than ML-DSA.
    pub(super) fn new(kind: KeyKind, seed: [u8; MlDsaKey::SEED_LENGTH]) -> Option<MlDsaKey> {
        kind.is_ml_dsa().then_some(MlDsaKey { kind, seed })
    }

    pub(super) fn kind(&self) -> KeyKind {
        self.kind
    }

    pub(super) fn seed(&self) -> &[u8; MlDsaKey::SEED_LENGTH] {
        &self.seed
    }

    /// The signature of a message.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self.kind {
            KeyKind::MlDsa44 => sign::<MlDsa44>(&self.seed, message),
            KeyKind::MlDsa65 => sign::<MlDsa65>(&self.seed, message),
            _ => sign::<MlDsa87>(&self.seed, message),
        }
    }

    /// The public key in the encoding of FIPS 204.
    pub(super) fn public_bytes(&self) -> Vec<u8> {
        match self.kind {
            KeyKind::MlDsa44 => public::<MlDsa44>(&self.seed),
            KeyKind::MlDsa65 => public::<MlDsa65>(&self.seed),
            _ => public::<MlDsa87>(&self.seed),
        }
    }
}
