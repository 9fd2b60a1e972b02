//! Event streams that were written earlier.

use std::fs::File;
use std::io::stdin;
use std::path::Path;

use super::exit::{Exit, Failure};
use super::{compression, output};
use crate::outcome::RunRecord;
use crate::report::{self, Stream};

/// The run that a file holds; `-` is standard input. A run that did not come to its end is reported, but it is not an error.
pub fn read(option: &str, path: &Path) -> Result<RunRecord, Failure> {
    let failed = |error: String| Failure::text(Exit::Config, format!("{option} {}: {error}", path.display()));
    let content =
        if path == Path::new("-") { compression::read(stdin()) } else { File::open(path).and_then(compression::read) };
    let content = content.map_err(|error| failed(error.to_string()))?;
    let stream = report::read_run(content).map_err(|error| failed(error.to_string()))?;
    if let Some(words) = unfinished(&stream) {
        output::note(&format!("{option} {}: {words}", path.display()));
    }
    Ok(stream.run)
}

/// What is missing from a run that died.
fn unfinished(stream: &Stream) -> Option<String> {
    let run = &stream.run;
    if run.finished.is_some() {
        return None;
    }
    let ran = run.cases.iter().filter(|record| record.protocol != "all").count();
    let cut = stream.cut.map(|line| format!("line {line} is cut off and left out, and ")).unwrap_or_default();
    Some(format!("{cut}the run did not come to its end: {ran} of {} tests are there", run.started.tests))
}

/// The same, but only for a run that played the cases: fuzzing makes other cases in each run.
pub fn read_played(option: &str, path: &Path) -> Result<RunRecord, Failure> {
    let run = read(option, path)?;
    if run.started.fuzzed {
        let message = "its cases were drawn by --fuzz, and their names mean nothing in another run";
        return Err(Failure::text(Exit::Config, format!("{option} {}: {message}", path.display())));
    }
    Ok(run)
}
