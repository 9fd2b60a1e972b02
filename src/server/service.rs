//! The operations, independent of the protocol: a message in canonical protobuf JSON goes in, one comes out or a refusal.
//!
//! Checks come in one order: authentication, decoding (in the protocol's own file), limits, permission, existence, ceremony.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::attempt::Attempt;
use super::bearer;
use super::caller::Caller;
use super::carriers::Besides;
use super::challenge;
use super::counts::Counts;
use super::credential::named_id;
use super::defect;
use super::deployment::Conditions;
use super::factors;
use super::handle;
use super::limits;
use super::options::Draft;
use super::refusal::Refused;
use super::rush;
use super::site::Site;
use super::slips;
use super::spill;
use super::store::{Kind, KindState, Pending, Role, User};
use super::timing_faults::WINDOW;
use super::variant;
use crate::contract::{Endpoint, Flow, Form, Operation, Protocol, Slot, What};

/// The maximum number of open registrations of a user, with a variant that allows several.
const MOST_REGISTRATIONS: usize = 16;

/// The time-out of options, with a variant that has another one.
const LONG: Duration = Duration::from_secs(600);

/// Longest host name (RFC 1035 §2.3.4).
const LONGEST_DOMAIN: usize = 253;
/// Longest label of a host name.
const LONGEST_LABEL: usize = 63;

/// The operations of the reference relying party.
#[derive(Debug)]
pub(super) struct Service {
    pub site: Site,
    pub conditions: Conditions,
    pub counts: Arc<Counts>,
}

impl Service {
    /// The user of the bearer token in the headers (for gRPC the metadata).
    pub(super) fn authenticate(&self, headers: &HeaderMap, protocol: Protocol) -> Result<Caller, Refused> {
        bearer::user_of(&self.site, headers).map(|user| Caller { user, protocol, besides: Besides::default() })
    }

    /// Answers a decoded request. Only a defect ever waits.
    pub(super) async fn call(&self, endpoint: &Endpoint, message: &Value, caller: &Caller) -> Result<Value, Refused> {
        let _turn = match self.site.switches.has(&defect::concurrency::ONE_AT_A_TIME) {
            true => Some(self.site.lapses.turn().await),
            false => None,
        };
        let _busy = rush::enter(&self.site, endpoint, caller).await?;
        let message = &*rush::renamed(&self.site, endpoint, message, self.subject(endpoint, message, caller)).await;
        let caller = &*rush::sought(&self.site, endpoint, message, caller).await;
        let early = self.look_early(endpoint, message, caller).await;
        let result = self.perform(endpoint, message, caller, early);
        let result = spill::reply(&self.site, endpoint, caller, result);
        if result.is_ok() {
            self.counts.add(endpoint.operation);
            self.lose(endpoint, message, caller).await;
        }
        self.site.lapses.answer(&self.site.switches, endpoint, result).await
    }

    /// The registration as it is a while before the verify takes it: what lets several verifies find the same one.
    async fn look_early(&self, endpoint: &Endpoint, message: &Value, caller: &Caller) -> Option<Pending> {
        if endpoint.operation != Operation::Verify || !self.site.switches.has(&defect::concurrency::DOUBLE_VERIFY) {
            return None;
        }
        let user = self.subject(endpoint, message, caller).ok()?;
        let mut pending = user.state().of(Kind::of(endpoint.flow)).pending.last().cloned()?;
        let attempt = self.attempt(endpoint, message, &user, caller, None);
        pending.replayable = attempt.credential().ok().map(|sent| named_id(&sent));
        tokio::time::sleep(WINDOW).await;
        Some(pending)
    }

    /// Loses what a verify has stored, where another one ends soon after it.
    async fn lose(&self, endpoint: &Endpoint, message: &Value, caller: &Caller) {
        let is_careless = || self.site.switches.has(&defect::concurrency::REGISTRATION_LOST);
        if endpoint.operation != Operation::Verify || !is_careless() || !self.site.lapses.is_overtaken().await {
            return;
        }
        if let Ok(user) = self.subject(endpoint, message, caller)
            && let Some(lost) = user.state().of(Kind::of(endpoint.flow)).factors.pop()
        {
            self.site.store.release(&lost.credential_id);
        }
    }

