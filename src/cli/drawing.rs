//! What a run draws at random instead of the cases, for how long, and where its findings are written.

use std::path::PathBuf;

use super::args::RunArguments;
use super::exit::{Exit, Failure};
use crate::runner::fuzz::Budget;

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// Credentials, by chains of mutations.
    Credentials,
    /// Sequences of calls.
    Sequences,
}

/// What is drawn, and how much.
#[derive(Debug)]
pub struct Drawing {
    /// What.
    pub what: Drawn,
    /// How long, or how many.
    pub budget: Budget,
    /// Where suites are written.
    pub findings: PathBuf,
}

impl Drawing {
    /// What was asked for; `None` if the cases are played.
    ///
    /// # Errors
    /// A budget that is not valid, or a place that is not a directory.
    pub fn new(arguments: &RunArguments) -> Result<Option<Drawing>, Failure> {
        let (what, option, text, usual) = match (&arguments.fuzz, &arguments.model) {
            (Some(text), _) => (Drawn::Credentials, "--fuzz", text, "fuzz-findings"),
            (None, Some(text)) => (Drawn::Sequences, "--model", text, "model-findings"),
            (None, None) if arguments.findings.is_some() => {
                return Err(Failure::text(Exit::Usage, "--findings needs --fuzz or --model"));
            }
            (None, None) => return Ok(None),
        };
        let budget = budget(option, text, if what == Drawn::Credentials { "credentials" } else { "sequences" })?;
        let findings = arguments.findings.clone().unwrap_or_else(|| PathBuf::from(usual));
        if findings.exists() && !findings.is_dir() {
            let message = format!("--findings {}: this is not a directory", findings.display());
            return Err(Failure::text(Exit::Usage, message));
        }
        Ok(Some(Drawing { what, budget, findings }))
    }

    /// The directory as it was named.
    pub fn directory(&self) -> String {
        self.findings.display().to_string()
    }
}

/// A time, or a number of what is drawn.
fn budget(option: &str, text: &str, things: &str) -> Result<Budget, Failure> {
    match text.parse::<usize>() {
        Ok(0) => {
            let message = format!("{option} 0: write a time such as 60s, or a number of {things}");
            Err(Failure::text(Exit::Usage, message))
        }
        Ok(count) => Ok(Budget::Credentials(count)),
        _ => super::values::duration(option, text).map(Budget::Time),
    }
}
