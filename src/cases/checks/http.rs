//! What HTTP demands of every reply, whatever was called.

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, AGE, ALLOW, CONTENT_LENGTH, CONTENT_LOCATION,
    CONTENT_RANGE, CONTENT_TYPE, DATE, ETAG, EXPIRES, LAST_MODIFIED, LOCATION, RANGE, RETRY_AFTER, TRANSFER_ENCODING,
    WWW_AUTHENTICATE,
};
use http::{HeaderMap, HeaderName, Uri};

use super::check::Check;
use super::observation::{Observation, Wrong};
use super::protocol::has_documented_path;
use crate::contract::Protocol;
use crate::outcome::Reason;
use crate::transport::{Exchange, Reply};
use crate::wire::status::{GRPC_MESSAGE, GRPC_STATUS, GRPC_STATUS_DETAILS};
use crate::words::beginning;

/// Above all clauses of HTTP. Their checks look at every reply, even if it may not come from the endpoint.
pub const CLAUSE: &str = "http";

/// A 401 has a challenge.
pub const CHALLENGE: Check =
    Check { id: "http-challenge", clause: "http/challenge", reason: Reason::WrongShape, examine: challenge };

/// The challenge of a 401 is for a bearer token.
pub const BEARER: Check = Check {
    id: "http-challenge-bearer",
    clause: "http/challenge/bearer",
    reason: Reason::ShouldUnmet,
    examine: bearer,
};

/// A 405 says what is allowed.
pub const ALLOWED: Check =
    Check { id: "http-allow", clause: "http/allow", reason: Reason::WrongShape, examine: allowed };

/// A reply has the date when it was made.
pub const DATED: Check = Check { id: "http-date", clause: "http/date", reason: Reason::WrongShape, examine: dated };

/// A field with one value occurs once.
pub const FIELD_ONCE: Check =
    Check { id: "http-field-once", clause: "http/field-once", reason: Reason::WrongShape, examine: field_once };

/// A reply ends where its headers say.
pub const FRAMING: Check =
    Check { id: "http-framing", clause: "http/framing", reason: Reason::WrongShape, examine: framing };

/// Statuses for conditional and range requests are only sent in answer to such requests.
pub const CONDITIONAL: Check =
    Check { id: "http-conditional", clause: "http/conditional", reason: Reason::WrongStatus, examine: conditional };

/// A redirect of a call stays on the host.
pub const REDIRECT: Check =
    Check { id: "http-redirect", clause: "http/redirect", reason: Reason::SecurityUnmet, examine: redirect };

/// A reply to TRACE does not repeat the authorization.
pub const TRACE: Check = Check { id: "http-trace", clause: "http/trace", reason: Reason::ShouldUnmet, examine: trace };

/// JSON is UTF-8.
pub const JSON_UTF8: Check =
    Check { id: "http-json-utf8", clause: "http/json-utf8", reason: Reason::WrongShape, examine: json_utf8 };

/// The body of a refusal does not have the code of a success.
pub const REFUSAL_CODE: Check =
    Check { id: "http-refusal-code", clause: "http/refusal-code", reason: Reason::WrongShape, examine: refusal_code };

/// Fields that are not defined as lists.
static SINGLE: [HeaderName; 15] = [
    CONTENT_TYPE,
    DATE,
    LOCATION,
    ETAG,
    LAST_MODIFIED,
    EXPIRES,
    AGE,
    RETRY_AFTER,
    CONTENT_LOCATION,
    CONTENT_RANGE,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    GRPC_STATUS,
    GRPC_MESSAGE,
    GRPC_STATUS_DETAILS,
];
/// Methods that a proxy often refuses by itself, without knowing what the server allows.
const REFUSED_BEFORE: [&str; 2] = ["TRACE", "CONNECT"];
/// Methods for which a path may lead to a page for browsers.
const OF_PAGES: [&str; 4] = ["GET", "HEAD", "OPTIONS", "TRACE"];
/// UTF-8's byte order mark.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// Characters of an IMF-fixdate.
const DATE_LENGTH: usize = 29;

/// The exchange, if it is one of REST.
fn of_rest<'a>(observation: &Observation<'a>) -> Option<&'a Exchange> {
    Some(observation.exchange).filter(|exchange| exchange.protocol == Protocol::Rest)
}

/// The members of a list field, over all its lines. Commas within quotes are treated as separators.
pub(super) fn members<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|member| !member.is_empty())
}

/// A field for a one-line message, cut.
pub(super) fn shown(headers: &HeaderMap, name: &HeaderName) -> String {
    const MOST: usize = 120;
    let lines: Vec<_> = headers.get_all(name).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    if lines.is_empty() {
        return format!("no {name}");
    }
    format!("{name}: {:?}", beginning(&lines.join(", "), MOST))
}

