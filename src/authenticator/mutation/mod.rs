//! Mutations: the named ways in which a response can be made wrong (or unusual).
//!
//! Each is one entry in the list of its family and one function. A mutation changes one part at the stage where that
//! part is made; whatever is made later (hash, signature, encoding) follows from the changed part.

mod applied;
mod args;
mod attestation_object;
mod authenticator_data;
mod bits;
mod certificate;
mod client_data;
mod cose_key;
mod credential;
mod envelope;
mod format_parts;
mod map_edit;
mod notation;
mod signature;
mod signature_encoding;
mod template;

pub(super) use applied::Applied;
pub use applied::Given;
pub use args::Args;

use std::fmt;

use serde_json::Value;

use super::attestation::Part;
use crate::webauthn::authenticator_data::AuthenticatorData;
use crate::webauthn::client_data::CollectedClientData;

/// Changes one part of a response, as its arguments say.
type Change<T> = fn(&mut T, &Given<'_>) -> Result<(), MutationError>;

/// One named way to be wrong.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// Kebab-case id, as scenarios name it.
    pub id: &'static str,
    /// What is wrong afterwards, and which arguments there are.
    pub summary: &'static str,
    /// What is changed.
    pub stage: Stage,
}

/// The part that a mutation changes, in the order in which a response is made.
#[derive(Clone, Copy)]
pub enum Stage {
    /// Members of the client data.
    ClientData(Change<CollectedClientData>),
    /// Bytes of clientDataJSON, before they are hashed.
    ClientDataJson(Change<Vec<u8>>),
    /// Fields of the authenticator data, before signing.
    AuthenticatorData(Change<AuthenticatorData>),
    /// Bytes of the encoded credential public key, before signing.
    PublicKey(Change<Vec<u8>>),
    /// Bytes of the authenticator data, before signing.
    AuthenticatorDataBytes(Change<Vec<u8>>),
    /// What the statement is made from; says whether the part was one that the mutation is about.
    Attesting(fn(&mut Part<'_>, &Given<'_>) -> Result<bool, MutationError>),
    /// Bytes of the attestation object.
    Encoded(Change<Vec<u8>>),
    /// The JSON of the credential.
    Credential(Change<Value>),
    /// The text of that JSON, as a v1 call carries it.
    CredentialText(Change<Vec<u8>>),
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::ClientData(_) => "ClientData",
            Stage::ClientDataJson(_) => "ClientDataJson",
            Stage::AuthenticatorData(_) => "AuthenticatorData",
            Stage::PublicKey(_) => "PublicKey",
            Stage::AuthenticatorDataBytes(_) => "AuthenticatorDataBytes",
            Stage::Attesting(_) => "Attesting",
            Stage::Encoded(_) => "Encoded",
            Stage::Credential(_) => "Credential",
            Stage::CredentialText(_) => "CredentialText",
        })
    }
}

/// Why a mutation cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MutationError {
    /// The arguments are not of the form that the mutation takes.
    #[error("its arguments have to be {0}")]
    Args(&'static str),
    /// The mutation is about something that the attestation format does not have.
    #[error("it does not apply to format {0}")]
    Format(&'static str),
    /// The mutation cuts more than there is.
    #[error("there are only {0} bytes to keep some of")]
    Shorter(usize),
    /// What is asked for cannot be made from this response, by chance: another challenge or key may do.
    #[error("{0}")]
    Chance(&'static str),
    /// What is asked for cannot be made from this response.
    #[error("{0}")]
    Impossible(String),
    /// One of several mutations found everything as it makes it, so that what the whole is called is not what was done.
    #[error("it changes nothing here")]
    Nothing,
}

impl Mutation {
    /// The mutation with an id.
    pub fn find(id: &str) -> Option<&'static Mutation> {
        MUTATIONS.iter().find(|mutation| mutation.id == id)
    }
}

/// Every mutation, by family.
pub const MUTATIONS: &[Mutation] = &ALL;

const FAMILIES: [&[Mutation]; 9] = [
    client_data::MUTATIONS,
    authenticator_data::MUTATIONS,
    cose_key::MUTATIONS,
    signature::MUTATIONS,
    certificate::MUTATIONS,
    format_parts::MUTATIONS,
    attestation_object::MUTATIONS,
    envelope::MUTATIONS,
    credential::MUTATIONS,
];

const ALL: [Mutation; count()] = {
    let mut all = [FAMILIES[0][0]; count()];
    let (mut family, mut next) = (0, 0);
    while family < FAMILIES.len() {
        let mut index = 0;
        while index < FAMILIES[family].len() {
            all[next] = FAMILIES[family][index];
            index += 1;
            next += 1;
        }
        family += 1;
    }
    all
};

const fn count() -> usize {
    let (mut total, mut family) = (0, 0);
    while family < FAMILIES.len() {
        total += FAMILIES[family].len();
        family += 1;
    }
    total
}
