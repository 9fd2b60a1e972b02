//! `report`: renders an event stream that was written earlier.

use super::args::ReportArguments;
use super::exit::{Exit, Failure};
use super::{again, gate, github, output, reports, stream};
use crate::gate::Judged;
use crate::report::{self, View};

/// Reads the stream and writes the reports, or the summary if no report is asked for. It is not a gate: the exit code depends
/// neither on the verdicts of the run nor on whether the run came to its end. A missing end is reported on standard error.
pub fn report(arguments: &ReportArguments) -> Result<Exit, Failure> {
    let destinations = reports::open(&arguments.reports)?;
    let rules = gate::rules(arguments.known.as_deref(), &[])?;
    let judged = Judged::by(stream::read("report", arguments.stream.path())?, rules);
    if destinations.is_empty() {
        let step = github::Step::begin();
        let stream = Some(again::word(arguments.stream.path()));
        output::print(&report::summary_for(&judged, &View { stream, ..output::view() }));
        step.end();
    }
    for path in reports::write(&destinations, &judged)? {
        output::note(&format!("wrote {}", path.display()));
    }
    Ok(Exit::Green)
}
