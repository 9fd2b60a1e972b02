//! Records that have one cause, so that one missing permission is not 300 failures.

use std::collections::BTreeMap;

use crate::gate::{Judged, Standing};
use crate::outcome::{CaseRecord, Finding, Verdict};

/// Permutations that have one cause: the same clause, reason and expectation.
pub(super) struct Cause<'a> {
    /// The deciding finding of the first.
    pub finding: &'a Finding,
    /// The example first.
    pub records: Vec<&'a CaseRecord>,
}

/// Causes of a verdict, the most frequent first. What an entry of the known-deviations file tells of is left out, also if
/// the entry holds no longer.
pub(super) fn causes(judged: &Judged, verdict: Verdict) -> Vec<Cause<'_>> {
    grouped(judged, verdict, |record| !matches!(judged.standing(record), Standing::Known(_) | Standing::Expired(_)))
}

/// Causes of those records of a verdict that a filter takes, the most frequent first.
pub(super) fn grouped(judged: &Judged, verdict: Verdict, takes: impl Fn(&CaseRecord) -> bool) -> Vec<Cause<'_>> {
    let mut by_key: BTreeMap<(&str, String, &str), Cause<'_>> = BTreeMap::new();
    for record in judged.run.cases.iter().filter(|record| record.verdict == verdict && takes(record)) {
        let Some(finding) = record.findings.first() else { continue };
        let key = (finding.clause.as_str(), finding.reason.name(), finding.expected.as_str());
        by_key.entry(key).or_insert(Cause { finding, records: Vec::new() }).records.push(record);
    }
    let mut causes: Vec<Cause<'_>> = by_key.into_values().collect();
    for cause in &mut causes {
        // The example comes first. A curl line over REST says most to a person.
        cause.records.sort_by_key(|record| record.protocol != "rest");
    }
    causes.sort_by_key(|cause| std::cmp::Reverse(cause.records.len()));
    causes
}

/// The command that plays a record's case again.
pub(super) fn again(record: &CaseRecord, seed: u64) -> String {
    // A comparison of protocols has no permutation of its own; its case does.
    let id = if record.protocol == "all" { &record.case } else { &record.id };
    let suite = record.suite.as_ref().map(|path| format!("--suite {path} ")).unwrap_or_default();
    format!("proofmark run {suite}'{id}' --seed {seed}")
}

/// Why a record is excused, if it is.
pub(super) fn known(judged: &Judged, record: &CaseRecord) -> Option<String> {
    match judged.standing(record) {
        Standing::Known(why) => Some(why.to_string()),
        _ => None,
    }
}
