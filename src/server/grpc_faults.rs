//! Defects and variants in a finished gRPC reply: HTTP status, headers and trailers.

use std::convert::Infallible;

use axum::body::Body;
use axum::response::Response;
use futures_util::stream;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};

use super::carriers::decoded;
use super::defect;
use super::switches::Switches;
use super::variant;
use crate::contract::Protocol;
use crate::wire::status::{Code, GRPC_MESSAGE, GRPC_STATUS};

/// The name of the server's own metadata.
const ECHO: HeaderName = HeaderName::from_static("x-request-authorization");
const NODE: HeaderName = HeaderName::from_static("x-node");
const GRPC_ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");
const GRPC_ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// The reply to a call over gRPC; those over gRPC-Web are left alone.
pub(super) async fn spoilt(switches: &Switches, protocol: Protocol, asked: &HeaderMap, response: Response) -> Response {
    if protocol != Protocol::Grpc || switches.is_empty() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let code = parts.headers.get(GRPC_STATUS).and_then(|value| value.to_str().ok()?.parse::<i32>().ok());
    if let Some(code) = code
        && switches.has(&defect::http::GRPC_REFUSAL_BY_HTTP_STATUS)
    {
        parts.status = Code::new(code).map_or(StatusCode::INTERNAL_SERVER_ERROR, http_status);
    }
    let is_coded = asked.get(GRPC_ENCODING).is_some_and(|coding| coding != "identity");
    if is_coded
        && code == Some(Code::UNIMPLEMENTED.number())
        && switches.has(&defect::http::GRPC_CODING_UNKNOWN_AS_INTERNAL)
    {
        parts.headers.insert(GRPC_STATUS, HeaderValue::from(Code::INTERNAL.number()));
    }
    if let Some(message) = parts.headers.get_mut(GRPC_MESSAGE)
        && switches.has(&defect::http::GRPC_MESSAGE_RAW)
    {
        let text = decoded(message.to_str().unwrap_or_default());
        *message = HeaderValue::from_bytes(text.as_bytes()).unwrap_or_else(|_| message.clone());
    }
    if switches.varies(&variant::surroundings::GRPC_FURTHER_METADATA) {
        parts.headers.insert(GRPC_ACCEPT_ENCODING, HeaderValue::from_static("identity,gzip"));
        parts.headers.insert(NODE, HeaderValue::from_static("a7"));
    }
    let is_moved = switches.has(&defect::http::GRPC_STATUS_BEFORE_MESSAGE);
    let echo = asked.get(AUTHORIZATION).filter(|_| switches.has(&defect::canary::TOKEN_IN_TRAILERS));
    // A refusal has its status in the headers, and no trailers.
    if code.is_some() || (!is_moved && echo.is_none()) {
        return Response::from_parts(parts, body);
    }
    let (data, mut trailers) = match body.collect().await {
        Ok(collected) => {
            let trailers = collected.trailers().cloned().unwrap_or_default();
            (collected.to_bytes(), trailers)
        }
        Err(_) => Default::default(),
    };
    trailers.extend(echo.cloned().map(|value| (ECHO, value)));
    if is_moved {
        parts.headers.extend(std::mem::take(&mut trailers));
    }
    let trailers = Some(trailers).filter(|trailers| !trailers.is_empty()).map(Frame::trailers);
    let frames = [Frame::data(data)].into_iter().chain(trailers).map(Ok::<_, Infallible>);
    Response::from_parts(parts, Body::new(StreamBody::new(stream::iter(frames.collect::<Vec<_>>()))))
}

fn http_status(code: Code) -> StatusCode {
    StatusCode::from_u16(code.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
