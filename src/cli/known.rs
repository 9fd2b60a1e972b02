//! `known`: writes entries of a known-deviations file, and removes them.

use std::path::Path;

use similar::TextDiff;

use super::args::{KnownArguments, KnownVerb};
use super::exit::{Exit, Failure};
use super::{gate, output, stream};
use crate::gate::{Judged, Pruned, append, prune, suggest};
use crate::report::printable;

/// Does what the verb says.
pub fn known(arguments: &KnownArguments) -> Result<Exit, Failure> {
    match &arguments.verb {
        KnownVerb::Suggest { stream, known, write } => suggest_entries(stream.path(), known.as_deref(), *write),
        KnownVerb::Prune { stream, known, write } => prune_file(stream.path(), known, *write),
    }
}

fn suggest_entries(events: &Path, known: Option<&Path>, write: bool) -> Result<Exit, Failure> {
    let run = stream::read_played("known suggest", events)?;
    // The file to be written need not exist yet.
    let there = known.filter(|path| !write || path.exists());
    let rules = gate::rules(there, &[])?;
    let suggestions = suggest(&Judged::by(run, rules));
    if suggestions.is_empty() {
        output::note("there are no new fails or deviations to excuse");
        return Ok(Exit::Green);
    }
    let records: usize = suggestions.iter().map(|suggestion| suggestion.records.len()).sum();
    let entries = if suggestions.len() == 1 { "1 entry" } else { &format!("{} entries", suggestions.len()) };
    let excuse =
        format!("{entries} for {records} fails and deviations; fill in `why`, and `expires` if it is temporary");
    match known.filter(|_| write) {
        Some(path) => {
            let text = if there.is_some() { read(path)? } else { String::new() };
            store(path, &append(&text, &suggestions))?;
            output::note(&format!("{}: appended {excuse}", path.display()));
        }
        None => {
            output::print(&append("", &suggestions));
            output::note(&excuse);
        }
    }
    Ok(Exit::Green)
}

fn prune_file(events: &Path, known: &Path, write: bool) -> Result<Exit, Failure> {
    let run = stream::read_played("known prune", events)?;
    let judged = Judged::by(run, gate::rules(Some(known), &[])?);
    let text = read(known)?;
    let pruned = prune(&text, &judged);
    if write && pruned.text != text {
        store(known, &pruned.text)?;
    }
    if !write && pruned.text != text {
        let name = known.display().to_string();
        let diff = TextDiff::from_lines(text.as_str(), pruned.text.as_str());
        let diff = diff.unified_diff().header(&name, &name).to_string();
        // The file may quote the target.
        output::print(&diff.lines().map(|line| printable(line) + "\n").collect::<String>());
    }
    told(known, &pruned, write);
    Ok(Exit::Green)
}

fn told(known: &Path, pruned: &Pruned, write: bool) {
    let (name, done) = (known.display(), if write { "" } else { " with --write" });
    let list = |lines: &[usize]| lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    if pruned.removed.is_empty() && pruned.narrowed.is_empty() {
        output::note(&format!("{name}: nothing in it is stale in this run"));
    }
    if !pruned.removed.is_empty() {
        output::note(&format!(
            "{name}: {} stale, removed{done} (line {})",
            pruned.removed.len(),
            list(&pruned.removed)
        ));
    }
    if !pruned.narrowed.is_empty() {
        output::note(&format!(
            "{name}: patterns whose tests all pass, removed{done} (line {})",
            list(&pruned.narrowed)
        ));
    }
    if !pruned.too_wide.is_empty() {
        let lines = list(&pruned.too_wide);
        output::note(&format!(
            "{name}: some of the tests that these entries match pass; narrow the entries by hand (line {lines})"
        ));
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path).map_err(|error| Failure::text(Exit::Config, format!("{}: {error}", path.display())))
}

fn store(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| Failure::text(Exit::Config, format!("{}: {error}", path.display())))
}
