//! Compound attestation (WebAuthn L3 §8.9).

use super::{Draft, Part, members};
use crate::authenticator::client::ClientError;
use crate::authenticator::device::Format;
use crate::webauthn::cbor::Value;

/// A packed statement with certificate and a packed self attestation.
pub(super) fn attest(draft: &Draft<'_>) -> Result<Value, ClientError> {
    let mut statements = Vec::new();
    for format in [Format::PackedX5c, Format::PackedSelf] {
        let statement = draft.statement(format)?;
        statements.push(members([("fmt", Value::Text(format.identifier().to_owned())), ("attStmt", statement)]));
    }
    draft.applied.attesting(&mut Part::Compound(&mut statements))?;
    Ok(Value::Array(statements))
}
