//! What all operations work on.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::defect::Faults;
use super::store::Store;
use crate::webauthn::x509::Certificate;

/// How far east the zone is whose time a defect takes for UTC.
const EAST: SignedDuration = SignedDuration::from_hours(2);

/// The relying party: its store, its names and its faults.
#[derive(Debug)]
pub(super) struct Site {
    pub store: Store,
    pub faults: Faults,
    /// RP ID where a start names no domain.
    pub rp_id: String,
    /// Expected origin where a start names no domain.
    pub origin: String,
    /// What attestation has to lead to, if anything.
    pub trust_anchors: Vec<Certificate>,
}

impl Site {
    /// `details` of an event that happened now, on something that was created then.
    pub(super) fn details(&self, sequence: u64, created: Timestamp) -> Value {
        let faults = &self.faults;
        let sequence = if faults.has("shape-sequence-constant") { 1 } else { sequence };
        let changed = if faults.has("shape-change-date-zero") { Timestamp::UNIX_EPOCH } else { Timestamp::now() };
        let ahead = if faults.has("shape-creation-date-local-time") { EAST } else { SignedDuration::ZERO };
        let mut details = json!({
            "sequence": sequence.to_string(),
            "creationDate": format!("{:.6}", created + ahead),
            "changeDate": format!("{changed:.6}"),
        });
        if !faults.has("shape-resource-owner-missing") {
            details["resourceOwner"] = json!(self.store.resource_owner);
        }
        if faults.has("shape-resource-owner-of-event") {
            details["resourceOwner"] = json!(sequence.to_string());
        }
        details
    }
}
