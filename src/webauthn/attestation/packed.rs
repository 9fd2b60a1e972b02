//! Packed attestation (WebAuthn L3 §8.2), so far without attestation certificates.

use super::{AttestationFormat, AttestationInput, AttestationObject, AttestationType, Statement, StatementError};
use crate::webauthn::cbor::{self, Value};
use crate::webauthn::cose::{CoseAlgorithm, CoseKey};

/// `packed`: a signature over the authenticator data and the hash of the client data.
pub(super) struct Packed;

impl AttestationFormat for Packed {
    fn identifier(&self) -> &'static str {
        "packed"
    }

    fn attest(&self, input: &AttestationInput<'_>) -> Statement {
        let signature = (input.sign)(&signed_bytes(&input.authenticator_data, &input.client_data_hash));
        vec![
            (Value::Text("alg".to_owned()), Value::from(input.algorithm.0)),
            (Value::Text("sig".to_owned()), Value::Bytes(signature)),
        ]
    }

    fn verify(
        &self,
        object: &AttestationObject,
        public_key: &CoseKey,
        client_data_hash: &[u8; 32],
    ) -> Result<AttestationType, StatementError> {
        let (algorithm, signature) = read(&object.statement)?;
        if public_key.algorithm() != Some(algorithm) {
            return Err(StatementError::Algorithm);
        }
        let message = signed_bytes(&object.authenticator_data, client_data_hash);
        public_key.verify(algorithm, &message, signature).map_err(|_error| StatementError::Signature)?;
        Ok(AttestationType::SelfAttestation)
    }
}

fn signed_bytes(authenticator_data: &[u8], client_data_hash: &[u8; 32]) -> Vec<u8> {
    [authenticator_data, client_data_hash].concat()
}

/// Holds a statement to the syntax of §8.2, of which the form without `x5c` is implemented.
fn read(statement: &Statement) -> Result<(CoseAlgorithm, &[u8]), StatementError> {
    let algorithm = cbor::member(statement, "alg")
        .and_then(Value::as_integer)
        .and_then(|integer| i64::try_from(integer).ok())
        .ok_or(StatementError::Syntax("it has no integer alg"))?;
    let signature = cbor::member(statement, "sig")
        .and_then(Value::as_bytes)
        .ok_or(StatementError::Syntax("it has no byte string sig"))?;
    match cbor::member(statement, "x5c").map(Value::as_array) {
        Some(Some(certificates)) if !certificates.is_empty() => return Err(StatementError::Unsupported("x5c")),
        Some(_) => return Err(StatementError::Syntax("x5c is not a list of at least one certificate")),
        None if statement.len() != 2 => return Err(StatementError::Syntax("it has a member beside alg and sig")),
        None => {}
    }
    Ok((CoseAlgorithm(algorithm), signature))
}
