//! What the known-deviations file had to say of a run.

use super::text::{entry, printable, push};
use crate::gate::{Judged, KnownDeviation, Problem, Stale};
use crate::words::plural;

/// Nothing where no file was given; otherwise what it excuses, one line an entry, and what has to be done about it.
pub(super) fn describe(text: &mut String, judged: &Judged) {
    let excused: Vec<_> = judged.entries().filter(|(_, record)| !record.known.is_empty()).collect();
    if !excused.is_empty() {
        let (records, entries) = (plural(judged.known_ones(), "record"), excused.len());
        let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
        push(text, &format!("KNOWN {records}, excused by {entries}\n"));
        for (known, record) in excused {
            let words = format!("{}: {}: {known}", name(judged, known), known.reason.name());
            entry(text, &record.known.len().to_string(), &words);
        }
        push(text, "\n");
    }
    let problems: Vec<_> = problems(judged).collect();
    for (_, words) in &problems {
        push(text, &format!("{}\n", printable(words)));
    }
    if !problems.is_empty() {
        push(text, "\n");
    }
}

/// Where an entry is written, and its first pattern.
fn name(judged: &Judged, known: &KnownDeviation) -> String {
    let path = judged.rules.known.as_ref().map_or("", |file| file.path.as_str());
    let first = known.patterns.first().map_or("", |pattern| pattern.text());
    let more = if known.patterns.len() > 1 { ", ..." } else { "" };
    format!("{path}:{} {first}{more}", known.line)
}

/// What has to be done about entries, one line each.
pub(super) fn problems(judged: &Judged) -> impl Iterator<Item = (&KnownDeviation, String)> {
    judged.problems().map(|(known, problem)| {
        let name = name(judged, known);
        let words = match problem {
            Problem::Stale(Stale::Passes) => format!("STALE {name}: all that it means passes; remove it (proofmark known prune)"),
            Problem::Stale(Stale::MeetsNothing) => {
                format!("STALE {name}: nothing is called so; correct the pattern, or remove the entry (proofmark known prune)")
            }
            Problem::Stale(Stale::Elsewhere) => {
                format!("STALE {name}: another entry excuses all that it means; remove it (proofmark known prune)")
            }
            Problem::TooWide(ids) => format!("TOO WIDE {name}: {} now; take out what passes (proofmark known prune)", some(ids, "passes", "pass")),
            Problem::Changed(ids) => {
                format!("CHANGED {name}: {} not what it says, {}; look at it anew, then correct the entry", some(ids, "is", "are"), known.seen())
            }
            Problem::Expired(ids) => {
                let last = known.expires.map(|date| date.to_string()).unwrap_or_default();
                format!("EXPIRED {name}: it held until {last}, and {} as before; mend the target, or agree on another day", some(ids, "is", "are"))
            }
        };
        (known, words)
    })
}

/// An id, or how many and the first.
fn some(ids: &[String], one: &str, more: &str) -> String {
    match ids {
        [id] => format!("{id} {one}"),
        [first, ..] => format!("{} records, such as {first}, {more}", ids.len()),
        [] => String::new(),
    }
}
