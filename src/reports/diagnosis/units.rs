//! The failures of a run in units that can be explained: one kind of failure of one case at one place.

use std::collections::BTreeMap;

use super::observed::{Observed, Place, Sign, Tests};

/// The weight of the comparison of protocols: it follows from what the protocols did.
pub const COMPARED: f64 = 0.5;
/// The name of drawn sequences: which of them show a defect is a matter of chance.
pub const DRAWN: &str = "model";

/// One kind of failure of one case at one place.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// What failed.
    pub sign: &'a Sign,
    /// Where.
    pub place: Place,
    /// All protocols of a case together weigh one.
    pub weight: f64,
    /// In how many tests it decided.
    pub decided: u32,
}

/// All of a run.
#[derive(Debug)]
pub struct Units<'a> {
    /// In the order of signs and places.
    pub all: Vec<Unit<'a>>,
    index: BTreeMap<(&'a Sign, usize), usize>,
}

impl<'a> Units<'a> {
    /// The units of what was observed.
    pub fn of(observed: &'a Observed) -> Units<'a> {
        let mut units = Units { all: Vec::new(), index: BTreeMap::new() };
        for (sign, failed) in &observed.failed {
            let played = observed.played.get(&sign.case).copied().unwrap_or_default();
            for place in Place::ALL.into_iter().filter(|place| failed[*place as usize] > 0) {
                let decided = observed.decided.get(sign).map_or(0, |tests| tests[place as usize]);
                units.index.insert((sign, place as usize), units.all.len());
                units.all.push(Unit { sign, place, weight: weight(sign, place, played), decided });
            }
        }
        units
    }

    /// The number of the unit; `None` if this did not fail.
    pub fn find(&self, sign: &Sign, place: Place) -> Option<usize> {
        self.index.get(&(sign, place as usize)).copied()
    }
}

/// What a failure of a case at a place weighs, in a run that has played these tests of it.
pub fn weight(sign: &Sign, place: Place, played: Tests) -> f64 {
    let protocols = played[..3].iter().filter(|count| **count > 0).count().max(1);
    let of_place = match place {
        Place::Compared => COMPARED,
        _ => 1.0 / f64::from(u8::try_from(protocols).unwrap_or(1)),
    };
    if sign.case == DRAWN { of_place / 3.0 } else { of_place }
}
