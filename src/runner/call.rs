//! Builds calls, sends them, and has the answers judged.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::attempts::{self, Line, Sent, Way};
use super::player::{Context, Ended, Played, Player};
use super::tokens::Holder;
use super::{altered, breaker, judge};
use crate::checks;
use crate::contract::{ApiVersion, Endpoint, Flow, Operation, Protocol, clause};
use crate::outcome::{Finding, Reason};
use crate::scenario::{Caller, CredentialRef, FlowRef, ProtocolRef, Step, UserRef};
use crate::transport::{
    Call, Connection, Exchange, Fault, FaultKind, Reply, Tamper, Timings, Transport, TransportError, tamper,
};
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::wire::secret::Secret;

/// The clause of challenges that are never sent twice.
pub(super) const CHALLENGE: &str = "webauthn/13.4.3/challenge";
/// The clause of user handles.
pub(super) const USER_HANDLE: &str = "webauthn/5.4.3/user-handle";

/// Why a call can't be made.
enum Lacking {
    /// The target file does not name this.
    Account(&'static str),
    /// The caller's token is locked.
    GoodToken,
    /// The subject's token can't be altered in this way.
    Alterable,
}

impl Player<'_> {
    /// Calls an operation as a step says, judges the answer, and remembers what later steps need.
    pub(super) async fn call_step(&mut self, operation: Operation, step: &Step) -> Result<Reply, Ended> {
        let (line, mut call) = self.prepared(operation, step)?;
        let (sent, trouble) = self.send_renewing(&line, &mut call, step).await;
        let reply = self.answered(&line, &call, step, sent);
        if let Some((why, finding)) = trouble.zip(self.findings.last_mut()) {
            finding.received = format!("{}; there is no new token: {why}", finding.received);
        }
        let reply = reply?;
        self.compare_details(step, call.endpoint, &reply);
        Ok(reply)
    }

    /// The call of a step and what it is sent over.
    pub(super) fn prepared(&mut self, operation: Operation, step: &Step) -> Result<(Arc<Line>, Call), Ended> {
        let flow = self.flow(step);
        let Some(endpoint) = flow.endpoint(operation).filter(|_| self.shared.target.flows.contains(&flow)) else {
            let received = "the target does not have it";
            return self.end("setup", self.clause(), Reason::NotDeclared, "the operation", received);
        };
        let call = self.build(endpoint, step)?;
        let Some(transport) = self.shared.transport(self.protocol(step)).cloned() else {
            let received = "the target does not have it";
            return self.end("setup", self.clause(), Reason::NotDeclared, "the protocol", received);
        };
        Ok((transport, call))
    }

    /// How a call of this case is sent. When the case is tried again, what must not be repeated gets a connection of its own, so that its end is the
    /// target's word.
    pub(super) fn way(&self, call: &Call) -> Way {
        let is_own = self.is_again && !attempts::may_be_repeated(call.endpoint.operation);
        let over = if is_own { Connection::New } else { Connection::Any };
        Way { over, about_limits: self.clause().starts_with("api/limit/") }
    }

    fn flow(&self, step: &Step) -> Flow {
        let own = self.permutation.flow;
        match (step.flow, own) {
            (FlowRef::Own, _) => own,
            (FlowRef::OtherFactor, Flow::V1U2f) | (FlowRef::OtherVersion, Flow::V2Passkey) => Flow::V1Passwordless,
            (FlowRef::OtherFactor, Flow::V1Passwordless) | (FlowRef::OtherVersion, Flow::V2U2f) => Flow::V1U2f,
            (FlowRef::OtherFactor, Flow::V2U2f) | (FlowRef::OtherVersion, Flow::V1Passwordless) => Flow::V2Passkey,
            (FlowRef::OtherFactor, Flow::V2Passkey) | (FlowRef::OtherVersion, Flow::V1U2f) => Flow::V2U2f,
        }
    }

    fn protocol(&self, step: &Step) -> Protocol {
        let offered = &self.shared.target.protocols;
        let own = offered.iter().position(|protocol| *protocol == self.permutation.protocol).unwrap_or_default();
        let further = match step.over {
            ProtocolRef::Own => return self.permutation.protocol,
            ProtocolRef::Next => 1,
            ProtocolRef::Last => 2,
        };
        offered[(own + further) % offered.len()]
    }

