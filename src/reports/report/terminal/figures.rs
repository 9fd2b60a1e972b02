//! Figures of a run in words.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::outcome::{CaseRecord, RunRecord};

/// The seconds that a run took.
pub(super) fn seconds(run: &RunRecord) -> f64 {
    run.finished.map_or(0.0, |finished| Duration::from_millis(finished.duration_ms).as_secs_f64())
}

/// How many calls did not reach the target at first, and why.
pub(in crate::report) fn sent_again(run: &RunRecord) -> Option<String> {
    run.finished?.sent_again.words()
}

/// How many records had another verdict in an earlier try, and which one, such as `3 flaky (at first 2 gateway, 1 crash)`.
pub(in crate::report) fn flaky_ones(run: &RunRecord) -> Option<String> {
    let flaky: Vec<&CaseRecord> = run.cases.iter().filter(|case| case.flaky).collect();
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for finding in flaky.iter().filter_map(|record| record.earlier.first()) {
        *reasons.entry(finding.reason.name()).or_default() += 1;
    }
    let reasons: Vec<String> = reasons.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    let at_first = if reasons.is_empty() { String::new() } else { format!(" (at first {})", reasons.join(", ")) };
    (!flaky.is_empty()).then(|| format!("{} flaky{at_first}", flaky.len()))
}
