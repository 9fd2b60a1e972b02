//! Records that are not a pass, by cause. The most severe comes first. The first records of a cause are shown with every detail, all
//! others in a line each.

use serde::Serialize;

use super::clauses::Promise;
use super::detail::{self, Detail};
use super::escape::anchor;
use super::sign::sign;
use crate::gate::{Judged, Standing};
use crate::outcome::{CaseRecord, Verdict};
use crate::report::causes::{Cause, grouped};

/// How many records of a cause are shown with every detail.
const DETAILED: usize = 2;
/// How many records of the whole page are shown with every detail: a longer page is slow, and nobody reads it.
const DETAILED_IN_ALL: usize = 100;
/// How many characters of an answer a line shows.
const LINE: usize = 300;

/// Causes under one heading.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    id: &'static str,
    heading: &'static str,
    about: &'static str,
    /// Whether it is closed at first.
    folded: bool,
    count: usize,
    causes: Vec<CauseView<'a>>,
}

#[derive(Serialize)]
struct CauseView<'a> {
    verdict: &'static str,
    sign: &'static str,
    reason: String,
    promise: Promise<'a>,
    /// What it is about, if this is not a clause.
    across: Option<String>,
    /// How to fix it.
    fix: Option<&'static str>,
    expected: String,
    received: String,
    /// Why it is known.
    why: Option<String>,
    count: usize,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    anchor: String,
    case: String,
    title: &'a str,
    verdict: &'static str,
    protocol: &'a str,
    flow: &'a str,
    flaky: bool,
    /// The answer, if it differs from the one of the cause's first record.
    received: Option<String>,
    detail: Option<Detail<'a>>,
}

struct Heading {
    id: &'static str,
    heading: &'static str,
    about: &'static str,
    verdicts: &'static [Verdict],
    known: bool,
    folded: bool,
}

const HEADINGS: [Heading; 5] = [
    Heading {
        id: "failures",
        heading: "Failures",
        about: "Clauses that the target does not keep.",
        verdicts: &[Verdict::Fail],
        known: false,
        folded: false,
    },
    Heading {
        id: "errors",
        heading: "Errors",
        about: "No verdict was possible, so these are not verdicts on the target.",
        verdicts: &[Verdict::Error],
        known: false,
        folded: false,
    },
    Heading {
        id: "deviations",
        heading: "Deviations",
        about: "The target differs, but it breaks nothing that the profile of the run demands.",
        verdicts: &[Verdict::Deviation],
        known: false,
        folded: false,
    },
    Heading {
        id: "known",
        heading: "Known deviations",
        about: "The target's owners accept these: the verdict stays, but the gate lets it pass.",
        verdicts: &[Verdict::Fail, Verdict::Deviation],
        known: true,
        folded: true,
    },
    Heading {
        id: "skipped",
        heading: "Skipped",
        about: "Not applicable to this target, according to its target file.",
        verdicts: &[Verdict::Skip],
        known: false,
        folded: true,
    },
];

/// The sections that are not empty.
pub(super) fn sections(judged: &Judged) -> Vec<Section<'_>> {
    let mut room = DETAILED_IN_ALL;
    let sections = HEADINGS.iter().map(|heading| section(judged, heading, &mut room));
    sections.filter(|section| section.count > 0).collect()
}

/// Why a record is known; `None` if it is not.
pub(super) fn why_known(judged: &Judged, record: &CaseRecord) -> Option<String> {
    match judged.standing(record) {
        Standing::Known(entry) => Some(entry.to_string()),
        Standing::Expired(entry) => Some(format!("expired: {entry}")),
        Standing::Unconcerned | Standing::New | Standing::Changed(_) => None,
    }
}

fn section<'a>(judged: &'a Judged, heading: &Heading, room: &mut usize) -> Section<'a> {
    let mut views = Vec::new();
    for verdict in heading.verdicts {
        for cause in grouped(judged, *verdict, |record| why_known(judged, record).is_some() == heading.known) {
            views.extend(view(judged, &cause, room));
        }
    }
    Section {
        id: heading.id,
        heading: heading.heading,
        about: heading.about,
        folded: heading.folded,
        count: views.iter().map(|view| view.count).sum(),
        causes: views,
    }
}

fn view<'a>(judged: &'a Judged, cause: &Cause<'a>, room: &mut usize) -> Option<CauseView<'a>> {
    let records = &cause.records;
    let first = *records.first()?;
    let finding = first.findings.first()?;
    let mut rows = Vec::new();
    for (index, record) in records.iter().enumerate() {
        let detailed = index < DETAILED && *room > 0;
        *room -= usize::from(detailed);
        let received = record.findings.first().map(|own| detail::cut(&own.received, LINE));
        rows.push(Row {
            id: &record.id,
            anchor: anchor("run", &record.id),
            case: anchor("case", &record.case),
            title: &record.title,
            verdict: record.verdict.name(),
            protocol: &record.protocol,
            flow: &record.flow,
            flaky: record.flaky,
            received: received.filter(|own| *own != detail::cut(&finding.received, LINE)),
            detail: detailed.then(|| Detail::of(record, judged.run.started.seed)),
        });
    }
    Some(CauseView {
        verdict: first.verdict.name(),
        sign: sign(first.verdict),
        reason: finding.reason.name(),
        promise: Promise::of_finding(finding),
        across: cause.is_across_clauses().then(|| cause.about()),
        fix: cause.fix(),
        expected: detail::cut(&finding.expected, detail::MOST),
        received: detail::cut(&finding.received, detail::MOST),
        why: why_known(judged, first),
        count: rows.len(),
        rows,
    })
}
