//! Markdown for the summary page of a CI job: the result first, then a paragraph for each cause.
//!
//! Text from outside is written as code, where Markdown interprets neither HTML nor links nor mentions.

use std::io;

use super::causes::{Cause, causes, excused, ordered};
use super::diagnosis_text::of_red;
use super::diagnosis_words::{self, head as head_of};
use super::text::{printable, shortened};
use super::{known, made, paste};
use crate::contract::Protocol;
use crate::gate::Judged;
use crate::outcome::pace;
use crate::outcome::{CaseRecord, RunStarted, Verdict};
use crate::words::plural;

/// How many causes are shown in full.
const CAUSES: usize = 40;
/// The most rows of the table.
const ROWS: usize = 200;
/// How many known defects are named.
const DIAGNOSED: usize = 3;
/// The most bytes of the page; GitHub refuses a summary of more than a megabyte.
const LONGEST_PAGE: usize = 768 << 10;
/// The most characters of one text from outside.
const MOST_CHARACTERS: usize = 600;
/// The most characters of a command; longer ones are in the other reports.
const LONGEST_COMMAND: usize = 8_000;
/// How many further ids are listed for each cause.
const LISTED: usize = 5;

/// The whole page.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    out.write_all(page(judged).as_bytes())
}

fn page(judged: &Judged) -> String {
    let mut page = head(judged);
    diagnosed(&mut page, judged);
    let causes = ordered(judged);
    glance(&mut page, &causes);
    sections(&mut page, &causes, &judged.run.started);
    problems(&mut page, judged);
    known_ones(&mut page, judged);
    skipped(&mut page, judged);
    page
}

fn head(judged: &Judged) -> String {
    let run = &judged.run;
    let started = &run.started;
    let mut page = format!("## proofmark: {}\n\n", words(run.statement().text()));
    page.push_str(&format!(
        "{} at {}, seed {}, profile {}, proofmark {}\n\n",
        code(&started.target),
        code(&started.base_url),
        started.seed,
        started.profile.name(),
        code(&started.version)
    ));
    for (name, value) in made::facts(run) {
        page.push_str(&format!("- {}: {}\n", words(&name), code(&value)));
    }
    page.push('\n');
    if let Some(gate) = judged.gate_words() {
        page.push_str(&format!("With the known deviations, {}.\n\n", words(&gate)));
    }
    match run.finished {
        None => page.push_str("**The run did not come to its end; this page shows what it had written.**\n\n"),
        Some(finished) if finished.interrupted => page.push_str("**The run was interrupted.**\n\n"),
        Some(_) => {}
    }
    if let Some(stopped) = run.stopped_words() {
        page.push_str(&format!("**Stopped: {}.**\n\n", words(&stopped)));
    }
    page.push_str("| verdict | records | of these known |\n|---|---:|---:|\n");
    let tally = run.tally();
    for verdict in Verdict::ALL {
        let known = run.cases.iter().filter(|record| record.verdict == verdict && excused(judged, record).is_some());
        page.push_str(&format!("| {} | {} | {} |\n", verdict.name(), tally.of(verdict), known.count()));
    }
    let ran = run.cases.iter().filter(|record| record.protocol != "all").count();
    page.push_str(&format!(
        "\n{ran} of {} of {} and {}; the other records compare protocols. \
         Of the passes, {} are unattributed and {} are left open.\n",
        plural(started.available, "test"),
        plural(started.cases, "case"),
        plural(started.clauses, "clause"),
        tally.unattributed,
        tally.left_open
    ));
    for slow in pace::slow(run) {
        page.push_str(&format!("\nSlow: {}.\n", words(&slow.words())));
    }
    page
}

/// The known defects that would explain what failed.
fn diagnosed(page: &mut String, judged: &Judged) {
    let Some(diagnosis) = of_red(judged) else { return };
    page.push_str(&format!("\n### diagnosis\n\n{}. This is not a verdict.\n\n", words(&head_of(&diagnosis))));
    for cause in diagnosis.causes.iter().take(DIAGNOSED) {
        let explains = code(&diagnosis_words::explains(cause));
        let (wrong, look) = (words(&diagnosis_words::wrong(cause)), words(&cause.look));
        page.push_str(&format!(
            "1. **{wrong}** {look} It explains {explains}, like the defect {}.\n",
            code(&cause.defect)
        ));
    }
    if let Some(left) = diagnosis_words::unexplained(&diagnosis) {
        page.push_str(&format!("\n{}\n", code(&left)));
    }
}

