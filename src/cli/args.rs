//! What can be typed.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "proofmark",
    version,
    about = "Conformance harness and load tester for WebAuthn enrolment over REST, gRPC and gRPC-Web",
    after_help = "Exit codes: 0 green, 1 failed, 2 usage, 3 invalid input file, 4 nothing selected, 5 preflight failed, \
                  6 errors kept cases from a verdict, 8 load threshold missed or wrong answer under load, \
                  9 the load generator was the limit, 70 internal, 130 interrupted"
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Judge a target, or the embedded reference server if none is given
    Run(RunArguments),
    /// Play one case again, with the same keys, and show every call
    Replay(ReplayArguments),
    /// Decide a recorded run again, with the checks of this version and without the target
    Judge(JudgeArguments),
    /// Show a case, clause, mutation or defect, or what a recorded run found of a case
    Show(ShowArguments),
    /// Make a credential: creation options on standard input, RegistrationResponseJSON on standard output
    Attest(AttestArguments),
    /// Run the reference server
    Serve(ServeArguments),
    /// List cases, permutations, clauses, mutations, request faults or defects
    List(ListArguments),
    /// Hold the built-in cases to the registration catalogue and to the clauses
    Lint,
    /// Write the cases about the credential alone as files for other tools
    Vectors(VectorsArguments),
    /// Load-test start, attest, verify against a target, or the embedded reference server if none is given
    Load(Box<LoadArguments>),
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
    /// Write a report, as NAME=PATH with NAME one of ndjson, junit; can be repeated
    #[arg(long = "report", value_name = "NAME=PATH")]
    pub reports: Vec<String>,
    /// Run the cases of an own suite file too; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// Seed of keys and ids; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Permutations that run at the same time
    #[arg(long, short = 'j', value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
    /// The most that one call may take, such as 500ms or 20s; otherwise the target file's, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Make the exit code 1 for this verdict too
    #[arg(long, value_name = "VERDICT")]
    pub deny: Option<Deny>,
    /// Play cases about the credential alone on every flow, and with every length; otherwise the seed draws
    #[arg(long)]
    pub exhaustive: bool,
    /// Instead of the cases, send credentials that chains of their mutations make: for a time such as 60s, or so many. What
    /// the target judges otherwise than it has to is made as simple as it can be, and written as a suite
    #[arg(long, value_name = "TIME|N", conflicts_with_all = ["exhaustive", "deny"])]
    pub fuzz: Option<String>,
    /// Where --fuzz writes suites
    #[arg(long, value_name = "DIRECTORY", default_value = "fuzz-findings", requires = "fuzz")]
    pub findings: PathBuf,
    /// Print the summary only
    #[arg(long, short)]
    pub quiet: bool,
}

/// `replay`
#[derive(Debug, Args)]
pub struct ReplayArguments {
    /// Id of a permutation, such as v2/u2f/rest/client-data/type-get, or of a case with few of them
    pub id: String,
    /// Take the seed from this event stream, and compare with what it says
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
    /// An own suite file that the case is from; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
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
    /// Make the exit code 1 for this verdict too
    #[arg(long, value_name = "VERDICT")]
    pub deny: Option<Deny>,
}

/// `show`
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// Id of a case, permutation, clause, mutation or defect
    pub id: String,
    /// Show every call of this recorded run instead
    #[arg(long, value_name = "EVENTS")]
    pub from: Option<PathBuf>,
}

/// What `--deny` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Deviations
    Deviation,
}

