//! Percentiles as a table, with the counts that they are based on.

use std::collections::BTreeSet;
use std::io;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::outcome::load::{Kind, LoadRecord, LoadStep, Outcome, Row, float};
use crate::report::load::hlog::slug;
use crate::report::load::percentile::{self, PERCENTILES};

/// How many samples a percentile needs beyond it; a threshold needs the same.
const SURE: f64 = 100.0;

/// One protocol and step.
#[derive(Serialize)]
pub(super) struct Line {
    protocol: String,
    name: String,
    count: u64,
    mean: String,
    cells: Vec<Cell>,
    max: String,
    /// The 95 % confidence interval of the 99th percentile, if calls don't depend on each other.
    range: String,
    /// Calls without a reply; no duration counts them.
    lost: u64,
}

/// One percentile, in milliseconds.
#[derive(Serialize)]
struct Cell {
    text: String,
    /// Too few samples lie beyond it.
    thin: bool,
}

/// Slugs of the protocols that have rows.
pub(super) fn protocols(record: &LoadRecord) -> Vec<&str> {
    let all: BTreeSet<&str> = record.rows.iter().map(|row| row.protocol.as_str()).collect();
    all.into_iter().collect()
}

/// Good answers to each step, by protocol, in cycles of some kinds.
pub(super) fn lines(record: &LoadRecord, takes: fn(Kind) -> bool) -> io::Result<Vec<Line>> {
    let rows = record.rows.iter().filter(|row| row.outcome == Outcome::Ok && takes(row.kind));
    let groups: BTreeSet<(Kind, &str, LoadStep)> =
        rows.map(|row| (row.kind, row.protocol.as_str(), row.step)).collect();
    groups.into_iter().map(|(kind, protocol, step)| line(record, kind, protocol, step)).collect()
}

fn line(record: &LoadRecord, kind: Kind, protocol: &str, step: LoadStep) -> io::Result<Line> {
    let takes =
        |row: &Row| row.kind == kind && row.protocol == protocol && row.step == step && row.outcome == Outcome::Ok;
    let histogram = record.histogram(takes).map_err(io::Error::other)?;
    let rows = || record.rows.iter().filter(|row| takes(row));
    let (count, sum) = (rows().map(|row| row.count).sum(), rows().map(|row| row.sum_us).sum::<u64>());
    let max = rows().map(|row| row.max_us).max().unwrap_or_default();
    let cells = PERCENTILES.map(|(_, percent, _)| {
        let beyond = percentile::beyond(count, percent);
        let text = if beyond < 1.0 { "–".to_owned() } else { milliseconds(percentile::at(&histogram, percent, max)) };
        Cell { text, thin: beyond < SURE }
    });
    let name = if kind == Kind::Good { step.name().to_owned() } else { format!("{} {}", slug(kind), step.name()) };
    Ok(Line {
        protocol: protocol.to_owned(),
        name,
        count,
        mean: if count == 0 { "–".to_owned() } else { format!("{:.2}", float(sum) / float(count) / 1e3) },
        cells: cells.into(),
        max: milliseconds(max),
        range: range(&histogram, 0.99, max),
        lost: if kind == Kind::Good { record.lost(step, Some(protocol)) } else { 0 },
    })
}

/// From the ranks of a binomial distribution.
fn range(histogram: &Histogram<u64>, quantile: f64, max: u64) -> String {
    let count = float(histogram.len());
    let spread = 1.96 * (count * quantile * (1.0 - quantile)).sqrt();
    let (low, high) = (count * quantile - spread, count * quantile + spread);
    if high + 1.0 > count || low < 1.0 {
        return "–".to_owned();
    }
    let at = |rank: f64| milliseconds(histogram.value_at_quantile(rank / count).min(max));
    format!("{} to {}", at(low), at(high))
}

/// With two decimal places.
pub(super) fn milliseconds(micros: u64) -> String {
    format!("{:.2}", float(micros) / 1e3)
}
