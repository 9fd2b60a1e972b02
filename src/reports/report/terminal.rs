//! The output for people: one line for each case in CI, and the summary that explains each failure.

use std::collections::BTreeMap;

use super::causes::{Cause, causes, pattern};
use super::text::{entry, printable, push, wrapped};
use super::view::View;
use super::{diagnosis_text, known};
use crate::gate::Judged;
use crate::outcome::pace;
use crate::outcome::{CaseRecord, Concern, Profile, Reason, RunRecord, Verdict};
use crate::words::plural;

/// How many further ids are listed for each cause.
const LISTED: usize = 2;
/// Columns of a label.
const INDENT: usize = 12;
/// The fewest columns for prose, however narrow the terminal is.
const LEAST: usize = 24;
/// How many causes are shown.
const CAUSES: usize = 40;

/// One test in one line, such as `fail      v2/u2f/rest/limits/name-201  accepted-invalid: accepted: 200`.
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

/// The whole summary: causes in the order in which to look at them, then counts and the statement.
pub fn summary(judged: &Judged) -> String {
    summary_for(judged, &View::default())
}

/// The same, for a given view.
pub fn summary_for(judged: &Judged, view: &View) -> String {
    let mut page = Page { text: String::new(), view, seed: judged.run.started.seed };
    let mut counted = Vec::new();
    let errors = causes(judged, Verdict::Error);
    for concern in Concern::ALL {
        let of_concern = |cause: &Cause<'_>| cause.finding.reason.concern() == Some(concern);
        let (fails, deviations) = match concern {
            Concern::Conformance => (causes(judged, Verdict::Fail), causes(judged, Verdict::Deviation)),
            _ => (Vec::new(), Vec::new()),
        };
        let groups: Vec<(Verdict, Vec<&Cause<'_>>)> = vec![
            (Verdict::Error, errors.iter().filter(|cause| of_concern(cause)).collect()),
            (Verdict::Fail, fails.iter().collect()),
            (Verdict::Deviation, deviations.iter().collect()),
        ];
        let count: usize = groups.iter().map(|(_, causes)| causes.len()).sum();
        if count > 0 {
            page.heading(concern);
            groups.iter().for_each(|(verdict, causes)| page.causes(*verdict, causes));
            counted.push((concern, count));
        }
    }
    let skips = causes(judged, Verdict::Skip);
    page.causes(Verdict::Skip, &skips.iter().collect::<Vec<_>>());
    let Page { mut text, .. } = page;
    known::describe(&mut text, judged);
    push(&mut text, &diagnosis_text::short(judged, view));
    counts(&mut text, judged, view);
    if let Some(next) = next(&counted) {
        line(&mut text, view, "next", &next);
    }
    text
}

/// What to do first if tests have no verdict.
fn next(counted: &[(Concern, usize)]) -> Option<String> {
    let count = |concern| counted.iter().find(|(known, _)| *known == concern).map_or(0, |(_, count)| *count);
    let (configuration, setup) = (count(Concern::Configuration), count(Concern::Setup));
    let named: Vec<String> = [(configuration, Concern::Configuration), (setup, Concern::Setup)]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, concern)| format!("{} of {}", plural(count, "cause"), concern.name()))
        .collect();
    let rest = if count(Concern::Conformance) > 0 { "; the findings about conformance may follow from it" } else { "" };
    (!named.is_empty()).then(|| format!("fix {} first, then run again{rest}", named.join(", then ")))
}

/// A summary under way.
struct Page<'a> {
    text: String,
    view: &'a View,
    seed: u64,
}

