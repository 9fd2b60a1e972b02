//! What the known-deviations file says about a run.

use super::text::{entry, printable, push, wrapped};
use crate::gate::{Judged, KnownDeviation, Problem, Stale};
use crate::words::plural;

/// Columns of a label.
const INDENT: usize = 12;
/// The fewest columns for prose.
const LEAST: usize = 24;

/// Nothing if no file was given; otherwise what it excuses, a paragraph for each entry, and which entries have to be changed, broken at
/// a width.
pub(super) fn describe(text: &mut String, judged: &Judged, width: usize) {
    let excused: Vec<_> = judged.entries().filter(|(_, record)| !record.known.is_empty()).collect();
    if !excused.is_empty() {
        let (records, entries) = (plural(judged.known_ones(), "record"), excused.len());
        let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
        push(text, &format!("KNOWN {records}, excused by {entries}\n"));
        for (known, record) in excused {
            let words = format!("{}: {}: {known}", name(judged, known), known.reason.name());
            let lines = wrapped(&printable(&words), width.saturating_sub(INDENT).max(LEAST));
            let count = record.known.len().to_string();
            for (index, line) in lines.iter().enumerate() {
                entry(text, if index == 0 { &count } else { "" }, line);
            }
        }
        push(text, "\n");
    }
    let problems: Vec<_> = problems(judged).collect();
    for (_, words) in &problems {
        push(text, &format!("{}\n", wrapped(&printable(words), width.max(LEAST)).join("\n")));
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

/// The entries that have to be changed, one line each.
pub(super) fn problems(judged: &Judged) -> impl Iterator<Item = (&KnownDeviation, String)> {
    judged.problems().map(|(known, problem)| {
        let name = name(judged, known);
        let words = match problem {
            Problem::Stale(Stale::Passes) => format!("STALE {name}: all records that it matches pass; remove it (proofmark known prune)"),
            Problem::Stale(Stale::MeetsNothing) => {
                format!("STALE {name}: no record has such a name; correct the pattern, or remove the entry (proofmark known prune)")
            }
            Problem::Stale(Stale::Elsewhere) => {
                format!("STALE {name}: another entry excuses all records that it matches; remove it (proofmark known prune)")
            }
            Problem::TooWide(ids) => format!("TOO WIDE {name}: {} now; remove the patterns that pass (proofmark known prune)", some(ids, "passes", "pass")),
            Problem::Changed(ids) => {
                format!("CHANGED {name}: the entry says {}, but {}; look at the new result, then correct the entry", known.seen(), some(ids, "came to something else", "came to something else"))
            }
            Problem::Expired(ids) => {
                let last = known.expires.map(|date| date.to_string()).unwrap_or_default();
                format!("EXPIRED {name}: it was valid until {last}, and {} as before; fix the target, or agree on a later date", some(ids, "is", "are"))
            }
        };
        (known, words)
    })
}

/// An id; if there are several, their number and the first.
fn some(ids: &[String], one: &str, more: &str) -> String {
    match ids {
        [id] => format!("{id} {one}"),
        [first, ..] => format!("{} records, such as {first}, {more}", ids.len()),
        [] => String::new(),
    }
}
