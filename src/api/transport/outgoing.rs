//! A request on its way: the steps before a call is sent that all protocols share.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use serde_json::{Map, Value};

use super::address::Address;
use super::call::Call;
use super::carried::{self, For, Lines, Parts, Place, RawLines, SHOWN_AUTHORIZATION};
use super::error::TransportError;
use super::exchange::SentRequest;
use super::limits::Limits;
use crate::contract::GrpcBinding;

/// Headers for which there is room at once: ours, and those that the client adds.
const MOST_HEADERS: usize = 8;

/// How a call goes over gRPC.
pub(super) fn binding(call: &Call) -> Result<&'static GrpcBinding, TransportError> {
    let name = call.endpoint.name;
    call.endpoint.grpc.as_ref().ok_or_else(|| TransportError::Other(format!("{name} is not a method of gRPC")))
}

/// A request before tampering.
pub(super) struct Draft {
    pub method: &'static str,
    pub url: String,
    pub content_type: Option<&'static str>,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Bytes,
}

/// A request as it is sent, and the record of it without secrets.
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
        replace(&mut headers, &call.tamper.headers);
        if !call.tamper.also.is_empty() {
            return carrying(call, method, &self.url, &headers, &body);
        }
        let sent = SentRequest {
            method: method.to_owned(),
            url: self.url,
            headers: headers.clone(),
            authorized: call.authorization.is_some(),
            body: body.clone(),
            message: call.tamper.is_empty().then(|| Arc::clone(&call.message)),
        };
        if let Some(line) = authorization(call)? {
            headers.insert(AUTHORIZATION, line);
        }
        let mut request = request(method, &sent.url, headers, body)?;
        if call.tamper.path.as_ref().is_some_and(|path| path.spelling.is_absolute) {
            request.extensions_mut().insert(AbsoluteForm);
        }
        if call.tamper.headers.contains(&(HOST, None)) {
            request.extensions_mut().insert(WithoutHost);
        }
        Ok(Outgoing { request, sent })
    }
}

/// Marks a request whose first line has the whole URL (RFC 9112 section 3.2.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct AbsoluteForm;

/// Marks a request without Host.
#[derive(Debug, Clone, Copy)]
pub(super) struct WithoutHost;

/// Puts the lines in place of those of the same names.
fn replace(headers: &mut HeaderMap, lines: &[(HeaderName, Option<HeaderValue>)]) {
    for (name, _) in lines {
        headers.remove(name);
    }
    for (name, value) in lines {
        if let Some(value) = value {
            headers.append(name, value.clone());
        }
    }
}

/// The URL of a call whose documented path is this one.
pub(super) fn url(base_url: &str, path: &str, call: &Call) -> String {
    match &call.tamper.path {
        Some(respelled) => format!("{base_url}{}", respelled.path(path)),
        None => format!("{base_url}{path}"),
    }
}

fn request(method: &str, url: &str, headers: HeaderMap, body: Bytes) -> Result<http::Request<Bytes>, TransportError> {
    let mut request = http::Request::new(body);
    *request.method_mut() = Method::from_bytes(method.as_bytes())
        .map_err(|_| TransportError::Other(format!("{method:?} is not an HTTP method")))?;
    // Not quoted: its query can hold a token.
    *request.uri_mut() = url.parse().map_err(|e| TransportError::Address(format!("the URL of a call: {e}")))?;
    *request.headers_mut() = headers;
    Ok(request)
}

fn authorization(call: &Call) -> Result<Option<HeaderValue>, TransportError> {
    let Some(secret) = &call.authorization else { return Ok(None) };
    let mut value = header("the authorization", secret.expose())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// A request that carries something in further places. It is made twice, since the shown request has variables in place of tokens.
fn carrying(
    call: &Call,
    method: &str,
    url: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Outgoing, TransportError> {
    let parts = |authorization: Option<HeaderValue>, purpose| {
        let own = headers.iter().map(|(name, value)| (name.clone(), value.clone()));
        let lines = own.chain(authorization.map(|line| (AUTHORIZATION, line))).collect();
        Parts { url: url.to_owned(), lines, body: body.clone(), raw: None }.with(
            call.endpoint,
            &call.tamper.also,
            purpose,
        )
    };
    let sent = parts(authorization(call)?, For::Sending)?;
    let is_among_lines = call.tamper.also.iter().any(|carried| carried.place.is_authorization());
    let shown = call.authorization.as_ref().filter(|_| is_among_lines);
    let shown = parts(shown.map(|_| HeaderValue::from_static(SHOWN_AUTHORIZATION)), For::Showing)?;
    let record = SentRequest {
        method: method.to_owned(),
        url: shown.url,
        headers: map(shown.lines),
        authorized: call.authorization.is_some() && !is_among_lines,
        body: shown.body,
        message: (call.tamper.is_empty_but_for_places() && carried::keeps_message(&call.tamper.also))
            .then(|| Arc::clone(&call.message)),
    };
    let mut request = request(method, &sent.url, map(sent.lines), sent.body)?;
    if let Some(host) = authority_of(call, &request) {
        *request.uri_mut() = host;
    }
    request.extensions_mut().extend(sent.raw.map(raw).unwrap_or_default());
    Ok(Outgoing { request, sent: record })
}

fn raw(lines: RawLines) -> http::Extensions {
    let mut extensions = http::Extensions::new();
    extensions.insert(lines);
    extensions
}

/// The URL with the host that a call names in place of the target's: over HTTP/2 that is `:authority`, and where a connection goes
/// does not depend on it.
fn authority_of(call: &Call, request: &http::Request<Bytes>) -> Option<Uri> {
    call.tamper.also.iter().find(|carried| carried.place == Place::Authority)?;
    let mut parts = request.uri().clone().into_parts();
    parts.authority = Some(request.headers().get(HOST)?.to_str().ok()?.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Lines with one name stay in their order.
fn map(lines: Lines) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(MOST_HEADERS);
    for (name, value) in lines {
        headers.append(name, value);
    }
    headers
}

/// The size of headers that HTTP/2 accepts before our own check. A longer list looks like any other broken protocol, so this is well above our limit.
pub(super) fn http2_header_bytes(limits: &Limits) -> u32 {
    u32::try_from(limits.max_header_bytes.saturating_mul(16)).unwrap_or(u32::MAX)
}

/// The value is not quoted, since it can be a secret.
fn header(what: &str, value: &str) -> Result<HeaderValue, TransportError> {
    HeaderValue::from_str(value).map_err(|_| TransportError::Other(format!("{what} cannot be sent as an HTTP header")))
}

/// A call's message; a missing message is an empty one.
pub(super) fn message(call: &Call) -> Result<&Value, TransportError> {
    static EMPTY: LazyLock<Value> = LazyLock::new(|| Value::Object(Map::new()));
    match call.message.as_ref() {
        message @ Value::Object(_) => Ok(message),
        Value::Null => Ok(&EMPTY),
        _ => Err(TransportError::Other(format!("the message of {} is not a JSON object", call.endpoint.name))),
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