impl Page<'_> {
    fn heading(&mut self, concern: Concern) {
        let words = match concern {
            Concern::Configuration => "the target file does not fit the target. The findings below may follow from it.",
            Concern::Setup => {
                "something that the cases need is missing. This is not a verdict on the target's conformance."
            }
            Concern::Conformance => "the target does not do what it should.",
            Concern::Harness => "a fault of proofmark itself. Please report it.",
        };
        let words = format!("{}: {words}", concern.name().to_uppercase());
        let lines = self.view.width.map_or_else(|| vec![words.clone()], |width| wrapped(&words, width));
        push(&mut self.text, &format!("{}\n\n", lines.join("\n")));
    }

    fn causes(&mut self, verdict: Verdict, causes: &[&Cause<'_>]) {
        for (index, cause) in causes.iter().enumerate() {
            if index == CAUSES {
                let more = format!("... and {} more causes of {}\n\n", causes.len() - CAUSES, verdict.name());
                return push(&mut self.text, &more);
            }
            if verdict == Verdict::Skip { self.skipped(cause) } else { self.cause(verdict, cause) }
        }
    }

    fn title(&mut self, verdict: Verdict, cause: &Cause<'_>) {
        let finding = cause.finding;
        let count = cause.records.len();
        let times = if count == 1 { String::new() } else { format!(" in {count} tests") };
        let about = printable(&cause.about());
        push(&mut self.text, &format!("{} {}: {about}{times}\n", verdict.name().to_uppercase(), finding.reason.name()));
    }

    fn cause(&mut self, verdict: Verdict, cause: &Cause<'_>) {
        self.title(verdict, cause);
        let finding = cause.finding;
        if let Some(promise) = finding.promise().filter(|_| verdict != Verdict::Error) {
            self.entry("promise", &promise.to_string());
            self.entry("source", promise.source);
        }
        if let Some(words) = cause.fix() {
            self.entry("fix", words);
        }
        let Some((first, others)) = cause.records.split_first() else { return };
        self.example(first);
        for (index, record) in others.iter().take(LISTED).enumerate() {
            self.whole(if index == 0 { "also" } else { "" }, &record.id);
        }
        if others.len() > LISTED {
            self.whole("", &format!("... and {} more", others.len() - LISTED));
        }
        self.next_steps(cause, first);
        // A reproduction may be kilobytes long. It comes last, so that it does not separate the lines that people read.
        for (index, line) in first.curl.lines().enumerate() {
            self.whole(if index == 0 { "reproduce" } else { "" }, line);
        }
        push(&mut self.text, "\n");
    }

    /// The commands that show more.
    fn next_steps(&mut self, cause: &Cause<'_>, first: &CaseRecord) {
        let (arguments, note) = match &self.view.arguments {
            Some(arguments) if arguments.is_empty() => (String::new(), ""),
            Some(arguments) => (format!(" {arguments}"), ""),
            None => (String::new(), "   (and the same --target or --defect)"),
        };
        let suite = first.suite.as_ref().map(|path| format!(" --suite {path}")).unwrap_or_default();
        self.whole(
            "replay",
            &format!("proofmark replay '{}' --seed {}{suite}{arguments}{note}", pattern(first), self.seed),
        );
        if first.suite.is_none() && first.case.contains('/') {
            self.whole("show", &format!("proofmark show {}", first.case));
        }
        if cause.records.len() > LISTED + 1 {
            let what =
                if cause.is_across_clauses() { cause.finding.reason.name() } else { cause.finding.clause.clone() };
            let (stream, note) = match &self.view.stream {
                Some(stream) => (stream.as_str(), ""),
                None => ("EVENTS", "   (EVENTS from a run with --report ndjson=EVENTS)"),
            };
            let label = format!("all {}", cause.records.len());
            self.whole(&label, &format!("proofmark show {what} --from {stream}{note}"));
        }
    }

    /// A skipped record needs no reproduction, and only a few lines.
    fn skipped(&mut self, cause: &Cause<'_>) {
        self.title(Verdict::Skip, cause);
        self.entry("expected", &cause.finding.expected);
        self.entry("received", &cause.finding.received);
        let shown = cause.records.iter().take(3).map(|record| record.id.as_str()).collect::<Vec<_>>().join(", ");
        let more = cause.records.len().saturating_sub(3);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        self.entry("case", &format!("{shown}{more}"));
        push(&mut self.text, "\n");
    }

    fn example(&mut self, record: &CaseRecord) {
        self.whole("case", &format!("{}{}", record.id, flaky(record)));
        self.entry("", &record.title);
        let Some((finding, further)) = record.findings.split_first() else { return };
        self.entry("expected", &finding.expected);
        self.entry("received", &finding.received);
        for (index, finding) in further.iter().take(LISTED).enumerate() {
            let words = format!("{} {}: {}", finding.reason.name(), finding.clause, finding.received);
            self.entry(if index == 0 { "further" } else { "" }, &words);
        }
        if further.len() > LISTED {
            self.whole("", &format!("... and {} more", further.len() - LISTED));
        }
    }

    /// One labelled paragraph, broken at the width.
    fn entry(&mut self, label: &str, words: &str) {
        let Some(width) = self.view.width else { return self.whole(label, words) };
        for (index, line) in wrapped(&printable(words), width.saturating_sub(INDENT).max(LEAST)).iter().enumerate() {
            entry(&mut self.text, if index == 0 { label } else { "" }, line);
        }
    }

    /// One labelled line that is never broken: an id, or a command to paste.
    fn whole(&mut self, label: &str, words: &str) {
        entry(&mut self.text, label, words);
    }
}

/// One labelled line of the end, broken at the width.
fn line(text: &mut String, view: &View, label: &str, words: &str) {
    let words = printable(words);
    let lines = view
        .width
        .map_or_else(|| vec![words.clone()], |width| wrapped(&words, width.saturating_sub(INDENT).max(LEAST)));
    for (index, words) in lines.iter().enumerate() {
        push(text, &format!("{:<9} {words}\n", if index == 0 { label } else { "" }));
    }
}

