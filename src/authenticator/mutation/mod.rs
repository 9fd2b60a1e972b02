//! Mutations: the named ways in which a response can be made wrong (or unusual).
//!
//! Each is one entry in the list of its family and one function. A mutation changes one part at the stage where that
//! part is made; whatever is made later (hash, signature, encoding) follows from the changed part.

mod args;
mod attestation;
mod authenticator_data;
mod client_data;
mod cose_key;
mod credential;
mod envelope;

pub use args::Args;

use std::fmt;

use serde_json::Value;

use super::client::ClientError;
use super::device::Format;
use crate::webauthn::attestation::{AttestationInput, AttestationObject};
use crate::webauthn::authenticator_data::AuthenticatorData;
use crate::webauthn::client_data::CollectedClientData;

/// Changes one part of a response, as its arguments say.
type Change<T> = fn(&mut T, &Args) -> Result<(), MutationError>;

/// One named way to be wrong.
#[derive(Debug, Clone, Copy)]
pub struct Mutation {
    /// Kebab-case id, as scenarios name it. The prefixes `packed-` and `none-` tie a mutation to that format.
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
    /// Bytes of the authenticator data, before signing.
    AuthenticatorDataBytes(Change<Vec<u8>>),
    /// What the statement is made from.
    Attesting(fn(&mut AttestationInput<'_>, &Args) -> Result<(), MutationError>),
    /// The attestation object, after signing.
    Statement(Change<AttestationObject>),
    /// Bytes of the attestation object.
    Encoded(Change<Vec<u8>>),
    /// The JSON of the credential.
    Credential(Change<Value>),
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::ClientData(_) => "ClientData",
            Stage::ClientDataJson(_) => "ClientDataJson",
            Stage::AuthenticatorData(_) => "AuthenticatorData",
            Stage::AuthenticatorDataBytes(_) => "AuthenticatorDataBytes",
            Stage::Attesting(_) => "Attesting",
            Stage::Statement(_) => "Statement",
            Stage::Encoded(_) => "Encoded",
            Stage::Credential(_) => "Credential",
        })
    }
}

/// Why a mutation cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MutationError {
    /// The arguments are not of the form that the mutation takes.
    #[error("its arguments have to be {0}")]
    Args(&'static str),
    /// The mutation belongs to another attestation format.
    #[error("it does not apply to format {0}")]
    Format(&'static str),
    /// What is asked for cannot be made from this response.
    #[error("{0}")]
    Impossible(String),
}

impl Mutation {
    /// The mutation with an id.
    pub fn find(id: &str) -> Option<&'static Mutation> {
        MUTATIONS.iter().find(|mutation| mutation.id == id)
    }

    /// Whether it can be applied to a response of this format.
    pub fn applies_to(&self, format: Format) -> bool {
        let only = Format::ALL.into_iter().find(|only| self.id.starts_with(&format!("{}-", only.identifier())));
        only.is_none_or(|only| only == format)
    }
}

/// Every mutation, by family.
pub const MUTATIONS: &[Mutation] = &ALL;

const FAMILIES: [&[Mutation]; 6] = [
    client_data::MUTATIONS,
    authenticator_data::MUTATIONS,
    cose_key::MUTATIONS,
    attestation::MUTATIONS,
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

/// The mutation of one creation, if any.
#[derive(Clone, Copy)]
pub(super) struct Applied<'a>(pub(super) Option<(&'static Mutation, &'a Args)>);

impl Applied<'_> {
    /// Calls `change` with the stage and the arguments; it gives `None` where the stage is not its own.
    pub(super) fn run(
        self,
        change: impl FnOnce(&Stage, &Args) -> Option<Result<(), MutationError>>,
    ) -> Result<(), ClientError> {
        let Some((mutation, args)) = self.0 else { return Ok(()) };
        let result = change(&mutation.stage, args).unwrap_or(Ok(()));
        result.map_err(|source| ClientError::Mutation { id: mutation.id, source })
    }

    /// Refuses a mutation that belongs to another format.
    pub(super) fn require_applicable(self, format: Format) -> Result<(), ClientError> {
        match self.0 {
            Some((mutation, _)) if !mutation.applies_to(format) => {
                Err(ClientError::Mutation { id: mutation.id, source: MutationError::Format(format.slug()) })
            }
            _ => Ok(()),
        }
    }
}
