//! What can follow `load`: one load, or something else.

use clap::{Args, Subcommand};

use super::capacity::{CalibrateArguments, FindArguments};
use super::load::LoadArguments;
use super::records::RecordVerb;

/// `load`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct LoadCommand {
    /// Something other than one load
    #[command(subcommand)]
    pub verb: Option<LoadVerb>,
    /// One load
    #[command(flatten)]
    pub load: LoadArguments,
}

/// What else `load` can do.
#[derive(Debug, Subcommand)]
pub enum LoadVerb {
    /// What is done with recorded runs
    #[command(flatten)]
    Records(RecordVerb),
    /// Look for the highest rate at which a target keeps an objective
    Find(Box<FindArguments>),
    /// Measure what this machine's load generator can do at most
    Calibrate(CalibrateArguments),
}
