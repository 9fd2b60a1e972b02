//! What gRPC and gRPC-Web demand of every reply in addition to a readable status.

use super::check::Check;
use super::observation::{Observation, Wrong};
use crate::contract::Protocol;
use crate::outcome::Reason;
use crate::transport::{Exchange, Reply};
use crate::wire::framing::{self, FLAG_COMPRESSED};
use crate::wire::status::{Code, GRPC_MESSAGE, GRPC_STATUS};
use crate::words::beginning;

/// Above all clauses of gRPC.
pub const CLAUSE: &str = "grpc";

/// A reply with a status is HTTP 200.
pub const HTTP_STATUS: Check =
    Check { id: "grpc-http-status", clause: "grpc/http-status", reason: Reason::WrongStatus, examine: http_status };

/// The status is in its place.
pub const STATUS_PLACE: Check =
    Check { id: "grpc-status-place", clause: "grpc/status-place", reason: Reason::WrongShape, examine: status_place };

/// The message of a refusal is percent-encoded.
pub const MESSAGE_ENCODED: Check = Check {
    id: "grpc-message-encoded",
    clause: "grpc/message-encoded",
    reason: Reason::WrongShape,
    examine: message_encoded,
};

/// An unknown compression is answered with UNIMPLEMENTED.
pub const ENCODING_UNKNOWN: Check = Check {
    id: "grpc-encoding-unknown",
    clause: "grpc/encoding-unknown",
    reason: Reason::WrongStatus,
    examine: encoding_unknown,
};

/// An unknown method is answered with UNIMPLEMENTED.
pub const UNKNOWN_METHOD: Check = Check {
    id: "grpc-unknown-method",
    clause: "grpc/unknown-method",
    reason: Reason::ShouldUnmet,
    examine: unknown_method,
};

/// Names of gRPC-Web's trailers are in lower case.
pub const WEB_LOWER_CASE: Check = Check {
    id: "grpc-web-lower-case",
    clause: "grpc/web-lower-case",
    reason: Reason::WrongShape,
    examine: web_lower_case,
};

const ENCODING: &str = "grpc-encoding";
const ACCEPTED: &str = "grpc-accept-encoding";
/// Encodings that servers may have (gRPC over HTTP/2, Content-Coding; further ones are registered by libraries).
const KNOWN: [&str; 6] = ["identity", "gzip", "deflate", "snappy", "zstd", "br"];

/// The exchange, if it is not one of REST.
fn of_grpc<'a>(observation: &Observation<'a>) -> Option<&'a Exchange> {
    Some(observation.exchange).filter(|exchange| exchange.protocol != Protocol::Rest)
}

fn has_status(exchange: &Exchange) -> bool {
    exchange.trailers.contains_key(GRPC_STATUS) || exchange.headers.contains_key(GRPC_STATUS)
}

/// Libraries refuse another HTTP method or content type with both an HTTP status and a gRPC status.
fn http_status(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_grpc(observation).filter(|exchange| observation.documented_request && has_status(exchange))?;
    let wrong = || Wrong::new("HTTP 200 with grpc-status", format!("HTTP {} with grpc-status", exchange.http_status));
    Some(if exchange.http_status == 200 { Vec::new() } else { vec![wrong()] })
}

fn status_place(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_grpc(observation).filter(|exchange| has_status(exchange))?;
    let (in_headers, in_trailers) = (exchange.headers.get(GRPC_STATUS), exchange.trailers.get(GRPC_STATUS));
    let is_native = exchange.protocol == Protocol::Grpc;
    let received = match (in_headers, in_trailers) {
        (Some(first), Some(second)) if is_native || first != second => "one in the headers and one in the trailers",
        // For gRPC-Web, the check of the frames decides.
        (Some(_), None) if is_native && !exchange.body.is_empty() => "one in the headers of a reply with messages",
        _ => {
            let value = in_trailers.or(in_headers).map(|value| value.as_bytes()).unwrap_or_default();
            // Another check reports a value that is not a number.
            let is_number = value.iter().all(u8::is_ascii_digit);
            if value.len() < 2 || value.first() != Some(&b'0') || !is_number {
                return Some(Vec::new());
            }
            "one with a leading zero"
        }
    };
    Some(vec![Wrong::new("one grpc-status, in trailers or in the headers of a reply without messages", received)])
}

