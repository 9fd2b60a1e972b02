//! The state of a case's ceremony: the answer of the last start, and the credentials made from it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::authenticator::{CreatedCredential, Format};
use crate::contract::Form;
use crate::runner::model::book::Sent;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

// UNRESOLVED ?model/book|sending/attempts|fuzz/fuzzer model::Sent

/// What a step uses if it names no start. All of it is empty when a case begins.
#[derive(Debug, Default)]
pub(crate) struct CeremonyState {
    /// Of the last start.
    pub(crate) options: Option<PublicKeyCredentialCreationOptions>,
    /// The id that the last start answered, or that lists showed.
    pub(crate) factor_id: Option<String>,
    /// The id of the first start.
    pub(crate) first_factor_id: Option<String>,
    /// The credential made last.
    pub(crate) credential: Option<MadeCredential>,
    /// The credential made first.
    pub(crate) first_credential: Option<MadeCredential>,
}

/// A credential that was made, and the ids by which a server may know it.
#[derive(Debug, Clone)]
pub(crate) struct MadeCredential {
    pub(crate) created: CreatedCredential,
    pub(crate) ids: Vec<Vec<u8>>,
    pub(crate) seed: [u8; 32],
    pub(crate) recipe: Recipe,
}

/// What a credential was made from, in addition to its seed.
#[derive(Debug, Clone)]
pub(crate) struct Recipe {
    pub(crate) options: PublicKeyCredentialCreationOptions,
    pub(crate) format: Format,
    pub(crate) algorithm: CoseAlgorithm,
    /// Whether the key is the one that the case names.
    pub(crate) keyed: bool,
    /// Ids of the mutations.
    pub(crate) mutations: Vec<String>,
}

/// A start, and what was made from it. Everything is empty if it was refused.
#[derive(Debug, Default)]
pub(crate) struct Started {
    pub factor_id: Option<String>,
    pub options: Option<PublicKeyCredentialCreationOptions>,
    /// The credential made last from its options.
    pub credential: Option<MadeCredential>,
    /// Whether that is one that was enrolled before.
    pub is_again: bool,
}

impl Started {
    /// The kind of credential that its verify sends.
    pub(crate) fn sent(&self) -> Sent {
        match &self.credential {
            Some(made) if !made.recipe.mutations.is_empty() => Sent::Spoiled,
            Some(_) if self.is_again => Sent::Removed,
            _ => Sent::Good,
        }
    }
}

/// Every id by which a target may know a credential: those of the envelope, and the one in the authenticator data.
pub(crate) fn ids_of(made: &MadeCredential) -> impl Iterator<Item = Vec<u8>> + '_ {
    // RP ID hash, flags, counter and AAGUID come before its length (WebAuthn L3 section 6.1). The rest may be wrong on purpose.
    const LENGTH_AT: usize = 53;
    let data = &made.created.authenticator_data;
    let length =
        data.get(LENGTH_AT..LENGTH_AT + 2).map_or(0, |bytes| usize::from(bytes[0]) << 8 | usize::from(bytes[1]));
    let attested = data.get(LENGTH_AT + 2..LENGTH_AT + 2 + length).map(<[u8]>::to_vec);
    made.ids.iter().cloned().chain(attested)
}

/// The credential as a message carries it.
pub(crate) fn in_form(form: Form, credential: &MadeCredential) -> Value {
    match form {
        Form::Json => credential.created.json.clone(),
        Form::Base64 => STANDARD.encode(&credential.created.text).into(),
    }
}
