//! Verify: finds the pending registration, spends it, judges the credential, and stores the factor.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::json;
use super::options::OFFERED_ALGORITHMS;
use super::refusal::Refused;
use super::site::Site;
use super::store::{Factor, Kind, Pending, User};
use crate::contract::{ApiVersion, Endpoint, Protocol};
use crate::relying_party::{Ceremony, Step, verify_registration_skipping};

/// One verify of a user that may be acted on.
pub(super) struct Attempt<'a> {
    pub site: &'a Site,
    pub endpoint: &'a Endpoint,
    pub message: &'a Value,
    pub user: &'a User,
    pub protocol: Protocol,
}

impl Attempt<'_> {
    /// Answers it. No lock is held while the credential is judged.
    pub(super) fn answer(&self) -> Result<Value, Refused> {
        let faults = &self.site.faults;
        let pending = self.take_pending()?;
        let credential = self.credential();
        let judged = credential.as_ref().map_err(Refused::clone).and_then(|sent| self.judge(&pending, sent));
        let reply = self.reply(&pending);
        match judged {
            Ok(_) if faults.has("state-not-stored") => Ok(reply),
            Ok(credential_id) => {
                self.store(&pending, credential_id);
                Ok(if faults.has("shape-details-missing") { json!({}) } else { reply })
            }
            Err(refused) => {
                if faults.has("state-stored-after-refusal") {
                    self.store(&pending, named_id(&credential.unwrap_or_default()));
                }
                if faults.has("status-ceremony-refusal-as-200") { Ok(reply) } else { Err(refused) }
            }
        }
    }

    /// Takes the registration out of the store: whatever becomes of it, its challenge was good for one attempt.
    fn take_pending(&self) -> Result<Pending, Refused> {
        let mut state = self.user.state();
        let of_kind = state.of(Kind::of(self.endpoint.flow));
        let named = self.endpoint.factor_member().map(|member| self.message[member].as_str().unwrap_or_default());
        let is_named = |pending: &Pending| named.is_none_or(|id| id == pending.factor_id);
        if of_kind.alive().is_none_or(|pending| !is_named(pending)) {
            let is_enrolled = of_kind.factors.iter().any(|factor| named == Some(factor.id.as_str()));
            let known = named.is_none() || is_enrolled;
            return Err(Refused::new(if known { "NOTFOUND-registration" } else { "NOTFOUND-factor" }));
        }
        let mut taken = of_kind.pending.take().ok_or_else(|| Refused::new("NOTFOUND-registration"))?;
        if self.site.faults.has("challenge-not-one-time") {
            let enrolled = of_kind.factors.iter().find(|factor| factor.id == taken.factor_id);
            taken.replayable = enrolled.map(|factor| factor.credential_id.clone());
            of_kind.pending = Some(taken.clone());
        }
        Ok(taken)
    }

    /// The credential as JSON: v1 sends it as bytes, v2 as a Struct.
    fn credential(&self) -> Result<Value, Refused> {
        let member = self.endpoint.credential_member().and_then(|pointer| self.message.pointer(pointer));
        let member = member.unwrap_or(&Value::Null);
        if self.endpoint.flow.version() == ApiVersion::V2 {
            return Ok(member.clone());
        }
        STANDARD
            .decode(member.as_str().unwrap_or_default())
            .ok()
            .and_then(|bytes| json::parse(&bytes).ok())
            .ok_or_else(|| Refused::new("WEBAUTHN-credential-json"))
    }

    /// The id of a credential that passes WebAuthn L3 §7.1; the id is reserved then.
    fn judge(&self, pending: &Pending, credential: &Value) -> Result<Vec<u8>, Refused> {
        let store = &self.site.store;
        let is_replay = |id: &[u8]| pending.replayable.as_deref() == Some(id);
        let challenge = self.expected_challenge(pending, credential);
        let ceremony = Ceremony {
            challenge: &challenge,
            rp_id: &pending.rp_id,
            origins: std::slice::from_ref(&pending.origin),
            top_origins: &[],
            allow_cross_origin: false,
            user_verification_required: pending.user_verification_required,
            algorithms: &OFFERED_ALGORITHMS,
            is_registered: &|id| store.is_registered(id) && !is_replay(id),
            trust_anchors: &self.site.trust_anchors,
            now: u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default(),
        };
        let skipped = self.skipped_step();
        let registration = verify_registration_skipping(&ceremony, credential, skipped)
            .map_err(|refusal| refused_at(refusal.step.slug(), &refusal.detail))?;
        let id = registration.credential_id;
        // Two verifies at once may both have found the id free.
        let is_mine = store.register(&id) || is_replay(&id) || skipped.is_some_and(|step| step.slug() == UNIQUE);
        if is_mine { Ok(id) } else { Err(Refused::new("WEBAUTHN-credential-id-unique")) }
    }

    fn skipped_step(&self) -> Option<Step> {
        let faults = &self.site.faults;
        let slug = if self.protocol == Protocol::Rest && faults.has("transport-rest-disagrees") {
            "origin"
        } else {
            faults.skipped_step()?
        };
        Step::ALL.iter().copied().find(|step| step.slug() == slug)
    }

    /// The challenge that was issued, unless a defect takes another for good.
    fn expected_challenge(&self, pending: &Pending, credential: &Value) -> Vec<u8> {
        let faults = &self.site.faults;
        let claimed = || claimed_challenge(credential).unwrap_or_default();
        if faults.has("challenge-of-earlier-start-accepted") && pending.replaced_challenge == Some(claimed()) {
            return claimed();
        }
        if faults.has("challenge-not-bound-to-user") && self.site.store.is_pending_elsewhere(self.user, &claimed()) {
            return claimed();
        }
        pending.challenge.clone()
    }

    fn store(&self, pending: &Pending, credential_id: Vec<u8>) {
        let name = self.endpoint.name_member().and_then(|pointer| self.message.pointer(pointer));
        let factor = Factor {
            id: pending.factor_id.clone(),
            credential_id,
            name: name.and_then(Value::as_str).unwrap_or_default().to_owned(),
            created: pending.created,
        };
        let mut state = self.user.state();
        let factors = &mut state.of(Kind::of(self.endpoint.flow)).factors;
        if pending.replayable.is_some() {
            factors.retain(|other| other.id != factor.id);
        }
        factors.push(factor);
    }

    fn reply(&self, pending: &Pending) -> Value {
        let sequence = self.user.state().next_sequence();
        json!({ "details": self.site.details(sequence, pending.created) })
    }
}

/// Characters of a message.
const LONGEST_MESSAGE: usize = 200;

const UNIQUE: &str = "credential-id-unique";

fn refused_at(slug: &str, detail: &str) -> Refused {
    // The detail may quote the caller, and the message has to fit into a header.
    let message: String = detail.chars().take(LONGEST_MESSAGE).collect();
    Refused::with_message(&format!("WEBAUTHN-{slug}"), message)
}

/// The challenge that the client data names, without any check.
fn claimed_challenge(credential: &Value) -> Option<Vec<u8>> {
    let text = credential.pointer("/response/clientDataJSON")?.as_str()?;
    let client_data: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    URL_SAFE_NO_PAD.decode(client_data["challenge"].as_str()?).ok()
}

/// The id that the envelope names, without any check.
fn named_id(credential: &Value) -> Vec<u8> {
    credential["id"].as_str().and_then(|id| URL_SAFE_NO_PAD.decode(id).ok()).unwrap_or_default()
}
