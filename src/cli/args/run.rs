//! What can be typed after `run` and `replay`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::bounds::BoundArguments;
use super::resending::ResendingArguments;
use crate::cli::{reports, values};
use crate::outcome::{Profile, Shard};

/// `run`
#[derive(Debug, Default, Args)]
pub struct RunArguments {
    /// Globs over test or case ids, such as `limits`, `limits/name-*` or `v2/*/grpc`; all if none is given
    pub patterns: Vec<String>,
    /// Target file; without it the reference server is started in this process
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Give the embedded reference server a defect (see `list defects`)
    #[arg(long, value_name = "NAME", conflicts_with = "target")]
    pub defect: Option<String>,
    /// Have the embedded reference server use a latitude (see `list variants`); can be repeated
    #[arg(long = "variant", value_name = "NAME", conflicts_with = "target")]
    pub variants: Vec<String>,
    #[arg(long = "report", value_name = "NAME=PATH", help = reports::help())]
    pub reports: Vec<String>,
    /// Run the cases of an own suite file too; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// Seed of keys and ids; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Tests that run at the same time; fewer if the subjects are not enough
    #[arg(long, short = 'j', visible_alias = "concurrency", value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// The most subjects to use, and to have made; cases that then find no fresh one are left out, and the run is partial
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub max_subjects: Option<u32>,
    /// Use this part of the listed subjects only, such as 1/2 for the first of two: for runs on machines that share no files
    #[arg(long, value_name = "M/N", requires = "target", value_parser = values::slice)]
    pub subjects_slice: Option<Shard>,
    /// How long to wait for subjects that other runs use; otherwise 60s
    #[arg(long, value_name = "TIME", requires = "target")]
    pub wait_subjects: Option<String>,
    #[command(flatten)]
    pub bounds: BoundArguments,
    /// Print what would be played, with subjects, calls and time, and ask the target for nothing
    #[arg(long, conflicts_with_all = ["fuzz", "defect", "variants"])]
    pub dry_run: bool,
    /// What --dry-run takes a call to last
    #[arg(long, value_name = "TIME", default_value = "200ms", requires = "dry_run")]
    pub call_time: String,
    /// The most that one call may take, such as 500ms or 20s; otherwise the target file's, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    #[command(flatten)]
    pub resending: ResendingArguments,
    /// What the target is held to: webauthn, fido or strict; otherwise what the target file says, or webauthn
    #[arg(long, value_name = "PROFILE", value_parser = Profile::from_name)]
    pub profile: Option<Profile>,
    /// Make the exit code 1 for this too; can be repeated
    #[arg(long, value_name = "WHAT")]
    pub deny: Vec<Deny>,
    /// Excuse the fails and deviations of this file (see `known suggest`); otherwise the target file's `known`
    #[arg(long, value_name = "FILE", conflicts_with = "fuzz")]
    pub known: Option<PathBuf>,
    /// Play one of N parts of the plan, such as hash:1/4; `merge` puts them together
    #[arg(long, value_name = "hash:M/N", requires = "seed", conflicts_with = "fuzz", value_parser = values::shard)]
    pub shard: Option<Shard>,
    /// Play cases about the credential alone on every flow, and with every length; otherwise the seed draws
    #[arg(long)]
    pub exhaustive: bool,
    /// Wait until challenges have expired, where the options' time-out is no longer than TIME, such as 5m: twice that time-out
    #[arg(long, value_name = "TIME")]
    pub wait_expiry: Option<String>,
    /// Instead of the cases, send credentials that chains of their mutations make: for a time such as 60s, or so many. What
    /// the target judges otherwise than it has to is made as simple as it can be, and written as a suite
    #[arg(long, value_name = "TIME|N", conflicts_with_all = ["exhaustive", "deny"])]
    pub fuzz: Option<String>,
    /// Instead of the cases, play sequences of start, verify, remove and list, and compare what the users have after each call with a
    /// model: for a time such as 60s, or so many. What does not fit is made as short as it can be, and written as a suite
    #[arg(long, value_name = "TIME|N", conflicts_with_all = ["exhaustive", "deny", "fuzz", "shard", "patterns", "suites", "known", "dry_run"])]
    pub model: Option<String>,
    /// Where --fuzz and --model write suites; otherwise fuzz-findings and model-findings
    #[arg(long, value_name = "DIRECTORY")]
    pub findings: Option<PathBuf>,
    /// Leave the accounts on the server that the target file's provisioner made
    #[arg(long, requires = "target")]
    pub keep: bool,
    /// Print the summary only
    #[arg(long, short)]
    pub quiet: bool,
}

/// `replay`
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Id of a test, such as v2/u2f/rest/client-data/type-get, or of a case with few of them
    pub id: String,
    /// Take seed, target, defect, variants and own suites from this event stream, where nothing else is said, and compare with what it says
    #[arg(long, value_name = "EVENTS")]
    pub from: Option<PathBuf>,
    /// Seed of keys and ids; otherwise the stream's, or random
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Target file; without it the reference server is started in this process
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Give the embedded reference server a defect (see `list defects`)
    #[arg(long, value_name = "NAME", conflicts_with = "target")]
    pub defect: Option<String>,
    /// Have the embedded reference server use a latitude (see `list variants`); can be repeated
    #[arg(long = "variant", value_name = "NAME", conflicts_with = "target")]
    pub variants: Vec<String>,
    /// An own suite file that the case is from; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// What the target is held to: webauthn, fido or strict; otherwise what the event stream or the target file says
    #[arg(long, value_name = "PROFILE", value_parser = Profile::from_name)]
    pub profile: Option<Profile>,
    /// The most that one call may take, such as 500ms or 20s; otherwise the target file's, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
}

/// What `--deny` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Deviations
    Deviation,
    /// What an earlier try came to another verdict of
    Flaky,
}
