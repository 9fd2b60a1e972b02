//! gRPC over HTTP/2. Frames and status are read here, since a gRPC library hides details that the judge needs.

use async_trait::async_trait;
use http::header::{HeaderName, HeaderValue, TE};

use super::address::Address;
use super::attempt::{self, Attempt, Received};
use super::call::Call;
use super::carrier::{Connection, Transport};
use super::client::{Client, Version};
use super::error::TransportError;
use super::exchange::{Exchange, Reply, SentRequest};
use super::grpc_reply::{self, Outcome};
use super::limits::Limits;
use super::outgoing::{self, Draft};
use crate::contract::{Endpoint, Protocol};
use crate::wire::framing::{self, FLAG_MESSAGE};
use crate::wire::schema;
use crate::wire::status::GRPC_STATUS;

/// The gRPC transport.
#[derive(Debug)]
pub(super) struct Grpc {
    client: Client,
    timeout: HeaderValue,
}

impl Grpc {
    /// Connects at the first call.
    pub fn new(address: &Address, limits: &Limits) -> Result<Self, TransportError> {
        let client = Client::new(address, limits, Version::Http2)?;
        let timeout = HeaderValue::try_from(attempt::grpc_timeout(limits.timeout));
        Ok(Self { client, timeout: timeout.map_err(|e| TransportError::Other(e.to_string()))? })
    }

    fn draft(&self, call: &Call) -> Result<Draft, TransportError> {
        let binding = outgoing::binding(call)?;
        Ok(Draft {
            method: "POST",
            url: outgoing::url(self.client.base_url(), &binding.path(), call),
            content_type: Some(Protocol::Grpc.content_type()),
            headers: vec![
                (TE, HeaderValue::from_static("trailers")),
                (HeaderName::from_static("grpc-timeout"), self.timeout.clone()),
            ],
            body: framing::frame(FLAG_MESSAGE, &schema::encode(binding.request, outgoing::message(call)?)?),
        })
    }
}

#[async_trait]
impl Transport for Grpc {
    fn protocol(&self) -> Protocol {
        Protocol::Grpc
    }

    fn prepare(&self, call: &Call) -> Result<SentRequest, TransportError> {
        Ok(self.draft(call)?.finish(call)?.sent)
    }

    async fn send_over(&self, call: &Call, over: Connection) -> Result<Exchange, TransportError> {
        let outgoing = self.draft(call)?.finish(call)?;
        let attempt = self.client.attempt();
        let received = self.client.run(&attempt, outgoing.request, over).await?;
        let reply = interpret(call.endpoint, &received, &attempt)?;
        Ok(received.into_exchange(Protocol::Grpc, call.endpoint, outgoing.sent, reply))
    }
}

/// The status is in the trailers, or in the headers of a reply that has nothing else ("Trailers-Only").
pub(super) fn interpret(
    endpoint: &Endpoint,
    received: &Received,
    attempt: &Attempt<'_>,
) -> Result<Reply, TransportError> {
    let in_trailers = received.trailers.contains_key(GRPC_STATUS);
    let status = if in_trailers { &received.trailers } else { &received.headers };
    match grpc_reply::outcome(received.http_status, status, &received.body) {
        Outcome::Done(reply) => Ok(reply),
        Outcome::Ok => {
            let frames = framing::parse(&received.body).map_err(|e| attempt.bad_frame(e))?;
            grpc_reply::only_messages(&frames).map_err(|why| attempt.bad_frame(why))?;
            Ok(grpc_reply::message(endpoint, &frames))
        }
    }
}
