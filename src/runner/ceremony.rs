//! The state of a case's ceremony: what the last start answered, and what was made of it.

use super::model::Sent;
use crate::authenticator::{CreatedCredential, Format};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// What a step goes by that names no start. A case begins with none of it.
#[derive(Debug, Default)]
pub(super) struct CeremonyState {
    /// Of the last start.
    pub(super) options: Option<PublicKeyCredentialCreationOptions>,
    /// The id that the last start answered, or that lists showed.
    pub(super) factor_id: Option<String>,
    /// The id of the first start.
    pub(super) first_factor_id: Option<String>,
    /// The credential made last.
    pub(super) credential: Option<MadeCredential>,
    /// The credential made first.
    pub(super) first_credential: Option<MadeCredential>,
}

/// A credential that was made, and the ids by which a server may know it.
#[derive(Debug, Clone)]
pub(super) struct MadeCredential {
    pub(super) created: CreatedCredential,
    pub(super) ids: Vec<Vec<u8>>,
    pub(super) seed: [u8; 32],
    pub(super) recipe: Recipe,
}

/// What a credential was made from, besides its seed.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) options: PublicKeyCredentialCreationOptions,
    pub(super) format: Format,
    pub(super) algorithm: CoseAlgorithm,
    /// Whether the key is the one that the case names.
    pub(super) keyed: bool,
    /// Ids of the mutations.
    pub(super) mutations: Vec<String>,
}

/// A start, and what was made of it. All empty where it was refused.
#[derive(Debug, Default)]
pub(super) struct Started {
    pub factor_id: Option<String>,
    pub options: Option<PublicKeyCredentialCreationOptions>,
    /// The credential made last from its options.
    pub credential: Option<MadeCredential>,
    /// Whether that is one that was enrolled before.
    pub is_again: bool,
}

impl Started {
    /// Which kind of credential a verify about it sends.
    pub(super) fn sent(&self) -> Sent {
        match &self.credential {
            Some(made) if !made.recipe.mutations.is_empty() => Sent::Spoiled,
            Some(_) if self.is_again => Sent::Removed,
            _ => Sent::Good,
        }
    }
}
