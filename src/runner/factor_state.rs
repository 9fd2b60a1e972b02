//! What the subjects of a case have, as far as the case knows.

use jiff::Timestamp;

use super::ceremony::MadeCredential;
use crate::scenario::Whom;

/// What the target should hold for the subject after the steps.
#[derive(Debug, Default)]
pub(super) struct FactorState {
    /// Credential ids of the subject's accepted registrations.
    pub(super) enrolled: Vec<Vec<u8>>,
    /// Credential ids that were accepted for another subject.
    pub(super) elsewhere: Vec<Vec<u8>>,
    /// Credential ids of refused registrations and removed factors, with the clause they would violate if present.
    pub(super) absent: Vec<(Vec<u8>, &'static str)>,
    /// Whether a registration was refused.
    pub(super) refused: bool,
    /// Factor ids, as far as they are known, by the credential ids of the subject's accepted registrations.
    pub(super) factor_ids: Vec<(Vec<u8>, String)>,
}

/// What a subject was given.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) whom: Whom,
    /// Credential id of the factor.
    pub(super) credential_id: Vec<u8>,
    /// Id of the factor, where it is known.
    pub(super) factor_id: Option<String>,
    /// The organization that the answers name.
    pub(super) owner: Option<String>,
    /// A good response to the registration that is open.
    pub(super) open: MadeCredential,
    /// Id of that registration, in v2.
    pub(super) open_id: Option<String>,
}

/// What one answer said.
#[derive(Debug)]
pub(super) struct SeenDetails {
    pub(super) sequence: u64,
    pub(super) owner: String,
    pub(super) changed: Option<Timestamp>,
}
