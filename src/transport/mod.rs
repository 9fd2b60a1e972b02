//! One call model over three protocols. `Err` means that no reply was had; a refusal is an [`Exchange`].

mod attempt;
pub mod carried;
mod client;
mod curl;
mod error;
mod fault;
mod grpc;
mod grpc_reply;
mod grpc_web;
mod outgoing;
pub mod probe;
mod recorded;
mod rest;
pub mod spelling;
pub mod tamper;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::contract::{Endpoint, Flow, Operation, Protocol, What};
use crate::wire::secret::Secret;
use crate::wire::status::Status;

pub use curl::{curl, grpcurl};
pub use error::{Phase, TransportError, Unprocessed};
pub use fault::{Fault, FaultKind};
pub use recorded::{RecordedReply, recorded};
pub use rest::path as path_of;
pub use spelling::Respelled;
pub use tls::configuration as tls_configuration;

/// Carries calls over one protocol to one target. Cheap to share; connections are kept and reused.
#[async_trait]
pub trait Transport: Send + Sync + fmt::Debug {
    /// The protocol that this transport speaks.
    fn protocol(&self) -> Protocol;

    /// The request as [`Transport::send`] would send it, for calls that got no reply.
    ///
    /// # Errors
    /// [`TransportError`] if the call can't be encoded.
    fn prepare(&self, call: &Call) -> Result<SentRequest, TransportError>;

    /// Sends one call and reads the whole reply, all within [`Limits::timeout`]. Nothing is retried and no redirect is followed.
    ///
    /// # Errors
    /// [`TransportError`] if no reply was had. A refusal, or a reply that makes no sense, is an [`Exchange`].
    async fn send(&self, call: &Call) -> Result<Exchange, TransportError> {
        self.send_over(call, Connection::Any).await
    }

    /// As [`Transport::send`], over a certain kind of connection.
    ///
    /// # Errors
    /// As [`Transport::send`].
    async fn send_over(&self, call: &Call, over: Connection) -> Result<Exchange, TransportError>;
}

/// Over which connection a call goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// One that was kept, if there is one.
    Any,
    /// A new one: what a target does to it is said of this call alone.
    New,
}

/// Prepares a transport. Nothing is connected before the first call, which has to run on a tokio runtime.
///
/// # Errors
/// [`TransportError::Address`] for a base URL that cannot be used, [`TransportError::Tls`] for certificates that cannot be read.
pub fn connect(protocol: Protocol, address: &Address, limits: &Limits) -> Result<Arc<dyn Transport>, TransportError> {
    Ok(match protocol {
        Protocol::Rest => Arc::new(rest::Rest::new(address, limits)?),
        Protocol::Grpc => Arc::new(grpc::Grpc::new(address, limits)?),
        Protocol::GrpcWeb => Arc::new(grpc_web::GrpcWeb::new(address, limits)?),
    })
}

/// The port of a scheme where a URL names none: that of `https`, or else that of `http`.
pub fn default_port(scheme: Option<&str>) -> u16 {
    if scheme == Some("https") { 443 } else { 80 }
}

/// Where a target is.
#[derive(Debug, Clone, Default)]
pub struct Address {
    /// `http://host[:port][/prefix]` is plain HTTP/1.1 (REST, gRPC-Web) and HTTP/2 with prior knowledge (gRPC); `https://` is TLS with ALPN.
    /// Without credentials, query and fragment.
    pub base_url: String,
    /// Whom to trust; has no effect on `http://`.
    pub tls: TlsOptions,
}

impl Address {
    /// An address with the system's trust anchors.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), tls: TlsOptions::default() }
    }
}

/// Whom to trust on `https://`.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// PEM certificates that are trusted besides the system's.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Accepts any certificate for any host.
    pub insecure: bool,
}

