//! Second carriers of values that a request has once: query, body, cookies and further headers. The server ignores them, unless
//! a defect is switched on.

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, ORIGIN};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Uri};
use serde_json::{Map, Value, json};

use super::defect;
use super::listener::Remembered;
use super::switches::Switches;
use super::variant;
use crate::contract::{Endpoint, Operation, Protocol, Slot, What};
use crate::wire::percent;

/// A header in which gateways name the caller.
const USER_ID: &str = "x-user-id";
/// A header in which proxies name the host that the caller addressed.
const FORWARDED_HOST: &str = "x-forwarded-host";
/// Headers that replace a method or a path which a proxy does not let through.
const METHOD_OVERRIDE: &str = "x-http-method-override";
const ORIGINAL_URL: &str = "x-original-url";
/// The token in a query, a form or a cookie (RFC 6750 sections 2.2 and 2.3).
const ACCESS_TOKEN: &str = "access_token";
const FORM: &str = "application/x-www-form-urlencoded";

/// What a request names beyond its documented members.
#[derive(Debug, Clone, Default)]
pub(super) struct Besides {
    /// The user that is acted on, whichever user the permission was checked for.
    pub user_id: Option<String>,
    /// The host that a proxy names as the one it was called by, which becomes the RP ID.
    pub forwarded_host: Option<String>,
    /// The host that was called. Its origin is accepted too.
    pub host: Option<String>,
    /// The origin of the page that sent the request. It is accepted too.
    pub origin: Option<String>,
    /// A credential id that was not registered a moment ago.
    pub free: Option<Vec<u8>>,
}

/// What a defect reads beyond the documented members.
pub(super) fn besides(
    switches: &Switches,
    protocol: Protocol,
    (uri, headers): (&Uri, &HeaderMap),
    body: &[u8],
) -> Besides {
    if switches.is_empty() {
        return Besides::default();
    }
    let (is_rest, mut found) = (protocol == Protocol::Rest, Besides::default());
    if is_rest && switches.has(&defect::carrier::USER_ID_OF_BODY_ACTS) {
        found.user_id = member(body, "userId");
    }
    if is_rest && switches.has(&defect::carrier::USER_ID_OF_QUERY_ACTS) {
        found.user_id = parameter(uri, "userId");
    }
    if is_rest && switches.has(&defect::carrier::USER_ID_OF_HEADER_ACTS) {
        found.user_id = text(headers, USER_ID);
    }
    if !is_rest && switches.has(&defect::carrier::USER_ID_OF_METADATA_ACTS) {
        found.user_id = text(headers, USER_ID);
    }
    let name = |host: String| host.split(':').next().map(str::to_owned);
    if switches.has(&defect::carrier::FORWARDED_HOST_IS_RP_ID) {
        found.forwarded_host = text(headers, FORWARDED_HOST).and_then(name);
    }
    if switches.has(&defect::carrier::ORIGIN_HEADER_IS_EXPECTED) {
        found.origin = text(headers, ORIGIN.as_str());
    }
    if switches.has(&defect::carrier::HOST_IS_ORIGIN) {
        let authority = uri.authority().map(ToString::to_string);
        found.host = text(headers, HOST.as_str()).or(authority).and_then(name);
    }
    found
}

/// The headers, with the authorization that a defect takes from elsewhere.
pub(super) fn authorized(switches: &Switches, parts: &Parts) -> HeaderMap {
    let mut headers = parts.headers.clone();
    let mut found = None;
    if switches.has(&defect::carrier::TOKEN_OF_QUERY_WINS) {
        found = parameter(&parts.uri, ACCESS_TOKEN);
    }
    if switches.has(&defect::carrier::TOKEN_OF_COOKIE_WINS) {
        let cookies = text(&headers, COOKIE.as_str()).unwrap_or_default();
        let named = cookies.split(';').filter_map(|cookie| cookie.trim().split_once('='));
        found = named.filter(|(name, _)| *name == ACCESS_TOKEN).map(|(_, value)| value.to_owned()).next_back();
    }
    if let Some(value) = found.and_then(|token| HeaderValue::try_from(format!("Bearer {token}")).ok()) {
        headers.insert(AUTHORIZATION, value);
    }
    // Only a defect gives connections a memory.
    if let Some(remembered) = parts.extensions.get::<Remembered>() {
        remembered.complete(&mut headers);
    }
    headers
}

