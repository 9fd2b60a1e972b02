//! What a command needs to play the same again: said to a reader, kept in the stream, and taken from there.

use std::path::{Path, PathBuf};

use super::args::RunArguments;
use super::exit::{Exit, Failure};
use crate::outcome::{CaseRecord, MadeWith, Profile, RunRecord, RunStarted};
use crate::runner::target_file;
use crate::wire::shell;

/// What a command needs besides the seed to play the same again.
pub fn arguments(arguments: &RunArguments) -> String {
    words(&made_with(arguments), arguments.profile)
}

/// The same for a recorded run; `None` where its stream does not say it.
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

/// Takes from a recorded run what the command line does not say of the target and of own suites.
///
/// # Errors
/// What is not there any more or was never recorded, and the option that says it.
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
    // Of what was fuzzed the record alone knows the file.
    let of_id = of_id.into_iter().filter_map(|record| record.suite.as_ref());
    let of_run = run.started.made_with.iter().flat_map(|with| &with.suites);
    for suite in of_run.chain(of_id) {
        let path = PathBuf::from(suite);
        if !path.is_file() {
            let why = format!("the run had the suite {suite}, which can't be read here; say where it is: --suite FILE");
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
    let mend = "say what to play against: --target FILE, or --defect NAME for the embedded reference server";
    let Some(with) = &started.made_with else {
        return Err(format!("{was}, and the stream does not say by which target file; {mend}"));
    };
    let Some(file) = &with.target_file else {
        (arguments.defect, arguments.variants) = (with.defect.clone(), with.variants.clone());
        return Ok(());
    };
    let path = PathBuf::from(file);
    match target_file::base_url(&path) {
        None => Err(format!("{was}, by the target file {file}, which can't be read here; {mend}")),
        Some(url) if url.trim_end_matches('/') != started.base_url => {
            Err(format!("{was}, and the target file {file} names {url} now; {mend}"))
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
