//! One cycle: start, attest, verify, and then the lookup and the removal of the enrolled factor.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::attester::{Attested, Attester};
use super::cross_talk::{Crossed, Witness};
use super::excuse::{Excuses, Place};
use super::judge::{self, Answer, Asked, Failure};
use super::lookups::Lookups;
use super::message::{Started, excluded, public_key_of, verification};
use super::neighbours::Neighbours;
use super::played::Cycle;
use super::user::Subject;
use crate::authenticator::Format;
use crate::contract::{Operation, Protocol, What};
use crate::outcome::load::{Cleanup, Kind, LoadStep, Outcome};
use crate::outcome::{Finding, Reason};
use crate::transport::{Call, Exchange, Fault, FaultKind, Reply, Tamper, Transport, TransportError};

/// The word of a run for an observed acceptance.
const ACCEPTED: &str = "accepted";

/// One for each protocol.
pub(super) type Transports = Vec<(Protocol, Arc<dyn Transport>)>;

/// What all cycles share.
pub(super) struct Site {
    pub(super) transports: Transports,
    pub(super) rp_id: String,
    pub(super) seed: u64,
    pub(super) attester: Arc<Attester>,
    pub(super) witness: Arc<Witness>,
    pub(super) neighbours: Arc<Neighbours>,
    pub(super) cleanup: Cleanup,
    pub(super) lookups: Lookups,
    pub(super) excuses: Excuses,
    pub(super) format: Format,
}

/// A call that is over, until it is judged.
pub(super) struct Sent {
    pub(super) took: Duration,
    pub(super) http_status: Option<u16>,
    pub(super) answer: Answer,
}

impl Site {
    /// Plays one cycle.
    pub(super) async fn play(&self, subject: &Subject, cycle: &mut Cycle) {
        let name = format!("proofmark load {} {}-{}", self.seed, subject.index, cycle.draw.number);
        let mut factor_id = None;
        if let Err(failure) = self.enrol(subject, &name, &mut factor_id, cycle).await {
            cycle.fail(failure);
        }
        cycle.service = Some(cycle.begun.elapsed());
        let unanswered = cycle.is_open();
        if cycle.counts.confirmed == 0 && !unanswered {
            return;
        }
        if self.cleanup == Cleanup::Keep {
            cycle.counts.kept += cycle.counts.confirmed;
            return;
        }
        cycle.left_behind = self.remove(subject, (factor_id, &name), unanswered, cycle).await.err();
        cycle.counts.left_behind += u64::from(cycle.left_behind.is_some());
    }

    async fn enrol(
        &self,
        subject: &Subject,
        name: &str,
        factor_id: &mut Option<String>,
        cycle: &mut Cycle,
    ) -> Result<(), Failure> {
        let started = self.started(subject, cycle).await?;
        let flow = cycle.draw.flow;
        *factor_id = started.factor_id;
        cycle.at = LoadStep::Attest;
        let began = Instant::now();
        let attested = self.attest(started.options, cycle).await;
        let outcome = if attested.is_ok() { Outcome::Ok } else { Outcome::NotAttested };
        cycle.sample(LoadStep::Attest, outcome, began.elapsed(), None);
        let Attested { credential, id, case, .. } = attested?;
        id.iter().for_each(|id| self.neighbours.made(id));
        cycle.case = case;
        let credential = credential.map_err(not_attested)?;
        cycle.at = LoadStep::Verify;
        let message = verification(flow, factor_id.as_deref(), credential, name);
        match cycle.draw.kind {
            Kind::Good => self.verified(subject, message, cycle).await,
            Kind::Negative => self.negative(subject, message, cycle).await,
            Kind::Race => self.race(subject, message, cycle).await,
            Kind::Lookup => {
                self.verified(subject, message, cycle).await?;
                cycle.service = Some(cycle.begun.elapsed());
                self.lookup(subject, name, id, cycle).await
            }
        }
    }

