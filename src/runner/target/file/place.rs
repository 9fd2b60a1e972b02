//! Where something is wrong in a target file, and what to write instead.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A target file that can't be used.
#[derive(Debug, Error)]
pub enum TargetFileError {
    /// It can't be read.
    #[error("{path}: {cause}; `proofmark serve --target-out FILE` writes an example")]
    Read {
        /// The file.
        path: String,
        /// The system's word.
        cause: std::io::Error,
    },
    /// It is not TOML, has unknown or missing keys, or has an invalid value.
    #[error("{path}:{line}: {message}")]
    Value {
        /// The file.
        path: String,
        /// Line, from 1.
        line: usize,
        /// What is wrong and what to write instead.
        message: String,
    },
}

/// The text of a target file and where it stands.
pub(crate) struct Source {
    path: PathBuf,
    text: String,
}

/// What to write if a required key is missing.
const EXAMPLES: [(&str, &str); 4] = [
    ("`base-url`", "base-url = \"https://id.example.org\""),
    ("`rp-id`", "rp-id = \"example.org\""),
    ("`origin`", "origin = \"https://example.org\""),
    ("`accounts`", "[accounts] and under it subjects-file = \"subjects.json\""),
];

impl Source {
    /// Reads the file.
    pub fn read(path: &Path) -> Result<Source, TargetFileError> {
        let text = std::fs::read_to_string(path)
            .map_err(|cause| TargetFileError::Read { path: path.display().to_string(), cause })?;
        Ok(Source { path: path.to_owned(), text })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text as TOML of this form.
    pub fn parse<T: serde::de::DeserializeOwned>(&self) -> Result<T, TargetFileError> {
        toml::from_str(&self.text).map_err(|error| self.syntax(&error))
    }

    /// An error at a byte offset.
    pub fn error(&self, offset: usize, message: impl Into<String>) -> TargetFileError {
        let line = self.text.get(..offset).unwrap_or_default().matches('\n').count() + 1;
        TargetFileError::Value { path: self.path.display().to_string(), line, message: message.into() }
    }

    /// A path that is written in the file, relative to the file.
    pub fn beside(&self, path: &Path) -> PathBuf {
        self.path.parent().unwrap_or(Path::new("")).join(path)
    }

    fn syntax(&self, error: &toml::de::Error) -> TargetFileError {
        let offset = error.span().map_or(0, |span| span.start);
        let mut message = error.message().replace("expected f64", "expected a number");
        let missing = EXAMPLES.iter().find(|(key, _)| message == format!("missing field {key}"));
        if let Some((_, example)) = missing {
            message = format!("{message}; write for example {example}");
        } else {
            let begin = self.text.get(..offset).and_then(|text| text.rfind('\n')).map_or(0, |newline| newline + 1);
            let line = self.text.get(begin..).and_then(|text| text.lines().next()).unwrap_or_default();
            // A token may stand where it should not.
            if !line.is_empty() && !line.contains("token") {
                message = format!("{message}\n  | {line}");
            }
        }
        self.error(offset, message)
    }
}