/// A member of the path, which is decoded already: a defect decodes it once more.
pub(super) fn path_member(switches: &Switches, member: &str) -> String {
    if switches.has(&defect::carrier::PATH_DECODED_TWICE) { decoded(member) } else { member.to_owned() }
}

/// Replaces the path's members by the values that a defect takes from elsewhere.
pub(super) fn redirect(switches: &Switches, endpoint: &Endpoint, uri: &Uri, members: &mut Map<String, Value>) {
    if endpoint.operation == Operation::Start && switches.has(&defect::carrier::DOMAIN_OF_QUERY_WINS) {
        members.extend(parameter(uri, "domain").map(|domain| ("domain".to_owned(), json!(domain))));
    }
    let Some(name) = endpoint.asks(What::FactorId).map(Slot::name) else { return };
    let found = match endpoint.operation {
        Operation::Remove if switches.has(&defect::carrier::FACTOR_ID_OF_QUERY_REMOVED) => parameter(uri, name),
        _ => None,
    };
    members.extend(found.map(|id| (name.to_owned(), json!(id))));
}

/// The members of a form, if a defect reads one.
pub(super) fn form(switches: &Switches, headers: &HeaderMap, body: &[u8]) -> Option<Map<String, Value>> {
    let is_form = text(headers, CONTENT_TYPE.as_str()).is_some_and(|value| value.starts_with(FORM));
    if !is_form || !switches.has(&defect::carrier::FORM_ACCEPTED) {
        return None;
    }
    let pairs = pairs(std::str::from_utf8(body).ok()?);
    Some(pairs.map(|(name, value)| (name, json!(value))).collect())
}

/// Whether a request has an additional or a repeated value that a variant refuses.
pub(super) fn is_contradictory(switches: &Switches, params: &Map<String, Value>, (uri, body): (&Uri, &[u8])) -> bool {
    let differs = |(name, value): (&String, &Value)| {
        member(body, name).is_some_and(|other| value.as_str() != Some(other.as_str()))
    };
    (uri.query().is_some() && switches.varies(&variant::behaviour::QUERY_REFUSED))
        || (switches.varies(&variant::behaviour::CONTRADICTION_REFUSED) && params.iter().any(differs))
}

/// The router. If a defect rewrites requests before they are routed, the router behind this rewriting.
pub(super) fn rerouted(switches: &Switches, router: Router) -> Router {
    let rewrite: fn(&mut Request) = if switches.has(&defect::carrier::METHOD_OVERRIDE) {
        override_method
    } else if switches.has(&defect::carrier::ORIGINAL_URL_IS_PATH) {
        take_original_url
    } else {
        return router;
    };
    let rewritten = move |mut request: Request, next: Next| async move {
        rewrite(&mut request);
        let response: Response = next.run(request).await;
        response
    };
    Router::new().fallback_service(router).layer(middleware::from_fn(rewritten))
}

fn override_method(request: &mut Request) {
    let method = text(request.headers(), METHOD_OVERRIDE).and_then(|name| Method::try_from(name.as_str()).ok());
    if let Some(method) = method {
        *request.method_mut() = method;
    }
}

fn take_original_url(request: &mut Request) {
    if let Some(url) = text(request.headers(), ORIGINAL_URL).and_then(|url| Uri::try_from(url).ok()) {
        *request.uri_mut() = url;
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// A text member of a JSON object.
fn member(body: &[u8], name: &str) -> Option<String> {
    let members: Value = serde_json::from_slice(body).ok()?;
    members.get(name)?.as_str().map(str::to_owned)
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    pairs(uri.query()?).find(|(known, _)| known == name).map(|(_, value)| value)
}

fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (decoded(name), decoded(value)))
}

/// Percent-decoded (RFC 3986 section 2.1); characters that are not an escape stay as they are.
pub(super) fn decoded(text: &str) -> String {
    percent::decode_message(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_what_is_none_is_left() {
        for (text, expected) in [("a%31b", "a1b"), ("%c3%A9", "\u{e9}"), ("%", "%"), ("%3", "%3"), ("%zz%41", "%zzA")] {
            assert_eq!(decoded(text), expected, "{text}");
        }
        assert_eq!(pairs("a=1&b=%20&c").collect::<Vec<_>>(), [("a".into(), "1".into()), ("b".into(), " ".into())]);
    }
}