    fn attempt<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        message: &'a Value,
        user: &'a User,
        caller: &'a Caller,
        early: Option<Pending>,
    ) -> Attempt<'a> {
        Attempt { site: &self.site, endpoint, message, user, caller, early }
    }

    fn perform(
        &self,
        endpoint: &Endpoint,
        message: &Value,
        caller: &Caller,
        early: Option<Pending>,
    ) -> Result<Value, Refused> {
        let is_passkey = factors::is_named_passkey(endpoint.flow);
        let is_gone = is_passkey && endpoint.operation == Operation::Remove;
        let is_unlisted = is_passkey && endpoint.operation == Operation::List;
        if !self.conditions.offers(endpoint.flow) {
            return Err(Refused::new("REQUEST-unknown-method"));
        }
        if is_gone && self.site.switches.has(&defect::status::REMOVE_UNIMPLEMENTED) {
            return Err(Refused::new("REQUEST-unknown-method"));
        }
        if is_unlisted && self.site.switches.varies(&variant::behaviour::LIST_V1_ONLY) {
            return Err(Refused::new("REQUEST-unknown-method"));
        }
        let message = &*self.completed(endpoint, message, caller);
        if caller.protocol != Protocol::GrpcWeb
            || !self.site.switches.has(&defect::rare::LENGTHS_UNCHECKED_OVER_GRPC_WEB)
        {
            limits::check(endpoint, message, &self.site.switches)?;
        }
        let permitted = self.subject(endpoint, message, caller);
        let permitted = permitted.map_err(|refused| slips::denied(&self.site, endpoint, message, refused))?;
        let named = caller.besides.user_id.as_ref().and_then(|id| self.site.user(id));
        let user = named.unwrap_or(permitted);
        match endpoint.operation {
            Operation::Start => self.start(endpoint, message, &user, caller),
            Operation::Verify => self.attempt(endpoint, message, &user, caller, early).answer(),
            Operation::Remove => factors::remove(&self.site, endpoint, message, &user),
            Operation::List => Ok(factors::list(&self.site, endpoint.flow, &user)),
        }
    }

    /// The message, unless a defect replaces an empty id by a usable one.
    fn completed<'m>(&self, endpoint: &Endpoint, message: &'m Value, caller: &Caller) -> Cow<'m, Value> {
        let mut completed = Cow::Borrowed(message);
        // proto3 leaves out empty fields.
        let is_empty = |slot: &&Slot| slot.text(message).is_none_or(str::is_empty);
        let empty = |what| endpoint.asks(what).filter(is_empty).filter(|_| endpoint.flow.names_user());
        if let Some(slot) = empty(What::User)
            && self.site.switches.has(&defect::limit::USER_ID_EMPTY)
        {
            slot.put(completed.to_mut(), json!(caller.user.id));
        }
        if let Some(slot) = empty(What::FactorId)
            && self.site.switches.has(&defect::limit::FACTOR_ID_EMPTY)
        {
            let waiting = caller.user.state().of(Kind::of(endpoint.flow)).pending.last().map(|p| p.factor_id.clone());
            slot.put(completed.to_mut(), json!(waiting));
        }
        completed
    }

    /// The user that the call acts on: permission first, so that only the administrator learns who exists.
    fn subject(&self, endpoint: &Endpoint, message: &Value, caller: &Caller) -> Result<Arc<User>, Refused> {
        let (own, switches) = (&caller.user, &self.site.switches);
        let has_rights = match own.role {
            Role::NoRights => switches.has(&defect::authorization::NO_RIGHTS_ACCEPTED),
            Role::ReadOnly => switches.has(&defect::authorization::READ_ONLY_ACCEPTED),
            Role::Admin | Role::Ordinary => true,
        };
        if !has_rights {
            return Err(self.denied(own));
        }
        let id = endpoint.asked(What::User, message).unwrap_or_default();
        if !endpoint.flow.names_user() || id == own.id {
            return Ok(own.clone());
        }
        let may_act = match own.role {
            Role::Admin => !switches.has(&defect::authorization::ADMINISTRATOR_DENIED),
            Role::NoRights | Role::ReadOnly => true,
            Role::Ordinary => {
                let is_removal = endpoint.operation == Operation::Remove;
                switches.has(&defect::authorization::FOREIGN_TOKEN_ACCEPTED)
                    || self.permits_by_code(message)
                    || (is_removal && switches.has(&defect::authorization::REMOVE_UNCHECKED))
                    || (endpoint.operation == Operation::List && switches.has(&defect::rare::LIST_UNCHECKED))
            }
        };
        if may_act {
            return self.site.user(id).ok_or_else(|| Refused::new("NOTFOUND-user"));
        }
        Err(spill::denial(&self.site, id, self.denied(own)))
    }

    fn denied(&self, user: &User) -> Refused {
        if self.site.switches.has(&defect::robustness::ROBUST_TOKEN_ECHOED) {
            let message = format!("the token {} may not do this", user.token.expose());
            return Refused::with_message("PERMISSION-denied", message);
        }
        Refused::new("PERMISSION-denied")
    }

    fn start(&self, endpoint: &Endpoint, message: &Value, user: &User, caller: &Caller) -> Result<Value, Refused> {
        if self.site.switches.has(&defect::sequence::REFUSED_START_ENDS_REGISTRATION) {
            user.state().of(Kind::of(endpoint.flow)).pending.clear();
        }
        let (rp_id, origin) = self.relying_party(message, caller)?;
        if self.has_code(message) && !self.permits_by_code(message) && !self.ignores_codes() {
            return Err(Refused::new("REQUEST-code"));
        }
        let (flow, switches) = (endpoint.flow, &self.site.switches);
        slips::begins(&self.site, flow, user, &caller.user);
        let mut state = user.state();
        let (challenge, drawn) = self.site.store.draw_start(user, &mut state);
        let sequence = state.next_sequence();
        let of_kind = state.of(Kind::of(flow));
        if of_kind.blocked {
            return Err(Refused::new("NOTFOUND-registration"));
        }
        let replaced = of_kind.pending.last().map(|replaced| replaced.challenge.clone());
        let factor_id = self.factor_id(drawn, user, of_kind);
        self.make_room(of_kind, flow);
        let (now, timeout) = (Timestamp::now(), self.timeout());
        let pending = Pending {
            factor_id,
            flow,
            protocol: caller.protocol,
            is_of_another: caller.user.id != user.id,
            challenge: challenge::sent(&self.site, challenge, replaced.as_ref()),
            rp_id,
            origin,
            user_verification: self.user_verification(flow),
            created: now,
            started: Instant::now(),
            lifetime: challenge::lifetime(switches, timeout),
            replaced_challenge: replaced,
            replayable: None,
        };
        let attachment = attachment(message);
        let holder = if switches.has(&defect::identifier::HANDLE_OF_CALLER) { &*caller.user } else { user };
        let draft = Draft {
            user,
            handle: handle::of(switches, holder, flow, (&pending, state.removals)),
            display_name: spill::display_name(&self.site, user),
            flow,
            pending: &pending,
            excluded: factors::excluded(&self.site, flow, user, &mut state),
            attachment,
            timeout,
            switches,
        };
        let options = draft.write();
        let factor_id = pending.factor_id.clone();
        state.of(Kind::of(flow)).pending.push(pending);
        drop(state);
        Ok(self.start_reply(endpoint, self.site.details(sequence, now), factor_id, options))
    }

    /// Ends the registrations that a new one replaces.
    fn make_room(&self, of_kind: &mut KindState, flow: Flow) {
        let switches = &self.site.switches;
        if switches.varies(&variant::behaviour::REGISTRATIONS_SEVERAL) {
            let excess = (of_kind.pending.len() + 1).saturating_sub(MOST_REGISTRATIONS);
            of_kind.pending.drain(..excess);
        } else if switches.varies(&variant::behaviour::REGISTRATIONS_BY_VERSION) {
            of_kind.pending.retain(|pending| pending.flow.family() != flow.family());
        } else {
            of_kind.pending.clear();
        }
    }

    /// `userVerification` of options.
    fn user_verification(&self, flow: Flow) -> &'static str {
        if self.site.switches.varies(&variant::options::USER_VERIFICATION_PREFERRED) {
            "preferred"
        } else if !flow.verifies_user() {
            "discouraged"
        } else {
            "required"
        }
    }

    /// The time-out of options.
    fn timeout(&self) -> Duration {
        if self.site.switches.varies(&variant::options::TIMEOUT_TEN_MINUTES) {
            LONG
        } else {
            self.conditions.challenge_timeout()
        }
    }

    /// Whether a start carries a registration code. The server never issues a code, so no code is good.
    fn has_code(&self, message: &Value) -> bool {
        let code = &message["code"];
        let counts_as_none = code.as_object().is_some_and(Map::is_empty)
            && self.site.switches.varies(&variant::behaviour::CODE_EMPTY_IS_NONE);
        !code.is_null() && !counts_as_none
    }

    fn ignores_codes(&self) -> bool {
        self.site.switches.has(&defect::authorization::CODE_UNCHECKED)
    }

    /// Whether a code, whatever it is, lets anybody start.
    fn permits_by_code(&self, message: &Value) -> bool {
        self.has_code(message) && self.site.switches.has(&defect::authorization::CODE_PERMITS)
    }

    fn start_reply(&self, endpoint: &Endpoint, details: Value, factor_id: String, options: Value) -> Value {
        let switches = &self.site.switches;
        let has_options = !switches.has(&defect::shape::START_OPTIONS_MISSING);
        let mut reply = json!({});
        if let Some(slot) = endpoint.answers(What::Options) {
            let options = match slot.form {
                _ if !has_options => Value::Null,
                Form::Base64 => STANDARD.encode(options.to_string()).into(),
                Form::Json => options,
            };
            slot.put(&mut reply, options);
        }
        if !switches.has(&defect::shape::FACTOR_ID_MISSING) {
            let id = if switches.has(&defect::shape::FACTOR_ID_EMPTY) { String::new() } else { factor_id };
            endpoint.answer(What::FactorId, &mut reply, id);
        }
        if !switches.has(&defect::shape::START_DETAILS_MISSING) {
            endpoint.answer(What::Details, &mut reply, details);
        }
        reply
    }

    /// The id of a new factor, from an id of digits that no other one has.
    fn factor_id(&self, drawn: String, user: &User, of_kind: &KindState) -> String {
        if self.site.switches.has(&defect::sequence::IDS_BY_COUNT) {
            return format!("{:016}{:02}", user.index, of_kind.factors.len() + 1);
        }
        if let Some(replaced) = of_kind.pending.last()
            && self.site.switches.has(&defect::identifier::RESTART_KEEPS_ID)
        {
            return replaced.factor_id.clone();
        }
        if self.site.switches.varies(&variant::replies::IDS_UUID) {
            let (head, tail) = drawn.split_at(8);
            return format!("{head}-{}-4{}-8{}-{tail:0>12}", &tail[..4], &tail[4..7], &tail[7..10]);
        }
        if self.site.switches.varies(&variant::replies::IDS_200_CHARACTERS) {
            return drawn.chars().chain("\u{e9} ".chars().cycle()).take(200).collect();
        }
        drawn
    }

    /// RP ID and origin of a start: those of its `domain` if it names one.
    fn relying_party(&self, message: &Value, caller: &Caller) -> Result<(String, String), Refused> {
        let site = &self.site;
        let domain = &*site.domain(message["domain"].as_str().unwrap_or_default());
        if let Some(host) = &caller.besides.forwarded_host {
            return Ok((host.clone(), format!("https://{host}")));
        }
        if domain.is_empty() {
            return Ok((site.rp_id.clone(), site.origin.clone()));
        }
        let is_host = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let is_label = |label: &str| (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(is_host);
        let is_domain = domain.len() <= LONGEST_DOMAIN && domain.split('.').all(is_label);
        if site.switches.has(&defect::options::DOMAIN_IGNORED) {
            return Ok((site.rp_id.clone(), site.origin.clone()));
        }
        let is_declared = domain == site.rp_id || site.domains.iter().any(|served| served == domain);
        let is_served = is_declared || !site.switches.varies(&variant::behaviour::DOMAIN_OWN_ONLY);
        if !(is_domain || site.switches.has(&defect::options::DOMAIN_UNCHECKED)) || !is_served {
            return Err(Refused::new("REQUEST-domain"));
        }
        Ok((domain.to_owned(), format!("https://{domain}")))
    }
}

/// `authenticatorAttachment` for the enum of a passkey start.
fn attachment(message: &Value) -> Option<&'static str> {
    match message["authenticator"].as_str() {
        Some("PASSKEY_AUTHENTICATOR_PLATFORM") => Some("platform"),
        Some("PASSKEY_AUTHENTICATOR_CROSS_PLATFORM") => Some("cross-platform"),
        _ => None,
    }
}
