//! Errors of actions at a server.

use thiserror::Error;

/// An action at a server that failed, and how to fix it. Texts of the server are hostile; secrets are masked in them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("could not {doing}: {answer}\n  fix: {fix}")]
pub struct ProvisionerError {
    /// The action.
    pub doing: String,
    /// The answer.
    pub answer: String,
    /// How to fix it.
    pub fix: String,
    /// Whether it is about one account only, so that it says nothing about others.
    pub is_of_one: bool,
}

impl ProvisionerError {
    /// An error that would stop any other account too.
    pub fn new(doing: impl Into<String>, answer: impl Into<String>, fix: impl Into<String>) -> ProvisionerError {
        ProvisionerError { doing: doing.into(), answer: answer.into(), fix: fix.into(), is_of_one: false }
    }
}
