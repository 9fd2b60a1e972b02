//! An HdrHistogram interval log, version 2: what the tools of HdrHistogram read and plot.
//!
//! The time series has a tag `PROTOCOL/STEP/ok` for each protocol and step. The whole hold phase is one line for each protocol,
//! kind, step and outcome, under `hold/PROTOCOL[/KIND]/STEP/OUTCOME`, with a finer resolution. Values are microseconds; the greatest of each
//! line is in milliseconds. Times count from the start of the first cycle.

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, SystemTime};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::V2DeflateSerializer;
use hdrhistogram::serialization::interval_log::{IntervalLogWriterBuilder, IntervalLogWriterError, Tag};
use jiff::Timestamp;

use super::series;
use crate::outcome::load::{Kind, LoadRecord, PackedHistogram, PhaseName, Row, fine};
use crate::report::text::printable;

/// Microseconds in the log's unit, the millisecond.
const DIVISOR: f64 = 1_000.0;

struct Line {
    begin_us: u64,
    length_us: u64,
    tag: String,
    histogram: Histogram<u64>,
}

pub(super) fn write(record: &LoadRecord, mut out: &mut dyn io::Write) -> io::Result<()> {
    let since =
        record.started.parse::<Timestamp>().ok().and_then(|started| u64::try_from(started.as_microsecond()).ok());
    let started = SystemTime::UNIX_EPOCH + Duration::from_micros(since.unwrap_or_default());
    let mut serializer = V2DeflateSerializer::new();
    let mut log = IntervalLogWriterBuilder::new()
        .add_comment(&format!("proofmark {}", printable(&record.version)))
        .add_comment("values in microseconds")
        .with_start_time(started)
        .with_base_time(started)
        .with_max_value_divisor(DIVISOR)
        .begin_log_with(&mut out, &mut serializer)?;
    for line in lines(record)? {
        let micros = Duration::from_micros;
        let written =
            log.write_histogram(&line.histogram, micros(line.begin_us), micros(line.length_us), Tag::new(&line.tag));
        written.map_err(|error| match error {
            IntervalLogWriterError::IoError(error) => error,
            IntervalLogWriterError::SerializeError(error) => io::Error::other(format!("{error:?}")),
        })?;
    }
    Ok(())
}

/// In the order of their starts, as the format requires.
fn lines(record: &LoadRecord) -> io::Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (index, interval) in record.intervals.list.iter().enumerate() {
        let (begin_us, length_us) = series::place(record, index);
        for step in &interval.steps {
            let histogram = step.histogram.unpack().map_err(io::Error::other)?;
            let tag = tag(&[&step.protocol, step.step.name(), "ok"]);
            lines.push(Line { begin_us, length_us, tag, histogram });
        }
    }
    let begin_us = record.phases.iter().find(|phase| phase.name == PhaseName::Hold).map_or(0, |phase| phase.begin_us);
    let mut rows: BTreeMap<String, Vec<&PackedHistogram>> = BTreeMap::new();
    for row in &record.rows {
        rows.entry(tag_of(row)).or_default().push(&row.histogram);
    }
    for (tag, histograms) in rows {
        let histogram = PackedHistogram::sum(histograms, fine()).map_err(io::Error::other)?;
        lines.push(Line { begin_us, length_us: record.measured_us, tag, histogram });
    }
    lines.sort_by_key(|line| line.begin_us);
    Ok(lines)
}

fn tag_of(row: &Row) -> String {
    let kind = if row.kind == Kind::Good { String::new() } else { slug(row.kind) };
    let parts = ["hold", &row.protocol, &kind, row.step.name(), &slug(row.outcome)];
    tag(&parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>())
}

/// The name that it has in JSON.
pub(super) fn slug(of: impl serde::Serialize) -> String {
    serde_json::to_value(of).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Names of protocols come from a file: characters that a tag can't have become `~`.
fn tag(parts: &[&str]) -> String {
    let safe = |character: char| if character.is_ascii_graphic() && character != ',' { character } else { '~' };
    parts.join("/").chars().map(safe).collect()
}
