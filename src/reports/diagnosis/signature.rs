//! The signature of a defect: what a run shows if the server has this defect alone.

use std::collections::{BTreeMap, BTreeSet};

use super::observed::{Observed, Sign};
use super::place::{Place, Tests};

/// The steps of [`Shown::share`].
pub const SHARES: u8 = 8;
/// The least rate of a protocol that a defect is said to show on.
const LEAST_RATE: f64 = 0.2;

/// How one kind of failure of one case was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// The places ([`Place::bit`]) where it was shown.
    pub red: u8,
    /// The places where the case was played, and it was not shown.
    pub green: u8,
    /// How many of the tests at the places where it was shown have shown it, in eighths, at least one.
    pub share: u8,
}

/// What a defect shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// The kinds of failures.
    pub signs: BTreeMap<Sign, Shown>,
    /// The flows on which it shows.
    pub flows: BTreeSet<String>,
}

impl Signature {
    /// What a run against a server with only this defect has shown. `choices` is how many forms of a case there are (formats, algorithms,
    /// lengths) for each that was played: which of them another run plays is a matter of chance.
    pub fn of(observed: &Observed, choices: impl Fn(&str) -> u32) -> Signature {
        let shown = |(sign, failed): (&Sign, &Tests)| {
            let mut shown = shown(observed, sign, failed);
            let share = u32::from(shown.share) / choices(&sign.case).max(1);
            shown.share = u8::try_from(share).unwrap_or(SHARES).max(1);
            (sign.clone(), shown)
        };
        Signature { signs: observed.failed.iter().map(shown).collect(), flows: observed.flows.clone() }
    }

    /// How often a case that shows the defect shows it over each protocol, from 0 to 1, as far as cases were played over several.
    pub fn rates(&self) -> [f64; 3] {
        let several = |shown: &&Shown| {
            let played = Place::PROTOCOLS.iter().filter(|place| place.is_in(shown.red | shown.green)).count();
            played > 1 && Place::PROTOCOLS.iter().any(|place| place.is_in(shown.red))
        };
        let compared: Vec<&Shown> = self.signs.values().filter(several).collect();
        Place::PROTOCOLS.map(|place| {
            let count = |mask: fn(&Shown) -> u8| compared.iter().filter(|shown| place.is_in(mask(shown))).count();
            let (red, all) = (count(|shown| shown.red), count(|shown| shown.red | shown.green));
            match (all, self.signs.values().any(|shown| place.is_in(shown.red))) {
                (0, true) => 1.0,
                (0, false) if compared.is_empty() => 0.5,
                (0, false) => 0.0,
                _ => ratio(red, all),
            }
        })
    }

    /// The protocols that it shows on, as a mask; the comparison of protocols is always one of them.
    pub fn protocols(&self) -> u8 {
        let rates = Place::PROTOCOLS.into_iter().zip(self.rates());
        rates.filter(|(_, rate)| *rate >= LEAST_RATE).fold(Place::Compared.bit(), |mask, (place, _)| mask | place.bit())
    }
}

/// A part of a whole, from 0 to 1; 0 of nothing.
pub fn ratio(part: usize, whole: usize) -> f64 {
    let float = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if whole == 0 { 0.0 } else { float(part) / float(whole) }
}

fn shown(observed: &Observed, sign: &Sign, failed: &Tests) -> Shown {
    let (mut red, mut green, mut of, mut all) = (0, 0, 0, 0);
    for place in Place::ALL {
        match (failed[place as usize], observed.count(&sign.case, place).0) {
            (0, 0) => {}
            (0, _) => green |= place.bit(),
            (failed, played) => (red, of, all) = (red | place.bit(), of + failed, all + played),
        }
    }
    let share = (of * u32::from(SHARES)).div_ceil(all.max(1)).clamp(1, u32::from(SHARES));
    Shown { red, green, share: u8::try_from(share).unwrap_or(SHARES) }
}
