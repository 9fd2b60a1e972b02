//! The arguments of `load`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::{reports, values};
use crate::outcome::Shard;
use crate::report::load::LOAD_REPORTS;

/// One load
#[derive(Debug, Clone, Args)]
pub struct LoadArguments {
    /// Number of workers; each uses a user of its own at a time. Without --rate this is the load; with --rate it is the most cycles
    /// at a time. Otherwise 8, or with --rate the number of cycles that start in a second, from 64 to 1000
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub users: Option<u32>,
    /// Cycles that start per second, however slow the target is, such as 200/s, or in steps such as 100/s@30s,200/s@30s
    #[arg(long, value_name = "RATE")]
    pub rate: Option<String>,
    /// How the starts of cycles are spaced, with --rate
    #[arg(long, value_name = "HOW", default_value = "constant", requires = "rate")]
    pub arrivals: Arrivals,
    /// How long the load is measured, such as 30s or 5m; with steps in --rate it is their sum
    #[arg(long, value_name = "TIME")]
    pub duration: Option<String>,
    /// How long the full load runs before the measurement starts
    #[arg(long, value_name = "TIME")]
    pub warm_up: Option<String>,
    /// How long the load rises from nothing to full, at the beginning
    #[arg(long, value_name = "TIME")]
    pub ramp: Option<String>,
    /// How long the load falls from full to nothing, at the end
    #[arg(long, value_name = "TIME")]
    pub ramp_down: Option<String>,
    /// Pause between two cycles of a worker
    #[arg(long, value_name = "TIME", conflicts_with = "rate")]
    pub think: Option<String>,
    /// Flow, or a mix such as v2/passkey=3,v1/u2f=1; of v1/u2f, v1/passwordless, v2/u2f, v2/passkey
    #[arg(long, value_name = "MIX", default_value = "v2/passkey")]
    pub flow: String,
    /// Protocol, or a mix such as rest=1,grpc=1; of rest, grpc, grpc-web
    #[arg(long, alias = "transport", value_name = "MIX", default_value = "rest")]
    pub protocol: String,
    /// Attestation format; none and packed-self are made in bulk, from test-only keys that anybody can compute
    #[arg(long, default_value = "packed-self")]
    pub format: String,
    /// Make each credential with a key and a nonce of its own
    #[arg(long)]
    pub fresh_keys: bool,
    /// Share of cycles that send a malformed attestation; the target has to refuse it
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    pub negatives: String,
    /// Share of cycles that send their verify twice at the same time; the target has to refuse one of the two
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    pub races: String,
    /// Share of cycles that look up what they enrolled
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    pub lookups: String,
    /// Keep the enrolled factors, and the accounts that the target file's provisioner made
    #[arg(long)]
    pub keep: bool,
    /// Number of users of the embedded reference server; if it is not given, one for each worker
    #[arg(long, value_name = "N", conflicts_with = "target", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub subjects: Option<u32>,
    /// Use only this part of the listed subjects, such as 1/2 for the first of two: for runs on machines that share no files
    #[arg(long, value_name = "M/N", requires = "target", value_parser = values::slice)]
    pub subjects_slice: Option<Shard>,
    /// How long to wait for subjects that other runs use; otherwise 60s
    #[arg(long, value_name = "TIME", requires = "target")]
    pub wait_subjects: Option<String>,
    /// Target file; without it the reference server is started in this process
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Excuse the known deviations of this file (see `known suggest`); otherwise those of the target file's `known`. Runs
    /// report which entries are stale, a load does not
    #[arg(long, value_name = "FILE")]
    pub known: Option<PathBuf>,
    /// Give the embedded reference server a defect (see `list defects`); can be repeated
    #[arg(long = "defect", value_name = "NAME", conflicts_with = "target")]
    pub defects: Vec<String>,
    /// Exit with 8 unless this holds, such as verify.p99<200ms, cycles>50/s, errors<0.1%, achieved>=99%, start.growth<20%; can
    /// be repeated, and is added to those of the target file. If no threshold is about errors, errors<=0% is added. If none is
    /// about growth, start.growth<=100% and verify.growth<=100% are added, provided that an even load was measured for ten seconds
    /// or more and that what was enrolled was removed again
    #[arg(long = "threshold", value_name = "RULE")]
    pub thresholds: Vec<String>,
    /// The longest time that one call may take, such as 500ms or 20s; otherwise that of the target file, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Stop when every cycle has failed for this long: the target went away, or its tokens expired
    #[arg(long, value_name = "TIME", default_value = "10s")]
    pub give_up: String,
    /// Allow load on this host although it is not a loopback address; it must be the target's host
    #[arg(long, value_name = "HOST")]
    pub allow_remote: Option<String>,
    /// Allow more than 5,000/s, 1 h or 10,000 workers: as rate=N, duration=TIME or users=N; can be repeated
    #[arg(long = "raise-ceiling", value_name = "WHAT=VALUE")]
    pub ceilings: Vec<String>,
    /// If the generator's own lag (99th percentile) is greater, it reports that it was the limit. This counts for the start of
    /// cycles, and for attestations that wait for a thread
    #[arg(long, value_name = "TIME", default_value = "20ms")]
    pub generator_lag: String,
    /// Number of threads that attest; if it is not given, half of the cores
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub crypto_threads: Option<u16>,
    #[arg(long = "report", value_name = "NAME=PATH", help = reports::help_of(LOAD_REPORTS))]
    pub reports: Vec<String>,
    /// Play only this part of the load, such as 2/3 for the second of three: every third cycle, worker and subject. All parts need
    /// the same options and the same --seed
    #[arg(long, value_name = "M/N", requires_all = ["target", "seed"])]
    pub shard: Option<String>,
    /// Play one of N parts. JOB_COMPLETION_INDEX says which one; Kubernetes sets it in the pods of indexed jobs
    #[arg(long, value_name = "N", requires_all = ["target", "seed"], conflicts_with = "shard", value_parser = clap::value_parser!(u32).range(1..))]
    pub shards: Option<u32>,
    /// When the first cycle starts, such as 2026-11-24T10:30:00Z; if this time is over, the load is refused
    #[arg(long, value_name = "TIME")]
    pub start_at: Option<String>,
    /// Start at once if the time of --start-at is over
    #[arg(long, requires = "start_at")]
    pub join: bool,
    /// Show the load engine's live page at http://127.0.0.1:PORT while the load runs; it shows start and verify only. Without this
    /// option no port is opened
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "5118", value_parser = clap::value_parser!(u16).range(1..))]
    pub dashboard: Option<u16>,
    /// Seed of keys, ids and arrivals; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
}

/// What `--arrivals` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Arrivals {
    /// At equal intervals
    Constant,
    /// At exponentially distributed intervals, as for independent users
    Poisson,
}
