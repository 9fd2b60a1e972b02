//! None attestation (WebAuthn L3 §8.7).

use super::{AttestationFormat, AttestationInput, AttestationObject, AttestationType, Statement, StatementError};
use crate::webauthn::cose::CoseKey;

/// `none`: an empty statement.
pub(super) struct None;

impl AttestationFormat for None {
    fn identifier(&self) -> &'static str {
        "none"
    }

    fn attest(&self, _input: &AttestationInput<'_>) -> Statement {
        Statement::new()
    }

    fn verify(
        &self,
        object: &AttestationObject,
        _public_key: &CoseKey,
        _client_data_hash: &[u8; 32],
    ) -> Result<AttestationType, StatementError> {
        if !object.statement.is_empty() {
            return Err(StatementError::Syntax("it is not an empty map"));
        }
        Ok(AttestationType::None)
    }
}
