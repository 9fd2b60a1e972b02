//! State as a model: sequences of start, verify, remove and list are drawn and played against the target. After each call the observable
//! state is compared with a small reference model. A sequence that finds something is made as short as possible.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use machine::Offer;
use tokio::task::JoinSet;

use futures_util::future::LocalBoxFuture;

use super::again::shorten;
use super::again::tries::play;
use super::fuzz::fuzzer::{Budget, Found};
use super::judge::breaker;
use super::model::clauses::{CHECK, CLAUSES, KEPT};
use super::model::machine;
use super::play::watched;
use super::run::pulse::{self, Pulse};
use super::run::runner::Runner;
use super::run::stop::Stop;
use super::state::Shared;
use crate::authenticator::Format;
use crate::contract::clause::Basis;
use crate::contract::{Flow, Protocol};
use crate::outcome::{CaseRecord, Event, Finding, Profile, Reason, RunFinished, Stopped, Verdict};
use crate::runner::run::course::Sink;
use crate::scenario::{Case, Test, Watch, suite_text};
use crate::webauthn::cose::CoseAlgorithm;

/// Sequences of a default run, for each flow and protocol of the target.
const FOR_EACH_PLACE: usize = 3;
/// An exhaustive run has this many times as many.
const EXHAUSTIVE: usize = 6;
/// After so many different findings no more sequences are drawn.
const MOST_FOUND: usize = 10;

/// The sequences of a run, drawn by its seed from what the target offers.
pub fn sequences(seed: u64, flows: &[Flow], protocols: &[Protocol], exhaustive: bool) -> Vec<Case> {
    let offer = Offer { flows: flows.to_vec(), protocols: protocols.to_vec() };
    let count = FOR_EACH_PLACE * flows.len() * protocols.len() * if exhaustive { EXHAUSTIVE } else { 1 };
    let mut ids = BTreeSet::new();
    let drawn = (0..count).filter_map(|number| sequence(seed, number, &offer, Watch::AtEnd));
    drawn.map(|test| (*test.case).clone()).filter(|case| ids.insert(case.id.clone())).collect()
}

/// The sequence with this number of a seed, as a test with its own case. `None` if the target offers nothing.
fn sequence(seed: u64, number: usize, offer: &Offer, watch: Watch) -> Option<Test> {
    let steps = machine::drawn(seed, number, offer);
    let (flow, protocol) = shorten::place(&steps, &offer.protocols)?;
    let mut case = Case::control(Vec::new(), Format::None, CoseAlgorithm::ES256);
    case.id = format!("model/{}", machine::digest(&steps));
    case.title = machine::words(&steps, flow);
    case.clauses = vec![KEPT.to_owned()];
    case.basis = Some(Basis::SpecMust);
    (case.flows, case.protocols) = (vec![flow.slug().to_owned()], vec![protocol]);
    (case.watch, case.steps) = (Some(watch), steps);
    Some(Test::single(case, flow, protocol, Format::None))
}

/// A run of sequences under way.
struct Walk {
    shared: Arc<Shared>,
    directory: String,
    drawn: usize,
    counts: Counts,
    checked: BTreeSet<String>,
    found: Vec<Found>,
}

#[derive(Default)]
struct Counts {
    held: usize,
    skipped: usize,
    deviated: usize,
    failed: usize,
    errors: usize,
    duration_us: u64,
}

impl Runner {
    /// Plays drawn sequences until the budget is spent; gives the findings and the end of the run. Suites are named in
    /// `directory`, and not written.
    pub fn model<'r>(
        self,
        budget: Budget,
        directory: &'r str,
        stop: &'r Stop,
        sink: impl FnMut(&Event) + 'r,
    ) -> LocalBoxFuture<'r, (RunFinished, Vec<Found>)> {
        self.model_into(budget, directory, stop, Box::new(sink))
    }

    fn model_into<'r>(
        self,
        budget: Budget,
        directory: &'r str,
        stop: &'r Stop,
        mut sink: Sink<'r>,
    ) -> LocalBoxFuture<'r, (RunFinished, Vec<Found>)> {
        Box::pin(async move {
            let begun = Instant::now();
            let mut started = self.started();
            (started.tests, started.available, started.cases) = (0, 0, 0);
            (started.clauses, started.fuzzed) = (CLAUSES.len(), true);
            sink(&Event::RunStarted(started));
            let mut walk = Walk::new(Arc::clone(&self.shared), directory);
            let stopped = walk.on(budget, begun, stop, &mut sink).await;
            sink(&Event::CaseFinished(Box::new(walk.summary())));
            let interrupted = stop.is_stopped();
            let finished = self.shared.finished(begun, interrupted, stopped);
            sink(&Event::RunFinished(finished));
            (finished, walk.found)
        })
    }
}

