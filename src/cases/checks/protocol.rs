//! What each protocol demands of a reply, whatever the endpoint.

use http::header::CONTENT_TYPE as CONTENT_TYPE_HEADER;

use super::check::Check;
use super::observation::{Observation, Wrong};
use crate::contract::Protocol;
use crate::outcome::Reason;
use crate::transport::{Exchange, Refusal, Reply};
use crate::wire::framing;
use crate::wire::status::{Code, Status};

/// A REST reply can be read as success or as refusal.
pub const READABLE: Check =
    Check { id: "readable", clause: "api/status/ok", reason: Reason::WrongShape, examine: readable };

/// gRPC and gRPC-Web: status 0 comes with exactly one message, which is the documented one.
pub const GRPC_MESSAGE: Check =
    Check { id: "grpc-message", clause: "api/grpc-status/message", reason: Reason::WrongShape, examine: grpc_message };

/// The content type is the protocol's.
pub const CONTENT_TYPE: Check =
    Check { id: "content-type", clause: "api/content-type", reason: Reason::WrongContentType, examine: content_type };

/// A success is HTTP 200.
pub const SUCCESS_STATUS: Check =
    Check { id: "success-status", clause: "api/status/ok", reason: Reason::WrongStatus, examine: success_status };

/// A REST refusal is 400 or above.
pub const REFUSAL_STATUS: Check =
    Check { id: "refusal-status", clause: "api/status/default", reason: Reason::WrongStatus, examine: refusal_status };

/// The operation exists at its documented place.
pub const ENDPOINT: Check =
    Check { id: "endpoint", clause: "api/endpoint", reason: Reason::WrongStatus, examine: endpoint };

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

/// A success, or a reply that is neither a success nor a refusal.
fn answered(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    match &observation.exchange.reply {
        Reply::Success(_) => Some(Vec::new()),
        Reply::Unreadable(why) => Some(vec![Wrong::new("a reply of the documented form", why)]),
        Reply::Refusal(_) => None,
    }
}

fn readable(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    answered(observation).filter(|_| observation.exchange.protocol == Protocol::Rest)
}

/// Without a usable status, messages are not judged; another check reports the status.
fn grpc_message(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    answered(observation).filter(|_| grpc_status(observation).is_some_and(|wrongs| wrongs.is_empty()))
}

fn content_type(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    if exchange.http_status == 204 || is_redirect(exchange) {
        return None;
    }
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
    if fits {
        return Some(Vec::new());
    }
    let received = received.filter(|value| !value.trim().is_empty());
    let received = received.map_or_else(|| "no content type".to_owned(), |value| value.into_owned());
    Some(vec![Wrong::new(exchange.protocol.content_type(), received)])
}

/// Nothing is promised about a redirect; other checks report that it came.
fn is_redirect(exchange: &Exchange) -> bool {
    (300..400).contains(&exchange.http_status)
}

fn is_grpc(essence: &str) -> bool {
    essence == "application/grpc" || essence == "application/grpc+proto"
}

fn success_status(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let http = observation.exchange.http_status;
    let wrong = || vec![Wrong::new("HTTP 200, or a refusal of 400 and above", format!("HTTP {http}"))];
    match &observation.exchange.reply {
        Reply::Success(_) => Some(if http == 200 { Vec::new() } else { wrong() }),
        // The transport counts nothing but 200 as a success.
        Reply::Refusal(refusal) if is_below_400(observation) && !is_error(refusal) => Some(wrong()),
        _ => None,
    }
}

fn refusal_status(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let Reply::Refusal(refusal) = &observation.exchange.reply else { return None };
    if !is_below_400(observation) {
        return Some(Vec::new());
    }
    let received = format!("HTTP {} with an error body", observation.exchange.http_status);
    is_error(refusal).then(|| vec![Wrong::new("a refusal of 400 and above", received)])
}

fn is_below_400(observation: &Observation<'_>) -> bool {
    observation.exchange.protocol == Protocol::Rest && observation.exchange.http_status < 400
}

