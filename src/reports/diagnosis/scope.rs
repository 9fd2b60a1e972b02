//! Where a defect shows, and how likely a case shows it that the dictionary knows nothing of.

use std::collections::BTreeMap;

use super::dictionary::{Cells, Common, Dictionary, Known};
use super::observed::{Sign, suite};
use super::place::Place;
use super::signature::ratio;

/// The least part of a suite that has to show a defect before other cases of it are thought to show it as well.
const LEAST_PART: f64 = 0.2;

/// Suite, clause and kind of a failure.
type Family<'a> = (&'a str, &'a str, &'a str);

/// Where a defect shows.
#[derive(Debug)]
pub struct Scope<'a> {
    known: &'a Known,
    dictionary: &'a Dictionary,
    /// The protocols, as a mask.
    protocols: u8,
    /// The part of the cases within the scope that fail, for each family of failures.
    families: BTreeMap<Family<'a>, f64>,
}

fn family(sign: &Sign) -> Family<'_> {
    (sign.suite(), &sign.clause, &sign.kind)
}

impl<'a> Scope<'a> {
    /// That of a defect.
    pub fn of(known: &'a Known, dictionary: &'a Dictionary) -> Scope<'a> {
        let protocols = known.signature.protocols();
        let mut scope = Scope { known, dictionary, protocols, families: BTreeMap::new() };
        let mut suites: BTreeMap<&str, usize> = BTreeMap::new();
        for (case, _) in dictionary.common.iter().filter(|(_, common)| scope.has(&common.cells)) {
            *suites.entry(suite(case)).or_default() += 1;
        }
        let mut failed: BTreeMap<Family<'_>, usize> = BTreeMap::new();
        for sign in known.signature.signs.keys() {
            *failed.entry(family(sign)).or_default() += usize::from(dictionary.common.contains_key(&sign.case));
        }
        let part = |(family, count): (Family<'a>, usize)| {
            (family, ratio(count, suites.get(family.0).copied().unwrap_or_default()))
        };
        scope.families = failed.into_iter().map(part).collect();
        scope
    }

    /// Whether it shows at any of these places.
    fn has(&self, cells: &Cells) -> bool {
        let protocols = self.protocols & !Place::Compared.bit();
        cells.iter().any(|(flow, places)| places & protocols != 0 && self.known.signature.flows.contains(flow))
    }

    /// Whether it shows on any of the flows of these places.
    pub fn has_flow(&self, cells: &Cells) -> bool {
        cells.keys().any(|flow| self.known.signature.flows.contains(flow))
    }

    /// Whether a failure that is not in the signature may follow from the defect all the same: the dictionary never saw the case where
    /// the defect shows, and others like it fail in the same way.
    pub fn may_show(&self, sign: &Sign, place: Place) -> bool {
        if !place.is_in(self.protocols) || self.known.signature.signs.contains_key(sign) {
            return false;
        }
        let part = self.families.get(&family(sign));
        match self.dictionary.common.get(&sign.case) {
            None => part.is_some(),
            Some(common) => part.is_some_and(|part| *part >= LEAST_PART) && !self.has_seen(common, place),
        }
    }

    /// Whether the dictionary knows that a case does not show the defect at a place.
    fn has_seen(&self, common: &Common, place: Place) -> bool {
        let is_compared = common.cells.values().any(|places| places.count_ones() > 1);
        common.choices == 1 && self.has(&common.cells) && (place != Place::Compared || is_compared)
    }

    /// Whether the defect shows over some protocols only, so that a comparison of protocols fails because of it.
    pub fn is_partial(&self) -> bool {
        Place::PROTOCOLS.iter().any(|place| !place.is_in(self.protocols))
    }
}
