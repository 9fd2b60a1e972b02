//! Where something is wrong in a known-deviations file, and what to write instead.

use thiserror::Error;

/// A known-deviations file that can't be used.
#[derive(Debug, Error)]
pub enum KnownError {
    /// It can't be read.
    #[error("{path}: {cause}; `proofmark known suggest EVENTS --known FILE --write` writes one")]
    Read {
        /// The file.
        path: String,
        /// The system's error.
        cause: std::io::Error,
    },
    /// It is not TOML, has unknown or missing keys, or has a value that is not valid.
    #[error("{path}:{line}:{column}: {message}")]
    Value {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// Character in the line, from 1.
        column: usize,
        /// What is wrong and what to write instead, and the line itself.
        message: String,
    },
}

/// The text of a file, and its name.
pub(super) struct Source<'a> {
    pub(super) path: &'a str,
    pub(super) text: &'a str,
}

impl Source<'_> {
    /// An error at a byte offset.
    pub(super) fn error(&self, offset: usize, message: impl Into<String>) -> KnownError {
        let before = self.text.get(..offset).unwrap_or_default();
        let begin = before.rfind('\n').map_or(0, |newline| newline + 1);
        let shown = self.text.get(begin..).and_then(|text| text.lines().next()).unwrap_or_default();
        let shown = if shown.trim().is_empty() { String::new() } else { format!("\n  | {shown}") };
        KnownError::Value {
            path: self.path.to_owned(),
            line: self.line(offset),
            column: before[begin..].chars().count() + 1,
            message: format!("{}{shown}", message.into()),
        }
    }

    /// The line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.text.get(..offset).unwrap_or_default().matches('\n').count() + 1
    }
}
