//! One cycle: start, attest, verify, and the removal of what was enrolled.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::attester::Attester;
use crate::checks::{self, Observation};
use crate::contract::{ApiVersion, Endpoint, Flow, Operation};
use crate::outcome::{Finding, Verdict, gravest};
use crate::transport::{Call, Exchange, Refusal, Reply, Tamper, Transport};
use crate::webauthn::base64;
use crate::webauthn::options::{OptionsError, PublicKeyCredentialCreationOptions};
use crate::wire::secret::Secret;

/// Characters of a target's text that are kept until secrets are masked in it.
const MOST_TEXT: usize = 2_000;

/// What all cycles share.
pub(super) struct Site {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) flow: Flow,
    pub(super) rp_id: String,
    pub(super) seed: u64,
    pub(super) attester: Attester,
}

/// A user, whom only one cycle uses at a time.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) index: u64,
    pub(super) user_id: String,
    pub(super) authorization: Secret,
    /// Cycles that it has begun.
    pub(super) begun: u64,
}

/// The steps of a cycle that can fail it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Start,
    Attest,
    Verify,
}

impl Step {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Step::Start => "start",
            Step::Attest => "attest",
            Step::Verify => "verify",
        }
    }
}

/// Why a cycle failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) step: Step,
    /// One of a bounded set: nothing in it comes from the target.
    pub(super) class: String,
    /// What was seen; it can quote the target and hold secrets.
    pub(super) example: String,
    /// There was no reply.
    pub(super) lost: bool,
}

/// A call of a cycle: how long until the last byte (or until there was no hope of one), and how it was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Answered {
    pub(super) took: Duration,
    pub(super) http_status: Option<u16>,
}

/// What a cycle came to. It is filled in as it goes, so that one that is cut off still says how far it was.
#[derive(Debug, Default)]
pub(super) struct Cycle {
    pub(super) start: Option<Answered>,
    pub(super) attest: Option<Duration>,
    pub(super) verify: Option<Answered>,
    pub(super) failure: Option<Failure>,
    /// The target said that it had enrolled the credential.
    pub(super) enrolled: bool,
    /// Everything that is measured is over.
    pub(super) measured: bool,
    /// Why what was enrolled is perhaps still there.
    pub(super) left_behind: Option<String>,
}

impl Cycle {
    /// How far it was.
    fn step(&self) -> Step {
        match (self.start, self.attest) {
            (None, _) => Step::Start,
            (Some(_), None) => Step::Attest,
            (Some(_), Some(_)) => Step::Verify,
        }
    }

    /// Time was up before it was over.
    pub(super) fn cut_off(&mut self) {
        if self.measured {
            self.left_behind = Some("time was up".to_owned());
            return;
        }
        let step = self.step();
        let class = format!("{}/unfinished", step.name());
        let example = "time was up before the cycle was over".to_owned();
        self.failure = Some(Failure { step, class, example, lost: step != Step::Attest });
        self.measured = true;
    }
}

impl Site {
    /// Plays one cycle.
    pub(super) async fn play(&self, worker: &Worker, cycle: &mut Cycle) {
        let name = format!("proofmark load {} {}-{}", self.seed, worker.index, worker.begun);
        let mut factor_id = None;
        if let Err(failure) = self.enrol(worker, &name, &mut factor_id, cycle).await {
            cycle.failure = Some(failure);
        }
        cycle.measured = true;
        let unanswered = cycle.failure.as_ref().is_some_and(|failure| failure.step == Step::Verify && failure.lost);
        if cycle.enrolled || unanswered {
            cycle.left_behind = self.remove(worker, factor_id, &name, unanswered).await.err();
        }
    }

