//! Every report format of load runs.

use super::{hlog, html, json, junit, prometheus, series};
use crate::outcome::load::LoadRecord;
use crate::report::format::Report;

/// Every report format of load runs.
pub const LOAD_REPORTS: &[Report<LoadRecord>] = &[
    Report {
        name: "json",
        summary: "the record: every other report is made from it, and `load merge` and `load compare` read it",
        write: json::write,
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
