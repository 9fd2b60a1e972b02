//! The command line, and its verbs.

use clap::{Parser, Subcommand};

use super::coverage::CoverageArguments;
use super::credential::{AttestArguments, VectorsArguments};
use super::distribution::{CompletionsArguments, ManArguments, SchemaArguments, VersionArguments};
use super::listing::ListArguments;
#[cfg(feature = "load")]
use super::load_command::LoadCommand;
use super::run::{ReplayArguments, RunArguments};
#[cfg(feature = "server")]
use super::selftest::SelftestArguments;
#[cfg(feature = "server")]
use super::serve::ServeArguments;
use super::setup::{CheckArguments, InitArguments};
use super::streams::{
    DiagnoseArguments, DiffArguments, JudgeArguments, KnownArguments, MergeArguments, ReasonsArguments,
    ReportArguments, ShowArguments,
};
use super::sweep::SweepArguments;
use super::verify::VerifyArguments;
use crate::cli::built;
use crate::cli::colour::Colour;

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "proofmark",
    version = built::LINE,
    about = "Conformance harness and load tester for WebAuthn enrolment over REST, gRPC and gRPC-Web",
    after_help = "Exit codes: 0 green, 1 failed, 2 usage, 3 invalid input file, 4 nothing selected, 5 preflight failed, \
                  6 tests without a verdict, not everything was played, or others used the subjects of a load, 7 known deviations stale, changed or expired, 8 load threshold missed or \
                  wrong answer under load, 9 the load generator was the limit, 70 internal, \
                  74 a report or standard output could not be written, 130 interrupted"
)]
pub struct Arguments {
    /// Whether words have colours
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub color: Colour,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Look at a server, and write a target file for it
    Init(InitArguments),
    /// Check a target's set-up (address, TLS, protocols, tokens, RP ID, origin) and say what to fix
    Check(CheckArguments),
    /// Test a target and judge it; without --target the embedded reference server
    Run(Box<RunArguments>),
    /// Play one case again, with the same keys, and show every call
    Replay(ReplayArguments),
    /// Judge a recorded run again, with the checks of this version and without the target
    Judge(JudgeArguments),
    /// Show a case, clause, mutation or defect, or what a recorded run found about a case
    Show(ShowArguments),
    /// Show what a run saw of every clause over each protocol; plays the default run, unless a recorded one is given
    Coverage(CoverageArguments),
    /// Make a credential: reads creation options from standard input, writes RegistrationResponseJSON to standard output
    Attest(AttestArguments),
    /// Explain one registration response: taken apart, and judged at every step of section 7.1
    Verify(VerifyArguments),
    /// Excuse known fails and deviations: write entries of a known-deviations file, or remove stale ones
    Known(KnownArguments),
    /// Propose what the target's refusals in a run mean, as [reasons] of the target file
    Reasons(ReasonsArguments),
    /// Explain what failed in a run by few known defects, with words for the server's owner
    Diagnose(DiagnoseArguments),
    /// Compare the event streams of two runs
    Diff(DiffArguments),
    /// Merge the event streams of all shards of a run
    Merge(MergeArguments),
    /// Remove the accounts that interrupted runs left on a server; the target file must have a provisioner
    Sweep(SweepArguments),
    /// Run the reference server
    #[cfg(feature = "server")]
    Serve(ServeArguments),
    /// Write reports from an event stream that `run --report ndjson=PATH` wrote, without the target
    Report(ReportArguments),
    /// Test proofmark itself: it must find every defect of the reference server for the right clause, and report no variant
    #[cfg(feature = "server")]
    Selftest(SelftestArguments),
    /// List cases, tests, clauses, mutations, request faults, defects, variants or report formats
    List(ListArguments),
    /// Check the built-in cases against the registration catalogue and the clauses
    Lint,
    /// Write the cases that are about the credential alone as files for other tools
    Vectors(VectorsArguments),
    /// Load-test start, attest and verify against a target; without --target against the embedded reference server
    #[cfg(feature = "load")]
    Load(Box<LoadCommand>),
    /// Print a script that completes the command line in a shell
    Completions(CompletionsArguments),
    /// Print the manual page, or write the pages of all commands
    Man(ManArguments),
    /// Print the JSON Schema of a file that proofmark reads or writes
    Schema(SchemaArguments),
    /// Say which version and build this is
    Version(VersionArguments),
}
