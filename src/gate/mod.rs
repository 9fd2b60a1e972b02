//! What a run's verdicts mean for the one who waits for it: the known deviations change the gate, never a verdict.

use crate::outcome::{CaseRecord, RunRecord, Verdict};

/// A run, and how it stands to the known deviations. Every report is rendered from it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The run.
    pub run: RunRecord,
}

/// How one record stands to the known deviations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing<'a> {
    /// Neither a fail nor a deviation: nothing to excuse.
    Unconcerned,
    /// A fail or deviation that nobody has written down.
    New,
    /// One that an entry excuses; why.
    Known(&'a str),
}

impl Judged {
    /// A run for which nothing is known.
    pub fn new(run: RunRecord) -> Judged {
        Judged { run }
    }

    /// How a record of the run stands.
    pub fn standing(&self, record: &CaseRecord) -> Standing<'_> {
        match record.verdict {
            Verdict::Fail | Verdict::Deviation => Standing::New,
            Verdict::Pass | Verdict::Skip | Verdict::Error => Standing::Unconcerned,
        }
    }
}
