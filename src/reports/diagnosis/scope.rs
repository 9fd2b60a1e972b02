//! Where a defect shows, and how likely a case shows it that the dictionary knows nothing of.

use std::collections::{BTreeMap, BTreeSet};

use super::dictionary::{Cells, Common, Dictionary, Known};
use super::observed::{Sign, suite};
use super::place::Place;
use super::signature::ratio;
use super::units::DISAGREE;

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
    /// The protocols that were among those of every comparison that failed, as a mask.
    parting: u8,
    /// The part of the comparisons with these protocols that failed.
    parted: f64,
}

fn family(sign: &Sign) -> Family<'_> {
    (sign.suite(), &sign.clause, &sign.kind)
}

/// The protocols of each comparison of a case, as masks.
fn compared(common: &Common) -> impl Iterator<Item = u8> {
    common.cells.values().copied().filter(|mask| mask.count_ones() > 1)
}

/// Whether a case was compared over several protocols, these among them.
fn is_compared(common: &Common, protocols: u8) -> bool {
    compared(common).any(|mask| mask & protocols == protocols)
}

/// The protocols that were among those of every comparison that failed, and the part of the comparisons with them that failed.
fn parted(known: &Known, dictionary: &Dictionary) -> (u8, f64) {
    let failed = known.signature.signs.iter().filter(|(sign, shown)| {
        sign.kind == DISAGREE && Place::Compared.is_in(shown.red) && dictionary.common.contains_key(&sign.case)
    });
    let failed: BTreeSet<&str> = failed.map(|(sign, _)| sign.case.as_str()).collect();
    let masks = failed.iter().map(|case| compared(&dictionary.common[*case]).fold(0, |all, mask| all | mask));
    let parting = masks.reduce(|both, mask| both & mask).unwrap_or_default();
    let compared = dictionary.common.values().filter(|common| is_compared(common, parting)).count();
    (parting, ratio(failed.len(), compared))
}

impl<'a> Scope<'a> {
    /// That of a defect.
    pub fn of(known: &'a Known, dictionary: &'a Dictionary) -> Scope<'a> {
        let protocols = known.signature.protocols();
        let (parting, parted) = parted(known, dictionary);
        let mut scope = Scope { known, dictionary, protocols, families: BTreeMap::new(), parting, parted };
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

    /// Whether the protocols may disagree about a case because of the defect: they do about cases of all kinds, and the dictionary never
    /// compared this one over the protocols that the defect sets apart.
    pub fn may_part(&self, case: &str) -> bool {
        let is_seen = |common: &Common| common.choices == 1 && is_compared(common, self.parting);
        self.parted >= LEAST_PART && !self.dictionary.common.get(case).is_some_and(is_seen)
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