/// `attest`
#[derive(Debug, Args)]
pub struct AttestArguments {
    /// Origin in the client data; `https://` and the RP ID if it is not given
    #[arg(long)]
    pub origin: Option<String>,
    /// Attestation format: none (the default), packed-self, packed-x5c, fido-u2f, tpm, android-key, apple or compound
    #[arg(long)]
    pub format: Option<String>,
    /// Algorithm of the credential key, such as ES256 (the default), RS256, EdDSA or -7
    #[arg(long, allow_negative_numbers = true)]
    pub alg: Option<String>,
    /// Seed of the key and the credential id; random if it is not given, and printed to standard error
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Make it wrong in one way: a case such as cose/kty-missing (see `list cases`), or a mutation as ID or ID=ARGUMENT (JSON
    /// or plain text; see `list mutations`)
    #[arg(long, value_name = "CASE|ID[=ARGUMENT]")]
    pub mutate: Option<String>,
    /// Print the root certificate (PEM) that attestation certificates lead to, and nothing else
    #[arg(long)]
    pub root: bool,
    /// Do not refuse options whose excludeCredentials name a credential that this authenticator holds
    #[arg(long)]
    pub ignore_exclude: bool,
    /// A credential id (base64url) that this authenticator already holds; can be repeated
    #[arg(long = "holds", value_name = "ID")]
    pub holds: Vec<String>,
    /// Make the credential even if pubKeyCredParams do not offer its algorithm
    #[arg(long)]
    pub ignore_algorithms: bool,
    /// Make a credential even if the RP ID does not fit the origin
    #[arg(long)]
    pub ignore_rp_id: bool,
    /// Make credentials in bulk, from throw-away test keys that anybody can compute: for test servers only. Formats none and
    /// packed-self with ES256
    #[arg(long, conflicts_with_all = ["mutate", "root", "holds"])]
    pub key_chain: bool,
    /// How many credentials to make for the options, one a line; with --key-chain
    #[arg(long, value_name = "N", requires = "key_chain", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,
}

/// `vectors`
#[derive(Debug, Args)]
pub struct VectorsArguments {
    /// What to do with them
    #[command(subcommand)]
    pub verb: VectorsVerb,
}

/// What `vectors` can do.
#[derive(Debug, Subcommand)]
pub enum VectorsVerb {
    /// Write them into a directory that is new or empty; see reports/schemas/vector.schema.json
    Export {
        /// The directory
        directory: PathBuf,
        /// Every length of the cases that cut a part; otherwise the shortest and the longest
        #[arg(long)]
        all: bool,
    },
}

/// `serve`
#[derive(Debug, Args)]
pub struct ServeArguments {
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Users to make
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub users: u32,
    /// Seed of users and challenges; random if it is not given
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Give the server a defect (see `list defects`)
    #[arg(long, value_name = "NAME")]
    pub defect: Option<String>,
    /// Write a target file, and beside it the subjects with their tokens
    #[arg(long, value_name = "FILE")]
    pub target_out: Option<PathBuf>,
    /// Stop after this time, such as 30s or 5m; otherwise on Ctrl-C
    #[arg(long, value_name = "TIME")]
    pub stop_after: Option<String>,
}

/// `list`
#[derive(Debug, Args)]
pub struct ListArguments {
    /// What to list
    #[arg(default_value = "cases")]
    pub what: Listing,
}

/// What `list` can list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// Intentions, with their titles
    Cases,
    /// Cases expanded over flow, protocol, operation and format
    Permutations,
    /// Normative statements, with their sources
    Clauses,
    /// Ways in which a credential can be wrong
    Mutations,
    /// Ways in which a request's bytes can be wrong
    Faults,
    /// Faults that the reference server can be told to have
    Defects,
}

