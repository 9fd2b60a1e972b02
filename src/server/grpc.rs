//! gRPC and gRPC-Web. Framing, trailers and the gRPC-Web translation are tonic's, so that the client's own framing is held against another
//! implementation; messages are dynamic, hence a codec that leaves the bytes alone and one service for all methods.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use bytes::{Buf as _, BufMut as _, Bytes};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt as _, Full};
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder, Streaming};
use tonic_web::GrpcWebLayer;
use tower::{Layer as _, ServiceExt as _, service_fn};

use super::body;
use super::refusal::Refused;
use super::service::Service;
use crate::contract::{ENDPOINTS, Endpoint, Protocol};
use crate::wire::{framing, schema};

/// One route for each method of the contract.
pub(super) fn routes(service: &Arc<Service>) -> Router {
    ENDPOINTS.iter().fold(Router::new(), |router, endpoint| {
        let service = service.clone();
        let handler = move |request: Request| async move { answer(service, Some(endpoint), request).await };
        router.route(&endpoint.grpc.path(), any(handler))
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
pub(super) async fn answer(service: Arc<Service>, endpoint: Option<&'static Endpoint>, request: Request) -> Response {
    let Some(protocol) = protocol_of(request.headers()) else {
        return status_only(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    };
    // gRPC over HTTP/2, Requests: the method is POST. gRPC-Web's layer sees to its own.
    if protocol == Protocol::Grpc && request.method() != Method::POST {
        return status_only(StatusCode::METHOD_NOT_ALLOWED);
    }
    let faulty = service.clone();
    let native = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(unary(service, endpoint, protocol, request).await) }
    });
    let response = match GrpcWebLayer::new().layer(native).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    mistreated(&faulty, protocol, response.map(axum::body::Body::new)).await
}

fn status_only(status: StatusCode) -> Response {
    let mut response = Response::default();
    *response.status_mut() = status;
    response
}

/// A unary call as gRPC has it. On the wire it is a stream of one message, and read as such it lets us word every refusal ourselves.
async fn unary(
    service: Arc<Service>,
    endpoint: Option<&'static Endpoint>,
    protocol: Protocol,
    request: http::Request<tonic::body::Body>,
) -> http::Response<tonic::body::Body> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, body::MAX_MESSAGE + framing::PREFIX).await;
    let Some(endpoint) = endpoint else {
        return status_of(&service, Refused::new("REQUEST-unknown-method")).into_http();
    };
    let (headers, incomplete) = (parts.headers.clone(), body.as_ref().err().cloned());
    let request = http::Request::from_parts(parts, Full::new(body.unwrap_or_default()));
    let handler = service_fn(|request: tonic::Request<Streaming<Bytes>>| {
        let (service, headers, incomplete) = (service.clone(), headers.clone(), incomplete.clone());
        async move {
            let outcome = exchange(&service, endpoint, protocol, &headers, incomplete, request.into_inner()).await;
            outcome.map(tonic::Response::new).map_err(|refused| status_of(&service, refused))
        }
    });
    tonic::server::Grpc::new(BytesCodec).client_streaming(handler, request).await
}

async fn exchange(
    service: &Service,
    endpoint: &'static Endpoint,
    protocol: Protocol,
    headers: &HeaderMap,
    incomplete: Option<Refused>,
    messages: Streaming<Bytes>,
) -> Result<Bytes, Refused> {
    let caller = service.authenticate(headers, protocol)?;
    if let Some(refused) = incomplete {
        return Err(refused);
    }
    let bytes = only_message(messages).await?;
    let message = schema::decode(endpoint.grpc.request, &bytes).map_err(|_| Refused::new("REQUEST-message"))?;
    let reply = service.call(endpoint, &message, &caller).await?;
    schema::encode(endpoint.grpc.response, &reply).map(Bytes::from).map_err(|_| Refused::new("INTERNAL-error"))
}

async fn only_message(mut messages: Streaming<Bytes>) -> Result<Bytes, Refused> {
    // tonic says OUT_OF_RANGE for a length above its limit.
    let broken = |status: tonic::Status| match status.code() {
        tonic::Code::OutOfRange => Refused::new("REQUEST-body-size"),
        _ => Refused::new("REQUEST-frame"),
    };
    let message = messages.message().await.map_err(broken)?.ok_or_else(|| Refused::new("REQUEST-frame"))?;
    match messages.message().await.map_err(broken)? {
        None => Ok(message),
        Some(_) => Err(Refused::new("REQUEST-frame")),
    }
}

fn status_of(service: &Service, refused: Refused) -> tonic::Status {
    let code = tonic::Code::from_i32(refused.status.code);
    if service.site.faults.has("transport-grpc-missing-details") {
        return tonic::Status::new(code, refused.status.message);
    }
    let details = refused.status.encode().unwrap_or_default();
    tonic::Status::with_details(code, refused.status.message, details.into())
}

/// The transport defects, applied to a finished reply.
async fn mistreated(service: &Service, protocol: Protocol, response: Response) -> Response {
    let faults = &service.site.faults;
    let (mut parts, mut body) = response.into_parts();
    let always_ok = match protocol {
        Protocol::GrpcWeb => faults.has("transport-grpc-status-always-ok-web"),
        _ => faults.has("transport-grpc-status-always-ok"),
    };
    if always_ok && let Some(status) = parts.headers.get_mut("grpc-status") {
        *status = HeaderValue::from_static("0");
    }
    if protocol == Protocol::GrpcWeb && faults.has("transport-grpc-web-trailer-missing") {
        // The message is the first piece of the body, the trailer frame the second.
        let first = body.frame().await.and_then(Result::ok).and_then(|frame| frame.into_data().ok());
        body = first.unwrap_or_default().into();
        for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
            parts.headers.remove(name);
        }
    }
    Response::from_parts(parts, body)
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
