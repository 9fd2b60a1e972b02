//! The comparison of two runs, for people and for programs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::text::{entry, printable};
use crate::contract::clause;
use crate::gate::{Change, Diff, Kind, observation};
use crate::outcome::{CaseRecord, RunRecord, Verdict};
use crate::words::plural;

/// How many further ids are listed for each cause.
const LISTED: usize = 5;
/// How many causes of each kind are shown.
const CAUSES: usize = 40;

/// Changes that have one cause.
#[derive(Default)]
struct Cause<'a> {
    was: BTreeSet<String>,
    is: BTreeSet<String>,
    changes: Vec<Change<'a>>,
}

/// What differs, grouped by cause: newly failing first.
pub fn diff_text(diff: &Diff<'_>) -> String {
    let mut text = head(diff);
    for kind in Kind::ALL {
        let changes = diff.of(kind);
        if changes.is_empty() {
            continue;
        }
        let title = kind.name().replace('-', " ").to_uppercase();
        text.push_str(&format!("\n{title}: {}\n", plural(changes.len(), "record")));
        let causes = causes(changes);
        for cause in causes.iter().take(CAUSES) {
            describe(&mut text, cause);
        }
        if causes.len() > CAUSES {
            text.push_str(&format!("  ... and {} more causes\n", causes.len() - CAUSES));
        }
    }
    let count = |kind: Kind| format!("{} {}", diff.of(kind).len(), kind.name());
    let counts = Kind::ALL.map(count).join(", ");
    let worse = if diff.is_worse() { "worse" } else { "no worse" };
    text.push_str(&format!("\nresult    {worse}: {counts}\n"));
    text
}

fn head(diff: &Diff<'_>) -> String {
    let (before, after) = (&diff.before.started, &diff.after.started);
    let mut lines = vec![("before", run_line(diff.before)), ("after", run_line(diff.after))];
    if before.seed != after.seed {
        lines.push(("seeds", "they differ; tests that a seed draws are only in one of the runs".to_owned()));
    } else if before.digest != after.digest {
        lines.push(("plans", "they differ: in cases, patterns, shards or versions".to_owned()));
    }
    if before.profile != after.profile {
        let words = format!(
            "they differ: {}, then {}; a verdict may have changed for this reason alone",
            before.profile.name(),
            after.profile.name()
        );
        lines.push(("profiles", words));
    }
    lines.into_iter().map(|(label, words)| format!("{label:<9} {}\n", printable(&words))).collect()
}

fn run_line(run: &RunRecord) -> String {
    let started = &run.started;
    let ended = match run.finished {
        Some(finished) if finished.is_whole() => "",
        Some(finished) if finished.stopped.is_some() => ", stopped early",
        _ => ", interrupted",
    };
    let shard = started.shard.map(|shard| format!(", shard {}/{}", shard.index, shard.count)).unwrap_or_default();
    let (target, version) = (format!("{} at {}", started.target, started.base_url), &started.version);
    format!("{target} (seed {}), version {version}, {}{shard}{ended}", started.seed, plural(run.cases.len(), "record"))
}

fn seen(record: &CaseRecord) -> String {
    format!("{} ({}): {}", record.verdict.name(), record.reason.name(), observation(record))
}

