//! What holds for a run where the command line says nothing: the environment, then the target file, then what is usual.

use std::path::{Path, PathBuf};

use clap::ValueEnum as _;

use super::args::{Deny, RunArguments};
use super::exit::{Exit, Failure};
use super::{again, output, stream};
use crate::outcome::{CaseRecord, Verdict};
use crate::runner::target_file::{self, RunTable};

/// Tests that run at the same time.
pub const JOBS: u16 = 16;

/// The target file that is used without being named.
const HERE: &str = "target.toml";

/// The arguments with everything that they leave open.
pub fn filled(mut arguments: RunArguments) -> Result<RunArguments, Failure> {
    if let Some(path) = arguments.failed_from.clone() {
        take_failed(&path, &mut arguments)?;
    }
    if arguments.target.is_none() && !is_of_reference_server(&arguments) {
        arguments.target = target();
    }
    arguments.seed = or_variable(arguments.seed, "PROOFMARK_SEED", "a whole number")?;
    arguments.jobs = or_variable(arguments.jobs, "PROOFMARK_JOBS", "a number from 1 to 1024")?;
    let table = arguments.target.as_deref().map(target_file::run_table).transpose().map_err(Failure::config)?;
    if let Some(table) = table.flatten() {
        take_table(table, &mut arguments)?;
    }
    if arguments.jobs.is_some_and(|jobs| !(1..=1024).contains(&jobs)) {
        return Err(Failure::text(Exit::Usage, "jobs: write a number from 1 to 1024"));
    }
    Ok(arguments)
}

/// The target file of the environment, or the one in this directory, which is said.
pub fn target() -> Option<PathBuf> {
    let here = || {
        Path::new(HERE).is_file().then(|| {
            output::note(&format!("target    ./{HERE}, since it is in this directory"));
            PathBuf::from(HERE)
        })
    };
    variable("PROOFMARK_TARGET").map(PathBuf::from).or_else(here)
}

fn is_of_reference_server(arguments: &RunArguments) -> bool {
    arguments.embedded || !arguments.defects.is_empty() || !arguments.variants.is_empty()
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

fn or_variable<T: std::str::FromStr>(given: Option<T>, name: &str, form: &str) -> Result<Option<T>, Failure> {
    let Some(text) = variable(name).filter(|_| given.is_none()) else { return Ok(given) };
    let value = text.parse().map_err(|_| Failure::text(Exit::Usage, format!("{name}={text}: write {form}")))?;
    Ok(Some(value))
}

/// The table `[run]` of a target file.
fn take_table(table: RunTable, arguments: &mut RunArguments) -> Result<(), Failure> {
    let names_tests = !arguments.patterns.is_empty() || arguments.fuzz.is_some() || arguments.model.is_some();
    if !names_tests {
        arguments.patterns = table.patterns;
    }
    for (given, usual) in [(&mut arguments.exclude, table.exclude), (&mut arguments.reports, table.reports)] {
        if given.is_empty() {
            *given = usual;
        }
    }
    arguments.seed = arguments.seed.or(table.seed);
    arguments.jobs = arguments.jobs.or(table.jobs);
    if arguments.deny.is_empty() && arguments.fuzz.is_none() {
        let deny = |word: &String| Deny::from_str(word, false);
        let denied: Result<Vec<Deny>, String> = table.deny.iter().map(deny).collect();
        arguments.deny = denied.map_err(|_| Failure::text(Exit::Config, "[run] deny: write deviation or flaky"))?;
    }
    Ok(())
}

/// What failed in a recorded run, with its seed, its target and its suites.
fn take_failed(path: &Path, arguments: &mut RunArguments) -> Result<(), Failure> {
    let run = stream::read_played("--failed-from", path)?;
    let is_bad = |record: &&CaseRecord| matches!(record.verdict, Verdict::Fail | Verdict::Error);
    // What a whole run says of all its calls is not a test.
    let failed: Vec<&CaseRecord> = run.cases.iter().filter(is_bad).filter(|record| !record.flow.is_empty()).collect();
    // A comparison of protocols stands for its tests.
    arguments.patterns = failed.iter().map(|record| record.id.replacen("/all/", "/*/", 1)).collect();
    arguments.patterns.sort();
    arguments.patterns.dedup();
    if failed.is_empty() {
        let message =
            format!("--failed-from {}: nothing failed in this run, so there is nothing to play", path.display());
        return Err(Failure::text(Exit::NothingSelected, message));
    }
    arguments.seed = arguments.seed.or(Some(run.started.seed));
    if !arguments.embedded {
        again::take(path, &run, &failed[0].id, arguments)?;
    }
    Ok(())
}
