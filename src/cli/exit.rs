//! Exit codes: each has a documented meaning, and none is a count.

use std::fmt;
use std::process::ExitCode;

/// How a verb ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Gate green.
    Green = 0,
    /// A new fail, or a new deviation under `--deny deviation`, or a flaky record under `--deny flaky`; for `diff`: the later run is worse.
    Red = 1,
    /// Wrong command line.
    Usage = 2,
    /// Target file, scenario or other input invalid.
    Config = 3,
    /// Nothing selected.
    NothingSelected = 4,
    /// Preflight failed: no case was run, or no load was generated; for `check`: the set-up has a problem.
    Preflight = 5,
    /// Errors: the run is incomplete; for `load`: nothing succeeded any more.
    Incomplete = 6,
    /// Known deviations are stale, changed or expired.
    KnownBroken = 7,
    /// A load threshold was missed, or an answer under load was wrong.
    Threshold = 8,
    /// The load generator limited the measurement.
    Limited = 9,
    /// A fault of proofmark itself.
    Internal = 70,
    /// The verdict is there, but a report or standard output could not be written. Outweighs every other code.
    Unwritten = 74,
    /// Ctrl-C, or the signal to end the process; partial results were written.
    Interrupted = 130,
}

impl Exit {
    /// The code.
    pub fn code(self) -> u8 {
        match self {
            Exit::Green => 0,
            Exit::Red => 1,
            Exit::Usage => 2,
            Exit::Config => 3,
            Exit::NothingSelected => 4,
            Exit::Preflight => 5,
            Exit::Incomplete => 6,
            Exit::KnownBroken => 7,
            Exit::Threshold => 8,
            Exit::Limited => 9,
            Exit::Internal => 70,
            Exit::Unwritten => 74,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

/// An error that ends a verb, with its exit code.
#[derive(Debug)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    /// With a code.
    pub fn new(exit: Exit, error: impl Into<anyhow::Error>) -> Failure {
        Failure { exit, error: error.into() }
    }

    /// With a code and a text.
    pub fn text(exit: Exit, text: impl Into<String>) -> Failure {
        Failure { exit, error: anyhow::Error::msg(text.into()) }
    }

    /// A file, scenario or other input that can't be used.
    pub fn config(error: impl Into<anyhow::Error>) -> Failure {
        Failure::new(Exit::Config, error)
    }

    /// A fault of proofmark or of the machine.
    pub fn internal(error: impl Into<anyhow::Error>) -> Failure {
        Failure::new(Exit::Internal, error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Our errors already contain the text of their causes.
        write!(f, "{}", self.error)
    }
}
