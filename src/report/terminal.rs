//! What a person reads: one line a case in CI, and the summary that explains each failure.

use std::fmt::Write as _;

use super::causes::{Cause, again, causes};
use super::known;
use super::text::printable;
use crate::contract::clause;
use crate::gate::Judged;
use crate::outcome::{CaseRecord, Reason, RunRecord, Verdict};

/// Further ids listed for each cause.
const LISTED: usize = 5;
/// Causes shown.
const CAUSES: usize = 40;

/// One permutation in one line, such as `fail      v2/u2f/rest/limits/name-201  accepted-invalid: accepted: 200`.
pub fn case_line(record: &CaseRecord) -> String {
    let mut line = format!("{:<9} {}", record.verdict.name(), printable(&record.id));
    if record.verdict != Verdict::Pass
        && let Some(finding) = record.findings.first()
    {
        let words = format!("  {}: {}", record.reason.name(), printable(&finding.received));
        line.push_str(&words);
    }
    line.push_str(flaky(record));
    line
}

fn flaky(record: &CaseRecord) -> &'static str {
    if record.flaky { "  (flaky: an earlier try came to another verdict)" } else { "" }
}

/// The whole summary: failures grouped by cause, then counts and the statement.
pub fn summary(judged: &Judged) -> String {
    let run = &judged.run;
    let mut text = String::new();
    for verdict in [Verdict::Fail, Verdict::Error, Verdict::Deviation, Verdict::Skip] {
        let causes = causes(judged, verdict);
        for (index, cause) in causes.iter().enumerate() {
            if index == CAUSES {
                push(&mut text, &format!("... and {} more causes of {}\n", causes.len() - CAUSES, verdict.name()));
                break;
            }
            describe(&mut text, verdict, cause, run.started.seed);
        }
    }
    known::describe(&mut text, judged);
    counts(&mut text, judged);
    text
}

fn describe(text: &mut String, verdict: Verdict, cause: &Cause<'_>, seed: u64) {
    let finding = cause.finding;
    let count = cause.records.len();
    let times = if count == 1 { String::new() } else { format!(" in {count} permutations") };
    let word = verdict.name().to_uppercase();
    push(text, &format!("{word} {}: {}{times}\n", finding.reason.name(), printable(&finding.clause)));
    if verdict == Verdict::Skip {
        return describe_skip(text, cause);
    }
    if let Some(clause) = clause::find(&finding.clause) {
        entry(text, "promise", &format!("{} {}", clause.level.name(), clause.text));
        entry(text, "source", clause.source);
    }
    let Some((first, others)) = cause.records.split_first() else { return };
    example(text, first);
    for (index, record) in others.iter().take(LISTED).enumerate() {
        entry(text, if index == 0 { "also" } else { "" }, &record.id);
    }
    if others.len() > LISTED {
        entry(text, "", &format!("... and {} more", others.len() - LISTED));
    }
    entry(text, "again", &format!("{}   (and the same --target or --defect)", again(first, seed)));
    // A reproduction may be kilobytes long: last, so that it does not stand between the lines that are read.
    for (index, line) in first.curl.lines().enumerate() {
        entry(text, if index == 0 { "reproduce" } else { "" }, line);
    }
    push(text, "\n");
}

/// What was skipped needs no reproduction, and no more than a few lines.
fn describe_skip(text: &mut String, cause: &Cause<'_>) {
    entry(text, "expected", &cause.finding.expected);
    entry(text, "received", &cause.finding.received);
    let shown = cause.records.iter().take(3).map(|record| record.id.as_str()).collect::<Vec<_>>().join(", ");
    let more = cause.records.len().saturating_sub(3);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    entry(text, "case", &format!("{shown}{more}"));
    push(text, "\n");
}

fn example(text: &mut String, record: &CaseRecord) {
    entry(text, "case", &format!("{}{}", record.id, flaky(record)));
    entry(text, "", &record.title);
    let Some((finding, further)) = record.findings.split_first() else { return };
    entry(text, "expected", &finding.expected);
    entry(text, "received", &finding.received);
    for (index, finding) in further.iter().take(LISTED).enumerate() {
        let words = format!("{} {}: {}", finding.reason.name(), finding.clause, finding.received);
        entry(text, if index == 0 { "besides" } else { "" }, &words);
    }
    if further.len() > LISTED {
        entry(text, "", &format!("... and {} more", further.len() - LISTED));
    }
}

