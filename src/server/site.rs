//! The state that all operations share.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::defect;
use super::managed_users::Directory;
use super::memory::Memory;
use super::store::{Store, User};
use super::switches::Switches;
use super::timing_faults::Lapses;
use super::variant;
use crate::contract::Contract;
use crate::webauthn::x509::Certificate;

/// More events than a user has.
const MOST_EVENTS: u64 = 1_000_000;

/// How far east the zone is whose time a defect takes for UTC.
const EAST: SignedDuration = SignedDuration::from_hours(2);

/// The relying party: its store, its names, and its defects and variants.
#[derive(Debug)]
pub(super) struct Site {
    /// The contract that it serves.
    pub contract: &'static Contract,
    pub store: Store,
    /// Users that were made over the network, if that is allowed.
    pub directory: Option<Directory>,
    pub switches: Switches,
    /// What defects remember.
    pub lapses: Lapses,
    /// What defects remember of other callers.
    pub memory: Memory,
    /// RP ID if a start names no domain.
    pub rp_id: String,
    /// Further domains that it says it serves.
    pub domains: Vec<String>,
    /// Expected origin if a start names no domain.
    pub origin: String,
    /// The certificates that attestation has to lead to, if any.
    pub trust_anchors: Vec<Certificate>,
}

impl Site {
    /// A user that was there from the start, or one that was made since.
    pub(super) fn user(&self, id: &str) -> Option<Arc<User>> {
        self.store.user(id).cloned().or_else(|| self.directory.as_ref()?.user(id))
    }

    /// The domain of a start: the one that it names. With a defect one that names none has that of the start before, whoever made it.
    pub(super) fn domain<'m>(&self, named: &'m str) -> Cow<'m, str> {
        if !self.switches.has(&defect::identifier::DOMAIN_REMEMBERED) {
            return named.into();
        }
        if named.is_empty() {
            return self.memory.domain.get().unwrap_or_default().into();
        }
        if self.domains.iter().any(|served| served == named) {
            self.memory.domain.swap(named.to_owned());
        }
        named.into()
    }

    /// `details` of an event that happened now, on something that was created then.
    pub(super) fn details(&self, sequence: u64, created: Timestamp) -> Value {
        let switches = &self.switches;
        let is_greatest = switches.varies(&variant::replies::SEQUENCE_GREATEST);
        let sequence = if switches.has(&defect::shape::SEQUENCE_CONSTANT) { 1 } else { sequence };
        let sequence =
            if switches.varies(&variant::behaviour::SEQUENCE_SHARED) { self.memory.next_event() } else { sequence };
        let sequence = if is_greatest { u64::MAX - MOST_EVENTS + sequence } else { sequence };
        let is_uuid = switches.varies(&variant::replies::RESOURCE_OWNER_UUID);
        let owner = if is_uuid { "5bbc5a2c-6d1f-4e0a-9d5e-0c6f2b1d7e33" } else { &self.store.resource_owner };
        let mut details = Map::new();
        let mut set = |name: &str, value: String, left_out: bool| {
            if !left_out {
                details.insert(name.to_owned(), json!(value));
            }
        };
        let owner =
            if switches.has(&defect::shape::RESOURCE_OWNER_OF_EVENT) { sequence.to_string() } else { owner.to_owned() };
        let changed =
            if switches.has(&defect::shape::CHANGE_DATE_ZERO) { Timestamp::UNIX_EPOCH } else { Timestamp::now() };
        let ahead = if switches.has(&defect::shape::CREATION_DATE_LOCAL_TIME) { EAST } else { SignedDuration::ZERO };
        let undated = switches.has(&defect::shape::DATES_MISSING);
        let uncreated = switches.varies(&variant::replies::DETAILS_WITHOUT_CREATION_DATE);
        set("sequence", sequence.to_string(), switches.has(&defect::shape::SEQUENCE_MISSING));
        set("creationDate", format!("{:.6}", created + ahead), undated || uncreated);
        set("changeDate", format!("{changed:.6}"), undated);
        set("resourceOwner", owner, switches.has(&defect::shape::RESOURCE_OWNER_MISSING));
        Value::Object(details)
    }
}
