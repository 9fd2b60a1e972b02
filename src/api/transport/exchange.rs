//! What was sent and what came back.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::contract::{Endpoint, Protocol};
use crate::wire::status::Status;

/// What was sent and what came back, once a complete reply was read.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The protocol that carried the call.
    pub protocol: Protocol,
    /// The endpoint that was called.
    pub endpoint: &'static Endpoint,
    /// The request as it was sent; the authorization header is left out of `headers`.
    pub request: SentRequest,
    /// HTTP status.
    pub http_status: u16,
    /// HTTP response headers.
    pub headers: HeaderMap,
    /// HTTP trailers (gRPC) or the trailer frame of the body (gRPC-Web); empty for REST.
    pub trailers: HeaderMap,
    /// Response body as it came, frames included.
    pub body: Bytes,
    /// Whether it travelled by HTTP/2.
    pub is_http2: bool,
    /// Whether bytes that do not belong to a reply followed the reply at once; over HTTP/1.1 only.
    pub has_surplus: bool,
    /// The reply, interpreted.
    pub reply: Reply,
    /// When it came.
    pub timings: Timings,
}

/// The request of an [`Exchange`], for reports and reproduction.
#[derive(Debug, Clone)]
pub struct SentRequest {
    /// HTTP method.
    pub method: String,
    /// Whole URL.
    pub url: String,
    /// Headers without authorization.
    pub headers: HeaderMap,
    /// Whether an authorization header was sent.
    pub authorized: bool,
    /// Body bytes as sent.
    pub body: Bytes,
    /// The request message in protobuf JSON; `None` if the request was not exactly this message.
    pub message: Option<Arc<Value>>,
}

/// A reply in the form that all protocols share.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// Success: the response message in protobuf JSON (REST: the body as it came, parsed).
    Success(Value),
    /// Refusal.
    Refusal(Refusal),
    /// A reply that can be read neither as success nor as refusal; the text says why.
    Unreadable(String),
}

/// A refusal. REST: status >= 400 (or any other than 200); gRPC and gRPC-Web: a status other than 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// `code`, `message`, `details`: from the JSON body, or from `grpc-status`, `grpc-message` and `grpc-status-details-bin`.
    /// `None` where there is none (for example an HTTP 415 without gRPC status).
    pub status: Option<Status>,
    /// The error as JSON, `{"code": .., "message": .., "details": [..]}`, as far as there is one.
    pub json: Option<Value>,
}

/// Durations of a call. Those of the reply are measured from the moment before the request was handed to a connection.
#[derive(Debug, Clone, Copy, Default)]
pub struct Timings {
    /// The timings of a new connection, before the call; `None` for a call over an existing one.
    pub set_up: Option<SetUp>,
    /// Until the response headers had come.
    pub first_byte: Duration,
    /// Until the last byte (and trailers) had come.
    pub last_byte: Duration,
}

/// The timings of a new connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SetUp {
    /// Name resolution; `None` for an address.
    pub resolve: Option<Duration>,
    /// TCP.
    pub connect: Duration,
    /// TLS, with the negotiation of the protocol; `None` without TLS.
    pub tls: Option<Duration>,
}