/// `load`
#[derive(Debug, Args)]
pub struct LoadArguments {
    /// Workers, each with a user of its own at a time: the load itself, or with --rate the most cycles at a time. Otherwise 8, or
    /// with --rate as many as come in a second, from 64 to 1000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub users: Option<u32>,
    /// Cycles that begin a second, however slow the target is, such as 200/s, or in steps such as 100/s@30s,200/s@30s
    #[arg(long, value_name = "RATE")]
    pub rate: Option<String>,
    /// How the begins are drawn, with --rate
    #[arg(long, value_name = "HOW", default_value = "constant", requires = "rate")]
    pub arrivals: Arrivals,
    /// How long the load is measured, such as 30s or 5m; with --rate in steps their sum
    #[arg(long, value_name = "TIME")]
    pub duration: Option<String>,
    /// Full load that is not measured, before
    #[arg(long, value_name = "TIME")]
    pub warm_up: Option<String>,
    /// From nothing to the full load, at the very beginning
    #[arg(long, value_name = "TIME")]
    pub ramp: Option<String>,
    /// From the full load to nothing, at the end
    #[arg(long, value_name = "TIME")]
    pub ramp_down: Option<String>,
    /// Between two cycles of a worker
    #[arg(long, value_name = "TIME", conflicts_with = "rate")]
    pub think: Option<String>,
    /// Flow, or a mix such as v2/passkey=3,v1/u2f=1; of v1/u2f, v1/passwordless, v2/u2f, v2/passkey
    #[arg(long, value_name = "MIX", default_value = "v2/passkey")]
    pub flow: String,
    /// Protocol, or a mix such as rest=1,grpc=1; of rest, grpc, grpc-web
    #[arg(long, value_name = "MIX", default_value = "rest")]
    pub transport: String,
    /// Attestation format; none and packed-self are made in bulk, from test-only keys that anybody can compute
    #[arg(long, default_value = "packed-self")]
    pub format: String,
    /// Make each credential with a key and a nonce of its own
    #[arg(long)]
    pub fresh_keys: bool,
    /// Share of cycles whose attestation is malformed, which has to be refused
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    pub negatives: String,
    /// Share of cycles whose verify is sent twice at the same time, of which one has to be refused
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    pub races: String,
    /// Share of cycles that look up what they enrolled
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    pub lookups: String,
    /// Leave what was enrolled
    #[arg(long)]
    pub keep: bool,
    /// Users of the embedded reference server; as many as workers if it is not given
    #[arg(long, value_name = "N", conflicts_with = "target", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub subjects: Option<u32>,
    /// Target file; without it the reference server is started in this process
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Give the embedded reference server a defect (see `list defects`)
    #[arg(long, value_name = "NAME", conflicts_with = "target")]
    pub defect: Option<String>,
    /// Exit with 8 unless this holds, such as verify.p99<200ms, cycles>50/s, errors<0.1%, achieved>=99%; can be repeated, and
    /// adds to those of the target file. Without one about errors, errors<=0% is one
    #[arg(long = "threshold", value_name = "RULE")]
    pub thresholds: Vec<String>,
    /// The most that one call may take, such as 500ms or 20s; otherwise the target file's, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Send load to this host although it is not a loopback address; it has to be the target's host
    #[arg(long, value_name = "HOST")]
    pub allow_remote: Option<String>,
    /// Allow more than 5,000/s, 1 h or 10,000 workers: as rate=N, duration=TIME or users=N; can be repeated
    #[arg(long = "raise-ceiling", value_name = "WHAT=VALUE")]
    pub ceilings: Vec<String>,
    /// The lag of the generator itself (99th percentile) from which on it says that it was the limit
    #[arg(long, value_name = "TIME", default_value = "20ms")]
    pub generator_lag: String,
    /// Threads that attest; half of the cores if it is not given
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub crypto_threads: Option<u16>,
    /// Write the record of the run, from which every report can be made
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Seed of keys, ids and arrivals; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub seed: Option<u64>,
}

/// What `--arrivals` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Arrivals {
    /// At equal distances
    Constant,
    /// With exponential distances, as independent users come
    Poisson,
}

/// A seed from the operating system's randomness, for runs that were given none.
pub fn seed_or_random(seed: Option<u64>) -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    // Within 53 bits, so that every JSON reader keeps it exactly.
    seed.unwrap_or_else(|| std::hash::RandomState::new().build_hasher().finish() >> 11)
}
