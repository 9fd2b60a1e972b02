//! Who may share a reply: caches, other origins, and clients that accept only some codings.

use http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, AGE,
    CACHE_CONTROL, CONTENT_ENCODING, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderName};

use super::check::Check;
use super::http::{members, shown};
use super::observation::{Observation, Wrong};
use crate::contract::Protocol;
use crate::outcome::Reason;
use crate::transport::Exchange;
use crate::wire::status::{GRPC_MESSAGE, GRPC_STATUS};

/// No shared cache keeps an answer to a token.
pub const CACHE: Check =
    Check { id: "http-cache", clause: "http/cache", reason: Reason::SecurityUnmet, examine: cache };

/// No foreign origin may read with the user's credentials.
pub const CREDENTIALS: Check = Check {
    id: "http-cors-credentials",
    clause: "http/cors/credentials",
    reason: Reason::SecurityUnmet,
    examine: credentials,
};

/// A reply that depends on the origin says so.
pub const VARIES: Check =
    Check { id: "http-cors-vary", clause: "http/cors/vary", reason: Reason::ShouldUnmet, examine: varies };

/// A script of another origin can read the status of gRPC-Web.
pub const EXPOSED: Check =
    Check { id: "grpc-web-exposed", clause: "grpc/web-exposed", reason: Reason::ShouldUnmet, examine: exposed };

/// A reply has no coding that the request excludes.
pub const CODING: Check =
    Check { id: "http-content-coding", clause: "http/content-coding", reason: Reason::ShouldUnmet, examine: coding };

/// A compressed reply names its coding.
pub const CODING_NAMED: Check = Check {
    id: "http-content-coding-named",
    clause: "http/content-coding/named",
    reason: Reason::WrongShape,
    examine: coding_named,
};

/// Fields that are only for the caches of delivery networks.
static OF_NETWORKS: [HeaderName; 3] = [
    HeaderName::from_static("cdn-cache-control"),
    HeaderName::from_static("cloudflare-cdn-cache-control"),
    HeaderName::from_static("surrogate-control"),
];
/// The first bytes of gzip and of Zstandard; deflate and Brotli have no such mark.
const SIGNS: [(&str, &[u8]); 2] = [("gzip", b"\x1f\x8b"), ("zstd", b"\x28\xb5\x2f\xfd")];

/// The effect of cache directives.
#[derive(Debug, Default)]
struct Directives {
    is_public: bool,
    /// No-store, private or no-cache, for the whole reply.
    is_kept_out: bool,
    is_revalidated: bool,
    seconds: Option<u64>,
    shared_seconds: Option<u64>,
}

impl Directives {
    fn of(headers: &HeaderMap, name: &HeaderName) -> Directives {
        let mut found = Directives::default();
        for member in members(headers, name) {
            let (directive, value) = member.split_once('=').unwrap_or((member, ""));
            let seconds = || value.trim().trim_matches('"').parse().ok();
            match directive.trim().to_ascii_lowercase().as_str() {
                "public" => found.is_public = true,
                // With a value they are about single fields.
                "no-store" | "private" | "no-cache" if value.is_empty() => found.is_kept_out = true,
                "must-revalidate" => found.is_revalidated = true,
                "max-age" => found.seconds = seconds(),
                "s-maxage" => found.shared_seconds = seconds(),
                _ => {}
            }
        }
        found
    }

    /// Whether a shared cache may answer with the reply to a request with a token (RFC 9111 section 3.5) without asking again.
    fn is_shared(&self) -> bool {
        let seconds = self.shared_seconds.or(self.seconds);
        let is_fresh = seconds.is_some_and(|seconds| seconds > 0);
        let is_public = self.is_public && (is_fresh || seconds.is_none());
        !self.is_kept_out && (is_public || (is_fresh && (self.shared_seconds.is_some() || self.is_revalidated)))
    }

    /// The same for a field for delivery networks, where a time is enough.
    fn is_shared_by_network(&self) -> bool {
        !self.is_kept_out && self.shared_seconds.or(self.seconds).is_some_and(|seconds| seconds > 0)
    }
}

