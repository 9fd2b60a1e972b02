//! The rules of the gate, and the exit code that follows from it.

use std::path::Path;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;

use super::args::Deny;
use super::exit::{Exit, Failure};
use super::github::Step;
use super::output;
use super::reports::{self, Destination};
use crate::gate::{Gate, Judged, Known, Rules};
use crate::report::{Summary, View};

/// Reads the known-deviations file, if there is one.
pub fn rules(known: Option<&Path>, deny: &[Deny]) -> Result<Rules, Failure> {
    let known = known.map(Known::read).transpose().map_err(Failure::config)?;
    let denies = |what| deny.contains(&what);
    let (deny_deviation, deny_flaky) = (denies(Deny::Deviation), denies(Deny::Flaky));
    Ok(Rules { known, today: today(), deny_deviation, deny_flaky })
}

/// In UTC, so that a date means the same on every machine.
fn today() -> Date {
    Offset::UTC.to_datetime(Timestamp::now()).date()
}

/// Prints the summary, writes the reports, and prints annotations for the CI service.
pub fn report(judged: &Judged, destinations: &[Destination], step: Step, view: &View) -> Result<(), Failure> {
    let Summary { glance, details, end } = Summary::of(judged, view);
    output::print(&glance);
    if !details.is_empty() {
        step.group("causes in full");
        output::print(&details);
        step.end_group();
    }
    output::print(&end);
    for path in reports::write(destinations, judged)? {
        output::note(&format!("wrote {}", path.display()));
    }
    step.annotate(judged);
    Ok(())
}

/// Precedence: 1, 6, 7, 0.
pub fn exit(judged: &Judged) -> Exit {
    match judged.gate() {
        Gate::Red => Exit::Red,
        Gate::Incomplete => Exit::Incomplete,
        Gate::Broken => Exit::KnownBroken,
        Gate::Green => Exit::Green,
    }
}
