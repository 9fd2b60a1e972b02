//! Compound attestation (WebAuthn L3 §8.9).

use super::statement::{Attestation, AttestationFormat, Statement, StatementError};
use crate::webauthn::cbor::{self, Value};

/// `compound`: several statements; here every one of them has to verify, which is a policy that the text leaves open.
/// It gets the function that finds formats.
pub(super) struct Compound(pub(super) fn(&str) -> Option<&'static dyn AttestationFormat>);

const SYNTAX: &str = "8.9/syntax";

impl AttestationFormat for Compound {
    fn identifier(&self) -> &'static str {
        "compound"
    }

    fn verify(&self, statement: &Statement<'_>) -> Result<Attestation, StatementError> {
        let items = statement.value.as_array().filter(|items| items.len() >= 2);
        let items = items.ok_or(StatementError::new(SYNTAX, "the statement is not a list of two or more"))?;
        let attestations = items.iter().map(|item| self.verify_one(item, statement));
        let attestations = attestations.collect::<Result<Vec<Attestation>, StatementError>>()?;
        // Trust is looked at for one of them: which ones a relying party asks for is its policy.
        let certified = attestations.iter().find(|attestation| !attestation.trust_path.is_empty());
        certified.or(attestations.first()).cloned().ok_or(StatementError::new(SYNTAX, "there is no statement"))
    }
}

impl Compound {
    fn verify_one(&self, item: &Value, outer: &Statement<'_>) -> Result<Attestation, StatementError> {
        let syntax = |why: &'static str| StatementError::new(SYNTAX, why);
        let map = item.as_map().ok_or(syntax("an element is not a map"))?;
        let name = cbor::member(map, "fmt").and_then(Value::as_text).ok_or(syntax("an element has no fmt"))?;
        let value = cbor::member(map, "attStmt").ok_or(syntax("an element has no attStmt"))?;
        if name == "compound" {
            return Err(syntax("an element is itself compound"));
        }
        let wrong = |detail: String| StatementError::new("8.9/statements", detail);
        let format = (self.0)(name).ok_or_else(|| wrong("an element's format is not supported".to_owned()))?;
        format.verify(&Statement { value, ..*outer }).map_err(|error| wrong(error.detail))
    }
}