    /// Ends the case at a call that came to no verdict.
    fn without_verdict<T>(&mut self, line: &Line, call: &Call, step: &Step, lost: Sent) -> Result<T, Ended> {
        let given_up = lost.given_up();
        let Sent { result, tries, fault } = lost;
        if fault.as_ref().is_none_or(|(fault, _)| fault.may_be_processed) {
            self.note_enrolment(call.endpoint, step, None);
        }
        let (reason, clause) = meaning(result.as_ref().err(), fault.as_ref(), step, self.clause());
        let received = given_up.or_else(|| Some(result.as_ref().err()?.to_string())).unwrap_or_default();
        let exchange = result.or_else(|error| unanswered(line, call, &error).ok_or(error));
        self.exchanges.extend(exchange.ok().map(|exchange| Played::unjudged(exchange, tries)));
        self.end(breaker::TRANSPORT, clause, reason, "a reply", received)
    }

    /// Judges what came of a call, and remembers what later steps need.
    pub(super) fn answered(&mut self, line: &Line, call: &Call, step: &Step, sent: Sent) -> Result<Reply, Ended> {
        let endpoint = call.endpoint;
        let (exchange, tries) = match sent {
            Sent { result: Ok(exchange), tries, fault: None } => (exchange, tries),
            lost => return self.without_verdict(line, call, step, lost),
        };
        self.note_enrolment(endpoint, step, Some(&exchange.reply));
        let observation = checks::Observation {
            exchange: &exchange,
            documented_request: step.method.is_none() && step.content_type.is_none(),
            malformed: step.is_malformed(),
            authorization: call.authorization.as_ref(),
            rp_id: self.expected_rp_id(step),
            attachment: Self::asked_attachment(step),
            memo: checks::Memo::default(),
        };
        // The list is no operation under test.
        let under_test = endpoint.operation != Operation::List;
        let examined = if under_test { checks::examine(&observation) } else { checks::Examined::default() };
        let reply = exchange.reply.clone();
        let expected = self.expected(step);
        // What a path answers to another method is not an answer of the operation.
        let remembers = !expected.any_reply;
        let judge = self.shared.judge();
        let judged = judge.finding(&expected, &exchange);
        let goes_on = judged.reason.is_pass();
        let findings = judge.in_order(examined.findings, judged, &expected, &exchange);
        let context = Context::of(&observation, expected);
        self.note(step, endpoint, goes_on);
        if exchange.protocol == self.permutation.protocol {
            self.checked.extend(examined.looked_at);
        }
        let token = altered::words(step.caller);
        self.exchanges.push(Played { exchange, context: under_test.then_some(context), token, tries });
        findings.into_iter().for_each(|finding| self.find(finding));
        if step.expect.is_some() {
            self.observed = judge::observed(&reply);
            self.judged = self.exchanges.len().checked_sub(1);
        }
        if remembers {
            self.remember(endpoint, step, &reply)?;
        }
        if goes_on { Ok(reply) } else { Err(Ended) }
    }

    fn build(&mut self, endpoint: &'static Endpoint, step: &Step) -> Result<Call, Ended> {
        let message = self.message(endpoint, step)?.into();
        let authorization = match self.token(endpoint, step) {
            Ok(token) => token,
            Err(Lacking::Account(missing)) => {
                // What a target need not have, it has not declared.
                let reason = if step.caller == Caller::ReadOnly { Reason::NotDeclared } else { Reason::Setup };
                let expected = format!("{missing} in the target file");
                return self.end("setup", self.clause(), reason, expected, "it is not there");
            }
            Err(Lacking::GoodToken) => {
                let expected = "a user's token that is still good after a U2F enrolment";
                let received = "this target locks it, and nobody else may make this call for the user";
                return self.end("setup", self.clause(), Reason::NotDeclared, expected, received);
            }
            Err(Lacking::Alterable) => {
                let expected = "a token of twelve characters or more that has letters";
                return self.end("setup", self.clause(), Reason::NotDeclared, expected, "the user's is another");
            }
        };
        if let (Some(_), Some(altered)) = (altered::words(step.caller), &authorization) {
            self.altered.push(altered.clone());
        }
        let tamper = Tamper {
            body: step.tamper.as_deref().and_then(tamper::find).map(|fault| fault.apply),
            content_type: step.content_type.clone(),
            method: step.method.clone(),
        };
        Ok(Call { endpoint, message, authorization, tamper })
    }

