//! Runs the checks on an exchange.

use std::collections::BTreeSet;

use super::check::Check;
use super::observation::{Observation, Wrong};
use super::registry::CHECKS;
use super::{grpc, http, leak};
use crate::contract::clause;
use crate::outcome::{Finding, Reason};

/// The result of the checks on an exchange.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Examined {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// The clauses for which some check had something to look at, good or bad.
    pub looked_at: BTreeSet<&'static str>,
}

/// Runs every check on an exchange. Clauses are those of the exchange's endpoint and protocol.
pub fn examine(observation: &Observation<'_>) -> Examined {
    let mut examined = Examined::default();
    for (check, wrongs) in run(observation) {
        examined.looked_at.insert(check.clause_at(observation));
        examined.findings.extend(check.findings(observation, wrongs));
    }
    examined
}

/// The findings of [`examine`] alone, for callers that don't need the clauses.
pub fn findings(observation: &Observation<'_>) -> Vec<Finding> {
    run(observation).flat_map(|(check, wrongs)| check.findings(observation, wrongs)).collect()
}

/// The checks that had something to look at, with what is wrong.
fn run(observation: &Observation<'_>) -> impl Iterator<Item = (&'static Check, Vec<Wrong>)> {
    let documented = observation.documented_request;
    let of_any = [leak::CLAUSE, http::CLAUSE, grpc::CLAUSE];
    let is_of_any = move |check: &Check| {
        check.reason == Reason::Crash || of_any.iter().any(|clause| clause::includes(clause, check.clause))
    };
    let applies = move |check: &&Check| documented || is_of_any(check);
    CHECKS.iter().filter(applies).filter_map(|check| Some((check, (check.examine)(observation)?)))
}
