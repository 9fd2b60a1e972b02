//! What could not be done at a server.

use thiserror::Error;

/// What could not be done at a server, and how to fix it. Texts of the server are hostile; secrets are masked in them.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("could not {doing}: {answer}\n  fix: {fix}")]
pub struct ProvisionerError {
    /// What was tried.
    pub doing: String,
    /// What came.
    pub answer: String,
    /// What to do about it.
    pub fix: String,
    /// Whether it is about one account, so that it says nothing of others.
    pub is_of_one: bool,
}

impl ProvisionerError {
    /// What would stop any other account too.
    pub fn new(doing: impl Into<String>, answer: impl Into<String>, fix: impl Into<String>) -> ProvisionerError {
        ProvisionerError { doing: doing.into(), answer: answer.into(), fix: fix.into(), is_of_one: false }
    }
}
