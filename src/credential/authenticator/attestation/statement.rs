//! The statement of each format.

use super::draft::Draft;
use super::{android_key, apple, compound, fido_u2f, packed, tpm};
use crate::authenticator::error::ClientError;
use crate::authenticator::format::Format;
use crate::webauthn::cbor::Value;

impl Draft<'_> {
    /// `attStmt` of a format.
    pub(in crate::authenticator) fn statement(&self, format: Format) -> Result<Value, ClientError> {
        match format {
            Format::None => Ok(Value::Map(Vec::new())),
            Format::PackedSelf => packed::attest_self(self),
            Format::PackedX5c => packed::attest(self),
            Format::FidoU2f => fido_u2f::attest(self),
            Format::Tpm => tpm::attest(self),
            Format::AndroidKey => android_key::attest(self),
            Format::Apple => apple::attest(self),
            Format::Compound => compound::attest(self),
        }
    }
}
