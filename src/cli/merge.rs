//! `merge`: merges the shards of a run into one.

use super::args::MergeArguments;
use super::exit::{Exit, Failure};
use super::{gate, github, output, reports, stream};
use crate::gate::Judged;
use crate::outcome;

/// Reads every stream, merges them, writes reports, and returns the gate's exit code.
pub fn merge(arguments: &MergeArguments) -> Result<Exit, Failure> {
    let rules = gate::rules(arguments.known.as_deref(), &arguments.deny)?;
    let destinations = reports::open(&arguments.reports)?;
    let read = |path: &std::path::PathBuf| Ok((path.display().to_string(), stream::read("merge", path)?));
    let shards: Vec<_> = arguments.shards.iter().map(read).collect::<Result<_, Failure>>()?;
    let run = outcome::merge(shards).map_err(Failure::config)?;
    let judged = Judged::by(run, rules);
    gate::report(&judged, &destinations, github::Step::begin(), &output::view())?;
    Ok(gate::exit(&judged))
}
