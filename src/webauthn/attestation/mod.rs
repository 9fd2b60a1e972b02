//! Attestation objects (WebAuthn L3 §6.5.4) and the attestation statement formats (§8) that are implemented.

mod none;
mod packed;

use super::cbor::{self, CborError, Form, Value};
use super::cose::{CoseAlgorithm, CoseKey};

/// Every implemented format.
pub const FORMATS: &[&dyn AttestationFormat] = &[&none::None, &packed::Packed];

/// The format with this identifier, compared case-sensitively (WebAuthn L3 §8.1).
pub fn find(identifier: &str) -> Option<&'static dyn AttestationFormat> {
    FORMATS.iter().copied().find(|format| format.identifier() == identifier)
}

/// An attestation statement format: how a statement is made and how it is verified.
pub trait AttestationFormat: Sync {
    /// The registered identifier, such as `packed`.
    fn identifier(&self) -> &'static str;

    /// Makes the statement, a CBOR map, for an authenticator without attestation certificate.
    fn attest(&self, input: &AttestationInput<'_>) -> Statement;

    /// Runs the verification procedure on an object whose authenticator data hold `public_key`.
    ///
    /// # Errors
    /// [`StatementError`]
    fn verify(
        &self,
        object: &AttestationObject,
        public_key: &CoseKey,
        client_data_hash: &[u8; 32],
    ) -> Result<AttestationType, StatementError>;
}

/// The members of an attestation statement, in canonical order.
pub type Statement = Vec<(Value, Value)>;

/// Makes a signature over a message.
pub type Sign<'a> = Box<dyn Fn(&[u8]) -> Vec<u8> + 'a>;

/// What an authenticator attests with.
pub struct AttestationInput<'a> {
    /// Encoded authenticator data.
    pub authenticator_data: Vec<u8>,
    /// SHA-256 of clientDataJSON.
    pub client_data_hash: [u8; 32],
    /// The algorithm that the statement names.
    pub algorithm: CoseAlgorithm,
    /// Signs a message with the credential private key; ECDSA signatures are DER.
    pub sign: Sign<'a>,
}

/// The attestation type that a verification procedure found (WebAuthn L3 §6.5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttestationType {
    /// No attestation.
    None,
    /// Self attestation: signed with the credential private key.
    SelfAttestation,
}

/// Why an attestation statement is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The statement is not of the syntax that its format defines.
    #[error("the statement is not of the format's syntax: {0}")]
    Syntax(&'static str),
    /// `alg` is not the credential public key's algorithm.
    #[error("the statement's alg is not the credential public key's")]
    Algorithm,
    /// The signature does not verify.
    #[error("the attestation signature does not verify")]
    Signature,
    /// A form of the format that is not implemented.
    #[error("{0} not supported yet")]
    Unsupported(&'static str),
}

/// An attestation object (WebAuthn L3 §6.5.4).
#[derive(Debug, Clone, PartialEq)]
pub struct AttestationObject {
    /// `fmt`
    pub format: String,
    /// `attStmt`
    pub statement: Statement,
    /// `authData`, encoded
    pub authenticator_data: Vec<u8>,
}

/// Why bytes are not an attestation object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttestationObjectError {
    /// The bytes are not CBOR of the form asked for.
    #[error("the attestation object: {0}")]
    Cbor(#[from] CborError),
    /// The item is not a map.
    #[error("the attestation object is not a map")]
    NotMap,
    /// A member is absent or has another type.
    #[error("the attestation object has no proper {0}")]
    Member(&'static str),
}

impl AttestationObject {
    /// Encodes in the CTAP2 canonical form: `fmt`, `attStmt`, `authData`.
    pub fn encode(&self) -> Vec<u8> {
        let text = |name: &str| Value::Text(name.to_owned());
        cbor::encode(&Value::Map(vec![
            (text("fmt"), text(&self.format)),
            (text("attStmt"), Value::Map(self.statement.clone())),
            (text("authData"), Value::Bytes(self.authenticator_data.clone())),
        ]))
    }

    /// Decodes an attestation object that fills `bytes`; members beside the three are ignored.
    ///
    /// # Errors
    /// [`AttestationObjectError`]; never panics, whatever the bytes.
    pub fn decode(bytes: &[u8], form: Form) -> Result<AttestationObject, AttestationObjectError> {
        Self::from_value(&cbor::decode(bytes, form)?)
    }

    /// As [`AttestationObject::decode`] in any form of CBOR, but ignores what follows: the reading of a careless parser.
    ///
    /// # Errors
    /// [`AttestationObjectError`]
    pub fn decode_prefix(bytes: &[u8]) -> Result<AttestationObject, AttestationObjectError> {
        Self::from_value(&cbor::decode_first(bytes, Form::Any)?.0)
    }

    fn from_value(value: &Value) -> Result<AttestationObject, AttestationObjectError> {
        let map = value.as_map().ok_or(AttestationObjectError::NotMap)?;
        let member = |name: &'static str| cbor::member(map, name).ok_or(AttestationObjectError::Member(name));
        let wrong = AttestationObjectError::Member;
        Ok(AttestationObject {
            format: member("fmt")?.as_text().ok_or(wrong("fmt"))?.to_owned(),
            statement: member("attStmt")?.as_map().ok_or(wrong("attStmt"))?.clone(),
            authenticator_data: member("authData")?.as_bytes().ok_or(wrong("authData"))?.clone(),
        })
    }
}

#[cfg(test)]
mod tests;
