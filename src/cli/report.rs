//! `report`: renders an event stream that was written earlier.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::Path;

use super::args::ReportArguments;
use super::exit::{Exit, Failure};
use super::{output, reports};
use crate::gate::Judged;
use crate::report::{self, Stream, StreamError};

/// Reads the stream and writes the reports, or the summary if none is asked for. It is no gate: what the run came to does
/// not show in the exit code, and neither does that it died, which is said on standard error.
pub fn report(arguments: &ReportArguments) -> Result<Exit, Failure> {
    let destinations = reports::open_as("--to", &arguments.to)?;
    let stream = read(&arguments.from)?;
    if let Some(words) = unfinished(&stream) {
        output::note(&format!("{}: {words}", name(&arguments.from)));
    }
    let judged = Judged::new(stream.run);
    if destinations.is_empty() {
        output::print(&report::summary(&judged));
    }
    for path in reports::write(&destinations, &judged)? {
        output::note(&format!("wrote {}", path.display()));
    }
    Ok(Exit::Green)
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

fn name(path: &Path) -> String {
    if is_standard_input(path) { "standard input".to_owned() } else { path.display().to_string() }
}

fn read(path: &Path) -> Result<Stream, Failure> {
    let failed = |error: StreamError| Failure::text(Exit::Config, format!("{}: {error}", name(path)));
    if is_standard_input(path) {
        return report::read_run(io::stdin().lock()).map_err(failed);
    }
    let file = File::open(path).map_err(|error| Failure::text(Exit::Config, format!("{}: {error}", name(path))))?;
    report::read_run(BufReader::new(file)).map_err(failed)
}

/// What is missing of a run that died.
fn unfinished(stream: &Stream) -> Option<String> {
    let run = &stream.run;
    if run.finished.is_some() {
        return None;
    }
    let ran = run.cases.iter().filter(|record| record.protocol != "all").count();
    let cut = stream.cut.map(|line| format!("line {line} is cut off and left out, and ")).unwrap_or_default();
    Some(format!("{cut}the run did not come to its end: {ran} of {} permutations are there", run.started.permutations))
}
