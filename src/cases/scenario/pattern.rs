//! Globs over ids.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;

/// A glob over ids, by path component: `*` stays in a component, `**` does not. A match selects everything below it too.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// `None` for a text without wildcards: it is compared, which is much faster.
    matcher: Option<GlobMatcher>,
}

/// A pattern that is not a glob.
#[derive(Debug, Error)]
#[error("`{pattern}` is not a pattern: {message}")]
pub struct PatternError {
    pattern: String,
    message: String,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] if it is not a glob.
    pub fn new(text: &str) -> Result<Pattern, PatternError> {
        let glob = GlobBuilder::new(text)
            .literal_separator(true)
            .build()
            .map_err(|error| PatternError { pattern: text.to_owned(), message: error.kind().to_string() })?;
        let has_wildcards = text.contains(['*', '?', '[', '{', '\\']);
        Ok(Pattern { text: text.to_owned(), matcher: has_wildcards.then(|| glob.compile_matcher()) })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches a test, by its own id or its case's, or by what comes before a slash in them: a suite, a flow.
    pub fn means(&self, test: &str, case: &str) -> bool {
        self.means_id(test) || self.means_id(case)
    }

    /// Whether it matches an id, or what comes before a slash in it.
    pub fn means_id(&self, id: &str) -> bool {
        // Most are plain, and a known-deviations file holds many against every record.
        let Some(matcher) = &self.matcher else {
            return id.strip_prefix(&self.text).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        };
        let before_slashes = id.match_indices('/').map(|(at, _)| &id[..at]);
        before_slashes.chain([id]).any(|part| matcher.is_match(part))
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