/// One labelled line, made safe for a terminal.
pub(super) fn entry(text: &mut String, label: &str, words: &str) {
    push(text, &format!("  {label:<9} {}\n", printable(words)));
}

fn counts(text: &mut String, judged: &Judged) {
    let run = &judged.run;
    let started = &run.started;
    let seconds =
        run.finished.map_or(0.0, |finished| std::time::Duration::from_millis(finished.duration_ms).as_secs_f64());
    if started.fuzzed {
        fuzz_counts(text, run, seconds);
        return;
    }
    let comparisons = run.cases.iter().filter(|case| case.protocol == "all").count();
    let ran = run.cases.len() - comparisons;
    let of = if ran == started.available { String::new() } else { format!(" of {}", started.available) };
    let shard = started.shard.map(|shard| format!(" (shard {} of {})", shard.index, shard.count)).unwrap_or_default();
    let size = format!("{} and {}", plural(started.cases, "case"), plural(started.clauses, "clause"));
    let ran = format!("{ran}{of} {}", if ran == 1 { "permutation" } else { "permutations" });
    let gate = judged.gate_words().map(|words| format!("; {words}")).unwrap_or_default();
    let compared = format!("{} of transports in {seconds:.1} s", plural(comparisons, "comparison"));
    for (label, words) in [
        ("target", target(run)),
        ("ran", format!("{ran} of {size}, {compared}{shard}")),
        ("verdicts", verdicts(run)),
        ("result", format!("{}{gate}", run.statement().text())),
    ] {
        push(text, &format!("{label:<9} {}\n", printable(&words)));
    }
}

fn target(run: &RunRecord) -> String {
    let started = &run.started;
    format!("{} at {} (seed {})", started.target, started.base_url, started.seed)
}

/// The counts of a run that drew credentials.
fn fuzz_counts(text: &mut String, run: &RunRecord, seconds: f64) {
    let size = format!("{} and {}", plural(run.started.cases, "case"), plural(run.started.clauses, "clause"));
    let mut lines =
        vec![("target", target(run)), ("fuzzed", format!("with the mutations of {size}, in {seconds:.1} s"))];
    for record in run.cases.iter().filter(|record| record.case == "fuzz") {
        let words = record.findings.first().map_or("", |finding| finding.received.as_str());
        lines.push(("", format!("{}/{}: {words}", record.flow, record.protocol)));
    }
    let judged_otherwise = run.cases.iter().filter(|record| record.verdict == Verdict::Fail).count();
    lines.push(("found", plural(judged_otherwise, "disagreement")));
    lines.push(("result", run.statement().text().to_owned()));
    for (label, words) in lines {
        push(text, &format!("{label:<9} {}\n", printable(&words)));
    }
}

pub(super) fn plural(count: usize, thing: &str) -> String {
    if count == 1 { format!("1 {thing}") } else { format!("{count} {thing}s") }
}

fn verdicts(run: &RunRecord) -> String {
    let tally = run.tally();
    let counted = Verdict::ALL.into_iter().filter(|verdict| tally.of(*verdict) > 0 || *verdict == Verdict::Pass);
    let counted: Vec<String> = counted.map(|verdict| format!("{} {}", tally.of(verdict), verdict.name())).collect();
    let mut text = counted.join(", ");
    if tally.unattributed > 0 {
        // Weak coverage: the target may have refused for another reason than the one under test.
        let words = format!("; {} of the passes {}", tally.unattributed, Reason::Unattributed.name());
        push(&mut text, &format!("{words} (refused, but nothing says that it was for the right reason)"));
    }
    if tally.left_open > 0 {
        let words = format!("; {} of the passes {}", tally.left_open, Reason::LeftOpen.name());
        push(&mut text, &format!("{words} (they presuppose what the target is not said to have)"));
    }
    match run.cases.iter().filter(|case| case.flaky).count() {
        0 => {}
        flaky => push(&mut text, &format!("; {flaky} flaky")),
    }
    text
}

/// Writing to a `String` can't fail.
pub(super) fn push(text: &mut String, words: &str) {
    text.write_str(words).unwrap_or_default();
}
