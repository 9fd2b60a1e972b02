//! The steps of the registration ceremony.

use std::fmt;

/// A check of WebAuthn L3 §7.1, in the order of evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// The envelope: members, types, base64url, `id` equal to `rawId` and to the id in the authenticator data (§5.1).
    CredentialJson,
    /// "UTF-8 decode" of clientDataJSON.
    ClientDataUtf8,
    /// JSON parsing of the client data.
    ClientDataJson,
    /// `type` is `webauthn.create`.
    Type,
    /// `challenge` is the base64url form of the challenge that was sent.
    Challenge,
    /// `origin` is expected.
    Origin,
    /// `crossOrigin` is not true, unless expected.
    CrossOrigin,
    /// `topOrigin` is absent, unless expected.
    TopOrigin,
    /// CBOR decoding of the attestation object and the layout of its authenticator data.
    AttestationObject,
    /// RP ID hash.
    RpIdHash,
    /// User present flag.
    UserPresent,
    /// User verified flag, if required.
    UserVerified,
    /// Backup state only with backup eligibility.
    BackupState,
    /// The key's algorithm was offered, and the key is one of that algorithm (§5.8.5, §6.5.1).
    Algorithm,
    /// The attestation statement format is supported.
    Format,
    /// The attestation statement verifies.
    AttestationStatement,
    /// The attestation is trustworthy: its certificates lead to a trust anchor. None and self attestation always are here.
    AttestationTrust,
    /// The credential id has at most 1023 bytes.
    CredentialIdLength,
    /// The credential id is not registered yet.
    CredentialIdUnique,
}

impl Step {
    /// Every step in the order of evaluation.
    pub const ALL: [Step; 19] = [
        Step::CredentialJson,
        Step::ClientDataUtf8,
        Step::ClientDataJson,
        Step::Type,
        Step::Challenge,
        Step::Origin,
        Step::CrossOrigin,
        Step::TopOrigin,
        Step::AttestationObject,
        Step::RpIdHash,
        Step::UserPresent,
        Step::UserVerified,
        Step::BackupState,
        Step::Algorithm,
        Step::Format,
        Step::AttestationStatement,
        Step::AttestationTrust,
        Step::CredentialIdLength,
        Step::CredentialIdUnique,
    ];

    /// The item of §7.1's list in the Editor's Draft of 2026-07-30 (29 items); `None` for what precedes the list.
    pub const fn number(self) -> Option<u8> {
        Some(match self {
            Step::CredentialJson => return None,
            Step::ClientDataUtf8 => 5,
            Step::ClientDataJson => 6,
            Step::Type => 7,
            Step::Challenge => 8,
            Step::Origin => 9,
            Step::CrossOrigin => 10,
            Step::TopOrigin => 11,
            Step::AttestationObject => 13,
            Step::RpIdHash => 14,
            Step::UserPresent => 15,
            Step::UserVerified => 16,
            Step::BackupState => 17,
            Step::Algorithm => 20,
            Step::Format => 21,
            Step::AttestationStatement => 22,
            Step::AttestationTrust => 24,
            Step::CredentialIdLength => 25,
            Step::CredentialIdUnique => 26,
        })
    }

    /// The last part of the clause id `webauthn/7.1/<slug>`.
    pub const fn slug(self) -> &'static str {
        match self {
            Step::CredentialJson => "credential-json",
            Step::ClientDataUtf8 => "client-data-utf8",
            Step::ClientDataJson => "client-data-json",
            Step::Type => "type",
            Step::Challenge => "challenge",
            Step::Origin => "origin",
            Step::CrossOrigin => "cross-origin",
            Step::TopOrigin => "top-origin",
            Step::AttestationObject => "attestation-object",
            Step::RpIdHash => "rp-id-hash",
            Step::UserPresent => "user-present",
            Step::UserVerified => "user-verified",
            Step::BackupState => "backup-state",
            Step::Algorithm => "algorithm",
            Step::Format => "format",
            Step::AttestationStatement => "attestation-statement",
            Step::AttestationTrust => "attestation-trust",
            Step::CredentialIdLength => "credential-id-length",
            Step::CredentialIdUnique => "credential-id-unique",
        }
    }

    /// The step with this slug.
    pub fn from_slug(slug: &str) -> Option<Step> {
        Step::ALL.into_iter().find(|step| step.slug() == slug)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
