//! `judge`: judges a recorded run again, with the checks of this build.

use super::args::JudgeArguments;
use super::exit::{Exit, Failure};
use super::{again, gate, github, output, reports, stream};
use crate::gate::Judged;
use crate::outcome::RunRecord;
use crate::report;
use crate::runner::judge::rejudge::{Changed, rejudge};
use crate::runner::target_file;

/// How many changed verdicts are listed.
const LISTED: usize = 40;

/// Judges the stream again, prints what changed, and returns the gate's exit code.
pub fn judge(arguments: &JudgeArguments) -> Result<Exit, Failure> {
    let rules = gate::rules(arguments.known.as_deref(), &arguments.deny)?;
    let destinations = reports::open(&arguments.reports)?;
    let mut run = stream::read("judge", arguments.stream.path())?;
    if let Some(path) = &arguments.target {
        let reasons = target_file::reasons(path).map_err(Failure::config)?;
        run.started.reasons = reasons.pairs();
    }
    run.started.profile = arguments.profile.unwrap_or(run.started.profile);
    let changed = rejudge(&mut run);
    let step = github::Step::begin();
    output::print(&changes(&run, &changed));
    let interrupted = run.finished.is_none_or(|finished| finished.interrupted);
    let judged = Judged::by(run, rules);
    let stream = Some(again::word(arguments.stream.path()));
    gate::report(&judged, &destinations, step, &report::View { stream, ..output::view() })?;
    Ok(if interrupted { Exit::Interrupted } else { gate::exit(&judged) })
}

fn changes(run: &RunRecord, changed: &[Changed]) -> String {
    let mut lines =
        vec![format!("judged again: {} records, {} of them with another result", run.cases.len(), changed.len())];
    let bare = run.cases.iter().filter(|record| record.is_without_calls()).count();
    if bare > 0 {
        lines.push(format!("not judged again: {bare} passes without calls on record; `run --record all` records them"));
    }
    for Changed { before: (verdict, reason), index } in changed.iter().take(LISTED) {
        let after = &run.cases[*index];
        let clause = after.findings.first().map(|finding| finding.clause.as_str()).unwrap_or_default();
        let was = format!("{} ({})", verdict.name(), reason.name());
        let is = format!("{} ({})", after.verdict.name(), after.reason.name());
        lines.push(report::printable(&format!("  {}: was {was}, is {is} for {clause}", after.id)));
    }
    if changed.len() > LISTED {
        lines.push(format!("  ... and {} more", changed.len() - LISTED));
    }
    lines.join("\n") + "\n\n"
}