fn is_token(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

/// The scheme that a member of WWW-Authenticate begins with, if it does; otherwise it is a parameter of the one before.
fn scheme(member: &str) -> Option<&str> {
    member.split(' ').next().filter(|word| is_token(word))
}

fn challenge(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation).filter(|exchange| exchange.http_status == 401)?;
    let has_one = members(&exchange.headers, &WWW_AUTHENTICATE).any(|member| scheme(member).is_some());
    let wrong =
        || Wrong::new("a 401 with a challenge in WWW-Authenticate", shown(&exchange.headers, &WWW_AUTHENTICATE));
    Some(if has_one { Vec::new() } else { vec![wrong()] })
}

fn bearer(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation).filter(|exchange| exchange.http_status == 401)?;
    // Another check reports a missing challenge.
    exchange.headers.get(WWW_AUTHENTICATE)?;
    let mut schemes = members(&exchange.headers, &WWW_AUTHENTICATE).filter_map(scheme);
    let is_named = schemes.any(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    let wrong = || Wrong::new("a challenge for the scheme Bearer", shown(&exchange.headers, &WWW_AUTHENTICATE));
    Some(if is_named { Vec::new() } else { vec![wrong()] })
}

/// Whether the reply is a page for browsers, as programs before servers write them.
fn is_page(exchange: &Exchange) -> bool {
    let content_type = exchange.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.trim_start().to_ascii_lowercase().starts_with("text/html")
}

fn allowed(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation).filter(|exchange| exchange.http_status == 405)?;
    let method = exchange.request.method.as_str();
    if method.is_empty() || REFUSED_BEFORE.contains(&method) || is_page(exchange) {
        return None;
    }
    let listed: Vec<&str> = members(&exchange.headers, &ALLOW).collect();
    let documented = exchange.endpoint.rest.method;
    // Another check reports that the documented method is refused.
    let is_open = method == documented || !has_documented_path(exchange);
    let expected = if exchange.headers.get(ALLOW).is_none() || !(is_open || listed.contains(&documented)) {
        format!("a 405 with {documented} in Allow")
    } else if listed.contains(&method) && method != documented {
        format!("a 405 without the refused {method} in Allow")
    } else {
        return Some(Vec::new());
    };
    Some(vec![Wrong::new(expected, shown(&exchange.headers, &ALLOW))])
}

fn dated(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation).filter(|exchange| (200..500).contains(&exchange.http_status))?;
    let date = exchange.headers.get(DATE).and_then(|value| value.to_str().ok());
    let is_date = date.is_some_and(|text| {
        text.len() == DATE_LENGTH && text.ends_with(" GMT") && jiff::fmt::rfc2822::parse(text).is_ok()
    });
    let wrong = || Wrong::new("a Date header, such as Sun, 06 Nov 1994 08:49:37 GMT", shown(&exchange.headers, &DATE));
    Some(if is_date { Vec::new() } else { vec![wrong()] })
}

fn field_once(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    let maps = [&exchange.headers, &exchange.trailers];
    let twice = |map: &'_ &HeaderMap, name: &HeaderName| map.get_all(name).iter().nth(1).is_some();
    let wrong = |map: &HeaderMap, name: &HeaderName| {
        let lines = map.get_all(name).iter().count();
        Wrong::new(format!("{name} once"), format!("{lines} lines: {}", shown(map, name)))
    };
    let of_map = |map| SINGLE.iter().filter(move |name| twice(&map, name)).map(move |name| wrong(map, name));
    Some(maps.into_iter().flat_map(of_map).collect())
}

fn framing(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    if exchange.protocol == Protocol::Grpc {
        return None;
    }
    let mut wrongs = Vec::new();
    if exchange.request.method == "HEAD" && !exchange.body.is_empty() {
        wrongs.push(Wrong::new("a reply to HEAD without content", format!("{} bytes", exchange.body.len())));
    }
    if exchange.has_surplus {
        let received = "more bytes on the connection, before another request";
        wrongs.push(Wrong::new("a reply that ends where its headers say", received));
    }
    if exchange.headers.contains_key(TRANSFER_ENCODING) && exchange.headers.contains_key(CONTENT_LENGTH) {
        let received = [TRANSFER_ENCODING, CONTENT_LENGTH].map(|name| shown(&exchange.headers, &name)).join(", ");
        wrongs.push(Wrong::new("Transfer-Encoding or Content-Length", received));
    }
    Some(wrongs)
}

