//! The type of a mutation: a name, and the change of one part at the stage where that part is made.

use std::fmt;

use serde_json::Value;

use super::given::Given;
use crate::authenticator::error::MutationError;
use crate::authenticator::parts::Part;
use crate::webauthn::authenticator_data::AuthenticatorData;
use crate::webauthn::client_data::CollectedClientData;

/// Changes one part of a response, as its arguments say.
pub(super) type Change<T> = fn(&mut T, &Given<'_>) -> Result<(), MutationError>;

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
