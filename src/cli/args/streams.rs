//! Verbs about recorded runs: `known`, `reasons`, `diff`, `merge`, `judge`, `report` and `show`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::run::Deny;
use crate::cli::reports;
use crate::outcome::Profile;

/// Where a recorded run is: an argument, or `--from`.
#[derive(Debug, Args)]
#[group(id = "recorded", required = true, multiple = false)]
pub struct StreamArguments {
    /// Event stream, as `run --report ndjson=EVENTS` writes it; `-` is standard input
    #[arg(value_name = "EVENTS")]
    stream: Option<PathBuf>,
    /// The same as an option
    #[arg(long, value_name = "EVENTS")]
    from: Option<PathBuf>,
}

impl StreamArguments {
    /// The path; one of the two is required.
    pub fn path(&self) -> &Path {
        self.stream.as_deref().or(self.from.as_deref()).unwrap_or(Path::new("-"))
    }
}

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
    /// Print entries for the new fails and deviations of a run
    Suggest {
        /// The run
        #[command(flatten)]
        stream: StreamArguments,
        /// File of the deviations that are known already
        #[arg(long, value_name = "FILE")]
        known: Option<PathBuf>,
        /// Append the entries to the known-deviations file, which need not exist yet
        #[arg(long, requires = "known")]
        write: bool,
    },
    /// Show which entries of a known-deviations file can be removed after a run
    Prune {
        /// The run
        #[command(flatten)]
        stream: StreamArguments,
        /// The known-deviations file
        #[arg(long, value_name = "FILE")]
        known: PathBuf,
        /// Remove them from the file
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
    /// Print entries of [reasons] for the refusals of a run that are not attributed yet
    Suggest {
        /// The run
        #[command(flatten)]
        stream: StreamArguments,
        /// Take the existing [reasons] from this target file, instead of those that the run was judged by
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
    /// Text for people, or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiffFormat,
}

/// What `diff --format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    /// Text, grouped by cause
    Text,
    /// One JSON object
    Json,
}

/// `diagnose`
#[derive(Debug, Args)]
pub struct DiagnoseArguments {
    /// The run
    #[command(flatten)]
    pub stream: StreamArguments,
    /// Text for people, or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: DiagnosisFormat,
}

/// What `diagnose --format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiagnosisFormat {
    /// Text, a paragraph for each cause
    Text,
    /// One JSON object
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
    /// Make the exit code 1 for this as well; can be repeated
    #[arg(long, value_name = "WHAT")]
    pub deny: Vec<Deny>,
}

/// `judge`
#[derive(Debug, Args)]
pub struct JudgeArguments {
    /// The run
    #[command(flatten)]
    pub stream: StreamArguments,
    /// Write a report, as NAME=PATH; can be repeated
    #[arg(long = "report", value_name = "NAME=PATH")]
    pub reports: Vec<String>,
    /// Judge by the [reasons] of this target file, instead of those that the run was judged by
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Judge by another profile than the run did: webauthn, fido or strict
    #[arg(long, value_name = "PROFILE", value_parser = Profile::from_name)]
    pub profile: Option<Profile>,
    /// Excuse the fails and deviations of this file
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
    /// Make the exit code 1 for this as well; can be repeated
    #[arg(long, value_name = "WHAT")]
    pub deny: Vec<Deny>,
}

/// `report`
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The run
    #[command(flatten)]
    pub stream: StreamArguments,
    #[arg(long = "report", alias = "to", value_name = "NAME=PATH", help = reports::help(),
          long_help = format!("{}; without it the summary is printed", reports::help()))]
    pub reports: Vec<String>,
    /// Known-deviations file; the fails and deviations that it excuses are shown as known
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
}

/// `show`
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Id of a case, test, clause, mutation or defect; with --from also a reason, such as control-failed
    pub id: String,
    /// Also look among the cases of your own suite file; can be repeated
    #[arg(long = "suite", value_name = "FILE", conflicts_with = "from")]
    pub suites: Vec<PathBuf>,
    /// Show every call of this recorded run instead; for a clause or reason, list every record that it decided
    #[arg(long, value_name = "EVENTS")]
    pub from: Option<PathBuf>,
}
