//! A whole run, folded from its events, and its statement about the target.

use super::event::{Event, RunFinished, RunStarted};
use super::reason::Reason;
use super::record::CaseRecord;
use super::slow::Slow;
use super::verdict::Verdict;

/// Counts by verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passes.
    pub pass: usize,
    /// Passes whose refusal could not be attributed.
    pub unattributed: usize,
    /// Passes of cases that presuppose something which the target file does not declare.
    pub left_open: usize,
    /// Fails.
    pub fail: usize,
    /// Deviations.
    pub deviation: usize,
    /// Skips.
    pub skip: usize,
    /// Errors.
    pub error: usize,
}

impl Tally {
    /// The count of a verdict.
    pub fn of(&self, verdict: Verdict) -> usize {
        match verdict {
            Verdict::Pass => self.pass,
            Verdict::Fail => self.fail,
            Verdict::Deviation => self.deviation,
            Verdict::Skip => self.skip,
            Verdict::Error => self.error,
        }
    }
}

/// The statement of a whole run about the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statement {
    /// Everything ran and held.
    Conformant,
    /// Fuzzing found no disagreement.
    NothingFound,
    /// Everything ran; there are deviations.
    WithDeviations,
    /// Nothing failed, but not everything that the target offers was run.
    Partial,
    /// A clause is broken.
    NonConformant,
    /// Errors, and nothing failed: no statement can be made.
    Inconclusive,
}

impl Statement {
    /// The kebab-case name, for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Statement::Conformant => "conformant",
            Statement::NothingFound => "nothing-found",
            Statement::WithDeviations => "with-deviations",
            Statement::Partial => "partial",
            Statement::NonConformant => "non-conformant",
            Statement::Inconclusive => "inconclusive",
        }
    }

    /// The words of every report.
    pub const fn text(self) -> &'static str {
        match self {
            Statement::Conformant => "conformant",
            Statement::NothingFound => "no disagreement was found",
            Statement::WithDeviations => "conformant with deviations",
            Statement::Partial => "partial: not everything ran",
            Statement::NonConformant => "NON-CONFORMANT",
            Statement::Inconclusive => "inconclusive: errors kept cases from a verdict",
        }
    }
}

/// A whole run, folded from its events.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRecord {
    /// First event.
    pub started: RunStarted,
    /// All tests that finished, in order of their ids.
    pub cases: Vec<CaseRecord>,
    /// Operations that the run itself found far slower than others; `None` if it did not look.
    pub slow: Option<Vec<Slow>>,
    /// Last event, if the run came to its end.
    pub finished: Option<RunFinished>,
}

impl RunRecord {
    /// Folds events. `None` if the first is not `run-started`.
    pub fn fold(events: impl IntoIterator<Item = Event>) -> Option<RunRecord> {
        let mut events = events.into_iter();
        let Some(Event::RunStarted(started)) = events.next() else { return None };
        let mut run = RunRecord { started, cases: Vec::new(), slow: None, finished: None };
        for event in events {
            match event {
                Event::RunStarted(_) => return None,
                Event::CaseFinished(record) => run.cases.push(*record),
                Event::Slow { operations } => run.slow = Some(operations),
                Event::RunFinished(finished) => run.finished = Some(finished),
            }
        }
        run.cases.sort_by(|a, b| a.id.cmp(&b.id));
        Some(run)
    }

    /// Counts by verdict.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for case in &self.cases {
            match case.verdict {
                Verdict::Pass => tally.pass += 1,
                Verdict::Fail => tally.fail += 1,
                Verdict::Deviation => tally.deviation += 1,
                Verdict::Skip => tally.skip += 1,
                Verdict::Error => tally.error += 1,
            }
            tally.left_open += usize::from(case.reason == Reason::LeftOpen);
            tally.unattributed += usize::from(case.reason == Reason::Unattributed);
        }
        tally
    }

    /// The statement of the run about the target.
    pub fn statement(&self) -> Statement {
        let tally = self.tally();
        let stopped = self.finished.is_some_and(|finished| finished.stopped.is_some());
        let complete = self.started.tests == self.started.available
            && self.finished.is_some_and(|finished| finished.is_whole())
            && self.cases.iter().filter(|case| case.protocol != "all").count() == self.started.tests;
        if tally.fail > 0 {
            Statement::NonConformant
        } else if stopped {
            // The errors, if any, follow from it.
            Statement::Partial
        } else if tally.error > 0 {
            Statement::Inconclusive
        } else if self.started.fuzzed && self.finished.is_some_and(|finished| finished.is_whole()) {
            if tally.deviation > 0 { Statement::WithDeviations } else { Statement::NothingFound }
        } else if !complete {
            Statement::Partial
        } else if tally.deviation > 0 {
            Statement::WithDeviations
        } else {
            Statement::Conformant
        }
    }

    /// Why the run ended early and how much was played, in one line; `None` for a run that did not.
    pub fn stopped_words(&self) -> Option<String> {
        let stopped = self.finished?.stopped?;
        if self.started.fuzzed {
            return Some(stopped.to_string());
        }
        let is_played = |reason| !matches!(reason, Reason::Aborted | Reason::Budget);
        let played = self.cases.iter().filter(|case| case.protocol != "all" && is_played(case.reason)).count();
        Some(format!("{stopped}: {played} of {} tests were played", self.started.tests))
    }
}
