//! Every check on good and on defective replies, made by hand over all three protocols.

mod bodies;
mod encodings;
mod exchanges;
mod replies;
mod surroundings;
mod values;

use std::collections::BTreeSet;

use super::{CHECKS, Memo, Observation, Seen, Watch, examine};
use crate::contract::{Flow, Operation, Protocol, clause};
use crate::outcome::{Finding, Reason};
use crate::transport::Exchange;
use crate::wire::marks::{Marks, Stands};
use crate::wire::secret::Secret;

/// Check, clause and reason of a finding.
type Expected = (&'static str, &'static str, Reason);

const NO_SERVER_ERROR: Expected = ("no-server-error", "api/robustness", Reason::Crash);
const NO_TOKEN: Expected = ("no-token", "api/no-leak/token", Reason::Leak);
const NO_OTHER_USER: Expected = ("no-other-user", "api/no-leak/other-user", Reason::Leak);
const NO_STACK_TRACE: Expected = ("no-stack-trace", "api/no-leak", Reason::Leak);
const NO_INTERNALS: Expected = ("no-internals", "api/no-leak/internals", Reason::SecurityUnmet);
const READABLE: Expected = ("readable", "api/status/ok", Reason::WrongShape);
const CONTENT_TYPE: Expected = ("content-type", "api/content-type", Reason::WrongContentType);
const SUCCESS_STATUS: Expected = ("success-status", "api/status/ok", Reason::WrongStatus);
const REFUSAL_STATUS: Expected = ("refusal-status", "api/status/default", Reason::WrongStatus);
const ENDPOINT: Expected = ("endpoint", "api/endpoint", Reason::WrongStatus);
const GRPC_WEB_FRAMING: Expected = ("grpc-web-framing", "api/grpc-web-framing", Reason::WrongShape);
const GRPC_STATUS: Expected = ("grpc-status", "api/grpc-status", Reason::WrongShape);
const GRPC_MESSAGE: Expected = ("grpc-message", "api/grpc-status/message", Reason::WrongShape);
const ERROR_BODY: Expected = ("error-body", "api/shape/error", Reason::WrongShape);
const ERROR_CODE: Expected = ("error-code", "api/shape/error/code", Reason::WrongShape);
const ERROR_MESSAGE: Expected = ("error-message", "api/shape/error/message", Reason::WrongShape);
const ERROR_DETAILS: Expected = ("error-details", "api/shape/error/details", Reason::WrongShape);
const ERROR_TYPE: Expected = ("error-type", "api/shape/error/type", Reason::WrongShape);
const START_DETAILS: Expected = ("start-details", "api/shape/start/details", Reason::WrongShape);
const START_FACTOR_ID: Expected = ("start-factor-id", "api/shape/start/factor-id", Reason::WrongShape);
const START_OPTIONS: Expected = ("start-options", "api/shape/start/options", Reason::WrongShape);
const VERIFY: Expected = ("verify-shape", "api/shape/verify", Reason::WrongShape);
const REMOVE: Expected = ("remove-shape", "api/shape/remove", Reason::WrongShape);
const SEQUENCE: Expected = ("details-sequence", "api/shape/details/sequence", Reason::WrongShape);
const CREATION_DATE: Expected = ("details-creation-date", "api/shape/details/creation-date", Reason::WrongShape);
const CHANGE_DATE: Expected = ("details-change-date", "api/shape/details/change-date", Reason::WrongShape);
const RESOURCE_OWNER: Expected = ("details-resource-owner", "api/shape/details/resource-owner", Reason::WrongShape);
const CREATED_BEFORE_CHANGED: Expected =
    ("details-created-before-changed", "api/details/creation-date", Reason::WrongShape);
const CHANGED_NOW: Expected = ("details-changed-now", "api/details/change-date", Reason::WrongShape);
const MEMBERS: Expected = ("options-members", "api/options/members", Reason::WrongShape);
const CHALLENGE: Expected = ("challenge-length", "webauthn/13.4.3/challenge-length", Reason::ShouldUnmet);
const RP_ID: Expected = ("options-rp-id", "api/options/rp-id", Reason::WrongShape);
const ENCODING: Expected = ("options-encoding", "api/options/encoding", Reason::DocVsServer);

