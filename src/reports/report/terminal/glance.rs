//! All causes in a table: what, how severe, and in how many tests over each protocol.

use super::page::Page;
use crate::contract::Protocol;
use crate::report::causes::Cause;
use crate::report::text::{printable, shortened, wrapped};
use crate::report::view::{Tone, View};

/// The most rows.
const ROWS: usize = 100;
/// Columns of a count.
const COUNT: usize = 6;
/// Columns of a severity.
const SEVERITY: usize = 8;
/// Columns before the name: number, severity, verdict.
const BEFORE: usize = 4 + 1 + SEVERITY + 2 + 9 + 1;
/// The fewest columns of a name.
const LEAST: usize = 16;
/// The most characters of a name.
const LONGEST: usize = 300;

/// The protocols of a table, and the comparisons of protocols.
const PLACES: [&str; 4] = [Protocol::Rest.slug(), Protocol::Grpc.slug(), Protocol::GrpcWeb.slug(), "all"];

/// The table; nothing for a single cause, which is shown in full anyway.
pub(super) fn table(causes: &[Cause<'_>], view: &View) -> String {
    let mut page = Page::new(view);
    if causes.len() < 2 {
        return page.text;
    }
    let used: Vec<&str> = PLACES.into_iter().filter(|place| causes.iter().any(|cause| cause.over(place) > 0)).collect();
    let name = view.width.saturating_sub(BEFORE + COUNT * used.len()).max(LEAST);
    let title = format!("AT A GLANCE: {} causes, in the order in which to look at them", causes.len());
    page.push(&format!("{}\n\n", view.paint(Tone::Strong, &title)));
    let heads: String = used.iter().map(|place| format!("{:>COUNT$}", head(place))).collect();
    page.push(&format!("{:>4} {:<8}  {:<9} {:<name$}{heads}\n", "", "severity", "verdict", "what"));
    for (number, cause) in causes.iter().take(ROWS).enumerate() {
        row(&mut page, number + 1, cause, &used, name);
    }
    if causes.len() > ROWS {
        page.push(&format!("     ... and {} more, which are in the reports\n", causes.len() - ROWS));
    }
    page.push("\n");
    page.text
}

fn head(place: &str) -> &str {
    match place {
        "grpc-web" => "web",
        "all" => "all",
        other => other,
    }
}

fn row(page: &mut Page<'_>, number: usize, cause: &Cause<'_>, used: &[&str], width: usize) {
    let view = page.view;
    let severity = view.paint(Tone::of_severity(cause.severity()), &format!("{:<8}", cause.severity_word()));
    let verdict = view.paint(Tone::of(cause.verdict()), &format!("{:<9}", cause.verdict().name()));
    let counts: String = used.iter().map(|place| format!("{:>COUNT$}", cause.over(place))).collect();
    let names = wrapped(&printable(&shortened(&cause.name_among_others(), LONGEST)), width);
    for (index, name) in names.iter().enumerate() {
        match index {
            0 => page.push(&format!("{number:>4} {severity}  {verdict} {name:<width$}{counts}\n")),
            _ => page.push(&format!("{:BEFORE$}{name}\n", "")),
        }
    }
}

/// A cause such as `critical  FAIL accepted-invalid: webauthn/7.1/origin in 36 tests`, in a line or, where the view is narrow, in
/// several, after so many columns; with an end of line.
pub(super) fn line(cause: &Cause<'_>, view: &View, after: usize) -> String {
    let verdict = cause.verdict().name().to_uppercase();
    let before = after + SEVERITY + 2 + verdict.len() + 1;
    let severity = view.paint(Tone::of_severity(cause.severity()), &format!("{:<SEVERITY$}", cause.severity_word()));
    let words = format!("{}{}", printable(&shortened(&cause.name_among_others(), LONGEST)), times(cause));
    let lines = wrapped(&words, view.width.saturating_sub(before).max(LEAST));
    let words = lines.join(&format!("\n{:before$}", ""));
    format!("{severity}  {} {words}\n", view.paint(Tone::of(cause.verdict()), &verdict))
}

/// In how many tests it was seen, if in more than one.
pub(super) fn times(cause: &Cause<'_>) -> String {
    match cause.records.len() {
        1 => String::new(),
        count => format!(" in {count} tests"),
    }
}
