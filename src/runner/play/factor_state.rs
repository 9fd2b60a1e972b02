//! What the subjects of a case have, as far as the case knows.

use jiff::Timestamp;

use super::ceremony::MadeCredential;
use crate::scenario::Whom;

/// The clause of the state afterwards.
pub(crate) const AFTER_STATE: &str = "api/after-state";

/// What the target should hold for the subject after the steps.
#[derive(Debug, Default)]
pub(crate) struct FactorState {
    /// Credential ids of the subject's accepted registrations.
    pub(crate) enrolled: Vec<Vec<u8>>,
    /// Credential ids that were accepted for another subject.
    pub(crate) elsewhere: Vec<Vec<u8>>,
    /// Credential ids of refused registrations and removed factors, with the clause that they would violate if present.
    pub(crate) absent: Vec<(Vec<u8>, &'static str)>,
    /// Whether a registration was refused.
    pub(crate) refused: bool,
    /// Factor ids, as far as they are known, by the credential ids of the subject's accepted registrations.
    pub(crate) factor_ids: Vec<(Vec<u8>, String)>,
}

/// What a subject was given.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) whom: Whom,
    /// Credential id of the factor.
    pub(crate) credential_id: Vec<u8>,
    /// Id of the factor, where it is known.
    pub(crate) factor_id: Option<String>,
    /// The organization that the answers name.
    pub(crate) owner: Option<String>,
    /// A good response to the registration that is open.
    pub(crate) open: MadeCredential,
    /// Id of that registration, in v2.
    pub(crate) open_id: Option<String>,
}

/// What one answer said.
#[derive(Debug)]
pub(crate) struct SeenDetails {
    pub(crate) sequence: u64,
    pub(crate) owner: String,
    pub(crate) changed: Option<Timestamp>,
}
