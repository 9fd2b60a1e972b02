//! Mutations: the named ways in which a response can be made wrong (or unusual).
//!
//! Each is one entry in the list of its family and one function. A mutation changes one part at the stage where that
//! part is made; whatever is made later (hash, signature, encoding) follows from the changed part.

mod args;
mod attestation_object;
mod authenticator_data;
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

pub use args::Args;

use std::cell::Cell;
use std::fmt;
use std::ops::Deref;

use serde_json::Value;

use super::attestation::Part;
use super::client::ClientError;
use super::keys::KeyPair;
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

/// The arguments of a mutation, and what it may know of the creation.
pub struct Given<'a> {
    pub(super) args: &'a Args,
    pub(super) origin: &'a str,
    pub(super) rp_id: &'a str,
    pub(super) challenge: &'a [u8],
    pub(super) seed: &'a [u8; 32],
    /// The credential key pair.
    pub(super) key: &'a KeyPair,
}

impl Deref for Given<'_> {
    type Target = Args;

    fn deref(&self) -> &Args {
        self.args
    }
}

impl Given<'_> {
    /// A template that stands for itself: only the common placeholders.
    fn template(&self, text: &str) -> Result<Vec<u8>, MutationError> {
        template::fill(text, self, &|_name| None)
    }

    /// As [`Given::template`], as text.
    fn text_template(&self, text: &str) -> Result<String, MutationError> {
        String::from_utf8(self.template(text)?).map_err(|_error| MutationError::Args("a template of UTF-8 text"))
    }
}

/// The mutations of one creation, in order.
pub(super) struct Applied<'a> {
    pub(super) mutations: &'a [(&'static Mutation, Args)],
    pub(super) origin: &'a str,
    pub(super) rp_id: &'a str,
    pub(super) challenge: &'a [u8],
    pub(super) seed: &'a [u8; 32],
    pub(super) key: &'a KeyPair,
    /// How many parts of the statement a mutation was about.
    touched: Cell<usize>,
}

impl<'a> Applied<'a> {
    pub(super) fn new(
        mutations: &'a [(&'static Mutation, Args)],
        (origin, rp_id, challenge): (&'a str, &'a str, &'a [u8]),
        seed: &'a [u8; 32],
        key: &'a KeyPair,
    ) -> Applied<'a> {
        Applied { mutations, origin, rp_id, challenge, seed, key, touched: Cell::new(0) }
    }

    /// Calls `change` with each mutation's stage and arguments; it gives `None` where the stage is not its own.
    pub(super) fn run(
        &self,
        mut change: impl FnMut(&Stage, &Given<'_>) -> Option<Result<(), MutationError>>,
    ) -> Result<(), ClientError> {
        for (mutation, args) in self.mutations {
            let Applied { origin, rp_id, challenge, seed, key, .. } = *self;
            let given = Given { args, origin, rp_id, challenge, seed, key };
            let result = change(&mutation.stage, &given).unwrap_or(Ok(()));
            result.map_err(|source| ClientError::Mutation { id: mutation.id, source })?;
        }
        Ok(())
    }

    /// Hands a part of the statement to the mutations of [`Stage::Attesting`].
    pub(super) fn attesting(&self, part: &mut Part<'_>) -> Result<(), ClientError> {
        self.run(|stage, given| match stage {
            Stage::Attesting(change) => Some(change(part, given).map(|own| {
                self.touched.set(self.touched.get() + usize::from(own));
            })),
            _ => None,
        })
    }

    /// Refuses mutations that are about parts which the format did not have.
    pub(super) fn require_touched(&self, format: &'static str) -> Result<(), ClientError> {
        let attesting = self.mutations.iter().filter(|(mutation, _)| matches!(mutation.stage, Stage::Attesting(_)));
        match attesting.map(|(mutation, _)| mutation.id).next() {
            Some(id) if self.touched.get() == 0 => {
                Err(ClientError::Mutation { id, source: MutationError::Format(format) })
            }
            _ => Ok(()),
        }
    }
}
