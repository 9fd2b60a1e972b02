//! Every check on good and on defective replies, made by hand over all three protocols.

mod bodies;
mod exchanges;
mod replies;

use std::collections::BTreeSet;

use super::{CHECKS, Observation, examine};
use crate::contract::clause;
use crate::outcome::Reason;
use crate::transport::Exchange;
use crate::wire::secret::Secret;

/// Check, clause and reason of a finding.
type Expected = (&'static str, &'static str, Reason);

const NO_SERVER_ERROR: Expected = ("no-server-error", "api/robustness", Reason::Crash);
const NO_TOKEN: Expected = ("no-token", "api/no-leak", Reason::Leak);
const NO_STACK_TRACE: Expected = ("no-stack-trace", "api/no-leak", Reason::Leak);
const READABLE: Expected = ("readable", "api/status/ok", Reason::WrongShape);
const CONTENT_TYPE: Expected = ("content-type", "api/content-type", Reason::WrongContentType);
const SUCCESS_STATUS: Expected = ("success-status", "api/status/ok", Reason::WrongStatus);
const GRPC_WEB_FRAMING: Expected = ("grpc-web-framing", "api/grpc-web-framing", Reason::WrongShape);
const GRPC_STATUS: Expected = ("grpc-status", "api/grpc-status", Reason::WrongShape);
const GRPC_MESSAGE: Expected = ("grpc-message", "api/grpc-status", Reason::WrongShape);
const ERROR: Expected = ("error-shape", "api/shape/error", Reason::WrongShape);
const START: Expected = ("start-shape", "api/shape/start", Reason::WrongShape);
const VERIFY: Expected = ("verify-shape", "api/shape/verify", Reason::WrongShape);
const REMOVE: Expected = ("remove-shape", "api/shape/remove", Reason::WrongShape);
const DETAILS: Expected = ("details-shape", "api/shape/details", Reason::WrongShape);
const MEMBERS: Expected = ("options-members", "api/options/members", Reason::WrongShape);
const CHALLENGE: Expected = ("challenge-length", "webauthn/13.4.3/challenge-length", Reason::ShouldUnmet);
const RP_ID: Expected = ("options-rp-id", "api/options/rp-id", Reason::WrongShape);

/// What the tests above speak of, in the order of the list.
const ALL: [Expected; 17] = [
    NO_SERVER_ERROR,
    NO_TOKEN,
    NO_STACK_TRACE,
    READABLE,
    CONTENT_TYPE,
    SUCCESS_STATUS,
    GRPC_WEB_FRAMING,
    GRPC_STATUS,
    GRPC_MESSAGE,
    ERROR,
    START,
    VERIFY,
    REMOVE,
    DETAILS,
    MEMBERS,
    CHALLENGE,
    RP_ID,
];

const TOKEN: &str = "a-token/of+30=characters-length";

fn observation<'a>(exchange: &'a Exchange, authorization: Option<&'a Secret>) -> Observation<'a> {
    Observation { exchange, documented_request: true, malformed: false, authorization, rp_id: Some("login.example") }
}

fn authorization() -> Secret {
    Secret::new(format!("Bearer {TOKEN}"))
}

/// The distinct findings, in order.
fn findings(observation: &Observation<'_>) -> Vec<Expected> {
    let found = examine(observation).into_iter().map(|finding| {
        assert!(!finding.expected.is_empty() && !finding.received.is_empty(), "{finding:?}");
        assert!(finding.received.len() < 700, "a target must not flood the report");
        let known = ALL.into_iter().find(|known| known.0 == finding.check).expect("a check of the list");
        assert_eq!((known.1, known.2), (finding.clause.as_str(), finding.reason));
        known
    });
    let mut found: Vec<Expected> = found.collect();
    found.dedup();
    found
}

/// A reply with a name, and what has to be found in it.
struct Row {
    name: String,
    exchange: Exchange,
    expected: Vec<Expected>,
}

fn row(name: impl Into<String>, exchange: Exchange, expected: &[Expected]) -> Row {
    Row { name: name.into(), exchange, expected: expected.to_vec() }
}

fn assert_rows(rows: Vec<Row>, authorization: Option<&Secret>) {
    assert!(!rows.is_empty());
    for Row { name, exchange, expected } in rows {
        let place = format!("{} over {}: {name}", exchange.endpoint.name, exchange.protocol);
        assert_eq!(findings(&observation(&exchange, authorization)), expected, "{place}\n{:?}", exchange.reply);
    }
}

#[test]
fn good_replies_are_without_findings() {
    for rows in [replies::good(), bodies::harmless()] {
        assert!(rows.iter().all(|row| row.expected.is_empty()));
        assert_rows(rows, Some(&authorization()));
    }
}

#[test]
fn defective_bodies_are_found() {
    assert_rows(bodies::defective(), None);
}

#[test]
fn defective_replies_are_found() {
    assert_rows(replies::defective(), None);
}

#[test]
fn leaks_are_found() {
    assert_rows(replies::leaks(), Some(&authorization()));
}

#[test]
fn no_check_is_without_a_defective_reply() {
    let rows = bodies::defective().into_iter().chain(replies::defective()).chain(replies::leaks());
    let alone: BTreeSet<&str> = rows.filter(|row| row.expected.len() == 1).map(|row| row.expected[0].0).collect();
    let listed: Vec<Expected> = CHECKS.iter().map(|check| (check.id, check.clause, check.reason)).collect();
    assert_eq!(listed, ALL);
    for check in CHECKS {
        assert!(alone.contains(check.id), "no reply is wrong by {} alone", check.id);
        assert!(clause::find(check.clause).is_some(), "{} names no clause", check.id);
    }
}

/// Where method or content type were not the documented ones, the answer need not come from the endpoint.
#[test]
fn undocumented_requests_are_judged_by_crashes_and_leaks_alone() {
    let authorization = authorization();
    for Row { exchange, expected, .. } in replies::defective().into_iter().chain(replies::leaks()) {
        let kept = expected.into_iter().filter(|expected| [Reason::Crash, Reason::Leak].contains(&expected.2));
        let undocumented = Observation { documented_request: false, ..observation(&exchange, Some(&authorization)) };
        assert_eq!(findings(&undocumented), kept.collect::<Vec<_>>());
    }
}

#[test]
fn a_call_without_authorization_has_no_token_to_leak() {
    for Row { exchange, .. } in replies::leaks().into_iter().filter(|row| row.expected == [NO_TOKEN]) {
        assert_eq!(findings(&observation(&exchange, None)), []);
    }
}
