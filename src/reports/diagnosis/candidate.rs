//! A known defect beside a run: which of the run's failures it would explain, and what it would have shown as well.

use std::collections::{BTreeMap, BTreeSet};

use super::dictionary::{Dictionary, Known};
use super::observed::{Observed, Place, Sign};
use super::signature::{SHARES, Shown};
use super::units::{Units, weight};

/// What an explanation by a case of the same suite weighs, where the case itself was not played for the dictionary.
const BY_SUITE: f64 = 0.5;
/// What a place weighs of which the dictionary does not know whether the case shows the defect there.
const UNKNOWN_PLACE: f64 = 0.5;
/// The kind of failure that the comparison of protocols has.
const DISAGREE: &str = "transports-disagree";

/// A known defect beside a run.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The defect.
    pub known: &'a Known,
    /// Numbers of the failures that it explains, with their weights.
    pub explains: BTreeMap<usize, f64>,
    /// Cases that would also have failed, and were played and did not fail.
    pub missing: BTreeSet<&'a str>,
    /// The weight of what it explains.
    pub shown: f64,
    /// The weight of what is missing.
    pub absent: f64,
}

impl<'a> Candidate<'a> {
    /// The defect beside what was observed; `None` if it explains nothing.
    pub fn of(
        known: &'a Known,
        dictionary: &Dictionary,
        observed: &Observed,
        units: &Units<'_>,
    ) -> Option<Candidate<'a>> {
        let mut candidate = Candidate {
            known,
            explains: BTreeMap::new(),
            missing: BTreeSet::new(),
            shown: 0.0,
            absent: 0.0,
        };
        let places = known.signature.places();
        for (sign, shown) in &known.signature.0 {
            Place::ALL.into_iter().for_each(|place| candidate.compare(sign, *shown, places, place, observed, units));
        }
        candidate.derive(dictionary, places, units);
        candidate.shown = candidate.explains.values().sum();
        (!candidate.explains.is_empty()).then_some(candidate)
    }

    fn compare(
        &mut self,
        sign: &'a Sign,
        shown: Shown,
        places: u8,
        place: Place,
        observed: &Observed,
        units: &Units<'_>,
    ) {
        let Some(tests) = observed.played.get(&sign.case).filter(|tests| tests[place as usize] > 0) else { return };
        let is_red = shown.red & place.bit() != 0;
        let is_green = shown.green & place.bit() != 0;
        if let Some(number) = units.find(sign, place) {
            if !is_green {
                self.explains.insert(number, units.all[number].weight);
            }
            return;
        }
        let is_expected = is_red || (!is_green && place != Place::Compared && places & place.bit() != 0);
        let played = tests[place as usize];
        let red = observed.red.get(&sign.case).map_or(0, |red| red[place as usize]);
        // Where every test shows another failure, this one may be hidden behind it.
        if !is_expected || red >= played {
            return;
        }
        let by_chance = (1.0 - f64::from(shown.share) / f64::from(SHARES)).powi(i32::try_from(played).unwrap_or(i32::MAX));
        let certainty = (1.0 - by_chance) * if is_red { 1.0 } else { UNKNOWN_PLACE };
        self.absent += weight(sign, place, *tests) * certainty;
        if certainty > UNKNOWN_PLACE {
            self.missing.insert(&sign.case);
        }
    }

    /// What follows from the rest: protocols disagree about a case that fails over one of them, and cases that the dictionary does not
    /// have fail like others of their suite.
    fn derive(&mut self, dictionary: &Dictionary, places: u8, units: &Units<'_>) {
        let failing: BTreeSet<&str> =
            self.explains.keys().map(|number| units.all[*number].sign.case.as_str()).collect();
        let alike: BTreeSet<(&str, &str, &str)> = self.known.signature.0.keys().map(family).collect();
        for (number, unit) in units.all.iter().enumerate() {
            if self.explains.contains_key(&number) {
                continue;
            }
            let is_compared = unit.place == Place::Compared;
            if is_compared && unit.sign.kind == DISAGREE && failing.contains(unit.sign.case.as_str()) {
                self.explains.insert(number, unit.weight);
            }
            let is_unknown =
                !dictionary.common.contains(&unit.sign.case) && !self.known.signature.0.contains_key(unit.sign);
            if is_unknown && alike.contains(&family(unit.sign)) && (is_compared || places & unit.place.bit() != 0) {
                self.explains.insert(number, unit.weight * BY_SUITE);
            }
        }
    }

    /// How much of what it would show was shown, from 0 to 1.
    pub fn precision(&self) -> f64 {
        self.shown / (self.shown + self.absent)
    }
}

/// Suite, clause and kind.
fn family(sign: &Sign) -> (&str, &str, &str) {
    let suite = sign.case.split_once('/').map_or(sign.case.as_str(), |(suite, _)| suite);
    (suite, &sign.clause, &sign.kind)
}
