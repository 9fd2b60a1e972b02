//! Verify: finds the open registration, uses it up, judges the credential, and stores the factor.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::attempt::Attempt;
use super::credential::{claimed_challenge, client_data, has_wrong_type, last_certificate, named_id};
use super::defect;
use super::leniency;
use super::options::offer;
use super::refusal::Refused;
use super::spill;
use super::store::{Factor, Kind, Pending, Role, User};
use super::stored;
use super::strictness;
use super::variant;
use crate::contract::{Protocol, What};
use crate::relying_party::{Ceremony, Omission, Refusal, Step, verify_registration_without};
use crate::webauthn::x509::Certificate;
use crate::words::beginning;

impl Attempt<'_> {
    /// Answers it. No lock is held while the credential is judged.
    pub(super) fn answer(&self) -> Result<Value, Refused> {
        let switches = &self.site.switches;
        if let Some(reply) = self.repeated() {
            return Ok(reply);
        }
        let pending = self.take_pending().or_else(|refused| self.early.clone().ok_or(refused))?;
        let credential = self.credential();
        let judged = credential.as_ref().map_err(Refused::clone).and_then(|sent| self.judge(&pending, sent));
        let reply = self.reply(&pending);
        match judged {
            Ok(_) if switches.has(&defect::state::NOT_STORED) => Ok(reply),
            Ok(credential_id) => {
                let times = if switches.has(&defect::state::STORED_TWICE) { 2 } else { 1 };
                for _ in 0..times {
                    self.store(&pending, credential_id.clone());
                }
                Ok(if switches.has(&defect::shape::DETAILS_MISSING) { json!({}) } else { reply })
            }
            Err(refused) => {
                if switches.has(&defect::state::STORED_AFTER_REFUSAL) {
                    self.store(&pending, named_id(&credential.unwrap_or_default()));
                }
                self.after_refusal(&pending);
                if switches.has(&defect::status::CEREMONY_REFUSAL_AS_200) { Ok(reply) } else { Err(refused) }
            }
        }
    }

    /// The answer to a verify of a finished factor: a defect treats it as a repetition, whatever it contains.
    fn repeated(&self) -> Option<Value> {
        if !self.site.switches.has(&defect::sequence::FINISHED_VERIFY_ACCEPTED) {
            return None;
        }
        let named = self.endpoint.asked(What::FactorId, self.message)?;
        let mut state = self.user.state();
        let finished = state.of(Kind::of(self.endpoint.flow)).factors.iter().find(|factor| factor.id == named)?;
        let created = finished.created;
        Some(self.changed(self.site.details(state.next_sequence(), created)))
    }

    /// What a refusal leaves behind: nothing, unless a defect is switched on.
    fn after_refusal(&self, pending: &Pending) {
        let mut state = self.user.state();
        let of_kind = state.of(Kind::of(self.endpoint.flow));
        of_kind.blocked = self.site.switches.has(&defect::state::BLOCKED_AFTER_REFUSAL);
        if of_kind.pending.is_empty()
            && self.site.switches.varies(&variant::behaviour::REFUSED_VERIFY_KEEPS_REGISTRATION)
        {
            of_kind.pending.push(pending.clone());
        }
    }

    /// Takes the registration out of the store: its challenge is good for one attempt only, whether that succeeds or not.
    fn take_pending(&self) -> Result<Pending, Refused> {
        let kind = Kind::of(self.endpoint.flow);
        // v1 does not name a registration: if there are several, the challenge identifies one.
        let is_ambiguous = self.user.state().of(kind).pending.len() > 1;
        let claimed = is_ambiguous.then(|| self.credential().ok().and_then(|sent| claimed_challenge(&sent))).flatten();
        let slot = self.endpoint.asks(What::FactorId);
        let named = slot.map(|slot| slot.text(self.message).unwrap_or_default());
        let mut state = self.user.state();
        let of_kind = state.of(kind);
        of_kind.pending.retain(Pending::is_alive);
        let is_of_another = self.caller.user.id != self.user.id;
        let is_caller_bound = self.site.switches.varies(&variant::behaviour::REGISTRATION_IS_THE_CALLERS);
        let is_bound = self.site.switches.has(&defect::sequence::BOUND_TO_PROTOCOL);
        let ignores_id = self.site.switches.has(&defect::identifier::VERIFY_IGNORES_ID);
        let is_meant = |pending: &Pending| match (named, &claimed) {
            _ if is_caller_bound && pending.is_of_another != is_of_another => false,
            _ if is_bound && pending.protocol != self.caller.protocol => false,
            (Some(id), _) => id == pending.factor_id || ignores_id,
            (None, Some(challenge)) => *challenge == pending.challenge,
            (None, None) => true,
        };
        let Some(index) = of_kind.pending.iter().rposition(is_meant) else {
            if self.site.switches.has(&defect::challenge::EMPTY_WITHOUT_START) {
                return Ok(self.blank(named.unwrap_or_default()));
            }
            let is_enrolled = of_kind.factors.iter().any(|factor| named == Some(factor.id.as_str()));
            let known = named.is_none() || is_enrolled;
            return Err(Refused::new(if known { "NOTFOUND-registration" } else { "NOTFOUND-factor" }));
        };
        let mut taken = of_kind.pending.remove(index);
        if self.site.switches.has(&defect::challenge::NOT_ONE_TIME) {
            let enrolled = of_kind.factors.iter().find(|factor| factor.id == taken.factor_id);
            taken.replayable = enrolled.map(|factor| factor.credential_id.clone());
            of_kind.pending.push(taken.clone());
        }
        Ok(taken)
    }

    /// A registration that nobody started.
    fn blank(&self, factor_id: &str) -> Pending {
        Pending {
            factor_id: factor_id.to_owned(),
            flow: self.endpoint.flow,
            protocol: self.caller.protocol,
            is_of_another: self.caller.user.id != self.user.id,
            challenge: Vec::new(),
            rp_id: self.site.rp_id.clone(),
            origin: self.site.origin.clone(),
            user_verification: "discouraged",
            created: jiff::Timestamp::now(),
            started: std::time::Instant::now(),
            lifetime: std::time::Duration::MAX,
            replaced_challenge: None,
            replayable: None,
        }
    }

    /// The id of a credential that passes WebAuthn L3 §7.1; the id is reserved then.
    fn judge(&self, pending: &Pending, credential: &Value) -> Result<Vec<u8>, Refused> {
        let (store, switches) = (&self.site.store, &self.site.switches);
        let free = self.caller.besides.free.as_deref();
        let is_replay = |id: &[u8]| pending.replayable.as_deref() == Some(id) || free == Some(id);
        let moves = switches.has(&defect::state::CREDENTIAL_MOVES);
        let is_shared = moves || switches.has(&defect::state::DUPLICATE_OF_ANOTHER_USER);
        let owned: Option<Vec<Vec<u8>>> = is_shared.then(|| self.owned());
        let kind = Kind::of(self.endpoint.flow);
        let is_apart =
            |id: &[u8]| switches.has(&defect::algorithm::CREDENTIAL_ID_UNIQUE_BY_KIND) && !store.has_of_kind(kind, id);
        let is_taken = |id: &[u8]| match &owned {
            Some(owned) => owned.iter().any(|known| known == id),
            None => store.is_registered(id) && !is_replay(id) && !is_apart(id),
        };
        let challenge = self.expected_challenge(pending, credential);
        let origins = self.expected_origins(pending, credential);
        let trust_anchors = self.trust_anchors(credential);
        let ceremony = Ceremony {
            challenge: &challenge,
            rp_id: if switches.has(&defect::rare::DOMAIN_FORGOTTEN_AT_VERIFY) {
                &self.site.rp_id
            } else {
                &pending.rp_id
            },
            origins: &origins,
            top_origins: &[],
            allow_cross_origin: false,
            user_verification_required: self.requires_verification(pending, credential),
            algorithms: &offer(switches).accepted,
            is_registered: &is_taken,
            trust_anchors: &trust_anchors,
            now: u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default(),
        };
        let omission = self.omission(pending, credential);
        let completed = leniency::completed(switches, credential);
        let registration = verify_registration_without(&ceremony, &completed, omission)
            .map_err(|refusal| self.refused(&refusal, credential))?;
        strictness::check(self, credential)?;
        let id = registration.credential_id;
        // Two verifies at once may both have found the id free.
        let is_unique = store.register(&id) || is_replay(&id) || owned.is_some() || is_apart(&id);
        let is_mine = is_unique || omission == Some(Omission::Step(Step::CredentialIdUnique));
        if moves {
            store.take_from_others(self.user, &id);
        }
        if is_mine { Ok(id) } else { Err(Refused::new("WEBAUTHN-credential-id-unique")) }
    }

    /// Whether the user has to be verified, as the options demanded.
    fn requires_verification(&self, pending: &Pending, credential: &Value) -> bool {
        let (is_v1, switches) = (!self.endpoint.flow.names_user(), &self.site.switches);
        let is_forgotten = (is_v1 && switches.has(&defect::algorithm::USER_VERIFIED_UNCHECKED_IN_V1))
            || (switches.has(&defect::carrier::AUTHENTICATOR_DATA_OF_ENVELOPE) && leniency::says_verified(credential));
        pending.user_verification == "required" && !is_forgotten
    }

    fn refused(&self, refusal: &Refusal, credential: &Value) -> Refused {
        let is_taken = refusal.step == Step::CredentialIdUnique;
        if is_taken && self.site.switches.has(&defect::canary::OWNER_NAMED) {
            let detail = spill::taken(&self.site.store, &named_id(credential), &refusal.detail);
            return refused_at(refusal.step.slug(), &detail);
        }
        let is_envelope = refusal.step == Step::CredentialJson;
        if is_envelope
            && self.site.switches.has(&defect::rare::WRONG_TYPE_IN_CREDENTIAL_AS_500)
            && has_wrong_type(credential)
        {
            return Refused::new("INTERNAL-error");
        }
        refused_at(refusal.step.slug(), &refusal.detail)
    }

    fn omission(&self, pending: &Pending, credential: &Value) -> Option<Omission> {
        let switches = &self.site.switches;
        if self.caller.protocol == Protocol::Rest && switches.has(&defect::transport::REST_DISAGREES) {
            return Some(Omission::Step(Step::Origin));
        }
        if self.caller.user.role == Role::Admin && switches.has(&defect::rare::ORIGIN_UNCHECKED_FOR_ADMINISTRATOR) {
            return Some(Omission::Step(Step::Origin));
        }
        let is_for_app = || leniency::is_for_app(&pending.origin, credential);
        if self.endpoint.flow.is_u2f() && switches.has(&defect::algorithm::APP_ID_HASH_ACCEPTED) && is_for_app() {
            return Some(Omission::Step(Step::RpIdHash));
        }
        let of_some = || leniency::omission(switches, self.caller.protocol, &pending.challenge, credential);
        switches.omission().or_else(of_some)
    }

    /// The challenge that was issued, unless a defect accepts another one.
    fn expected_challenge(&self, pending: &Pending, credential: &Value) -> Vec<u8> {
        let switches = &self.site.switches;
        let claimed = || claimed_challenge(credential).unwrap_or_default();
        let is_of_earlier = || pending.replaced_challenge == Some(claimed());
        let is_anothers = || self.site.store.is_pending_elsewhere(self.user, &claimed());
        let is_of_other_kind = || self.user.state().has_pending_challenge(&claimed());
        if (switches.has(&defect::challenge::OF_EARLIER_START_ACCEPTED) && is_of_earlier())
            || (switches.has(&defect::challenge::NOT_BOUND_TO_USER) && is_anothers())
            || (switches.has(&defect::challenge::NOT_BOUND_TO_KIND) && is_of_other_kind())
        {
            return claimed();
        }
        pending.challenge.clone()
    }

    /// The origin of the registration, and with a defect another one.
    fn expected_origins(&self, pending: &Pending, credential: &Value) -> Vec<String> {
        let mut origins = vec![pending.origin.clone()];
        origins.extend(self.caller.besides.host.iter().map(|host| format!("https://{host}")));
        origins.extend(self.caller.besides.origin.clone());
        let claimed = || client_data(credential).and_then(|data| data.get("origin")?.as_str().map(str::to_owned));
        if self.site.switches.has(&defect::verification::ORIGIN_BY_SUFFIX) {
            origins.extend(claimed().filter(|origin| origin.ends_with(&pending.rp_id)));
        }
        if self.site.switches.has(&defect::algorithm::ORIGIN_PORT_IGNORED) {
            let is_same = |origin: &String| leniency::without_port(origin) == leniency::without_port(&pending.origin);
            origins.extend(claimed().filter(is_same));
        }
        origins
    }

    /// The certificates that attestation has to lead to. With a defect also the last certificate that is sent.
    fn trust_anchors(&self, credential: &Value) -> Cow<'_, [Certificate]> {
        let mut anchors = Cow::Borrowed(self.site.trust_anchors.as_slice());
        if self.site.switches.has(&defect::attestation::TRUSTS_SENT_ROOT) && !anchors.is_empty() {
            anchors.to_mut().extend(last_certificate(credential));
        }
        anchors
    }

    fn store(&self, pending: &Pending, credential_id: Vec<u8>) {
        let factor = Factor {
            id: pending.factor_id.clone(),
            flow: self.endpoint.flow,
            credential_id,
            rp_id: pending.rp_id.clone(),
            name: self.name().to_owned(),
            created: pending.created,
            verified: Instant::now(),
        };
        let named = self.named_by_handle();
        let owner = match &named {
            Some(user) => &**user,
            None if self.site.switches.has(&defect::sequence::ENROLLED_FOR_CALLER) => &*self.caller.user,
            None => self.user,
        };
        stored::keep(self.site, (self.endpoint.flow, self.caller.protocol), owner, (pending, factor));
    }

    /// The user whose handle the credential names, as after an authentication; only a defect looks.
    fn named_by_handle(&self) -> Option<Arc<User>> {
        if !self.site.switches.has(&defect::carrier::USER_HANDLE_GETS_CREDENTIAL) {
            return None;
        }
        let credential = self.credential().ok()?;
        let id = URL_SAFE_NO_PAD.decode(credential.pointer("/response/userHandle")?.as_str()?).ok()?;
        self.site.user(std::str::from_utf8(&id).ok()?)
    }

    /// The reply of a verify.
    fn changed(&self, details: Value) -> Value {
        let mut reply = json!({});
        self.endpoint.answer(What::Details, &mut reply, details);
        reply
    }

    fn reply(&self, pending: &Pending) -> Value {
        let sequence = self.user.state().next_sequence();
        self.changed(self.site.details(sequence, pending.created))
    }
}

/// Characters of a message.
const LONGEST_MESSAGE: usize = 200;

fn refused_at(slug: &str, detail: &str) -> Refused {
    // The words of the JSON reader about text that it can't read are not ours.
    if slug == Step::ClientDataJson.slug() {
        return Refused::new(&format!("WEBAUTHN-{slug}"));
    }
    // The detail may quote the caller, and the message has to fit into a header.
    let message = beginning(detail, LONGEST_MESSAGE).to_owned();
    Refused::with_message(&format!("WEBAUTHN-{slug}"), message)
}