    async fn started(&self, subject: &Subject, cycle: &mut Cycle) -> Result<Started, Failure> {
        let sent = self.send(subject, LoadStep::Start, Operation::Start, json!({}), cycle).await;
        let (took, status) = (sent.took, sent.http_status);
        let failure = match sent.answer {
            Answer::Success(exchange, unwrapped) => {
                let flow = cycle.draw.flow;
                let options = unwrapped.as_ref().or_else(|| public_key_of(flow, judge::body(&exchange)));
                let is_of_others = options.is_some_and(|options| self.neighbours.see(subject.print, options));
                cycle.counts.interfered += u64::from(is_of_others);
                cycle.had = options.map_or(0, excluded);
                match options.and_then(|options| self.witness.see(subject.print, options)) {
                    None => {
                        cycle.sample(LoadStep::Start, Outcome::Ok, took, status);
                        let Reply::Success(body) = exchange.reply else { return Err(without_options()) };
                        return Started::take(flow, body, unwrapped).ok_or_else(without_options);
                    }
                    Some(crossed) => crossed_failure(crossed, exchange, cycle),
                }
            }
            Answer::Refusal(class, exchange) => judge::refused(LoadStep::Start, &class, exchange),
            Answer::Failure(failure) => failure,
        };
        cycle.sample(LoadStep::Start, failure.outcome, took, status);
        Err(failure)
    }

    async fn attest(&self, options: Value, cycle: &mut Cycle) -> Result<Attested, Failure> {
        let attested = self.attester.attest(options, cycle.draw).await;
        let attested = attested.ok_or_else(|| not_attested("the attestation threads ended".to_owned()))?;
        cycle.attested = Some((attested.waited, attested.took));
        match &attested.credential {
            Ok(_) => Ok(attested),
            Err(why) => Err(not_attested(why.clone())),
        }
    }

    async fn verified(&self, subject: &Subject, message: Value, cycle: &mut Cycle) -> Result<(), Failure> {
        let sent = self.send(subject, LoadStep::Verify, Operation::Verify, message, cycle).await;
        confirm(&sent, cycle);
        let failed = match sent.answer {
            Answer::Success(..) => Ok(()),
            Answer::Refusal(class, exchange) => Err(judge::refused(LoadStep::Verify, &class, exchange)),
            Answer::Failure(failure) => Err(failure),
        };
        let outcome = failed.as_ref().map_or_else(|failure| failure.outcome, |()| Outcome::Ok);
        cycle.sample(LoadStep::Verify, outcome, sent.took, sent.http_status);
        failed
    }

    /// A malformed attestation has to be refused.
    async fn negative(&self, subject: &Subject, message: Value, cycle: &mut Cycle) -> Result<(), Failure> {
        let sent = self.send(subject, LoadStep::Verify, Operation::Verify, message, cycle).await;
        confirm(&sent, cycle);
        cycle.counts.negatives += u64::from(sent.http_status.is_some());
        let failed = match sent.answer {
            Answer::Refusal(..) => Ok(()),
            Answer::Failure(failure) => Err(failure),
            Answer::Success(exchange, _) => self.accepted(exchange, cycle),
        };
        let outcome = failed.as_ref().map_or_else(|failure| failure.outcome, |()| Outcome::Ok);
        cycle.sample(LoadStep::Verify, outcome, sent.took, sent.http_status);
        failed
    }

    /// A malformed attestation was accepted.
    fn accepted(&self, exchange: Box<Exchange>, cycle: &mut Cycle) -> Result<(), Failure> {
        let case = cycle.case.clone().unwrap_or_default();
        let example = format!("expected a refusal of {case}, received a success");
        let finding = Finding::new("expectation", "", Reason::AcceptedInvalid, "refused", ACCEPTED);
        if self.excuses.excuse(&self.place(LoadStep::Verify, cycle), &finding, ACCEPTED) {
            cycle.counts.known += 1;
            cycle.harmless.known.push((format!("verify/known/accepted/{case}"), example));
            return Ok(());
        }
        cycle.counts.negatives_accepted += 1;
        Err(judge::wrong(LoadStep::Verify, format!("verify/accepted/{case}"), example, exchange))
    }