impl Walk {
    fn new(shared: Arc<Shared>, directory: &str) -> Walk {
        let directory = directory.trim_end_matches('/').to_owned();
        let (counts, checked, found) = (Counts::default(), BTreeSet::new(), Vec::new());
        Walk { shared, directory, drawn: 0, counts, checked, found }
    }

    /// Draws and plays until the budget is spent, enough was found, it is stopped, or the target is gone.
    async fn on(&mut self, budget: Budget, begun: Instant, stop: &Stop, sink: &mut Sink<'_>) -> Option<Stopped> {
        let target = &self.shared.target;
        let offer = Offer { flows: target.flows.clone(), protocols: target.protocols.clone() };
        let concurrency = self.shared.settings.concurrency.max(1);
        let mut running: JoinSet<(Test, CaseRecord)> = JoinSet::new();
        loop {
            let is_spent = match budget {
                Budget::Time(time) => begun.elapsed() >= time,
                Budget::Credentials(count) => self.drawn >= count,
            };
            let is_over = is_spent || stop.is_stopped() || self.found.len() >= MOST_FOUND;
            if !is_over && running.len() < concurrency {
                let next = sequence(self.shared.settings.seed, self.drawn, &offer, Watch::Always)?;
                self.drawn += 1;
                let shared = Arc::clone(&self.shared);
                running.spawn(async move { (next.clone(), play(shared, next).await) });
                continue;
            }
            let joined = tokio::select! {
                joined = running.join_next() => joined?,
                () = stop.stopped() => return None,
            };
            let record = match joined {
                Ok((test, record)) => self.settle(&test, record),
                Err(error) => Some(crate::runner::judge::record::of_bug("model", &error)),
            };
            let Some(record) = record else { continue };
            if breaker::lost(&record).is_some()
                && let Pulse::Gone(cause) = pulse::feel(Arc::clone(&self.shared), offer.flows.clone()).await
            {
                let at = self.shared.now(begun);
                return Some(Stopped { cause, at });
            }
            sink(&Event::CaseFinished(Box::new(record)));
        }
    }

    /// Counts a record. Gives what has to be reported.
    fn settle(&mut self, test: &Test, mut record: CaseRecord) -> Option<CaseRecord> {
        let counts = &mut self.counts;
        counts.duration_us = counts.duration_us.saturating_add(record.duration_us);
        self.checked.extend(record.checked.iter().cloned());
        let shortest = self.shared.facts.take_shortest(&test.id);
        match record.verdict {
            Verdict::Pass => counts.held += 1,
            Verdict::Skip => counts.skipped += 1,
            Verdict::Deviation => counts.deviated += 1,
            Verdict::Fail => counts.failed += 1,
            Verdict::Error => {
                counts.errors += 1;
                return (counts.errors == 1).then_some(record);
            }
        }
        // A sequence that was not made shorter has a known cause.
        let shortest = shortest?;
        let name = format!("{}.yaml", shortest.case.id.replace('/', "-"));
        let path = format!("{}/{name}", self.directory);
        self.found.push(Found { text: self.suite(&shortest, &path), name });
        (record.id, record.case) = (shortest.id.clone(), shortest.case.id.clone());
        record.suite = Some(path);
        Some(record)
    }

    fn suite(&self, test: &Test, path: &str) -> String {
        let seed = self.shared.settings.seed;
        let comment = format!(
            "Found by sequences of calls with seed {seed}. To play it again, with the same target:\n\
             proofmark run --suite {path} '{}' --seed {seed}",
            test.id
        );
        suite_text(&test.case, &comment)
    }

    /// What was played, and what was learnt about the target.
    fn summary(&self) -> CaseRecord {
        let mut record = CaseRecord::empty("all/all/model", "model");
        record.title = "sequences of calls, compared with a model".to_owned();
        record.clauses = vec![KEPT.to_owned()];
        record.duration_us = self.counts.duration_us;
        record.checked = self.checked.iter().cloned().collect();
        let expected = "what the users have after each call follows from the calls";
        record.findings = vec![Finding::new(CHECK, KEPT, Reason::Met, expected, self.counts.words())];
        let learnt = self.shared.facts.all();
        record.observed =
            learnt.iter().map(|(question, answer)| watched::answered(question, *answer)).collect::<Vec<_>>().join("\n");
        record.decide(Profile::default());
        record
    }
}

impl Counts {
    fn words(&self) -> String {
        let mut words = vec![format!("{} hold", self.held)];
        let further = [
            (self.skipped, "not declared"),
            (self.deviated, "deviate"),
            (self.failed, "fail"),
            (self.errors, "without a verdict"),
        ];
        words
            .extend(further.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
        format!("{} sequences: {}", self.held + further.map(|(count, _)| count).iter().sum::<usize>(), words.join(", "))
    }
}
