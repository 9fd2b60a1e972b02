//! Plays trials, and prints their matrix.

use std::time::Instant;

use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressDrawTarget};

use super::matrix::Matrix;
use super::signatures;
use super::stage::{AT_ONCE, Stage};
use super::trial::{Aim, Played, Trial};
use crate::cli::args::SelftestArguments;
use crate::cli::exit::{Exit, Failure};
use crate::cli::values::seed_or_random;
use crate::cli::{output, run};
use crate::runner::Stop;
use crate::server::defect::{self, Defect};
use crate::server::variant::{self, Variant};

/// Plays what was asked for, prints the matrix, and gives the exit code.
pub async fn selftest(arguments: &SelftestArguments) -> Result<Exit, Failure> {
    let mut trials = trials(&arguments.names)?;
    if arguments.all {
        trials.iter_mut().for_each(|trial| trial.patterns.clear());
    }
    trials.iter_mut().for_each(|trial| trial.profile = arguments.profile);
    let stop = Stop::default();
    let mut watcher = Box::pin(run::watch(stop.clone()));
    // Polled once, so that an interrupt is noticed before anything is announced.
    tokio::select! {
        biased;
        () = &mut watcher => {}
        () = std::future::ready(()) => {}
    }
    let watcher = tokio::spawn(watcher);
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    if output::is_watched() {
        bar.set_draw_target(ProgressDrawTarget::stderr());
    }
    bar.set_length(u64::try_from(trials.len()).unwrap_or(u64::MAX));
    let seed = seed_or_random(arguments.seed);
    if let Some(path) = &arguments.signatures {
        return signatures::write(path, trials, seed, &stop, &bar).await;
    }
    output::line(&format!("selftest: {}; seed {seed}", announced(&trials)));
    let matrix = play(trials, seed, &stop, |_| bar.inc(1)).await?;
    bar.finish_and_clear();
    watcher.abort();
    output::print(&matrix.text());
    Ok(if stop.is_stopped() {
        Exit::Interrupted
    } else if matrix.is_green() {
        Exit::Green
    } else {
        Exit::Red
    })
}

/// How much is going to be played.
fn announced(trials: &[Trial]) -> String {
    let defects = trials.iter().filter(|trial| matches!(trial.aim, Aim::Red { .. })).count();
    format!("{defects} with a defect, {} that have to stay green, {AT_ONCE} at a time", trials.len() - defects)
}

/// The trials with these names; without names all of them and the clean server.
///
/// # Errors
/// A name of neither a defect nor a variant.
pub fn trials(names: &[String]) -> Result<Vec<Trial>, Failure> {
    if names.is_empty() {
        let trials = defect::all().map(Trial::of_defect).chain(variant::all().map(Trial::of_variant));
        // The longest first, so that it does not end last.
        return Ok(std::iter::once(Trial::clean()).chain(trials).collect());
    }
    let find = |name: &String| {
        let defect = Defect::find(name).map(Trial::of_defect);
        defect.or_else(|| Variant::find(name).map(Trial::of_variant)).ok_or_else(|| {
            let message = format!(
                "there is no defect and no variant `{name}`; `proofmark list defects` and `proofmark list variants` show all"
            );
            Failure::text(Exit::Usage, message)
        })
    };
    names.iter().map(find).collect()
}

/// Plays trials, some at a time, until all are done or it is stopped. `done` is called for each.
///
/// # Errors
/// No port, or suites that can't be read.
pub async fn play(
    trials: Vec<Trial>,
    seed: u64,
    stop: &Stop,
    mut done: impl FnMut(&Played),
) -> Result<Matrix, Failure> {
    let (begun, all) = (Instant::now(), trials.len());
    let stage = Stage::new(seed)?;
    let unstarted = stream::iter(trials.into_iter().enumerate().take_while(|_| !stop.is_stopped()));
    let mut running = unstarted
        .map(|(index, trial)| {
            let stage = &stage;
            async move { (index, stage.play(trial, stop).await) }
        })
        .buffer_unordered(AT_ONCE);
    let mut played = Vec::new();
    while let Some((index, result)) = running.next().await {
        let result = result?;
        done(&result);
        played.push((index, result));
    }
    // In the order of the list, whichever was done first.
    played.sort_by_key(|(index, _)| *index);
    let played: Vec<Played> = played.into_iter().map(|(_, played)| played).collect();
    Ok(Matrix { seed, unplayed: all - played.len(), played, elapsed: begun.elapsed() })
}
