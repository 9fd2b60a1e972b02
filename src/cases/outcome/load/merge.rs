//! Several shards of one plan as one run: distributions and counts add up, and percentiles come from the sums.
//!
//! The merged run covers the time from the beginning of the first shard to the end of the last one, as one machine would measure it. A shard that
//! began late makes that longer and every rate lower, never higher.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::ended::PreflightRecord;
use super::generator::EngineCount;
use super::histogram::{BadHistogram, PackedHistogram, fine};
use super::plan::{LoadPlanRecord, PhaseName, PhaseRecord};
use super::row::{Outcome, Row};
use super::run::{Arrivals, Correctness, LoadErrorRecord, LoadRecord, MOST_CLASSES};
use super::threshold::ThresholdError;

/// Class of the failures that are not distinguished.
const OTHER: &str = "other";

/// A record, and the file that it is from.
#[derive(Debug, Clone)]
pub struct Named {
    /// The file.
    pub name: String,
    /// What it says.
    pub record: LoadRecord,
}

/// Why records can't be merged.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// No record.
    #[error("there is nothing to merge")]
    Nothing,
    /// A record of another version.
    #[error("{name}: its format is {format}, and this proofmark reads {}", LoadRecord::FORMAT)]
    Format {
        /// The file.
        name: String,
        /// Its format.
        format: u32,
    },
    /// A whole run, or one that was merged before.
    #[error("{0}: it is not a shard; only runs of `load --shard M/N` are shards")]
    NoShard(String),
    /// Two of one number.
    #[error("{name} and {other}: both are shard {index}; their measurements would count twice")]
    Overlap {
        /// The file.
        name: String,
        /// The one before it.
        other: String,
        /// The shard.
        index: u32,
    },
    /// Not all of them.
    #[error("of {count} shards, {missing} missing (there is {names})")]
    Gap {
        /// How many there should be.
        count: u32,
        /// Those that are not there, in words.
        missing: String,
        /// The files.
        names: String,
    },
    /// They are not parts of one run.
    #[error("{name} and {other}: they differ in {what}: {mine}, {theirs}")]
    Differ {
        /// The file.
        name: String,
        /// The first one.
        other: String,
        /// The field that differs.
        what: &'static str,
        /// The value in the file.
        mine: String,
        /// The value in the first one.
        theirs: String,
    },
    /// Somebody changed it.
    #[error("{0}: the digest of its plan is not that of its plan")]
    Digest(String),
    /// It has no time.
    #[error("{name}: {text} is not a time")]
    Time {
        /// The file.
        name: String,
        /// The text.
        text: String,
    },
    /// It has no distribution.
    #[error("{name}: {why}")]
    Histogram {
        /// The file, or the merged run.
        name: String,
        /// Why.
        why: BadHistogram,
    },
    /// Its plan has a text that is not a threshold.
    #[error(transparent)]
    Threshold(#[from] ThresholdError),
}

/// Merges all shards of a plan, in any order, and judges its thresholds by the merged run.
///
/// # Errors
/// [`MergeError`]
pub fn merge(mut shards: Vec<Named>) -> Result<LoadRecord, MergeError> {
    shards.sort_by_key(|shard| shard.record.plan.shard.map(|shard| shard.index));
    are_parts_of_one(&shards)?;
    let begins = begins(&shards)?;
    let mut sum = Sum::default();
    for (shard, offset_us) in shards.iter().zip(&begins.offsets_us) {
        let bad = |why| MergeError::Histogram { name: shard.name.clone(), why };
        sum.add(&shard.record, *offset_us).map_err(bad)?;
    }
    let series = shards.iter().map(|shard| &shard.record.intervals).zip(begins.offsets_us.iter().copied());
    let bad = |why| MergeError::Histogram { name: "intervals".to_owned(), why };
    let intervals = super::intervals::Intervals::overlaid(series).map_err(bad)?;
    let Some(first) = shards.first().map(|shard| &shard.record) else { return Err(MergeError::Nothing) };
    let ended = shards.iter().map(|shard| &shard.record).max_by_key(|record| record.ended.parse::<Timestamp>().ok());
    let mut merged = LoadRecord {
        format: LoadRecord::FORMAT,
        version: first.version.clone(),
        build: first.build.clone(),
        started: begins.first.to_string(),
        ended: ended.map(|record| record.ended.clone()).unwrap_or_default(),
        plan: LoadPlanRecord { shard: None, ..first.plan.clone() }.sealed(),
        interrupted: shards.iter().any(|shard| shard.record.interrupted),
        stopped: shards.iter().find_map(|shard| shard.record.stopped.clone()),
        preflight: sum.preflight,
        scaling: None,
        notes: sum.notes.into_iter().collect(),
        elapsed_us: sum.elapsed_us,
        measured_us: sum.measured.map_or(0, |(begin, end)| end - begin),
        phases: sum.phases.into_values().collect(),
        rows: sum.rows.into_values().collect(),
        intervals,
        errors: most_frequent(sum.errors),
        correctness: sum.correctness,
        arrivals: sum.arrivals,
        generators: generators(&shards, &begins.offsets_us),
        thresholds: Vec::new(),
        engine: sum.engine.into_values().collect(),
    };
    let bad = |why| MergeError::Histogram { name: "merged".to_owned(), why };
    for text in &merged.plan.thresholds {
        let judged = text.parse::<super::threshold::Threshold>()?.judge(&merged).map_err(bad)?;
        merged.thresholds.push(judged);
    }
    merged.judge_growth().map_err(bad)?;
    Ok(merged)
}

