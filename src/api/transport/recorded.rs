//! Replies that were recorded, read as if they came now.

use bytes::Bytes;
use http::HeaderMap;

use super::attempt::{Attempt, Received};
use super::error::TransportError;
use super::exchange::{Exchange, SentRequest, Timings};
use super::limits::Limits;
use super::{grpc, grpc_web, rest};
use crate::contract::{Endpoint, Protocol};

/// The parts of a reply.
#[derive(Debug, Clone)]
pub struct RecordedReply {
    /// HTTP status.
    pub http_status: u16,
    /// HTTP response headers.
    pub headers: HeaderMap,
    /// HTTP trailers (gRPC); the trailers of gRPC-Web are read from the last frame of the body.
    pub trailers: HeaderMap,
    /// Body, frames included.
    pub body: Bytes,
}

/// The exchange that ended with this reply; its request and its timings are empty.
///
/// # Errors
/// [`TransportError::BadFrame`], as when the reply came.
pub fn recorded(
    protocol: Protocol,
    endpoint: &'static Endpoint,
    reply: RecordedReply,
) -> Result<Exchange, TransportError> {
    let RecordedReply { http_status, headers, trailers, body } = reply;
    let timings = Timings::default();
    let mut received = Received { http_status, headers, trailers, body, is_http2: false, has_surplus: false, timings };
    let limits = Limits::default();
    let attempt = Attempt::start("", &limits);
    let reply = match protocol {
        Protocol::Rest => rest::interpret(&received),
        Protocol::Grpc => grpc::interpret(endpoint, &received, &attempt)?,
        Protocol::GrpcWeb => grpc_web::interpret(endpoint, &mut received, &attempt)?,
    };
    let request = SentRequest {
        method: String::new(),
        url: String::new(),
        headers: HeaderMap::new(),
        authorized: false,
        body: Bytes::new(),
        message: None,
    };
    Ok(received.into_exchange(protocol, endpoint, request, reply))
}
