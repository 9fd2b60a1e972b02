//! How calls reach a target.

use std::fmt;

/// How a call reaches the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Protocol {
    /// HTTP/JSON, `application/json`.
    Rest,
    /// gRPC over HTTP/2, `application/grpc`.
    Grpc,
    /// gRPC-Web binary, `application/grpc-web+proto`.
    GrpcWeb,
}

impl Protocol {
    /// All protocols.
    pub const ALL: [Protocol; 3] = [Protocol::Rest, Protocol::Grpc, Protocol::GrpcWeb];

    /// `rest`, `grpc` or `grpc-web`.
    pub const fn slug(self) -> &'static str {
        match self {
            Protocol::Rest => "rest",
            Protocol::Grpc => "grpc",
            Protocol::GrpcWeb => "grpc-web",
        }
    }

    /// The protocol with this slug.
    pub fn from_slug(slug: &str) -> Option<Protocol> {
        Protocol::ALL.into_iter().find(|protocol| protocol.slug() == slug)
    }

    /// The documented content type of requests and successful responses.
    pub const fn content_type(self) -> &'static str {
        match self {
            Protocol::Rest => "application/json",
            Protocol::Grpc => "application/grpc",
            Protocol::GrpcWeb => "application/grpc-web+proto",
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.slug())
    }
}
