//! What makes a gate red, and how known deviations apply to a record.
//!
//! If several entries match a record, the first one in the file counts whose verdict, reason and observation also fit. If none
//! fits, the record has changed, compared with the first entry that matches it.

use jiff::civil::Date;

use super::known::{Known, KnownDeviation};
use crate::outcome::{CaseRecord, Verdict};

/// What makes a gate red.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The known deviations; `None` if no file was given.
    pub known: Option<Known>,
    /// The day for which it is checked whether entries have expired.
    pub today: Date,
    /// Whether a deviation makes the gate red like a fail.
    pub deny_deviation: bool,
    /// Whether a flaky record, for which an earlier try had another verdict, makes the gate red like a fail.
    pub deny_flaky: bool,
}

/// How the known deviations apply to one record.
#[derive(Debug, Clone, Copy)]
pub enum Standing<'a> {
    /// Neither a fail nor a deviation: nothing to excuse.
    Unconcerned,
    /// A fail or deviation that no entry names.
    New,
    /// A fail or deviation that an entry excuses.
    Known(&'a KnownDeviation),
    /// An entry matches it, but names another observation. It is not excused.
    Changed(&'a KnownDeviation),
    /// The entry that excused it has expired.
    Expired(&'a KnownDeviation),
}

impl Rules {
    /// The standing of a record.
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
