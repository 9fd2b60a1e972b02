//! How calls reach a target.

use std::fmt;

proofmark_support::named! {
    /// How a call reaches the target.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Protocol by slug {
        /// HTTP/JSON, `application/json`.
        Rest = "rest",
        /// gRPC over HTTP/2, `application/grpc`.
        Grpc = "grpc",
        /// gRPC-Web binary, `application/grpc-web+proto`.
        GrpcWeb = "grpc-web",
    }
}

impl Protocol {
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