    /// The authorization header of a call. Where a U2F enrolment has locked the user's own token, the administrator goes on for it
    /// in v2; in v1 nobody can.
    fn token(&self, endpoint: &Endpoint, step: &Step) -> Result<Option<Secret>, Lacking> {
        let accounts = &self.shared.target.accounts;
        let bearer = |token: &Secret| Some(token.as_bearer());
        let shared = |token: &Secret, holder| bearer(&self.shared.tokens.current(holder, token));
        let named = |token: &Option<Secret>, name, holder| {
            token.as_ref().map(|token| shared(token, holder)).ok_or(Lacking::Account(name))
        };
        let own = &self.lease.own().token;
        if let Caller::Subject | Caller::Other = step.caller
            && self.lease.is_locked(step.caller == Caller::Subject)
        {
            let acts_on_itself =
                matches!((step.caller, &step.user), (Caller::Subject, UserRef::Own) | (Caller::Other, UserRef::Other));
            let admin = accounts.admin.as_ref().filter(|_| acts_on_itself && endpoint.flow.version() == ApiVersion::V2);
            return admin.map(|admin| shared(admin, Holder::Admin)).ok_or(Lacking::GoodToken);
        }
        match step.caller {
            Caller::Subject => Ok(bearer(own)),
            Caller::Nobody => Ok(None),
            Caller::Malformed => Ok(Some(Secret::new("Bearer"))),
            Caller::OtherScheme => Ok(Some(Secret::new(format!("Basic {}", own.expose())))),
            Caller::Unknown => Ok(Some(Secret::new(format!("Bearer proofmark-{}", self.unknown_id(24))))),
            Caller::Lengthened | Caller::Shortened | Caller::OtherCase => {
                altered::token(step.caller, own).map(|token| bearer(&token)).ok_or(Lacking::Alterable)
            }
            Caller::Other => {
                self.lease.other().map(|other| bearer(&other.token)).ok_or(Lacking::Account("a second subject"))
            }
            Caller::NoRights => named(&accounts.no_rights, "accounts.no-rights-token", Holder::NoRights),
            Caller::ReadOnly => named(&accounts.read_only, "accounts.read-only-token", Holder::ReadOnly),
            Caller::Admin => named(&accounts.admin, "accounts.admin-token", Holder::Admin),
        }
    }

    /// Notes whose tokens a U2F enrolment has locked. One that was not answered may have been done.
    fn note_enrolment(&mut self, endpoint: &Endpoint, step: &Step, reply: Option<&Reply>) {
        let is_u2f = endpoint.flow.is_u2f() && endpoint.operation == Operation::Verify;
        if !is_u2f || matches!(reply, Some(Reply::Refusal(_))) {
            return;
        }
        match endpoint.flow.version() {
            ApiVersion::V1 => self.lease.enrolled_u2f(step.caller != Caller::Other),
            ApiVersion::V2 => self.lease.enrolled_u2f(step.user != UserRef::Other),
        }
    }

    /// An id that does not exist: digits, derived from the permutation.
    pub(super) fn unknown_id(&self, length: usize) -> String {
        let digits = self.seed.into_iter().map(|byte| char::from(b'0' + byte % 10));
        std::iter::once('9').chain(digits.cycle()).take(length).collect()
    }