    async fn enrol(
        &self,
        worker: &Worker,
        name: &str,
        factor_id: &mut Option<String>,
        cycle: &mut Cycle,
    ) -> Result<(), Failure> {
        let (answered, started) = self.measured(worker, Operation::Start, json!({})).await;
        cycle.start = Some(answered);
        let started = started?;
        *factor_id = self.factor_id(&started);
        let began = Instant::now();
        let options = self.options(&started).map_err(|error| attest_failure("options", error))?;
        let made = self.attester.attest(options, self.cycle_seed(worker)).await;
        let credential = made.map_err(|error| attest_failure("credential", error))?;
        cycle.attest = Some(began.elapsed());
        let message = self.verification(factor_id.as_deref(), credential, name);
        let (answered, verified) = self.measured(worker, Operation::Verify, message).await;
        cycle.verify = Some(answered);
        // A success of the wrong shape has enrolled it too.
        cycle.enrolled = answered.http_status == Some(200);
        verified.map(|_| ())
    }

    /// Sends a call and judges the answer; `Ok` holds the body of a conformant success.
    async fn measured(
        &self,
        worker: &Worker,
        operation: Operation,
        message: Value,
    ) -> (Answered, Result<Value, Failure>) {
        let step = if operation == Operation::Start { Step::Start } else { Step::Verify };
        let began = Instant::now();
        match self.send(worker, operation, message).await {
            Err((cause, text)) => {
                let class = format!("{}/transport/{cause}", step.name());
                let failure = Failure { step, class, example: cut(text), lost: true };
                (Answered { took: began.elapsed(), http_status: None }, Err(failure))
            }
            Ok(exchange) => {
                let answered = Answered { took: exchange.timings.last_byte, http_status: Some(exchange.http_status) };
                let judged = self.judge(worker, &exchange).map_err(|(class, example)| Failure {
                    step,
                    class: format!("{}/{class}", step.name()),
                    example: cut(example),
                    lost: false,
                });
                (answered, judged.and_then(|()| body(step, exchange)))
            }
        }
    }

    /// The class and an example of what is wrong with an answer.
    fn judge(&self, worker: &Worker, exchange: &Exchange) -> Result<(), (String, String)> {
        let observation = Observation {
            exchange,
            documented_request: true,
            malformed: false,
            authorization: Some(&worker.authorization),
            rp_id: Some(&self.rp_id),
        };
        let wrong = |finding: &Finding| finding.verdict() != Verdict::Pass;
        let findings: Vec<Finding> = checks::examine(&observation).findings.into_iter().filter(wrong).collect();
        if let Some(finding) = gravest(&findings) {
            let example = format!("expected {}, received {}", finding.expected, finding.received);
            return Err((format!("check/{}", finding.check), example));
        }
        match &exchange.reply {
            Reply::Success(_) => Ok(()),
            Reply::Refusal(refusal) => Err((refusal_class(exchange.http_status, refusal), text_of(refusal))),
            Reply::Unreadable(why) => Err(("unreadable".to_owned(), why.clone())),
        }
    }

    /// The exchange, or the cause and the text of the error.
    async fn send(
        &self,
        worker: &Worker,
        operation: Operation,
        mut message: Value,
    ) -> Result<Exchange, (&'static str, String)> {
        let Some(endpoint) = self.flow.endpoint(operation) else {
            return Err(("no-such-operation", format!("{} has no {}", self.flow, operation.slug())));
        };
        if self.flow.version() == ApiVersion::V2 {
            message["userId"] = worker.user_id.as_str().into();
        }
        let authorization = Some(worker.authorization.clone());
        let call = Call { endpoint, message, authorization, tamper: Tamper::default() };
        self.transport.send(&call).await.map_err(|error| (error.cause(), error.to_string()))
    }

    fn factor_id(&self, started: &Value) -> Option<String> {
        let member = self.flow.endpoint(Operation::Verify).and_then(Endpoint::factor_member)?;
        started.get(member)?.as_str().map(str::to_owned)
    }

    fn options(&self, started: &Value) -> Result<PublicKeyCredentialCreationOptions, OptionsError> {
        let pointer = self.flow.endpoint(Operation::Start).and_then(Endpoint::options_member);
        match pointer.and_then(|pointer| started.pointer(pointer)) {
            Some(Value::String(text)) => PublicKeyCredentialCreationOptions::from_text(text),
            Some(value) => PublicKeyCredentialCreationOptions::from_json(value),
            None => Err(OptionsError::Missing("publicKey")),
        }
    }

