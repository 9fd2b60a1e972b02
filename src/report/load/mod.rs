//! Renderings of a load run. All of them are derived from its record, so that each can be made long afterwards.

mod command;
mod hlog;
mod html;
mod junit;
mod percentile;
mod prometheus;
mod series;

use std::io;

use super::Report;
use crate::outcome::load::LoadRecord;

/// Every report format of load runs.
pub const LOAD_REPORTS: &[Report<LoadRecord>] = &[
    Report {
        name: "json",
        summary: "the record: what every other report is made from, and what is merged and compared",
        write: json,
    },
    Report { name: "ndjson", summary: "the time series: one JSON object for each interval", write: series::write },
    Report { name: "hlog", summary: "HdrHistogram interval log V2, for its tools", write: hlog::write },
    Report {
        name: "junit",
        summary: "JUnit XML: thresholds, correctness and generator, for CI services",
        write: junit::write,
    },
    Report { name: "prometheus", summary: "the final figures in Prometheus's text format", write: prometheus::write },
    Report { name: "html", summary: "one page with charts, for people", write: html::write },
];

/// The record as JSON; schema: `reports/schemas/load.schema.json`.
fn json(record: &LoadRecord, out: &mut dyn io::Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, record)?;
    out.write_all(b"\n")
}

/// A text that is no record of a load run.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not of its form.
    #[error("it is no record of a load run: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of another one.
    #[error("its form is {0}, and this proofmark reads {format}", format = LoadRecord::FORMAT)]
    Format(u32),
}

/// Reads what `json` writes.
///
/// # Errors
/// [`ReadError`]
pub fn read(text: &[u8]) -> Result<LoadRecord, ReadError> {
    #[derive(serde::Deserialize)]
    struct Form {
        format: u32,
    }
    let Form { format } = serde_json::from_slice(text)?;
    if format != LoadRecord::FORMAT {
        return Err(ReadError::Format(format));
    }
    Ok(serde_json::from_slice(text)?)
}

#[cfg(test)]
mod tests;