/// The most severe first, then the most frequent. A record that fails now has its present cause, and a fixed one the cause that it
/// had. Good records that are in only one of the runs are just counted.
fn causes(changes: Vec<Change<'_>>) -> Vec<Cause<'_>> {
    let mut by_key: BTreeMap<_, Cause<'_>> = BTreeMap::new();
    for change in changes {
        let Some(record) = change.after.or(change.before) else { continue };
        let alone = change.after.is_none() || change.before.is_none();
        let number = alone && matches!(record.verdict, Verdict::Pass | Verdict::Skip);
        let words = |record: &CaseRecord| if number { record.verdict.name().to_owned() } else { seen(record) };
        let (was, is) = (change.before.map(words), change.after.map(words));
        let key = match change.kind {
            Kind::NewlyFailing => (None, is.clone()),
            Kind::Fixed => (was.clone(), None),
            Kind::Changed | Kind::OnlyBefore | Kind::OnlyAfter => (was.clone(), is.clone()),
        };
        let blamed = if change.kind == Kind::Fixed { change.before.unwrap_or(record) } else { record };
        let clause = decisive_clause(blamed).filter(|_| !number).unwrap_or_default();
        let cause = by_key.entry((clause, key)).or_default();
        cause.was.extend(was);
        cause.is.extend(is);
        cause.changes.push(change);
    }
    let mut causes: Vec<Cause<'_>> = by_key.into_values().collect();
    causes.sort_by_key(|cause| (cause.changes.first().map(gravity), std::cmp::Reverse(cause.changes.len())));
    causes
}

/// How severe the worse record of a change is; the most severe has the smallest value.
fn gravity(change: &Change<'_>) -> Option<(std::cmp::Reverse<Verdict>, u8)> {
    let grave = |record: &CaseRecord| (std::cmp::Reverse(record.verdict), record.reason.gravity());
    change.before.into_iter().chain(change.after).map(grave).min()
}

fn decisive_clause(record: &CaseRecord) -> Option<&str> {
    record.findings.first().map(|finding| finding.clause.as_str())
}

fn describe(text: &mut String, cause: &Cause<'_>) {
    let records: Vec<&CaseRecord> = cause.changes.iter().filter_map(|change| change.after.or(change.before)).collect();
    let Some((first, others)) = records.split_first() else { return };
    entry(text, "records", &records.len().to_string());
    for (label, words) in [("was", &cause.was), ("is", &cause.is)] {
        let Some(example) = words.first() else { continue };
        let more = if words.len() > 1 { format!(", and {}", plural(words.len() - 1, "other")) } else { String::new() };
        entry(text, label, &format!("{example}{more}"));
    }
    let blamed = cause.changes.first().filter(|change| change.kind == Kind::Fixed).and_then(|change| change.before);
    let blamed = blamed.unwrap_or(first);
    let clause = decisive_clause(blamed).and_then(clause::find);
    if let Some(clause) = clause.filter(|_| !matches!(blamed.verdict, Verdict::Pass | Verdict::Skip)) {
        entry(text, "clause", &format!("{}: {}", clause.id, clause.text));
    }
    entry(text, "case", &first.id);
    for (index, record) in others.iter().take(LISTED).enumerate() {
        entry(text, if index == 0 { "also" } else { "" }, &record.id);
    }
    if others.len() > LISTED {
        entry(text, "", &format!("... and {} more", others.len() - LISTED));
    }
}

/// The same as one JSON object: `before` and `after` describe the runs, `changes` with `id`, `kind`, `before`
/// and `after`, which have verdict, reason and observation, and `worse`.
pub fn diff_json(diff: &Diff<'_>) -> String {
    let run = |run: &RunRecord| {
        let started = &run.started;
        json!({
            "target": started.target, "baseUrl": started.base_url, "version": started.version, "seed": started.seed,
            "digest": started.digest, "records": run.cases.len(),
        })
    };
    let record = |record: Option<&CaseRecord>| {
        record.map_or(
            Value::Null,
            |record| json!({ "verdict": record.verdict, "reason": record.reason, "observed": observation(record) }),
        )
    };
    let change = |change: &Change<'_>| {
        let id = change.after.or(change.before).map_or("", |record| record.id.as_str());
        json!({ "id": id, "kind": change.kind.name(), "before": record(change.before), "after": record(change.after) })
    };
    let changes: Vec<Value> = diff.changes.iter().map(change).collect();
    let value = json!({
        "before": run(diff.before), "after": run(diff.after), "worse": diff.is_worse(), "changes": changes,
    });
    format!("{value:#}\n")
}
