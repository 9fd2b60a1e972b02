//! All causes in a table: what, how severe, and in how many tests over each protocol.

use super::page::Page;
use crate::contract::Protocol;
use crate::report::causes::Cause;
use crate::report::text::{printable, shortened, wrapped};
use crate::report::view::{Tone, View};

/// The most rows.
const ROWS: usize = 100;
/// Columns of a count, at least.
const COUNT: usize = 5;
/// Columns of a severity.
const SEVERITY: usize = 8;
/// Columns before the name: number and severity.
const BEFORE: usize = 4 + 1 + SEVERITY + 1;
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
    let columns = Columns::of(causes, view.width);
    let title = format!("AT A GLANCE: {} causes, in the order in which to look at them", causes.len());
    page.push(&format!("{}\n\n", view.paint(Tone::Strong, &title)));
    let heads: String = columns.places.iter().map(|place| format!("{:>1$}", head(place), columns.count)).collect();
    page.push(&format!("{:>4} {:<SEVERITY$} {:<name$}{heads}\n", "", "severity", "what", name = columns.name));
    let mut before = None;
    for (number, cause) in causes.iter().take(ROWS).enumerate() {
        if before != Some(cause.verdict()) {
            let verdict = view.paint(Tone::of(cause.verdict()), cause.verdict().name());
            page.push(&format!("{verdict}\n"));
            before = Some(cause.verdict());
        }
        row(&mut page, number + 1, cause, &columns);
    }
    if causes.len() > ROWS {
        page.push(&format!("     ... and {} more, which are in the reports\n", causes.len() - ROWS));
    }
    page.push("\n");
    page.text
}

/// The columns of a table.
struct Columns {
    /// Where tests were seen.
    places: Vec<&'static str>,
    /// Columns of a name.
    name: usize,
    /// Columns of a count.
    count: usize,
}

impl Columns {
    fn of(causes: &[Cause<'_>], width: usize) -> Columns {
        let most = |place: &str| causes.iter().map(|cause| cause.over(place)).max().unwrap_or_default();
        let places: Vec<&str> = PLACES.into_iter().filter(|place| most(place) > 0).collect();
        let digits = places.iter().map(|place| most(place).to_string().len()).max().unwrap_or_default();
        let count = COUNT.max(digits + 1);
        Columns { name: width.saturating_sub(BEFORE + count * places.len()).max(LEAST), count, places }
    }
}

fn head(place: &str) -> &str {
    if place == Protocol::GrpcWeb.slug() { "web" } else { place }
}

fn row(page: &mut Page<'_>, number: usize, cause: &Cause<'_>, columns: &Columns) {
    let severity =
        page.view.paint(Tone::of_severity(cause.severity()), &format!("{:<SEVERITY$}", cause.severity_word()));
    let counts: String =
        columns.places.iter().map(|place| format!("{:>1$}", cause.over(place), columns.count)).collect();
    let width = columns.name;
    let names = wrapped(&printable(&shortened(&cause.name_among_others(), LONGEST)), width);
    for (index, name) in names.iter().enumerate() {
        match index {
            0 => page.push(&format!("{number:>4} {severity} {name:<width$}{counts}\n")),
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
