//! The first causes in full: what was promised, an example, and the commands that show more.

use super::case_line::flaky;
use super::glance::times;
use super::page::Page;
use crate::gate::Judged;
use crate::outcome::{CaseRecord, Concern, RunStarted, Verdict};
use crate::report::causes::Cause;
use crate::report::paste;
use crate::report::text::{printable, wrapped};
use crate::report::view::{Tone, View};
use crate::words::plural;

/// How many further ids are listed for each cause.
const LISTED: usize = 2;
/// The fewest columns of a title.
const LEAST: usize = 24;

/// The details under a heading for each concern, as many causes as the view wants.
pub(super) fn details(judged: &Judged, causes: &[Cause<'_>], view: &View) -> String {
    let mut detail = Detail { page: Page::new(view), started: &judged.run.started, all: causes.len() };
    let mut heading = None;
    for (number, cause) in causes.iter().take(view.full).enumerate() {
        let concern = cause.finding.reason.concern();
        if concern != heading {
            concern.iter().for_each(|concern| detail.heading(*concern));
            heading = concern;
        }
        detail.cause(number + 1, cause);
    }
    let more = causes.len().saturating_sub(view.full);
    if more > 0 {
        let stream = view.stream.as_deref().unwrap_or("EVENTS");
        let names = if more == 1 { "is named" } else { "are named" };
        let (more, full) = (plural(more, "more cause"), "are in full in the reports:");
        let words = format!(
            "{more} {names} in the table above. All {full} proofmark report {stream} --report html=report.html"
        );
        detail.page.prose(&words);
        detail.page.push("\n");
    }
    detail.page.text
}

/// Details under way.
struct Detail<'a> {
    page: Page<'a>,
    started: &'a RunStarted,
    all: usize,
}

impl Detail<'_> {
    fn heading(&mut self, concern: Concern) {
        let words = match concern {
            Concern::Configuration => "the target file does not fit the target. The findings below may follow from it.",
            Concern::Setup => {
                "something that the cases need is missing. This is not a verdict on the target's conformance."
            }
            Concern::Conformance => "the target does not do what it should.",
            Concern::Harness => "a fault of proofmark itself. Please report it.",
        };
        self.page.prose(&format!("{}: {words}", concern.name().to_uppercase()));
        self.page.push("\n");
    }

    /// Verdict, name and number of tests; then the place and the severity, on a line of their own where they do not fit.
    fn title(&mut self, number: usize, cause: &Cause<'_>) {
        let view = self.page.view;
        let verdict = cause.verdict().name().to_uppercase();
        let words = format!("{}{}", printable(&cause.name()), times(cause));
        let lines = wrapped(&words, view.width.saturating_sub(verdict.len() + 1).max(LEAST));
        let number = (self.all > 1).then(|| format!("{number} of {}", self.all));
        let plain: Vec<String> =
            number.clone().into_iter().chain(cause.severity().map(|one| one.name().to_owned())).collect();
        let severity = cause.severity().map(|severity| view.paint(Tone::of_severity(Some(severity)), severity.name()));
        let place: Vec<String> = number.into_iter().chain(severity).collect();
        let last = lines.last().map_or(0, |line| line.chars().count());
        let fits = verdict.len() + 1 + last + plain.join(", ").len() + 4 <= view.width;
        let place = match place.as_slice() {
            [] => String::new(),
            place => format!("{}({})", if fits { "  " } else { "\n  " }, place.join(", ")),
        };
        self.page.push(&format!("{} {}{place}\n", view.paint(Tone::of(cause.verdict()), &verdict), lines.join("\n  ")));
    }

    fn cause(&mut self, number: usize, cause: &Cause<'_>) {
        self.title(number, cause);
        let finding = cause.finding;
        if let Some(promise) = finding.promise().filter(|_| cause.verdict() != Verdict::Error) {
            self.page.entry("promise", &promise.to_string());
            self.page.entry("source", promise.source);
        }
        if let Some(words) = cause.fix() {
            self.page.entry("fix", words);
        }
        let Some((first, others)) = cause.records.split_first() else { return };
        self.example(first);
        for (index, record) in others.iter().take(LISTED).enumerate() {
            self.page.whole(if index == 0 { "also" } else { "" }, &record.id);
        }
        if others.len() > LISTED {
            self.page.whole("", &format!("... and {} more", others.len() - LISTED));
        }
        self.next_steps(cause, first);
        self.page.push("\n");
    }

    /// The commands that show more.
    fn next_steps(&mut self, cause: &Cause<'_>, first: &CaseRecord) {
        let note = paste::note(self.started).map(|words| format!("   ({words})")).unwrap_or_default();
        self.page.whole("replay", &format!("{}{note}", paste::replay(self.started, first)));
        if first.suite.is_none() && first.case.contains('/') {
            self.page.whole("show", &format!("proofmark show {}", first.case));
        }
        if cause.records.len() > LISTED + 1 {
            let what =
                if cause.is_across_clauses() { cause.finding.reason.name() } else { cause.finding.clause.clone() };
            let (stream, note) = match &self.page.view.stream {
                Some(stream) => (stream.as_str(), ""),
                None => ("EVENTS", "   (EVENTS from a run with --report ndjson=EVENTS)"),
            };
            let label = format!("all {}", cause.records.len());
            self.page.whole(&label, &format!("proofmark show {what} --from {stream}{note}"));
        }
    }

    fn example(&mut self, record: &CaseRecord) {
        self.page.whole("case", &format!("{}{}", record.id, flaky(record)));
        self.page.entry("", &record.title);
        let Some((finding, further)) = record.findings.split_first() else { return };
        self.page.entry("expected", &finding.expected);
        self.page.entry("received", &finding.received);
        for (index, finding) in further.iter().take(LISTED).enumerate() {
            let words = format!("{} {}: {}", finding.reason.name(), finding.clause, finding.received);
            self.page.entry(if index == 0 { "further" } else { "" }, &words);
        }
        if further.len() > LISTED {
            self.page.whole("", &format!("... and {} more", further.len() - LISTED));
        }
    }
}
