//! The failures of a run in units that can be explained: one kind of failure of one case at one place.

use std::collections::BTreeMap;

use super::observed::{DRAWN, Observed, Sign};
use super::place::Place;
use super::signature::ratio;

/// The weight of the comparison of protocols: it follows from what the protocols did.
const COMPARED: f64 = 0.5;
/// The weight of drawn sequences: which of them show a defect is a matter of chance.
const BY_CHANCE: f64 = 0.3;
/// The weight of what follows from another failure: it shows that something is wrong, and not what.
const FOLLOWS: f64 = 0.02;
/// The kind of failure that the comparison of protocols has.
pub const DISAGREE: &str = "transports-disagree";

/// One kind of failure of one case at one place.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// What failed.
    pub sign: &'a Sign,
    /// Where.
    pub place: Place,
    /// All protocols of a case together weigh one.
    pub weight: f64,
    /// In how many tests it was found.
    pub found: u32,
    /// In how many tests it decided.
    pub decided: u32,
    /// Number of its clause and kind.
    pub way: usize,
    /// Number of its kind.
    pub kind: usize,
    /// Whether it is that protocols disagree.
    pub is_comparison: bool,
    /// Whether one of the protocols failed by itself, so that their comparison has to fail as well.
    pub is_derived: bool,
}

/// All of a run.
#[derive(Debug)]
pub struct Units<'a> {
    /// In the order of signs and places.
    pub all: Vec<Unit<'a>>,
    /// How many different clauses and kinds they have.
    pub ways: usize,
    /// How many different kinds.
    pub kinds: usize,
    index: BTreeMap<(&'a Sign, Place), usize>,
}

impl<'a> Units<'a> {
    /// The units of what was observed.
    pub fn of(observed: &'a Observed) -> Units<'a> {
        let mut units = Units { all: Vec::new(), ways: 0, kinds: 0, index: BTreeMap::new() };
        let mut ways: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for (sign, failed) in &observed.failed {
            let (next_way, next_kind) = (ways.len(), kinds.len());
            let way = *ways.entry((sign.clause.as_str(), sign.kind.as_str())).or_insert(next_way);
            let kind = *kinds.entry(sign.kind.as_str()).or_insert(next_kind);
            for place in Place::ALL.into_iter().filter(|place| failed[*place as usize] > 0) {
                let decided = observed.decided.get(sign).map_or(0, |tests| tests[place as usize]);
                units.index.insert((sign, place), units.all.len());
                let is_comparison = place == Place::Compared && sign.kind == DISAGREE;
                let has_failed = |protocol: &Place| observed.count(&sign.case, *protocol).1 > 0;
                let is_derived = is_comparison && Place::PROTOCOLS.iter().any(has_failed);
                let weight = weight(observed, sign, place) * if is_derived { FOLLOWS } else { 1.0 };
                let found = failed[place as usize];
                units.all.push(Unit { sign, place, weight, found, decided, way, kind, is_comparison, is_derived });
            }
        }
        (units.ways, units.kinds) = (ways.len(), kinds.len());
        units
    }

    /// The number of the unit; `None` if this did not fail.
    pub fn find(&self, sign: &Sign, place: Place) -> Option<usize> {
        self.index.get(&(sign, place)).copied()
    }
}

/// What a failure at a place weighs.
pub fn weight(observed: &Observed, sign: &Sign, place: Place) -> f64 {
    let protocols = Place::PROTOCOLS.iter().filter(|place| observed.count(&sign.case, **place).0 > 0).count();
    let of_place = if place == Place::Compared { COMPARED } else { ratio(1, protocols) };
    let of_case = if sign.case == DRAWN { BY_CHANCE } else { 1.0 };
    // Without a clause the case did not get as far as what it is about.
    of_place * of_case * if sign.clause.is_empty() { FOLLOWS } else { 1.0 }
}
