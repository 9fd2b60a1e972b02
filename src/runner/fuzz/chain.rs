//! Chains of the catalogue's mutations: they are drawn, combined into a case, and judged offline before they are sent.

use std::sync::Arc;

use proptest::prelude::{Strategy, any};
use serde_json::Value;

use crate::authenticator::Format;
use crate::contract::{Flow, Protocol};
use crate::relying_party::Step as VerifierStep;
use crate::runner::offline_case::{self, Vector};
use crate::scenario::{AlgorithmChoice, Case, Expectation, Made, OperationRef, Plan, Requirement, Step, Test};
use crate::webauthn::cose::CoseAlgorithm;

/// The longest chain.
const LONGEST: usize = 4;

/// Lengths to which a part is cut: less than the length of each part, otherwise most parts would not become shorter.
const LENGTHS: usize = 130;

/// A chain as it is drawn: numbers, so that smaller and fewer numbers make it simpler. Simplification reduces the number of mutations, but
/// does not replace them.
#[derive(Debug, Clone)]
pub(crate) struct Drawn {
    place: usize,
    format: usize,
    elements: Vec<(usize, usize)>,
}

/// Draws chains.
pub(crate) fn strategy() -> impl Strategy<Value = Drawn> {
    let number = || any::<u16>().prop_map(usize::from);
    let elements = proptest::collection::vec((number().no_shrink(), number()), 1..=LONGEST);
    (number(), number(), elements).prop_map(|(place, format, elements)| Drawn { place, format, elements })
}

/// The mutations that can be drawn.
#[derive(Debug)]
pub(crate) struct Pool {
    cases: Vec<Arc<Case>>,
    places: Vec<(Flow, Protocol)>,
}

/// A chain that can be sent: a case of its own.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) test: Test,
    /// Ids of the cases whose mutations these are.
    pub(crate) elements: Vec<String>,
}

impl Pool {
    /// The plan's cases that are about the credential alone and change it in one way, and the plan's flows and protocols.
    pub(crate) fn new(plan: &Plan) -> Pool {
        let mut pool = Pool { cases: Vec::new(), places: Vec::new() };
        for test in &plan.tests {
            let place = (test.flow, test.protocol);
            if !pool.places.contains(&place) {
                pool.places.push(place);
            }
            let is_last = pool.cases.last().is_some_and(|case| case.id == test.case.id);
            if !is_last && is_plain(&test.case) {
                pool.cases.push(Arc::clone(&test.case));
            }
        }
        pool
    }

