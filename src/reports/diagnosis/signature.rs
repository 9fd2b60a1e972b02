//! The signature of a defect: what a run shows if the server has this defect alone.

use std::collections::BTreeMap;

use super::observed::{Observed, Place, Sign, Tests};

/// The steps of [`Shown::share`].
pub const SHARES: u8 = 8;

/// How one kind of failure of one case was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// The places ([`Place::bit`]) where it was shown.
    pub red: u8,
    /// The places where the case was played, and it was not shown.
    pub green: u8,
    /// How much of the tests at the places where it was shown have shown it, in eighths, at least one.
    pub share: u8,
}

/// What a defect shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature(pub BTreeMap<Sign, Shown>);

impl Signature {
    /// What a run against a server with only this defect has shown.
    pub fn of(observed: &Observed) -> Signature {
        let shown = |(sign, failed): (&Sign, &Tests)| {
            let played = observed.played.get(&sign.case).copied().unwrap_or_default();
            let (mut red, mut green, mut of, mut all) = (0, 0, 0, 0);
            for place in Place::ALL {
                let (failed, played) = (failed[place as usize], played[place as usize]);
                match (failed, played) {
                    (0, 0) => {}
                    (0, _) => green |= place.bit(),
                    _ => (red, of, all) = (red | place.bit(), of + failed, all + played),
                }
            }
            let share = (of * u32::from(SHARES)).div_ceil(all.max(1)).clamp(1, u32::from(SHARES));
            (sign.clone(), Shown { red, green, share: u8::try_from(share).unwrap_or(SHARES) })
        };
        Signature(observed.failed.iter().map(shown).collect())
    }
}
