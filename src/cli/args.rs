//! What can be typed.

mod bounds;
mod capacity;
mod credential;
mod listing;
mod load;
mod load_command;
mod resending;
mod serve;
mod setup;
mod streams;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::contract::{self, Flow};
use crate::outcome::{Profile, Shard};
pub use bounds::BoundArguments;
pub use capacity::{CalibrateArguments, FindArguments};
pub use credential::{AttestArguments, VectorsArguments, VectorsVerb};
pub use listing::{ListArguments, Listing};
pub use load::{Arrivals, LoadArguments};
pub use load_command::{LoadCommand, LoadVerb};
pub use resending::ResendingArguments;
pub use serve::{ServeArguments, SweepArguments};
pub use setup::{CheckArguments, CheckForm, InitArguments};
pub use streams::{
    DiffArguments, DiffFormat, KnownArguments, KnownVerb, MergeArguments, ReasonsArguments, ReasonsVerb,
};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "proofmark",
    version,
    about = "Conformance harness and load tester for WebAuthn enrolment over REST, gRPC and gRPC-Web",
    after_help = "Exit codes: 0 green, 1 failed, 2 usage, 3 invalid input file, 4 nothing selected, 5 preflight failed, \
                  6 errors kept cases from a verdict, not everything was played, or others used the subjects of a load, 7 known deviations stale, changed or expired, 8 load threshold missed or \
                  wrong answer under load, 9 the load generator was the limit, 70 internal, \
                  74 a report or standard output could not be written, 130 interrupted"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Look at a server, and write a target file for it
    Init(InitArguments),
    /// Look at a target's set-up: address, TLS, protocols, tokens, RP ID, origin; and say what to mend
    Check(CheckArguments),
    /// Judge a target, or the embedded reference server if none is given
    Run(RunArguments),
    /// Play one case again, with the same keys, and show every call
    Replay(ReplayArguments),
    /// Decide a recorded run again, with the checks of this version and without the target
    Judge(JudgeArguments),
    /// Show a case, clause, mutation or defect, or what a recorded run found of a case
    Show(ShowArguments),
    /// Show what a run saw of every clause over each transport; the default run, unless a recorded one is given
    Coverage(CoverageArguments),
    /// Make a credential: creation options on standard input, RegistrationResponseJSON on standard output
    Attest(AttestArguments),
    /// Excuse known fails and deviations: write entries of a known-deviations file, or take stale ones out
    Known(KnownArguments),
    /// Propose from a run what the target's refusals mean, as [reasons] of its file
    Reasons(ReasonsArguments),
    /// Compare two runs, from their event streams
    Diff(DiffArguments),
    /// Put the event streams of all shards of a run together
    Merge(MergeArguments),
    /// Remove the accounts that interrupted runs left on a server, where the target file has a provisioner
    Sweep(SweepArguments),
    /// Run the reference server
    Serve(ServeArguments),
    /// Render an event stream that `run --report ndjson=PATH` wrote, without the target
    Report(ReportArguments),
    /// Judge the judge: every defect of the reference server is found for the right clause, and no variant is
    Selftest(SelftestArguments),
    /// List cases, permutations, clauses, mutations, request faults, defects, variants or report formats
    List(ListArguments),
    /// Hold the built-in cases to the registration catalogue and to the clauses
    Lint,
    /// Write the cases about the credential alone as files for other tools
    Vectors(VectorsArguments),
    /// Load-test start, attest, verify against a target, or the embedded reference server if none is given
    Load(Box<LoadCommand>),
}

