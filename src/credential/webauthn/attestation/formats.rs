//! The formats.

use super::statement::AttestationFormat;
use super::{android_key, apple, compound, fido_u2f, none, packed, tpm};

/// Every implemented format.
pub const FORMATS: &[&dyn AttestationFormat] = &[
    &none::None,
    &packed::Packed,
    &fido_u2f::FidoU2f,
    &tpm::Tpm,
    &android_key::AndroidKey,
    &apple::Apple,
    &compound::Compound(find),
];

/// The format with this identifier, compared case-sensitively (WebAuthn L3 §8.1).
pub fn find(identifier: &str) -> Option<&'static dyn AttestationFormat> {
    FORMATS.iter().copied().find(|format| format.identifier() == identifier)
}
