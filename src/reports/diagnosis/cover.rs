//! The few known defects that together explain a run.

use std::collections::{BTreeMap, BTreeSet};

use super::candidate::{Candidate, Seen};
use super::dictionary::{Dictionary, Known};
use super::observed::Observed;
use super::rest::{Rest, Worth};
use super::units::Units;

/// How alike a defect and all that is left have to be before it is named as the nearest.
const LEAST_NEARNESS: f64 = 0.05;
/// The most causes.
const CAUSES: usize = 20;

/// What may have caused the failures of a run. It is not a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnosis {
    /// How many tests failed, deviated, or did not get as far as their clause because of the target.
    pub failed: u32,
    /// Known defects that together explain them, the one that explains most first.
    pub causes: Vec<Cause>,
    /// How many of the tests no cause explains.
    pub unexplained: u32,
    /// Cases of those tests.
    pub cases: BTreeSet<String>,
    /// Clauses of those tests, with the number of tests.
    pub clauses: BTreeMap<String, u32>,
    /// The known defect that is most like what no cause explains. It is not the cause.
    pub nearest: Option<Near>,
}

/// A defect that explains a part of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// Id of the defect of the reference server.
    pub defect: String,
    /// Id of the clause that it breaks.
    pub clause: String,
    /// What a server with this defect does wrong.
    pub wrong: String,
    /// Where its owner has to look.
    pub look: String,
    /// How many tests it explains that no earlier cause does.
    pub explains: u32,
    /// How many findings it explains that did not decide a test.
    pub further: u32,
    /// Cases of those tests and findings.
    pub cases: BTreeSet<String>,
    /// Cases that would also have failed, and did not.
    pub missing: BTreeSet<String>,
    /// How much of what it would show was shown, in percent.
    pub precision: u8,
    /// Other defects that would show the same in this run.
    pub same: Vec<String>,
}

/// A defect that is like something, but not its cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Id of the defect.
    pub defect: String,
    /// What a server with this defect does wrong.
    pub wrong: String,
    /// How many of the unexplained tests it would explain.
    pub explains: u32,
    /// How many cases would also have failed, and did not.
    pub missing: usize,
}

fn percent(part: f64) -> u8 {
    // Between 0 and 100, so that nothing is lost.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let percent = (part.clamp(0.0, 1.0) * 100.0).round() as u8;
    percent
}

/// A candidate that was taken, and the numbers of the failures that it alone explains.
struct Taken<'a> {
    candidate: Candidate<'a>,
    numbers: Vec<usize>,
    same: Vec<String>,
}

impl Taken<'_> {
    fn cause(self, rest: &Rest<'_>) -> Cause {
        let tests = rest.tests(self.numbers.into_iter());
        let Known { id, clause, wrong, look, .. } = self.candidate.known.clone();
        Cause {
            defect: id,
            clause,
            wrong,
            look,
            explains: tests.decided,
            further: tests.further,
            cases: tests.cases,
            missing: self.candidate.missing.iter().map(|case| (*case).to_owned()).collect(),
            precision: percent(self.candidate.precision()),
            same: self.same,
        }
    }
}

impl Near {
    /// The candidate that is most like what is left.
    fn of(candidates: &[Candidate<'_>], rest: &Rest<'_>) -> Option<Near> {
        let best = candidates.iter().max_by(|a, b| rest.nearness(a).total_cmp(&rest.nearness(b)))?;
        let explains = rest.tests(best.open(rest)).decided;
        let Known { id, wrong, .. } = best.known.clone();
        let near = Near { defect: id, wrong, explains, missing: best.missing.len() };
        (rest.nearness(best) >= LEAST_NEARNESS && explains > 0).then_some(near)
    }
}

/// Explains what was observed: takes out the defect that explains most, less what it would also have shown, until none fits what is
/// left.
pub fn diagnose(dictionary: &Dictionary, observed: &Observed) -> Diagnosis {
    let units = Units::of(observed);
    let seen = Seen { dictionary, observed, units: &units };
    let mut candidates: Vec<Candidate<'_>> =
        dictionary.defects.values().filter_map(|known| Candidate::of(known, seen)).collect();
    let mut rest = Rest::of(&units);
    let mut taken = Vec::new();
    while taken.len() < CAUSES {
        let Some((at, same)) = best(&candidates, &rest) else { break };
        let candidate = candidates.remove(at);
        let numbers: Vec<usize> = candidate.open(&rest).collect();
        rest.close(&numbers);
        taken.push(Taken { candidate, numbers, same });
    }
    // What explains little beside what nothing explains may be a consequence of that.
    let (small, named): (Vec<_>, Vec<_>) = taken.into_iter().partition(|taken| rest.is_small(&taken.numbers));
    for Taken { candidate, numbers, .. } in small {
        rest.open_again(&numbers);
        candidates.push(candidate);
    }
    let left = rest.tests(rest.open());
    let nearest = Near::of(&candidates, &rest);
    let causes = named.into_iter().map(|taken| taken.cause(&rest)).collect();
    let (unexplained, cases, clauses) = (left.decided, left.cases, left.clauses);
    Diagnosis { failed: observed.tests(), causes, unexplained, cases, clauses, nearest }
}

/// The number of the candidate that is worth most, and the ids of those that can't be told from it in this run; `None` if none fits.
fn best(candidates: &[Candidate<'_>], rest: &Rest<'_>) -> Option<(usize, Vec<String>)> {
    let worths: Vec<Option<Worth>> = candidates.iter().map(|candidate| rest.worth(candidate)).collect();
    let named = worths.iter().enumerate().filter_map(|(at, worth)| Some((at, (*worth)?)));
    let (at, worth) = named.reduce(|best, next| if next.1 > best.1 { next } else { best })?;
    let is_same = |other: &&Candidate<'_>| other.explains.keys().eq(candidates[at].explains.keys());
    let same = candidates
        .iter()
        .zip(&worths)
        .enumerate()
        .filter(|(other, (_, its))| *other != at && its.is_some_and(|its| its.is_as(&worth)));
    let same = same.map(|(_, (candidate, _))| candidate).filter(is_same).map(|candidate| candidate.known.id.clone());
    Some((at, same.collect()))
}
