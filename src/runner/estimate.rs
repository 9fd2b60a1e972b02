//! How many calls a plan makes, and how long they take.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::Value;

use crate::contract::{Flow, Operation};
use crate::scenario::{OperationRef, Plan, Race, Step, Test, UserRef, Watch};
use crate::transport::tamper;

/// Calls of a race of copies.
const COPIES: usize = 32;
/// A start and a verify, and another start.
const HELD: usize = 3;
/// A verify and a start.
const UNTOUCHED: usize = 2;

/// Calls of a round for two users.
const TWINS: usize = 6;

/// A number of bytes or members from which a credential takes many megabytes of memory.
const LARGE: usize = 50_000;

/// The cost of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Calls of all tests and controls. Slightly fewer are made if a case ends early.
    pub calls: usize,
    /// Calls of the longest test, which come one after the other.
    pub longest: usize,
}

impl Effort {
    /// What is going to be played.
    pub fn of(plan: &Plan) -> Effort {
        let each = || plan.played().map(calls);
        // A control is a start and a verify.
        Effort { calls: each().sum::<usize>() + 2 * plan.controls().len(), longest: each().max().unwrap_or_default() }
    }

    /// How long the plan takes, if every call takes this long and so many are made at a time.
    pub fn duration(&self, call_time: Duration, concurrency: usize) -> Duration {
        let in_turn = self.calls.div_ceil(concurrency.max(1)).max(self.longest);
        call_time.saturating_mul(u32::try_from(in_turn).unwrap_or(u32::MAX))
    }
}

/// Calls of a test that is played to its end.
pub(crate) fn calls(test: &Test) -> usize {
    let case = &test.case;
    let made: usize = case.steps.iter().map(|step| step.times * of_step(test, step)).sum();
    if case.watch.is_some() {
        return made + watched(test);
    }
    // If only the list shows ids, it is read before the case.
    let lists = case.steps.iter().any(|step| step.call == Some(OperationRef::List));
    let made = made + usize::from(lists && !test.flow.names_registration());
    let operation = |step: &Step| step.call.or(step.prepare).map(|operation| test.operation(operation));
    let touches = |step: &&Step| matches!(operation(step), Some(Operation::Verify | Operation::Remove));
    // After a registration was finished, refused or removed, the next start is examined; after a refusal a good verify follows.
    let Some(last) = case.steps.iter().rev().find(touches) else { return made };
    let refused = last.expect.is_some_and(|expectation| expectation.must_refuse());
    made + 1 + usize::from(refused && operation(last) == Some(Operation::Verify))
}

/// Whether a test sends bodies that take many megabytes of memory.
pub(crate) fn is_large(test: &Test) -> bool {
    let mut mutated = test.case.steps.iter().flat_map(|step| &step.mutate.0);
    let is_oversize = |step: &Step| step.tamper.as_deref() == Some(tamper::OVERSIZE_BODY);
    mutated.any(|mutate| greatest(&mutate.args) >= LARGE) || test.case.steps.iter().any(is_oversize)
}

/// The greatest number in the arguments of a mutation; lengths are among them.
fn greatest(value: &Value) -> usize {
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default();
    let in_items = value.as_array().into_iter().flatten().map(greatest).max();
    let in_members = value.as_object().into_iter().flat_map(|members| members.values()).map(greatest).max();
    number.max(in_items.unwrap_or_default()).max(in_members.unwrap_or_default())
}

/// Calls that examine the result of a sequence: the lists of both users, of the kinds that the sequence is about, and a start on each flow
/// where a credential was made. If every call is examined, as many after each call.
fn watched(test: &Test) -> usize {
    let case = &test.case;
    let flow = |step: &Step| step.flow.of(test.flow);
    let starts: Vec<&Step> = case.steps.iter().filter(|step| step.starts()).collect();
    let whose: HashSet<bool> = starts.iter().map(|step| step.user == UserRef::Own).collect();
    let kinds: HashSet<bool> = starts.iter().map(|step| flow(step).is_u2f()).collect();
    let listed = |list: &Flow| list.endpoint(Operation::List).is_some() && kinds.contains(&list.is_u2f());
    let lists = whose.len() * test.flow.contract().flows.iter().filter(|flow| listed(flow)).count();
    let made: HashSet<(bool, Flow)> = case
        .steps
        .iter()
        .filter(|step| step.call == Some(OperationRef::Verify))
        .map(|step| (step.user == UserRef::Own, flow(step)))
        .collect();
    let calls = case.steps.iter().filter(|step| step.call.is_some()).count();
    let looks = if case.watch == Some(Watch::Always) { calls + 1 } else { 1 };
    lists * looks + made.len()
}

fn of_step(test: &Test, step: &Step) -> usize {
    if step.hold.is_some() || step.untouched.is_some() {
        return if step.hold.is_some() { HELD } else { UNTOUCHED };
    }
    match (step.prepare.map(|operation| test.operation(operation)), step.race) {
        (Some(Operation::Verify), _) => 1,
        // If only the list shows ids, two lists find the id of the factor.
        (Some(Operation::Remove), _) if !test.flow.names_registration() => 4,
        (Some(Operation::Remove), _) => 2,
        (Some(_), _) => 0,
        (None, Some(Race::Copies)) => COPIES,
        (None, Some(Race::TwoUsers)) => 2,
        (None, None) if step.twin.is_some() => TWINS,
        (None, None) => usize::from(step.call.is_some()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_go_beside_each_other_but_for_those_of_one_case() {
        let effort = Effort { calls: 20_000, longest: 1_000 };
        let (call, minutes) = (Duration::from_millis(200), |effort: &Effort, n| {
            effort.duration(Duration::from_millis(200), n).as_secs_f64() / 60.0
        });
        assert!((4.1..4.2).contains(&minutes(&effort, 16)), "{}", minutes(&effort, 16));
        assert_eq!(effort.duration(call, 400), Duration::from_secs(200), "the longest case");
        assert_eq!(effort.duration(call, 0), effort.duration(call, 1));
    }
}
