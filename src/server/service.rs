//! The operations, independent of the protocol: a message in canonical protobuf JSON goes in, one comes out or a refusal.
//!
//! Checks come in one order: authentication, decoding (in the protocol's own file), limits, permission, existence, ceremony.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::ceremony::Attempt;
use super::counts::Counts;
use super::limits;
use super::options::creation_options;
use super::refusal::Refused;
use super::site::Site;
use super::store::{Kind, Pending, Role, User};
use crate::contract::{ApiVersion, Endpoint, Flow, Operation, Protocol};
use crate::wire::status::Code;

/// How long the hanging defect hangs.
const HANG: Duration = Duration::from_secs(60);

/// Longest host name (RFC 1035 §2.3.4).
const LONGEST_DOMAIN: usize = 253;
/// Longest label of a host name.
const LONGEST_LABEL: usize = 63;

/// The operations of the reference relying party.
#[derive(Debug)]
pub(super) struct Service {
    pub site: Site,
    pub counts: Arc<Counts>,
}

/// Who calls, and how.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub user: Arc<User>,
    pub protocol: Protocol,
}

impl Service {
    /// The user of the bearer token in the headers (for gRPC the metadata).
    pub(super) fn authenticate(&self, headers: &HeaderMap, protocol: Protocol) -> Result<Caller, Refused> {
        self.user_of(headers).map(|user| Caller { user, protocol }).map_err(|refused| self.disguise(refused))
    }

