//! The dictionary that `diagnose` explains runs with: what each defect shows if a server has it alone.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;

use super::stage::{AT_ONCE, Stage};
use super::trial::{Aim, Trial};
use crate::cli::exit::{Exit, Failure};
use crate::cli::output;
use crate::diagnosis::{Common, Dictionary, Known, Observed, Place, Signature};
use crate::runner::Stop;
use crate::server::defect::{Defect, Shows};

/// The entry of a defect: our words for it, and what it shows.
pub fn known(defect: &Defect, signature: Signature) -> Known {
    let (id, clause) = (defect.id.to_owned(), defect.clause.to_owned());
    Known { id, clause, wrong: defect.summary.to_owned(), look: defect.look(), signature }
}

/// Plays a part of the default plan against a server with a defect, then every test of the cases that find it. `None` if it was
/// stopped.
///
/// # Errors
/// No port, or a pattern that matches nothing.
pub async fn signature(stage: &Stage, trial: &Trial, stop: &Stop) -> Result<Option<Signature>, Failure> {
    let whole = Trial { patterns: Vec::new(), ..trial.clone() };
    let own = stage.plan(trial)?;
    let played_whole: BTreeSet<String> = own.tests.iter().map(|test| test.case.id.clone()).collect();
    let mut records = Vec::new();
    for (trial, plan) in [(&whole, stage.thin()), (trial, own)] {
        match stage.run(trial, plan, stop).await? {
            Some(run) if !stop.is_stopped() => records.extend(run.cases),
            _ => return Ok(None),
        }
    }
    let choices = stage.choices();
    let of_case = |case: &str| match choices.get(case) {
        Some(choices) if !played_whole.contains(case) => *choices,
        _ => 1,
    };
    Ok(Some(Signature::of(&Observed::of(&records), of_case)))
}

/// What the same part of the default plan shows of a server with these defects; `None` if it was stopped.
///
/// # Errors
/// No port.
pub async fn observed(stage: &Stage, defects: Vec<&'static Defect>, stop: &Stop) -> Result<Option<Observed>, Failure> {
    let trial = Trial { defects, aim: Aim::Red { clause: "", shows: Shows::Fail }, ..Trial::clean() };
    let run = stage.run(&trial, stage.thin(), stop).await?;
    Ok(run.filter(|_| !stop.is_stopped()).map(|run| Observed::of(&run.cases)))
}

/// Plays every defect among the trials and writes what it shows into the file. Defects that are not played stay in the file as they
/// are, unless they do not exist any more.
pub async fn write(
    path: &Path,
    trials: Vec<Trial>,
    seed: u64,
    stop: &Stop,
    bar: &ProgressBar,
) -> Result<Exit, Failure> {
    let failed = |error: String| Failure::text(Exit::Config, format!("--signatures {}: {error}", path.display()));
    let mut dictionary = match std::fs::read_to_string(path) {
        Ok(text) => Dictionary::read(&text).map_err(|error| failed(error.to_string()))?,
        Err(_) => Dictionary::default(),
    };
    let trials: Vec<Trial> =
        trials.into_iter().filter(|trial| !trial.defects.is_empty() && trial.is_played()).collect();
    bar.set_length(u64::try_from(trials.len()).unwrap_or(u64::MAX));
    output::line(&format!("signatures: {} defects, {AT_ONCE} at a time; seed {seed}", trials.len()));
    let stage = Stage::new(seed)?;
    let mut running = stream::iter(trials)
        .take_while(|_| std::future::ready(!stop.is_stopped()))
        .map(|trial| {
            let stage = &stage;
            async move { (signature(stage, &trial, stop).await, trial) }
        })
        .buffer_unordered(AT_ONCE);
    while let Some((signature, trial)) = running.next().await {
        let Some(signature) = signature? else { continue };
        for defect in trial.defects {
            dictionary.defects.insert(defect.id.to_owned(), known(defect, signature.clone()));
        }
        bar.inc(1);
    }
    dictionary.defects.retain(|id, _| Defect::find(id).is_some());
    dictionary.common = common(&stage);
    bar.finish_and_clear();
    std::fs::write(path, dictionary.text()).map_err(|error| failed(error.to_string()))?;
    output::line(&format!("wrote {} signatures to {}", dictionary.defects.len(), path.display()));
    Ok(if stop.is_stopped() { Exit::Interrupted } else { Exit::Green })
}

/// The cases that every signature is made with. A drawn sequence is another one in each run.
fn common(stage: &Stage) -> BTreeMap<String, Common> {
    let choices = stage.choices();
    let mut common: BTreeMap<String, Common> = BTreeMap::new();
    for test in stage.thin().tests.iter().filter(|test| !test.case.id.starts_with("model/")) {
        let common = common.entry(test.case.id.clone()).or_default();
        common.choices = choices.get(test.case.id.as_str()).copied().unwrap_or(1);
        let place = Place::of(test.protocol.slug());
        *common.cells.entry(test.flow.slug().to_owned()).or_default() |= place.bit();
    }
    common
}
