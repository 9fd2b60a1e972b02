//! Records that are not a pass, by cause. The most severe comes first. The first records of a cause are shown with every detail, all
//! others in a line each.

use serde::Serialize;

use super::clauses::Promise;
use super::detail::{self, Detail};
use super::escape::anchor;
use super::sign::sign;
use crate::gate::{Judged, Standing};
use crate::outcome::{CaseRecord, Concern, Verdict};
use crate::report::causes::{Cause, grouped};

/// How many records of a cause are shown with every detail.
const DETAILED: usize = 2;
/// How many records of the whole page are shown with every detail: a longer page is slow, and nobody reads it.
const DETAILED_IN_ALL: usize = 100;
/// How many records of a cause are shown before the others, which are folded.
const SHOWN: usize = 10;
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
    /// Whether its first cause is open.
    open: bool,
    count: usize,
    causes: Vec<CauseView<'a>>,
}

#[derive(Serialize)]
struct CauseView<'a> {
    verdict: &'static str,
    severity: &'static str,
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
    /// The first row (from 1) of those that are folded; 0 if none is.
    folded_from: usize,
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
    /// Of errors, those where the reader has to look here.
    concerns: &'static [Concern],
    known: bool,
    folded: bool,
}

/// In the order in which to look at them: what is missing in the set-up comes first, since failures may follow from it.
const HEADINGS: [Heading; 6] = [
    Heading {
        id: "errors",
        heading: "Errors",
        about: "No verdict was possible because of the target file or the set-up, so these are not verdicts on the target. The failures may follow from them.",
        verdicts: &[Verdict::Error],
        concerns: &[Concern::Configuration, Concern::Setup],
        known: false,
        folded: false,
    },
    Heading {
        id: "failures",
        heading: "Failures",
        about: "Clauses that the target does not keep, the gravest first.",
        verdicts: &[Verdict::Fail],
        concerns: &[Concern::Conformance],
        known: false,
        folded: false,
    },
    Heading {
        id: "deviations",
        heading: "Deviations",
        about: "The target differs, but it breaks nothing that the profile of the run demands.",
        verdicts: &[Verdict::Deviation],
        concerns: &[Concern::Conformance],
        known: false,
        folded: false,
    },
    Heading {
        id: "harness",
        heading: "Faults of proofmark",
        about: "No verdict was possible because proofmark itself is at fault. Please report it.",
        verdicts: &[Verdict::Error],
        concerns: &[Concern::Harness],
        known: false,
        folded: false,
    },
    Heading {
        id: "known",
        heading: "Known deviations",
        about: "The target's owners accept these: the verdict stays, but the gate lets it pass.",
        verdicts: &[Verdict::Fail, Verdict::Deviation],
        concerns: &[Concern::Conformance],
        known: true,
        folded: true,
    },
    Heading {
        id: "skipped",
        heading: "Skipped",
        about: "Not applicable to this target, according to its target file.",
        verdicts: &[Verdict::Skip],
        concerns: &[],
        known: false,
        folded: true,
    },
];

/// The sections that are not empty.
pub(super) fn sections(judged: &Judged) -> Vec<Section<'_>> {
    let mut room = DETAILED_IN_ALL;
    let sections = HEADINGS.iter().map(|heading| section(judged, heading, &mut room));
    let mut sections: Vec<Section<'_>> = sections.filter(|section| section.count > 0).collect();
    // The first thing to look at.
    sections.iter_mut().take(1).for_each(|section| section.open = !section.folded);
    sections
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
        let is_here = |record: &CaseRecord| {
            let concern = record.findings.first().and_then(|finding| finding.reason.concern());
            why_known(judged, record).is_some() == heading.known
                && concern.is_none_or(|concern| heading.concerns.contains(&concern))
        };
        let mut causes = grouped(judged, *verdict, is_here);
        causes.sort_by_key(|cause| cause.finding.reason.concern());
        causes.iter().for_each(|cause| views.extend(view(judged, cause, room)));
    }
    Section {
        id: heading.id,
        heading: heading.heading,
        about: heading.about,
        folded: heading.folded,
        open: false,
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
            detail: detailed.then(|| Detail::of(record, &judged.run.started)),
        });
    }
    Some(CauseView {
        verdict: first.verdict.name(),
        severity: cause.severity_word(),
        sign: sign(first.verdict),
        reason: finding.reason.name(),
        promise: Promise::of_finding(finding),
        across: cause.is_across_clauses().then(|| cause.about()),
        fix: cause.fix(),
        expected: detail::cut(&finding.expected, detail::MOST),
        received: detail::cut(&finding.received, detail::MOST),
        why: why_known(judged, first),
        count: rows.len(),
        folded_from: if rows.len() > SHOWN { SHOWN + 1 } else { 0 },
        rows,
    })
}
