//! `report`: renders an event stream that was written earlier.

use super::args::ReportArguments;
use super::exit::{Exit, Failure};
use super::{again, gate, github, output, reports, stream};
use crate::gate::Judged;
use crate::report::{self, View};

/// Reads the stream and writes the reports, or the summary if none is asked for. It is no gate: what the run came to does
/// not show in the exit code, and neither does that it died, which is said on standard error.
pub fn report(arguments: &ReportArguments) -> Result<Exit, Failure> {
    let destinations = reports::open_as("--to", &arguments.to)?;
    let rules = gate::rules(arguments.known.as_deref(), &[])?;
    let judged = Judged::by(stream::read("--from", &arguments.from)?, rules);
    if destinations.is_empty() {
        let step = github::Step::begin();
        let (again, stream) = (again::recorded(&judged.run), Some(again::word(&arguments.from)));
        output::print(&report::summary_for(&judged, &View { arguments: again, stream, ..output::view() }));
        step.end();
    }
    for path in reports::write(&destinations, &judged)? {
        output::note(&format!("wrote {}", path.display()));
    }
    Ok(Exit::Green)
}
