//! HTTP/JSON: bytes to messages and back, by the documented JSON mapping.

use std::sync::Arc;

use axum::Router;
use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use super::body;
use super::defect::Faults;
use super::json;
use super::refusal::Refused;
use super::service::Service;
use crate::contract::{ENDPOINTS, Endpoint, Protocol};
use crate::wire::schema;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One route for each endpoint of the contract.
pub(super) fn routes(service: &Arc<Service>) -> Router {
    ENDPOINTS.iter().fold(Router::new(), |router, endpoint| {
        let service = service.clone();
        let handler = move |params: Result<RawPathParams, _>, request: Request| async move {
            let params =
                params.map_err(|_: axum::extract::rejection::RawPathParamsRejection| Refused::new("REQUEST-path"));
            respond(&service.site.faults, answer(&service, endpoint, params, request).await)
        };
        router.route(endpoint.rest.path, on(method_filter(endpoint), handler))
    })
}

/// The reply to a request that no route takes.
pub(super) fn refuse(service: &Service, id: &str) -> Response {
    respond(&service.site.faults, Err(Refused::new(id)))
}

fn method_filter(endpoint: &Endpoint) -> MethodFilter {
    if endpoint.rest.method == "DELETE" { MethodFilter::DELETE } else { MethodFilter::POST }
}

async fn answer(
    service: &Service,
    endpoint: &'static Endpoint,
    params: Result<RawPathParams, Refused>,
    request: Request,
) -> Result<Value, Refused> {
    let (parts, body) = request.into_parts();
    // Read first, judged later: a body that stays unread would cost the caller its connection.
    let body = body::read(body, body::MAX_MESSAGE).await;
    let caller = service.authenticate(&parts.headers, Protocol::Rest)?;
    let message = decode(endpoint, &params?, &parts.headers, &body?, &service.site.faults)?;
    service.call(endpoint, &message, &caller).await
}

/// The request message in canonical protobuf JSON, as it would have come over gRPC: the way through the schema checks types, normalises
/// numbers and base64, and drops unknown members.
fn decode(
    endpoint: &Endpoint,
    params: &RawPathParams,
    headers: &HeaderMap,
    body: &[u8],
    faults: &Faults,
) -> Result<Value, Refused> {
    let mut members = if body.is_empty() { Map::new() } else { members(headers, body, faults)? };
    members.extend(params.iter().map(|(name, value)| (name.to_owned(), json!(value))));
    schema::encode_lenient(endpoint.grpc.request, &Value::Object(members))
        .and_then(|bytes| schema::decode(endpoint.grpc.request, &bytes))
        .map_err(|_| Refused::new("REQUEST-message"))
}

fn members(headers: &HeaderMap, body: &[u8], faults: &Faults) -> Result<Map<String, Value>, Refused> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case(Protocol::Rest.content_type()) {
        return Err(Refused::new("REQUEST-content-type"));
    }
    let malformed = |_| match faults.has("robust-500-on-malformed-json") {
        true => Refused::new("INTERNAL-error"),
        false => Refused::new("REQUEST-json"),
    };
    json::parse_object(body).map_err(malformed)
}

fn respond(faults: &Faults, result: Result<Value, Refused>) -> Response {
    let (status, body) = match result {
        Ok(mut message) => {
            misshape_message(faults, &mut message);
            (StatusCode::OK, message)
        }
        Err(refused) => {
            let is_accepted = refused.id().starts_with("WEBAUTHN-") && faults.has("status-refusal-as-202");
            let http_status = if is_accepted { 202 } else { refused.http_status };
            let status = StatusCode::from_u16(http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, misshaped_error(faults, refused.status.to_json()))
        }
    };
    let is_text = status == StatusCode::OK && faults.has("transport-rest-content-type");
    let content_type = if is_text { HeaderValue::from_static("text/plain") } else { JSON };
    let mut response = Response::new(body.to_string().into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

fn misshape_message(faults: &Faults, message: &mut Value) {
    let Some(details) = message.get_mut("details") else { return };
    if faults.has("shape-sequence-number") {
        details["sequence"] = json!(details["sequence"].as_str().and_then(|text| text.parse::<u64>().ok()));
    }
    if faults.has("shape-change-date-not-rfc3339") {
        details["changeDate"] =
            json!(details["changeDate"].as_str().map(|date| date.replace('T', " ").replace('Z', "")));
    }
    if faults.has("shape-creation-date-not-rfc3339") {
        details["creationDate"] = json!(details["creationDate"].as_str().and_then(|date| date.split('T').next()));
    }
}

fn misshaped_error(faults: &Faults, mut error: Value) -> Value {
    if faults.has("shape-error-without-type")
        && let Some(detail) = error["details"][0].as_object_mut()
    {
        detail.remove("@type");
    }
    if faults.has("shape-error-code-string") {
        error["code"] = json!(error["code"].to_string());
    }
    if faults.has("shape-error-details-not-list") {
        error["details"] = error["details"][0].take();
    }
    if faults.has("shape-error-text") {
        return error["message"].take();
    }
    if faults.has("shape-error-message-missing")
        && let Some(members) = error.as_object_mut()
    {
        members.remove("message");
    }
    error
}
