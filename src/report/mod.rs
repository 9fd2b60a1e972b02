//! Renderings of a run. Everything is derived from the events; nothing here touches the network.

mod causes;
pub mod coverage;
mod junit;
mod ndjson;
mod terminal;
mod text;
mod transcript;

use std::io;

use crate::gate::Judged;

pub use ndjson::{read as read_events, write_event};
pub use terminal::{case_line, summary};
pub use text::printable;
pub use transcript::transcript;

/// One report format.
pub struct Report {
    /// The name in `--report NAME=PATH`.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// Writes the whole report.
    pub write: fn(&Judged, &mut dyn io::Write) -> io::Result<()>,
}

/// Every report format.
pub const REPORTS: &[Report] = &[
    Report { name: "ndjson", summary: "one JSON event a line: the whole run", write: ndjson::write },
    Report { name: "junit", summary: "JUnit XML, for CI services", write: junit::write },
    Report { name: "coverage", summary: "clause by transport, as JSON", write: coverage::write },
];

/// The format with this name.
pub fn find(name: &str) -> Option<&'static Report> {
    REPORTS.iter().find(|report| report.name == name)
}
