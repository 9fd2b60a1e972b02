//! Nothing secret and nothing of the server's inside is in a reply.

use std::sync::LazyLock;

use memchr::memmem::Finder;

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
    static FINDERS: LazyLock<[Finder<'static>; TRACES.len()]> = LazyLock::new(|| TRACES.map(Finder::new));
    let stands = |(finder, _): &(&Finder<'_>, _)| texts(observation).any(|text| finder.find(text).is_some());
    let trace = FINDERS.iter().zip(TRACES).find(stands).map(|(_, trace)| trace);
    let wrong = trace.map(|trace| Wrong::new("a reply without a stack trace", format!("{trace:?} ...")));
    Some(wrong.into_iter().collect())
}
