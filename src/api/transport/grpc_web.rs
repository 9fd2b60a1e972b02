//! gRPC-Web, binary form (PROTOCOL-WEB.md of the gRPC project).

use async_trait::async_trait;
use http::header::{ACCEPT, HeaderName, HeaderValue};

use super::address::Address;
use super::attempt::{Attempt, Received};
use super::call::Call;
use super::carrier::{Connection, Transport};
use super::client::{Client, Version};
use super::error::TransportError;
use super::exchange::{Exchange, Reply, SentRequest};
use super::grpc_reply::{self, Outcome};
use super::limits::Limits;
use super::outgoing::{self, Draft};
use crate::contract::{Endpoint, Protocol};
use crate::wire::framing::{self, FLAG_MESSAGE, Frame};
use crate::wire::schema;
use crate::wire::status::GRPC_STATUS;

/// The gRPC-Web transport.
#[derive(Debug)]
pub(super) struct GrpcWeb(Client);

impl GrpcWeb {
    /// Connects at the first call.
    pub fn new(address: &Address, limits: &Limits) -> Result<Self, TransportError> {
        Client::new(address, limits, Version::Negotiated).map(Self)
    }
}

#[async_trait]
impl Transport for GrpcWeb {
    fn protocol(&self) -> Protocol {
        Protocol::GrpcWeb
    }

    fn prepare(&self, call: &Call) -> Result<SentRequest, TransportError> {
        Ok(draft(self.0.base_url(), call)?.finish(call)?.sent)
    }

    async fn send_over(&self, call: &Call, over: Connection) -> Result<Exchange, TransportError> {
        let outgoing = draft(self.0.base_url(), call)?.finish(call)?;
        let attempt = self.0.attempt();
        let mut received = self.0.run(&attempt, outgoing.request, over).await?;
        let reply = interpret(call.endpoint, &mut received, &attempt)?;
        Ok(received.into_exchange(Protocol::GrpcWeb, call.endpoint, outgoing.sent, reply))
    }
}

fn draft(base_url: &str, call: &Call) -> Result<Draft, TransportError> {
    let (content_type, binding) = (Protocol::GrpcWeb.content_type(), outgoing::binding(call)?);
    Ok(Draft {
        method: "POST",
        url: outgoing::url(base_url, &binding.path(), call),
        content_type: Some(content_type),
        headers: vec![
            (ACCEPT, HeaderValue::from_static(content_type)),
            (HeaderName::from_static("x-grpc-web"), HeaderValue::from_static("1")),
        ],
        body: framing::frame(FLAG_MESSAGE, &schema::encode(binding.request, outgoing::message(call)?)?),
    })
}

/// A status comes in a trailer frame or, with an empty body, in the HTTP headers. Both are legal; a trailer frame wins.
pub(super) fn interpret(
    endpoint: &Endpoint,
    received: &mut Received,
    attempt: &Attempt<'_>,
) -> Result<Reply, TransportError> {
    let split = split(&received.body);
    if let Ok((_, Some(trailers))) = &split {
        received.trailers = trailers.clone();
    }
    let in_trailers = received.trailers.contains_key(GRPC_STATUS);
    let status = if in_trailers { &received.trailers } else { &received.headers };
    match grpc_reply::outcome(received.http_status, status, &received.body) {
        // Broken frames explain why there is no status.
        Outcome::Done(Reply::Unreadable(_)) if split.is_err() => {}
        Outcome::Done(reply) => return Ok(reply),
        Outcome::Ok => {}
    }
    let (messages, _) = split.map_err(|why| attempt.bad_frame(why))?;
    grpc_reply::only_messages(&messages).map_err(|why| attempt.bad_frame(why))?;
    Ok(grpc_reply::message(endpoint, &messages))
}

/// The message frames and, if there is one, the trailers of the last frame.
fn split(body: &[u8]) -> Result<(Vec<Frame>, Option<http::HeaderMap>), String> {
    let mut frames = framing::parse(body).map_err(|e| e.to_string())?;
    let Some(last) = frames.pop_if(|frame| frame.is_trailers()) else {
        return Ok((frames, None));
    };
    grpc_reply::only_messages(&[Frame { flags: last.flags & !framing::FLAG_TRAILERS, payload: last.payload.clone() }])?;
    framing::decode_trailers(&last.payload).map(|trailers| (frames, Some(trailers))).map_err(|e| e.to_string())
}
