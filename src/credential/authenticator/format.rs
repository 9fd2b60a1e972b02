//! The attestation formats that the authenticator gives.

use crate::webauthn::authenticator_data::Aaguid;

/// The attestation that the authenticator gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// `none`: no attestation.
    None,
    /// `packed` self attestation: signed with the credential private key.
    PackedSelf,
    /// `packed` with an attestation certificate.
    PackedX5c,
    /// `fido-u2f`
    FidoU2f,
    /// `tpm`
    Tpm,
    /// `android-key`
    AndroidKey,
    /// `apple`
    Apple,
    /// `compound`: packed with a certificate, and packed self attestation.
    Compound,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 8] = [
        Format::None,
        Format::PackedSelf,
        Format::PackedX5c,
        Format::FidoU2f,
        Format::Tpm,
        Format::AndroidKey,
        Format::Apple,
        Format::Compound,
    ];

    /// The registered identifier, with `-self` or `-x5c` behind `packed`.
    pub const fn slug(self) -> &'static str {
        match self {
            Format::PackedSelf => "packed-self",
            Format::PackedX5c => "packed-x5c",
            other => other.identifier(),
        }
    }

    /// The format with this slug.
    pub fn from_slug(slug: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.slug() == slug)
    }

    /// The attestation statement format identifier, such as `packed`.
    pub const fn identifier(self) -> &'static str {
        match self {
            Format::None => "none",
            Format::PackedSelf | Format::PackedX5c => "packed",
            Format::FidoU2f => "fido-u2f",
            Format::Tpm => "tpm",
            Format::AndroidKey => "android-key",
            Format::Apple => "apple",
            Format::Compound => "compound",
        }
    }

    /// Whether authenticators send the intermediate that issued the leaf with it, as TPMs, Android and Apple devices do.
    pub const fn sends_intermediate(self) -> bool {
        matches!(self, Format::Tpm | Format::AndroidKey | Format::Apple)
    }

    /// The AAGUID that authenticators with this attestation have: that of our model, or none.
    pub(super) const fn aaguid(self) -> Aaguid {
        match self {
            Format::None | Format::PackedSelf | Format::FidoU2f => Aaguid::ZERO,
            _ => MODEL,
        }
    }
}

/// The AAGUID of the virtual authenticator's model: "proofmark" with the marks of a random UUID.
const MODEL: Aaguid = Aaguid(*b"proofm\x41r\x8akauth01");
