//! The time series as NDJSON: one object for each interval.

use std::io;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::percentile::{self, PERCENTILES};
use crate::outcome::load::{Interval, IntervalStep, LoadRecord, float};

#[derive(Serialize)]
struct Line<'a> {
    /// Wall clock.
    at: Option<String>,
    /// From the start of the first cycle, in seconds.
    begin_s: f64,
    /// How long it is.
    length_s: f64,
    phase: Option<crate::outcome::load::PhaseName>,
    offered: u64,
    ok: u64,
    failed: u64,
    waited: u64,
    in_flight: u64,
    /// Resident memory of the generators at the end.
    rss_bytes: u64,
    /// Cycles a second that ended well, of any kind.
    rate: f64,
    /// Failed cycles as a share of those that ended.
    errors: f64,
    steps: Vec<StepLine<'a>>,
}

#[derive(Serialize)]
struct StepLine<'a> {
    protocol: &'a str,
    step: &'static str,
    count: u64,
    /// Microseconds by percentile, and the maximum.
    us: serde_json::Map<String, serde_json::Value>,
}

pub(super) fn write(record: &LoadRecord, out: &mut dyn io::Write) -> io::Result<()> {
    for (index, interval) in record.intervals.list.iter().enumerate() {
        serde_json::to_writer(&mut *out, &line(record, index, interval)?)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn line<'a>(record: &LoadRecord, index: usize, interval: &'a Interval) -> io::Result<Line<'a>> {
    let (begin_us, length_us) = place(record, index);
    let started: Option<Timestamp> = record.started.parse().ok();
    let later = i64::try_from(begin_us).ok().map(SignedDuration::from_micros);
    let at = started.zip(later).and_then(|(started, later)| started.checked_add(later).ok());
    let seconds = float(length_us) / 1e6;
    let phase = record.phases.iter().rfind(|phase| phase.begin_us <= begin_us);
    Ok(Line {
        at: at.map(|at| at.to_string()),
        begin_s: float(begin_us) / 1e6,
        length_s: seconds,
        phase: phase.map(|phase| phase.name),
        offered: interval.offered,
        ok: interval.ok,
        failed: interval.failed,
        waited: interval.waited,
        in_flight: interval.in_flight,
        rss_bytes: interval.rss_bytes,
        rate: if length_us == 0 { 0.0 } else { float(interval.ok) / seconds },
        errors: share(interval.failed, interval.ok),
        steps: interval.steps.iter().map(step).collect::<io::Result<_>>()?,
    })
}

fn step(step: &IntervalStep) -> io::Result<StepLine<'_>> {
    let histogram = step.histogram.unpack().map_err(io::Error::other)?;
    let mut us = serde_json::Map::new();
    for (name, percent, _) in PERCENTILES {
        us.insert(name.to_owned(), percentile::at(&histogram, percent, histogram.max()).into());
    }
    us.insert("max".to_owned(), histogram.max().into());
    Ok(StepLine { protocol: &step.protocol, step: step.step.name(), count: step.count, us })
}

/// Start and length of an interval, in microseconds; the start counts from that of the first cycle. The last one ends with the run.
pub(super) fn place(record: &LoadRecord, index: usize) -> (u64, u64) {
    let width_us = record.intervals.width_us;
    let begin_us = u64::try_from(index).unwrap_or(u64::MAX).saturating_mul(width_us);
    let left = record.elapsed_us.saturating_sub(begin_us);
    let is_last = index + 1 == record.intervals.list.len();
    (begin_us, if is_last && left > 0 { left.min(width_us) } else { width_us })
}

/// A part as a share of the part and the rest; 0 if both are 0.
fn share(part: u64, rest: u64) -> f64 {
    if part == 0 { 0.0 } else { float(part) / float(part + rest) }
}
