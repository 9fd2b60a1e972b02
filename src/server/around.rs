//! Headers and codings of a reply. Defects and variants change them.

use axum::Router;
use axum::body::Body;
use axum::middleware;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{
    ACCEPT, ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, AUTHORIZATION,
    CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE,
    IF_NONE_MATCH, ORIGIN, REFERRER_POLICY, SERVER, SET_COOKIE, STRICT_TRANSPORT_SECURITY, VARY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use http_body_util::BodyExt as _;
use jiff::Timestamp;

use super::bearer;
use super::defect;
use super::service::Service;
use super::site::Site;
use super::switches::Switches;
use super::variant;
use crate::contract::{Endpoint, Operation};

/// Internal headers of the server, which only defects show.
const X_AUTHORIZATION: HeaderName = HeaderName::from_static("x-authorization");
const X_CALLER: HeaderName = HeaderName::from_static("x-caller");
const X_DEBUG: HeaderName = HeaderName::from_static("x-debug");
/// Where a database is.
const DATABASE: &str = "pgx: host=10.12.0.7 port=5432 dbname=enrolment user=auth";
/// The number of each reply, which a variant sends.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Headers by which servers protect pages, which a variant has on every reply.
const SECURITY_HEADERS: [(HeaderName, &str); 4] = [
    (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (REFERRER_POLICY, "no-referrer"),
];

/// The content type that browsers prefer to JSON.
const HTML: &str = "text/html";

/// UTF-8's mark at the beginning of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The router. If a defect leaves out a header that the router adds by itself, the router without that header.
pub(super) fn stripped(switches: &Switches, router: Router) -> Router {
    if !switches.has(&defect::http::ALLOW_MISSING) {
        return router;
    }
    let strip = |mut response: Response| async move {
        response.headers_mut().remove(ALLOW);
        response
    };
    Router::new().fallback_service(router).layer(middleware::map_response(strip))
}

/// The variants that only add headers.
pub(super) fn vary_headers(site: &Site, version: Version, response: &mut Response) {
    let (switches, status) = (&site.switches, response.status());
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED && switches.varies(&variant::refusals::TWO_CHALLENGES) {
        for challenge in ["Basic realm=\"api\"", "DPoP algs=\"ES256\""] {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
    }
    if switches.varies(&variant::surroundings::HTTP_NO_STORE) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    if switches.varies(&variant::surroundings::HTTP_CORS_ANY_ORIGIN) {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    if switches.varies(&variant::surroundings::HTTP_REQUEST_ID) {
        headers.insert(REQUEST_ID, HeaderValue::from(site.memory.next_event()));
    }
    if switches.varies(&variant::surroundings::HTTP_SECURITY_HEADERS) {
        for (name, value) in SECURITY_HEADERS {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if version <= Version::HTTP_11 && switches.varies(&variant::replies::HTTP_CONNECTION_CLOSE) {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if switches.varies(&variant::replies::HTTP_FURTHER_HEADERS) {
        for cookie in ["a=1; HttpOnly", "b=2; Secure"] {
            headers.append(SET_COOKIE, HeaderValue::from_static(cookie));
        }
        headers.insert(SERVER, HeaderValue::from_static("reference/1 (variant)"));
    }
}

/// The REST reply as it goes out.
pub(super) async fn altered(
    service: &Service,
    endpoint: &Endpoint,
    asked: &HeaderMap,
    mut response: Response,
) -> Response {
    let switches = &service.site.switches;
    spill(service, endpoint, asked, &mut response);
    share(switches, asked, response.headers_mut());
    if endpoint.operation == Operation::Start && switches.has(&defect::http::START_CACHEABLE) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=600"));
    }
    if response.status() == StatusCode::PAYLOAD_TOO_LARGE && switches.has(&defect::rare::LONG_BODY_REFUSED_IN_TEXT) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        *response.body_mut() = Body::from("Request Entity Too Large");
    }
    if response.status() == StatusCode::UNAUTHORIZED
        && asked.contains_key(AUTHORIZATION)
        && switches.has(&defect::rare::CHALLENGE_MISSING_FOR_UNKNOWN_TOKEN)
    {
        response.headers_mut().remove(WWW_AUTHENTICATE);
    }
    let is_browser = asked.get(ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(HTML));
    if is_browser && !response.status().is_success() && switches.has(&defect::http::ERROR_PAGE_FOR_BROWSERS) {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(HTML));
        *response.body_mut() = Body::from(format!("<html><body><h1>{}</h1></body></html>", response.status()));
    }
    if switches.has(&defect::http::DATE_IN_ISO_FORM)
        && let Ok(date) = HeaderValue::try_from(format!("{:.0}", Timestamp::now()))
    {
        response.headers_mut().insert(DATE, date);
    }
    if endpoint.operation == Operation::Start
        && asked.contains_key(IF_NONE_MATCH)
        && switches.has(&defect::http::START_NOT_MODIFIED)
    {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(CONTENT_TYPE);
        *response.body_mut() = Body::empty();
    }
    coded(switches, asked, response).await
}

/// The defects that show data that a reply should not show.
fn spill(service: &Service, endpoint: &Endpoint, asked: &HeaderMap, response: &mut Response) {
    let (switches, status) = (&service.site.switches, response.status());
    let is_start = endpoint.operation == Operation::Start;
    let authorization = asked.get(AUTHORIZATION).cloned();
    if is_start && switches.has(&defect::robustness::ROBUST_TOKEN_IN_HEADER) {
        response.headers_mut().extend(authorization.clone().map(|value| (X_AUTHORIZATION, value)));
    }
    if is_start && !endpoint.flow.names_user() && switches.has(&defect::canary::TOKEN_IN_COOKIE) {
        let token =
            authorization.as_ref().and_then(|value| value.to_str().ok()?.split_once(' ')).map(|(_, token)| token);
        let cookie =
            token.and_then(|token| HeaderValue::try_from(format!("sid={}; HttpOnly", STANDARD.encode(token))).ok());
        response.headers_mut().extend(cookie.map(|value| (SET_COOKIE, value)));
    }
    if status == StatusCode::UNAUTHORIZED
        && switches.has(&defect::canary::CHALLENGE_ECHOES_TOKEN)
        && let Some((_, token)) = authorization.as_ref().and_then(|value| value.to_str().ok()?.split_once(' '))
        && let Ok(challenge) = HeaderValue::try_from(format!(
            "Bearer realm=\"reference\", error=\"invalid_token\", error_description=\"{token} is not known\""
        ))
    {
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    if status == StatusCode::BAD_REQUEST && switches.has(&defect::canary::DATABASE_IN_HEADER) {
        response.headers_mut().insert(X_DEBUG, HeaderValue::from_static(DATABASE));
    }
    if switches.has(&defect::canary::EARLIER_CALLER_IN_HEADER) {
        let memory = &service.site.memory.caller;
        match bearer::user_of(&service.site, asked) {
            Ok(user) => drop(memory.swap(user.id.clone())),
            Err(_) => {
                let earlier = memory.get().and_then(|id| HeaderValue::try_from(id).ok());
                response.headers_mut().extend(earlier.map(|id| (X_CALLER, id)));
            }
        }
    }
}

/// The defects that share a reply with pages of other origins (Fetch, CORS protocol).
fn share(switches: &Switches, asked: &HeaderMap, headers: &mut HeaderMap) {
    let Some(origin) = asked.get(ORIGIN) else { return };
    let is_null = origin == "null";
    if (!is_null && switches.has(&defect::http::CORS_REFLECTS_ORIGIN))
        || (is_null && switches.has(&defect::http::CORS_TRUSTS_NULL))
    {
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        headers.append(VARY, HeaderValue::from_static("origin"));
    }
}

/// The body in another coding or charset.
async fn coded(switches: &Switches, asked: &HeaderMap, response: Response) -> Response {
    let accepts = asked.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (is_named, is_refused) = (accepts.contains("gzip"), refuses_gzip(accepts));
    let is_gzip = (!is_named && switches.has(&defect::http::GZIP_UNASKED))
        || (is_refused && switches.has(&defect::http::GZIP_ALTHOUGH_REFUSED))
        || (is_named && !is_refused && switches.varies(&variant::surroundings::HTTP_GZIP_IF_OFFERED));
    let has_mark = response.status() == StatusCode::OK && switches.has(&defect::http::JSON_WITH_BYTE_ORDER_MARK);
    if !(is_gzip || has_mark) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let mut bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if has_mark {
        bytes = [BYTE_ORDER_MARK, &bytes].concat().into();
    }
    if is_gzip {
        bytes = gzip(&bytes);
        parts.headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        parts.headers.append(VARY, HeaderValue::from_static("accept-encoding"));
    }
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, bytes.into())
}

/// Whether `gzip` has the weight zero.
fn refuses_gzip(accepts: &str) -> bool {
    let codings = accepts.split(',').map(|coding| coding.replace(' ', ""));
    codings
        .filter_map(|coding| coding.strip_prefix("gzip;q=").map(str::to_owned))
        .any(|weight| weight.parse::<f32>().is_ok_and(|weight| weight == 0.0))
}

/// A gzip member (RFC 1952) with the bytes as they are, in stored blocks (RFC 1951 section 3.2.4).
fn gzip(bytes: &[u8]) -> Bytes {
    const MOST: usize = 0xffff;
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let blocks = bytes.chunks(MOST).count();
    for (index, block) in bytes.chunks(MOST).enumerate() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(index + 1 == blocks));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    if blocks == 0 {
        out.extend([1, 0, 0, 0xff, 0xff]);
    }
    out.extend(crc_32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.into()
}

/// CRC-32 as in RFC 1952 section 8.
fn crc_32(bytes: &[u8]) -> u32 {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let step = |crc: u32| if crc & 1 == 1 { (crc >> 1) ^ POLYNOMIAL } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_sum_is_the_published_one() {
        assert_eq!(crc_32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_weight_of_zero_refuses() {
        for (accepts, refuses) in
            [("gzip;q=0", true), ("gzip; q=0.0, br", true), ("gzip;q=0.5", false), ("gzip", false)]
        {
            assert_eq!(refuses_gzip(accepts), refuses, "{accepts}");
        }
    }
}
