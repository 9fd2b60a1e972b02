//! What each protocol demands of a reply, whatever the endpoint.

use http::header::CONTENT_TYPE as CONTENT_TYPE_HEADER;

use super::{Check, Observation, Wrong};
use crate::contract::Protocol;
use crate::outcome::Reason;
use crate::transport::Reply;
use crate::wire::framing;
use crate::wire::status::{Code, Status};

/// A REST reply can be read as success or as refusal.
pub const READABLE: Check =
    Check { id: "readable", clause: "api/status/ok", reason: Reason::WrongShape, examine: readable };

/// gRPC and gRPC-Web: status 0 comes with exactly one message, which is the documented one.
pub const GRPC_MESSAGE: Check =
    Check { id: "grpc-message", clause: "api/grpc-status", reason: Reason::WrongShape, examine: grpc_message };

/// The content type is the protocol's.
pub const CONTENT_TYPE: Check =
    Check { id: "content-type", clause: "api/content-type", reason: Reason::WrongContentType, examine: content_type };

/// A success is HTTP 200; a REST refusal is 400 or above.
pub const SUCCESS_STATUS: Check =
    Check { id: "success-status", clause: "api/status/ok", reason: Reason::WrongStatus, examine: success_status };

/// grpc-status is a number of 0 to 16, and the details repeat it.
pub const GRPC_STATUS: Check =
    Check { id: "grpc-status", clause: "api/grpc-status", reason: Reason::WrongShape, examine: grpc_status };

/// gRPC-Web: messages, then exactly one trailer frame; or the status in the headers.
pub const GRPC_WEB_FRAMING: Check = Check {
    id: "grpc-web-framing",
    clause: "api/grpc-web-framing",
    reason: Reason::WrongShape,
    examine: grpc_web_framing,
};

fn readable(observation: &Observation<'_>) -> Vec<Wrong> {
    unreadable(observation).filter(|_| observation.exchange.protocol == Protocol::Rest).into_iter().collect()
}

fn grpc_message(observation: &Observation<'_>) -> Vec<Wrong> {
    // Without a usable status nothing is said about messages, and the status has its own check.
    let applies = observation.exchange.protocol != Protocol::Rest && grpc_status(observation).is_empty();
    unreadable(observation).filter(|_| applies).into_iter().collect()
}

fn unreadable(observation: &Observation<'_>) -> Option<Wrong> {
    match &observation.exchange.reply {
        Reply::Unreadable(why) => Some(Wrong::new("a reply of the documented form", why)),
        _ => None,
    }
}

fn content_type(observation: &Observation<'_>) -> Vec<Wrong> {
    let exchange = observation.exchange;
    let received = exchange.headers.get(CONTENT_TYPE_HEADER).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let essence = received.as_deref().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    let refused = matches!(exchange.reply, Reply::Refusal(_));
    let fits = match exchange.protocol {
        Protocol::Rest => essence == "application/json",
        Protocol::Grpc => is_grpc(&essence),
        // A refusal with its status in the headers has no message that could have a type of its own.
        Protocol::GrpcWeb => {
            ["application/grpc-web+proto", "application/grpc-web"].contains(&essence.as_str())
                || (refused && exchange.body.is_empty() && is_grpc(&essence))
        }
    };
    if fits || exchange.http_status == 204 {
        return Vec::new();
    }
    let received = received.filter(|value| !value.trim().is_empty());
    let received = received.map_or_else(|| "no content type".to_owned(), |value| value.into_owned());
    vec![Wrong::new(exchange.protocol.content_type(), received)]
}

fn is_grpc(essence: &str) -> bool {
    essence == "application/grpc" || essence == "application/grpc+proto"
}

fn success_status(observation: &Observation<'_>) -> Vec<Wrong> {
    let exchange = observation.exchange;
    let http = exchange.http_status;
    let rest = exchange.protocol == Protocol::Rest;
    match &exchange.reply {
        Reply::Success(_) if http != 200 => vec![Wrong::new("HTTP 200", format!("HTTP {http}"))],
        Reply::Refusal(_) if rest && http < 400 => {
            vec![Wrong::new("HTTP 200, or a refusal of 400 and above", format!("HTTP {http}"))]
        }
        _ => Vec::new(),
    }
}

fn grpc_status(observation: &Observation<'_>) -> Vec<Wrong> {
    let exchange = observation.exchange;
    if exchange.protocol == Protocol::Rest {
        return Vec::new();
    }
    let header = |name: &str| exchange.trailers.get(name).or_else(|| exchange.headers.get(name));
    let Some(value) = header("grpc-status") else {
        return vec![Wrong::new("a grpc-status of 0 to 16", "no grpc-status")];
    };
    // Digits and nothing else: Rust would also read a sign.
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|text| text.parse::<i32>().ok());
    let Some(code) = number.and_then(Code::new) else {
        let received = String::from_utf8_lossy(value.as_bytes()).into_owned();
        return vec![Wrong::new("a grpc-status of 0 to 16", format!("grpc-status {received:?}"))];
    };
    let Some(details) = header("grpc-status-details-bin") else { return Vec::new() };
    match Status::from_details_header(details.as_bytes()) {
        Ok(status) if status.code == code.number() => Vec::new(),
        Ok(status) => {
            let expected = format!("status details with code {}", code.number());
            vec![Wrong::new(expected, format!("status details with code {}", status.code))]
        }
        Err(error) => vec![Wrong::new("grpc-status-details-bin that holds a google.rpc.Status", error)],
    }
}

fn grpc_web_framing(observation: &Observation<'_>) -> Vec<Wrong> {
    let exchange = observation.exchange;
    let in_headers = exchange.headers.contains_key("grpc-status");
    if exchange.protocol != Protocol::GrpcWeb || (in_headers && exchange.body.is_empty()) {
        return Vec::new();
    }
    let frames = match framing::parse(&exchange.body) {
        Ok(frames) => frames,
        Err(error) => return vec![Wrong::new("a sequence of length-prefixed messages", error.to_string())],
    };
    let trailers = frames.iter().filter(|frame| frame.is_trailers()).count();
    let last = frames.last().is_some_and(framing::Frame::is_trailers);
    if trailers == 1 && last {
        return Vec::new();
    }
    let received = format!("{} frames, {trailers} of them trailer frames", frames.len());
    vec![Wrong::new("messages, and one trailer frame at the end", received)]
}
