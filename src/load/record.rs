//! The record of an attack, made from the counts.

use std::time::{Duration, SystemTime};

use super::error::LoadError;
use super::generator::Monitor;
use super::plan::Plan;
use super::tally::Counted;
use super::time::micros;
use crate::outcome::load::{
    BadHistogram, EngineCount, LoadModel, LoadRecord, LoadStep, PreflightRecord, Scaling, Stopped,
};

/// Registrations that the target confirmed and that no cycle counts. A number other than zero is a fault of this program.
pub fn uncounted(record: &LoadRecord) -> u64 {
    let engine = |step: LoadStep| -> u64 {
        record.engine.iter().filter(|count| count.step == step).map(|count| count.count).sum()
    };
    let phases = record.phases.iter();
    let (starts, verifies) = phases.fold((0, 0), |sum, phase| (sum.0 + phase.starts, sum.1 + phase.verifies));
    engine(LoadStep::Start).abs_diff(starts) + engine(LoadStep::Verify).abs_diff(verifies)
}

/// The data of an attack that the record is made from.
pub(super) struct Parts<'a> {
    pub(super) plan: &'a Plan,
    pub(super) subjects: u64,
    pub(super) counted: Counted,
    pub(super) monitor: Option<Monitor>,
    pub(super) engine: Vec<EngineCount>,
    pub(super) started: SystemTime,
    pub(super) interrupted: bool,
    /// Still without wall clock times.
    pub(super) stopped: Option<Stopped>,
    pub(super) preflight: Option<PreflightRecord>,
    pub(super) scaling: Option<Scaling>,
    pub(super) notes: Vec<String>,
}

/// The record, with thresholds judged.
pub(super) fn record(parts: Parts<'_>) -> Result<LoadRecord, LoadError> {
    let Parts { plan, subjects, counted, monitor, engine, started, interrupted, stopped, preflight, scaling, notes } =
        parts;
    let stopped = stopped.map(|stopped| {
        let at = wall_clock(started + Duration::from_micros(stopped.useful_us));
        Stopped { at, ..stopped }
    });
    let (started, ended) = (wall_clock(started), wall_clock(started + counted.elapsed));
    let generators = monitor.map(|monitor| {
        let mut generator = monitor.finish(plan, &counted);
        (generator.started, generator.ended) = (started.clone(), ended.clone());
        generator
    });
    let mut record = LoadRecord {
        format: LoadRecord::FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        build: plan.build.clone(),
        started,
        ended,
        plan: plan.record(subjects),
        interrupted,
        stopped,
        preflight,
        scaling,
        notes,
        elapsed_us: micros(counted.elapsed),
        measured_us: micros(counted.measured),
        phases: counted.phases,
        rows: counted.rows,
        intervals: counted.intervals,
        errors: counted.errors,
        correctness: counted.correctness,
        arrivals: matches!(plan.model, LoadModel::Open { .. }).then_some(counted.arrivals),
        generators: generators.into_iter().collect(),
        thresholds: Vec::new(),
        engine,
    };
    let unreadable = |error: BadHistogram| LoadError::Engine(error.to_string());
    let judged = plan.thresholds.iter().map(|threshold| threshold.judge(&record)).collect::<Result<_, _>>();
    record.thresholds = judged.map_err(unreadable)?;
    record.judge_growth().map_err(unreadable)?;
    Ok(record)
}

/// RFC 3339 in milliseconds.
fn wall_clock(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let timestamp = i64::try_from(since.as_millis()).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    timestamp.unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}
