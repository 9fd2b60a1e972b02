//! Reads the reply of gRPC and gRPC-Web, once status and frames were found.

use http::HeaderMap;
use serde_json::Value;

use super::exchange::{Refusal, Reply};
use crate::contract::Endpoint;
use crate::wire::framing::{FLAG_MESSAGE, Frame};
use crate::wire::schema;
use crate::wire::status::{GRPC_STATUS, Status};

/// The result of the status before any frame is read.
pub(super) enum Outcome {
    /// `grpc-status: 0` in an HTTP 200: the frames have to hold one message.
    Ok,
    /// The frames do not matter.
    Done(Reply),
}

/// Reads the status out of headers or trailers; `body` is kept for a refusal that is not gRPC's.
pub(super) fn outcome(http_status: u16, status: &HeaderMap, body: &[u8]) -> Outcome {
    let Some(value) = status.get(GRPC_STATUS) else {
        return Outcome::Done(no_status(http_status, body));
    };
    match Status::from_headers(status) {
        None => Outcome::Done(Reply::Unreadable(format!("grpc-status {value:?} is not a number"))),
        Some(status) if status.code != 0 => {
            let json = Some(status.to_json());
            Outcome::Done(Reply::Refusal(Refusal { status: Some(status), json }))
        }
        Some(_) if http_status != 200 => {
            Outcome::Done(Reply::Unreadable(format!("grpc-status 0 with HTTP status {http_status}")))
        }
        Some(_) => Outcome::Ok,
    }
}

fn no_status(http_status: u16, body: &[u8]) -> Reply {
    if http_status == 200 {
        return Reply::Unreadable("no grpc-status in headers or trailers".to_owned());
    }
    Reply::Refusal(Refusal { status: None, json: serde_json::from_slice::<Value>(body).ok() })
}

/// The one message of a unary reply.
pub(super) fn message(endpoint: &Endpoint, frames: &[Frame]) -> Reply {
    let response = endpoint.grpc.as_ref().map_or("", |grpc| grpc.response);
    match frames {
        [frame] => match schema::decode(response, &frame.payload) {
            Ok(json) => Reply::Success(json),
            Err(e) => Reply::Unreadable(e.to_string()),
        },
        _ => Reply::Unreadable(format!("{} messages in a reply that must have one", frames.len())),
    }
}

/// Refuses frames that are not a plain message: we do not offer a `grpc-encoding`, so no frame may be compressed.
pub(super) fn only_messages(frames: &[Frame]) -> Result<(), String> {
    match frames.iter().find(|frame| frame.flags != FLAG_MESSAGE) {
        None => Ok(()),
        Some(frame) if frame.is_compressed() => Err("a compressed frame, though no compression was offered".to_owned()),
        Some(frame) => Err(format!("a frame with flags {:#04x}", frame.flags)),
    }
}