    fn verification(&self, factor_id: Option<&str>, credential: Value, name: &str) -> Value {
        match self.flow {
            Flow::V1U2f | Flow::V1Passwordless => {
                let bytes = base64::encode_standard(credential.to_string().as_bytes());
                json!({ "verification": { "publicKeyCredential": bytes, "tokenName": name } })
            }
            Flow::V2U2f => json!({ "u2fId": factor_id, "publicKeyCredential": credential, "tokenName": name }),
            Flow::V2Passkey => {
                json!({ "passkeyId": factor_id, "publicKeyCredential": credential, "passkeyName": name })
            }
        }
    }

    fn cycle_seed(&self, worker: &Worker) -> [u8; 32] {
        let mut hash = Sha256::new_with_prefix(b"load");
        hash.update(self.seed.to_be_bytes());
        hash.update(worker.index.to_be_bytes());
        hash.update(worker.begun.to_be_bytes());
        hash.finalize().into()
    }

    /// Removes what the cycle enrolled, so that the next one meets the same state.
    async fn remove(
        &self,
        worker: &Worker,
        factor_id: Option<String>,
        name: &str,
        perhaps_absent: bool,
    ) -> Result<(), String> {
        let id = match factor_id {
            Some(id) => Some(id),
            None => self.find(worker, name).await?,
        };
        let Some(id) = id else {
            return if perhaps_absent { Ok(()) } else { Err("it is not in the list of factors".to_owned()) };
        };
        let member = self.flow.endpoint(Operation::Remove).and_then(Endpoint::factor_member).unwrap_or_default();
        let exchange =
            self.send(worker, Operation::Remove, json!({ member: id })).await.map_err(|(_, text)| cut(text))?;
        match &exchange.reply {
            Reply::Success(_) => Ok(()),
            Reply::Refusal(_) if perhaps_absent && exchange.http_status == 404 => Ok(()),
            Reply::Refusal(refusal) => Err(cut(format!("HTTP {}: {}", exchange.http_status, text_of(refusal)))),
            Reply::Unreadable(why) => Err(cut(why.clone())),
        }
    }

    /// The id of the factor with this name, where no start has told it (v1).
    async fn find(&self, worker: &Worker, name: &str) -> Result<Option<String>, String> {
        let exchange = self.send(worker, Operation::List, json!({})).await.map_err(|(_, text)| cut(text))?;
        let Reply::Success(body) = &exchange.reply else {
            return Err(format!("HTTP {} for the list of factors", exchange.http_status));
        };
        let entries = body.get("result").and_then(Value::as_array).into_iter().flatten();
        // A second factor is wrapped in its kind.
        let factors = entries.map(|entry| entry.get("u2f").unwrap_or(entry));
        let mut own = factors.filter(|factor| factor.get("name").and_then(Value::as_str) == Some(name));
        Ok(own.find_map(|factor| factor.get("id")?.as_str().map(str::to_owned)))
    }
}

fn attest_failure(what: &str, error: impl ToString) -> Failure {
    Failure { step: Step::Attest, class: format!("attest/{what}"), example: cut(error.to_string()), lost: false }
}

fn body(step: Step, exchange: Exchange) -> Result<Value, Failure> {
    match exchange.reply {
        Reply::Success(value) => Ok(value),
        _ => Err(Failure { step, class: format!("{}/unreadable", step.name()), example: String::new(), lost: false }),
    }
}

/// Status and code; a code that is none has no name of its own, so that the target can't make up classes without end.
fn refusal_class(http_status: u16, refusal: &Refusal) -> String {
    let http = if (100..600).contains(&http_status) { http_status.to_string() } else { "other".to_owned() };
    match refusal.status.as_ref().map(|status| status.code) {
        Some(code @ 0..=16) => format!("refused/{http}/{code}"),
        Some(_) => format!("refused/{http}/other"),
        None => format!("refused/{http}"),
    }
}

fn text_of(refusal: &Refusal) -> String {
    refusal.json.as_ref().map(Value::to_string).unwrap_or_default()
}

fn cut(text: String) -> String {
    match text.char_indices().nth(MOST_TEXT) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
#[path = "cycle_tests.rs"]
mod tests;
