//! Event streams that were written earlier.

use std::fs::File;
use std::io::{BufReader, stdin};
use std::path::Path;

use super::exit::{Exit, Failure};
use crate::outcome::{Event, RunRecord};
use crate::report;

/// The run that a file holds; `-` is standard input.
pub fn read(option: &str, path: &Path) -> Result<RunRecord, Failure> {
    let failed = |error: std::io::Error| Failure::text(Exit::Config, format!("{option} {}: {error}", path.display()));
    let events = if path == Path::new("-") {
        report::read_events(BufReader::new(stdin().lock()))
    } else {
        report::read_events(BufReader::new(File::open(path).map_err(failed)?))
    };
    let events = events.map_err(failed)?;
    if let Some(Event::RunStarted(started)) = events.first()
        && started.format != Event::FORMAT
    {
        let (there, version) = (started.format, &started.version);
        let why = format!("events of form {there}, written by version {version}; this version reads {}", Event::FORMAT);
        return Err(Failure::text(Exit::Config, format!("{option} {}: {why}", path.display())));
    }
    RunRecord::fold(events).ok_or_else(|| {
        let mend = "it is no stream of one run; `proofmark run --report ndjson=FILE` writes one";
        Failure::text(Exit::Config, format!("{option} {}: {mend}", path.display()))
    })
}

/// The same, of a run that played the cases: fuzzing makes others in each run.
pub fn read_played(option: &str, path: &Path) -> Result<RunRecord, Failure> {
    let run = read(option, path)?;
    if run.started.fuzzed {
        let message = "its cases were drawn by --fuzz, and have no names that another run would give them";
        return Err(Failure::text(Exit::Config, format!("{option} {}: {message}", path.display())));
    }
    Ok(run)
}
