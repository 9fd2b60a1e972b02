//! A reply has no secrets, nothing of other users, and no internals of the server.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde_json::Value;

use super::check::Check;
use super::internals;
use super::observation::{Observation, Wrong};
use super::shown::{self, Place};
use crate::contract::Operation;
use crate::outcome::Reason;
use crate::transport::Reply;

/// The clause of all of them.
pub const CLAUSE: &str = "api/no-leak";

/// No bearer token is in the reply, in any form.
pub const NO_TOKEN: Check =
    Check { id: "no-token", clause: "api/no-leak/token", reason: Reason::Leak, examine: no_token };

/// Nothing in the reply belongs to a user that the caller may not act on.
pub const NO_OTHER_USER: Check =
    Check { id: "no-other-user", clause: "api/no-leak/other-user", reason: Reason::Leak, examine: no_other_user };

/// No stack trace is in the reply.
pub const NO_STACK_TRACE: Check =
    Check { id: "no-stack-trace", clause: CLAUSE, reason: Reason::Leak, examine: no_stack_trace };

/// No text of the server's internals is in the reply.
pub const NO_INTERNALS: Check =
    Check { id: "no-internals", clause: "api/no-leak/internals", reason: Reason::SecurityUnmet, examine: no_internals };

/// Text that only a stack trace has: Go, Rust, Java (its tab as such and as escaped in JSON), Python, Node.
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

fn no_token(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    Some(shown::wrongs(shown::found(observation)?, true, "a reply without a token"))
}

fn no_other_user(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    Some(shown::wrongs(shown::found(observation)?, false, "a reply that shows nothing of another user"))
}

fn no_stack_trace(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    // Searchers of this kind, because only they look at many bytes at a time.
    static FINDER: LazyLock<Option<AhoCorasick>> =
        LazyLock::new(|| AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(TRACES).ok());
    let shortest = TRACES.iter().map(|trace| trace.len()).min().unwrap_or_default();
    let found = |text: &[u8]| FINDER.as_ref().map_or(Some(0), |finder| Some(finder.find(text)?.pattern().as_usize()));
    let texts = shown::texts(observation).map(|(_, text)| text);
    let mut long_enough = texts.filter(|text| text.len() >= shortest);
    let trace = long_enough.find_map(found).map(|index| TRACES[index]);
    let wrong = trace.map(|trace| Wrong::new("a reply without a stack trace", format!("{trace:?} ...")));
    Some(wrong.into_iter().collect())
}

/// Strings are searched in their decoded form, because JSON escapes some characters of the patterns. Another check reports a stack trace.
/// Lists are not searched: they have the names that they were given.
fn no_internals(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    let in_text = |text: &[u8]| std::str::from_utf8(text).ok().and_then(internals::find);
    let in_body = || match &exchange.reply {
        Reply::Success(_) if observation.is(Operation::List) => None,
        reply => shown::json(reply).map_or_else(|| in_text(&exchange.body), find_in),
    };
    let lines = shown::texts(observation).filter(|(place, _)| matches!(place, Place::Line(..)));
    let found = in_body().or_else(|| lines.map(|(_, text)| text).find_map(in_text));
    let is_trace = || no_stack_trace(observation).is_some_and(|wrongs| !wrongs.is_empty());
    let wrong = found.filter(|_| !is_trace()).map(|found| {
        let received = format!("{}: {:?}", found.what, found.excerpt);
        Wrong::new("a reply without internals of the server", received)
    });
    Some(wrong.into_iter().collect())
}

/// The first text of the server's internals in the strings of a value; serde_json has bounded the depth.
fn find_in(value: &Value) -> Option<internals::Found> {
    match value {
        Value::String(text) => internals::find(text),
        Value::Array(items) => items.iter().find_map(find_in),
        Value::Object(members) => members.values().find_map(find_in),
        _ => None,
    }
}
