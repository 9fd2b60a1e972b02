//! Finds, among several further places in one request, the one that caused the result.

use std::sync::Arc;

use crate::outcome::{CaseRecord, Verdict};
use crate::runner::play::case;
use crate::runner::state::Shared;
use crate::scenario::{PlaceRef, Test};

/// The number of the first try: lower numbers are for tries after errors, and for results that others may have caused.
const FIRST_TRY: u8 = 64;

/// The record of a test. If it is about several places at once and something was found, it is played with each place alone, and the
/// first place with the same result stands for all.
pub(crate) async fn narrowed(shared: &Shared, test: &Test, record: CaseRecord) -> CaseRecord {
    let alone = of_each_place(test);
    if alone.len() < 2 || !matches!(record.verdict, Verdict::Fail | Verdict::Deviation) {
        return record;
    }
    for (test, attempt) in alone.iter().zip(FIRST_TRY..) {
        let tried = case::play(shared, test, attempt).await;
        if cause(&tried) == cause(&record) {
            return CaseRecord { flaky: record.flaky, earlier: record.earlier, ..tried };
        }
    }
    record
}

fn cause(record: &CaseRecord) -> (Verdict, crate::outcome::Reason, Option<&str>) {
    (record.verdict, record.reason, record.findings.first().map(|finding| finding.clause.as_str()))
}

/// The test with each single place that its protocol has.
fn of_each_place(test: &Test) -> Vec<Test> {
    let steps = test.case.steps.iter();
    let mut places: Vec<PlaceRef> = Vec::new();
    for also in steps.flat_map(|step| &step.also) {
        let is_there = also.place().is_some_and(|place| place.protocols().contains(&test.protocol));
        if is_there && !places.contains(&also.place) {
            places.push(also.place.clone());
        }
    }
    let only = |place: PlaceRef| {
        let mut case = (*test.case).clone();
        case.steps.iter_mut().for_each(|step| step.also.retain(|also| also.place == place));
        Test { case: Arc::new(case), ..test.clone() }
    };
    places.into_iter().map(only).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authenticator::Format;
    use crate::contract::{Flow, Protocol};
    use crate::scenario::parse_suite;

    #[test]
    fn each_place_that_a_protocol_has_is_tried_alone() {
        let suite = "suite: s\ncases:\n- { id: s/a, title: t, clauses: [api/status/ok], carriers: ['query:a', 'header:b', 'header:c'],\n  \
                     steps: [{ call: start, also: [{ in: each, what: text, value: { text: x } }], expect: either }] }\n";
        let case = parse_suite("s.yaml", suite).expect("valid").swap_remove(0);
        let words = |protocol| {
            let test = Test::single(case.clone(), Flow::V2_U2F, protocol, Format::None);
            let alone = of_each_place(&test);
            assert!(alone.iter().all(|one| one.id == test.id));
            let word = |one: &Test| crate::runner::play::carriers::words(&one.case.steps[0]);
            alone.iter().map(word).collect::<Vec<_>>()
        };
        let headers = ["header b had \"x\"", "header c had \"x\""];
        assert_eq!(words(Protocol::Grpc), headers);
        assert_eq!(words(Protocol::Rest), ["query a had \"x\"", headers[0], headers[1]]);
    }
}