    /// Keeps what later steps need: options and factor id of a start, the state after a verify or remove.
    fn remember(&mut self, endpoint: &'static Endpoint, step: &Step, reply: &Reply) -> Result<(), Ended> {
        let own = step.caller == Caller::Subject && step.user == UserRef::Own && step.flow == FlowRef::Own;
        let sent = match step.credential {
            CredentialRef::Latest => self.credential.clone(),
            CredentialRef::First => self.first_credential.clone(),
        };
        let success = match reply {
            Reply::Success(body) => Some(body),
            Reply::Refusal(_) => None,
            Reply::Unreadable(_) => return Ok(()),
        };
        match (endpoint.operation, success) {
            (Operation::Start, Some(body)) => self.remember_start(endpoint, step, body),
            (Operation::Verify, Some(_)) => {
                let holder = if own { &mut self.state.enrolled } else { &mut self.state.elsewhere };
                holder.extend(sent.map(|credential| credential.created.credential_id));
                Ok(())
            }
            (Operation::Verify, None) => {
                // Only the subject's own refused registration says anything about the subject's own state.
                self.state.refused |= own;
                let ids = sent.into_iter().flat_map(|credential| credential.ids);
                self.state.absent.extend(ids.map(|id| (id, super::after::CLAUSE)));
                Ok(())
            }
            (Operation::Remove, Some(_)) => {
                let removed = self.state.enrolled.drain(..).map(|id| (id, "api/remove"));
                self.state.absent.extend(removed);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn remember_start(&mut self, endpoint: &'static Endpoint, step: &Step, body: &Value) -> Result<(), Ended> {
        let verify = endpoint.flow.endpoint(Operation::Verify).and_then(Endpoint::factor_member);
        self.factor_id = verify.and_then(|member| body.get(member)?.as_str()).map(str::to_owned);
        if self.first_factor_id.is_none() {
            self.first_factor_id.clone_from(&self.factor_id);
        }
        let options = endpoint.options_member().and_then(|pointer| body.pointer(pointer));
        let parsed = match options {
            Some(Value::String(text)) => PublicKeyCredentialCreationOptions::from_text(text),
            Some(object) => PublicKeyCredentialCreationOptions::from_json(object),
            // The shape check has said so.
            None => return if self.findings.is_empty() { Ok(()) } else { Err(Ended) },
        };
        match parsed {
            Ok(options) => {
                self.checked.insert(CHALLENGE);
                if !self.shared.challenges.is_fresh(&options.challenge) {
                    let (expected, received) = ("a challenge that was never sent before", "one that was sent before");
                    return self.end("challenge-fresh", CHALLENGE, Reason::WrongShape, expected, received);
                }
                self.notice(step, endpoint, &options);
                self.compare_user_handles(step, &options);
                self.options = Some(options);
                Ok(())
            }
            Err(error) => {
                let clause = clause::at("api/options/members", endpoint, self.permutation.protocol);
                let expected = "creation options that a client can read";
                self.end("options", clause, Reason::WrongShape, expected, error.to_string())
            }
        }
    }
}

impl Player<'_> {
    /// One user has one handle, and no other user has it (WebAuthn L3 section 5.4.3), as far as this case sees users.
    fn compare_user_handles(&mut self, step: &Step, options: &PublicKeyCredentialCreationOptions) {
        let own = step.user == UserRef::Own && matches!(step.caller, Caller::Subject | Caller::Admin);
        let handle = options.user.id.clone();
        // Each kind of factor may have handles of its own.
        if step.flow != FlowRef::Own {
            return;
        }
        if !self.user_handles.is_empty() {
            self.checked.insert(USER_HANDLE);
        }
        let wrong = self.user_handles.iter().find_map(|(whose, known)| match (*whose == own, *known == handle) {
            (true, false) => Some(("the user handle of the start before", "another")),
            (false, true) => Some(("a user handle of its own for each user", "that of the other user")),
            _ => None,
        });
        if let Some((expected, received)) = wrong {
            self.find(Finding::new("user-handle", USER_HANDLE, Reason::ShouldUnmet, expected, received));
        }
        self.user_handles.push((own, handle));
    }
}

/// The exchange of a call without reply, so that it can be shown and reproduced.
fn unanswered(transport: &dyn Transport, call: &Call, error: &TransportError) -> Option<Exchange> {
    let request = transport.prepare(call).ok()?;
    Some(Exchange {
        protocol: transport.protocol(),
        endpoint: call.endpoint,
        request,
        http_status: 0,
        headers: HeaderMap::new(),
        trailers: HeaderMap::new(),
        body: Bytes::new(),
        reply: Reply::Unreadable(error.to_string()),
        timings: Timings::default(),
    })
}

/// What it means that no verdict was had: of what stood between us and the target it says nothing, and all else is the target's word.
fn meaning<'c>(
    error: Option<&TransportError>,
    fault: Option<&(Fault, &str)>,
    step: &Step,
    primary: &'c str,
) -> (Reason, &'c str) {
    use TransportError as E;
    match (error, fault) {
        // Closing on what can't be read, or is too long to be read, is a refusal of a kind.
        (Some(E::Reset { .. } | E::NotProcessed { .. }), _) if step.is_malformed() => (Reason::AlsoAllowed, primary),
        (_, Some((fault, _))) => match fault.kind {
            FaultKind::RateLimited => (Reason::RateLimited, primary),
            FaultKind::Gateway => (Reason::Gateway, primary),
            _ => (Reason::TargetUnreachable, primary),
        },
        (Some(E::TimedOut { .. }), _) => (Reason::Hang, "api/robustness"),
        (Some(E::Reset { .. }), _) => (Reason::Crash, "api/robustness"),
        (Some(E::BodyTooLarge { .. } | E::HeadersTooLarge { .. } | E::NotHttp { .. }), _) => {
            (Reason::WrongShape, "api/robustness")
        }
        (Some(E::BadFrame { .. }), _) => (Reason::WrongShape, "api/grpc-web-framing"),
        (Some(E::Encode { .. }), _) => (Reason::HarnessBug, primary),
        _ => (Reason::TargetUnreachable, primary),
    }
}
