//! HTTP/JSON.

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{ACCEPT, HeaderValue};
use serde::Serializer as _;
use serde_json::Value;

use super::address::Address;
use super::attempt::Received;
use super::call::Call;
use super::carrier::{Connection, Transport};
use super::client::{Client, Version};
use super::error::TransportError;
use super::exchange::{Exchange, Refusal, Reply, SentRequest};
use super::limits::Limits;
use super::outgoing::{self, Draft};
use crate::contract::{Endpoint, Protocol};
use crate::wire::percent::encode_component;
use crate::wire::status::Status;

/// The REST transport.
#[derive(Debug)]
pub(super) struct Rest(Client);

impl Rest {
    /// Connects at the first call.
    pub fn new(address: &Address, limits: &Limits) -> Result<Self, TransportError> {
        Client::new(address, limits, Version::Negotiated).map(Self)
    }
}

#[async_trait]
impl Transport for Rest {
    fn protocol(&self) -> Protocol {
        Protocol::Rest
    }

    fn prepare(&self, call: &Call) -> Result<SentRequest, TransportError> {
        Ok(draft(self.0.base_url(), call)?.finish(call)?.sent)
    }

    async fn send_over(&self, call: &Call, over: Connection) -> Result<Exchange, TransportError> {
        let outgoing = draft(self.0.base_url(), call)?.finish(call)?;
        let received = self.0.run(&self.0.attempt(), outgoing.request, over).await?;
        let reply = interpret(&received);
        Ok(received.into_exchange(Protocol::Rest, call.endpoint, outgoing.sent, reply))
    }
}

fn draft(base_url: &str, call: &Call) -> Result<Draft, TransportError> {
    let message = outgoing::message(call)?;
    let url = outgoing::url(base_url, &path(call.endpoint, message), call);
    let has_body = !matches!(call.endpoint.rest.method, "DELETE" | "GET");
    Ok(Draft {
        method: call.endpoint.rest.method,
        url,
        content_type: has_body.then_some(Protocol::Rest.content_type()),
        headers: vec![(ACCEPT, HeaderValue::from_static("application/json"))],
        body: if has_body { body(call.endpoint, message)? } else { Bytes::new() },
    })
}

/// The documented path, filled from the message. A member that is missing leaves its segment empty.
pub fn path(endpoint: &Endpoint, message: &Value) -> String {
    let value = |name: &str| match message.get(name) {
        Some(Value::String(text)) => encode_component(text),
        Some(Value::Null) | None => String::new(),
        Some(other) => encode_component(&other.to_string()),
    };
    let mut path = String::with_capacity(2 * endpoint.rest.path.len());
    for segment in endpoint.rest.path.split('/').skip(1) {
        path.push('/');
        match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
            Some(name) => path.push_str(&value(name)),
            None => path.push_str(segment),
        }
    }
    path
}

/// The members of the message that are not in the path.
fn body(endpoint: &Endpoint, message: &Value) -> Result<Bytes, TransportError> {
    let in_path = |name: &String| endpoint.path_members().any(|member| member == name);
    let members = message.as_object().into_iter().flatten().filter(|(name, _)| !in_path(name));
    let mut bytes = Vec::new();
    let written = serde_json::Serializer::new(&mut bytes).collect_map(members);
    written.map_err(|e| TransportError::Other(format!("the message cannot be written: {e}")))?;
    Ok(bytes.into())
}

pub(super) fn interpret(received: &Received) -> Reply {
    let json = parse(&received.body);
    match (received.http_status, json) {
        (200, Ok(json @ Value::Object(_))) => Reply::Success(json),
        (200, Ok(_)) => Reply::Unreadable("the body is JSON, but not an object".to_owned()),
        (200, Err(why)) => Reply::Unreadable(why),
        (_, json) => {
            let json = json.ok();
            let status = json.as_ref().filter(|json| json.is_object()).map(Status::from_json);
            Reply::Refusal(Refusal { status, json })
        }
    }
}

/// serde_json stops at 128 levels, so that nesting cannot exhaust the stack.
fn parse(body: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(body).map_err(|e| format!("the body is not UTF-8: {e}"))?;
    serde_json::from_str(text).map_err(|e| format!("the body is not JSON: {e}"))
}
