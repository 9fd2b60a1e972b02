//! A request on its way: what all protocols do to a call before it is sent.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde_json::{Map, Value};

use super::{Address, Call, Limits, SentRequest, TransportError};

/// Headers for which there is room at once: ours, and those that the client adds.
const MOST_HEADERS: usize = 8;

/// A request before tampering.
pub(super) struct Draft {
    pub method: &'static str,
    pub url: String,
    pub content_type: Option<&'static str>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

/// A request as it is sent, and the record of it that keeps no secret.
pub(super) struct Outgoing {
    pub request: http::Request<Bytes>,
    pub sent: SentRequest,
}

impl Draft {
    /// Applies the call's [`Tamper`](super::Tamper) and authorization.
    pub fn finish(self, call: &Call) -> Result<Outgoing, TransportError> {
        let method = call.tamper.method.as_deref().unwrap_or(self.method);
        let body = call.tamper.body.map_or(self.body.clone(), |alter| alter(self.body));
        let mut headers = HeaderMap::with_capacity(MOST_HEADERS);
        headers.extend(self.headers);
        let content_type = call.tamper.content_type.as_deref().or(self.content_type).filter(|value| !value.is_empty());
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, header("the content type", content_type)?);
        }
        let sent = SentRequest {
            method: method.to_owned(),
            url: self.url,
            headers: headers.clone(),
            authorized: call.authorization.is_some(),
            body: body.clone(),
            message: call.tamper.is_empty().then(|| Arc::clone(&call.message)),
        };
        if let Some(secret) = &call.authorization {
            let mut value = header("the authorization", secret.expose())?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut request = http::Request::new(body);
        *request.method_mut() = Method::from_bytes(method.as_bytes())
            .map_err(|_| TransportError::Other(format!("{method:?} is no HTTP method")))?;
        *request.uri_mut() = sent.url.parse().map_err(|e| TransportError::Address(format!("{}: {e}", sent.url)))?;
        *request.headers_mut() = headers;
        Ok(Outgoing { request, sent })
    }
}

/// What HTTP/2 may hold of headers before our own check. A list above it looks like any other broken protocol, so it lies well above the limit.
pub(super) fn http2_header_bytes(limits: &Limits) -> u32 {
    u32::try_from(limits.max_header_bytes.saturating_mul(16)).unwrap_or(u32::MAX)
}

/// The value is not quoted, since it can be a secret.
fn header(what: &str, value: &str) -> Result<HeaderValue, TransportError> {
    HeaderValue::from_str(value).map_err(|_| TransportError::Other(format!("{what} cannot be sent as an HTTP header")))
}

/// A call's message; no message is an empty one.
pub(super) fn message(call: &Call) -> Result<&Value, TransportError> {
    static EMPTY: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));
    match call.message.as_ref() {
        message @ Value::Object(_) => Ok(message),
        Value::Null => Ok(&EMPTY),
        _ => Err(TransportError::Other(format!("the message of {} is no JSON object", call.endpoint.name))),
    }
}

/// Checks a base URL and cuts the slash at its end.
pub(super) fn base_url(address: &Address) -> Result<String, TransportError> {
    let bad = |why: &str| TransportError::Address(why.to_owned());
    let base = address.base_url.trim_end_matches('/');
    let uri: Uri = base.parse().map_err(|e| TransportError::Address(format!("{base:?}: {e}")))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(TransportError::Address(format!("{base:?} does not start with http:// or https://")));
    }
    if uri.authority().is_none_or(|authority| authority.host().is_empty()) {
        return Err(TransportError::Address(format!("{base:?} names no host")));
    }
    // Not quoted: it holds a password.
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err(bad("a base URL must not hold credentials"));
    }
    if uri.query().is_some() || base.contains('#') {
        return Err(TransportError::Address(format!("{base:?} has a query or a fragment")));
    }
    Ok(base.to_owned())
}