    /// How many mutations there are to draw from.
    pub(crate) fn size(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is nothing to draw.
    pub(crate) fn is_empty(&self) -> bool {
        self.cases.is_empty() || self.places.is_empty()
    }

    /// The clauses that the pool's cases are about.
    pub(crate) fn clauses(&self) -> impl Iterator<Item = &str> {
        self.cases.iter().flat_map(|case| case.clauses.iter().map(String::as_str))
    }

    /// The case of a chain, with its expected result. `None` if its parts can't be combined.
    pub(crate) fn chain(&self, drawn: &Drawn, slug: &str) -> Option<Chain> {
        let (flow, protocol) = self.places[drawn.place % self.places.len()];
        let elements: Vec<&Arc<Case>> =
            drawn.elements.iter().map(|(index, _)| &self.cases[index % self.cases.len()]).collect();
        if !elements.iter().all(|case| case.is_for(flow, protocol)) {
            return None;
        }
        // A case of format none is about parts that every format has. A U2F key can't verify users; the flow of its suite does not ask for it.
        let fits = |format: &Format| {
            (*format != Format::FidoU2f || !flow.verifies_user())
                && elements.iter().all(|case| case.formats.contains(&Format::None) || case.formats.contains(format))
        };
        let format = Format::ALL
            .into_iter()
            .cycle()
            .skip(drawn.format % Format::ALL.len())
            .take(Format::ALL.len())
            .find(fits)?;
        let mut case = merged(&elements, drawn, format)?;
        case.id = format!("fuzz/{slug}");
        let vector = Vector::one(&case, format).ok()?;
        judge(&mut case, &elements, &vector);
        let elements = elements.iter().map(|case| case.id.clone()).collect();
        Some(Chain { test: Test::single(case, flow, protocol, format), elements })
    }
}

/// Whether a case is start, one credential that is wrong in at most one way, and verify.
fn is_plain(case: &Case) -> bool {
    let [start, make, verify] = &case.steps[..] else { return false };
    case.sampled
        && start.call == Some(OperationRef::Start)
        && make.make == Some(Made::Credential)
        && make.mutate.0.len() <= 1
        && verify.call == Some(OperationRef::Verify)
        && verify.tamper.is_none()
        && verify.message.is_empty()
        && (case.has_mutation() || case.is_wrong(make))
}

/// The elements' mutations in one case; `None` if they need different keys or contradict each other.
fn merged(elements: &[&Arc<Case>], drawn: &Drawn, format: Format) -> Option<Case> {
    let usual = AlgorithmChoice::Given(CoseAlgorithm::ES256);
    let algorithm =
        only(elements.iter().map(|case| case.algorithm).filter(|choice| *choice != usual))?.unwrap_or(usual);
    let mut make = Step { make: Some(Made::Credential), ..Step::default() };
    let mut case = Case::control(Vec::new(), format, CoseAlgorithm::ES256);
    case.algorithm = algorithm;
    case.key = only(elements.iter().filter_map(|case| case.key.clone()))?;
    for (element, (_, length)) in elements.iter().zip(&drawn.elements) {
        for mut mutate in element.steps[1].mutate.0.clone() {
            if element.each.is_some() {
                mutate.args = Value::from(length % LENGTHS);
            }
            make.mutate.0.push(mutate);
        }
        case.requires
            .extend(element.requires.iter().filter(|one| !case.requires.contains(one)).cloned().collect::<Vec<_>>());
    }
    if format == Format::FidoU2f && !case.requires.contains(&Requirement::UserVerificationNotRequired) {
        case.requires.push(Requirement::UserVerificationNotRequired);
    }
    let both = [Requirement::UserVerificationRequired, Requirement::UserVerificationNotRequired];
    let titles: Vec<&str> = elements.iter().map(|case| case.id.as_str()).collect();
    case.title = titles.join(", then ");
    let call = |operation| Step { call: Some(operation), ..Step::default() };
    case.steps = vec![call(OperationRef::Start), make, call(OperationRef::Verify)];
    (!both.iter().all(|one| case.requires.contains(one))).then_some(case)
}

/// The one value, if there is at most one.
fn only<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<Option<T>> {
    let first = values.next();
    values.all(|value| Some(&value) == first.as_ref()).then_some(first)
}

/// Writes the verdict of the own verifier into the case, and the expectation that follows from it. The verdict counts only if the
/// specification leaves nothing in the chain open: a refusal counts if it is at the step of an element that has to be refused, and an
/// acceptance counts if every element has to be accepted.
fn judge(case: &mut Case, elements: &[&Arc<Case>], vector: &Vector) {
    let expectations: Vec<Option<Expectation>> = elements.iter().map(|case| case.expectation()).collect();
    let all =
        |wanted: &[Expectation]| expectations.iter().flatten().all(|one| wanted.contains(&whatever_refusal(*one)));
    let said = vector.said();
    let (clause, expect, decisive) = match &vector.verdict {
        Ok(()) => {
            let expect = if all(&[Expectation::ACCEPT]) { Expectation::ACCEPT } else { Expectation::EITHER };
            (elements[0].primary_clause().to_owned(), expect, elements.first())
        }
        Err(refusal) => {
            let is_place = |case: &&Arc<Case>| {
                case.expectation().map(whatever_refusal) == Some(Expectation::REJECT)
                    && offline_case::expected(case).includes(&said)
            };
            let at_its_place = elements.iter().find(|case| is_place(case));
            let decided = all(&[Expectation::ACCEPT, Expectation::REJECT]) && at_its_place.is_some();
            let required = Requirement::UserVerificationRequired;
            if refusal.step == VerifierStep::UserVerified && !case.requires.contains(&required) {
                case.requires.push(required);
            }
            let expect = if decided { Expectation::REJECT } else { Expectation::EITHER };
            (format!("webauthn/{}", refusal.clause()), expect, at_its_place)
        }
    };
    // The chain has the basis of the element that decides.
    let decisive = decisive.filter(|_| expect != Expectation::EITHER);
    case.basis = decisive.map(|element| element.basis());
    case.source = decisive.map(|element| element.source().to_owned());
    case.clauses = vec![clause];
    case.steps[1].oracle = Some(said);
    case.steps[2].expect = Some(expect);
}

/// The expectation without the documented kind of refusal.
fn whatever_refusal(expectation: Expectation) -> Expectation {
    Expectation { class: None, ..expectation }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    use super::*;
    use crate::scenario::{Selection, embedded};

    /// A mutation has to cope with whatever those before it left.
    #[test]
    fn chains_of_any_mutations_are_made_or_refused_and_all_verdicts_are_there() {
        let (flows, protocols) = (Flow::ALL.to_vec(), Protocol::ALL.to_vec());
        let selection = Selection { flows, protocols, ..Selection::default() };
        let pool = Pool::new(&Plan::new(embedded().expect("valid suites"), &selection));
        let mut random = TestRunner::deterministic();
        let mut seen = [0; 3];
        let mut longest = 0;
        for _ in 0..2_000 {
            let drawn = strategy().new_tree(&mut random).expect("a tree").current();
            let Some(chain) = pool.chain(&drawn, "x") else { continue };
            let expectation = chain.test.case.expectation().expect("stated");
            let kinds = [Expectation::ACCEPT, Expectation::REJECT, Expectation::EITHER];
            seen[kinds.iter().position(|kind| *kind == expectation).expect("one of three")] += 1;
            longest = longest.max(chain.elements.len());
        }
        assert!(seen.iter().all(|count| *count > 10), "{seen:?}");
        assert_eq!(longest, LONGEST);
    }
}
