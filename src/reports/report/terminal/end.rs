//! The end of a summary, which is what a terminal still shows: the run, its verdict, the gravest causes and what to do next.

use super::figures::{flaky_ones, seconds, sent_again};
use super::fuzz;
use super::glance;
use super::page::Page;
use super::skipped;
use crate::gate::{Gate, Judged};
use crate::outcome::pace;
use crate::outcome::{Concern, Profile, Reason, RunRecord, Slow, Verdict};
use crate::report::causes::Cause;
use crate::report::text::printable;
use crate::report::view::{Tone, View};
use crate::report::{known, paste};
use crate::words::plural;

/// How many of the gravest causes are named again.
const GRAVEST: usize = 3;
/// Columns of a label.
const LABEL: usize = 10;

/// The lines of the end.
pub(super) fn end(judged: &Judged, causes: &[Cause<'_>], view: &View) -> String {
    let mut page = Page::new(view);
    let run = &judged.run;
    page.line("target", &target(run));
    for (label, words) in made(run) {
        page.line(label, &words);
    }
    if run.started.fuzzed {
        fuzz::counts(&mut page, run);
    } else {
        counts(&mut page, run);
    }
    result(&mut page, judged, "");
    gravest(&mut page, causes);
    next(&mut page, run, causes);
    page.text
}

/// The verdict with the seed, and a line for each cause and for each known deviation that needs a look. No line is broken.
pub(super) fn brief(judged: &Judged, causes: &[Cause<'_>], view: &View) -> String {
    let view = View { width: usize::MAX, ..view.clone() };
    let mut page = Page::new(&view);
    causes.iter().for_each(|cause| page.push(&glance::line(cause, &view, 0)));
    known::problems(judged).for_each(|(_, words)| page.prose(&printable(&words)));
    judged.run.stopped_words().iter().for_each(|words| page.line("stopped", words));
    result(&mut page, judged, &format!(" (seed {})", judged.run.started.seed));
    page.text
}

fn target(run: &RunRecord) -> String {
    let started = &run.started;
    format!("{} at {} (seed {})", started.target, started.base_url, started.seed)
}

/// When and where the run was made, and what it is called.
fn made(run: &RunRecord) -> Vec<(&'static str, String)> {
    let occasion = &run.started.occasion;
    let host = occasion.host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default();
    let when = occasion.started.map(|time| format!("{time}{host}, version {}", run.started.version));
    let labels: Vec<String> = occasion.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let labels = (!labels.is_empty()).then(|| labels.join(", "));
    when.map(|words| ("started", words)).into_iter().chain(labels.map(|words| ("labels", words))).collect()
}

fn counts(page: &mut Page<'_>, run: &RunRecord) {
    let started = &run.started;
    let comparisons = run.cases.iter().filter(|case| case.protocol == "all").count();
    let ran = run.cases.len() - comparisons;
    let of = if ran == started.available { String::new() } else { format!(" of {}", started.available) };
    let shard = started.shard.map(|shard| format!(" (shard {} of {})", shard.index, shard.count)).unwrap_or_default();
    let size = format!("{} and {}", plural(started.cases, "case"), plural(started.clauses, "clause"));
    let ran = format!("{ran}{of} {}", if ran == 1 { "test" } else { "tests" });
    let compared = format!("{} of protocols in {:.1} s", plural(comparisons, "comparison"), seconds(run));
    page.line("ran", &format!("{ran} of {size}, {compared}{shard}"));
    sent_again(run).iter().for_each(|words| page.line("sent again", words));
    verdicts(page, run);
    let width = page.view.width.saturating_sub(LABEL);
    skipped::words(run, width).iter().for_each(|words| page.command("skipped", words));
    let slow: Vec<String> = pace::slow(run).iter().map(Slow::words).collect();
    if !slow.is_empty() {
        page.line("slow", &slow.join("; "));
    }
    run.stopped_words().iter().for_each(|words| page.line("stopped", words));
}

/// Three lines at most: the counts, and what the passes do not show.
fn verdicts(page: &mut Page<'_>, run: &RunRecord) {
    let tally = run.tally();
    let counted = Verdict::ALL.into_iter().filter(|verdict| tally.of(*verdict) > 0 || *verdict == Verdict::Pass);
    let mut counted: Vec<String> = counted.map(|verdict| format!("{} {}", tally.of(verdict), verdict.name())).collect();
    counted.extend(flaky_ones(run));
    page.line("verdicts", &counted.join(", "));
    for (count, reason, why) in [
        // Weak coverage: the target may have refused for another reason than the tested one.
        (tally.unattributed, Reason::Unattributed, "refused, perhaps for another reason"),
        (tally.left_open, Reason::LeftOpen, "the target file does not declare it"),
    ] {
        if count > 0 {
            page.line("", &format!("{count} of the passes {}: {why}", reason.name()));
        }
    }
}

fn result(page: &mut Page<'_>, judged: &Judged, seed: &str) {
    let run = &judged.run;
    let gate = judged.gate_words().map(|words| format!("; {words}")).unwrap_or_default();
    let words = format!("{}{}{seed}{gate}", run.statement().text(), profile(run));
    let tone = match judged.gate() {
        Gate::Green => Tone::Good,
        Gate::Red => Tone::Bad,
        Gate::Incomplete | Gate::Broken => Tone::Warning,
    };
    // The words are ours, but for the path of the known-deviations file, which they do not have.
    let before = page.text.len();
    page.line("result", &words);
    let line = page.text.split_off(before);
    for (index, line) in line.lines().enumerate() {
        let (label, words) = line.split_at(LABEL.min(line.len()));
        let words = if index == 0 { page.view.paint(tone, words) } else { words.to_owned() };
        page.push(&format!("{label}{words}\n"));
    }
}

/// The profile, if it is not the usual one.
fn profile(run: &RunRecord) -> String {
    match run.started.profile {
        Profile::Webauthn => String::new(),
        stricter => format!(" by the profile {}", stricter.name()),
    }
}

/// Fails first, since they are what the target has to answer for.
fn gravest(page: &mut Page<'_>, causes: &[Cause<'_>]) {
    if causes.len() < 2 {
        return;
    }
    let mut gravest: Vec<&Cause<'_>> = causes.iter().collect();
    gravest.sort_by_key(|cause| std::cmp::Reverse(cause.verdict()));
    for (index, cause) in gravest.iter().take(GRAVEST).enumerate() {
        let line = glance::line(cause, page.view, LABEL);
        page.push(&format!("{:<9} {line}", if index == 0 { "gravest" } else { "" }));
    }
}

/// What to do first. If tests have no verdict because of the set-up, that comes first.
fn next(page: &mut Page<'_>, run: &RunRecord, causes: &[Cause<'_>]) {
    let of = |concern| causes.iter().filter(|cause| cause.finding.reason.concern() == Some(concern)).count();
    let named: Vec<String> = [Concern::Configuration, Concern::Setup]
        .into_iter()
        .filter(|concern| of(*concern) > 0)
        .map(|concern| format!("{} of {}", plural(of(concern), "cause"), concern.name()))
        .collect();
    if !named.is_empty() {
        let rest =
            if of(Concern::Conformance) > 0 { "; the findings about conformance may follow from it" } else { "" };
        page.line("next", &format!("fix {} first, then run again{rest}", named.join(", then ")));
        if let Some(command) = paste::check(&run.started) {
            return page.command("", &command);
        }
    }
    if let Some(first) = causes.first().and_then(|cause| cause.records.first()) {
        let note = paste::note(&run.started).map(|words| format!("   ({words})")).unwrap_or_default();
        let label = if named.is_empty() { "next" } else { "" };
        page.command(label, &format!("{}{note}", paste::replay(&run.started, first)));
    }
}
