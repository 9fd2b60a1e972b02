//! None attestation (WebAuthn L3 §8.7).

use super::statement::{Attestation, AttestationFormat, Statement, StatementError};

/// `none`: an empty statement.
pub(super) struct None;

impl AttestationFormat for None {
    fn identifier(&self) -> &'static str {
        "none"
    }

    fn verify(&self, statement: &Statement<'_>) -> Result<Attestation, StatementError> {
        match statement.value.as_map() {
            Some(map) if map.is_empty() => Ok(Attestation::none()),
            _ => Err(StatementError::new("8.7/empty-map", "the statement is not an empty map")),
        }
    }
}
