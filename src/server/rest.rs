//! HTTP/JSON: bytes to messages and back, by the documented JSON mapping.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{RawPathParams, Request};
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use futures_util::stream;
use http::header::{ALLOW, CONTENT_TYPE, EXPECT, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde_json::{Map, Value, json};

use super::defect;
use super::refusal::Refused;
use super::refusal_faults::disguised;
use super::service::Service;
use super::switches::Switches;
use super::variant;
use super::{around, body, body_faults, carriers, json, spelling, spill};
use crate::contract::{Endpoint, Operation, Protocol, What};
use crate::wire::schema;

/// The longest body that proxies accept by default.
const MEBIBYTE: usize = 1 << 20;

/// One route for each endpoint of the contract.
pub(super) fn routes(service: &Arc<Service>) -> Router {
    service.site.contract.endpoints().fold(Router::new(), |router, endpoint| {
        let (service, switched) = (service.clone(), service);
        let handler = move |params: Result<RawPathParams, _>, request: Request| async move {
            let params =
                params.map_err(|_: axum::extract::rejection::RawPathParamsRejection| Refused::new("REQUEST-path"));
            let asked = (!service.site.switches.is_empty()).then(|| request.headers().clone());
            let result = answer(&service, endpoint, params, request).await;
            let response = respond(&service.site.switches, Some(endpoint), result);
            match asked {
                Some(asked) => around::altered(&service, endpoint, &asked, response).await,
                None => response,
            }
        };
        let router = router.route(endpoint.rest.path, on(method_filter(endpoint, &switched.site.switches), handler));
        if endpoint.operation != Operation::Start {
            return router;
        }
        let lists = switched.site.switches.varies(&variant::behaviour::HTTP_GET_LISTS);
        let router =
            if lists { router.route(endpoint.rest.path, on(MethodFilter::GET, an_empty_list)) } else { router };
        let has_head = switched.site.switches.varies(&variant::surroundings::HTTP_HEAD_ANSWERED);
        if has_head { router.route(endpoint.rest.path, on(MethodFilter::HEAD, an_empty_list)) } else { router }
    })
}

/// What a GET may answer at a path where a POST is a start.
async fn an_empty_list() -> Response {
    let body = Body::from(json!({ "result": [] }).to_string());
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The reply to a request that no route takes.
pub(super) fn refuse(service: &Service, id: &str) -> Response {
    respond(&service.site.switches, None, Err(Refused::new(id)))
}

/// The method that the contract has.
pub(super) fn documented_method(endpoint: &Endpoint) -> MethodFilter {
    let method = Method::from_bytes(endpoint.rest.method.as_bytes()).ok();
    method.and_then(|method| MethodFilter::try_from(method).ok()).unwrap_or(MethodFilter::POST)
}

/// The methods that run an operation: the documented one, and those that a defect adds.
fn method_filter(endpoint: &Endpoint, switches: &Switches) -> MethodFilter {
    let documented = documented_method(endpoint);
    match endpoint.operation {
        Operation::Start if switches.has(&defect::transport::REQUEST_GET_STARTS) => documented.or(MethodFilter::GET),
        Operation::Verify if switches.has(&defect::transport::REQUEST_PATCH_VERIFIES) => {
            documented.or(MethodFilter::PATCH)
        }
        Operation::Remove if switches.has(&defect::transport::REQUEST_HEAD_REMOVES) => {
            documented.or(MethodFilter::HEAD)
        }
        Operation::Start if switches.has(&defect::http::OPTIONS_STARTS) => documented.or(MethodFilter::OPTIONS),
        Operation::Remove if switches.has(&defect::http::GET_REMOVES) => documented.or(MethodFilter::GET),
        _ => documented,
    }
}

/// The reply to a method that a path does not have.
pub(super) fn refuse_method(service: &Service, request: &Request) -> Response {
    let method = request.method();
    if method == Method::TRACE && service.site.switches.has(&defect::http::TRACE_ANSWERED) {
        return traced(request);
    }
    if method == Method::OPTIONS && service.site.switches.varies(&variant::behaviour::HTTP_OPTIONS_ANSWERED) {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST, DELETE, OPTIONS"));
        return response;
    }
    refuse(service, "REQUEST-method")
}

/// The request sent back (RFC 9110 section 9.3.8), including the headers that should be left out.
fn traced(request: &Request) -> Response {
    let lines = request.headers().iter();
    let lines = lines.map(|(name, value)| format!("{name}: {}\r\n", String::from_utf8_lossy(value.as_bytes())));
    let text = format!("TRACE {} HTTP/1.1\r\n{}\r\n", request.uri(), lines.collect::<String>());
    let mut response = Response::new(Body::from(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("message/http"));
    response
}

async fn answer(
    service: &Service,
    endpoint: &'static Endpoint,
    params: Result<RawPathParams, Refused>,
    request: Request,
) -> Result<Value, Refused> {
    let (parts, body) = request.into_parts();
    // Read first, judged later: a body that stays unread would cost the caller its connection.
    let switches = &service.site.switches;
    if parts.headers.contains_key(EXPECT) && switches.has(&defect::http::EXPECT_REFUSED) {
        let status = StatusCode::EXPECTATION_FAILED.as_u16();
        return Err(Refused { http_status: status, ..Refused::new("REQUEST-message") });
    }
    let most = if switches.has(&defect::rare::BODY_OF_A_MEBIBYTE) { MEBIBYTE } else { body::MAX_MESSAGE };
    let body = body::read(body, most).await;
    let read = body.as_deref().unwrap_or_default();
    let mut caller = if switches.is_empty() {
        service.authenticate(&parts.headers, Protocol::Rest)?
    } else {
        let known = service.authenticate(&carriers::authorized(switches, &parts), Protocol::Rest);
        known.map_err(|refused| spill::unknown_caller(&service.site, params.as_ref().ok(), refused))?
    };
    caller.besides = carriers::besides(switches, Protocol::Rest, (&parts.uri, &parts.headers), read);
    let message = decode(endpoint, &params?, (&parts.uri, &parts.headers), &body?, switches)?;
    service.call(endpoint, &message, &caller).await
}

/// The request message in canonical protobuf JSON, as it would have come over gRPC: the way through the schema checks types, normalises
/// numbers and base64, and drops unknown members.
fn decode(
    endpoint: &Endpoint,
    params: &RawPathParams,
    (uri, headers): (&Uri, &HeaderMap),
    body: &[u8],
    switches: &Switches,
) -> Result<Value, Refused> {
    let mut members = if body.is_empty() { Map::new() } else { members(headers, body, switches)? };
    let params = params.iter().map(|(name, value)| (name.to_owned(), json!(carriers::path_member(switches, value))));
    let params: Map<String, Value> = params.collect();
    if carriers::is_contradictory(switches, &params, (uri, body)) {
        return Err(Refused::new("REQUEST-message"));
    }
    members.extend(params);
    carriers::redirect(switches, endpoint, uri, &mut members);
    let message = Value::Object(members);
    if has_refused_spelling(endpoint, &message, switches) {
        return Err(Refused::new("REQUEST-message"));
    }
    // Without a schema only the members can be checked.
    let Some(grpc) = &endpoint.grpc else { return Ok(message) };
    let is_strict = switches.varies(&variant::behaviour::JSON_FURTHER_MEMBERS_REFUSED);
    let encode = if is_strict { schema::encode } else { schema::encode_lenient };
    encode(grpc.request, &message).and_then(|bytes| schema::decode(grpc.request, &bytes)).map_err(|_| {
        Refused::new(if switches.has(&defect::robustness::ROBUST_500_ON_WRONG_TYPE) {
            "INTERNAL-error"
        } else {
            "REQUEST-message"
        })
    })
}

/// The defects that refuse texts which parsers accept by the JSON mapping.
fn has_refused_spelling(endpoint: &Endpoint, message: &Value, switches: &Switches) -> bool {
    let credential = endpoint.asked(What::Credential, message);
    let is_unpadded = credential.is_some_and(|text| text.len() % 4 != 0);
    if is_unpadded && switches.has(&defect::transport::UNPADDED_BASE64_REFUSED) {
        return true;
    }
    let inner = message.get("verification").and_then(Value::as_object).into_iter().flatten();
    let mut names = message.as_object().into_iter().flatten().chain(inner).map(|(name, _)| name);
    switches.has(&defect::transport::ORIGINAL_NAMES_REFUSED) && names.any(|name| name.contains('_'))
}

/// The object of a JSON body.
pub(super) fn members(headers: &HeaderMap, body: &[u8], switches: &Switches) -> Result<Map<String, Value>, Refused> {
    if let Some(members) = carriers::form(switches, headers, body) {
        return Ok(members);
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_whole = switches.has(&defect::http::CHARSET_REFUSED);
    let media_type = content_type.split(';').next().filter(|_| !is_whole).unwrap_or(content_type).trim();
    let is_json = media_type.eq_ignore_ascii_case(Protocol::Rest.content_type());
    if !is_json && !switches.has(&defect::transport::ANY_CONTENT_TYPE) {
        return Err(Refused::new("REQUEST-content-type"));
    }
    let read = if switches.varies(&variant::behaviour::JSON_LAST_OF_DUPLICATES) {
        serde_json::from_slice(body)
    } else if switches.has(&defect::transport::JSON_TRAILING_ACCEPTED) {
        json::parse_first_object(body)
    } else {
        json::parse_object(body)
    };
    let is_failing = switches.has(&defect::robustness::ROBUST_500_ON_MALFORMED_JSON);
    read.map_err(|_| Refused::new(if is_failing { "INTERNAL-error" } else { "REQUEST-json" }))
}

pub(super) fn respond(switches: &Switches, endpoint: Option<&Endpoint>, result: Result<Value, Refused>) -> Response {
    let operation = endpoint.map(|endpoint| endpoint.operation).filter(|_| result.is_ok());
    let (status, value) = match (result, endpoint) {
        (Ok(mut message), Some(endpoint)) => {
            body_faults::message(switches, endpoint, &mut message);
            (StatusCode::OK, message)
        }
        (Ok(message), None) => (StatusCode::OK, message),
        (Err(refused), _) => {
            let refused = disguised(switches, Protocol::Rest, refused);
            let status = StatusCode::from_u16(refused.http_status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, body_faults::error(switches, refused.status.to_json()))
        }
    };
    let mut response = Response::new(body_of(switches, operation, value));
    *response.status_mut() = match operation {
        Some(Operation::Start) if switches.has(&defect::status::START_AS_201) => StatusCode::CREATED,
        Some(Operation::Verify) if switches.has(&defect::status::VERIFY_AS_204) => StatusCode::NO_CONTENT,
        _ => status,
    };
    let content_type = match status {
        StatusCode::OK if switches.has(&defect::transport::REST_CONTENT_TYPE) => HeaderValue::from_static("text/plain"),
        StatusCode::OK => spelling::content_type(switches),
        _ if switches.has(&defect::transport::REST_ERROR_CONTENT_TYPE) => HeaderValue::from_static("text/html"),
        _ => spelling::content_type(switches),
    };
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"reference\""));
    }
    response
}

fn body_of(switches: &Switches, operation: Option<Operation>, value: Value) -> Body {
    let text = spelling::text(switches, value);
    if operation == Some(Operation::Verify) && switches.has(&defect::robustness::ROBUST_REPLY_CUT_OFF) {
        let half = text.as_bytes()[..text.len() / 2].to_vec();
        return Body::from_stream(stream::iter([Ok(half), Err(std::io::Error::other("cut off"))]));
    }
    spelling::body(switches, text)
}
