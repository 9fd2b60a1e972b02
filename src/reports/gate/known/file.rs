//! The whole file, read and checked.

use std::path::Path;

use toml_edit::Document;

use super::deviation::KnownDeviation;
use super::entry::File;
use super::place::{KnownError, Source};

/// A whole file, read and checked.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The path as it was given, for messages.
    pub path: String,
    /// Its entries in the order of the file.
    pub entries: Vec<KnownDeviation>,
}

impl Known {
    /// Reads a file.
    ///
    /// # Errors
    /// [`KnownError`]
    pub fn read(path: &Path) -> Result<Known, KnownError> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|cause| KnownError::Read { path: name.clone(), cause })?;
        Known::parse(&name, &text)
    }

    /// Reads a text; `path` is for messages.
    ///
    /// # Errors
    /// [`KnownError`]
    pub fn parse(path: &str, text: &str) -> Result<Known, KnownError> {
        let source = Source { path, text };
        let document = Document::parse(text)
            .map_err(|error| source.error(error.span().map_or(0, |span| span.start), error.message()))?;
        let file: File = toml_edit::de::from_str(text)
            .map_err(|error| source.error(error.span().map_or(0, |span| span.start), error.message()))?;
        let Some(written) = document.get("known") else { return Ok(Known { path: path.to_owned(), entries: vec![] }) };
        let Some(tables) = written.as_array_of_tables() else {
            let at = written.span().map_or(0, |span| span.start);
            return Err(source.error(at, "write each entry under a [[known]] of its own"));
        };
        let read = file.known.into_iter().zip(tables).map(|(entry, table)| entry.check(&source, table));
        Ok(Known { path: path.to_owned(), entries: read.collect::<Result<_, _>>()? })
    }
}
