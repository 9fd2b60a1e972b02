//! The inputs of the verification procedures of all formats, and their results.

use crate::webauthn::authenticator_data::{Aaguid, AttestedCredentialData, AuthenticatorData};
use crate::webauthn::cbor::{self, Value};
use crate::webauthn::der;
use crate::webauthn::x509::{Certificate, oid};

/// An attestation statement format.
pub trait AttestationFormat: Sync {
    /// The registered identifier, such as `packed`.
    fn identifier(&self) -> &'static str;

    /// Runs the verification procedure up to, but without, the trust in the certificates.
    ///
    /// # Errors
    /// [`StatementError`]: the first check that fails.
    fn verify(&self, statement: &Statement<'_>) -> Result<Attestation, StatementError>;
}

/// A statement with the data that its verification needs.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// `attStmt`
    pub value: &'a Value,
    /// `authData` as received.
    pub authenticator_data: &'a [u8],
    /// `authData`, decoded.
    pub data: &'a AuthenticatorData,
    /// The attested credential data in it.
    pub attested: &'a AttestedCredentialData,
    /// SHA-256 of clientDataJSON.
    pub client_data_hash: &'a [u8; 32],
}

/// What a verification procedure found (WebAuthn L3 §6.5.5).
#[derive(Debug, Clone, PartialEq)]
pub struct Attestation {
    /// The type.
    pub attestation_type: AttestationType,
    /// The certificates, leaf first; empty for none and self attestation.
    pub trust_path: Vec<Certificate>,
}

/// The attestation type that a verification procedure found (WebAuthn L3 §6.5.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttestationType {
    /// No attestation.
    None,
    /// Self attestation: signed with the credential private key.
    SelfAttestation,
    /// By certificates: basic, by an attestation CA, or by an anonymization CA. Only their issuer shows which.
    Certified,
}

/// The check of a verification procedure that a statement fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct StatementError {
    /// Section and check, such as `8.3/magic`: the end of the clause id `webauthn/8.3/magic`.
    pub check: &'static str,
    /// What was found.
    pub detail: String,
}

impl StatementError {
    pub(super) fn new(check: &'static str, detail: impl Into<String>) -> StatementError {
        StatementError { check, detail: detail.into() }
    }

    pub(super) fn of(check: &'static str, error: &dyn std::error::Error) -> StatementError {
        StatementError::new(check, error.to_string())
    }
}

impl Attestation {
    pub(super) fn none() -> Attestation {
        Attestation { attestation_type: AttestationType::None, trust_path: Vec::new() }
    }

    pub(super) fn by_credential_key() -> Attestation {
        Attestation { attestation_type: AttestationType::SelfAttestation, trust_path: Vec::new() }
    }

    pub(super) fn certified(trust_path: Vec<Certificate>) -> Attestation {
        Attestation { attestation_type: AttestationType::Certified, trust_path }
    }
}

impl<'a> Statement<'a> {
    /// authenticatorData and the hash of the client data, one after the other.
    pub(super) fn signed_bytes(&self) -> Vec<u8> {
        [self.authenticator_data, self.client_data_hash].concat()
    }

    pub(super) fn members(&self) -> &'a [(Value, Value)] {
        self.value.as_map().map_or(&[], Vec::as_slice)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        cbor::member(self.members(), name).is_some()
    }

    /// Refuses members that the format's syntax does not have.
    pub(super) fn only(&self, check: &'static str, names: &[&str]) -> Result<(), StatementError> {
        let known = |key: &Value| key.as_text().is_some_and(|name| names.contains(&name));
        if self.value.is_map() && self.members().iter().all(|(key, _)| known(key)) {
            return Ok(());
        }
        Err(StatementError::new(check, format!("the statement is not a map of {}", names.join(", "))))
    }

    fn typed<T>(
        &self,
        check: &'static str,
        name: &str,
        kind: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, StatementError> {
        let value = cbor::member(self.members(), name).and_then(read);
        value.ok_or_else(|| StatementError::new(check, format!("the statement has no {kind} {name}")))
    }

    pub(super) fn integer(&self, check: &'static str, name: &str) -> Result<i64, StatementError> {
        self.typed(check, name, "integer", |value| value.as_integer().and_then(|number| number.try_into().ok()))
    }

    pub(super) fn bytes(&self, check: &'static str, name: &str) -> Result<&'a [u8], StatementError> {
        self.typed(check, name, "byte string", |value| value.as_bytes().map(Vec::as_slice))
    }

    pub(super) fn text(&self, check: &'static str, name: &str) -> Result<&'a str, StatementError> {
        self.typed(check, name, "text", Value::as_text)
    }

    /// `x5c`: one certificate or more.
    pub(super) fn certificates(&self, check: &'static str) -> Result<Vec<Certificate>, StatementError> {
        let items = self.typed(check, "x5c", "list", Value::as_array)?;
        let read = |item: &Value| {
            let bytes =
                item.as_bytes().ok_or(StatementError::new(check, "x5c holds something that is not a byte string"))?;
            Certificate::from_der(bytes).map_err(|error| StatementError::of(check, &error))
        };
        let certificates = items.iter().map(read).collect::<Result<Vec<Certificate>, StatementError>>()?;
        if certificates.is_empty() { Err(StatementError::new(check, "x5c is empty")) } else { Ok(certificates) }
    }

    /// That a certificate's key is the credential public key.
    pub(super) fn require_credential_key(&self, leaf: &Certificate, check: &'static str) -> Result<(), StatementError> {
        let certified = leaf.public_key().map_err(|error| StatementError::of(check, &error))?;
        let credential = self.attested.public_key.public_key().map_err(|error| StatementError::of(check, &error))?;
        if certified == credential {
            return Ok(());
        }
        Err(StatementError::new(check, "the certificate is for another key than the credential's"))
    }
}

/// The extension id-fido-gen-ce-aaguid, if it is there: not critical, two OCTET STRINGs, the AAGUID of the data (§8.2).
pub(super) fn aaguid_extension(leaf: &Certificate, aaguid: &Aaguid, check: &'static str) -> Result<(), StatementError> {
    let Some((critical, value)) = leaf.extension(oid::FIDO_AAGUID) else { return Ok(()) };
    if critical {
        return Err(StatementError::new("8.2.1/aaguid-extension", "the AAGUID extension is critical"));
    }
    let inner = der::read(value).and_then(|inner| inner.expect(der::OCTET_STRING));
    let inner = inner.ok().and_then(|inner| <[u8; 16]>::try_from(inner).ok());
    let wrong = "the AAGUID extension is not an OCTET STRING of 16 bytes";
    let inner = inner.ok_or(StatementError::new("8.2.1/aaguid-extension", wrong))?;
    if inner == aaguid.0 {
        return Ok(());
    }
    Err(StatementError::new(check, "the certificate's AAGUID is not that of the authenticator data"))
}

/// Basic Constraints that say it is not a certification authority (§8.2.1, §8.3.1).
pub(super) fn require_end_entity(leaf: &Certificate, check: &'static str) -> Result<(), StatementError> {
    match leaf.basic_constraints() {
        Ok(Some(constraints)) if !constraints.is_authority => Ok(()),
        Ok(Some(_)) => Err(StatementError::new(check, "the certificate is a CA certificate")),
        Ok(None) => Err(StatementError::new(check, "the certificate has no basic constraints")),
        Err(error) => Err(StatementError::of(check, &error)),
    }
}
