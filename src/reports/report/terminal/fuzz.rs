//! The counts of a run that drew credentials, or sequences.

use super::figures::{seconds, sent_again};
use super::page::Page;
use crate::outcome::{RunRecord, Verdict};
use crate::words::plural;

pub(super) fn counts(page: &mut Page<'_>, run: &RunRecord) {
    let seconds = seconds(run);
    let size = format!("{} and {}", plural(run.started.cases, "case"), plural(run.started.clauses, "clause"));
    let sequences = run.cases.iter().find(|record| record.case == "model").and_then(|record| record.findings.first());
    match sequences {
        Some(finding) => page.line("followed", &format!("{}, in {seconds:.1} s", finding.received)),
        None => page.line("fuzzed", &format!("with the mutations of {size}, in {seconds:.1} s")),
    }
    for record in run.cases.iter().filter(|record| record.case == "fuzz") {
        let words = record.findings.first().map_or("", |finding| finding.received.as_str());
        page.line("", &format!("{}/{}: {words}", record.flow, record.protocol));
    }
    sent_again(run).iter().for_each(|words| page.line("sent again", words));
    let judged_otherwise = run.cases.iter().filter(|record| record.verdict == Verdict::Fail).count();
    page.line("found", &plural(judged_otherwise, "disagreement"));
    run.stopped_words().iter().for_each(|words| page.line("stopped", words));
}
