//! Whether a build is slower than the one before it, as far as runs of both can tell.
//!
//! How sure a difference is comes from a bootstrap over blocks, since samples within a run are not independent. With several runs
//! a side the block is a pair of runs, one of each side, so that what drifts while A and B take turns weighs on both. With one run
//! a side the blocks are stretches of its intervals, long enough that they hang together no more; then nothing is known of how
//! much two runs of one build differ.
//!
//! The interval is that of ln(new / baseline): its bootstrap standard error times the quantile of Student's t for the number of
//! blocks, and the width of the histograms' buckets on top.

mod bootstrap;
mod student;

use std::fmt;
use std::str::FromStr;

use hdrhistogram::Histogram;

use super::merge::Named;
use super::{BadHistogram, Figure, Intervals, LoadPlanRecord, LoadRecord, LoadStep, PhaseName};
use bootstrap::{Bound, Sample, Unit};

/// What is compared if nothing is named.
pub const METRICS: [&str; 5] = ["start.p50", "start.p99", "verify.p50", "verify.p99", "cycles"];

/// A figure that two builds are compared by.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    figure: Figure,
    protocol: Option<String>,
    text: String,
}

/// A text that is no such figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metric `{text}`: {why}")]
pub struct MetricError {
    text: String,
    why: String,
}

/// How runs are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// A difference up to this share is none that matters, such as 0.03.
    pub margin: f64,
    /// How sure the interval has to be, such as 0.99.
    pub confidence: f64,
    /// Seed of the bootstrap.
    pub seed: u64,
}

/// What a metric came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The metric as it was written.
    pub metric: String,
    /// The figure of all baseline runs together: microseconds, or cycles a second. `None` where there is none.
    pub baseline: Option<f64>,
    /// The figure of all new runs together.
    pub new: Option<f64>,
    /// The difference as a share of the baseline: lower bound, estimate and upper bound. `None` where nothing can be said.
    pub difference: Option<(f64, f64, f64)>,
    /// What it comes to.
    pub verdict: Change,
    /// Why there is no interval, or what it leaves out; may be empty.
    pub note: String,
}

/// What a comparison came to. Only `slower` fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The whole interval is within the margin.
    NoDifference,
    /// The whole interval is worse than the margin.
    Slower,
    /// The whole interval is better than the margin.
    Faster,
    /// The interval lies on both sides of the margin, or there is none.
    Inconclusive,
}

impl Change {
    /// In words.
    pub const fn text(self) -> &'static str {
        match self {
            Change::NoDifference => "no difference shown",
            Change::Slower => "SLOWER",
            Change::Faster => "faster",
            Change::Inconclusive => "inconclusive",
        }
    }
}

/// Why runs can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A side without a run.
    #[error("there is no {0} run")]
    Nothing(&'static str),
    /// One run on one side and more on the other.
    #[error("{0} baseline runs and {1} new ones: give as many of both, measured in turns (A B B A)")]
    Uneven(usize, usize),
    /// They measure different things.
    #[error("{name} and {other}: their plans differ in {what}")]
    Plans {
        /// The file.
        name: String,
        /// The first one.
        other: String,
        /// The first field that differs.
        what: String,
    },
    /// The generator was the limit.
    #[error("{0}: the generator was the limit, so that its figures are not those of the target")]
    Limited(String),
    /// Not the whole of it.
    #[error("{0}: it was interrupted, and is only a part of what was asked for")]
    Interrupted(String),
    /// Not a distribution.
    #[error("{name}: {why}")]
    Histogram {
        /// The file.
        name: String,
        /// Why.
        why: BadHistogram,
    },
}

impl FromStr for Metric {
    type Err = MetricError;

