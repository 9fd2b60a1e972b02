//! What a run's verdicts mean for the one who waits for it: the known deviations change the gate, never a verdict.
//!
//! Of several entries that mean a record, the one counts whose verdict, reason and observation fit, the first in the file
//! if several do. If none fits, the record is changed, against the first that means it.

mod diff;
mod entries;
mod known;
mod observation;
mod prune;
mod suggest;

use std::collections::HashSet;

use jiff::civil::Date;

use crate::outcome::{CaseRecord, RunRecord, Verdict};

pub use diff::{Change, Diff, Kind};
pub use entries::{EntryRecord, Problem, Stale};
pub use known::{Axes, Known, KnownDeviation, KnownError};
pub use observation::observation;
pub use prune::{Pruned, prune};
pub use suggest::{Suggestion, append, suggest};

/// What makes a gate red.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The known deviations; `None` where no file was given.
    pub known: Option<Known>,
    /// The day on which entries are asked whether they hold.
    pub today: Date,
    /// Whether a deviation is as red as a fail.
    pub deny_deviation: bool,
    /// Whether what an earlier try came to another verdict of is as red as a fail.
    pub deny_flaky: bool,
}

/// A run, and how it stands to the known deviations. Every report is rendered from it.
#[derive(Debug, Clone)]
pub struct Judged {
    /// The run.
    pub run: RunRecord,
    /// What it is held to.
    pub rules: Rules,
    entries: Vec<EntryRecord>,
}

/// How one record stands to the known deviations.
#[derive(Debug, Clone, Copy)]
pub enum Standing<'a> {
    /// Neither a fail nor a deviation: nothing to excuse.
    Unconcerned,
    /// A fail or deviation that nobody has written down.
    New,
    /// One that an entry excuses.
    Known(&'a KnownDeviation),
    /// An entry means it, but says that something else was observed. Not excused.
    Changed(&'a KnownDeviation),
    /// The entry that excused it holds no longer.
    Expired(&'a KnownDeviation),
}

/// What the gate says. The gravest decides, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// A new fail, or a new deviation or a flaky record where these are denied.
    Red,
    /// Errors kept cases from a verdict.
    Incomplete,
    /// Known deviations are stale, changed or expired, and there is nothing graver.
    Broken,
    /// Nothing of all that.
    Green,
}

impl Rules {
    /// How a record stands.
    pub fn standing(&self, record: &CaseRecord) -> Standing<'_> {
        if !matches!(record.verdict, Verdict::Fail | Verdict::Deviation) {
            return Standing::Unconcerned;
        }
        let entries = self.known.iter().flat_map(|known| &known.entries);
        let mut meant = entries.filter(|entry| entry.means(record)).peekable();
        let Some(first) = meant.peek().copied() else { return Standing::New };
        match meant.find(|entry| entry.fits(record)) {
            None => Standing::Changed(first),
            Some(entry) if entry.expires.is_some_and(|last| last < self.today) => Standing::Expired(entry),
            Some(entry) => Standing::Known(entry),
        }
    }
}

impl Judged {
    /// A run for which nothing is known.
    pub fn new(run: RunRecord) -> Judged {
        Judged::by(run, Rules::default())
    }

    /// A run held to rules.
    pub fn by(run: RunRecord, rules: Rules) -> Judged {
        let entries = entries::entries(&run, &rules);
        Judged { run, rules, entries }
    }

    /// How a record of the run stands.
    pub fn standing(&self, record: &CaseRecord) -> Standing<'_> {
        self.rules.standing(record)
    }

    /// Whether a record makes the gate red by itself: new, or changed, or no longer excused. A deviation that is new does so
    /// only where deviations are denied.
    pub fn is_red(&self, record: &CaseRecord) -> bool {
        match self.standing(record) {
            Standing::Unconcerned | Standing::Known(_) => false,
            Standing::New => record.verdict == Verdict::Fail || self.rules.deny_deviation,
            Standing::Changed(_) | Standing::Expired(_) => true,
        }
    }

    /// The entries of the known-deviations file, each with what it met in this run.
    pub fn entries(&self) -> impl Iterator<Item = (&KnownDeviation, &EntryRecord)> {
        self.rules.known.iter().flat_map(|known| &known.entries).zip(&self.entries)
    }

    /// What has to be done about the known-deviations file, in its order.
    pub fn problems(&self) -> impl Iterator<Item = (&KnownDeviation, Problem<'_>)> {
        self.entries().flat_map(|(entry, record)| record.problems().into_iter().map(move |problem| (entry, problem)))
    }

    /// How many records are new, and red.
    pub fn new_ones(&self) -> usize {
        let is_new = |record: &&CaseRecord| matches!(self.standing(record), Standing::New) && self.is_red(record);
        self.run.cases.iter().filter(is_new).count()
    }

    /// How many records are red since they are flaky, and for no other reason.
    pub fn flaky_ones(&self) -> usize {
        let is_denied = |record: &&CaseRecord| self.rules.deny_flaky && record.flaky && !self.is_red(record);
        self.run.cases.iter().filter(is_denied).count()
    }

    /// How many records are excused.
    pub fn known_ones(&self) -> usize {
        self.entries.iter().map(|entry| entry.known.len()).sum()
    }

    /// What the gate says. Whether the run was interrupted is not its matter; one that stopped by itself is incomplete.
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

    /// The gate in words, where a known-deviations file was given, such as `the gate is green: 12 known`.
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

#[cfg(test)]
mod tests;
