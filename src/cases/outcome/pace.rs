//! Operations that are far slower than the others of a run, with their figures. This is a note, and not a verdict: no document
//! says how fast a server has to be.

use std::collections::{BTreeMap, BTreeSet};

use super::run::RunRecord;
use super::slow::Slow;

/// The least number of calls.
const LEAST: usize = 5;
/// The same for calls with large bodies: a run sends few of them.
const LEAST_LARGE: usize = 3;
/// The least number of other operations that one is compared with.
const LEAST_OTHERS: usize = 2;
/// An operation is far slower if it takes this many times as long as usual.
const RATIO: u64 = 20;
/// Below, noise and a few queued calls look the same (microseconds).
const FLOOR_US: u64 = 250_000;
/// A large body takes its time on the way (microseconds).
const FLOOR_LARGE_US: u64 = 2_000_000;

/// The operations of a run that are far slower than others, by name: those that the run itself has named, or those that the calls
/// on record show. Calls without a reply are left out.
pub fn slow(run: &RunRecord) -> Vec<Slow> {
    if let Some(slow) = &run.slow {
        return slow.clone();
    }
    let mut pace = Pace::default();
    // A comparison of protocols holds the exchanges of a test.
    for record in run.cases.iter().filter(|record| record.protocol != "all") {
        for exchange in record.exchanges.iter().filter(|exchange| exchange.status != NO_REPLY) {
            pace.add(&exchange.operation, &record.protocol, exchange.large_request.is_some(), exchange.duration_us);
        }
    }
    pace.slow()
}

/// The durations of calls, by the documented name of the operation and the slug of the protocol.
#[derive(Debug, Default)]
pub struct Pace<'n>(BTreeMap<(&'n str, &'n str), Times>);

impl<'n> Pace<'n> {
    /// Adds a call that was answered after so many microseconds, and whether its body was large.
    pub fn add(&mut self, operation: &'n str, protocol: &'n str, is_large: bool, us: u64) {
        let times = self.0.entry((operation, protocol)).or_default();
        if is_large { times.large.push(us) } else { times.usual.push(us) }
    }

    /// The operations that are far slower than others, by name.
    pub fn slow(&self) -> Vec<Slow> {
        slow_of(&self.0)
    }
}

fn slow_of(groups: &BTreeMap<(&str, &str), Times>) -> Vec<Slow> {
    let medians: Vec<(&str, u64)> = groups
        .iter()
        .filter(|(_, times)| times.usual.len() >= LEAST)
        .filter_map(|((operation, _), times)| Some((*operation, median(&times.usual)?)))
        .collect();
    let mut found: BTreeMap<(String, bool), Slow> = BTreeMap::new();
    for ((operation, protocol), times) in groups {
        let others = || medians.iter().filter(|(other, _)| other != operation);
        let are_enough = others().map(|(other, _)| other).collect::<BTreeSet<_>>().len() >= LEAST_OTHERS;
        let others: Vec<u64> = others().map(|(_, us)| *us).collect();
        let whole = against(&times.usual, &others, (LEAST, 1, FLOOR_US)).filter(|_| are_enough);
        let large = against(&times.large, &times.usual, (LEAST_LARGE, LEAST, FLOOR_LARGE_US));
        for (is_large, seen) in [(false, whole), (true, large)] {
            let Some((calls, median_us, usual_us)) = seen else { continue };
            let slow = found.entry(((*operation).to_owned(), is_large)).or_insert_with(|| Slow {
                operation: (*operation).to_owned(),
                protocols: Vec::new(),
                large_bodies: is_large,
                calls: 0,
                median_us,
                usual_us,
            });
            slow.protocols.push((*protocol).to_owned());
            slow.calls += calls;
            slow.median_us = slow.median_us.max(median_us);
            slow.usual_us = slow.usual_us.max(usual_us);
        }
    }
    found.into_values().collect()
}

/// The status of a call without a reply.
const NO_REPLY: &str = "no reply";

/// Durations of the calls to an operation over a protocol, in microseconds.
#[derive(Debug, Default)]
struct Times {
    usual: Vec<u64>,
    large: Vec<u64>,
}

/// How many calls there are, their median and that of others, if they are enough and it is far slower.
fn against(
    times: &[u64],
    others: &[u64],
    (least, least_others, floor): (usize, usize, u64),
) -> Option<(usize, u64, u64)> {
    if times.len() < least || others.len() < least_others {
        return None;
    }
    let (own, usual) = (median(times)?, median(others)?);
    (own >= floor && own >= usual.saturating_mul(RATIO)).then_some((times.len(), own, usual))
}

