//! The HTTP version, and the body type of requests.

use bytes::Bytes;
use http_body_util::Full;

/// What is sent.
pub(super) type Body = Full<Bytes>;

/// Which HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::transport) enum Version {
    /// HTTP/1.1; over TLS what ALPN says.
    Negotiated,
    /// HTTP/2, without TLS with prior knowledge.
    Http2,
}
