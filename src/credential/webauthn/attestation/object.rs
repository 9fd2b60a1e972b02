//! Attestation objects.

use crate::webauthn::cbor::{self, CborError, Form, Value};

/// An attestation object (WebAuthn L3 §6.5.4).
#[derive(Debug, Clone, PartialEq)]
pub struct AttestationObject {
    /// `fmt`
    pub format: String,
    /// `attStmt`: a map, in format compound a list.
    pub statement: Value,
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
    #[error("the attestation object has no valid {0}")]
    Member(&'static str),
}

impl AttestationObject {
    /// Encodes in the CTAP2 canonical form: `fmt`, `attStmt`, `authData`.
    pub fn encode(&self) -> Vec<u8> {
        let text = |name: &str| Value::Text(name.to_owned());
        cbor::encode(&Value::Map(vec![
            (text("fmt"), text(&self.format)),
            (text("attStmt"), self.statement.clone()),
            (text("authData"), Value::Bytes(self.authenticator_data.clone())),
        ]))
    }

    /// Decodes an attestation object that fills `bytes`; members other than the three are ignored.
    ///
    /// # Errors
    /// [`AttestationObjectError`]; never panics, whatever the bytes.
    pub fn decode(bytes: &[u8], form: Form) -> Result<AttestationObject, AttestationObjectError> {
        Self::from_value(&cbor::decode(bytes, form)?)
    }

    /// As [`AttestationObject::decode`] in any form of CBOR, but ignores bytes that follow, as a careless parser does.
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
        let format = member("fmt")?.as_text().ok_or(wrong("fmt"))?.to_owned();
        let statement = member("attStmt")?.clone();
        // Every format but compound has a map; which, is the format's own syntax.
        if !(statement.is_map() || statement.is_array() && format == "compound") {
            return Err(wrong("attStmt"));
        }
        Ok(AttestationObject {
            format,
            statement,
            authenticator_data: member("authData")?.as_bytes().ok_or(wrong("authData"))?.clone(),
        })
    }
}