/// The protocols of the table, and the comparisons of protocols.
const PLACES: [&str; 4] = [Protocol::Rest.slug(), Protocol::Grpc.slug(), Protocol::GrpcWeb.slug(), "all"];

/// All causes in a table.
fn glance(page: &mut String, causes: &[Cause<'_>]) {
    if causes.is_empty() {
        return;
    }
    page.push_str(
        "\n### causes at a glance\n\n| | severity | verdict | what | rest | grpc | grpc-web | comparisons |\n",
    );
    page.push_str("|---:|---|---|---|---:|---:|---:|---:|\n");
    for (number, cause) in causes.iter().take(ROWS).enumerate() {
        let counts = PLACES.map(|place| cause.over(place).to_string()).join(" | ");
        let what = code(&cause.name_among_others()).replace('|', "\\|");
        let (severity, verdict) = (cause.severity_word(), cause.verdict().name());
        page.push_str(&format!("| {} | {severity} | {verdict} | {what} | {counts} |\n", number + 1));
    }
    if causes.len() > ROWS {
        page.push_str(&format!("\n{} more are in the other reports.\n", causes.len() - ROWS));
    }
}

/// The causes under a heading for each verdict, in the order in which to look at them.
fn sections(page: &mut String, causes: &[Cause<'_>], started: &RunStarted) {
    let (mut heading, mut shown) = (None, 0);
    for cause in causes.iter().take(CAUSES) {
        let text = paragraph(cause, started);
        if page.len() + text.len() > LONGEST_PAGE {
            break;
        }
        if heading != Some(cause.verdict()) {
            page.push_str(&format!("\n### {}\n", cause.verdict().name()));
            heading = Some(cause.verdict());
        }
        page.push_str(&text);
        shown += 1;
    }
    if shown < causes.len() {
        page.push_str(&format!("\n{} more causes are in the other reports.\n", causes.len() - shown));
    }
}

fn paragraph(cause: &Cause<'_>, started: &RunStarted) -> String {
    let finding = cause.finding;
    let Some((first, others)) = cause.records.split_first() else { return String::new() };
    let severity = cause.severity().map(|severity| format!(" ({})", severity.name())).unwrap_or_default();
    let mut text = format!("\n#### {}: {}{}{severity}\n\n", finding.reason.name(), code(&cause.about()), times(cause));
    if let Some(words) = cause.fix() {
        text.push_str(&format!("{}\n\n", code(words)));
    }
    if let Some(promise) = finding.promise().filter(|_| first.verdict != Verdict::Error) {
        // A citation can come from a suite of the user's own.
        let source = if finding.source.is_some() { code(promise.source) } else { words(promise.source) };
        text.push_str(&format!("**{}** {} ({source})\n\n", promise.basis.word(), words(promise.text)));
    }
    text.push_str(&format!("- case {}: {}\n", code(&first.id), code(&first.title)));
    text.push_str(&format!("- expected {}\n", code(&finding.expected)));
    text.push_str(&format!("- received {}\n", code(&finding.received)));
    for further in first.findings.iter().skip(1).take(LISTED) {
        let received = code(&further.received);
        text.push_str(&format!("- further finding: {} {}: {received}\n", further.reason.name(), code(&further.clause)));
    }
    if !others.is_empty() {
        text.push_str(&format!("- also {}\n", also(others)));
    }
    commands(&mut text, first, started);
    text
}

/// The commands that play the test again, and send its call again.
fn commands(text: &mut String, first: &CaseRecord, started: &RunStarted) {
    let note = paste::note(started)
        .map(|words| format!(", {words}").replace("--target or --defect", "`--target` or `--defect`"));
    let (note, replay) = (note.unwrap_or_default(), fenced(&paste::replay(started, first)));
    text.push_str(&format!("\nTo play it again{note}:\n\n{replay}"));
    if first.curl.chars().count() > LONGEST_COMMAND {
        text.push_str("\nThe command that sends the call again is too long for this page.\n");
    } else if !first.curl.is_empty() {
        text.push_str(&format!("\nTo send the call alone:\n\n{}", fenced(&first.curl)));
    }
}

fn times(cause: &Cause<'_>) -> String {
    match cause.records.len() {
        1 => String::new(),
        count => format!(" in {count} tests"),
    }
}

fn also(others: &[&CaseRecord]) -> String {
    let mut listed: Vec<String> = others.iter().take(LISTED).map(|record| code(&record.id)).collect();
    if others.len() > LISTED {
        listed.push(format!("and {} more", others.len() - LISTED));
    }
    listed.join(", ")
}

/// The entries of the known-deviations file that have to be changed.
fn problems(page: &mut String, judged: &Judged) {
    let problems: Vec<String> = known::problems(judged).map(|(_, words)| words).collect();
    if problems.is_empty() {
        return;
    }
    page.push_str("\n### known deviations that need a look\n\n");
    for words in problems.iter().take(CAUSES) {
        page.push_str(&format!("- {}\n", code(words)));
    }
    if problems.len() > CAUSES {
        page.push_str(&format!("- and {} more\n", problems.len() - CAUSES));
    }
}

/// The known deviations, which nobody has to look at again, folded up.
fn known_ones(page: &mut String, judged: &Judged) {
    let records: Vec<&CaseRecord> =
        judged.run.cases.iter().filter(|record| excused(judged, record).is_some()).collect();
    if records.is_empty() {
        return;
    }
    page.push_str(&format!("\n<details><summary>{} known deviations</summary>\n\n", records.len()));
    let mut shown = 0;
    for record in &records {
        let why = excused(judged, record).unwrap_or_default();
        let line = format!("- {} {}: {}\n", record.verdict.name(), code(&record.id), code(&why));
        if page.len() + line.len() > LONGEST_PAGE {
            break;
        }
        page.push_str(&line);
        shown += 1;
    }
    if shown < records.len() {
        page.push_str(&format!("- and {} more\n", records.len() - shown));
    }
    page.push_str("\n</details>\n");
}

/// One line for each reason why tests were skipped.
fn skipped(page: &mut String, judged: &Judged) {
    let causes = causes(judged, Verdict::Skip);
    if causes.is_empty() {
        return;
    }
    page.push_str("\n<details><summary>skipped</summary>\n\n");
    for cause in causes.iter().take(CAUSES) {
        let finding = cause.finding;
        let line = format!(
            "- {} in {}: expected {}, received {}\n",
            finding.reason.name(),
            plural(cause.records.len(), "test"),
            code(&finding.expected),
            code(&finding.received)
        );
        page.push_str(&line);
    }
    if causes.len() > CAUSES {
        page.push_str(&format!("- and {} more causes\n", causes.len() - CAUSES));
    }
    page.push_str("\n</details>\n");
}

/// Our own text: punctuation that Markdown would take for markup is escaped.
fn words(text: &str) -> String {
    let (mut escaped, mut buffer) = (String::with_capacity(text.len()), [0; 4]);
    for character in text.chars() {
        if "\\`*_[]<>#|~&".contains(character) {
            escaped.push('\\');
        }
        // Otherwise it would mention a user.
        escaped.push_str(if character == '@' { "`@`" } else { character.encode_utf8(&mut buffer) });
    }
    escaped
}

/// Text from outside in one line, between more backticks than it has in a row.
fn code(text: &str) -> String {
    let text = printable(&shortened(text, MOST_CHARACTERS));
    if text.trim().is_empty() {
        return "(nothing)".to_owned();
    }
    let ticks = "`".repeat(longest_run(&text) + 1);
    // Backticks at the ends would be taken for the delimiter. One blank on both sides prevents it, and is not shown.
    let blank = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) { " " } else { "" };
    format!("{ticks}{blank}{text}{blank}{ticks}")
}

/// A command of one or more lines, in a block with a fence that the command can't close.
fn fenced(command: &str) -> String {
    let lines: Vec<String> = command.lines().map(printable).collect();
    let text = lines.join("\n");
    let ticks = "`".repeat(longest_run(&text).max(2) + 1);
    format!("{ticks}sh\n{text}\n{ticks}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_not_ended_by_what_is_in_it() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a``b`"), "``` a``b` ```");
        assert_eq!(code("<b>\n"), "`<b>\\u{a}`");
        assert_eq!(code(" "), "(nothing)");
        assert_eq!(fenced("a ```` b\nc"), "`````sh\na ```` b\nc\n`````\n");
        assert_eq!(words("a <= *b* (@c)"), "a \\<= \\*b\\* (`@`c)");
    }
}
