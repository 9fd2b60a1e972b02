//! GitLab's code quality report: an issue for each fail and deviation that is not known, shown in merge requests.

use std::io;

use serde::Serialize;

use super::causes::excused;
use super::text::{printable, shortened};
use super::{paste, place};
use crate::contract::clause::Severity;
use crate::gate::Judged;
use crate::outcome::{CaseRecord, Verdict};

/// The most issues.
const MOST: usize = 5_000;
/// The most characters of a text from outside.
const MOST_CHARACTERS: usize = 300;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
}

/// One list, the gravest first.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let is_shown = |record: &&CaseRecord| {
        matches!(record.verdict, Verdict::Fail | Verdict::Deviation) && excused(judged, record).is_none()
    };
    let mut records: Vec<&CaseRecord> = judged.run.cases.iter().filter(is_shown).collect();
    records.sort_by_key(|record| (std::cmp::Reverse(record.verdict), record.severity(), record.reason.gravity()));
    let issues: Vec<Issue> = records.iter().take(MOST).filter_map(|record| issue(judged, record)).collect();
    serde_json::to_writer_pretty(&mut *out, &issues).map_err(io::Error::other)?;
    out.write_all(b"\n")
}

fn issue(judged: &Judged, record: &CaseRecord) -> Option<Issue> {
    let finding = record.findings.first()?;
    let short = |text: &str| printable(&shortened(text, MOST_CHARACTERS));
    let started = &judged.run.started;
    let description = format!(
        "{} ({}): {}. Expected: {}. Received: {}. Again: {}",
        finding.reason.name(),
        record.verdict.name(),
        short(&record.title),
        short(&finding.expected),
        short(&finding.received),
        printable(&paste::replay(started, record)),
    );
    // A path is demanded. Without a file of the user it is the name of the case.
    let path = place::file(started, record).unwrap_or(&record.case);
    Some(Issue {
        description,
        check_name: printable(&finding.clause),
        fingerprint: place::fingerprint(record, finding),
        severity: level(record.severity()),
        location: Location { path: printable(path), lines: Lines { begin: 1 } },
    })
}

/// GitLab's word for a severity.
const fn level(severity: Option<Severity>) -> &'static str {
    match severity {
        Some(Severity::Critical) => "blocker",
        Some(Severity::High) => "critical",
        Some(Severity::Medium) => "major",
        Some(Severity::Low) => "minor",
        None => "info",
    }
}