fn counts(text: &mut String, judged: &Judged, view: &View) {
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
    let ran = format!("{ran}{of} {}", if ran == 1 { "test" } else { "tests" });
    let gate = judged.gate_words().map(|words| format!("; {words}")).unwrap_or_default();
    let compared = format!("{} of protocols in {seconds:.1} s", plural(comparisons, "comparison"));
    let slow: Vec<String> = pace::slow(run).iter().map(pace::Slow::words).collect();
    for (label, words) in [
        ("target", Some(target(run))),
        ("ran", Some(format!("{ran} of {size}, {compared}{shard}"))),
        ("sent again", sent_again(run)),
        ("verdicts", Some(verdicts(run))),
        ("slow", (!slow.is_empty()).then(|| slow.join("; "))),
        ("stopped", run.stopped_words()),
        ("result", Some(format!("{}{}{gate}", run.statement().text(), profile(run)))),
    ] {
        words.iter().for_each(|words| line(text, view, label, words));
    }
}

/// The profile, if it is not the usual one.
fn profile(run: &RunRecord) -> String {
    match run.started.profile {
        Profile::Webauthn => String::new(),
        stricter => format!(" by the profile {}", stricter.name()),
    }
}

/// How many calls did not reach the target at first, and why.
pub(super) fn sent_again(run: &RunRecord) -> Option<String> {
    run.finished?.sent_again.words()
}

fn target(run: &RunRecord) -> String {
    let started = &run.started;
    format!("{} at {} (seed {})", started.target, started.base_url, started.seed)
}

/// The counts of a run that drew credentials, or sequences.
fn fuzz_counts(text: &mut String, run: &RunRecord, seconds: f64) {
    let size = format!("{} and {}", plural(run.started.cases, "case"), plural(run.started.clauses, "clause"));
    let sequences = run.cases.iter().find(|record| record.case == "model").and_then(|record| record.findings.first());
    let played = match sequences {
        Some(finding) => ("followed", format!("{}, in {seconds:.1} s", finding.received)),
        None => ("fuzzed", format!("with the mutations of {size}, in {seconds:.1} s")),
    };
    let mut lines = vec![("target", target(run)), played];
    for record in run.cases.iter().filter(|record| record.case == "fuzz") {
        let words = record.findings.first().map_or("", |finding| finding.received.as_str());
        lines.push(("", format!("{}/{}: {words}", record.flow, record.protocol)));
    }
    lines.extend(sent_again(run).map(|words| ("sent again", words)));
    let judged_otherwise = run.cases.iter().filter(|record| record.verdict == Verdict::Fail).count();
    lines.push(("found", plural(judged_otherwise, "disagreement")));
    let stopped = run.stopped_words();
    lines.extend(stopped.as_deref().map(|words| ("stopped", words.to_owned())));
    lines.push(("result", format!("{}{}", run.statement().text(), profile(run))));
    for (label, words) in lines {
        push(text, &format!("{label:<9} {}\n", printable(&words)));
    }
}

fn verdicts(run: &RunRecord) -> String {
    let tally = run.tally();
    let counted = Verdict::ALL.into_iter().filter(|verdict| tally.of(*verdict) > 0 || *verdict == Verdict::Pass);
    let counted: Vec<String> = counted.map(|verdict| format!("{} {}", tally.of(verdict), verdict.name())).collect();
    let mut text = counted.join(", ");
    if tally.unattributed > 0 {
        // Weak coverage: the target may have refused for another reason than the tested one.
        let words = format!("; {} of the passes {}", tally.unattributed, Reason::Unattributed.name());
        push(&mut text, &format!("{words} (refused, but nothing shows that it was for the right reason)"));
    }
    if tally.left_open > 0 {
        let words = format!("; {} of the passes {}", tally.left_open, Reason::LeftOpen.name());
        push(&mut text, &format!("{words} (they depend on behaviour that the target file does not declare)"));
    }
    text.extend(flaky_ones(run).map(|words| format!("; {words}")));
    text
}

/// How many records had another verdict in an earlier try, and which one, such as `3 flaky (at first 2 gateway, 1 crash)`.
pub(super) fn flaky_ones(run: &RunRecord) -> Option<String> {
    let flaky: Vec<&CaseRecord> = run.cases.iter().filter(|case| case.flaky).collect();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for finding in flaky.iter().filter_map(|record| record.earlier.first()) {
        *reasons.entry(finding.reason.name()).or_default() += 1;
    }
    let reasons: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let at_first = if reasons.is_empty() { String::new() } else { format!(" (at first {})", reasons.join(", ")) };
    (!flaky.is_empty()).then(|| format!("{} flaky{at_first}", flaky.len()))
}
