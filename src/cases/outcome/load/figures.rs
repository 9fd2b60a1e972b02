//! Figures that reports and thresholds share, so that all of them say the same.

use std::collections::BTreeMap;

use hdrhistogram::Histogram;

use super::generator::GeneratorVerdict;
use super::histogram::{BadHistogram, PackedHistogram, fine};
use super::number::{float, per_second};
use super::row::{Kind, LoadStep, Outcome, Row};
use super::run::{Correctness, LoadErrorRecord, LoadRecord};

impl LoadRecord {
    /// The distribution of all rows that a filter takes.
    ///
    /// # Errors
    /// [`BadHistogram`]
    pub fn histogram(&self, takes: impl Fn(&Row) -> bool) -> Result<Histogram<u64>, BadHistogram> {
        PackedHistogram::sum(self.rows.iter().filter(|row| takes(row)).map(|row| &row.histogram), fine())
    }

    /// How many values are in all rows that a filter takes.
    pub fn count(&self, takes: impl Fn(&Row) -> bool) -> u64 {
        self.rows.iter().filter(|row| takes(row)).map(|row| row.count).sum()
    }

    /// Good enrolments that went well in the hold phase, lookups and races among them. Over one protocol, or all.
    pub fn cycles_ok(&self, protocol: Option<&str>) -> u64 {
        self.count(|row| row.is_cycle(protocol) && row.kind != Kind::Negative && row.outcome == Outcome::Ok)
    }

    /// Cycles of any kind that failed in the hold phase, abandoned arrivals among them.
    pub fn cycles_failed(&self, protocol: Option<&str>) -> u64 {
        self.count(|row| row.is_cycle(protocol) && row.outcome != Outcome::Ok)
    }

    /// Good enrolments a second, over the hold phase.
    pub fn rate(&self, protocol: Option<&str>) -> f64 {
        per_second(self.cycles_ok(protocol), self.measured_us)
    }

    /// Failed cycles as a share of all cycles of any kind; `None` if there was none.
    pub fn error_share(&self, protocol: Option<&str>) -> Option<f64> {
        let all = self.count(|row| row.is_cycle(protocol));
        (all > 0).then(|| float(self.cycles_failed(protocol)) / float(all))
    }

    /// Good cycles as a share of the arrivals that were offered (open model); in the closed model of the cycles that were
    /// begun. `None` if there was none.
    pub fn achieved(&self) -> Option<f64> {
        match &self.arrivals {
            Some(arrivals) if arrivals.offered > 0 => Some(float(arrivals.ok) / float(arrivals.offered)),
            Some(_) => None,
            None => self.error_share(None).map(|share| 1.0 - share),
        }
    }

    /// Whether every answer was right. One that was not fails the run.
    pub fn is_correct(&self) -> bool {
        self.correctness.wrong() == 0
    }

    /// Whether all thresholds are met.
    pub fn is_met(&self) -> bool {
        self.thresholds.iter().all(|threshold| threshold.verdict == super::judged::Judgement::Met)
    }

    /// Whether a generator limited the measurement: then no figure is the target's limit.
    pub fn is_limited(&self) -> bool {
        self.generators.iter().any(|generator| generator.verdict == GeneratorVerdict::Limited)
    }

    /// Processor time of the generators for a cycle, in microseconds; that of the target too where it ran in the same process.
    pub fn cpu_per_cycle_us(&self) -> Option<f64> {
        let spent: u64 = self.generators.iter().map(|generator| generator.user_us + generator.system_us).sum();
        let cycles: u64 = self.generators.iter().map(|generator| generator.cycles).sum();
        (cycles > 0).then(|| float(spent) / float(cycles))
    }

    /// Cycles that failed by the network or a gateway, by kind and the most frequent first, over all phases. They say nothing of the target's
    /// answers.
    pub fn network(&self) -> Vec<(&str, u64)> {
        let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
        for error in self.errors.iter().filter(|error| error.outcome != Outcome::Ok) {
            *kinds.entry(error.network().unwrap_or_default()).or_default() += error.count;
        }
        let mut kinds: Vec<_> = kinds.into_iter().filter(|(kind, _)| !kind.is_empty()).collect();
        kinds.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        kinds
    }

    /// The same in words, such as `rate-limited 120, gateway 3`; `None` if there was none.
    pub fn network_words(&self) -> Option<String> {
        let words: Vec<String> = self.network().iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    /// Good answers to a step in ordinary cycles: what is shown as the step's times.
    pub fn good(&self, step: LoadStep, protocol: Option<&str>) -> Result<Histogram<u64>, BadHistogram> {
        self.histogram(|row| row.is_good(step, protocol))
    }

    /// Calls of a step in ordinary cycles that had no reply. They are in no time of [`LoadRecord::good`], and slower than
    /// any of those.
    pub fn lost(&self, step: LoadStep, protocol: Option<&str>) -> u64 {
        self.count(|row| row.is(step, protocol) && row.kind == Kind::Good && row.outcome.is_lost())
    }
}

impl LoadErrorRecord {
    /// The obstacle between us and the target, if this is about the network.
    pub(super) fn network(&self) -> Option<&str> {
        let mut parts = self.class.split('/').skip(1);
        match (parts.next()?, parts.next()?) {
            ("network", kind) => Some(kind),
            ("transport", "unreachable" | "resolve" | "tls") => Some("unreachable"),
            _ => None,
        }
    }
}

impl Row {
    fn is(&self, step: LoadStep, protocol: Option<&str>) -> bool {
        self.step == step && protocol.is_none_or(|protocol| self.protocol == protocol)
    }

    fn is_cycle(&self, protocol: Option<&str>) -> bool {
        self.is(LoadStep::Cycle, protocol)
    }

    /// Whether it is a good answer to a step in ordinary cycles, over one protocol or any.
    pub fn is_good(&self, step: LoadStep, protocol: Option<&str>) -> bool {
        self.is(step, protocol) && self.kind == Kind::Good && self.outcome == Outcome::Ok
    }
}

impl Outcome {
    /// Whether there was no reply, so that the time is not that of an answer.
    pub const fn is_lost(self) -> bool {
        matches!(self, Outcome::TimedOut | Outcome::Transport | Outcome::Unfinished | Outcome::Abandoned)
    }
}

impl Correctness {
    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Correctness) {
        let Correctness { nonconformant, crossed, double_wins, lost, negatives_accepted, deviations, .. } = other;
        self.nonconformant += nonconformant;
        self.crossed += crossed;
        self.double_wins += double_wins;
        self.lost += lost;
        self.negatives_accepted += negatives_accepted;
        self.deviations += deviations;
        self.interfered += other.interfered;
        self.known += other.known;
        let Correctness { judged, negatives, races, lookups, confirmed, left_behind, kept, .. } = other;
        self.judged += judged;
        self.negatives += negatives;
        self.races += races;
        self.lookups += lookups;
        self.confirmed += confirmed;
        self.left_behind += left_behind;
        self.kept += kept;
    }
}
