//! `replay`: plays single tests again and shows every call.

use super::args::{ReplayArguments, RunArguments};
use super::exit::{Exit, Failure};
use super::values::seed_or_random;
use super::{accounts, again, gate, github, output, run, stream};
use crate::gate::Judged;
use crate::outcome::{CaseRecord, Event, RunRecord};
use crate::report;
use crate::runner::Stop;

/// How many tests one replay may show.
const MOST: usize = 12;

/// Plays the tests of the id with the seed, prints each call, and compares with the recorded verdicts if there are any.
pub async fn replay(arguments: ReplayArguments) -> Result<Exit, Failure> {
    let recorded = arguments.from.as_deref().map(|path| stream::read("--from", path)).transpose()?;
    let seed = arguments.seed.or(recorded.as_ref().map(|run| run.started.seed));
    let mut run_arguments = RunArguments {
        patterns: vec![arguments.id.clone()],
        target: arguments.target.clone(),
        defects: arguments.defects.clone(),
        variants: arguments.variants.clone(),
        seed: Some(seed_or_random(seed)),
        timeout: arguments.timeout.clone(),
        profile: arguments.profile.or(recorded.as_ref().map(|run| run.started.profile)),
        suites: arguments.suites.clone(),
        ..RunArguments::default()
    };
    if let Some((path, run)) = arguments.from.as_deref().zip(recorded.as_ref()) {
        again::take(path, run, &arguments.id, &mut run_arguments)?;
    }
    let step = github::Step::begin();
    let stop = Stop::default();
    let watcher = tokio::spawn(run::watch(stop.clone()));
    let begun = tokio::select! {
        begun = run::prepare(&run_arguments) => begun?,
        () = stop.stopped() => {
            accounts::interrupted(run_arguments.target.as_deref()).await;
            return Ok(Exit::Interrupted);
        }
    };
    let tests = begun.runner.started().tests;
    if tests > MOST {
        begun.keeper.close().await;
        let message = format!(
            "`{}` names {tests} tests, more than the {MOST} that are shown; name one, such as those of \
             `proofmark show {0}`",
            arguments.id
        );
        return Err(Failure::text(Exit::Usage, message));
    }
    let mut events = Vec::new();
    let finished = begun.runner.run(&stop, |event: &Event| events.push(event.clone())).await;
    begun.keeper.close().await;
    watcher.abort();
    let played = RunRecord::fold(events).ok_or_else(|| Failure::text(Exit::Internal, "the run has no first event"))?;
    for record in &played.cases {
        output::line(&report::transcript(record, played.started.profile));
        if let Some(before) = recorded.as_ref().and_then(|run| run.cases.iter().find(|known| known.id == record.id)) {
            output::line(&format!("{:<9} {}\n", "recorded", compared(before, record)));
        }
    }
    output::line(&format!("{:<9} {}", "seed", played.started.seed));
    step.end();
    Ok(if finished.interrupted { Exit::Interrupted } else { gate::exit(&Judged::new(played)) })
}

fn compared(before: &CaseRecord, now: &CaseRecord) -> String {
    if (before.verdict, before.reason) == (now.verdict, now.reason) {
        return "the same verdict".to_owned();
    }
    format!("{} ({}); the result is different now", before.verdict.name(), before.reason.name())
}
