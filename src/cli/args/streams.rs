//! Verbs about runs that were made before: `known`, `reasons`, `diff`, `merge`, `judge`, `report` and `show`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::run::Deny;
use crate::cli::reports;
use crate::outcome::Profile;

/// `known`
#[derive(Debug, Args)]
pub struct KnownArguments {
    /// What to do
    #[command(subcommand)]
    pub verb: KnownVerb,
}

/// What `known` can do.
#[derive(Debug, Subcommand)]
pub enum KnownVerb {
    /// Print entries for the fails and deviations that are new in a run
    Suggest {
        /// The run's events, as `run --report ndjson=FILE` writes them
        #[arg(long, value_name = "EVENTS")]
        from: PathBuf,
        /// What is known already
        #[arg(long, value_name = "FILE")]
        known: Option<PathBuf>,
        /// Append the entries to the known-deviations file, which need not be there yet
        #[arg(long, requires = "known")]
        write: bool,
    },
    /// Show what a run says can be taken out of a known-deviations file
    Prune {
        /// The run's events, as `run --report ndjson=FILE` writes them
        #[arg(long, value_name = "EVENTS")]
        from: PathBuf,
        /// The file
        #[arg(long, value_name = "FILE")]
        known: PathBuf,
        /// Take it out
        #[arg(long)]
        write: bool,
    },
}

/// `reasons`
#[derive(Debug, Args)]
pub struct ReasonsArguments {
    /// What to do
    #[command(subcommand)]
    pub verb: ReasonsVerb,
}

/// What `reasons` can do.
#[derive(Debug, Subcommand)]
pub enum ReasonsVerb {
    /// Print entries of [reasons] for the refusals of a run that nothing attributes yet
    Suggest {
        /// The run's events, as `run --report ndjson=EVENTS` writes them; `-` is standard input
        #[arg(value_name = "EVENTS")]
        stream: PathBuf,
        /// Take the map that is there from this target file, in place of the one that the run was judged by
        #[arg(long, value_name = "FILE")]
        target: Option<PathBuf>,
    },
}

/// `diff`
#[derive(Debug, Args)]
pub struct DiffArguments {
    /// The earlier run's events
    pub before: PathBuf,
    /// The later run's events
    pub after: PathBuf,
    /// For people, or for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,
}

/// What `diff --format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Grouped by cause
    Text,
    /// One object
    Json,
}

/// `merge`
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// The events of every shard, each once
    #[arg(required = true, value_name = "EVENTS")]
    pub shards: Vec<PathBuf>,
    /// Write a report of the whole, as NAME=PATH; can be repeated
    #[arg(long = "report", value_name = "NAME=PATH")]
    pub reports: Vec<String>,
    /// Excuse the fails and deviations of this file
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
    /// Make the exit code 1 for this too; can be repeated
    #[arg(long, value_name = "WHAT")]
    pub deny: Vec<Deny>,
}

/// `judge`
#[derive(Debug, Args)]
pub struct JudgeArguments {
    /// Event stream, as `run --report ndjson=EVENTS` writes it; `-` is standard input
    #[arg(value_name = "EVENTS")]
    pub stream: PathBuf,
    /// Write a report, as NAME=PATH; can be repeated
    #[arg(long = "report", value_name = "NAME=PATH")]
    pub reports: Vec<String>,
    /// Judge by the [reasons] of this target file, in place of those that the run was judged by
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Hold the target to another profile than the run did: webauthn, fido or strict
    #[arg(long, value_name = "PROFILE", value_parser = Profile::from_name)]
    pub profile: Option<Profile>,
    /// Excuse the fails and deviations of this file
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
    /// Make the exit code 1 for this too; can be repeated
    #[arg(long, value_name = "WHAT")]
    pub deny: Vec<Deny>,
}

/// `report`
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The event stream; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    #[arg(long = "to", value_name = "NAME=PATH", help = reports::help(),
          long_help = format!("{}; without it the summary is printed", reports::help()))]
    pub to: Vec<String>,
    /// Known deviations: what an entry excuses is shown as known
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
}

/// `show`
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Id of a case, test, clause, mutation or defect; with --from also a reason, such as control-failed
    pub id: String,
    /// Show every call of this recorded run instead; of a clause or reason, every record that it decided
    #[arg(long, value_name = "EVENTS")]
    pub from: Option<PathBuf>,
}
