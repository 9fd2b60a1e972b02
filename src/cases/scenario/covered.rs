//! Which clauses the cases and checks cover, before anything is run.

use std::collections::{BTreeMap, BTreeSet};

use super::expectation::Expectation;
use super::model::Case;
use super::parse::flow_matches;
use super::route::FlowRef;
use super::step::{OperationRef, Step};
use crate::contract::clause::{self, Clause, EXCLUDED};
use crate::contract::{self, Endpoint, Flow, Operation, Protocol};

/// The ids of the clauses that a case or a check is about (`checked` are the clauses of the checks): the clauses that are named, or the
/// narrower clauses for an endpoint that is judged.
pub fn covered(cases: &[Case], checked: &[&str]) -> BTreeSet<&'static str> {
    let everywhere: Vec<Place> = contract::flows().flat_map(|flow| of_flow(flow, &Operation::ALL)).collect();
    let named = checked.iter().flat_map(|id| narrowed(id, &everywhere));
    let by_cases = cases.iter().flat_map(|case| {
        case.clauses.iter().flat_map(|id| {
            let suffices = clause::find(id).is_some_and(|clause| clause.any_answer);
            narrowed(id, &judged(case, suffices))
        })
    });
    named.chain(by_cases).collect()
}

/// The ids of the cases about each clause.
pub fn by_clause(cases: &[Case]) -> BTreeMap<&'static str, Vec<&str>> {
    let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for case in cases {
        for id in covered(std::slice::from_ref(case), &[]) {
            found.entry(id).or_default().push(&case.id);
        }
    }
    found
}

/// What is wrong: a clause without a case, a check or a written exclusion; an exclusion of a clause that is tested; a case without a clause.
pub fn lint(cases: &[Case], checked: &[&str]) -> Vec<String> {
    let covered = covered(cases, checked);
    let tested = |id: &str| covered.iter().any(|known| clause::includes(id, known));
    let is_bare = |clause: &&Clause| clause.excluded().is_none() && !tested(clause.id);
    let bare = clause::all().filter(is_bare);
    let mut wrong: Vec<String> =
        bare.map(|clause| format!("no case, no check and no exclusion is about the clause {}", clause.id)).collect();
    for (id, _) in EXCLUDED {
        if clause::find(id).is_none() {
            wrong.push(format!("{id} is excluded, but there is no such clause"));
        } else if tested(id) {
            wrong.push(format!("{id} is excluded, but a case or a check is about it"));
        }
    }
    for case in cases {
        let unknown = case.clauses.iter().filter(|id| clause::find(id).is_none());
        wrong.extend(unknown.map(|id| format!("{}: there is no clause {id}", case.id)));
    }
    wrong
}

/// An endpoint over a protocol.
type Place = (&'static Endpoint, Protocol);

fn of_flow(flow: Flow, operations: &[Operation]) -> Vec<Place> {
    let endpoints = operations.iter().filter_map(|operation| flow.endpoint(*operation));
    endpoints.flat_map(|endpoint| Protocol::ALL.map(|protocol| (endpoint, protocol))).collect()
}

/// The endpoints where a case expects something: one answer only, unless `suffices` says that either answer tells something about the clause.
fn judged(case: &Case, suffices: bool) -> Vec<Place> {
    let expects = |step: &&Step| step.expect.is_some_and(|expectation| suffices || expectation != Expectation::EITHER);
    let operations: Vec<Operation> = case
        .steps
        .iter()
        .filter(|step| step.flow == FlowRef::Own)
        .filter(expects)
        .filter_map(|step| step.call)
        .flat_map(|operation| match operation {
            OperationRef::Start => vec![Operation::Start],
            OperationRef::Verify => vec![Operation::Verify],
            OperationRef::Remove => vec![Operation::Remove],
            OperationRef::List => vec![Operation::List],
            OperationRef::Operation => case.operations.clone(),
        })
        .collect();
    let plays = |flow: &Flow| case.flows.is_empty() || case.flows.iter().any(|pattern| flow_matches(pattern, *flow));
    let over = |place: &Place| case.protocols.is_empty() || case.protocols.contains(&place.1);
    contract::flows().filter(plays).flat_map(|flow| of_flow(flow, &operations)).filter(over).collect()
}

fn narrowed(id: &str, places: &[Place]) -> Vec<&'static str> {
    let narrowed = places.iter().map(|(endpoint, protocol)| clause::at(id, endpoint, *protocol));
    narrowed.filter_map(|id| clause::find(id).map(|clause| clause.id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse_suite;

    fn cases(case: &str) -> Vec<Case> {
        parse_suite("s.yaml", &format!("suite: s\ncases:\n- id: s/one\n  title: t\n{case}")).expect("a suite")
    }

    fn about(case: &str) -> Vec<&'static str> {
        covered(&cases(case), &[]).into_iter().collect()
    }

    #[test]
    fn a_case_is_about_what_it_judges() {
        let not_found = "  clauses: [api/status/not-found]\n  flows: [v2/u2f]\n";
        let judged = format!("{not_found}  steps:\n  - {{ call: start }}\n  - {{ call: remove, expect: not-found }}\n");
        assert_eq!(about(&judged), ["api/status/not-found"], "the start only prepares");
        let started = format!("{not_found}  steps:\n  - {{ call: start, expect: not-found }}\n");
        assert_eq!(about(&started), ["api/status/not-found/v2/u2f/start"]);
        let open = format!("{not_found}  steps:\n  - {{ call: start, expect: may }}\n");
        assert_eq!(about(&open), [""; 0], "either answer says nothing");
        let extensions = "  clauses: [webauthn/7.1/extensions]\n  expect: may\n";
        assert_eq!(about(extensions), ["webauthn/7.1/extensions"], "the clause asks for an answer");
        let over_rest = "  clauses: [api/content-type]\n  protocols: [rest]\n  expect: must-accept\n";
        assert_eq!(about(over_rest), ["api/content-type/rest"]);
        let both = cases(&started);
        assert_eq!(by_clause(&both)["api/status/not-found/v2/u2f/start"], ["s/one"]);
    }

    #[test]
    fn lint_tells_what_is_not_tested_and_what_is_excluded_in_vain() {
        let checked: Vec<&str> = clause::all().map(|clause| clause.id).collect();
        let wrong = lint(&[], &checked);
        assert!(wrong.iter().all(|line| line.contains("is excluded, but a case or a check is about it")), "{wrong:?}");
        assert_eq!(wrong.len(), EXCLUDED.len());
        // What has something beneath it is tested with that.
        let wanted = || clause::all().filter(|clause| clause.excluded().is_none());
        let leaves = wanted().filter(|one| wanted().filter(|other| clause::includes(one.id, other.id)).count() == 1);
        let tested: Vec<&str> = leaves.map(|clause| clause.id).collect();
        assert_eq!(lint(&[], &tested), [""; 0]);
        let without: Vec<&str> = tested.iter().copied().filter(|id| *id != "webauthn/7.1/origin").collect();
        assert_eq!(lint(&[], &without), ["no case, no check and no exclusion is about the clause webauthn/7.1/origin"]);
        let mut unknown = cases("  clauses: [api/robustness]\n  expect: must-accept\n");
        unknown[0].clauses = vec!["api/nothing".to_owned()];
        assert_eq!(lint(&unknown, &tested), ["s/one: there is no clause api/nothing"]);
    }
}
