//! The arguments that play a run again: kept in the stream, and read from there.

use std::path::{Path, PathBuf};

use super::args::RunArguments;
use super::exit::{Exit, Failure};
use crate::outcome::{CaseRecord, MadeWith, RunRecord};
use crate::report;
use crate::runner::target_file;

/// The most patterns that are kept: `--failed-from` can make thousands.
const PATTERNS: usize = 64;

/// What the event stream keeps of the command line.
pub fn made_with(arguments: &RunArguments) -> MadeWith {
    let named = |path: &PathBuf| path.display().to_string();
    MadeWith {
        target_file: arguments.target.as_ref().map(named),
        defects: arguments.defects.clone(),
        variants: arguments.variants.clone(),
        suites: arguments.suites.iter().map(named).collect(),
        patterns: arguments.patterns.iter().take(PATTERNS).cloned().collect(),
        command: Some(command()),
    }
}

/// The command line of this process, as a line of a shell.
fn command() -> String {
    let words = std::env::args_os().skip(1).map(|word| report::word(&word.to_string_lossy()));
    std::iter::once("proofmark".to_owned()).chain(words).collect::<Vec<_>>().join(" ")
}

/// Takes the target and the own suites from a recorded run, unless the command line gives them.
///
/// # Errors
/// Something does not exist any more or was never recorded; the error names the option to give.
pub fn take(stream: &Path, run: &RunRecord, id: &str, arguments: &mut RunArguments) -> Result<(), Failure> {
    let says_target = arguments.target.is_some() || !arguments.defects.is_empty() || !arguments.variants.is_empty();
    if !says_target {
        target(run, arguments).map_err(|why| missing(stream, &why))?;
    }
    let of_id: Vec<&CaseRecord> = run.cases.iter().filter(|record| record.id == id || record.case == id).collect();
    let is_built_in = !of_id.is_empty() && of_id.iter().all(|record| record.suite.is_none());
    if !arguments.suites.is_empty() || is_built_in {
        return Ok(());
    }
    // For a fuzzed case only the record names the file.
    let of_id = of_id.into_iter().filter_map(|record| record.suite.as_ref());
    let of_run = run.started.made_with.iter().flat_map(|with| &with.suites);
    for suite in of_run.chain(of_id) {
        let path = PathBuf::from(suite);
        if !path.is_file() {
            let why =
                format!("the run used the suite {suite}, which can't be read here; say where it is with --suite FILE");
            return Err(missing(stream, &why));
        }
        if !arguments.suites.contains(&path) {
            arguments.suites.push(path);
        }
    }
    Ok(())
}

fn target(run: &RunRecord, arguments: &mut RunArguments) -> Result<(), String> {
    let started = &run.started;
    let was = format!("the run was against {} at {}", started.target, started.base_url);
    let fix = "give the target: --target FILE, or --defect NAME for the embedded reference server";
    let Some(with) = &started.made_with else {
        return Err(format!("{was}, and the stream does not name the target file; {fix}"));
    };
    let Some(file) = &with.target_file else {
        (arguments.defects, arguments.variants) = (with.defects.clone(), with.variants.clone());
        return Ok(());
    };
    let path = PathBuf::from(file);
    match target_file::base_url(&path) {
        None => Err(format!("{was}, with the target file {file}, which can't be read here; {fix}")),
        Some(url) if url.trim_end_matches('/') != started.base_url => {
            Err(format!("{was}, and the target file {file} names {url} now; {fix}"))
        }
        Some(_) => {
            arguments.target = Some(path);
            Ok(())
        }
    }
}

/// A path as a word of a shell.
pub fn word(path: &Path) -> String {
    report::word(&path.display().to_string())
}

fn missing(stream: &Path, why: &str) -> Failure {
    Failure::text(Exit::Usage, format!("--from {}: {why}", stream.display()))
}
