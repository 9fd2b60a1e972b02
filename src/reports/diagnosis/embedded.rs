//! The dictionary that proofmark is built with.

use std::sync::LazyLock;

use super::cover::{Diagnosis, diagnose};
use super::dictionary::Dictionary;
use super::observed::Observed;
use crate::outcome::{CaseRecord, RunRecord};

static EMBEDDED: LazyLock<Dictionary> = LazyLock::new(|| {
    // A test reads it; what can't be read explains nothing.
    Dictionary::read(proofmark_fixtures::SIGNATURES).unwrap_or_default()
});

/// The dictionary that proofmark is built with.
pub fn embedded() -> &'static Dictionary {
    &EMBEDDED
}

/// What may have caused the failures of those records of a run that a filter takes; `None` if none of them failed, or if the cases were
/// drawn, so that no other run has them.
pub fn of_run(run: &RunRecord, takes: impl Fn(&CaseRecord) -> bool) -> Option<Diagnosis> {
    let observed = Observed::of(run.cases.iter().filter(|record| takes(record)));
    (!run.started.fuzzed && observed.tests() > 0).then(|| diagnose(embedded(), &observed))
}
