//! Compound attestation (WebAuthn L3 §8.9).

use super::draft::{Draft, members};
use super::packed;
use crate::authenticator::error::ClientError;
use crate::authenticator::format::Format;
use crate::authenticator::parts::Part;
use crate::webauthn::cbor::Value;

/// A packed statement with certificate and a packed self attestation.
pub(super) fn attest(draft: &Draft<'_>) -> Result<Value, ClientError> {
    let inner = [(Format::PackedX5c, packed::attest(draft)?), (Format::PackedSelf, packed::attest_self(draft)?)];
    let element = |(format, statement): (Format, Value)| {
        members([("fmt", Value::Text(format.identifier().to_owned())), ("attStmt", statement)])
    };
    let mut statements = inner.map(element).to_vec();
    draft.applied.attesting(&mut Part::Compound(&mut statements))?;
    Ok(Value::Array(statements))
}
