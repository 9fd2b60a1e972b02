//! Nothing secret and nothing of the server's inside is in a reply.

use super::{Check, Observation, Wrong};
use crate::outcome::Reason;
use crate::transport::{Refusal, Reply};
use crate::wire::secret::Secret;

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

fn reply_text(observation: &Observation<'_>) -> String {
    let exchange = observation.exchange;
    let headers = exchange.headers.iter().chain(&exchange.trailers);
    let headers = headers.map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
    let mut text = headers.collect::<Vec<_>>().join("\n");
    text.push('\n');
    text.push_str(&String::from_utf8_lossy(&exchange.body));
    // `grpc-message` is percent-encoded, which would hide what is in it.
    if let Reply::Refusal(Refusal { status: Some(status), .. }) = &exchange.reply {
        text.push('\n');
        text.push_str(&status.message);
    }
    text
}

fn no_token(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let authorization = observation.authorization?;
    let token = Secret::new(authorization.expose().split_once(' ').map_or("", |(_, token)| token).trim());
    if !token.is_shown_in(&reply_text(observation)) {
        return Some(Vec::new());
    }
    Some(vec![Wrong::new("a reply without the caller's token", "the token stands in the reply")])
}

fn no_stack_trace(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let text = reply_text(observation);
    let trace = TRACES.into_iter().find(|trace| text.contains(trace));
    let wrong = trace.map(|trace| Wrong::new("a reply without a stack trace", format!("{trace:?} ...")));
    Some(wrong.into_iter().collect())
}
