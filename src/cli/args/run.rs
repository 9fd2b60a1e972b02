//! The arguments of `run` and `replay`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::bounds::BoundArguments;
use super::resending::ResendingArguments;
use crate::cli::{labels, reports, values};
use crate::outcome::{Profile, Shard};

/// `run`
#[derive(Debug, Default, Args)]
pub struct RunArguments {
    /// Globs over test or case ids, such as `limits`, `limits/name-*` or `v2/*/grpc`, or over clauses, such as `webauthn/7.1/origin`;
    /// all if none is given
    pub patterns: Vec<String>,
    /// Leave out what this glob names; can be repeated
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Play what failed in this event stream, or had no verdict, with its seed and against its target
    #[arg(long, value_name = "EVENTS", conflicts_with_all = ["patterns", "fuzz", "model", "shard"])]
    pub failed_from: Option<PathBuf>,
    /// Print the ids of the tests that would be played; send nothing to the target
    #[arg(long, conflicts_with_all = ["fuzz", "model", "dry_run"])]
    pub list: bool,
    /// Target file; otherwise PROOFMARK_TARGET, or ./target.toml if there is one, or the reference server, started in this process
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Test the embedded reference server, whatever target file there is
    #[arg(long, conflicts_with = "target")]
    pub embedded: bool,
    /// Give the embedded reference server a defect (see `list defects`); can be repeated
    #[arg(long = "defect", value_name = "NAME", conflicts_with = "target")]
    pub defects: Vec<String>,
    /// Give the embedded reference server a variant (see `list variants`); can be repeated
    #[arg(long = "variant", value_name = "NAME", conflicts_with = "target")]
    pub variants: Vec<String>,
    #[arg(long = "report", value_name = "NAME=PATH", help = reports::help())]
    pub reports: Vec<String>,
    /// Also run the cases of your own suite file; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// Seed of keys and ids; otherwise PROOFMARK_SEED or the target file's; random if none is given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
    /// Tests that run at the same time; fewer if there are not enough subjects; otherwise PROOFMARK_JOBS, the target file's, or 16
    #[arg(long, short = 'j', visible_alias = "concurrency", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// The most subjects to use, or to have made. Cases for which no unused subject is left are left out, and the run is then partial
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub max_subjects: Option<u32>,
    /// Use only this part of the listed subjects, such as 1/2 for the first of two: for runs on machines that share no files
    #[arg(long, value_name = "M/N", requires = "target", value_parser = values::slice)]
    pub subjects_slice: Option<Shard>,
    /// How long to wait for subjects that other runs use; otherwise 60s
    #[arg(long, value_name = "TIME", requires = "target")]
    pub wait_subjects: Option<String>,
    #[command(flatten)]
    pub bounds: BoundArguments,
    /// Print what would be played, with subjects, calls and time; send nothing to the target
    #[arg(long, conflicts_with_all = ["fuzz", "defects", "variants"])]
    pub dry_run: bool,
    /// How long a call takes, for the estimate of --dry-run
    #[arg(long, value_name = "TIME", default_value = "200ms", requires = "dry_run")]
    pub call_time: String,
    /// The longest time that one call may take, such as 500ms or 20s; otherwise that of the target file, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    #[command(flatten)]
    pub resending: ResendingArguments,
    /// How strictly the target is judged: webauthn, fido or strict; otherwise the profile in the target file, or webauthn
    #[arg(long, value_name = "PROFILE", value_parser = Profile::from_name)]
    pub profile: Option<Profile>,
    /// Make the exit code 1 for this as well; can be repeated
    #[arg(long, value_name = "WHAT")]
    pub deny: Vec<Deny>,
    /// Excuse the fails and deviations of this file (see `known suggest`); otherwise the target file's `known`
    #[arg(long, value_name = "FILE", conflicts_with = "fuzz")]
    pub known: Option<PathBuf>,
    /// Play one of N parts of the plan, such as 1/4; `merge` merges them
    #[arg(long, value_name = "M/N", requires = "seed", conflicts_with = "fuzz", value_parser = values::slice)]
    pub shard: Option<Shard>,
    /// Play the cases that are about the credential alone on every flow and with every length; otherwise the seed selects some
    #[arg(long)]
    pub exhaustive: bool,
    /// Play the cases that wait until a challenge has expired, if the time-out in the options is at most TIME, such as 5m. They
    /// wait twice that time-out
    #[arg(long, value_name = "TIME")]
    pub wait_expiry: Option<String>,
    /// Instead of the cases, send credentials with random chains of the cases' mutations, for a time such as 60s or up to a number.
    /// A credential that the target judges wrongly is simplified as far as possible and written as a suite
    #[arg(long, value_name = "TIME|N", conflicts_with_all = ["exhaustive", "deny"])]
    pub fuzz: Option<String>,
    /// Instead of the cases, play random sequences of start, verify, remove and list, for a time such as 60s or up to a number. After
    /// each call the users' factors are compared with a model. A sequence that does not fit the model is shortened as far as
    /// possible and written as a suite
    #[arg(long, value_name = "TIME|N", conflicts_with_all = ["exhaustive", "deny", "fuzz", "shard", "patterns", "suites", "known", "dry_run"])]
    pub model: Option<String>,
    /// Where --fuzz and --model write suites; otherwise to fuzz-findings and model-findings
    #[arg(long, value_name = "DIRECTORY")]
    pub findings: Option<PathBuf>,
    /// Which calls the reports and the event stream hold
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub record: Recorded,
    /// Keep the accounts that the target file's provisioner made on the server
    #[arg(long, requires = "target")]
    pub keep: bool,
    /// Note something about the run in every report, as KEY=VALUE, such as commit=1a2b3c; can be repeated. In a job of GitHub or GitLab
    /// commit, branch and run are noted anyway
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = labels::label)]
    pub labels: Vec<(String, String)>,
    /// Show every test as it ends, not only failures and errors
    #[arg(long, short, conflicts_with = "quiet")]
    pub verbose: bool,
    /// Print only the verdict and a line for each cause
    #[arg(long, short)]
    pub quiet: bool,
}

/// `replay`
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Id of a test, such as v2/u2f/rest/client-data/type-get, or of a case with few tests
    pub id: String,
    /// Take seed, target, defect, variants and own suites from this event stream, unless they are given here, and compare with its verdict
    #[arg(long, value_name = "EVENTS")]
    pub from: Option<PathBuf>,
    /// Seed of keys and ids; otherwise the stream's, or random
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
    /// Target file; without it the reference server is started in this process
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Give the embedded reference server a defect (see `list defects`); can be repeated
    #[arg(long = "defect", value_name = "NAME", conflicts_with = "target")]
    pub defects: Vec<String>,
    /// Give the embedded reference server a variant (see `list variants`); can be repeated
    #[arg(long = "variant", value_name = "NAME", conflicts_with = "target")]
    pub variants: Vec<String>,
    /// Your own suite file that the case is from; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// How strictly the target is judged: webauthn, fido or strict; otherwise the profile in the event stream or in the target file
    #[arg(long, value_name = "PROFILE", value_parser = Profile::from_name)]
    pub profile: Option<Profile>,
    /// The longest time that one call may take, such as 500ms or 20s; otherwise that of the target file, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
}

/// What `--record` takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Recorded {
    /// Those of tests that did not pass, and of passes whose refusal nothing explains
    #[default]
    NotPassed,
    /// All calls: `judge` can then judge passes again. The files are about seven times as large
    All,
}

/// What `--deny` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Deviations
    Deviation,
    /// Tests for which an earlier try came to another verdict
    Flaky,
}
