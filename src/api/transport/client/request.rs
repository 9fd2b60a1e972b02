//! A request as each HTTP has it.

use http::header::{HOST, HeaderValue};
use http::uri::{PathAndQuery, Uri};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;

use super::version::Body;
use crate::transport::address::default_port;
use crate::transport::outgoing::{AbsoluteForm, WithoutHost};

/// The response; a request that was not sent is put aside.
pub(super) async fn sent(
    response: impl Future<Output = Result<Response<Incoming>, TrySendError<Request<Body>>>>,
    unsent: &mut Option<Request<Body>>,
) -> Result<Response<Incoming>, hyper::Error> {
    response.await.map_err(|mut error| {
        *unsent = error.take_message();
        error.into_error()
    })
}

/// HTTP/1.1 has the path in its first line, and the host in a header (RFC 9112 section 3.2.1).
pub(super) fn origin_form(request: &mut Request<Body>, host: Option<&HeaderValue>) {
    if request.extensions().get::<AbsoluteForm>().is_none() {
        let path = request.uri().path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        *request.uri_mut() = Uri::from(path);
    }
    if let Some(host) = host.filter(|_| request.extensions().get::<WithoutHost>().is_none()) {
        request.headers_mut().entry(HOST).or_insert_with(|| host.clone());
    }
}

/// Over HTTP/2 the target's own host is `:authority`; a second one stands beside it as `host`.
pub(super) fn only_other_host(request: &mut Request<Body>) {
    let headers = request.headers_mut();
    if let Some(other) = headers.get_all(HOST).iter().nth(1).cloned() {
        headers.insert(HOST, other);
    }
}

/// The header for a base URL.
pub(super) fn host(base: &Uri) -> Option<HeaderValue> {
    let authority = base.authority()?;
    let is_usual = authority.port_u16() == Some(default_port(base.scheme_str()));
    // Every character of a parsed authority is allowed in a header.
    HeaderValue::from_str(if is_usual { authority.host() } else { authority.as_str() }).ok()
}
