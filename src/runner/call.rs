//! Builds calls, sends them, and has the answers judged.

use std::sync::Arc;

use serde_json::Value;

use super::attempts::{self, Line, Sent, Way};
use super::no_verdict::{meaning, unanswered};
use super::player::{Context, Ended, Played, Player, Started};
use super::tokens::Holder;
use super::{altered, breaker, canaries, judge};
use crate::checks;
use crate::contract::{Endpoint, Flow, Operation, Protocol, What, clause};
use crate::outcome::{Finding, Reason};
use crate::scenario::{Caller, FlowRef, ProtocolRef, Step, UserRef, Whom};
use crate::transport::{Call, Connection, Reply, Respelled, Tamper, spelling, tamper};
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
        if operation == Operation::Start {
            // Refused or not, it has a number.
            self.starts.push(Started::default());
        }
        let (sent, trouble) = self.send_renewing(&line, &mut call, step).await;
        let reply = self.answered(&line, &call, step, sent);
        if let Some((why, finding)) = trouble.zip(self.findings.last_mut()) {
            finding.received = format!("{}; there is no new token: {why}", finding.received);
        }
        let reply = reply?;
        self.remember_of_start(operation, &reply);
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
        let Some(line) = self.line(step) else {
            let received = "the target does not have it";
            return self.end("setup", self.clause(), Reason::NotDeclared, "the protocol", received);
        };
        Ok((line, call))
    }

    /// How a call of this case is sent. When the case is tried again, what must not be repeated gets a connection of its own, so that its end is the
    /// target's word.
    pub(super) fn way(&self, call: &Call) -> Way {
        let is_own = self.is_again && !attempts::may_be_repeated(call.endpoint.operation);
        let over = if is_own { Connection::New } else { Connection::Any };
        Way { over, about_limits: self.clause().starts_with("api/limit/") }
    }

    pub(super) fn flow(&self, step: &Step) -> Flow {
        step.flow.of(self.permutation.flow)
    }

    pub(super) fn protocol(&self, step: &Step) -> Protocol {
        let offered = &self.shared.target.protocols;
        let own = offered.iter().position(|protocol| *protocol == self.permutation.protocol).unwrap_or_default();
        let further = match step.over {
            ProtocolRef::Own => return self.permutation.protocol,
            ProtocolRef::Named(protocol) => return protocol,
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
        self.is_written(step, exchange.is_http2)?;
        let under_test = endpoint.operation != Operation::List;
        self.note_answered(&exchange, step);
        let reading = self.reading(&exchange, call, step);
        let observation = checks::Observation {
            exchange: &exchange,
            // The list is not an operation under test.
            documented_request: under_test && step.is_documented(self.expectation(step)),
            malformed: step.is_malformed(),
            watch: Some(&reading),
            rp_id: self.expected_rp_id(step),
            attachment: Self::asked_attachment(step),
            memo: checks::Memo::default(),
        };
        let examined = checks::examine(&observation);
        let reply = exchange.reply.clone();
        let expected = self.expected(step);
        // What a path answers to another method is not an answer of the operation.
        let remembers = !(expected.any_reply && step.method.is_some());
        let judge = self.shared.judge();
        let judged = judge.finding(&expected, &exchange);
        let goes_on = judged.reason.is_pass();
        let findings = judge.in_order(examined.findings, judged, &expected, &exchange);
        let context = Context::of(&observation, expected);
        let carried = (exchange.protocol, exchange.timings);
        let exchange = canaries::without_hidden(exchange, &findings, &self.shared.masker);
        self.note(step, endpoint, goes_on);
        if exchange.protocol == self.permutation.protocol {
            self.checked.extend(examined.looked_at);
        }
        let token = altered::words(step.caller).or_else(|| Self::other_token(step));
        self.note_carried(step);
        self.exchanges.push(Played { exchange, context: under_test.then_some(context), token, tries });
        findings.into_iter().for_each(|finding| self.find(finding));
        if step.expect.is_some() {
            self.observed = judge::observed(&reply);
            self.judged = self.exchanges.len().checked_sub(1);
        }
        self.is_kept(step, carried)?;
        if remembers {
            self.note_factor(call, step, &reply);
            self.remember(endpoint, step, &reply)?;
        }
        if goes_on { Ok(reply) } else { Err(Ended) }
    }

    fn build(&mut self, endpoint: &'static Endpoint, step: &Step) -> Result<Call, Ended> {
        let message = self.message(endpoint, step)?;
        let also = self.carried(endpoint, step, &message)?;
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
            headers: step.headers.lines(),
            path: self.respelled(step),
            also,
        };
        let call = Call { endpoint, message: message.into(), authorization, tamper };
        self.note_sent(endpoint, step, &call);
        Ok(call)
    }

    /// The form of a step's path.
    fn respelled(&self, step: &Step) -> Option<Respelled> {
        let spelling = spelling::find(step.path.as_deref()?)?;
        let another = self.lease.other().map(|other| other.user_id.clone()).unwrap_or_default();
        Some(Respelled { spelling, another })
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
            // What is said twice is about what an ordinary user may do.
            let can_be_named = endpoint.flow.names_user() && step.also.is_empty();
            let admin = accounts.admin.as_ref().filter(|_| acts_on_itself && can_be_named);
            return admin.map(|admin| shared(admin, Holder::Admin)).ok_or(Lacking::GoodToken);
        }
        match step.caller {
            Caller::Subject => Ok(bearer(own)),
            Caller::Nobody => Ok(None),
            Caller::Malformed => Ok(Some(Secret::new("Bearer"))),
            Caller::SmallScheme if self.lease.is_locked(true) => Err(Lacking::GoodToken),
            Caller::SmallScheme => Ok(Some(Secret::new(format!("bearer {}", own.expose())))),
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
        self.lease.enrolled_u2f(step.acts_on(endpoint.flow) != Some(Whom::Other));
    }

    /// An id that does not exist: digits, derived from the permutation.
    pub(super) fn unknown_id(&self, length: usize) -> String {
        let digits = self.seed.into_iter().map(|byte| char::from(b'0' + byte % 10));
        std::iter::once('9').chain(digits.cycle()).take(length).collect()
    }

    /// Keeps what later steps need: options and factor id of a start, the state after a verify or remove.
    fn remember(&mut self, endpoint: &'static Endpoint, step: &Step, reply: &Reply) -> Result<(), Ended> {
        let own = step.caller == Caller::Subject && step.user == UserRef::Own && step.flow == FlowRef::Own;
        let sent = self.credential_of(step).cloned();
        let success = match reply {
            Reply::Success(body) => Some(body),
            Reply::Refusal(_) => None,
            Reply::Unreadable(_) => return Ok(()),
        };
        match (endpoint.operation, success) {
            (Operation::Start, Some(body)) => self.remember_start(endpoint, step, body),
            (Operation::Verify, Some(_)) => {
                self.note_identified(endpoint, step);
                self.note_unsent(step);
                let holder = if own { &mut self.state.enrolled } else { &mut self.state.elsewhere };
                holder.extend(sent.map(|credential| credential.created.credential_id));
                if own {
                    self.learn_factor_of_latest();
                }
                Ok(())
            }
            (Operation::Verify, None) => {
                // Only the subject's own refused registration says anything about the subject's own state.
                self.state.refused |= own;
                let ids = sent.into_iter().flat_map(|credential| credential.ids);
                self.state.absent.extend(ids.map(|id| (id, super::after::CLAUSE)));
                Ok(())
            }
            (Operation::Remove, Some(_)) if step.of.is_some() => {
                self.forget_removed(step);
                Ok(())
            }
            (Operation::Remove, Some(_)) => {
                self.note_identified(endpoint, step);
                let named = self.named_credential(step);
                let is_removed = |id: &mut Vec<u8>| named.as_ref().is_none_or(|named| named == id);
                let removed: Vec<_> = self.state.enrolled.extract_if(.., is_removed).collect();
                self.state.absent.extend(removed.into_iter().map(|id| (id, "api/remove")));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn remember_start(&mut self, endpoint: &'static Endpoint, step: &Step, body: &Value) -> Result<(), Ended> {
        self.factor_id = endpoint.answered(What::FactorId, body).and_then(Value::as_str).map(str::to_owned);
        if self.first_factor_id.is_none() {
            self.first_factor_id.clone_from(&self.factor_id);
        }
        let Some(parsed) = checks::creation_options(endpoint, body) else {
            // The shape check has said so.
            return if self.findings.is_empty() { Ok(()) } else { Err(Ended) };
        };
        match parsed {
            Ok(options) => {
                self.checked.insert(CHALLENGE);
                if !self.shared.challenges.is_fresh(&options.challenge) {
                    let (expected, received) = ("a challenge that was never sent before", "one that was sent before");
                    return self.end("challenge-fresh", CHALLENGE, Reason::WrongShape, expected, received);
                }
                self.notice(step, endpoint, &options);
                self.look_whose(step, endpoint, &options)?;
                self.compare_user_handles(step, &options);
                self.note_started(endpoint, step, &options);
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
        // Who calls with a token in another place than the documented one is accepted for the subject.
        let is_of_own = matches!(step.caller, Caller::Subject | Caller::Admin) || !step.also.is_empty();
        let own = step.user == UserRef::Own && is_of_own;
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
