//! What each entry of a known-deviations file met in a run.

use super::known::{KnownDeviation, Name};
use super::rules::{Rules, Standing};
use crate::contract;
use crate::outcome::{CaseRecord, RunRecord, Verdict};
use crate::scenario::Pattern;

/// What an entry met, by the ids of records in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryRecord {
    /// Came to what it says, and are excused.
    pub known: Vec<String>,
    /// Came to what it says, after its last day.
    pub expired: Vec<String>,
    /// Came to something else that no other entry excuses.
    pub changed: Vec<String>,
    /// Passed.
    pub passed: Vec<String>,
    /// Are excused by another entry.
    pub elsewhere: Vec<String>,
    /// Places in its list of patterns that meant passes only.
    pub passing_patterns: Vec<usize>,
    /// Whether it met nothing although everything that it could mean was run.
    pub meets_nothing: bool,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Problem<'a> {
    /// It can be removed.
    Stale(Stale),
    /// It also means these, which pass.
    TooWide(&'a [String]),
    /// These came to something else.
    Changed(&'a [String]),
    /// It excuses these no longer.
    Expired(&'a [String]),
}

/// Why an entry can be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stale {
    /// All that it means passes.
    Passes,
    /// Nothing is called so.
    MeetsNothing,
    /// Another entry excuses all that it means.
    Elsewhere,
}

impl EntryRecord {
    /// What is wrong, if anything. Of an entry that met nothing that was run and came to a verdict, nothing is known.
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
            // A skip or an error says nothing of the entry.
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

/// Patterns of which every record with a verdict passes, and there is one.
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

/// Whether an entry means what this run did not draw: the same case on another flow, or at another length.
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
