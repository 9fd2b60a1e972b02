//! gRPC and gRPC-Web. Framing, trailers and the gRPC-Web translation are tonic's, so that the client's own framing is held against another
//! implementation; messages are dynamic, hence a codec that leaves the bytes alone and one service for all methods.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::body;
use super::carriers;
use super::defect;
use super::grpc_faults;
use super::refusal::Refused;
use super::refusal_faults::disguised;
use super::service::Service;
use super::switches::Switches;
use super::variant;
use crate::contract::{Endpoint, GrpcBinding, Operation, Protocol};
use crate::wire::status::{Code, GRPC_MESSAGE, GRPC_STATUS, GRPC_STATUS_DETAILS};
use crate::wire::{framing, schema};

/// A method of the contract.
type Called = (&'static Endpoint, &'static GrpcBinding);

/// One route for each method of the contract.
pub(super) fn routes(service: &Arc<Service>) -> Router {
    let methods = service.site.contract.endpoints().filter_map(|endpoint| Some((endpoint, endpoint.grpc.as_ref()?)));
    methods.fold(Router::new(), |router, (endpoint, grpc)| {
        let service = service.clone();
        let handler = move |request: Request| async move { answer(service, Some((endpoint, grpc)), request).await };
        router.route(&grpc.path(), any(handler))
    })
}

/// The protocol that a content type announces; `None` for what is not gRPC in its binary form.
pub(super) fn protocol_of(headers: &HeaderMap) -> Option<Protocol> {
    let content_type = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let subtype = content_type.strip_prefix("application/grpc")?;
    match subtype.strip_prefix("-web") {
        Some("" | "+proto") => Some(Protocol::GrpcWeb),
        None if subtype.is_empty() || subtype == "+proto" => Some(Protocol::Grpc),
        _ => None,
    }
}

/// Answers a call; `None` stands for a method that does not exist.
pub(super) async fn answer(service: Arc<Service>, method: Option<Called>, request: Request) -> Response {
    let Some(protocol) = protocol_of(request.headers()) else {
        return status_only(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    };
    // gRPC over HTTP/2, Requests: the method is POST. gRPC-Web's layer checks its own requests.
    let is_post = request.method() == http::Method::POST
        || service.site.switches.has(&defect::transport::REQUEST_GRPC_ANY_METHOD);
    if protocol == Protocol::Grpc && !is_post {
        return status_only(StatusCode::METHOD_NOT_ALLOWED);
    }
    let switched = service.clone();
    let asked = if switched.site.switches.is_empty() { HeaderMap::new() } else { request.headers().clone() };
    let native = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(unary(service, method, protocol, request).await) }
    });
    let response = match GrpcWebLayer::new().layer(native).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let is_verify = method.is_some_and(|(endpoint, _)| endpoint.operation == Operation::Verify);
    let response = mistreated(&switched.site.switches, (protocol, is_verify), response.map(Body::new)).await;
    let response = grpc_faults::spoilt(&switched.site.switches, protocol, &asked, response).await;
    varied(&switched.site.switches, protocol, response)
}

fn status_only(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// A unary call of gRPC. On the wire it is a stream of one message. We read it as a stream, so that we can word every refusal ourselves.
async fn unary(
    service: Arc<Service>,
    method: Option<Called>,
    protocol: Protocol,
    request: http::Request<tonic::body::Body>,
) -> http::Response<tonic::body::Body> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, body::MAX_MESSAGE + framing::PREFIX).await;
    let Some(method) = method else {
        return status_of(&service, protocol, Refused::new("REQUEST-unknown-method")).into_http();
    };
    let (headers, incomplete) = (parts.headers.clone(), body.as_ref().err().cloned());
    let uri = parts.uri.clone();
    let request = http::Request::from_parts(parts, Full::new(body.unwrap_or_default()));
    let handler = service_fn(|request: tonic::Request<Streaming<Bytes>>| {
        let (service, headers, incomplete, uri) = (service.clone(), headers.clone(), incomplete.clone(), uri.clone());
        async move {
            let outcome =
                exchange(&service, method, protocol, (&uri, &headers), incomplete, request.into_inner()).await;
            outcome.map(tonic::Response::new).map_err(|refused| status_of(&service, protocol, refused))
        }
    });
    tonic::server::Grpc::new(BytesCodec).client_streaming(handler, request).await
}

