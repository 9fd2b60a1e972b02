//! Event streams that were written earlier.

use std::fs::File;
use std::io::{BufReader, stdin};
use std::path::Path;

use super::exit::{Exit, Failure};
use crate::outcome::RunRecord;
use crate::report;

/// The run that a file holds; `-` is standard input.
pub fn read(option: &str, path: &Path) -> Result<RunRecord, Failure> {
    let failed = |error: std::io::Error| Failure::text(Exit::Config, format!("{option} {}: {error}", path.display()));
    let events = if path == Path::new("-") {
        report::read_events(BufReader::new(stdin().lock()))
    } else {
        report::read_events(BufReader::new(File::open(path).map_err(failed)?))
    };
    RunRecord::fold(events.map_err(failed)?).ok_or_else(|| {
        let mend = "it is no stream of one run; `proofmark run --report ndjson=FILE` writes one";
        Failure::text(Exit::Config, format!("{option} {}: {mend}", path.display()))
    })
}