    fn user_of(&self, headers: &HeaderMap) -> Result<Arc<User>, Refused> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (value, another) = (values.next(), values.next());
        let Some(value) = value else {
            if self.site.faults.has("authorization-missing-token-accepted") {
                return Ok(self.site.store.admin().clone());
            }
            return Err(Refused::new("AUTH-missing"));
        };
        value
            .to_str()
            .ok()
            .filter(|_| another.is_none())
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| {
                scheme.eq_ignore_ascii_case("bearer") || self.site.faults.has("authorization-any-scheme")
            })
            .and_then(|(_, token)| self.site.store.user_of_token(token).cloned())
            .ok_or_else(|| Refused::new("AUTH-invalid"))
    }

    /// Answers a decoded request. Only a defect ever waits.
    pub(super) async fn call(&self, endpoint: &Endpoint, message: &Value, caller: &Caller) -> Result<Value, Refused> {
        let result = self.perform(endpoint, message, caller);
        if result.is_ok() {
            self.counts.add(endpoint.operation);
        }
        if let Err(refused) = &result
            && refused.id() == "WEBAUTHN-attestation-object"
            && self.site.faults.has("robust-hang-on-truncated")
        {
            tokio::time::sleep(HANG).await;
        }
        result.map_err(|refused| self.disguise(refused))
    }

    fn perform(&self, endpoint: &Endpoint, message: &Value, caller: &Caller) -> Result<Value, Refused> {
        let is_gone = endpoint.flow == Flow::V2Passkey && endpoint.operation == Operation::Remove;
        if is_gone && self.site.faults.has("status-remove-unimplemented") {
            return Err(Refused::new("REQUEST-unknown-method"));
        }
        limits::check(endpoint, message, &self.site.faults)?;
        let user = self.subject(endpoint, message, caller)?;
        match endpoint.operation {
            Operation::Start => self.start(endpoint, message, &user),
            Operation::Verify => {
                Attempt { site: &self.site, endpoint, message, user: &user, protocol: caller.protocol }.answer()
            }
            Operation::Remove => self.remove(endpoint, message, &user),
            Operation::List => Ok(list(endpoint.flow, &user)),
        }
    }

    /// The user that the call acts on: permission first, so that only the administrator learns who exists.
    fn subject(&self, endpoint: &Endpoint, message: &Value, caller: &Caller) -> Result<Arc<User>, Refused> {
        let own = &caller.user;
        if own.role == Role::NoRights {
            return Err(self.denied(own));
        }
        let id = message["userId"].as_str().unwrap_or_default();
        if endpoint.flow.version() == ApiVersion::V1 || id == own.id {
            return Ok(own.clone());
        }
        if own.role == Role::Admin || self.site.faults.has("authorization-foreign-token-accepted") {
            return self.site.store.user(id).cloned().ok_or_else(|| Refused::new("NOTFOUND-user"));
        }
        Err(self.denied(own))
    }

    fn denied(&self, user: &User) -> Refused {
        if self.site.faults.has("robust-token-echoed") {
            let message = format!("the token {} may not do this", user.token.expose());
            return Refused::with_message("PERMISSION-denied", message);
        }
        Refused::new("PERMISSION-denied")
    }

    fn start(&self, endpoint: &Endpoint, message: &Value, user: &User) -> Result<Value, Refused> {
        let (rp_id, origin) = self.relying_party(message)?;
        if !message["code"].is_null() {
            return Err(Refused::new("REQUEST-code"));
        }
        let kind = Kind::of(endpoint.flow);
        let mut state = user.state();
        let (challenge, factor_id) = self.site.store.draw_start(user, &mut state);
        let sequence = state.next_sequence();
        let of_kind = state.of(kind);
        let now = Timestamp::now();
        let pending = Pending {
            factor_id,
            challenge: self.weakened(challenge),
            rp_id,
            origin,
            user_verification_required: endpoint.flow != Flow::V1U2f,
            created: now,
            started: Instant::now(),
            replaced_challenge: of_kind.pending.take().map(|replaced| replaced.challenge),
            replayable: None,
        };
        let options = creation_options(user, kind, &pending, &of_kind.factors, attachment(message), &self.site.faults);
        let factor_id = pending.factor_id.clone();
        of_kind.pending = Some(pending);
        drop(state);
        Ok(self.start_reply(endpoint.flow, self.site.details(sequence, now), factor_id, options))
    }

    fn start_reply(&self, flow: Flow, details: Value, factor_id: String, options: Value) -> Value {
        let faults = &self.site.faults;
        let details = if faults.has("shape-start-details-missing") { Value::Null } else { details };
        let has_options = !faults.has("shape-start-options-missing");
        let mut reply = if flow.version() == ApiVersion::V1 {
            let text = has_options.then(|| STANDARD.encode(options.to_string()));
            json!({ "key": { "publicKey": text }, "details": details })
        } else {
            let options = if has_options { options } else { Value::Null };
            json!({ "details": details, "publicKeyCredentialCreationOptions": options })
        };
        if flow.version() == ApiVersion::V2 && !faults.has("shape-factor-id-missing") {
            let member = if flow == Flow::V2U2f { "u2fId" } else { "passkeyId" };
            reply[member] = json!(factor_id);
        }
        reply
    }

    /// RP ID and origin of a start: those of its `domain` if it names one.
    fn relying_party(&self, message: &Value) -> Result<(String, String), Refused> {
        let domain = message["domain"].as_str().unwrap_or_default();
        if domain.is_empty() {
            return Ok((self.site.rp_id.clone(), self.site.origin.clone()));
        }
        let is_host = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let is_label = |label: &str| (1..=LONGEST_LABEL).contains(&label.len()) && label.bytes().all(is_host);
        if domain.len() > LONGEST_DOMAIN || !domain.split('.').all(is_label) {
            return Err(Refused::new("REQUEST-domain"));
        }
        Ok((domain.to_owned(), format!("https://{domain}")))
    }

    fn weakened(&self, mut challenge: Vec<u8>) -> Vec<u8> {
        if self.site.faults.has("challenge-constant") {
            challenge.fill(0x5a);
        }
        if self.site.faults.has("challenge-short") {
            challenge.truncate(8);
        }
        challenge
    }

    fn remove(&self, endpoint: &Endpoint, message: &Value, user: &User) -> Result<Value, Refused> {
        let id = endpoint.factor_member().and_then(|member| message[member].as_str()).unwrap_or_default();
        let mut state = user.state();
        let of_kind = state.of(Kind::of(endpoint.flow));
        if let Some(pending) = of_kind.pending.take_if(|pending| pending.factor_id == id) {
            // A registration that waits is given up; its challenge is good for nothing any more.
            return Ok(json!({ "details": self.site.details(state.next_sequence(), pending.created) }));
        }
        let factors = &mut of_kind.factors;
        let found = factors.iter().position(|factor| factor.id == id);
        let index = found.ok_or_else(|| Refused::new("NOTFOUND-factor"))?;
        let created = factors[index].created;
        if !self.site.faults.has("state-remove-keeps") {
            let removed = factors.remove(index);
            self.site.store.release(&removed.credential_id);
        }
        let details = self.site.details(state.next_sequence(), created);
        Ok(if self.site.faults.has("shape-remove-details-missing") { json!({}) } else { json!({ "details": details }) })
    }

    /// The status defects: the right reason under a wrong code.
    fn disguise(&self, refused: Refused) -> Refused {
        let faults = &self.site.faults;
        let code = match refused.status.code {
            5 if faults.has("status-not-found-as-500") => Code::INTERNAL,
            16 if faults.has("status-unauthenticated-as-400") => Code::INVALID_ARGUMENT,
            7 if faults.has("status-permission-denied-as-404") => Code::NOT_FOUND,
            3 if refused.id().starts_with("LIMIT-") && faults.has("status-limit-as-500") => Code::INTERNAL,
            _ => return refused,
        };
        refused.disguised(code)
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

/// The enrolled factors of the flow's kind; a pending registration is none.
fn list(flow: Flow, user: &User) -> Value {
    const READY: &str = "AUTH_FACTOR_STATE_READY";
    let mut state = user.state();
    let factors = state.of(Kind::of(flow)).factors.iter();
    let result: Vec<_> = factors
        .map(|factor| match flow {
            Flow::V1U2f => json!({ "state": READY, "u2f": { "id": factor.id, "name": factor.name } }),
            _ => json!({ "id": factor.id, "state": READY, "name": factor.name }),
        })
        .collect();
    json!({ "result": result })
}