    fn place<'a>(&self, step: LoadStep, cycle: &'a Cycle) -> Place<'a> {
        Place { draw: cycle.draw, step, case: cycle.case.as_deref(), format: self.format }
    }

    /// The same verify twice at the same time: one may win.
    async fn race(&self, subject: &Subject, message: Value, cycle: &mut Cycle) -> Result<(), Failure> {
        let mut other = Cycle::new(cycle.draw, cycle.begun);
        let (a, b) = tokio::join!(
            self.send(subject, LoadStep::Verify, Operation::Verify, message.clone(), cycle),
            self.send(subject, LoadStep::Verify, Operation::Verify, message, &mut other),
        );
        cycle.counts.add(&other.counts);
        cycle.harmless.deviations.append(&mut other.harmless.deviations);
        cycle.harmless.known.append(&mut other.harmless.known);
        cycle.harmless.again.append(&mut other.harmless.again);
        cycle.wait = cycle.wait.max(other.wait);
        cycle.connections.0.append(&mut other.connections.0);
        cycle.connections.1 += other.connections.1;
        cycle.counts.races += u64::from(a.http_status.is_some() && b.http_status.is_some());
        // Only one of both is the registration.
        confirm(if matches!(a.answer, Answer::Success(..)) { &a } else { &b }, cycle);
        let (mut won, mut refused, mut worst) = (Vec::new(), None, None);
        for sent in [a, b] {
            let outcome = match sent.answer {
                Answer::Success(exchange, _) => {
                    won.push(exchange);
                    Outcome::Ok
                }
                Answer::Refusal(class, exchange) => {
                    refused = Some(judge::refused(LoadStep::Verify, &class, exchange));
                    Outcome::Ok
                }
                Answer::Failure(failure) => worst.insert(failure).outcome,
            };
            cycle.sample(LoadStep::Verify, outcome, sent.took, sent.http_status);
        }
        match (won.pop(), won.is_empty()) {
            (Some(exchange), false) => {
                cycle.counts.double_wins += 1;
                let example = "expected one success and one refusal, received two successes".to_owned();
                Err(judge::wrong(LoadStep::Verify, "verify/double-win".to_owned(), example, exchange))
            }
            (Some(_), true) => worst.map_or(Ok(()), Err),
            (None, _) => worst.or(refused).map_or(Ok(()), Err),
        }
    }

    /// Sends a call and judges the answer.
    pub(super) async fn send(
        &self,
        subject: &Subject,
        step: LoadStep,
        operation: Operation,
        mut message: Value,
        cycle: &mut Cycle,
    ) -> Sent {
        let draw = cycle.draw;
        let transport = self.transports.iter().find(|(protocol, _)| *protocol == draw.protocol);
        let (Some((_, transport)), Some(endpoint)) = (transport, draw.flow.endpoint(operation)) else {
            let example = format!("{} has no {} over {}", draw.flow, operation.slug(), draw.protocol);
            let class = format!("{}/no-such-operation", step.name());
            let failure = Failure { step, outcome: Outcome::Transport, class, example, exchange: None };
            return Sent { took: Duration::ZERO, http_status: None, answer: Answer::Failure(failure) };
        };
        endpoint.say(What::User, &mut message, subject.user_id.as_str());
        let authorization = Some(subject.authorization.clone());
        let call = Call { endpoint, message: message.into(), authorization, tamper: Tamper::default() };
        let began = Instant::now();
        let (sent, before) = delivered(transport.as_ref(), &call, step, cycle).await;
        if let Some(fault) = Fault::of(&sent).filter(|fault| fault.kind != FaultKind::Unreachable) {
            cycle.wait = fault.wait;
            let unanswered = || transport.prepare(&call).ok().map(|sent| judge::unanswered(sent, &draw, endpoint));
            let failure = judge::of_the_network(step, &fault, sent.ok().or_else(unanswered));
            return Sent { took: began.elapsed(), http_status: None, answer: Answer::Failure(failure) };
        }
        match sent {
            Ok(exchange) => {
                let (took, http_status) = (before + exchange.timings.last_byte, Some(exchange.http_status));
                cycle.connections.0.extend(exchange.timings.set_up);
                cycle.counts.judged += u64::from(operation != Operation::List);
                let mut harmless = std::mem::take(&mut cycle.harmless);
                let (place, known) = (self.place(step, cycle), harmless.known.len());
                let is_excused = |finding: &Finding| self.excuses.excuse(&place, finding, "");
                let asked = Asked { step, rp_id: &self.rp_id, is_excused: &is_excused };
                let answer = judge::judge(&asked, subject, exchange, &mut harmless);
                cycle.counts.known += u64::from(harmless.known.len() > known);
                cycle.harmless = harmless;
                let is_wrong = matches!(&answer, Answer::Failure(failure) if failure.outcome == Outcome::Nonconformant);
                cycle.counts.nonconformant += u64::from(is_wrong);
                Sent { took, http_status, answer }
            }
            Err(error) => {
                let took = began.elapsed();
                cycle.connections.1 += u64::from(error.is_without_connection());
                let exchange = transport.prepare(&call).ok().map(|sent| judge::unanswered(sent, &draw, endpoint));
                Sent { took, http_status: None, answer: Answer::Failure(judge::lost(step, &error, exchange)) }
            }
        }
    }
}

