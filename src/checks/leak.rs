//! Nothing secret and nothing of the server's inside is in a reply.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

use super::{Check, Observation, Wrong};
use crate::outcome::Reason;
use crate::transport::{Refusal, Reply};

/// The caller's token, in plain, percent-encoded or base64 form, is not in the reply.
pub const NO_TOKEN: Check = Check { id: "no-token", clause: "api/no-leak", reason: Reason::Leak, examine: no_token };

/// No stack trace is in the reply.
pub const NO_STACK_TRACE: Check =
    Check { id: "no-stack-trace", clause: "api/no-leak", reason: Reason::Leak, examine: no_stack_trace };

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