const TIMEOUT: Expected = ("options-timeout", "webauthn/5.4/timeout", Reason::ShouldUnmet);
const ENUMERATIONS: Expected = ("options-enumerations", "webauthn/5.4/enumerations", Reason::ShouldUnmet);
const RESIDENT_KEY: Expected = ("options-resident-key", "webauthn/5.4.4/require-resident-key", Reason::ShouldUnmet);
const ALGORITHMS: Expected = ("options-algorithms", "webauthn/5.8.5/algorithms", Reason::ShouldUnmet);
const EXTENSIONS: Expected = ("options-extensions", "webauthn/5.4/extensions", Reason::WrongShape);
const PERSONAL: Expected = ("user-handle-personal", "webauthn/5.4.3/user-handle-personal", Reason::WrongShape);
const ATTACHMENT: Expected = ("options-attachment", "api/options/attachment", Reason::DocVsServer);
const CHALLENGED: Expected = ("http-challenge", "http/challenge", Reason::WrongShape);
const BEARER: Expected = ("http-challenge-bearer", "http/challenge/bearer", Reason::ShouldUnmet);
const ALLOWED: Expected = ("http-allow", "http/allow", Reason::WrongShape);
const DATED: Expected = ("http-date", "http/date", Reason::WrongShape);
const FIELD_ONCE: Expected = ("http-field-once", "http/field-once", Reason::WrongShape);
const FRAMING: Expected = ("http-framing", "http/framing", Reason::WrongShape);
const CONDITIONAL: Expected = ("http-conditional", "http/conditional", Reason::WrongStatus);
const REDIRECT: Expected = ("http-redirect", "http/redirect", Reason::SecurityUnmet);
const TRACE: Expected = ("http-trace", "http/trace", Reason::ShouldUnmet);
const REFUSAL_CODE: Expected = ("http-refusal-code", "http/refusal-code", Reason::WrongShape);
const JSON_UTF8: Expected = ("http-json-utf8", "http/json-utf8", Reason::WrongShape);
const CACHE: Expected = ("http-cache", "http/cache", Reason::SecurityUnmet);
const CREDENTIALS: Expected = ("http-cors-credentials", "http/cors/credentials", Reason::SecurityUnmet);
const VARIES: Expected = ("http-cors-vary", "http/cors/vary", Reason::ShouldUnmet);
const EXPOSED: Expected = ("grpc-web-exposed", "grpc/web-exposed", Reason::ShouldUnmet);
const CODING: Expected = ("http-content-coding", "http/content-coding", Reason::ShouldUnmet);
const CODING_NAMED: Expected = ("http-content-coding-named", "http/content-coding/named", Reason::WrongShape);
const HTTP_STATUS: Expected = ("grpc-http-status", "grpc/http-status", Reason::WrongStatus);
const STATUS_PLACE: Expected = ("grpc-status-place", "grpc/status-place", Reason::WrongShape);
const MESSAGE_ENCODED: Expected = ("grpc-message-encoded", "grpc/message-encoded", Reason::WrongShape);
const ENCODING_UNKNOWN: Expected = ("grpc-encoding-unknown", "grpc/encoding-unknown", Reason::WrongStatus);
const UNKNOWN_METHOD: Expected = ("grpc-unknown-method", "grpc/unknown-method", Reason::ShouldUnmet);
const WEB_LOWER_CASE: Expected = ("grpc-web-lower-case", "grpc/web-lower-case", Reason::WrongShape);