/// Whether a REST body is that of an error.
fn is_error(refusal: &Refusal) -> bool {
    refusal.json.as_ref().is_some_and(|body| body.get("code").is_some())
}

/// A refusal says nothing about the place, unless it says that nothing is there. A path with an empty id, or with special characters in
/// the id, may belong to another operation; and the feature that is not implemented may be a compressed frame.
fn endpoint(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    let code = match &exchange.reply {
        Reply::Success(_) => return Some(Vec::new()),
        Reply::Refusal(refusal) => refusal.status.as_ref().map(|status| status.code),
        Reply::Unreadable(_) => return None,
    };
    let http = exchange.http_status;
    let is_nowhere = match exchange.protocol {
        Protocol::Rest => [405, 501].contains(&http) && has_documented_path(exchange),
        _ => code == Some(Code::UNIMPLEMENTED.number()) && !observation.malformed,
    };
    let expected = || format!("an answer from {}", exchange.endpoint.name);
    is_nowhere.then(|| vec![Wrong::new(expected(), format!("HTTP {http}, code {}", code.unwrap_or_default()))])
}

/// Whether the path is the documented one, with an ordinary id in each place for an id.
pub(super) fn has_documented_path(exchange: &Exchange) -> bool {
    let sent = exchange.request.url.rsplit('/');
    let fits = |(sent, documented): (&str, &str)| {
        let is_id = !sent.is_empty() && sent.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        sent == documented || (documented.starts_with('{') && is_id)
    };
    sent.zip(exchange.endpoint.rest.path.rsplit('/').filter(|part| !part.is_empty())).all(fits)
}

fn grpc_status(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    if exchange.protocol == Protocol::Rest {
        return None;
    }
    let wrong = |expected: String, received: String| Some(vec![Wrong::new(expected, received)]);
    let header = |name: &str| exchange.trailers.get(name).or_else(|| exchange.headers.get(name));
    let expected = || "a grpc-status of 0 to 16".to_owned();
    let Some(value) = header("grpc-status") else {
        let http = exchange.http_status;
        let received =
            if http == 200 { "no grpc-status".to_owned() } else { format!("HTTP {http} without grpc-status") };
        return wrong(expected(), received);
    };
    // Digits and nothing else: Rust would also read a sign.
    let digits = value.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let number = digits.and_then(|text| text.parse::<i32>().ok());
    let Some(code) = number.and_then(Code::new) else {
        let received = String::from_utf8_lossy(value.as_bytes()).into_owned();
        return wrong(expected(), format!("grpc-status {received:?}"));
    };
    let Some(details) = header("grpc-status-details-bin") else { return Some(Vec::new()) };
    match Status::from_details_header(details.as_bytes()) {
        Ok(status) if status.code == code.number() => Some(Vec::new()),
        Ok(status) => {
            let expected = format!("status details with code {}", code.number());
            wrong(expected, format!("status details with code {}", status.code))
        }
        Err(error) => wrong("grpc-status-details-bin that holds a google.rpc.Status".to_owned(), error.to_string()),
    }
}

fn grpc_web_framing(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    if exchange.protocol != Protocol::GrpcWeb || is_redirect(exchange) {
        return None;
    }
    if exchange.headers.contains_key("grpc-status") && exchange.body.is_empty() {
        return Some(Vec::new());
    }
    let frames = match framing::parse(&exchange.body) {
        Ok(frames) => frames,
        Err(error) => return Some(vec![Wrong::new("a sequence of length-prefixed messages", error.to_string())]),
    };
    let trailers = frames.iter().filter(|frame| frame.is_trailers()).count();
    let last = frames.last().is_some_and(framing::Frame::is_trailers);
    if trailers == 1 && last {
        return Some(Vec::new());
    }
    let received = format!("{} frames, {trailers} of them trailer frames", frames.len());
    Some(vec![Wrong::new("messages, and one trailer frame at the end", received)])
}
