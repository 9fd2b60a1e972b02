//! Builds calls, sends them, and has the answers judged.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::judge;
use super::player::{Ended, Player};
use crate::checks;
use crate::contract::{ApiVersion, Endpoint, Operation};
use crate::outcome::{Finding, Reason, Verdict};
use crate::scenario::{Caller, DomainRef, FactorRef, Step, UserRef};
use crate::transport::{Call, Exchange, Reply, Tamper, Timings, Transport, TransportError, tamper};
use crate::webauthn::base64;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::wire::secret::Secret;

impl Player<'_> {
    /// Calls an operation as a step says, judges the answer, and remembers what later steps need.
    pub(super) async fn call_step(&mut self, operation: Operation, step: &Step) -> Result<Reply, Ended> {
        let Some(endpoint) = self.permutation.flow.endpoint(operation) else {
            return self.end("setup", self.clause(), Reason::NotDeclared, "the operation", "the flow does not have it");
        };
        let call = self.build(endpoint, step)?;
        let Some(transport) = self.shared.transport(self.permutation.protocol).cloned() else {
            return self.end(
                "setup",
                self.clause(),
                Reason::NotDeclared,
                "the protocol",
                "the target does not have it",
            );
        };
        let authorization = call.authorization.clone();
        let exchange = match transport.send(&call).await {
            Ok(exchange) => exchange,
            Err(error) => {
                let (reason, clause) = meaning(&error, step, self.clause());
                self.exchanges.extend(unanswered(transport.as_ref(), &call, &error));
                return self.end("transport", clause, reason, "a reply", error.to_string());
            }
        };
        let observation = checks::Observation {
            exchange: &exchange,
            documented_request: step.method.is_none() && step.content_type.is_none(),
            malformed: step.is_malformed(),
            authorization: authorization.as_ref(),
            rp_id: &self.shared.target.rp_id,
        };
        // The list is no operation under test.
        let mut findings = if operation == Operation::List { Vec::new() } else { checks::examine(&observation) };
        let reply = exchange.reply.clone();
        let judged = judge::finding(self, step, &reply, exchange.http_status);
        let goes_on = judged.verdict() == Verdict::Pass;
        // The first of the gravest findings decides. Where the documents name the status, that comes before what is
        // generally true of replies.
        let first = step.expect.is_some_and(|expectation| expectation.class.is_some())
            && !matches!(reply, Reply::Unreadable(_));
        findings.insert(if first { 0 } else { findings.len() }, judged);
        self.exchanges.push(exchange);
        findings.into_iter().for_each(|finding| self.find(finding));
        if step.expect.is_some() {
            self.observed = judge::observed(&reply);
            self.judged = self.exchanges.len().checked_sub(1);
        }
        self.remember(endpoint, step, &reply)?;
        if goes_on { Ok(reply) } else { Err(Ended) }
    }

    fn build(&mut self, endpoint: &'static Endpoint, step: &Step) -> Result<Call, Ended> {
        let message = self.message(endpoint, step)?;
        let authorization = match self.token(step.caller) {
            Ok(token) => token,
            Err(missing) => {
                let expected = format!("{missing} in the target file");
                return self.end("setup", self.clause(), Reason::Setup, expected, "it is not there");
            }
        };
        let tamper = Tamper {
            body: step.tamper.as_deref().and_then(tamper::find).map(|fault| fault.apply),
            content_type: step.content_type.clone(),
            method: step.method.clone(),
        };
        Ok(Call { endpoint, message, authorization, tamper })
    }

    /// The authorization header of a caller; `Err` names what the target file lacks.
    fn token(&self, caller: Caller) -> Result<Option<Secret>, &'static str> {
        let accounts = &self.shared.target.accounts;
        let bearer = |token: &Secret| Some(Secret::new(format!("Bearer {}", token.expose())));
        match caller {
            Caller::Subject => Ok(bearer(&self.lease.own().token)),
            Caller::Nobody => Ok(None),
            Caller::Malformed => Ok(Some(Secret::new("Bearer"))),
            Caller::OtherScheme => Ok(Some(Secret::new(format!("Basic {}", self.lease.own().token.expose())))),
            Caller::Unknown => Ok(Some(Secret::new(format!("Bearer proofmark-{}", self.unknown_id(24))))),
            Caller::Other => self.lease.other().map(|other| bearer(&other.token)).ok_or("a second subject"),
            Caller::NoRights => accounts.no_rights.as_ref().map(bearer).ok_or("accounts.no-rights-token"),
            Caller::Admin => accounts.admin.as_ref().map(bearer).ok_or("accounts.admin-token"),
        }
    }

    fn message(&mut self, endpoint: &'static Endpoint, step: &Step) -> Result<Value, Ended> {
        let mut message = json!({});
        if endpoint.flow.version() == ApiVersion::V2 {
            message["userId"] = match &step.user {
                UserRef::Own => self.lease.own().user_id.clone(),
                UserRef::Other => self.lease.other().map(|other| other.user_id.clone()).unwrap_or_default(),
                UserRef::Unknown => self.unknown_id(18),
                UserRef::Length(length) => self.unknown_id(*length),
            }
            .into();
        }
        if let Some(member) = endpoint.factor_member() {
            message[member] = match &step.factor {
                FactorRef::Own => self.factor_id.clone().unwrap_or_else(|| self.unknown_id(18)),
                FactorRef::Unknown => self.unknown_id(18),
                FactorRef::Length(length) => self.unknown_id(*length),
            }
            .into();
        }
        if let (Operation::Start, Some(DomainRef::Own)) = (endpoint.operation, step.domain) {
            message["domain"] = self.shared.target.rp_id.as_str().into();
        }
        if endpoint.operation == Operation::Verify {
            let Some(credential) = self.credential.as_ref().map(|credential| credential.created.json.clone()) else {
                return self.end("setup", self.clause(), Reason::Setup, "a credential to verify", "none was made");
            };
            let name = step.name.text();
            match endpoint.flow.version() {
                ApiVersion::V1 => {
                    let bytes = base64::encode_standard(credential.to_string().as_bytes());
                    message["verification"] = json!({ "publicKeyCredential": bytes, "tokenName": name });
                }
                ApiVersion::V2 => {
                    message["publicKeyCredential"] = credential;
                    let member = endpoint.name_member().unwrap_or_default().trim_start_matches('/');
                    message[member] = name.into();
                }
            }
        }
        Ok(message)
    }

    /// An id that does not exist: digits, derived from the permutation.
    fn unknown_id(&self, length: usize) -> String {
        let digits = self.seed.into_iter().map(|byte| char::from(b'0' + byte % 10));
        std::iter::once('9').chain(digits.cycle()).take(length).collect()
    }

    /// Keeps what later steps need: options and factor id of a start, the state after a verify or remove.
    fn remember(&mut self, endpoint: &'static Endpoint, step: &Step, reply: &Reply) -> Result<(), Ended> {
        let own = step.caller == Caller::Subject && step.user == UserRef::Own;
        let success = match reply {
            Reply::Success(body) => Some(body),
            Reply::Refusal(_) => None,
            Reply::Unreadable(_) => return Ok(()),
        };
        match (endpoint.operation, success) {
            (Operation::Start, Some(body)) => self.remember_start(endpoint, body),
            (Operation::Verify, Some(_)) => {
                let holder = if own { &mut self.state.enrolled } else { &mut self.state.elsewhere };
                holder.extend(self.credential.as_ref().map(|credential| credential.created.credential_id.clone()));
                Ok(())
            }
            (Operation::Verify, None) => {
                // Only the subject's own refused registration says anything about the subject's own state.
                self.state.refused |= own;
                let ids = self.credential.iter().flat_map(|credential| credential.ids.clone());
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

    fn remember_start(&mut self, endpoint: &'static Endpoint, body: &Value) -> Result<(), Ended> {
        let verify = endpoint.flow.endpoint(Operation::Verify).and_then(Endpoint::factor_member);
        self.factor_id = verify.and_then(|member| body.get(member)?.as_str()).map(str::to_owned);
        let options = endpoint.options_member().and_then(|pointer| body.pointer(pointer));
        let parsed = match options {
            Some(Value::String(text)) => PublicKeyCredentialCreationOptions::from_text(text),
            Some(object) => PublicKeyCredentialCreationOptions::from_json(object),
            // The shape check has said so.
            None => return if self.findings.is_empty() { Ok(()) } else { Err(Ended) },
        };
        match parsed {
            Ok(options) => {
                if !self.shared.is_fresh(&options.challenge) {
                    let expected = "a challenge that was never sent before";
                    let clause = "webauthn/13.4.3/challenge";
                    return self.end(
                        "challenge-fresh",
                        clause,
                        Reason::WrongShape,
                        expected,
                        "one that was sent before",
                    );
                }
                self.options = Some(options);
                Ok(())
            }
            Err(error) => {
                self.find(Finding::new(
                    "options",
                    "api/options/members",
                    Reason::WrongShape,
                    "creation options that a client can read",
                    error.to_string(),
                ));
                Err(Ended)
            }
        }
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

/// What it means that no reply was had.
fn meaning<'c>(error: &TransportError, step: &Step, primary: &'c str) -> (Reason, &'c str) {
    use TransportError as E;
    match error {
        // Closing on what can't be read, or is too long to be read, is a refusal of a kind.
        E::Reset { .. } if step.is_malformed() => (Reason::AlsoAllowed, primary),
        E::TimedOut { .. } => (Reason::Hang, "api/robustness"),
        E::Reset { .. } => (Reason::Crash, "api/robustness"),
        E::BodyTooLarge { .. } | E::HeadersTooLarge { .. } | E::NotHttp { .. } => {
            (Reason::WrongShape, "api/robustness")
        }
        E::BadFrame { .. } => (Reason::WrongShape, "api/grpc-web-framing"),
        E::Encode { .. } => (Reason::HarnessBug, primary),
        _ => (Reason::TargetUnreachable, primary),
    }
}
