//! Bounds of a call.

use std::time::Duration;

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
    /// Calls at a time on one connection of HTTP/2, at least 1. If it is 1, a target that closes a connection affects only the call
    /// on it.
    pub calls_per_connection: usize,
}

impl Limits {
    /// Calls that share a connection if many come at a time. Servers allow a hundred streams or more (RFC 9113 section 6.5.2);
    /// further calls would wait, and we would not see it.
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
