//! One test in one line.

use crate::outcome::{CaseRecord, Verdict};
use crate::report::text::{printable, shortened};
use crate::report::view::{Tone, View};
use crate::words::beginning;

/// The most characters of an answer.
const MOST: usize = 300;
/// Before the second line of a failure.
const INDENT: &str = "          ";

/// One test in one line, such as `fail      v2/u2f/rest/limits/name-201  accepted-invalid: accepted: 200`.
pub fn case_line(record: &CaseRecord, view: &View) -> String {
    let verdict = format!("{:<9}", record.verdict.name());
    let mut line = format!("{} {}", view.paint(Tone::of(record.verdict), &verdict), printable(&record.id));
    if record.verdict != Verdict::Pass
        && let Some(finding) = record.findings.first()
    {
        let words = format!("  {}: {}", record.reason.name(), printable(&shortened(&finding.received, MOST)));
        line.push_str(&words);
    }
    line.push_str(flaky(record));
    line
}

/// A failure or an error in two lines that fit the view: the test with its severity, and what was found.
pub fn failure_lines(record: &CaseRecord, view: &View) -> String {
    let verdict = view.paint(Tone::of(record.verdict), &format!("{:<9}", record.verdict.name()));
    let severity = record.severity();
    let word = severity.map(|severity| view.paint(Tone::of_severity(Some(severity)), severity.name()));
    let severity = word.map(|word| format!("  ({word})")).unwrap_or_default();
    let found = record.findings.first().map(|finding| {
        let words = format!("{}: {}: {}", record.reason.name(), finding.clause, finding.received);
        let words = printable(&shortened(&words, MOST));
        let fits = view.width.saturating_sub(INDENT.len());
        let cut = if words.chars().count() > fits { "..." } else { "" };
        format!("\n{INDENT}{}{cut}", beginning(&words, if cut.is_empty() { fits } else { fits.saturating_sub(3) }))
    });
    format!("{verdict} {}{severity}{}{}", printable(&record.id), flaky(record), found.unwrap_or_default())
}

pub(super) fn flaky(record: &CaseRecord) -> &'static str {
    if record.flaky { "  (flaky: an earlier try came to another verdict)" } else { "" }
}