/// `run`
#[derive(Debug, Default, Args)]
pub struct RunArguments {
    /// Globs over permutation or case ids, such as `limits`, `limits/name-*` or `v2/*/grpc`; all if none is given
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
    #[arg(long = "report", value_name = "NAME=PATH", help = super::reports::help())]
    pub reports: Vec<String>,
    /// Run the cases of an own suite file too; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// Seed of keys and ids; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Permutations that run at the same time; fewer if the subjects are not enough
    #[arg(long, short = 'j', visible_alias = "concurrency", value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// The most subjects to use, and to have made; cases that then find no fresh one are left out, and the run is partial
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    pub max_subjects: Option<u32>,
    /// Use this part of the listed subjects only, such as 1/2 for the first of two: for runs on machines that share no files
    #[arg(long, value_name = "M/N", requires = "target", value_parser = slice)]
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
    #[arg(long, value_name = "hash:M/N", requires = "seed", conflicts_with = "fuzz", value_parser = shard)]
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
    /// Id of a permutation, such as v2/u2f/rest/client-data/type-get, or of a case with few of them
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

/// `coverage`
#[derive(Debug, Args)]
pub struct CoverageArguments {
    /// Event stream of a recorded run, as `run --report ndjson=EVENTS` writes it; `-` is standard input
    #[arg(long, value_name = "EVENTS", conflicts_with_all = ["target", "defect", "suites", "seed", "timeout"])]
    pub from: Option<PathBuf>,
    /// Only clauses that this glob matches, or what stands before a slash in them, such as `api/limit` or `webauthn/8.*`
    #[arg(long, value_name = "GLOB")]
    pub clause: Option<String>,
    /// Only clauses that have this state over some transport
    #[arg(long, value_name = "STATE")]
    pub state: Option<CoverageState>,
    /// Make the exit code 1 if a clause has this state over some transport; can be repeated
    #[arg(long, value_name = "STATE")]
    pub deny: Vec<CoverageState>,
    /// A table, or JSON
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: CoverageForm,
    /// Target file; without it the reference server is started in this process
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Give the embedded reference server a defect (see `list defects`)
    #[arg(long, value_name = "NAME", conflicts_with = "target")]
    pub defect: Option<String>,
    /// Run the cases of an own suite file too; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// Seed of keys and ids; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// The most that one call may take, such as 500ms or 20s; otherwise the target file's, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Permutations that run at the same time
    #[arg(long, short = 'j', value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
}

/// What a run may have seen of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CoverageState {
    /// It does not hold
    Violated,
    /// Nothing firm was seen
    Weak,
    /// Nothing was seen
    NotVerified,
    /// It holds
    Verified,
    /// It is not tested, for a written reason
    Excluded,
}

/// How `coverage` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CoverageForm {
    /// A table for people
    Text,
    /// JSON for programs
    Json,
}

/// `show`
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Id of a case, permutation, clause, mutation or defect; with --from also a reason, such as control-failed
    pub id: String,
    /// Show every call of this recorded run instead; of a clause or reason, every record that it decided
    #[arg(long, value_name = "EVENTS")]
    pub from: Option<PathBuf>,
}

/// What `--deny` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Deviations
    Deviation,
    /// What an earlier try came to another verdict of
    Flaky,
}

/// `report`
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// The event stream; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    #[arg(long = "to", value_name = "NAME=PATH", help = super::reports::help(),
          long_help = format!("{}; without it the summary is printed", super::reports::help()))]
    pub to: Vec<String>,
    /// Known deviations: what an entry excuses is shown as known
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
}

/// `selftest`
#[derive(Debug, Args)]
pub struct SelftestArguments {
    /// Defects and variants to play; all of them, and the clean server, if none is given
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Play the whole default plan against each, in place of the cases that are concerned
    #[arg(long)]
    pub all: bool,
    /// What the servers are held to: webauthn, fido or strict
    #[arg(long, value_name = "PROFILE", default_value = "webauthn", value_parser = Profile::from_name)]
    pub profile: Profile,
    /// Seed of keys and ids; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
}

/// A flow by its slug.
fn flow(text: &str) -> Result<Flow, String> {
    let slugs = || contract::slugs().join(", ");
    Flow::from_slug(text).ok_or_else(|| format!("there is no flow `{text}`; write one of {}", slugs()))
}

/// The shard M of N, written as `hash:M/N`.
fn shard(text: &str) -> Result<Shard, String> {
    let numbers = text.strip_prefix("hash:").and_then(|numbers| numbers.split_once('/'));
    let shard =
        numbers.and_then(|(index, count)| Some(Shard { index: index.parse().ok()?, count: count.parse().ok()? }));
    let fits = |shard: &Shard| (1..=shard.count).contains(&shard.index);
    shard.filter(fits).ok_or_else(|| "write hash:M/N with M from 1 to N, such as hash:1/4".to_owned())
}

/// The part M of N, written as `M/N`.
fn slice(text: &str) -> Result<Shard, String> {
    let numbers = text.split_once('/');
    let slice =
        numbers.and_then(|(index, count)| Some(Shard { index: index.parse().ok()?, count: count.parse().ok()? }));
    let fits = |slice: &Shard| (1..=slice.count).contains(&slice.index);
    slice.filter(fits).ok_or_else(|| "write M/N with M from 1 to N, such as 1/2".to_owned())
}

/// A seed from the operating system's randomness, for runs that were given none.
pub fn seed_or_random(seed: Option<u64>) -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    // Within 53 bits, so that every JSON reader keeps it exactly.
    seed.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish() >> 11)
}
