//! What a ceremony consists of, as data.

use super::step::Step;
use crate::webauthn::client_data::CREATE;

/// A ceremony of section 7.
#[derive(Debug)]
pub struct Procedure {
    /// Its section, such as `7.1`.
    pub section: &'static str,
    /// `type` in the client data.
    pub client_data_type: &'static str,
    /// Its steps in the order of evaluation, each with its item of the section's list in the Editor's Draft of 2026-07-30; `None` for what
    /// precedes the list.
    pub steps: &'static [(Step, Option<u8>)],
}

/// "Registering a New Credential" (29 items).
pub const REGISTRATION: Procedure = Procedure {
    section: "7.1",
    client_data_type: CREATE,
    steps: &[
        (Step::CredentialJson, None),
        (Step::ClientDataUtf8, Some(5)),
        (Step::ClientDataJson, Some(6)),
        (Step::Type, Some(7)),
        (Step::Challenge, Some(8)),
        (Step::Origin, Some(9)),
        (Step::CrossOrigin, Some(10)),
        (Step::TopOrigin, Some(11)),
        (Step::AttestationObject, Some(13)),
        (Step::RpIdHash, Some(14)),
        (Step::UserPresent, Some(15)),
        (Step::UserVerified, Some(16)),
        (Step::BackupState, Some(17)),
        (Step::Algorithm, Some(20)),
        (Step::Format, Some(21)),
        (Step::AttestationStatement, Some(22)),
        (Step::AttestationTrust, Some(24)),
        (Step::CredentialIdLength, Some(25)),
        (Step::CredentialIdUnique, Some(26)),
    ],
};