/// The lower of the two in the middle.
fn median(times: &[u64]) -> Option<u64> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::outcome::Event;

    /// A run of calls: operation, protocol, bytes of a large body, and duration in milliseconds.
    fn run(calls: &[(&str, &str, u64, u64)]) -> RunRecord {
        let started = json!({ "event": "run-started", "format": 2, "version": "0.0.0", "seed": 7, "target": "t", "base_url": "b",
            "permutations": 1, "available": 1, "cases": 1, "clauses": 1 });
        let record = |(index, (operation, protocol, large, ms)): (usize, &(&str, &str, u64, u64))| -> Value {
            let mut exchange = json!({ "operation": operation, "request": "POST /", "request_body": "", "status": "HTTP 200",
                "response_body": "", "duration_us": ms * 1000 });
            if *large > 0 {
                exchange["large_request"] = json!(large);
            }
            json!({ "event": "case-finished", "id": index.to_string(), "case": "s/c", "title": "t", "flow": "v2/u2f",
                "protocol": protocol, "clauses": [], "verdict": "pass", "reason": "met", "findings": [], "observed": "",
                "exchanges": [exchange], "duration_us": 1 })
        };
        let events = std::iter::once(started).chain(calls.iter().enumerate().map(record));
        let events = events.map(|event| serde_json::from_value::<Event>(event).expect("an event"));
        RunRecord::fold(events).expect("a run")
    }

    fn calls(operation: &'static str, ms: u64, count: usize) -> Vec<(&'static str, &'static str, u64, u64)> {
        ["rest", "grpc"].iter().flat_map(|protocol| vec![(operation, *protocol, 0, ms); count]).collect()
    }

    fn words(calls: &[(&str, &str, u64, u64)]) -> Vec<String> {
        slow(&run(calls)).iter().map(Slow::words).collect()
    }

    #[test]
    fn an_operation_that_is_far_slower_is_told_with_its_figures() {
        let mut all = [calls("Start", 3, 40), calls("Remove", 2, 9), calls("List", 1, 6)].concat();
        all.extend(calls("Verify", 3000, 6));
        assert_eq!(words(&all), ["Verify over grpc, rest: 3.0 s (median of 12 calls), and other operations 2 ms"]);
        let one = vec![("Verify", "rest", 0, 260); 5];
        let mut over_one = [calls("Start", 3, 40), calls("Remove", 2, 9), one].concat();
        assert_eq!(words(&over_one), ["Verify over rest: 260 ms (median of 5 calls), and other operations 2 ms"]);
        // A few outliers do not make a median.
        over_one.extend(vec![("Verify", "rest", 0, 2); 6]);
        assert_eq!(words(&over_one), [""; 0]);
    }

    #[test]
    fn noise_says_nothing() {
        let usual = || [calls("Start", 3, 40), calls("Remove", 2, 9)].concat();
        for few in [
            calls("Verify", 3000, 4),
            // Twenty times as long, and short all the same.
            calls("Verify", 249, 40),
        ] {
            assert_eq!(words(&[usual(), few].concat()), [""; 0]);
        }
        let slow_server = [calls("Start", 300, 9), calls("Remove", 200, 9), calls("Verify", 3900, 9)].concat();
        assert_eq!(words(&slow_server), [""; 0], "everything is slow");
        assert_eq!(
            words(&[calls("Start", 1, 9), calls("Verify", 3000, 9)].concat()),
            [""; 0],
            "one other is not enough"
        );
        assert_eq!(words(&[]), [""; 0]);
    }

    #[test]
    fn large_bodies_are_set_against_the_operations_own_calls() {
        let large = |ms| vec![("Verify", "rest", 1_048_576, ms); 3];
        let usual = [calls("Start", 3, 9), calls("Verify", 4, 9), calls("Remove", 3, 9)].concat();
        assert_eq!(
            words(&[usual.clone(), large(4000)].concat()),
            ["Verify over rest with bodies of 256 KiB and more: 4.0 s (median of 3 calls), and smaller ones 4 ms"]
        );
        assert_eq!(words(&[usual, large(1900)].concat()), [""; 0], "a body takes its time on the way");
    }

    #[test]
    fn a_call_without_a_reply_and_a_comparison_do_not_count() {
        let mut run = run(&[calls("Start", 3, 9), calls("Remove", 2, 9), calls("Verify", 10_000, 9)].concat());
        assert_eq!(slow(&run).len(), 1);
        for record in run.cases.iter_mut().filter(|record| record.protocol == "grpc") {
            record.protocol = "all".to_owned();
        }
        assert_eq!(slow(&run)[0].protocols, ["rest"]);
        run.cases.iter_mut().for_each(|record| record.exchanges[0].status = NO_REPLY.to_owned());
        assert_eq!(slow(&run), []);
    }
}
