//! The comparison of two runs.

use std::collections::BTreeMap;

use super::observation::observation;
use crate::outcome::{CaseRecord, RunRecord, Verdict};

/// What differs between two runs.
#[derive(Debug, Clone)]
pub struct Diff<'a> {
    /// The earlier run.
    pub before: &'a RunRecord,
    /// The later run.
    pub after: &'a RunRecord,
    /// What differs, in the order of ids.
    pub changes: Vec<Change<'a>>,
}

/// A record that is not the same in both runs; at least one of the two exists.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// How it differs.
    pub kind: Kind,
    /// In the earlier run.
    pub before: Option<&'a CaseRecord>,
    /// In the later run.
    pub after: Option<&'a CaseRecord>,
}

proofmark_support::named! {
    /// How a record differs.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Kind by name {
        /// Good or less severe before, and now a deviation, an error or a fail.
        NewlyFailing = "newly-failing",
        /// A deviation, an error or a fail before, and none of these now.
        Fixed = "fixed",
        /// Another verdict, reason or observation.
        Changed = "changed",
        /// Only in the earlier run.
        OnlyBefore = "only-before",
        /// Only in the later run.
        OnlyAfter = "only-after",
    }
}

impl<'a> Diff<'a> {
    /// Compares records by their ids: verdict, reason and [`observation`].
    pub fn new(before: &'a RunRecord, after: &'a RunRecord) -> Diff<'a> {
        let mut pairs: BTreeMap<&str, (Option<&CaseRecord>, Option<&CaseRecord>)> = BTreeMap::new();
        for record in &before.cases {
            pairs.entry(&record.id).or_default().0 = Some(record);
        }
        for record in &after.cases {
            pairs.entry(&record.id).or_default().1 = Some(record);
        }
        let change = |(before, after)| Some(Change { kind: kind(before, after)?, before, after });
        Diff { before, after, changes: pairs.into_values().filter_map(change).collect() }
    }

    /// Whether the later run has a fail, a deviation or an error that the earlier one does not have.
    pub fn is_worse(&self) -> bool {
        self.changes.iter().any(|change| change.after.is_some_and(is_bad))
    }

    /// The changes of a kind.
    pub fn of(&self, kind: Kind) -> Vec<Change<'a>> {
        self.changes.iter().copied().filter(|change| change.kind == kind).collect()
    }
}

fn is_bad(record: &CaseRecord) -> bool {
    matches!(record.verdict, Verdict::Fail | Verdict::Deviation | Verdict::Error)
}

fn kind(before: Option<&CaseRecord>, after: Option<&CaseRecord>) -> Option<Kind> {
    let (before, after) = match (before, after) {
        (Some(before), Some(after)) => (before, after),
        (Some(_), None) => return Some(Kind::OnlyBefore),
        (None, Some(_)) => return Some(Kind::OnlyAfter),
        (None, None) => return None,
    };
    let seen = |record: &CaseRecord| (record.verdict, record.reason, observation(record));
    if seen(before) == seen(after) {
        None
    } else if is_bad(after) && (!is_bad(before) || after.verdict > before.verdict) {
        Some(Kind::NewlyFailing)
    } else if is_bad(before) && !is_bad(after) {
        Some(Kind::Fixed)
    } else {
        Some(Kind::Changed)
    }
}
