//! Sends a call, and sends it again if something between us and the target fails and a second call does no harm.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use sha2::{Digest as _, Sha256};

use super::drops::{self, Drops};
use super::pace::Pace;
use crate::contract::{Operation, Protocol};
use crate::outcome::{SentAgain, TryRecord};
use crate::runner::target::resending::Resending;
use crate::transport::{Call, Connection, Exchange, Fault, FaultKind, Reply, SentRequest, Transport, TransportError};

/// If the answer asks for a longer wait, the call is not sent again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The pause between the first try and the second, if the answer does not say how long to wait. Each further pause is twice as long, and
/// each is drawn between a half and the whole of that.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// What all calls of a run share.
#[derive(Debug)]
pub(crate) struct Attempts {
    resending: Resending,
    seed: u64,
    pace: Option<Pace>,
    calls: AtomicU64,
    spent: AtomicU64,
    counts: Mutex<SentAgain>,
}

/// A try that was followed by another.
#[derive(Debug)]
pub(crate) struct Try {
    fault: Fault,
    waited: Duration,
}

impl Try {
    pub(crate) fn record(&self) -> TryRecord {
        TryRecord {
            cause: self.fault.kind.name().to_owned(),
            received: self.fault.seen.clone(),
            waited_ms: u64::try_from(self.waited.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// The result of a call.
#[derive(Debug)]
pub(crate) struct Sent {
    /// The result of the last try.
    pub result: Result<Exchange, TransportError>,
    /// Those before it.
    pub tries: Vec<Try>,
    /// What still fails between us and the target, and why the call was not sent again.
    pub fault: Option<(Fault, &'static str)>,
}

impl Sent {
    /// What kept the call from the target, how often it was sent, and why it was given up.
    pub(crate) fn given_up(&self) -> Option<String> {
        let (fault, why) = self.fault.as_ref()?;
        let times = match self.tries.len() + 1 {
            1 => "sent once".to_owned(),
            times => format!("sent {times} times"),
        };
        Some(format!("{} ({times}; {why})", fault.seen))
    }
}

/// How a call is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// The connection.
    pub over: Connection,
    /// Whether the call is about a limit, so that a refusal because of an amount is an answer.
    pub about_limits: bool,
}

impl Way {
    pub(crate) const USUAL: Way = Way { over: Connection::Any, about_limits: false };
}

impl Attempts {
    pub(crate) fn new(resending: Resending, seed: u64) -> Attempts {
        Attempts {
            resending,
            seed,
            pace: resending.rate.map(Pace::new),
            calls: AtomicU64::new(0),
            spent: AtomicU64::new(0),
            counts: Mutex::default(),
        }
    }

    /// How many calls were sent again until now.
    pub(crate) fn sent_again(&self) -> SentAgain {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often a case is played again if it had nothing but faults.
    pub(crate) fn retries(&self) -> u32 {
        self.resending.retries
    }

    /// Whether there is something left to send again; if so, less than before.
    pub(crate) fn spend(&self) -> bool {
        let most = self.resending.budget.allows(self.calls.load(Ordering::Relaxed));
        let spend = |spent: u64| (spent < most).then_some(spent + 1);
        self.spent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }

    /// How long to wait before a call is sent again because of a fault, after this many tries; or why it is not sent again.
    fn wait(&self, fault: &Fault, operation: Operation, before: usize) -> Result<Duration, &'static str> {
        let before = u32::try_from(before).unwrap_or(u32::MAX);
        if before >= self.resending.retries {
            return Err("as often as --retries allows");
        }
        if fault.may_be_processed && !may_be_repeated(operation) {
            return Err("it may have been processed");
        }
        if fault.wait.is_some_and(|wait| wait > LONGEST_WAIT) {
            return Err("that is longer than proofmark waits");
        }
        if !self.spend() {
            return Err("the run's --retry-budget is used up");
        }
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner).of(fault.kind) += 1;
        Ok(fault.wait.unwrap_or_default() + self.backoff(fault.kind, before))
    }

    /// Longer each time, and never the same for two calls, so that they do not come back together.
    fn backoff(&self, kind: FaultKind, before: u32) -> Duration {
        // The end of a connection does not show that the target is busy.
        let is_connection = matches!(kind, FaultKind::GoAway | FaultKind::RefusedStream | FaultKind::Stale);
        if is_connection && before == 0 {
            return Duration::ZERO;
        }
        let drawn = self.draw();
        let whole = FIRST_WAIT * 2_u32.saturating_pow(before.min(6));
        whole.mul_f64(0.5 + 0.5 * drawn)
    }

    /// From 0 to 1, by the seed and the number of calls that were sent again.
    fn draw(&self) -> f64 {
        let mut hash = Sha256::new_with_prefix(b"proofmark/again");
        hash.update(self.seed.to_be_bytes());
        hash.update(self.spent.load(Ordering::Relaxed).to_be_bytes());
        let [high, low, ..] = <[u8; 32]>::from(hash.finalize());
        f64::from(u16::from_be_bytes([high, low])) / f64::from(u16::MAX)
    }
}

/// Whether an operation may be called again when it is not known whether the target processed the first call. To start once more, and to list, changes
/// nothing that a case is about; a verify or a removal can't be repeated.
pub(crate) const fn may_be_repeated(operation: Operation) -> bool {
    matches!(operation, Operation::Start | Operation::List)
}

/// A transport of a run.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    transport: Arc<dyn Transport>,
    attempts: Arc<Attempts>,
    drops: Arc<Drops>,
}

impl Line {
    pub(crate) fn new(transport: Arc<dyn Transport>, attempts: Arc<Attempts>) -> Line {
        Line { transport, attempts, drops: Arc::default() }
    }

    /// Sends a call, and sends it again if that is right; each try waits for its turn.
    pub(crate) async fn call(&self, call: &Call, way: Way) -> Sent {
        let mut tries: Vec<Try> = Vec::new();
        let mut over = way.over;
        loop {
            if let Some(pace) = &self.attempts.pace {
                pace.wait().await;
            }
            self.attempts.calls.fetch_add(1, Ordering::Relaxed);
            let result = self.transport.send_over(call, over).await;
            let told = Fault::of(&result).filter(|fault| !is_answer(fault, &result, way));
            let fault = match told {
                None => self.dropped(call, &result).await,
                told => told,
            };
            let Some(fault) = fault else {
                return Sent { result, tries, fault: None };
            };
            match self.attempts.wait(&fault, call.endpoint.operation, tries.len()) {
                Ok(wait) => {
                    tokio::time::sleep(wait).await;
                    if result.is_err() {
                        over = Connection::New;
                    }
                    tries.push(Try { fault, waited: wait });
                }
                Err(why) => return Sent { result, tries, fault: Some((fault, why)) },
            }
        }
    }

    /// The fault if a new connection ended in place of a reply, and other connections sometimes do so whatever the request is. A request
    /// with a fault in its bytes may be answered in this way.
    async fn dropped(&self, call: &Call, result: &Result<Exchange, TransportError>) -> Option<Fault> {
        let Err(error) = result else { return None };
        if !drops::is_dropped(result) || !call.tamper.is_empty() {
            return None;
        }
        let others = self.drops.seen(self.transport.as_ref(), self.attempts.pace.as_ref(), call).await?;
        let seen = format!("{error}; {others}");
        Some(Fault { kind: FaultKind::Unreachable, may_be_processed: true, wait: None, seen })
    }
}

/// Whether a refusal because of an amount, with a code of the API, answers a call that is about a limit.
fn is_answer(fault: &Fault, result: &Result<Exchange, TransportError>, way: Way) -> bool {
    let has_code = |exchange: &Exchange| match &exchange.reply {
        Reply::Refusal(refusal) => refusal.status.as_ref().is_some_and(|status| status.code != 0),
        _ => false,
    };
    way.about_limits && fault.kind == FaultKind::RateLimited && result.as_ref().is_ok_and(has_code)
}

#[async_trait]
impl Transport for Line {
    fn protocol(&self) -> Protocol {
        self.transport.protocol()
    }

    fn prepare(&self, call: &Call) -> Result<SentRequest, TransportError> {
        self.transport.prepare(call)
    }

    async fn send_over(&self, call: &Call, over: Connection) -> Result<Exchange, TransportError> {
        self.call(call, Way { over, ..Way::USUAL }).await.result
    }
}

#[cfg(test)]
mod tests;
