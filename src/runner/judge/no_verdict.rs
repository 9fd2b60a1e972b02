//! Calls that had no verdict: what is shown of them, and what they mean.

use bytes::Bytes;
use http::HeaderMap;

use crate::outcome::Reason;
use crate::scenario::{Also, Step, Thing};
use crate::transport::carried::Place;
use crate::transport::{Call, Exchange, Fault, FaultKind, Reply, Timings, Transport, TransportError};

/// The exchange of a call without reply, so that it can be shown and reproduced.
pub(crate) fn unanswered(transport: &dyn Transport, call: &Call, error: &TransportError) -> Option<Exchange> {
    let request = transport.prepare(call).ok()?;
    Some(Exchange {
        protocol: transport.protocol(),
        endpoint: call.endpoint,
        request,
        http_status: 0,
        headers: HeaderMap::new(),
        trailers: HeaderMap::new(),
        body: Bytes::new(),
        is_http2: false,
        has_surplus: false,
        reply: Reply::Unreadable(error.to_string()),
        timings: Timings::default(),
    })
}

/// What it means that there was no verdict. If something stood between us and the target, it says nothing about the target; anything
/// else is the target's answer.
pub(crate) fn meaning<'c>(
    error: Option<&TransportError>,
    fault: Option<&(Fault, &str)>,
    step: &Step,
    primary: &'c str,
) -> (Reason, &'c str) {
    use TransportError as E;
    match (error, fault) {
        (Some(E::NotCarried(_)), _) => (Reason::NotDeclared, primary),
        // With a host that is not the target's, or a second length, a server in front of it may end the connection.
        (Some(E::Reset { .. } | E::NotProcessed { .. }), _) if says_host_or_length(step) => (Reason::LeftOpen, primary),
        (_, Some((fault, _))) if says_host_or_length(step) && fault.kind == FaultKind::Gateway => {
            (Reason::LeftOpen, primary)
        }
        // To close the connection on an unreadable or too long request is a kind of refusal.
        (Some(E::Reset { .. } | E::NotProcessed { .. }), _) if step.is_malformed() => (Reason::AlsoAllowed, primary),
        (_, Some((fault, _))) => match fault.kind {
            FaultKind::RateLimited => (Reason::RateLimited, primary),
            FaultKind::Gateway => (Reason::Gateway, primary),
            _ => (Reason::TargetUnreachable, primary),
        },
        (Some(E::TimedOut { .. }), _) => (Reason::Hang, "api/robustness"),
        (Some(E::Reset { .. }), _) => (Reason::Crash, "api/robustness"),
        (Some(E::BodyTooLarge { .. } | E::HeadersTooLarge { .. } | E::NotHttp { .. }), _) => {
            (Reason::WrongShape, "api/robustness")
        }
        (Some(E::BadFrame { .. }), _) => (Reason::WrongShape, "api/grpc-web-framing"),
        (Some(E::Encode { .. }), _) => (Reason::HarnessBug, primary),
        _ => (Reason::TargetUnreachable, primary),
    }
}

/// Whether a request states its host or its length twice.
fn says_host_or_length(step: &Step) -> bool {
    let is_of_them = |also: &Also| {
        let is_framing = |place: &Place| matches!(place, Place::Length | Place::Chunked);
        also.what == Thing::Host || also.place().is_some_and(is_framing)
    };
    step.also.iter().any(is_of_them)
}
