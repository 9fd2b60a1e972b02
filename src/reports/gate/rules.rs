//! What makes a gate red, and how a record stands to the known deviations.
//!
//! Of several entries that mean a record, the one counts whose verdict, reason and observation fit, the first in the file
//! if several do. If none fits, the record is changed, against the first that means it.

use jiff::civil::Date;

use super::known::{Known, KnownDeviation};
use crate::outcome::{CaseRecord, Verdict};

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
