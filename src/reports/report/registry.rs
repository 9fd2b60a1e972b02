//! Every report format of runs.

use super::format::Report;
use super::{badge, codequality, coverage_json, html, json, junit, markdown, ndjson, sarif};

/// Every report format.
pub const REPORTS: &[Report] = &[
    Report { name: "ndjson", summary: "the whole run, one JSON event on each line", write: ndjson::write },
    Report { name: "json", summary: "one JSON document with a published schema, for programs", write: json::write },
    Report { name: "junit", summary: "JUnit XML, for CI services", write: junit::write },
    Report { name: "html", summary: "one page for people, in a single file", write: html::write },
    Report { name: "sarif", summary: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Report { name: "codequality", summary: "GitLab's code quality report", write: codequality::write },
    Report { name: "markdown", summary: "Markdown, for the summary page of a CI job", write: markdown::write },
    Report { name: "badge", summary: "JSON for a shields.io endpoint badge", write: badge::write },
    Report { name: "coverage", summary: "clauses by protocol, as JSON", write: coverage_json::write },
];

/// The format with this name.
pub fn find(name: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.name == name)
}
