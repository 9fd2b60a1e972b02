//! The embedded suites: what they are, how large they are, and that what they speak of exists.

use std::collections::BTreeSet;

use proofmark::contract::{Flow, Protocol, clause};
use proofmark::relying_party::Step;
use proofmark::scenario::{self, Case, Plan, Selection};

fn cases() -> Vec<Case> {
    scenario::embedded().expect("the embedded suites are valid")
}

fn plan() -> Plan {
    let (flows, protocols) = (Flow::ALL.to_vec(), Protocol::ALL.to_vec());
    let selection = Selection { flows, protocols, ..Selection::default() };
    Plan::new(cases(), &selection)
}

/// Ids are permanent: known deviations, reason maps and people's notes refer to them.
#[test]
fn ids_and_titles() {
    let width = cases().iter().map(|case| case.id.len()).max().unwrap_or_default();
    let lines: Vec<String> = cases().iter().map(|case| format!("{:width$}  {}", case.id, case.title)).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn the_plan_is_no_smaller_than_it_was() {
    let plan = plan();
    assert!(plan.cases() >= 1000, "{} cases", plan.cases());
    assert!(plan.tests.len() >= 4000, "{} tests", plan.tests.len());
    assert_eq!(plan.available, plan.tests.len());
    let ids: BTreeSet<&str> = plan.tests.iter().map(|test| test.id.as_str()).collect();
    assert_eq!(ids.len(), plan.tests.len(), "two tests have one name");
    for flow in Flow::ALL {
        for protocol in Protocol::ALL {
            let covered = plan.tests.iter().any(|one| one.flow == flow && one.protocol == protocol);
            assert!(covered, "nothing is run on {flow} over {protocol}");
        }
    }
}

#[test]
fn every_clause_that_a_case_names_exists() {
    let cases = cases();
    let steps = cases.iter().flat_map(|case| case.steps.iter().map(move |step| (case, step)));
    let reasons = steps.flat_map(|(case, step)| step.reason.iter().map(move |id| (case, id)));
    let named: Vec<(&Case, &String)> =
        cases.iter().flat_map(|case| case.clauses.iter().map(move |id| (case, id))).chain(reasons).collect();
    for (case, id) in &named {
        assert!(clause::find(id).is_some(), "{} names {id}", case.id);
    }
    assert!(cases.iter().all(|case| !case.clauses.is_empty() && !case.title.is_empty()));
}

#[test]
fn every_step_of_the_ceremony_has_a_clause_and_a_case() {
    let cases = cases();
    for step in Step::ALL {
        let id = format!("webauthn/7.1/{step}");
        assert!(clause::find(&id).is_some(), "there is no clause {id}");
        let tested = cases.iter().any(|case| case.clauses.contains(&id));
        assert!(tested, "no case is about {id}");
    }
}
