//! What an attack counts: own histograms in microseconds, own seconds, and failures by class.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::cycle::{Cycle, Step};
use super::float;
use crate::wire::secret::{Masker, Secret};

/// The longest time that a histogram tells from longer ones, in microseconds.
const LONGEST_MICROS: u64 = 60_000_000;

/// Classes of failures that are told apart; the set is bounded anyway, this is the second fence.
const MOST_CLASSES: usize = 64;

/// Characters of an example that are shown.
const MOST_SHOWN: usize = 200;

/// How far a running attack is.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// Since the first cycle began.
    pub elapsed: Duration,
    /// Cycles that went well.
    pub cycles: u64,
    /// Cycles that failed.
    pub failed: u64,
    /// 99th percentile of verify so far.
    pub verify_p99: Duration,
    /// No new cycles are begun.
    pub draining: bool,
}

/// One row: a step whose answers were good.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepSummary {
    /// `start`, `attest`, `verify` or `cycle`, which is the sum of the three.
    pub name: &'static str,
    /// How many there were.
    pub count: u64,
    /// Calls that had no reply; they are in no percentile of this row.
    pub lost: u64,
    /// Median. All durations to the last byte, in steps of a microsecond and three digits, at most 60 s.
    pub p50: Duration,
    /// 95th percentile.
    pub p95: Duration,
    /// 99th percentile.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
    /// 99th percentile where every lost call counts as longer than any reply; `None` if it is one of them, or there was no
    /// call at all.
    pub p99_of_all: Option<Duration>,
}

/// Failed cycles of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorClass {
    /// Such as `verify/check/verify-shape`, `start/refused/403/7`, `start/transport/timed-out`, `attest/credential` or
    /// `verify/unfinished`.
    pub class: String,
    /// How many cycles.
    pub count: u64,
    /// What the first of them saw, in one line, without secrets.
    pub example: String,
}

/// The result of an attack.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// From the first cycle's begin to the end of the last one, and at least the duration that was asked for, unless it was
    /// interrupted.
    pub elapsed: Duration,
    /// It was stopped early.
    pub interrupted: bool,
    /// Cycles in which every answer was a conformant success.
    pub cycles: u64,
    /// Cycles that failed.
    pub failed: u64,
    /// start, attest, verify, cycle.
    pub steps: [StepSummary; 4],
    /// Failed cycles by class, most frequent first.
    pub errors: Vec<ErrorClass>,
    /// Removals that did not work, with the first one's reason.
    pub left_behind: Option<ErrorClass>,
    /// Verifies that were answered with HTTP 200, counted apart from the cycles.
    pub verifies_answered: u64,
    /// Verifies that were answered with HTTP 200 although the answer was not conformant.
    pub verifies_faulted: u64,
    /// Records of start and of verify that the load engine itself holds at the end.
    pub engine_counts: [u64; 2],
}

impl Summary {
    /// Good cycles a second.
    pub fn rate(&self) -> f64 {
        let seconds = self.elapsed.as_secs_f64();
        if seconds > 0.0 { float(self.cycles) / seconds } else { 0.0 }
    }

    /// Failed cycles as a share of all; `None` if there was no cycle.
    pub fn error_rate(&self) -> Option<f64> {
        let all = self.cycles + self.failed;
        (all > 0).then(|| float(self.failed) / float(all))
    }

    /// Registrations that the target confirmed and that no cycle counts. Anything but zero is a fault of this program.
    pub fn uncounted(&self) -> u64 {
        self.verifies_answered.abs_diff(self.cycles + self.verifies_faulted)
    }
}

/// Counts cycles as they end.
pub(super) struct Recorder(Mutex<Counts>);

struct Counts {
    steps: [Row; 4],
    failed: u64,
    errors: BTreeMap<String, (u64, String)>,
    left_behind: Option<(u64, String)>,
    verifies_answered: u64,
    verifies_faulted: u64,
    last: Option<Instant>,
}

struct Row {
    name: &'static str,
    times: Histogram<u64>,
    lost: u64,
}

impl Recorder {
    pub(super) fn new() -> Recorder {
        let row = |name| {
            let times = Histogram::new_with_bounds(1, LONGEST_MICROS, 3);
            Row { name, times: times.expect("1 us to 60 s with 3 digits are valid bounds"), lost: 0 }
        };
        Recorder(Mutex::new(Counts {
            steps: ["start", "attest", "verify", "cycle"].map(row),
            failed: 0,
            errors: BTreeMap::new(),
            left_behind: None,
            verifies_answered: 0,
            verifies_faulted: 0,
            last: None,
        }))
    }

    /// Counts a cycle that is over.
    pub(super) fn add(&self, cycle: Cycle) {
        self.counts().add(cycle);
    }

