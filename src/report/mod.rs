//! Renderings of a run. Everything is derived from the events; nothing here touches the network.

mod annotations;
mod badge;
mod causes;
pub mod coverage;
mod coverage_json;
mod diff;
mod html;
mod json;
mod junit;
mod known;
pub mod load;
mod markdown;
mod markup;
mod ndjson;
mod sarif;
mod stream;
mod terminal;
mod text;
mod transcript;
pub mod tree;

use std::io;

use crate::gate::Judged;

pub use annotations::annotations;
pub use diff::{diff_json, diff_text};
pub use ndjson::write_event;
pub use stream::{Stream, StreamError, read_run};
pub use terminal::{View, case_line, summary, summary_for};
pub use text::printable;
pub use transcript::transcript;

/// One report format, of runs or of something else.
pub struct Report<T: 'static = Judged> {
    /// The name in `--report NAME=PATH`.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// Writes the whole report.
    pub write: fn(&T, &mut dyn io::Write) -> io::Result<()>,
}

/// Every report format.
pub const REPORTS: &[Report] = &[
    Report { name: "ndjson", summary: "one JSON event a line: the whole run", write: ndjson::write },
    Report { name: "json", summary: "one JSON document with a published schema, for programs", write: json::write },
    Report { name: "junit", summary: "JUnit XML, for CI services", write: junit::write },
    Report { name: "html", summary: "one page for people, in a single file", write: html::write },
    Report { name: "sarif", summary: "SARIF 2.1.0, for code scanning", write: sarif::write },
    Report { name: "markdown", summary: "Markdown, for the summary page of a CI job", write: markdown::write },
    Report { name: "badge", summary: "JSON for a shields.io endpoint badge", write: badge::write },
    Report { name: "coverage", summary: "clause by transport, as JSON", write: coverage_json::write },
];

/// The format with this name.
pub fn find(name: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.name == name)
}
