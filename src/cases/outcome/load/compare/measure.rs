//! Compares the runs of two builds.

use hdrhistogram::Histogram;

use super::bootstrap::{self, Sample, Unit};
use super::compared::{Change, CompareError, Compared};
use super::question::{Metric, Question};
use crate::outcome::load::histogram::{BadHistogram, PackedHistogram, coarse};
use crate::outcome::load::intervals::Intervals;
use crate::outcome::load::merge::Named;
use crate::outcome::load::plan::{LoadPlanRecord, PhaseName};
use crate::outcome::load::row::LoadStep;
use crate::outcome::load::run::LoadRecord;
use crate::outcome::load::threshold::Figure;

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
pub(super) fn difference(one: &LoadPlanRecord, other: &LoadPlanRecord) -> Option<String> {
    let load = |plan: &LoadPlanRecord| {
        // The targets of the load are compared, so they may differ.
        let (target, base_url, digest) = (String::new(), String::new(), String::new());
        let whom = LoadPlanRecord { target, base_url, target_file: None, defects: Vec::new(), ..plan.clone() };
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
            let histogram = PackedHistogram::sum(own.map(|step| &step.histogram), coarse())?;
            units.push(Unit { count: histogram.len(), values: counts(&histogram), micros: *width_us });
        }
        Ok(units)
    }

    /// Adds a note about what the interval does not include.
    fn annotate(&self, compared: &mut Compared, baseline: &[Named], new: &[Named]) {
        let mut say = |text: String| {
            let between = if compared.note.is_empty() { "" } else { "; " };
            compared.note.push_str(&format!("{between}{text}"));
        };
        if baseline.len() == 1 {
            say("one run a side: the interval does not include how much runs of one build differ".to_owned());
        }
        let lost = |runs: &[Named]| -> u64 {
            runs.iter().map(|run| run.record.lost(self.step(), self.protocol.as_deref())).sum()
        };
        match (lost(baseline), lost(new)) {
            (0, 0) => {}
            (before, after) => {
                say(format!("the times do not include calls without a reply: {before} before, {after} now"))
            }
        }
    }
}

/// Values and how often each is there, in ascending order.
fn counts(histogram: &Histogram<u64>) -> Vec<(u64, u64)> {
    let recorded = histogram.iter_recorded();
    recorded.map(|value| (value.value_iterated_to(), value.count_since_last_iteration())).collect()
}

#[cfg(test)]
mod tests;
