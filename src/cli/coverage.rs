//! `coverage`: clauses by protocol, of a recorded run or of a run that is played for it.

use super::args::{CoverageArguments, CoverageForm, CoverageState, RunArguments};
use super::exit::{Exit, Failure};
use super::{accounts, output, run, stream};
use crate::outcome::{Event, RunRecord};
use crate::report::coverage::{self, State};
use crate::runner::Stop;
use crate::scenario::Pattern;

/// Prints the table. A gap in coverage is not an error, unless `--deny` says otherwise.
pub async fn coverage(arguments: CoverageArguments) -> Result<Exit, Failure> {
    let pattern = arguments.clause.as_deref().map(Pattern::new).transpose();
    let pattern = pattern.map_err(|error| Failure::new(Exit::Usage, error))?;
    let recorded = arguments.stream.as_deref().or(arguments.from.as_deref());
    let run = match recorded {
        Some(path) => stream::read("--from", path)?,
        None => play(&arguments).await?,
    };
    let takes = |id: &str| pattern.as_ref().is_none_or(|pattern| pattern.means_id(id));
    let selected = coverage::coverage(&run).filtered(None, takes);
    if selected.rows.is_empty() {
        let text = arguments.clause.unwrap_or_default();
        let message = format!("--clause {text}: no clause matches it; `proofmark list clauses` shows all");
        return Err(Failure::text(Exit::NothingSelected, message));
    }
    let denied: Vec<String> = arguments
        .deny
        .iter()
        .map(|state| State::from(*state))
        .filter(|state| selected.with(*state) > 0)
        .map(|state| format!("{} {}", selected.with(state), state.name()))
        .collect();
    let shown = selected.filtered(arguments.state.map(State::from), |_| true);
    match arguments.format {
        CoverageForm::Text => output::print(&coverage::text(&run, &shown, output::width())),
        CoverageForm::Json => output::line(&shown.json_text(&run)),
    }
    if !denied.is_empty() {
        output::note(&format!("denied clauses: {}", denied.join(", ")));
        return Ok(Exit::Red);
    }
    if recorded.is_some() {
        return Ok(Exit::Green);
    }
    if let Some(words) = run.stopped_words() {
        output::note(&words);
        return Ok(Exit::Incomplete);
    }
    let interrupted = run.finished.is_none_or(|finished| finished.interrupted);
    Ok(if interrupted { Exit::Interrupted } else { Exit::Green })
}

/// Plays the default run without output.
async fn play(arguments: &CoverageArguments) -> Result<RunRecord, Failure> {
    let run_arguments = RunArguments {
        target: arguments.target.clone(),
        defects: arguments.defects.clone(),
        suites: arguments.suites.clone(),
        seed: arguments.seed,
        timeout: arguments.timeout.clone(),
        jobs: Some(arguments.jobs),
        ..RunArguments::default()
    };
    let stop = Stop::default();
    let watcher = tokio::spawn(run::watch(stop.clone()));
    let begun = tokio::select! {
        begun = run::prepare(&run_arguments) => begun?,
        () = stop.stopped() => {
            accounts::interrupted(arguments.target.as_deref()).await;
            return Err(Failure::text(Exit::Interrupted, "interrupted before the run began"));
        }
    };
    begun.runner.leave_out_calls_of_passes();
    let mut events = Vec::new();
    begun.runner.run(&stop, |event: &Event| events.push(event.clone())).await;
    begun.keeper.close().await;
    watcher.abort();
    RunRecord::fold(events).ok_or_else(|| Failure::text(Exit::Internal, "the run has no first event"))
}

impl From<CoverageState> for State {
    fn from(state: CoverageState) -> State {
        match state {
            CoverageState::Violated => State::Violated,
            CoverageState::Weak => State::Weak,
            CoverageState::NotVerified => State::NotVerified,
            CoverageState::Verified => State::Verified,
            CoverageState::Excluded => State::Excluded,
        }
    }
}
