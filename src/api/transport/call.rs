//! A request, independent of the protocol that carries it.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::carried::Carried;
use super::spelling::Respelled;
use crate::contract::{Endpoint, Flow, Operation, What};
use crate::wire::secret::Secret;

/// One request to one endpoint, independent of the protocol that carries it.
#[derive(Debug, Clone)]
pub struct Call {
    /// The operation to call.
    pub endpoint: &'static Endpoint,
    /// The request message in protobuf JSON (lowerCamelCase members, bytes in standard base64).
    pub message: Arc<Value>,
    /// The whole value of the authorization header, such as `Bearer abc`; `None` sends none.
    pub authorization: Option<Secret>,
    /// Changes to the well-formed request; empty for an ordinary call.
    pub tamper: Tamper,
}

impl Call {
    /// The start of a registration of a user by the holder of a token; `None` if a flow has none.
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
    /// Values in further places, in this order.
    pub also: Vec<Carried>,
}

impl Tamper {
    /// Whether the call is an ordinary one.
    pub fn is_empty(&self) -> bool {
        self.is_empty_but_for_places() && self.also.is_empty()
    }

    pub(super) fn is_empty_but_for_places(&self) -> bool {
        let is_as_usual = self.body.is_none() && self.content_type.is_none() && self.method.is_none();
        is_as_usual && self.headers.is_empty() && self.path.is_none()
    }
}
