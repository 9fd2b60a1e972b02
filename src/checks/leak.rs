//! Nothing secret and nothing of the server's inside is in a reply.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::{Check, Observation, Wrong, internals};
use crate::outcome::Reason;
use crate::transport::{Refusal, Reply};

/// The clause of all of them.
pub const CLAUSE: &str = "api/no-leak";

/// The caller's token, in plain, percent-encoded or base64 form, is not in the reply.
pub const NO_TOKEN: Check = Check { id: "no-token", clause: CLAUSE, reason: Reason::Leak, examine: no_token };

/// No stack trace is in the reply.
pub const NO_STACK_TRACE: Check =
    Check { id: "no-stack-trace", clause: CLAUSE, reason: Reason::Leak, examine: no_stack_trace };

/// No text of the server's inside is in a refusal.
pub const NO_INTERNALS: Check =
    Check { id: "no-internals", clause: "api/no-leak/internals", reason: Reason::SecurityUnmet, examine: no_internals };

/// Text that only a stack trace has: Go, Rust, Java (its tab as it is and as JSON writes it), Python, Node.
const TRACES: [&str; 8] = [
    "[running]:",
    "runtime/debug.Stack",
    "panicked at ",
    "\tat java.",
    "\\tat java.",
    "Traceback (most recent call last)",
    "at Object.<anonymous>",
    "(node:internal/",
];

/// Everything that the reply says.
fn texts<'a>(observation: &Observation<'a>) -> impl Iterator<Item = &'a [u8]> {
    let exchange = observation.exchange;
    let lines = exchange.headers.iter().chain(&exchange.trailers);
    let lines = lines.flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
    // `grpc-message` is percent-encoded, which would hide what is in it.
    let message = match &exchange.reply {
        Reply::Refusal(Refusal { status: Some(status), .. }) => Some(status.message.as_bytes()),
        _ => None,
    };
    lines.chain([exchange.body.as_ref()]).chain(message)
}

fn no_token(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let authorization = observation.authorization?;
    if !texts(observation).any(|text| authorization.is_shown_in(text)) {
        return Some(Vec::new());
    }
    Some(vec![Wrong::new("a reply without the caller's token", "the token stands in the reply")])
}

fn no_stack_trace(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    // Of this kind, since only those look at many bytes at a time.
    static FINDER: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(TRACES).ok());
    let shortest = TRACES.iter().map(|trace| trace.len()).min().unwrap_or_default();
    let found = |text: &[u8]| FINDER.as_ref().map_or(Some(0), |finder| Some(finder.find(text)?.pattern().as_usize()));
    let mut long_enough = texts(observation).filter(|text| text.len() >= shortest);
    let trace = long_enough.find_map(found).map(|index| TRACES[index]);
    let wrong = trace.map(|trace| Wrong::new("a reply without a stack trace", format!("{trace:?} ...")));
    Some(wrong.into_iter().collect())
}

/// The strings of a refusal are looked at as they are read, since JSON escapes some of what patterns have. A stack trace is another check's.
fn no_internals(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let Reply::Refusal(refusal) = &observation.exchange.reply else { return None };
    let found = match &refusal.json {
        Some(json) => find_in(json),
        None => std::str::from_utf8(&observation.exchange.body).ok().and_then(internals::find),
    };
    let is_trace = || no_stack_trace(observation).is_some_and(|wrongs| !wrongs.is_empty());
    let wrong = found.filter(|_| !is_trace()).map(|found| {
        let received = format!("{}: {:?}", found.what, found.excerpt);
        Wrong::new("a refusal in the API's own words", received)
    });
    Some(wrong.into_iter().collect())
}

/// The first text of the inside in the strings of a value; serde_json has bounded how deep it is.
fn find_in(value: &Value) -> Option<internals::Found> {
    match value {
        Value::String(text) => internals::find(text),
        Value::Array(items) => items.iter().find_map(find_in),
        Value::Object(members) => members.values().find_map(find_in),
        _ => None,
    }
}
