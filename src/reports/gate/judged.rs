//! A run with the gate's rules, and the gate's decision.

use std::collections::HashSet;

use super::entries::{self, EntryRecord, Problem};
use super::known::KnownDeviation;
use super::rules::{Rules, Standing};
use crate::outcome::{CaseRecord, RunRecord, Verdict};

/// A run, with the known deviations that apply to it. Every report is made from it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The run.
    pub run: RunRecord,
    /// The rules that apply to it.
    pub rules: Rules,
    entries: Vec<EntryRecord>,
}

/// The gate's decision. The most severe one counts, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A new fail; or a new deviation or a flaky record, if these are denied.
    Red,
    /// Tests without a verdict, because of errors.
    Incomplete,
    /// Known deviations are stale, changed or expired, and there is nothing more severe.
    Broken,
    /// None of these.
    Green,
}

impl Judged {
    /// A run without known deviations.
    pub fn new(run: RunRecord) -> Judged {
        Judged::by(run, Rules::default())
    }

    /// A run with rules.
    pub fn by(run: RunRecord, rules: Rules) -> Judged {
        let entries = entries::entries(&run, &rules);
        Judged { run, rules, entries }
    }

    /// The standing of a record of the run.
    pub fn standing(&self, record: &CaseRecord) -> Standing<'_> {
        self.rules.standing(record)
    }

    /// Whether a record makes the gate red by itself: it is new, changed, or not excused any more. A new deviation does so only if
    /// deviations are denied.
    pub fn is_red(&self, record: &CaseRecord) -> bool {
        match self.standing(record) {
            Standing::Unconcerned | Standing::Known(_) => false,
            Standing::New => record.verdict == Verdict::Fail || self.rules.deny_deviation,
            Standing::Changed(_) | Standing::Expired(_) => true,
        }
    }

    /// The entries of the known-deviations file, each with the records that it matches in this run.
    pub fn entries(&self) -> impl Iterator<Item = (&KnownDeviation, &EntryRecord)> {
        self.rules.known.iter().flat_map(|known| &known.entries).zip(&self.entries)
    }

    /// The entries of the known-deviations file that have to be changed, in its order.
    pub fn problems(&self) -> impl Iterator<Item = (&KnownDeviation, Problem<'_>)> {
        self.entries().flat_map(|(entry, record)| record.problems().into_iter().map(move |problem| (entry, problem)))
    }

    /// How many records are new, and red.
    pub fn new_ones(&self) -> usize {
        let is_new = |record: &&CaseRecord| matches!(self.standing(record), Standing::New) && self.is_red(record);
        self.run.cases.iter().filter(is_new).count()
    }

    /// How many records are red only because they are flaky.
    pub fn flaky_ones(&self) -> usize {
        let is_denied = |record: &&CaseRecord| self.rules.deny_flaky && record.flaky && !self.is_red(record);
        self.run.cases.iter().filter(is_denied).count()
    }

    /// How many records are excused.
    pub fn known_ones(&self) -> usize {
        self.entries.iter().map(|entry| entry.known.len()).sum()
    }

    /// The gate's decision. It ignores whether the run was interrupted; a run that stopped by itself is incomplete.
    pub fn gate(&self) -> Gate {
        if self.new_ones() > 0 || self.flaky_ones() > 0 {
            Gate::Red
        } else if self.run.tally().error > 0 || self.is_stopped() {
            Gate::Incomplete
        } else if self.problems().next().is_some() {
            Gate::Broken
        } else {
            Gate::Green
        }
    }

    fn is_stopped(&self) -> bool {
        self.run.finished.is_some_and(|finished| finished.stopped.is_some())
    }

    /// The gate in words if a known-deviations file was given, such as `the gate is green: 12 known`.
    pub fn gate_words(&self) -> Option<String> {
        self.rules.known.as_ref()?;
        let problems: HashSet<usize> = self.problems().map(|(entry, _)| entry.line).collect();
        let entries = if problems.len() == 1 { "entry needs a look" } else { "entries need a look" };
        let counts = [
            (self.new_ones(), "new"),
            (self.flaky_ones(), "flaky"),
            (self.run.tally().error, "without a verdict"),
            (problems.len(), entries),
            (self.known_ones(), "known"),
        ];
        let counts = counts.into_iter().enumerate().filter(|(at, (count, _))| *count > 0 || *at == 4);
        let counts: Vec<String> = counts.map(|(_, (count, what))| format!("{count} {what}")).collect();
        let colour = match self.gate() {
            Gate::Green => "green",
            Gate::Red => "red",
            Gate::Incomplete | Gate::Broken => "not green",
        };
        Some(format!("the gate is {colour}: {}", counts.join(", ")))
    }
}