/// Sends a call, and sends it once more if it was provably not processed, as every client may (RFC 9113 sections 6.8 and 8.7). Also gives the time that
/// passed before the last try, which counts as the target's time like all other.
async fn delivered(
    transport: &dyn Transport,
    call: &Call,
    step: LoadStep,
    cycle: &mut Cycle,
) -> (Result<Exchange, TransportError>, Duration) {
    let began = Instant::now();
    let sent = transport.send(call).await;
    let is_unprocessed = |fault: &Fault| matches!(fault.kind, FaultKind::GoAway | FaultKind::RefusedStream);
    let Some(fault) = Fault::of(&sent).filter(is_unprocessed) else { return (sent, Duration::ZERO) };
    let class = format!("{}/sent-again/{}", step.name(), fault.kind.name());
    cycle.harmless.again.push((class, judge::cut(fault.seen)));
    let before = began.elapsed();
    (transport.send(call).await, before)
}

fn without_options() -> Failure {
    not_attested("the answer has no creation options".to_owned())
}

/// Counts a registration that the target confirmed; a success of the wrong shape has enrolled it too.
fn confirm(sent: &Sent, cycle: &mut Cycle) {
    let confirmed = match &sent.answer {
        Answer::Success(..) => true,
        Answer::Failure(Failure { exchange: Some(exchange), .. }) => {
            exchange.http_status == 200 && !matches!(exchange.reply, Reply::Refusal(_))
        }
        _ => false,
    };
    cycle.counts.confirmed += u64::from(confirmed);
}

fn crossed_failure(crossed: Crossed, exchange: Box<Exchange>, cycle: &mut Cycle) -> Failure {
    let (class, words) = crossed.words();
    let outcome = match crossed {
        Crossed::Repeated => Outcome::Nonconformant,
        Crossed::Handle | Crossed::Challenge => Outcome::CrossTalk,
    };
    cycle.counts.nonconformant += u64::from(outcome == Outcome::Nonconformant);
    cycle.counts.crossed += u64::from(outcome == Outcome::CrossTalk);
    Failure { outcome, ..judge::wrong(LoadStep::Start, format!("start/{class}"), words.to_owned(), exchange) }
}

fn not_attested(why: String) -> Failure {
    let (step, outcome) = (LoadStep::Attest, Outcome::NotAttested);
    Failure { step, outcome, class: "attest/credential".to_owned(), example: judge::cut(why), exchange: None }
}

#[cfg(test)]
pub(super) mod tests;
