//! The known-deviations file: what the owners of a target have seen, and excuse for a time.
//!
//! `docs/known-deviations.md` has the form with an example.

mod entry;
mod place;

use std::fmt;
use std::path::Path;

use jiff::civil::Date;
use toml_edit::Document;

pub use place::KnownError;

use crate::outcome::{CaseRecord, Reason, Verdict};
use crate::scenario::Pattern;
use entry::File;
use place::Source;

/// A whole file, read and checked.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The path as it was given, for messages.
    pub path: String,
    /// Its entries in the order of the file.
    pub entries: Vec<KnownDeviation>,
}

/// One entry: which records it means, what they were seen to come to, and why that is excused.
#[derive(Debug, Clone)]
pub struct KnownDeviation {
    /// The line of its `[[known]]`, from 1.
    pub line: usize,
    /// What it means; more than one where a list is written.
    pub patterns: Vec<Pattern>,
    /// Slugs of flows, protocols, operations and formats; an empty list means all.
    pub axes: Axes,
    /// `fail` or `deviation`.
    pub verdict: Verdict,
    /// One of the verdict's reasons.
    pub reason: Reason,
    /// What was observed, as [`super::observation`] writes it; `None` excuses any observation.
    pub observed: Option<String>,
    /// Why it is excused.
    pub why: String,
    /// Where it is being worked on.
    pub issue: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds.
    pub expires: Option<Date>,
}

/// Axis filters of an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Axes {
    /// Slugs of flows.
    pub flows: Vec<String>,
    /// Slugs of protocols.
    pub protocols: Vec<String>,
    /// Slugs of operations.
    pub operations: Vec<String>,
    /// Slugs of attestation formats.
    pub formats: Vec<String>,
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

impl KnownDeviation {
    /// Whether it means a record, whatever that came to. An entry with the reason `transports-disagree` is about the
    /// comparisons of protocols, every other about permutations.
    pub fn means(&self, record: &CaseRecord) -> bool {
        self.means_name(Name::of(record))
    }

    /// The same, by name.
    pub(super) fn means_name(&self, name: Name<'_>) -> bool {
        let compares = self.reason == Reason::TransportsDisagree;
        let named = |pattern: &Pattern| pattern.means(name.id, name.case);
        compares == name.compares() && self.axes.mean(name) && self.patterns.iter().any(named)
    }

    /// Whether a record came to what it says.
    pub fn fits(&self, record: &CaseRecord) -> bool {
        let observed = || self.observed.as_ref().is_none_or(|observed| *observed == super::observation(record));
        (self.verdict, self.reason) == (record.verdict, record.reason) && observed()
    }

    /// What it says that was seen, such as `fail (accepted-invalid): accepted`.
    pub fn seen(&self) -> String {
        let observed = self.observed.as_ref().map(|observed| format!(": {observed}")).unwrap_or_default();
        format!("{} ({}){observed}", self.verdict.name(), self.reason.name())
    }
}

/// Why it is excused, with issue, owner and date.
impl fmt::Display for KnownDeviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let expires = self.expires.map(|date| format!("expires {date}"));
        let further: Vec<String> = [self.issue.clone(), self.owner.clone(), expires].into_iter().flatten().collect();
        f.write_str(&self.why)?;
        if further.is_empty() { Ok(()) } else { write!(f, " ({})", further.join(", ")) }
    }
}

/// What entries are held against: how a record is called, and what it was run on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Name<'a> {
    pub(super) id: &'a str,
    pub(super) case: &'a str,
    pub(super) flow: &'a str,
    pub(super) protocol: &'a str,
}

impl<'a> Name<'a> {
    pub(super) fn of(record: &'a CaseRecord) -> Name<'a> {
        Name { id: &record.id, case: &record.case, flow: &record.flow, protocol: &record.protocol }
    }

    /// Whether it is a comparison of protocols.
    pub(super) fn compares(self) -> bool {
        self.protocol == "all"
    }

    /// What the id has after the case: operation, format and length, as far as the case has these axes.
    pub(super) fn tail(self) -> &'a str {
        let before = format!("{}/{}/{}", self.flow, self.protocol, self.case);
        self.id.strip_prefix(&before).unwrap_or_default().trim_start_matches('/')
    }
}

impl Axes {
    /// Comparisons have no protocol of their own.
    fn mean(&self, name: Name<'_>) -> bool {
        let among = |wanted: &[String], slug: &str| wanted.iter().any(|one| one == slug);
        let in_tail = |wanted: &[String]| wanted.is_empty() || name.tail().split('/').any(|part| among(wanted, part));
        (self.flows.is_empty() || among(&self.flows, name.flow))
            && (name.compares() || self.protocols.is_empty() || among(&self.protocols, name.protocol))
            && in_tail(&self.operations)
            && in_tail(&self.formats)
    }
}

#[cfg(test)]
mod tests;