/// Bounds of one call.
#[derive(Debug, Clone)]
pub struct Limits {
    /// From the start of the call to the last byte of the reply.
    pub timeout: Duration,
    /// For name resolution, TCP and TLS together.
    pub connect_timeout: Duration,
    /// Bytes of a reply's body, as they come over the wire.
    pub max_body: usize,
    /// Bytes of a reply's headers, and of its trailers: names, values and 4 for each line.
    pub max_header_bytes: usize,
    /// Calls at a time on one connection of HTTP/2, at least 1. Where it is 1, what a target does to a connection falls on the call
    /// that it did it for.
    pub calls_per_connection: usize,
}

impl Limits {
    /// Calls that share a connection where many come at a time. Servers allow a hundred streams or more (RFC 9113 section 6.5.2);
    /// what is above would wait unseen.
    pub const SHARED: usize = 64;
}

impl Default for Limits {
    /// 10 s, 5 s, 4 MiB, 64 KiB, one call.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            max_body: 4 << 20,
            max_header_bytes: 64 << 10,
            calls_per_connection: 1,
        }
    }
}

/// One request to one endpoint, independent of the protocol that carries it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operation to call.
    pub endpoint: &'static Endpoint,
    /// The request message in protobuf JSON (lowerCamelCase members, bytes in standard base64).
    pub message: Arc<Value>,
    /// The whole value of the authorization header, such as `Bearer abc`; `None` sends none.
    pub authorization: Option<Secret>,
    /// What is sent instead of the well-formed request; empty for an ordinary call.
    pub tamper: Tamper,
}

impl Call {
    /// The start of a registration of a user by the holder of a token; `None` where a flow has none.
    pub fn start(flow: Flow, user_id: &str, token: Option<&Secret>) -> Option<Call> {
        let endpoint = flow.endpoint(Operation::Start)?;
        let mut message = json!({});
        endpoint.say(What::User, &mut message, user_id);
        let authorization = token.map(Secret::as_bearer);
        Some(Call { endpoint, message: message.into(), authorization, tamper: Tamper::default() })
    }
}

/// Departures from a well-formed request, each applied after the request was encoded.
#[derive(Debug, Clone, Default)]
pub struct Tamper {
    /// Replaces the encoded body (for gRPC and gRPC-Web the framed bytes) by other bytes.
    pub body: Option<fn(Bytes) -> Bytes>,
    /// Replaces the content type; `Some("")` sends none.
    pub content_type: Option<String>,
    /// Replaces the HTTP method.
    pub method: Option<String>,
    /// Replaces ours of the same names; several of one name are several lines, and `None` leaves ours out.
    pub headers: Vec<(HeaderName, Option<HeaderValue>)>,
    /// Replaces the path.
    pub path: Option<Respelled>,
    /// What stands in further places, in this order.
    pub also: Vec<carried::Carried>,
}

impl Tamper {
    /// Whether the call is an ordinary one.
    pub fn is_empty(&self) -> bool {
        self.is_empty_but_for_places() && self.also.is_empty()
    }

    fn is_empty_but_for_places(&self) -> bool {
        let is_as_usual = self.body.is_none() && self.content_type.is_none() && self.method.is_none();
        is_as_usual && self.headers.is_empty() && self.path.is_none()
    }
}

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
    /// Whether bytes followed the reply at once that belong to no reply; over HTTP/1.1 alone.
    pub has_surplus: bool,
    /// What the reply says.
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
    /// The request message in protobuf JSON; `None` where what was sent is not just that.
    pub message: Option<Arc<Value>>,
}

/// What a reply says, in the form that all protocols share.
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
    /// What a new connection took, before; `None` for a call over one that was there.
    pub set_up: Option<SetUp>,
    /// Until the response headers had come.
    pub first_byte: Duration,
    /// Until the last byte (and trailers) had come.
    pub last_byte: Duration,
}

/// What a new connection took.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SetUp {
    /// Name resolution; `None` for an address.
    pub resolve: Option<Duration>,
    /// TCP.
    pub connect: Duration,
    /// TLS, with the negotiation of the protocol; `None` without TLS.
    pub tls: Option<Duration>,
}
