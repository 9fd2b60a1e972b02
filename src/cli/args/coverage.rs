//! The arguments of `coverage`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::values;

/// `coverage`
#[derive(Debug, Args)]
pub struct CoverageArguments {
    /// Event stream of a recorded run, as `run --report ndjson=EVENTS` writes it; `-` is standard input. Without it the default run
    /// is played
    #[arg(value_name = "EVENTS", conflicts_with_all = ["target", "defects", "suites", "seed", "timeout"])]
    pub stream: Option<PathBuf>,
    /// The same as an option
    #[arg(long, value_name = "EVENTS", conflicts_with_all = ["stream", "target", "defects", "suites", "seed", "timeout"])]
    pub from: Option<PathBuf>,
    /// Only clauses whose id, or the part of it before a slash, matches this glob, such as `api/limit` or `webauthn/8.*`
    #[arg(long, value_name = "GLOB")]
    pub clause: Option<String>,
    /// Only clauses that have this state over at least one protocol
    #[arg(long, value_name = "STATE")]
    pub state: Option<CoverageState>,
    /// Make the exit code 1 if a clause has this state over at least one protocol; can be repeated
    #[arg(long, value_name = "STATE")]
    pub deny: Vec<CoverageState>,
    /// A table, or JSON
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: CoverageForm,
    /// Target file; without it the reference server is started in this process
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Give the embedded reference server a defect (see `list defects`); can be repeated
    #[arg(long = "defect", value_name = "NAME", conflicts_with = "target")]
    pub defects: Vec<String>,
    /// Also run the cases of your own suite file; can be repeated
    #[arg(long = "suite", value_name = "FILE")]
    pub suites: Vec<PathBuf>,
    /// Seed of keys and ids; random if it is not given, and always printed
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = values::seed)]
    pub seed: Option<u64>,
    /// The longest time that one call may take, such as 500ms or 20s; otherwise that of the target file, or 10s
    #[arg(long, value_name = "TIME")]
    pub timeout: Option<String>,
    /// Tests that run at the same time
    #[arg(long, short = 'j', value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: u16,
}

/// What a run may have seen of a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CoverageState {
    /// It does not hold
    Violated,
    /// It was seen, but nothing firm
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