    fn from_str(text: &str) -> Result<Metric, MetricError> {
        let error = |why: String| MetricError { text: text.to_owned(), why };
        let (protocol, figure) = super::threshold::measured(text.trim()).map_err(error)?;
        match figure {
            Figure::Percentile(..) | Figure::Mean(_) | Figure::Cycles => {
                Ok(Metric { figure, protocol, text: text.trim().to_owned() })
            }
            _ => Err(error("builds are compared by STEP.p50 to STEP.p99.99, STEP.mean or cycles".to_owned())),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Compares two builds. Several runs of a side are given in the order in which they were measured.
///
/// # Errors
/// [`CompareError`]
pub fn compare(
    baseline: &[Named],
    new: &[Named],
    metrics: &[Metric],
    question: &Question,
) -> Result<Vec<Compared>, CompareError> {
    are_comparable(baseline, new)?;
    metrics.iter().map(|metric| metric.compare(baseline, new, question)).collect()
}

fn are_comparable(baseline: &[Named], new: &[Named]) -> Result<(), CompareError> {
    let first = baseline.first().ok_or(CompareError::Nothing("baseline"))?;
    if new.is_empty() {
        return Err(CompareError::Nothing("new"));
    }
    if baseline.len() != new.len() {
        return Err(CompareError::Uneven(baseline.len(), new.len()));
    }
    for run in baseline.iter().chain(new) {
        if run.record.interrupted || run.record.stopped.is_some() {
            return Err(CompareError::Interrupted(run.name.clone()));
        }
        if run.record.is_limited() {
            return Err(CompareError::Limited(run.name.clone()));
        }
        if let Some(what) = difference(&run.record.plan, &first.record.plan) {
            return Err(CompareError::Plans { name: run.name.clone(), other: first.name.clone(), what });
        }
    }
    Ok(())
}

/// The first part of two plans that differs, of those that shape the load.
fn difference(one: &LoadPlanRecord, other: &LoadPlanRecord) -> Option<String> {
    let load = |plan: &LoadPlanRecord| {
        // Where the load went is what is compared.
        let (target, base_url, digest) = (String::new(), String::new(), String::new());
        let whom = LoadPlanRecord { target, base_url, target_file: None, defect: None, ..plan.clone() };
        let load = LoadPlanRecord { digest, seed: 0, thresholds: Vec::new(), ..whom };
        serde_json::to_value(load).ok()
    };
    let (one, other) = (load(one)?, load(other)?);
    let names: Vec<&String> = one.as_object()?.keys().chain(other.as_object()?.keys()).collect();
    names.into_iter().find(|name| one.get(*name) != other.get(*name)).cloned()
}

impl Metric {
    fn compare(&self, baseline: &[Named], new: &[Named], question: &Question) -> Result<Compared, CompareError> {
        let one_each = baseline.len() == 1;
        let side = |runs: &[Named]| {
            let units = runs.iter().map(|run| {
                let bad = |why| CompareError::Histogram { name: run.name.clone(), why };
                if one_each { self.stretches(&run.record) } else { self.whole(&run.record).map(|unit| vec![unit]) }
                    .map_err(bad)
            });
            Ok(units.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect::<Vec<Unit>>())
        };
        let (before, after) = (Sample::new(side(baseline)?), Sample::new(side(new)?));
        let mut compared = Compared {
            metric: self.text.clone(),
            baseline: before.figure(self.figure),
            new: after.figure(self.figure),
            difference: None,
            verdict: Change::Inconclusive,
            note: String::new(),
        };
        let bound = if one_each { bootstrap::of_one_run_each } else { bootstrap::of_pairs };
        match bound(self.figure, [&before, &after], question) {
            Ok(bound) => compared.conclude(self.is_rate(), bound, question.margin),
            Err(why) => compared.note = why,
        }
        self.annotate(&mut compared, baseline, new);
        Ok(compared)
    }

    fn is_rate(&self) -> bool {
        matches!(self.figure, Figure::Cycles)
    }

    fn step(&self) -> LoadStep {
        match self.figure {
            Figure::Percentile(step, _) | Figure::Mean(step) | Figure::Max(step) => step,
            _ => LoadStep::Cycle,
        }
    }

    /// A whole run.
    fn whole(&self, record: &LoadRecord) -> Result<Unit, BadHistogram> {
        let histogram = record.good(self.step(), self.protocol.as_deref())?;
        Ok(Unit { count: histogram.len(), values: counts(&histogram), micros: record.measured_us })
    }

    /// The intervals that lie wholly in the hold phase.
    fn stretches(&self, record: &LoadRecord) -> Result<Vec<Unit>, BadHistogram> {
        let Some(hold) = record.phases.iter().find(|phase| phase.name == PhaseName::Hold) else {
            return Ok(Vec::new());
        };
        let (begin, end) = (hold.begin_us, hold.begin_us + record.measured_us.min(hold.length_us));
        let Intervals { width_us, list } = &record.intervals;
        let mut units = Vec::new();
        for (index, interval) in list.iter().enumerate() {
            let from = u64::try_from(index).unwrap_or(u64::MAX).saturating_mul(*width_us);
            if from < begin || from.saturating_add(*width_us) > end {
                continue;
            }
            let is_own = |protocol: &str| self.protocol.as_deref().is_none_or(|own| own == protocol);
            let own = interval.steps.iter().filter(|step| step.step == self.step() && is_own(&step.protocol));
            let histogram = super::PackedHistogram::sum(own.map(|step| &step.histogram), super::coarse())?;
            units.push(Unit { count: histogram.len(), values: counts(&histogram), micros: *width_us });
        }
        Ok(units)
    }

    /// What the interval does not say.
    fn annotate(&self, compared: &mut Compared, baseline: &[Named], new: &[Named]) {
        let mut say = |text: String| {
            let between = if compared.note.is_empty() { "" } else { "; " };
            compared.note.push_str(&format!("{between}{text}"));
        };
        if baseline.len() == 1 {
            say("one run a side: how much runs of one build differ is not in it".to_owned());
        }
        let lost = |runs: &[Named]| -> u64 {
            runs.iter().map(|run| run.record.lost(self.step(), self.protocol.as_deref())).sum()
        };
        match (lost(baseline), lost(new)) {
            (0, 0) => {}
            (before, after) => say(format!("calls without a reply are in no time: {before} before, {after} now")),
        }
    }
}

impl Compared {
    /// Sets the difference and the verdict. Of a rate the lower one is worse.
    fn conclude(&mut self, is_rate: bool, bound: Bound, margin: f64) {
        let Bound { low, estimate, high } = bound;
        self.difference = Some((low.exp_m1(), estimate.exp_m1(), high.exp_m1()));
        let (best, worst) = if is_rate { (-high, -low) } else { (low, high) };
        let limit = margin.ln_1p();
        self.verdict = match () {
            () if best > limit => Change::Slower,
            () if worst < -limit => Change::Faster,
            () if best >= -limit && worst <= limit => Change::NoDifference,
            () => Change::Inconclusive,
        };
    }
}

/// Values and how often each is there, in ascending order.
fn counts(histogram: &Histogram<u64>) -> Vec<(u64, u64)> {
    let recorded = histogram.iter_recorded();
    recorded.map(|value| (value.value_iterated_to(), value.count_since_last_iteration())).collect()
}

#[cfg(test)]
#[path = "compare_tests.rs"]
mod tests;
