//! The dictionary that proofmark is built with.

use std::sync::LazyLock;

use super::cover::{Diagnosis, diagnose};
use super::dictionary::Dictionary;
use super::observed::Observed;
use crate::outcome::RunRecord;

static EMBEDDED: LazyLock<Dictionary> = LazyLock::new(|| {
    // A test reads it; what can't be read explains nothing.
    Dictionary::read(proofmark_fixtures::SIGNATURES).unwrap_or_default()
});

/// The dictionary that proofmark is built with.
pub fn embedded() -> &'static Dictionary {
    &EMBEDDED
}

/// What may have caused the failures of a run; `None` if nothing failed, or if its cases were drawn, so that no other run has them.
pub fn of_run(run: &RunRecord) -> Option<Diagnosis> {
    let observed = Observed::of(&run.cases);
    (!run.started.fuzzed && observed.tests() > 0).then(|| diagnose(embedded(), &observed))
}
