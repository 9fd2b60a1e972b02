//! Which records of a run each entry of a known-deviations file matches.

use super::known::{KnownDeviation, Name};
use super::rules::{Rules, Standing};
use crate::contract;
use crate::outcome::{CaseRecord, RunRecord, Verdict};
use crate::scenario::Pattern;

/// The records that an entry matches, by their ids in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryRecord {
    /// Have the result that it names, and are excused.
    pub known: Vec<String>,
    /// Have the result that it names, but the entry has expired.
    pub expired: Vec<String>,
    /// Have another result, which no other entry excuses.
    pub changed: Vec<String>,
    /// Passed.
    pub passed: Vec<String>,
    /// Are excused by another entry.
    pub elsewhere: Vec<String>,
    /// Places in its list of patterns whose matches all passed.
    pub passing_patterns: Vec<usize>,
    /// Whether it matches nothing although everything that it could match was run.
    pub meets_nothing: bool,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem<'a> {
    /// It can be removed.
    Stale(Stale),
    /// It also matches these, which pass.
    TooWide(&'a [String]),
    /// These have another result.
    Changed(&'a [String]),
    /// It does not excuse these any more.
    Expired(&'a [String]),
}

/// Why an entry can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// All records that it matches pass.
    Passes,
    /// No record has such a name.
    MeetsNothing,
    /// Another entry excuses all records that it matches.
    Elsewhere,
}

impl EntryRecord {
    /// What is wrong, if anything. If no record that the entry matches was run and has a verdict, nothing is known about the entry.
    pub fn problems(&self) -> Vec<Problem<'_>> {
        let used = !self.known.is_empty() || !self.expired.is_empty();
        let stale = if used || !self.changed.is_empty() {
            None
        } else if !self.passed.is_empty() {
            Some(Stale::Passes)
        } else if !self.elsewhere.is_empty() {
            Some(Stale::Elsewhere)
        } else {
            self.meets_nothing.then_some(Stale::MeetsNothing)
        };
        if let Some(stale) = stale {
            return vec![Problem::Stale(stale)];
        }
        let some = |ids: &[String]| !ids.is_empty();
        let wide = some(&self.passed).then_some(Problem::TooWide(&self.passed));
        let changed = some(&self.changed).then_some(Problem::Changed(&self.changed));
        let expired = some(&self.expired).then_some(Problem::Expired(&self.expired));
        [wide, changed, expired].into_iter().flatten().collect()
    }
}

/// One for each entry, in the order of the file.
pub(super) fn entries(run: &RunRecord, rules: &Rules) -> Vec<EntryRecord> {
    let entries = rules.known.iter().flat_map(|known| &known.entries);
    let standings: Vec<(&CaseRecord, Standing<'_>)> =
        run.cases.iter().map(|record| (record, rules.standing(record))).collect();
    entries.map(|entry| met(run, entry, &standings)).collect()
}

fn met(run: &RunRecord, entry: &KnownDeviation, standings: &[(&CaseRecord, Standing<'_>)]) -> EntryRecord {
    let mut met = EntryRecord::default();
    let meant: Vec<_> = standings.iter().filter(|(record, _)| entry.means(record)).collect();
    for (record, standing) in &meant {
        let (other, list) = match standing {
            Standing::Known(by) => (*by, &mut met.known),
            Standing::Expired(by) => (*by, &mut met.expired),
            Standing::Changed(by) => (*by, &mut met.changed),
            Standing::Unconcerned if record.verdict == Verdict::Pass => (entry, &mut met.passed),
            // A skip or an error says nothing about the entry.
            Standing::Unconcerned | Standing::New => continue,
        };
        let excused = !matches!(standing, Standing::Changed(_));
        if std::ptr::eq(other, entry) {
            list.push(record.id.clone());
        } else if excused {
            met.elsewhere.push(record.id.clone());
        }
    }
    met.meets_nothing = meant.is_empty() && is_whole(run) && !could_mean(entry, run);
    met.passing_patterns = passing_patterns(entry, &meant);
    met
}

/// Patterns with at least one record that has a verdict, all of which pass.
fn passing_patterns(entry: &KnownDeviation, meant: &[&(&CaseRecord, Standing<'_>)]) -> Vec<usize> {
    let passes = |pattern: &Pattern| {
        let of = meant.iter().map(|(record, _)| record).filter(|record| pattern.means(&record.id, &record.case));
        let mut verdicts =
            of.map(|record| record.verdict).filter(|verdict| !matches!(verdict, Verdict::Skip | Verdict::Error));
        verdicts.next().is_some_and(|first| first == Verdict::Pass) && verdicts.all(|verdict| verdict == Verdict::Pass)
    };
    let found = entry.patterns.iter().enumerate().filter(|(_, pattern)| passes(pattern));
    found.map(|(place, _)| place).collect()
}

/// Whether everything that the target offers was run to the end.
pub(super) fn is_whole(run: &RunRecord) -> bool {
    let started = &run.started;
    !started.fuzzed && started.tests == started.available && run.finished.is_some_and(|finished| finished.is_whole())
}

/// Whether an entry matches tests that this run did not draw: the same case on another flow, or at another length.
fn could_mean(entry: &KnownDeviation, run: &RunRecord) -> bool {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    // A pattern that names a length ends with it.
    let ends = entry.patterns.iter().filter_map(|pattern| pattern.text().rsplit('/').next());
    let lengths: Vec<&str> = ends.filter(|part| is_number(part)).collect();
    let on_flow = |record: &CaseRecord, flow: &str| {
        let name = Name { flow, ..Name::of(record) };
        let rest = record.id.strip_prefix(&record.flow).unwrap_or_default();
        let drawn = rest.rsplit_once('/').filter(|(_, end)| is_number(end));
        let mut ids = vec![format!("{flow}{rest}")];
        ids.extend(drawn.iter().flat_map(|(stem, _)| lengths.iter().map(move |other| format!("{flow}{stem}/{other}"))));
        ids.iter().any(|id| entry.means_name(Name { id, ..name }))
    };
    run.cases.iter().any(|record| contract::flows().any(|flow| on_flow(record, flow.slug())))
}
