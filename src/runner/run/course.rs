//! The course of a run: which tests it begins, what it waits for, and why it ends before everything was played.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::{Id, JoinError, JoinHandle, JoinSet};

use super::pulse::{self, Pulse};
use super::stop::Stop;
use crate::contract::Flow;
use crate::outcome::{CaseRecord, Event, Finding, Profile, Reason, RunFinished, Shard, StopCause, Stopped, Verdict};
use crate::runner::again::{doubt, tries};
use crate::runner::estimate;
use crate::runner::judge::agreement::Agreement;
use crate::runner::judge::breaker::Breaker;
use crate::runner::judge::record::{of_bug, record_of};
use crate::runner::state::Shared;
use crate::scenario::{Plan, Test};

/// Calls of a test that is played before the others.
const LONG: usize = 50;

/// Tests with large bodies that are played at the same time: each takes up to 70 MiB.
const MOST_LARGE: usize = 1;

/// When a bound of the run is reached, tests under way may go on for so many time limits of a call.
const GRACE: u32 = 2;

/// Takes the events of a run.
pub(crate) type Sink<'r> = Box<dyn FnMut(&Event) + 'r>;

/// A run under way.
pub(crate) struct Course<'r> {
    shared: Arc<Shared>,
    shard: Option<Shard>,
    flows: Vec<Flow>,
    waiting: std::vec::IntoIter<Test>,
    /// Those with large bodies, of which few are played at the same time.
    large: std::vec::IntoIter<Test>,
    running: JoinSet<CaseRecord>,
    /// Comparisons of protocols that found a difference, while they are played again.
    doubted: JoinSet<CaseRecord>,
    /// Tests under way with their numbers, in the order in which they were begun.
    under_way: HashMap<Id, (u64, Test)>,
    next: u64,
    agreement: Agreement,
    breaker: Breaker,
    begun: Instant,
    sink: Sink<'r>,
}

/// How the playing ended.
enum Ending {
    Whole,
    Interrupted,
    /// Tests that were begun are over, or are given up.
    Bound(Stopped),
    Gone(StopCause),
}

/// A bound that was reached.
#[derive(Clone, Copy)]
struct Bound {
    stopped: Stopped,
    /// When tests under way are given up.
    until: tokio::time::Instant,
}