fn cache(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = Some(observation.exchange).filter(|exchange| exchange.request.authorized)?;
    let headers = &exchange.headers;
    let mut wrongs = Vec::new();
    let mut add = |name: &HeaderName| {
        wrongs.push(Wrong::new(
            "a reply to a request with a token that shared caches may not keep",
            shown(headers, name),
        ));
    };
    if Directives::of(headers, &CACHE_CONTROL).is_shared() {
        add(&CACHE_CONTROL);
    }
    OF_NETWORKS.iter().filter(|name| Directives::of(headers, name).is_shared_by_network()).for_each(&mut add);
    let age = headers.get(AGE).and_then(|age| age.to_str().ok()?.trim().parse::<u64>().ok());
    if age.is_some_and(|age| age > 0) {
        wrongs.push(Wrong::new(
            "an answer from the target itself",
            format!("an answer from a cache, {}", shown(headers, &AGE)),
        ));
    }
    Some(wrongs)
}

/// The origin that the request was sent for, unless it is the target's own, and the one that is allowed to read the reply.
fn origins<'a>(observation: &Observation<'a>) -> Option<(&'a str, Option<&'a str>)> {
    let exchange = observation.exchange;
    let sent = exchange.request.headers.get(ORIGIN)?.to_str().ok()?;
    let host = sent.split_once("://").map_or("", |(_, host)| host).split(':').next().unwrap_or_default();
    let is_own = observation.rp_id.is_some_and(|rp_id| host == rp_id || host.ends_with(&format!(".{rp_id}")));
    let allowed = exchange.headers.get(ACCESS_CONTROL_ALLOW_ORIGIN).and_then(|value| value.to_str().ok());
    (!is_own).then_some((sent, allowed))
}

fn credentials(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let (sent, allowed) = origins(observation)?;
    let headers = &observation.exchange.headers;
    let has_credentials = headers.get(ACCESS_CONTROL_ALLOW_CREDENTIALS).is_some_and(|value| value == "true");
    let is_foreign = allowed.is_some_and(|allowed| [sent, "*", "null"].contains(&allowed));
    if !(has_credentials && is_foreign) {
        return Some(Vec::new());
    }
    let names = [ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_ALLOW_CREDENTIALS];
    let received = names.map(|name| shown(headers, &name)).join(", ");
    Some(vec![Wrong::new(format!("no credentials for the origin {sent:?}"), received)])
}

fn varies(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let (sent, allowed) = origins(observation)?;
    let headers = &observation.exchange.headers;
    if allowed != Some(sent) {
        return Some(Vec::new());
    }
    let names_origin = members(headers, &VARY).any(|name| name == "*" || name.eq_ignore_ascii_case("origin"));
    let wrong = || Wrong::new("Origin in Vary, because the reply depends on it", shown(headers, &VARY));
    Some(if names_origin { Vec::new() } else { vec![wrong()] })
}

fn exposed(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = Some(observation.exchange).filter(|exchange| exchange.protocol == Protocol::GrpcWeb)?;
    let (_, allowed) = origins(observation)?;
    let headers = &exchange.headers;
    if allowed.is_none() || !headers.contains_key(GRPC_STATUS) {
        return Some(Vec::new());
    }
    let is_exposed = |name: &HeaderName| {
        members(headers, &ACCESS_CONTROL_EXPOSE_HEADERS)
            .any(|known| known == "*" || known.eq_ignore_ascii_case(name.as_str()))
    };
    let hidden = [GRPC_STATUS, GRPC_MESSAGE].into_iter().find(|name| headers.contains_key(name) && !is_exposed(name));
    let wrong = |name: HeaderName| {
        let expected = format!("{name} in Access-Control-Expose-Headers");
        Wrong::new(expected, shown(headers, &ACCESS_CONTROL_EXPOSE_HEADERS))
    };
    Some(hidden.map(wrong).into_iter().collect())
}