/// All shards of one plan, of one build, each once.
fn are_parts_of_one(shards: &[Named]) -> Result<(), MergeError> {
    let first = shards.first().ok_or(MergeError::Nothing)?;
    let mut before: Option<&Named> = None;
    for shard in shards {
        let record = &shard.record;
        if record.format != LoadRecord::FORMAT {
            return Err(MergeError::Format { name: shard.name.clone(), format: record.format });
        }
        let Some(part) = record.plan.shard else { return Err(MergeError::NoShard(shard.name.clone())) };
        if record.plan.clone().sealed().digest != record.plan.digest {
            return Err(MergeError::Digest(shard.name.clone()));
        }
        let same = [
            ("version", &record.version, &first.record.version),
            ("build", &record.build, &first.record.build),
            ("seed", &record.plan.seed.to_string(), &first.record.plan.seed.to_string()),
            ("plan (its digest)", &record.plan.digest, &first.record.plan.digest),
            ("number of shards", &part.count.to_string(), &count(&first.record).to_string()),
        ];
        if let Some((what, mine, theirs)) = same.into_iter().find(|(_, mine, theirs)| mine != theirs) {
            let (name, other) = (shard.name.clone(), first.name.clone());
            return Err(MergeError::Differ { name, other, what, mine: mine.clone(), theirs: theirs.clone() });
        }
        if let Some(other) = before.filter(|before| before.record.plan.shard == record.plan.shard) {
            let (name, other) = (shard.name.clone(), other.name.clone());
            return Err(MergeError::Overlap { name, other, index: part.index });
        }
        before = Some(shard);
    }
    let present: Vec<u32> = shards.iter().filter_map(|shard| Some(shard.record.plan.shard?.index)).collect();
    let count = count(&first.record);
    let missing: Vec<String> =
        (1..=count).filter(|index| !present.contains(index)).take(10).map(|index| index.to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = shards.iter().map(|shard| shard.name.as_str()).collect::<Vec<_>>().join(", ");
    let are = if missing.len() == 1 { "is" } else { "are" };
    Err(MergeError::Gap { count, missing: format!("{} {are}", missing.join(", ")), names })
}

fn count(record: &LoadRecord) -> u32 {
    record.plan.shard.map_or(0, |shard| shard.count)
}

/// When the first shard began, and how much later each did.
struct Begins {
    first: Timestamp,
    offsets_us: Vec<u64>,
}

fn begins(shards: &[Named]) -> Result<Begins, MergeError> {
    let time = |shard: &Named| {
        let text = shard.record.started.clone();
        text.parse::<Timestamp>().map_err(|_| MergeError::Time { name: shard.name.clone(), text })
    };
    let started = shards.iter().map(time).collect::<Result<Vec<_>, _>>()?;
    let first = started.iter().min().copied().ok_or(MergeError::Nothing)?;
    let offset = |time: &Timestamp| u64::try_from(time.as_microsecond() - first.as_microsecond()).unwrap_or_default();
    Ok(Begins { first, offsets_us: started.iter().map(offset).collect() })
}

/// The reports of the generators, with how far apart the shards began.
fn generators(shards: &[Named], offsets_us: &[u64]) -> Vec<super::generator::GeneratorRecord> {
    let mut all = Vec::new();
    for (shard, offset_us) in shards.iter().zip(offsets_us) {
        for generator in &shard.record.generators {
            let mut generator = generator.clone();
            generator.shard = shard.record.plan.shard;
            if *offset_us > 0 {
                let milliseconds = super::number::float(*offset_us) / 1e3;
                generator.notes.push(format!("it began {milliseconds:.1} ms after the first shard"));
            }
            all.push(generator);
        }
    }
    all
}

type RowKey = (String, String, super::row::Kind, super::row::LoadStep, Outcome);

#[derive(Default)]
struct Sum {
    elapsed_us: u64,
    /// Beginning and end of the measured time, from the beginning of the first shard.
    measured: Option<(u64, u64)>,
    phases: BTreeMap<PhaseName, PhaseRecord>,
    rows: BTreeMap<RowKey, Row>,
    errors: BTreeMap<String, LoadErrorRecord>,
    correctness: Correctness,
    arrivals: Option<Arrivals>,
    preflight: Option<PreflightRecord>,
    notes: BTreeSet<String>,
    engine: BTreeMap<(String, super::row::LoadStep), EngineCount>,
}

impl Sum {
    fn add(&mut self, record: &LoadRecord, offset_us: u64) -> Result<(), BadHistogram> {
        self.elapsed_us = self.elapsed_us.max(offset_us.saturating_add(record.elapsed_us));
        for phase in &record.phases {
            self.add_phase(phase, offset_us);
        }
        if let Some(hold) = record.phases.iter().find(|phase| phase.name == PhaseName::Hold) {
            let begin = offset_us.saturating_add(hold.begin_us);
            let (first, last) = self.measured.unwrap_or((begin, 0));
            self.measured = Some((first.min(begin), last.max(begin.saturating_add(record.measured_us))));
        }
        for row in &record.rows {
            self.add_row(row)?;
        }
        for error in &record.errors {
            self.add_error(LoadErrorRecord { first_us: offset_us.saturating_add(error.first_us), ..error.clone() });
        }
        self.correctness.add(&record.correctness);
        self.notes.extend(record.notes.iter().cloned());
        if let Some(preflight) = &record.preflight {
            self.preflight.get_or_insert_default().add(preflight);
        }
        if let Some(arrivals) = &record.arrivals {
            self.arrivals.get_or_insert_default().add(arrivals);
        }
        for calls in &record.engine {
            let key = (calls.protocol.clone(), calls.step);
            self.engine.entry(key).or_insert_with(|| EngineCount { count: 0, ..calls.clone() }).count += calls.count;
        }
        Ok(())
    }

    fn add_phase(&mut self, phase: &PhaseRecord, offset_us: u64) {
        let begin_us = offset_us.saturating_add(phase.begin_us);
        let Some(sum) = self.phases.get_mut(&phase.name) else {
            self.phases.insert(phase.name, PhaseRecord { begin_us, ..phase.clone() });
            return;
        };
        let end = sum.begin_us.saturating_add(sum.length_us).max(begin_us.saturating_add(phase.length_us));
        sum.begin_us = sum.begin_us.min(begin_us);
        sum.length_us = end - sum.begin_us;
        sum.starts += phase.starts;
        sum.verifies += phase.verifies;
        sum.ok += phase.ok;
        sum.failed += phase.failed;
    }

    fn add_row(&mut self, row: &Row) -> Result<(), BadHistogram> {
        let key = (row.protocol.clone(), row.flow.clone(), row.kind, row.step, row.outcome);
        let Some(sum) = self.rows.get_mut(&key) else {
            self.rows.insert(key, row.clone());
            return Ok(());
        };
        sum.count += row.count;
        sum.sum_us = sum.sum_us.saturating_add(row.sum_us);
        sum.max_us = sum.max_us.max(row.max_us);
        sum.histogram = PackedHistogram::pack(&PackedHistogram::sum([&sum.histogram, &row.histogram], fine())?);
        Ok(())
    }

    /// The example is that of whichever came first.
    fn add_error(&mut self, error: LoadErrorRecord) {
        match self.errors.get_mut(&error.class) {
            None => drop(self.errors.insert(error.class.clone(), error)),
            Some(sum) => {
                let (count, measured) = (sum.count + error.count, sum.measured + error.measured);
                let first = if error.first_us < sum.first_us { error } else { sum.clone() };
                *sum = LoadErrorRecord { count, measured, ..first };
            }
        }
    }
}

/// As many classes as a record may have, the most frequent first; the others become one class.
fn most_frequent(errors: BTreeMap<String, LoadErrorRecord>) -> Vec<LoadErrorRecord> {
    let (mut other, mut told): (Vec<_>, Vec<_>) = errors.into_values().partition(|error| error.class == OTHER);
    told.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.class.cmp(&b.class)));
    if told.len() + other.len() > MOST_CLASSES {
        other.extend(told.split_off(MOST_CLASSES - 1));
    }
    other.sort_by_key(|error| error.first_us);
    let (count, measured) =
        other.iter().fold((0, 0), |(count, measured), error| (count + error.count, measured + error.measured));
    let rest = other.into_iter().next();
    told.extend(rest.map(|first| LoadErrorRecord { class: OTHER.to_owned(), count, measured, ..first }));
    told.sort_by_key(|error| std::cmp::Reverse(error.count));
    told
}

impl Arrivals {
    fn add(&mut self, other: &Arrivals) {
        let Arrivals { offered, started, waited, late, abandoned, ok, failed } = other;
        self.offered += offered;
        self.started += started;
        self.waited += waited;
        self.late += late;
        self.abandoned += abandoned;
        self.ok += ok;
        self.failed += failed;
    }
}

#[cfg(test)]
mod tests;