    pub(super) fn progress(&self, elapsed: Duration, draining: bool) -> Progress {
        let counts = self.counts();
        let [_, _, verify, cycle] = &counts.steps;
        Progress {
            elapsed,
            cycles: cycle.times.len(),
            failed: counts.failed,
            verify_p99: verify.quantile(0.99),
            draining,
        }
    }

    /// The result; `begin` is when the first cycle could begin, `least` how long it was to last.
    pub(super) fn summary(&self, begin: Instant, least: Option<Duration>, secrets: &[Secret]) -> Summary {
        let counts = self.counts();
        let measured = counts.last.map(|last| last.saturating_duration_since(begin)).unwrap_or_default();
        let is_clean = counts.errors.is_empty() && counts.left_behind.is_none();
        // With many secrets a masker is costly, and good runs show no text of the target.
        let masker = if is_clean { Masker::default() } else { Masker::new(secrets) };
        let error = |class: &str, count: u64, example: &str| ErrorClass {
            class: class.to_owned(),
            count,
            example: shown(&masker.mask(example)),
        };
        let mut errors: Vec<ErrorClass> =
            counts.errors.iter().map(|(class, (count, example))| error(class, *count, example)).collect();
        errors.sort_by_key(|error| std::cmp::Reverse(error.count));
        let [start, attest, verify, cycle] = &counts.steps;
        Summary {
            elapsed: measured.max(least.unwrap_or_default()),
            interrupted: least.is_none(),
            cycles: cycle.times.len(),
            failed: counts.failed,
            steps: [start, attest, verify, cycle].map(Row::summary),
            errors,
            left_behind: counts.left_behind.as_ref().map(|(count, example)| error("clean-up", *count, example)),
            verifies_answered: counts.verifies_answered,
            verifies_faulted: counts.verifies_faulted,
            engine_counts: [0; 2],
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        // A panic while it was held leaves whole numbers behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counts {
    fn add(&mut self, cycle: Cycle) {
        self.last = Some(Instant::now());
        self.times(&cycle);
        if cycle.enrolled {
            self.verifies_answered += 1;
            self.verifies_faulted += u64::from(cycle.failure.is_some());
        }
        if let Some(why) = cycle.left_behind {
            self.left_behind.get_or_insert((0, why)).0 += 1;
        }
        let Some(failure) = cycle.failure else { return };
        self.failed += 1;
        let is_new = !self.errors.contains_key(&failure.class);
        let class = if is_new && self.errors.len() >= MOST_CLASSES { "other".to_owned() } else { failure.class };
        self.errors.entry(class).or_insert((0, failure.example)).0 += 1;
    }

    fn times(&mut self, cycle: &Cycle) {
        let failed = cycle.failure.as_ref().map(|failure| failure.step);
        let [start, attest, verify, whole] = &mut self.steps;
        let start_took = cycle.start.filter(|_| failed != Some(Step::Start)).map(|answered| answered.took);
        let verify_took = cycle.verify.filter(|_| failed.is_none()).map(|answered| answered.took);
        start.record(start_took);
        attest.record(cycle.attest);
        verify.record(verify_took);
        let all = start_took.zip(cycle.attest).zip(verify_took);
        whole.record(all.map(|((start, attest), verify)| start + attest + verify));
        match cycle.failure.as_ref().filter(|failure| failure.lost).map(|failure| failure.step) {
            Some(Step::Start) => start.lost += 1,
            Some(Step::Verify) => verify.lost += 1,
            Some(Step::Attest) | None => {}
        }
    }
}

impl Row {
    fn record(&mut self, took: Option<Duration>) {
        if let Some(took) = took {
            self.times.saturating_record(u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1));
        }
    }

    fn quantile(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.times.value_at_quantile(quantile))
    }

    fn summary(&self) -> StepSummary {
        StepSummary {
            name: self.name,
            count: self.times.len(),
            lost: self.lost,
            p50: self.quantile(0.5),
            p95: self.quantile(0.95),
            p99: self.quantile(0.99),
            max: Duration::from_micros(self.times.max()),
            p99_of_all: self.quantile_of_all(0.99),
        }
    }

    fn quantile_of_all(&self, quantile: f64) -> Option<Duration> {
        let answered = float(self.times.len());
        let rank = ((answered + float(self.lost)) * quantile).ceil();
        (rank > 0.0 && rank <= answered).then(|| self.quantile(rank / answered))
    }
}

/// One line, cut.
fn shown(text: &str) -> String {
    let line: String = text.chars().take(MOST_SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MOST_SHOWN).is_some() { format!("{line} ...") } else { line }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