/// What the tests above speak of, in the order of the list.
const ALL: [Expected; 63] = [
    NO_SERVER_ERROR,
    NO_TOKEN,
    NO_OTHER_USER,
    NO_STACK_TRACE,
    NO_INTERNALS,
    READABLE,
    CONTENT_TYPE,
    SUCCESS_STATUS,
    REFUSAL_STATUS,
    ENDPOINT,
    GRPC_WEB_FRAMING,
    GRPC_STATUS,
    GRPC_MESSAGE,
    ERROR_BODY,
    ERROR_CODE,
    ERROR_MESSAGE,
    ERROR_DETAILS,
    ERROR_TYPE,
    START_DETAILS,
    START_FACTOR_ID,
    START_OPTIONS,
    VERIFY,
    REMOVE,
    SEQUENCE,
    CREATION_DATE,
    CHANGE_DATE,
    RESOURCE_OWNER,
    CHANGED_NOW,
    CREATED_BEFORE_CHANGED,
    MEMBERS,
    CHALLENGE,
    RP_ID,
    ENCODING,
    ATTACHMENT,
    TIMEOUT,
    ENUMERATIONS,
    RESIDENT_KEY,
    ALGORITHMS,
    EXTENSIONS,
    PERSONAL,
    CHALLENGED,
    BEARER,
    ALLOWED,
    DATED,
    FIELD_ONCE,
    FRAMING,
    CONDITIONAL,
    REDIRECT,
    TRACE,
    JSON_UTF8,
    REFUSAL_CODE,
    CACHE,
    CREDENTIALS,
    VARIES,
    EXPOSED,
    CODING,
    CODING_NAMED,
    HTTP_STATUS,
    STATUS_PLACE,
    MESSAGE_ENCODED,
    ENCODING_UNKNOWN,
    UNKNOWN_METHOD,
    WEB_LOWER_CASE,
];

const TOKEN: &str = "a-token/of+30=characters-length";

/// Knows a token, and the name of a factor of another user.
#[derive(Debug)]
struct Known(Marks);

const FACTOR: &str = "the \u{e9}/\"key\" of somebody else";

impl Known {
    fn new() -> Known {
        let marks = Marks::default();
        assert_eq!(marks.add(TOKEN.as_bytes(), Stands::Anywhere), Some(0));
        assert_eq!(marks.add(FACTOR.as_bytes(), Stands::AsWord), Some(1));
        Known(marks)
    }
}

impl Watch for Known {
    fn seen(&self, bytes: &[u8]) -> Vec<Seen> {
        let seen = |mark| match mark {
            0 => Seen { what: "the token", whose: "the caller", is_token: true },
            _ => Seen { what: "the name of a factor", whose: "another user", is_token: false },
        };
        self.0.find(bytes).into_iter().map(seen).collect()
    }
}

fn observation<'a>(exchange: &'a Exchange, watch: Option<&'a dyn Watch>) -> Observation<'a> {
    Observation {
        exchange,
        documented_request: true,
        malformed: false,
        watch,
        rp_id: Some("login.example"),
        attachment: None,
        memo: Memo::default(),
    }
}

fn authorization() -> Secret {
    Secret::new(format!("Bearer {TOKEN}"))
}