fn conditional(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation).filter(|exchange| !exchange.request.method.is_empty())?;
    let method = exchange.request.method.as_str();
    let is_read = ["GET", "HEAD"].contains(&method);
    let is_range = method == "GET" && exchange.request.headers.contains_key(RANGE);
    let fits = match exchange.http_status {
        304 => is_read,
        206 | 416 => is_range,
        _ => return Some(Vec::new()),
    };
    let wrong = || Wrong::new(format!("an answer to {method}"), format!("HTTP {}", exchange.http_status));
    Some(if fits { Vec::new() } else { vec![wrong()] })
}

fn redirect(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation)?;
    if exchange.request.method.is_empty() || OF_PAGES.contains(&exchange.request.method.as_str()) {
        return None;
    }
    if !(300..400).contains(&exchange.http_status) {
        return Some(Vec::new());
    }
    let location = exchange.headers.get(LOCATION)?.to_str().ok()?;
    let wrong = || Wrong::new("no redirect, or a redirect to the same host", shown(&exchange.headers, &LOCATION));
    Some(if leads_elsewhere(&exchange.request.url, location) { vec![wrong()] } else { Vec::new() })
}

/// Whether a reference (RFC 3986 section 4.1) leads from a URL to another host, or out of TLS. Browsers read a backslash as a slash.
fn leads_elsewhere(url: &str, location: &str) -> bool {
    let Ok(own) = url.parse::<Uri>() else { return false };
    let location = location.trim().replace('\\', "/");
    let absolute = match location.strip_prefix("//") {
        Some(rest) => format!("{}://{rest}", own.scheme_str().unwrap_or("http")),
        None => location,
    };
    // A path is on the same host.
    let Ok(other) = absolute.parse::<Uri>() else { return false };
    let Some(host) = other.host() else { return false };
    let is_downgrade = own.scheme_str() == Some("https") && other.scheme_str() == Some("http");
    !own.host().is_some_and(|own| own.eq_ignore_ascii_case(host)) || is_downgrade
}

/// The content of a reply to TRACE is the request as the server received it: lines of fields.
fn trace(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation).filter(|exchange| exchange.request.method == "TRACE")?;
    let repeated = String::from_utf8_lossy(&exchange.body).to_ascii_lowercase();
    let is_shown = repeated.lines().any(|line| line.starts_with("authorization:"));
    let wrong = || Wrong::new("a reply to TRACE without Authorization", "one that repeats the authorization line");
    Some(if is_shown { vec![wrong()] } else { Vec::new() })
}

fn json_utf8(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation).filter(|exchange| !exchange.body.is_empty())?;
    let content_type = exchange.headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_encoded = exchange.headers.contains_key(http::header::CONTENT_ENCODING);
    if is_encoded || !(essence == "application/json" || essence.ends_with("+json")) {
        return None;
    }
    let received = match std::str::from_utf8(&exchange.body) {
        Err(error) => format!("bytes that are not UTF-8, from byte {} on", error.valid_up_to()),
        Ok(_) if exchange.body.starts_with(MARK) => "a byte order mark".to_owned(),
        Ok(_) => return Some(Vec::new()),
    };
    Some(vec![Wrong::new("JSON in UTF-8, without a byte order mark", received)])
}

fn refusal_code(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = of_rest(observation).filter(|exchange| exchange.http_status >= 400)?;
    let Reply::Refusal(refusal) = &exchange.reply else { return None };
    let code = refusal.json.as_ref()?.get("code")?;
    let says_ok = code.as_i64() == Some(0) || code.as_str() == Some("OK");
    let wrong =
        || Wrong::new("the code of a refusal in the body of a refusal", format!("code {code}, which is a success"));
    Some(if says_ok { vec![wrong()] } else { Vec::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_leads_elsewhere_or_not() {
        let url = "https://login.example:8443/v2/users/1";
        for location in
            ["/v2/users", "../other", "?a=b", "https://login.example/", "//LOGIN.example/x", "https://login.example:1/"]
        {
            assert!(!leads_elsewhere(url, location), "{location}");
        }
        for location in
            ["https://attacker.example/", "//attacker.example/x", "/\\attacker.example", "http://login.example/"]
        {
            assert!(leads_elsewhere(url, location), "{location}");
        }
        assert!(!leads_elsewhere("http://login.example/", "https://login.example/"));
    }

    #[test]
    fn a_challenge_begins_with_its_scheme() {
        assert_eq!(scheme("Bearer realm=\"a b\""), Some("Bearer"));
        assert_eq!(scheme("Negotiate"), Some("Negotiate"));
        assert_eq!(scheme("realm=\"x\""), None);
        assert_eq!(scheme("\"quoted\" text"), None);
    }
}
