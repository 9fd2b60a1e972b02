//! The arguments of `load report`, `load merge` and `load compare`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::cli::{reports, values};
use crate::report::load::LOAD_REPORTS;

/// What `load` does without sending anything.
#[derive(Debug, Subcommand)]
pub enum RecordVerb {
    /// Write reports of a recorded run
    Report(ReportArguments),
    /// Merge all shards of a plan into one run: distributions and counts are added up, and thresholds are judged on the whole
    Merge(MergeArguments),
    /// Say whether a build is slower than the one before it; exit with 8 if it is slower by more than the margin, with the given confidence
    Compare(CompareArguments),
}

/// `load report`
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Record of a run, as `--report json=FILE` writes it; several are merged first
    #[arg(value_name = "FILE", required_unless_present = "from")]
    pub files: Vec<PathBuf>,
    /// The same as an option
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    pub from: Vec<PathBuf>,
    #[arg(long = "report", alias = "to", value_name = "NAME=PATH", required = true, help = reports::help_of(LOAD_REPORTS))]
    pub reports: Vec<String>,
}

/// `load merge`
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// Records of the shards
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    #[arg(long = "report", value_name = "NAME=PATH", help = reports::help_of(LOAD_REPORTS))]
    pub reports: Vec<String>,
}

/// `load compare`
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// Record of the earlier build, then of the new one
    #[arg(value_name = "FILE", num_args = 2, conflicts_with_all = ["baseline", "new"])]
    pub files: Vec<PathBuf>,
    /// Records of the earlier build, in the order in which they were measured: in turns with the new ones, A B B A A B
    #[arg(long, value_name = "FILE", num_args = 1.., required_unless_present = "files", requires = "new")]
    pub baseline: Vec<PathBuf>,
    /// Records of the new build; as many as of the earlier one
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "baseline")]
    pub new: Vec<PathBuf>,
    /// The figure to compare, such as verify.p99, rest/cycle.p50, start.mean or cycles; can be repeated. Otherwise start.p50,
    /// start.p99, verify.p50, verify.p99 and cycles
    #[arg(long = "metric", value_name = "METRIC")]
    pub metrics: Vec<String>,
    /// A difference that does not matter
    #[arg(long, value_name = "SHARE", default_value = "3%")]
    pub margin: String,
    /// Confidence level of the interval of a difference, above 0.5 and below 1
    #[arg(long, value_name = "P", default_value_t = 0.99)]
    pub confidence: f64,
    /// Seed of the bootstrap; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
}
