//! What all operations work on.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::defect::Faults;
use super::store::Store;
use crate::webauthn::x509::Certificate;

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
        let mut details = json!({
            "sequence": sequence.to_string(),
            "creationDate": format!("{created:.6}"),
            "changeDate": format!("{:.6}", Timestamp::now()),
        });
        if !self.faults.has("shape-resource-owner-missing") {
            details["resourceOwner"] = json!(self.store.resource_owner);
        }
        details
    }
}
