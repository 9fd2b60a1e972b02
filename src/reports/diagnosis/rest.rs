//! What is left of a run while causes are taken out.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::Candidate;
use super::signature::ratio;
use super::units::Units;

/// How much of what a defect would show has to be there before it is named as a cause.
const LEAST_PRECISION: f64 = 0.7;
/// How alike what a defect shows and what is left of the run have to be, as far as the run fails in the same ways.
const LEAST_LIKENESS: f64 = 0.5;

/// The least part of the weight of all that nothing explains that a cause has to explain.
const LEAST_PART: f64 = 0.1;
/// The least part of the weight of what nothing explains and fails in the same ways.
const LEAST_PART_OF_KIND: f64 = 0.5;

/// What is left of a run.
#[derive(Debug)]
pub struct Rest<'a> {
    units: &'a Units<'a>,
    /// Whether nothing explains a failure yet, by its number.
    is_open: Vec<bool>,
    /// The weight of the open failures, by clause and kind.
    ways: Vec<f64>,
    /// The weight of the open failures, by kind.
    kinds: Vec<f64>,
}

/// What a candidate is worth for what is left.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Worth {
    /// What it explains less what is missing.
    gain: f64,
    /// How alike it and what is left are, as far as that has the candidate's clauses and kinds.
    likeness: f64,
    /// How much of its signature the run has shown, played or not: of defects that explain the same, the narrowest is meant.
    part: f64,
}

impl Worth {
    /// Whether nothing that was played tells the candidates apart.
    pub fn is_as(&self, other: &Worth) -> bool {
        (self.gain, self.likeness) == (other.gain, other.likeness)
    }
}

/// Tests of some failures.
#[derive(Debug, Default)]
pub struct Counted {
    /// How many tests the failures decided.
    pub decided: u32,
    /// How often they were found without deciding.
    pub further: u32,
    /// The cases.
    pub cases: BTreeSet<String>,
    /// How many tests were decided about each clause.
    pub clauses: BTreeMap<String, u32>,
}

impl Candidate<'_> {
    /// Numbers of the open failures that it explains.
    pub fn open(&self, rest: &Rest<'_>) -> impl Iterator<Item = usize> {
        self.explains.keys().copied().filter(|number| rest.is_open[*number])
    }
}

impl<'a> Rest<'a> {
    /// All of a run.
    pub fn of(units: &'a Units<'a>) -> Rest<'a> {
        let (ways, kinds) = (vec![0.0; units.ways], vec![0.0; units.kinds]);
        let mut rest = Rest { units, is_open: vec![false; units.all.len()], ways, kinds };
        rest.set(&(0..units.all.len()).collect::<Vec<usize>>(), true);
        rest
    }

    /// Numbers of the open failures.
    pub fn open(&self) -> impl Iterator<Item = usize> {
        (0..self.is_open.len()).filter(|number| self.is_open[*number])
    }

    /// Closes failures that are explained now.
    pub fn close(&mut self, numbers: &[usize]) {
        self.set(numbers, false);
    }

    /// Opens them again.
    pub fn open_again(&mut self, numbers: &[usize]) {
        self.set(numbers, true);
    }

    fn set(&mut self, numbers: &[usize], is_open: bool) {
        for number in numbers {
            let unit = &self.units.all[*number];
            self.is_open[*number] = is_open;
            let weight = if is_open { unit.weight } else { -unit.weight };
            self.ways[unit.way] += weight;
            self.kinds[unit.kind] += weight;
        }
    }

    /// The weight of some failures.
    pub fn weight(&self, numbers: impl Iterator<Item = usize>) -> f64 {
        numbers.map(|number| self.units.all[number].weight).sum()
    }

    /// What a candidate is worth; `None` if it is not to be named.
    pub fn worth(&self, candidate: &Candidate<'_>) -> Option<Worth> {
        let (mut new, mut ways) = (0.0, BTreeMap::new());
        // What protocols disagree about shows that something is wrong, and not what.
        let is_compared = candidate.open(self).all(|number| self.units.all[number].is_comparison);
        for number in candidate.open(self) {
            let unit = &self.units.all[number];
            new += candidate.explains[&number];
            if is_compared || !unit.is_comparison {
                *ways.entry(unit.way).or_insert(self.ways[unit.way]) -= unit.weight;
            }
        }
        let unlike: f64 = ways.values().map(|left| left.max(0.0)).sum();
        let worth = Worth {
            gain: new - candidate.absent,
            likeness: new / (new + candidate.absent + unlike),
            part: ratio(candidate.explains.len(), candidate.known.signature.signs.len()),
        };
        let is_alike = candidate.precision() >= LEAST_PRECISION && worth.likeness >= LEAST_LIKENESS;
        (is_alike && worth.gain > 0.0).then_some(worth)
    }

    /// Whether some failures weigh too little beside what is open to be explained by themselves: they may be a consequence of that.
    pub fn is_small(&self, numbers: &[usize]) -> bool {
        let kinds: BTreeSet<usize> = numbers.iter().map(|number| self.units.all[*number].kind).collect();
        let of_kinds: f64 = kinds.iter().map(|kind| self.kinds[*kind]).sum();
        let weight = self.weight(numbers.iter().copied());
        weight < LEAST_PART * self.weight(self.open()) || weight < LEAST_PART_OF_KIND * of_kinds
    }

    /// How alike a candidate and all that is left are, from 0 to 1.
    pub fn nearness(&self, candidate: &Candidate<'_>) -> f64 {
        let new: f64 = candidate.open(self).map(|number| candidate.explains[&number]).sum();
        let open = self.weight(self.open());
        if new > 0.0 { new / (open + candidate.absent) } else { 0.0 }
    }

    /// The tests of some failures.
    pub fn tests(&self, numbers: impl Iterator<Item = usize>) -> Counted {
        let mut counted = Counted::default();
        for unit in numbers.map(|number| &self.units.all[number]) {
            counted.decided += unit.decided;
            counted.further += unit.found - unit.decided;
            counted.cases.insert(unit.sign.case.clone());
            if unit.decided > 0 {
                *counted.clauses.entry(unit.sign.clause.clone()).or_default() += unit.decided;
            }
        }
        counted
    }
}
