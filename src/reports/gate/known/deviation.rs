//! An entry of the known-deviations file, and which records it means.

use std::fmt;

use jiff::civil::Date;

use crate::gate::observation::observation;
use crate::outcome::{CaseRecord, Reason, Verdict};
use crate::scenario::Pattern;

/// One entry: which records it matches, which result they have, and why it is excused.
#[derive(Debug, Clone)]
pub struct KnownDeviation {
    /// The line of its `[[known]]`, from 1.
    pub line: usize,
    /// Patterns of what it matches; more than one if a list is written.
    pub patterns: Vec<Pattern>,
    /// Slugs of flows, protocols, operations and formats; an empty list means all.
    pub axes: Axes,
    /// `fail` or `deviation`.
    pub verdict: Verdict,
    /// One of the verdict's reasons.
    pub reason: Reason,
    /// What was observed, as [`observation`] writes it; `None` excuses any observation.
    pub observed: Option<String>,
    /// Why it is excused.
    pub why: String,
    /// Where it is being worked on.
    pub issue: Option<String>,
    /// Who is responsible for it.
    pub owner: Option<String>,
    /// The last day on which it is valid.
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

impl KnownDeviation {
    /// Whether it matches a record, whatever the record's result is. An entry with the reason `transports-disagree` is about the
    /// comparisons of protocols, and every other entry is about tests.
    pub fn means(&self, record: &CaseRecord) -> bool {
        self.means_name(Name::of(record))
    }

    /// The same, by name.
    pub(in crate::gate) fn means_name(&self, name: Name<'_>) -> bool {
        let compares = self.reason == Reason::TransportsDisagree;
        let named = |pattern: &Pattern| pattern.means(name.id, name.case);
        compares == name.compares() && self.axes.mean(name) && self.patterns.iter().any(named)
    }

    /// Whether a record has the result that it names.
    pub fn fits(&self, record: &CaseRecord) -> bool {
        let observed = || self.observed.as_ref().is_none_or(|observed| *observed == observation(record));
        (self.verdict, self.reason) == (record.verdict, record.reason) && observed()
    }

    /// The result that it names, such as `fail (accepted-invalid): accepted`.
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

/// What entries are compared with: the name of a record, and its axes.
#[derive(Debug, Clone, Copy)]
pub(in crate::gate) struct Name<'a> {
    pub(in crate::gate) id: &'a str,
    pub(in crate::gate) case: &'a str,
    pub(in crate::gate) flow: &'a str,
    pub(in crate::gate) protocol: &'a str,
}

impl<'a> Name<'a> {
    pub(in crate::gate) fn of(record: &'a CaseRecord) -> Name<'a> {
        Name { id: &record.id, case: &record.case, flow: &record.flow, protocol: &record.protocol }
    }

    /// Whether it is a comparison of protocols.
    pub(in crate::gate) fn compares(self) -> bool {
        self.protocol == "all"
    }

    /// What the id has after the case: operation, format and length, as far as the case has these axes.
    pub(in crate::gate) fn tail(self) -> &'a str {
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