/// The distinct findings, in order.
fn findings(observation: &Observation<'_>) -> Vec<Expected> {
    let examined = examine(observation);
    // Replies made by hand have a date only where it is what they are about: `a_reply_without_a_date_is_found`.
    let is_undated = |finding: &Finding| finding.check == DATED.0 && finding.received == "no date";
    let found = examined.findings.into_iter().filter(|finding| !is_undated(finding)).map(|finding| {
        assert!(!finding.expected.is_empty() && !finding.received.is_empty(), "{finding:?}");
        assert!(finding.received.len() < 700, "a target must not flood the report");
        let known = ALL.into_iter().find(|known| known.0 == finding.check).expect("a check of the list");
        assert!(clause::includes(known.1, &finding.clause) && known.2 == finding.reason, "{finding:?}");
        assert!(examined.looked_at.contains(finding.clause.as_str()), "{finding:?}");
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
    /// Whether it was sent as the documents say.
    is_documented: bool,
}

impl Row {
    /// The same of a request by another method or at another path.
    fn of_another_method(self) -> Row {
        Row { is_documented: false, ..self }
    }
}

fn row(name: impl Into<String>, exchange: Exchange, expected: &[Expected]) -> Row {
    Row { name: name.into(), exchange, expected: expected.to_vec(), is_documented: true }
}

fn assert_rows(rows: Vec<Row>, watch: Option<&dyn Watch>) {
    assert!(!rows.is_empty());
    for Row { name, exchange, expected, is_documented } in rows {
        let place = format!("{} over {}: {name}", exchange.endpoint.name, exchange.protocol);
        let observation = Observation { documented_request: is_documented, ..observation(&exchange, watch) };
        assert_eq!(findings(&observation), expected, "{place}\n{:?}", exchange.reply);
    }
}

#[test]
fn good_replies_are_without_findings() {
    for rows in [
        replies::good(),
        bodies::harmless(),
        encodings::harmless(),
        values::harmless(),
        replies::in_own_words(),
        surroundings::harmless(),
    ] {
        assert!(rows.iter().all(|row| row.expected.is_empty()));
        assert_rows(rows, Some(&authorization()));
    }
}

#[test]
fn defective_bodies_are_found() {
    assert_rows(bodies::defective(), None);
    assert_rows(encodings::defective(), None);
    assert_rows(values::defective(), None);
}

#[test]
fn defective_replies_are_found() {
    assert_rows(replies::defective(), None);
    assert_rows(surroundings::defective(), None);
}

#[test]
fn leaks_are_found() {
    assert_rows(replies::leaks(), Some(&authorization()));
    let rows = || replies::leaks().into_iter().chain(replies::others());
    assert_rows(rows().collect(), Some(&Known::new()));
    for Row { name, exchange, expected, .. } in
        rows().filter(|row| [[NO_TOKEN], [NO_OTHER_USER]].contains(&[row.expected[0]]))
    {
        let known = Known::new();
        let mut found = examine(&observation(&exchange, Some(&known))).findings;
        found.retain(|finding| finding.check != DATED.0);
        let place = match name.rsplit_once(" in ").map(|(_, place)| place) {
            Some("a header") => "is in the header x-debug",
            Some("a body") => "is in the body at /message",
            Some("the creation options") => "is in the creation options",
            Some("a list") => "is in the body at /result/0/name",
            _ => "is in the ",
        };
        assert!(found.iter().all(|finding| finding.received.contains(place)), "{name}: {found:?}");
        assert!(
            found.iter().all(|finding| !finding.received.contains("somebody") && !finding.received.contains(TOKEN))
        );
        assert_eq!(expected.len(), 1);
    }
}

#[test]
fn no_check_is_without_a_defective_reply() {
    let rows = bodies::defective().into_iter().chain(encodings::defective()).chain(values::defective());
    let rows = rows
        .chain(replies::defective())
        .chain(surroundings::defective())
        .chain(replies::leaks())
        .chain(replies::others());
    let alone: BTreeSet<&str> = rows.filter(|row| row.expected.len() == 1).map(|row| row.expected[0].0).collect();
    let listed: Vec<Expected> = CHECKS.iter().map(|check| (check.id, check.clause, check.reason)).collect();
    assert_eq!(listed, ALL);
    // What a start asked for is in no reply: `what_a_start_asked_for_is_looked_for` has it.
    for check in CHECKS.iter().filter(|check| check.id != ATTACHMENT.0) {
        assert!(alone.contains(check.id), "no reply is wrong by {} alone", check.id);
        assert!(clause::find(check.clause).is_some(), "{} names no clause", check.id);
    }
}

/// Where method or content type were not the documented ones, the answer need not come from the endpoint.
#[test]
fn undocumented_requests_are_judged_by_crashes_and_leaks_alone() {
    let authorization = authorization();
    for Row { exchange, expected, .. } in replies::defective().into_iter().chain(replies::leaks()) {
        let is_kept =
            |expected: &Expected| [Reason::Crash, Reason::Leak].contains(&expected.2) || *expected == NO_INTERNALS;
        let kept = expected.into_iter().filter(is_kept);
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

/// An id that is empty or has special characters may make a path of another operation, and a frame that says it is compressed
/// what is not implemented.
#[test]
fn only_the_documented_place_can_be_missing() {
    for Row { mut exchange, .. } in replies::defective().into_iter().filter(|row| row.expected == [ENDPOINT]) {
        let malformed = Observation { malformed: true, ..observation(&exchange, None) };
        let expected: &[Expected] = if exchange.protocol == Protocol::Rest { &[ENDPOINT] } else { &[] };
        assert_eq!(findings(&malformed), expected);
        if exchange.protocol == Protocol::Rest && exchange.endpoint.path_members().count() > 0 {
            for id in ["", "%2E%2E", "a%2Fb"] {
                exchange.request.url = exchange
                    .endpoint
                    .path_members()
                    .fold(format!("https://login.example{}", exchange.endpoint.rest.path), |url, member| {
                        url.replace(&format!("{{{member}}}"), id)
                    });
                assert_eq!(findings(&observation(&exchange, None)), [], "{}", exchange.request.url);
            }
        }
    }
}

/// What a check looked at is told also where it found nothing, and narrowed to the endpoint and protocol.
#[test]
fn checks_tell_what_they_looked_at() {
    let start = exchanges::endpoint(Flow::V2_U2F, Operation::Start);
    let looked_at = |exchange: &Exchange| examine(&observation(exchange, None)).looked_at;
    let answered = looked_at(&exchanges::success(start, Protocol::GrpcWeb, &exchanges::body(start)));
    let refused = looked_at(&exchanges::refusal(start, Protocol::Rest, 404, 5));
    for id in ["api/status/ok/v2/u2f/start", "api/shape/start/factor-id/v2/u2f", "api/content-type/grpc-web"] {
        assert!(answered.contains(id) && !refused.contains(id), "{id}: {answered:?}");
    }
    for id in ["api/status/default/v2/u2f/start", "api/shape/error/type", "api/content-type/rest"] {
        assert!(refused.contains(id) && !answered.contains(id), "{id}: {refused:?}");
    }
    // The example has no creationDate, the reply no header date, and the call no token.
    for id in ["api/shape/details/creation-date", "api/details/change-date", "api/details/creation-date"] {
        assert!(!answered.contains(id), "{id}");
    }
}

#[test]
fn what_a_start_asked_for_is_looked_for() {
    let start = exchanges::endpoint(Flow::V2_PASSKEY, Operation::Start);
    for protocol in Protocol::ALL {
        let found = |selection: serde_json::Value, attachment| {
            let mut options = exchanges::public_key();
            options["authenticatorSelection"] = selection;
            let body = exchanges::body_with(start, &serde_json::json!({ "publicKey": options }));
            let exchange = exchanges::success(start, protocol, &body);
            findings(&Observation { attachment, ..observation(&exchange, None) })
        };
        let named = |kind: &str| serde_json::json!({ "authenticatorAttachment": kind });
        assert_eq!(found(named("platform"), Some("platform")), []);
        assert_eq!(found(named("platform"), None), [], "a server may choose where nothing was asked");
        assert_eq!(found(serde_json::json!({}), None), []);
        assert_eq!(found(named("platform"), Some("cross-platform")), [ATTACHMENT]);
        assert_eq!(found(serde_json::json!({}), Some("platform")), [ATTACHMENT]);
    }
}

#[test]
fn a_reply_without_a_date_is_found() {
    let start = exchanges::endpoint(Flow::V2_U2F, Operation::Start);
    for http_status in [200, 404, 500] {
        let exchange = exchanges::rest(start, http_status, &exchanges::error(5));
        let found = examine(&observation(&exchange, None)).findings;
        let is_found = found.iter().any(|finding| (finding.check.as_str(), finding.reason) == (DATED.0, DATED.2));
        assert_eq!(is_found, http_status < 500, "{found:?}");
    }
}