fn message_encoded(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_grpc(observation)?;
    let value = exchange.trailers.get(GRPC_MESSAGE).or_else(|| exchange.headers.get(GRPC_MESSAGE))?;
    let bytes = value.as_bytes();
    let is_encoded =
        |at: usize| bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let is_wrong = |(at, byte): (usize, &u8)| !(b' '..=b'~').contains(byte) || (*byte == b'%' && !is_encoded(at));
    let Some(at) = bytes.iter().enumerate().position(is_wrong) else { return Some(Vec::new()) };
    let received = format!("one with byte {:#04x} at {at}", bytes.get(at).copied().unwrap_or_default());
    Some(vec![Wrong::new("a percent-encoded grpc-message", received)])
}

/// The code of a refusal that has a status.
fn code(exchange: &Exchange) -> Option<i32> {
    match &exchange.reply {
        Reply::Refusal(refusal) => refusal.status.as_ref().map(|status| status.code),
        _ => None,
    }
}

fn encoding_unknown(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = Some(observation.exchange).filter(|exchange| exchange.protocol == Protocol::Grpc)?;
    let encoding = exchange.request.headers.get(ENCODING)?.to_str().ok()?;
    let is_compressed = exchange.request.body.first().is_some_and(|flags| flags & FLAG_COMPRESSED != 0);
    if KNOWN.contains(&encoding) || !is_compressed || !has_status(exchange) {
        return None;
    }
    let mut wrongs = Vec::new();
    if let Some(code) = code(exchange).filter(|code| *code != Code::UNIMPLEMENTED.number()) {
        wrongs.push(Wrong::new("code 12 (UNIMPLEMENTED) for an unknown encoding", format!("code {code}")));
    }
    let name = http::HeaderName::from_static(ACCEPTED);
    let both = [&exchange.headers, &exchange.trailers];
    if both.into_iter().any(|map| super::http::members(map, &name).any(|known| known == encoding)) {
        wrongs.push(Wrong::new(format!("{ACCEPTED} without {encoding:?}"), format!("{ACCEPTED} with it")));
    }
    Some(wrongs)
}

fn unknown_method(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_grpc(observation).filter(|exchange| has_status(exchange))?;
    let url = exchange.request.url.as_str();
    let is_documented = exchange.endpoint.grpc.as_ref().is_none_or(|grpc| url.ends_with(&grpc.path()));
    if url.is_empty() || is_documented || exchange.request.method != "POST" {
        return None;
    }
    let unimplemented = Code::UNIMPLEMENTED.number();
    let wrong = |code| Wrong::new("code 12 (UNIMPLEMENTED) for an unknown method", format!("code {code}"));
    Some(code(exchange).filter(|code| *code != unimplemented).map(wrong).into_iter().collect())
}

fn web_lower_case(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = Some(observation.exchange).filter(|exchange| exchange.protocol == Protocol::GrpcWeb)?;
    let frames = framing::parse(&exchange.body).ok()?;
    let trailers = frames.last().filter(|frame| frame.is_trailers())?;
    let names =
        trailers.payload.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b':').next());
    let mut capitals = names.filter(|name| name.iter().any(u8::is_ascii_uppercase));
    let wrong = |name: &[u8]| {
        let name = String::from_utf8_lossy(name);
        Wrong::new("names of trailers in lower case", format!("{:?}", beginning(&name, 60)))
    };
    Some(capitals.next().map(wrong).into_iter().collect())
}
