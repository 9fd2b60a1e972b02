//! The arguments that play a run again: printed for the reader, kept in the stream, and read from there.

use std::path::{Path, PathBuf};

use super::args::RunArguments;
use super::exit::{Exit, Failure};
use crate::outcome::{CaseRecord, MadeWith, Profile, RunRecord, RunStarted};
use crate::runner::target_file;
use crate::wire::shell;

/// The arguments, in addition to the seed, that play the same run again.
pub fn arguments(arguments: &RunArguments) -> String {
    words(&made_with(arguments), arguments.profile)
}

/// The same for a recorded run; `None` if its stream does not have them.
pub fn recorded(run: &RunRecord) -> Option<String> {
    let RunStarted { made_with, profile, .. } = &run.started;
    let other = Some(*profile).filter(|profile| *profile != Profile::default());
    made_with.as_deref().map(|with| words(with, other))
}

fn words(with: &MadeWith, profile: Option<Profile>) -> String {
    let target = with.target_file.as_ref().map(|path| format!("--target {}", word(Path::new(path))));
    let defect = with.defect.as_ref().map(|name| format!("--defect {name}"));
    let variants = with.variants.iter().map(|name| format!("--variant {name}"));
    let profile = profile.map(|profile| format!("--profile {}", profile.name()));
    target.into_iter().chain(defect).chain(variants).chain(profile).collect::<Vec<_>>().join(" ")
}

/// The same for the event stream.
pub fn made_with(arguments: &RunArguments) -> MadeWith {
    let named = |path: &PathBuf| path.display().to_string();
    MadeWith {
        target_file: arguments.target.as_ref().map(named),
        defect: arguments.defect.clone(),
        variants: arguments.variants.clone(),
        suites: arguments.suites.iter().map(named).collect(),
    }
}

/// Takes the target and the own suites from a recorded run, unless the command line gives them.
///
/// # Errors
/// Something does not exist any more or was never recorded; the error names the option to give.
pub fn take(stream: &Path, run: &RunRecord, id: &str, arguments: &mut RunArguments) -> Result<(), Failure> {
    let says_target = arguments.target.is_some() || arguments.defect.is_some() || !arguments.variants.is_empty();
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
        (arguments.defect, arguments.variants) = (with.defect.clone(), with.variants.clone());
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
    shell::word(&path.display().to_string(), "/._-+=:@%")
}

fn missing(stream: &Path, why: &str) -> Failure {
    Failure::text(Exit::Usage, format!("--from {}: {why}", stream.display()))
}
