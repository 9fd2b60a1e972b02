//! A known defect beside a run: which of the run's failures it would explain, and what it would have shown as well.

use std::collections::{BTreeMap, BTreeSet};

use super::dictionary::{Dictionary, Known};
use super::observed::{Observed, Sign};
use super::place::Place;
use super::scope::Scope;
use super::signature::{SHARES, Shown};
use super::units::{Units, weight};

/// What counts of an explanation or an absence that the dictionary has not seen, but that follows from others like it.
const LIKELY: f64 = 0.7;
/// What counts of an absence where every test shows another failure, which this one may be hidden behind.
const HIDDEN: f64 = 0.15;
/// How certain it has to be that a case would have failed before its absence is named.
const CERTAIN: f64 = 0.5;

/// A known defect beside a run.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The defect.
    pub known: &'a Known,
    /// Numbers of the failures that it explains, with their weights.
    pub explains: BTreeMap<usize, f64>,
    /// Cases that would also have failed, and were played and did not fail.
    pub missing: BTreeSet<&'a str>,
    /// The weight of what is missing.
    pub absent: f64,
}

/// A run beside the dictionary.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// What is known.
    pub dictionary: &'a Dictionary,
    /// What the run has shown.
    pub observed: &'a Observed,
    /// The same in units.
    pub units: &'a Units<'a>,
}

impl<'a> Candidate<'a> {
    /// A defect beside the run; `None` if it explains nothing.
    pub fn of(known: &'a Known, seen: Seen<'a>) -> Option<Candidate<'a>> {
        let mut candidate = Candidate { known, explains: BTreeMap::new(), missing: BTreeSet::new(), absent: 0.0 };
        let (rates, scope) = (known.signature.rates(), Scope::of(known, seen.dictionary));
        for (sign, shown) in &known.signature.signs {
            for place in Place::ALL.into_iter().filter(|place| !place.is_in(shown.green)) {
                if let Some(number) = seen.units.find(sign, place) {
                    let unit = &seen.units.all[number];
                    if !unit.is_derived {
                        candidate.explains.insert(number, unit.weight);
                    }
                    continue;
                }
                let rate = match rates.get(place as usize) {
                    _ if place.is_in(shown.red) => 1.0,
                    Some(rate) => rate * LIKELY,
                    None => 0.0,
                };
                let certainty = rate * expected(sign, *shown, place, &scope, seen.observed);
                candidate.absent += certainty * weight(seen.observed, sign, place);
                if certainty > CERTAIN {
                    candidate.missing.insert(&sign.case);
                }
            }
        }
        if candidate.explains.is_empty() {
            return None;
        }
        candidate.derive(&scope, seen);
        Some(candidate)
    }

    /// What follows from the rest: protocols disagree about a case that fails over one of them, and cases fail that the dictionary
    /// never saw where the defect shows.
    fn derive(&mut self, scope: &Scope<'_>, seen: Seen<'_>) {
        let units = &seen.units.all;
        let failing: BTreeSet<&str> = self.explains.keys().map(|number| units[*number].sign.case.as_str()).collect();
        let clauses: BTreeSet<&str> = self.explains.keys().map(|number| units[*number].sign.clause.as_str()).collect();
        let is_about = |case: &str| seen.observed.about.get(case).is_some_and(|about| clauses.contains(about.as_str()));
        for (number, unit) in units.iter().enumerate() {
            if self.explains.contains_key(&number) {
                continue;
            }
            if unit.is_derived && failing.contains(unit.sign.case.as_str()) {
                self.explains.insert(number, unit.weight);
            } else if scope.may_show(unit.sign, unit.place)
                || (unit.is_comparison && scope.may_part(&unit.sign.case))
                || (unit.is_comparison && scope.is_partial() && is_about(&unit.sign.case))
            {
                self.explains.insert(number, unit.weight * LIKELY);
            }
        }
    }

    /// The weight of what it explains.
    pub fn shown(&self) -> f64 {
        self.explains.values().sum()
    }

    /// How much of what it would show was shown, from 0 to 1.
    pub fn precision(&self) -> f64 {
        let shown = self.shown();
        shown / (shown + self.absent)
    }
}

/// How likely a case would have failed in at least one of the tests that the run has played of it at a place, if the place shows the
/// defect.
fn expected(sign: &Sign, shown: Shown, place: Place, scope: &Scope<'_>, observed: &Observed) -> f64 {
    let (played, red) = observed.count(&sign.case, place);
    let is_in_scope = observed.played.get(&sign.case).is_some_and(|played| scope.has_flow(&played.cells));
    if !is_in_scope || played == 0 {
        return 0.0;
    }
    let hidden = if red >= played { HIDDEN } else { 1.0 };
    let green = 1.0 - f64::from(shown.share) / f64::from(SHARES);
    hidden * (1.0 - green.powi(i32::try_from(played).unwrap_or(i32::MAX)))
}