impl<'r> Course<'r> {
    pub(crate) fn new(shared: Arc<Shared>, plan: &Plan, sink: Sink<'r>) -> Course<'r> {
        let mut played: Vec<Test> = plan.played().cloned().collect();
        // Otherwise the run would wait at its end for a case of hundreds of calls.
        played.sort_by_key(|test| estimate::calls(test) < LONG);
        let (large, played): (Vec<Test>, Vec<Test>) = played.into_iter().partition(estimate::is_large);
        let of_target = shared.target.flows.iter().copied();
        Course {
            flows: of_target.filter(|flow| plan.played().any(|test| test.flow == *flow)).collect(),
            agreement: Agreement::new(plan.played(), shared.target.profile),
            breaker: Breaker::new(shared.settings.concurrency, shared.target.profile),
            shard: plan.shard,
            shared,
            waiting: played.into_iter(),
            large: large.into_iter(),
            running: JoinSet::new(),
            doubted: JoinSet::new(),
            under_way: HashMap::new(),
            next: 0,
            begun: Instant::now(),
            sink,
        }
    }

    /// Plays everything, unless something ends the run earlier.
    pub(crate) async fn play(mut self, stop: &Stop) -> RunFinished {
        let ending = self.until_the_end(stop).await;
        self.running.abort_all();
        self.doubted.abort_all();
        let (held, stopped) = match ending {
            Ending::Whole | Ending::Interrupted => (self.breaker.unknown(), None),
            Ending::Bound(stopped) => (self.breaker.unknown(), Some(stopped)),
            Ending::Gone(cause) => {
                let (stopped, held) = self.breaker.gone(cause, self.now());
                (held, Some(stopped))
            }
        };
        held.into_iter().for_each(|record| self.tell(record));
        if let Some(stopped) = stopped {
            let mut left: Vec<Test> = self.under_way.drain().map(|(_, (_, test))| test).collect();
            left.sort_by(|a, b| a.id.cmp(&b.id));
            left.iter().for_each(|test| self.tell(given_up(test, stopped)));
        }
        if let Some(record) = self.shared.challenges.judged(self.shard, self.shared.target.profile) {
            (self.sink)(&Event::CaseFinished(Box::new(record)));
        }
        for record in self.shared.identifiers.judged(self.shard, self.shared.target.profile) {
            (self.sink)(&Event::CaseFinished(Box::new(record)));
        }
        if let Some(pace) = self.shared.pace.get() {
            let operations = pace.lock().unwrap_or_else(PoisonError::into_inner).slow();
            (self.sink)(&Event::Slow { operations });
        }
        let interrupted = matches!(ending, Ending::Interrupted);
        let finished = self.shared.finished(self.begun, interrupted, stopped);
        (self.sink)(&Event::RunFinished(finished));
        finished
    }

    async fn until_the_end(&mut self, stop: &Stop) -> Ending {
        let mut probe: Option<JoinHandle<Pulse>> = None;
        let mut bound: Option<Bound> = None;
        loop {
            if probe.is_none() && bound.is_none() {
                self.begin_more();
            }
            if probe.is_none() && self.running.is_empty() && self.doubted.is_empty() {
                if !self.breaker.is_in_doubt() {
                    let left = bound.filter(|_| self.waiting.len() + self.large.len() > 0);
                    return left.map_or(Ending::Whole, |bound| Ending::Bound(bound.stopped));
                }
                probe = Some(self.probe());
            }
            tokio::select! {
                () = stop.stopped() => return Ending::Interrupted,
                cause = stop.bounded(), if bound.is_none() => bound = Some(self.bound(cause)),
                stopped = given_time(bound) => return Ending::Bound(stopped),
                Some(joined) = self.running.join_next_with_id() => {
                    self.take(joined);
                    if probe.is_none() && self.breaker.is_due() {
                        probe = Some(self.probe());
                    }
                }
                Some(joined) = self.doubted.join_next() => {
                    let record = joined.unwrap_or_else(|error| of_bug("comparison", &error));
                    (self.sink)(&Event::CaseFinished(Box::new(record)));
                }
                pulse = felt(&mut probe) => {
                    probe = None;
                    match pulse {
                        Pulse::There => self.breaker.there().into_iter().for_each(|record| self.tell(record)),
                        Pulse::Gone(cause) => return Ending::Gone(cause),
                    }
                }
            }
        }
    }

    fn begin_more(&mut self) {
        while self.running.len() + self.doubted.len() < self.shared.settings.concurrency.max(1)
            && let Some(test) = self.next_test()
        {
            let task = self.running.spawn(tries::play(Arc::clone(&self.shared), test.clone()));
            self.under_way.insert(task.id(), (self.next, test));
            self.next += 1;
        }
    }

    /// The test to begin; `None` if the rest has to wait for those under way.
    fn next_test(&mut self) -> Option<Test> {
        let large = self.under_way.values().filter(|(_, test)| estimate::is_large(test)).count();
        let next = if large < MOST_LARGE { self.large.next() } else { None };
        next.or_else(|| self.waiting.next())
    }

    fn probe(&self) -> JoinHandle<Pulse> {
        tokio::spawn(pulse::feel(Arc::clone(&self.shared), self.flows.clone()))
    }

    fn bound(&self, cause: StopCause) -> Bound {
        let grace = self.shared.target.limits.timeout.saturating_mul(GRACE);
        let until = tokio::time::Instant::now() + grace.min(Duration::from_secs(3_600));
        Bound { stopped: Stopped { cause, at: self.now() }, until }
    }

    fn take(&mut self, joined: Result<(Id, CaseRecord), JoinError>) {
        let id = joined.as_ref().map_or_else(JoinError::id, |(id, _)| *id);
        let Some((number, test)) = self.under_way.remove(&id) else { return };
        let record = joined.map_or_else(|error| panicked(&test, &error), |(_, record)| record);
        let now = self.now();
        self.breaker.take(record, (number, self.next), now).into_iter().for_each(|record| self.tell(record));
    }

    fn tell(&mut self, mut record: CaseRecord) {
        let compared = self.agreement.add(&record);
        if record.verdict == Verdict::Pass {
            // Only failures are reproduced.
            record.curl.clear();
            record.grpcurl.clear();
        }
        (self.sink)(&Event::CaseFinished(Box::new(record)));
        match compared {
            Some(record) if record.reason == Reason::TransportsDisagree => {
                let (shared, members) = (Arc::clone(&self.shared), self.agreement.members(&record.id));
                self.doubted.spawn(async move { doubt::compared(&shared, &members, record).await });
            }
            Some(record) => (self.sink)(&Event::CaseFinished(Box::new(record))),
            None => {}
        }
    }

    /// Seconds since 1970.
    fn now(&self) -> u64 {
        self.shared.now(self.begun)
    }
}

/// Waits until the time that a bound leaves is over; without a bound it waits for ever.
async fn given_time(bound: Option<Bound>) -> Stopped {
    let Some(Bound { stopped, until }) = bound else { return std::future::pending().await };
    tokio::time::sleep_until(until).await;
    stopped
}

/// Waits for the result of a probe; without a probe it waits for ever. A probe that panics finds nothing.
async fn felt(probe: &mut Option<JoinHandle<Pulse>>) -> Pulse {
    match probe {
        Some(probe) => probe.await.unwrap_or(Pulse::There),
        None => std::future::pending().await,
    }
}

/// The record of a test whose task panicked: that is a fault of proofmark, and the run goes on.
pub(crate) fn panicked(test: &Test, error: &JoinError) -> CaseRecord {
    ended(test, Reason::HarnessBug, "no panic", error.to_string())
}

/// The record of a test that was cut off by the end of the run.
fn given_up(test: &Test, stopped: Stopped) -> CaseRecord {
    let reason = if stopped.cause.is_bound() { Reason::Budget } else { Reason::Aborted };
    ended(test, reason, "the case is played to its end", format!("given up: {stopped}"))
}

fn ended(test: &Test, reason: Reason, expected: &str, received: String) -> CaseRecord {
    let mut record = record_of(test);
    record.findings = vec![Finding::new("runner", test.case.primary_clause(), reason, expected, received)];
    record.decide(Profile::default());
    record
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::contract::Protocol;
    use crate::scenario::{Plan, Selection, parse_suite};

    const SUITE: &str = "
suite: s
cases:
- { id: s/one, title: t, clauses: [api/status/ok], formats: [none], expect: must-accept }
";

    /// One case on one flow over these protocols.
    pub(crate) fn plan(protocols: &[Protocol]) -> Plan {
        let (flows, protocols) = (vec![Flow::V2_U2F], protocols.to_vec());
        let selection = Selection { flows, protocols, ..Selection::default() };
        Plan::new(parse_suite("s.yaml", SUITE).expect("valid"), &selection)
    }

    #[test]
    fn what_the_end_of_a_run_cuts_off_has_no_verdict() {
        let plan = plan(&[Protocol::Grpc]);
        let test = &plan.tests[0];
        for (cause, reason) in [
            (StopCause::MaxTime, Reason::Budget),
            (StopCause::MaxFailures, Reason::Budget),
            (StopCause::Unanswered, Reason::Aborted),
            (StopCause::TokenRefused, Reason::Aborted),
        ] {
            let record = given_up(test, Stopped { cause, at: 60 });
            assert_eq!((record.id.as_str(), record.protocol.as_str()), (test.id.as_str(), "grpc"));
            assert_eq!((record.verdict, record.reason), (Verdict::Error, reason));
            assert!(record.findings[0].received.contains("00:01:00 UTC"), "{:?}", record.findings);
        }
    }
}