/// The coding in the words of RFC 9110 section 8.4.1.
fn canonical(coding: &str) -> String {
    let coding = coding.trim().to_ascii_lowercase();
    coding.strip_prefix("x-").map_or(coding.clone(), str::to_owned)
}

/// Whether an Accept-Encoding accepts a coding.
fn takes(headers: &HeaderMap, coding: &str) -> bool {
    let weight = |member: &str| {
        let (name, parameters) = member.split_once(';').unwrap_or((member, ""));
        let weight = parameters.trim().strip_prefix("q=").map_or(Ok(1.0), |weight| weight.trim().parse::<f32>());
        (canonical(name), weight.unwrap_or(0.0) > 0.0)
    };
    let listed: Vec<(String, bool)> = members(headers, &ACCEPT_ENCODING).map(weight).collect();
    let named = listed.iter().find(|(name, _)| name == coding).or_else(|| listed.iter().find(|(name, _)| name == "*"));
    named.is_some_and(|(_, is_taken)| *is_taken)
}

/// The codings of a reply; none over gRPC, which compresses single messages.
fn codings(exchange: &Exchange) -> Vec<String> {
    let codings = members(&exchange.headers, &CONTENT_ENCODING).map(canonical);
    codings.filter(|coding| coding != "identity").collect()
}

fn coding(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = Some(observation.exchange).filter(|exchange| exchange.protocol != Protocol::Grpc)?;
    // Without the field any coding is acceptable.
    exchange.request.headers.get(ACCEPT_ENCODING)?;
    let excluded = codings(exchange).into_iter().find(|coding| !takes(&exchange.request.headers, coding));
    let wrong = |coding| {
        let expected = format!("a coding of {}", shown(&exchange.request.headers, &ACCEPT_ENCODING));
        Wrong::new(expected, format!("content-encoding: {coding:?}"))
    };
    Some(excluded.map(wrong).into_iter().collect())
}

fn coding_named(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let exchange = observation.exchange;
    if exchange.protocol == Protocol::Grpc || exchange.body.is_empty() {
        return None;
    }
    let codings = codings(exchange);
    let has_sign = |coding: &str| SIGNS.iter().any(|(name, sign)| *name == coding && exchange.body.starts_with(sign));
    let (expected, received) = match codings.last() {
        None => {
            let sign = SIGNS.iter().find(|(_, sign)| exchange.body.starts_with(sign));
            let Some((name, _)) = sign else { return Some(Vec::new()) };
            (format!("content-encoding: {name}"), shown(&exchange.headers, &CONTENT_ENCODING))
        }
        Some(last) if SIGNS.iter().any(|(name, _)| name == last) && !has_sign(last) => {
            (format!("a body in {last}"), "another body".to_owned())
        }
        Some(_) => return Some(Vec::new()),
    };
    Some(vec![Wrong::new(expected, received)])
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("visible"))])
    }

    #[test]
    fn what_a_shared_cache_may_keep() {
        let is_shared = |value| Directives::of(&of(CACHE_CONTROL, value), &CACHE_CONTROL).is_shared();
        for value in
            ["public", "public, max-age=60", "s-maxage=1", "max-age=60, must-revalidate", "Public,max-age=\"9\""]
        {
            assert!(is_shared(value), "{value}");
        }
        for value in [
            "no-store",
            "max-age=60",
            "private, max-age=60, must-revalidate",
            "public, no-store",
            "no-cache, no-store, must-revalidate, max-age=0",
            "public, max-age=0",
            "s-maxage=0",
            "must-revalidate",
            "",
        ] {
            assert!(!is_shared(value), "{value}");
        }
    }

    #[test]
    fn what_an_accept_encoding_takes() {
        let takes = |value, coding| takes(&of(ACCEPT_ENCODING, value), coding);
        assert!(takes("gzip, br;q=0.5", "br") && takes("*", "gzip") && takes("x-gzip", "gzip"));
        assert!(!takes("identity", "gzip") && !takes("gzip;q=0, *", "gzip") && !takes("*;q=0", "br"));
        assert!(!takes("gzip; q=0", "gzip") && !takes("gzip;q=none", "gzip"));
    }
}
