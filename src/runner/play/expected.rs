//! What is expected of the answer to a step, and what that rests on.

use super::case_run::CaseRun;
use crate::contract::Endpoint;
use crate::contract::clause::Basis;
use crate::outcome::Expected;
use crate::runner::judge::altered;
use crate::runner::judge::verdict::{ACCEPT, ANY};
use crate::scenario::{Caller, DomainRef, Expectation, OperationRef, Step};

/// The text by which an unsupported format is refused, whatever the statement is like.
const UNSUPPORTED: &str = "WebAuthn L3 section 7.1, step 21";

/// What a step expects: its own expectation, or that of the case if the case's requirements are not met.
pub(crate) fn expectation(run: &CaseRun<'_>, step: &Step) -> Expectation {
    let stated = step.expect.unwrap_or(Expectation::SETUP);
    if run.unmet && step.expect.is_some() { run.test.case.otherwise } else { stated }
}

/// The same with all that the judgement depends on.
pub(crate) fn expected(run: &CaseRun<'_>, step: &Step) -> Expected {
    let Expectation { accepted, refused, class } = expectation(run, step);
    let (basis, source) = basis_of(run, step);
    let foreign = [Caller::Nobody, Caller::Malformed, Caller::OtherScheme, Caller::Unknown];
    let is_foreign = foreign.contains(&step.caller) || altered::words(step.caller).is_some() || !step.also.is_empty();
    let is_open = run.test.case.otherwise == Expectation::EITHER;
    Expected {
        accepted,
        refused,
        class: class.map(|class| class.codes()),
        clause: clause_of(run, step).to_owned(),
        basis,
        source,
        also: if step.also.is_empty() { step.reason.clone() } else { vec![ANY.to_owned()] },
        further: run.test.case.clauses.iter().skip(1).cloned().collect(),
        configured_caller: !is_foreign,
        // If a target has no list, a page may be in its place.
        any_reply: step.path.is_some()
            || !step.also.is_empty()
            || ((step.method.is_some() || step.call == Some(OperationRef::List))
                && expectation(run, step) == Expectation::EITHER),
        left_open: run.unmet && is_open && step.expect.is_some(),
    }
}

/// The clause that a step's expectation is about. If the case asks for less than a promise, its good calls are not about its clause:
/// that they are accepted is a promise.
fn clause_of<'r>(run: &'r CaseRun<'_>, step: &Step) -> &'r str {
    let promise = match expectation(run, step) {
        _ if run.test.case.basis().binds() => None,
        Expectation::ACCEPT if step.call == Some(OperationRef::Verify) => Some(ACCEPT),
        Expectation::ACCEPT => Some("api/status/ok"),
        _ => None,
    };
    step.about.or(promise).unwrap_or_else(|| run.clause())
}

/// The basis of a step's expectation, and the citation, if they differ from those of its clause.
fn basis_of(run: &CaseRun<'_>, step: &Step) -> (Option<Basis>, Option<String>) {
    let case = &run.test.case;
    if run.unmet && expectation(run, step) == Expectation::REJECT && !case.basis().binds() {
        return (Some(Basis::SpecMust), Some(UNSUPPORTED.to_owned()));
    }
    let is_stated = case.basis.is_some() || case.source.is_some();
    // The case's basis does not hold for a step with its own clause.
    if !is_stated || step.about.is_some() || clause_of(run, step) != case.primary_clause() {
        return (None, None);
    }
    (Some(case.basis()), case.source.clone())
}

/// Notes where an expectation about the case's clauses was met. If it takes either answer, it says nothing about a clause, unless
/// the clause asks for no more.
pub(crate) fn note_met(run: &mut CaseRun<'_>, step: &Step, endpoint: &'static Endpoint, met: bool) {
    if met && step.expect.is_some() && step.about.is_none() {
        let takes_one_answer = expectation(run, step) != Expectation::EITHER;
        run.ledger.meet(endpoint, takes_one_answer);
    }
}

/// The RP ID that the options of a step's answer have to name.
/// `None` if the start asked for a domain that a server may normalise or replace.
pub(crate) fn expected_rp_id<'r>(run: &'r CaseRun<'_>, step: &Step) -> Option<&'r str> {
    match step.domain {
        Some(DomainRef::Text(..) | DomainRef::Around(..)) => None,
        Some(DomainRef::Further) => further_domain(run),
        _ => Some(&run.shared.target.rp_id),
    }
}

/// One of the further domains that the target file names, by chance; `None` if it names none.
pub(crate) fn further_domain<'r>(run: &'r CaseRun<'_>) -> Option<&'r str> {
    let domains = &run.shared.target.domains;
    domains.get(usize::from(run.seed[1]) % domains.len().max(1)).map(String::as_str)
}
