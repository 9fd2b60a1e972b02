//! The steps of ceremonies.

use std::fmt;

proofmark_support::named! {
    /// A check of a ceremony, in the order of evaluation. Its slug is the last part of a clause id such as `webauthn/7.1/origin`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Step by slug {
        /// The envelope: members, types, base64url, `id` equal to `rawId` and to the id in the authenticator data (§5.1).
        CredentialJson = "credential-json",
        /// "UTF-8 decode" of clientDataJSON.
        ClientDataUtf8 = "client-data-utf8",
        /// JSON parsing of the client data.
        ClientDataJson = "client-data-json",
        /// `type` is `webauthn.create`.
        Type = "type",
        /// `challenge` is the base64url form of the challenge that was sent.
        Challenge = "challenge",
        /// `origin` is expected.
        Origin = "origin",
        /// `crossOrigin` is not true, unless expected.
        CrossOrigin = "cross-origin",
        /// `topOrigin` is absent, unless expected.
        TopOrigin = "top-origin",
        /// CBOR decoding of the attestation object and the layout of its authenticator data.
        AttestationObject = "attestation-object",
        /// RP ID hash.
        RpIdHash = "rp-id-hash",
        /// User present flag.
        UserPresent = "user-present",
        /// User verified flag, if required.
        UserVerified = "user-verified",
        /// Backup state only with backup eligibility.
        BackupState = "backup-state",
        /// The key's algorithm was offered, and the key is one of that algorithm (§5.8.5, §6.5.1).
        Algorithm = "algorithm",
        /// The attestation statement format is supported.
        Format = "format",
        /// The attestation statement verifies.
        AttestationStatement = "attestation-statement",
        /// The attestation is trustworthy: its certificates lead to a trust anchor. None and self attestation always are here.
        AttestationTrust = "attestation-trust",
        /// The credential id has at most 1023 bytes.
        CredentialIdLength = "credential-id-length",
        /// The credential id is not registered yet.
        CredentialIdUnique = "credential-id-unique",
    }
}

impl Step {
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
