//! Commands to paste: every report has the same line for the same thing.

use crate::outcome::{CaseRecord, MadeWith, Profile, RunStarted};
use crate::wire::shell;

/// What a reader has to add to a command if the stream does not say how the run was made.
pub(super) const INCOMPLETE: &str = "with the same --target or --defect";

/// Characters of a word that a shell leaves alone.
const PLAIN: &str = "/._-+=:@%,";

/// The tests that play a record's case again, as a pattern. A comparison has no test of its own; it has the tests that it compares.
fn pattern(record: &CaseRecord) -> Option<String> {
    match (record.protocol.as_str(), record.id.strip_prefix(&record.flow).and_then(|rest| rest.strip_prefix("/all/"))) {
        ("all", Some(rest)) => Some(format!("{}/*/{rest}", record.flow)),
        // A finding about the whole run.
        ("all", None) if !record.case.contains('/') => None,
        ("all", None) => Some(record.case.clone()),
        _ => Some(record.id.clone()),
    }
}

/// The command that plays a record's case again and shows every call; for a finding about the whole run, the command that plays the run.
pub(super) fn replay(started: &RunStarted, record: &CaseRecord) -> String {
    let Some(pattern) = pattern(record) else { return again(started) };
    let mut words = vec!["proofmark replay".to_owned(), format!("'{pattern}'"), format!("--seed {}", started.seed)];
    words.extend(record.suite.as_ref().map(|path| format!("--suite {}", word(path))));
    words.extend(target(started));
    words.join(" ")
}

/// The command that plays the whole run again: the one that was typed, with the seed.
pub(super) fn again(started: &RunStarted) -> String {
    let seed = format!("--seed {}", started.seed);
    match started.made_with.as_deref() {
        Some(MadeWith { command: Some(command), .. }) if command.contains("--seed") => command.clone(),
        Some(MadeWith { command: Some(command), .. }) => format!("{command} {seed}"),
        _ => ["proofmark run".to_owned(), seed].into_iter().chain(target(started)).collect::<Vec<_>>().join(" "),
    }
}

/// What a reader has to add to the commands; `None` if they are complete.
pub(super) fn note(started: &RunStarted) -> Option<&'static str> {
    started.made_with.is_none().then_some(INCOMPLETE)
}

/// The command that looks at the set-up; `None` for the reference server, and if the target file is not known.
pub(super) fn check(started: &RunStarted) -> Option<String> {
    let file = started.made_with.as_deref()?.target_file.as_deref()?;
    Some(format!("proofmark check --target {}", word(file)))
}

/// The options that name the target and the profile.
fn target(started: &RunStarted) -> Vec<String> {
    let RunStarted { made_with, profile, .. } = started;
    let mut words = Vec::new();
    if let Some(with) = made_with.as_deref() {
        words.extend(with.target_file.as_ref().map(|path| format!("--target {}", word(path))));
        words.extend(with.defects.iter().map(|name| format!("--defect {}", word(name))));
        words.extend(with.variants.iter().map(|name| format!("--variant {}", word(name))));
        words.extend((*profile != Profile::default()).then(|| format!("--profile {}", profile.name())));
    }
    words
}

/// A text as a word of a shell.
pub fn word(text: &str) -> String {
    shell::word(text, PLAIN)
}