async fn exchange(
    service: &Service,
    (endpoint, grpc): Called,
    protocol: Protocol,
    (uri, headers): (&Uri, &HeaderMap),
    incomplete: Option<Refused>,
    messages: Streaming<Bytes>,
) -> Result<Bytes, Refused> {
    let mut caller = service.authenticate(headers, protocol)?;
    caller.besides = carriers::besides(&service.site.switches, protocol, (uri, headers), &[]);
    if let Some(refused) = incomplete {
        return Err(refused);
    }
    let bytes = only_message(&service.site.switches, messages).await?;
    let message = schema::decode(grpc.request, &bytes).map_err(|_| Refused::new("REQUEST-message"))?;
    let reply = service.call(endpoint, &message, &caller).await?;
    schema::encode(grpc.response, &reply).map(Bytes::from).map_err(|_| Refused::new("INTERNAL-error"))
}

async fn only_message(switches: &Switches, mut messages: Streaming<Bytes>) -> Result<Bytes, Refused> {
    // tonic says OUT_OF_RANGE for a length above its limit.
    let broken = |status: tonic::Status| match status.code() {
        tonic::Code::OutOfRange => Refused::new("REQUEST-body-size"),
        _ => Refused::new("REQUEST-frame"),
    };
    let message = messages.message().await.map_err(broken)?.ok_or_else(|| Refused::new("REQUEST-frame"))?;
    match messages.message().await.map_err(broken)? {
        None => Ok(message),
        Some(_) if switches.has(&defect::http::GRPC_FIRST_MESSAGE_COUNTS) => Ok(message),
        Some(_) => Err(Refused::new("REQUEST-frame")),
    }
}

fn status_of(service: &Service, protocol: Protocol, refused: Refused) -> tonic::Status {
    let switches = &service.site.switches;
    let mut status = disguised(switches, protocol, refused).status;
    let code = tonic::Code::from_i32(status.code);
    // Without details there is nothing that code and message do not say.
    if status.details.is_empty() || switches.has(&defect::transport::GRPC_MISSING_DETAILS) {
        return tonic::Status::new(code, status.message);
    }
    if switches.has(&defect::transport::GRPC_DETAILS_OTHER_CODE) {
        status.code = Code::ALREADY_EXISTS.number();
    }
    let details = status.encode().unwrap_or_default();
    tonic::Status::with_details(code, status.message, details.into())
}

/// The headers that carry a status.
const STATUS_HEADERS: [HeaderName; 3] = [GRPC_STATUS, GRPC_MESSAGE, GRPC_STATUS_DETAILS];

/// The defects of one protocol, applied to a finished reply.
async fn mistreated(switches: &Switches, (protocol, is_verify): (Protocol, bool), response: Response) -> Response {
    let (mut parts, mut body) = response.into_parts();
    let is_web = protocol == Protocol::GrpcWeb;
    let wrong_status = match protocol {
        Protocol::GrpcWeb => switches.has(&defect::transport::GRPC_STATUS_ALWAYS_OK_WEB).then_some("0"),
        _ if switches.has(&defect::transport::GRPC_STATUS_ALWAYS_OK) => Some("0"),
        _ => switches.has(&defect::transport::GRPC_STATUS_17).then_some("17"),
    };
    if let (Some(wrong), Some(status)) = (wrong_status, parts.headers.get_mut(GRPC_STATUS)) {
        *status = HeaderValue::from_static(wrong);
    }
    let wrong_type = match protocol {
        Protocol::GrpcWeb => {
            switches.has(&defect::transport::GRPC_WEB_CONTENT_TYPE).then_some("application/octet-stream")
        }
        _ => switches.has(&defect::transport::GRPC_CONTENT_TYPE).then_some("application/grpc+json"),
    };
    if let Some(wrong) = wrong_type {
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(wrong));
    }
    if is_web && switches.has(&defect::transport::GRPC_WEB_TRAILER_MISSING) {
        body = reframed(body, |frames| frames.retain(|frame| !frame.is_trailers())).await;
        STATUS_HEADERS.iter().for_each(|name| drop(parts.headers.remove(name)));
    }
    if is_web && switches.has(&defect::transport::GRPC_WEB_TRAILER_UNMARKED) {
        body = reframed(body, |frames| frames.iter_mut().for_each(|frame| frame.flags = framing::FLAG_MESSAGE)).await;
    }
    if is_web && switches.has(&defect::http::GRPC_WEB_TRAILERS_IN_TITLE_CASE) {
        body = reframed(body, |frames| frames.iter_mut().filter(|frame| frame.is_trailers()).for_each(entitle)).await;
    }
    if is_web && is_verify && switches.has(&defect::transport::GRPC_WITHOUT_MESSAGE) {
        body = reframed(body, |frames| frames.retain(framing::Frame::is_trailers)).await;
    }
    if is_web && switches.has(&defect::transport::GRPC_WEB_LENGTH_OFF_BY_ONE) {
        let mut bytes = bytes_of(body).await.to_vec();
        if let Some(length) = bytes.get_mut(framing::PREFIX - 1) {
            *length = length.wrapping_add(1);
        }
        body = bytes.into();
    }
    Response::from_parts(parts, body)
}

async fn bytes_of(body: Body) -> Bytes {
    // The body is our own, and whole.
    body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default()
}

/// The body with other frames.
async fn reframed(body: Body, change: impl FnOnce(&mut Vec<framing::Frame>)) -> Body {
    let mut frames = framing::parse(&bytes_of(body).await).unwrap_or_default();
    change(&mut frames);
    let bytes: Vec<u8> = frames.iter().flat_map(|frame| framing::frame(frame.flags, &frame.payload)).collect();
    bytes.into()
}

/// Writes the names of a trailer frame as HTTP/1.1 libraries do: in title case.
fn entitle(frame: &mut framing::Frame) {
    let (mut bytes, mut is_name, mut is_first) = (frame.payload.to_vec(), true, true);
    for byte in &mut bytes {
        if is_name && is_first {
            byte.make_ascii_uppercase();
        }
        is_name = (is_name && *byte != b':') || *byte == b'\n';
        is_first = matches!(*byte, b'-' | b'\n');
    }
    frame.payload = bytes.into();
}

/// The variants of how a reply is framed.
fn varied(switches: &Switches, protocol: Protocol, response: Response) -> Response {
    let (mut parts, mut body) = response.into_parts();
    let content_type = match protocol {
        Protocol::GrpcWeb => {
            switches.varies(&variant::replies::GRPC_WEB_CONTENT_TYPE_SHORT).then_some("application/grpc-web")
        }
        _ => switches.varies(&variant::replies::GRPC_CONTENT_TYPE_PROTO).then_some("application/grpc+proto"),
    };
    if let Some(content_type) = content_type {
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    let is_moved = parts.headers.contains_key(GRPC_STATUS)
        && match protocol {
            Protocol::GrpcWeb => switches.varies(&variant::replies::GRPC_WEB_REFUSAL_IN_TRAILER_FRAME),
            _ => switches.varies(&variant::replies::GRPC_REFUSAL_AFTER_HEADERS),
        };
    if is_moved {
        let mut trailers = HeaderMap::new();
        for name in STATUS_HEADERS {
            if let Some(value) = parts.headers.remove(&name) {
                trailers.insert(name, value);
            }
        }
        body = match protocol {
            Protocol::GrpcWeb => framing::frame(framing::FLAG_TRAILERS, &trailer_lines(&trailers)).into(),
            _ => Body::new(StreamBody::new(stream::iter([Ok::<_, Infallible>(Frame::trailers(trailers))]))),
        };
    }
    Response::from_parts(parts, body)
}

fn trailer_lines(trailers: &HeaderMap) -> Vec<u8> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat()
    };
    trailers.iter().flat_map(line).collect()
}

/// Messages as bytes.
#[derive(Debug, Clone, Copy)]
struct BytesCodec;

impl Codec for BytesCodec {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = BytesCodec;
    type Decoder = BytesCodec;

    fn encoder(&mut self) -> Self::Encoder {
        BytesCodec
    }

    fn decoder(&mut self) -> Self::Decoder {
        BytesCodec
    }
}

impl Encoder for BytesCodec {
    type Item = Bytes;
    type Error = tonic::Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), tonic::Status> {
        dst.put(item);
        Ok(())
    }
}

impl Decoder for BytesCodec {
    type Item = Bytes;
    type Error = tonic::Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, tonic::Status> {
        Ok(Some(src.copy_to_bytes(src.remaining())))
    }
}
