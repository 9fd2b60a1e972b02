//! The only place that decides what a call without a verdict means: whether it was sent, whether it was provably not processed,
//! whether a gateway answered, and whether the target did.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER, SERVER, VIA};
use prost::Message as _;
use serde_json::Value;

use super::error::{TransportError, Unprocessed};
use super::exchange::{Exchange, Refusal, Reply};
use crate::contract::Protocol;
use crate::wire::status::{Code, Status};

/// Names of programs that stand before servers, as `server` has them.
const GATEWAYS: [&str; 15] = [
    "akamai",
    "awselb",
    "caddy",
    "cloudflare",
    "cloudfront",
    "envoy",
    "google frontend",
    "haproxy",
    "istio",
    "kong",
    "linkerd",
    "nginx",
    "openresty",
    "traefik",
    "varnish",
];
/// Their texts about the server behind them.
const GATEWAY_WORDS: [&str; 4] =
    ["upstream connect error", "no healthy upstream", "upstream request timeout", "upstream unavailable"];
/// Libraries refuse a message that is too long with RESOURCE_EXHAUSTED, each in its own words. Such a refusal is not about the number of calls.
const SIZE_WORDS: [&str; 5] =
    ["larger than", "too large", "message size", "maximum size", "exceeds the maximum configured"];
/// Words of a server about too many calls, also in the API's own form.
const RATE_WORDS: [&str; 5] = ["rate limit", "too many requests", "quota", "throttl", "slow down"];
/// Bytes from which on a request may be refused for its length.
const LONG: usize = 1 << 20;
/// Milliseconds after which a call may be tried again (gRPC proposal A6).
const PUSHBACK: &str = "grpc-retry-pushback-ms";

proofmark_support::named! {
    /// The reason why there is no answer of the target.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum FaultKind by name {
        /// There are too many calls: HTTP 429, RESOURCE_EXHAUSTED, or GOAWAY with ENHANCE_YOUR_CALM.
        RateLimited = "rate-limited",
        /// A gateway says that the server behind it does not answer.
        Gateway = "gateway",
        /// There was no connection.
        Unreachable = "unreachable",
        /// GOAWAY: the connection takes no more calls.
        GoAway = "go-away",
        /// REFUSED_STREAM.
        RefusedStream = "refused-stream",
        /// A connection that was kept had ended.
        Stale = "stale-connection",
    }
}

/// A call that says nothing about the target, and whether it may be sent again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The reason.
    pub kind: FaultKind,
    /// Whether the target may have processed the request. If so, it must not be sent again unless that does no harm.
    pub may_be_processed: bool,
    /// How long to wait before it is sent again, if the answer said so.
    pub wait: Option<Duration>,
    /// What was seen, in one line; hostile text.
    pub seen: String,
}

impl Fault {
    /// The fault that a call shows; `None` if the target itself answered, whether well or badly.
    pub fn of(sent: &Result<Exchange, TransportError>) -> Option<Fault> {
        match sent {
            Ok(exchange) => Fault::of_reply(exchange),
            Err(error) => Fault::of_error(error),
        }
    }

    /// Of a call without a reply. What ended before the request was sent says nothing about the target, nor does a call that it says it did
    /// not process, nor the end of a connection that it had kept for too long. All else is the target's word.
    fn of_error(error: &TransportError) -> Option<Fault> {
        let (kind, may_be_processed) = match error {
            TransportError::NotProcessed { by: Unprocessed::Calm, .. } => (FaultKind::RateLimited, false),
            TransportError::NotProcessed { by: Unprocessed::GoAway, .. } => (FaultKind::GoAway, false),
            TransportError::NotProcessed { by: Unprocessed::RefusedStream, .. } => (FaultKind::RefusedStream, false),
            TransportError::Stale { .. } => (FaultKind::Stale, true),
            _ if error.is_without_connection() => (FaultKind::Unreachable, false),
            _ => return None,
        };
        Some(Fault { kind, may_be_processed, wait: None, seen: error.to_string() })
    }

    fn of_reply(exchange: &Exchange) -> Option<Fault> {
        let Reply::Refusal(refusal) = &exchange.reply else { return None };
        let wait = wait(exchange, refusal.status.as_ref(), SystemTime::now());
        let after = wait.map(|wait| format!(", to be tried again after {} s", wait.as_secs_f64())).unwrap_or_default();
        let fault =
            |kind, may_be_processed, seen: &str| Fault { kind, may_be_processed, wait, seen: format!("{seen}{after}") };
        if is_rate_limit(exchange, refusal) && (wait.is_some() || !speaks_for_itself(refusal)) {
            return Some(match exchange.http_status {
                429 => fault(FaultKind::RateLimited, false, "HTTP 429"),
                http => fault(FaultKind::RateLimited, false, &format!("HTTP {http}, code 8 (RESOURCE_EXHAUSTED)")),
            });
        }
        if !is_of_a_gateway(exchange, refusal) {
            return None;
        }
        let code = refusal.status.as_ref().map(|status| status.code).filter(|code| *code != 0);
        let code = code.map(|code| format!(", code {code}")).unwrap_or_default();
        Some(fault(FaultKind::Gateway, true, &format!("HTTP {}{code} of a gateway", exchange.http_status)))
    }
}

/// Whether a refusal is for the number of calls: HTTP 429, or RESOURCE_EXHAUSTED. Libraries refuse a message that is too long with the same
/// code, but that is not about the number of calls.
fn is_rate_limit(exchange: &Exchange, refusal: &Refusal) -> bool {
    let exhausted = refusal.status.as_ref().filter(|status| status.code == Code::RESOURCE_EXHAUSTED.number());
    let Some(status) = exhausted else { return exchange.http_status == 429 };
    let message = status.message.to_lowercase();
    let is_about_size = exchange.http_status == 413 || SIZE_WORDS.iter().any(|words| message.contains(words));
    !is_about_size && exchange.request.body.len() < LONG
}

/// Whether the details of a refusal are the API's own, as no gateway makes them, and its words are not about the number of calls.
fn speaks_for_itself(refusal: &Refusal) -> bool {
    let Some(status) = &refusal.status else { return false };
    let is_own = |kind: &str| !kind.contains("google.rpc.");
    let own = status.details.iter().filter_map(|detail| detail.get("@type").and_then(Value::as_str)).any(is_own);
    let message = status.message.to_lowercase();
    own && !RATE_WORDS.iter().any(|words| message.contains(words))
}

/// A bad gateway, an unavailable service or a time-out, in a form that is not the API's: no status of gRPC, no error body, or, over gRPC,
/// UNAVAILABLE without details in a reply in which a gateway names itself.
fn is_of_a_gateway(exchange: &Exchange, refusal: &Refusal) -> bool {
    let is_api_body = match exchange.protocol {
        Protocol::Rest => {
            refusal.json.as_ref().is_some_and(|json| json.get("code").is_some() && json.get("message").is_some())
        }
        Protocol::Grpc | Protocol::GrpcWeb => refusal.status.is_some(),
    };
    if !is_api_body {
        return matches!(exchange.http_status, 502..=504);
    }
    let unavailable = refusal.status.as_ref().filter(|status| {
        status.code == Code::UNAVAILABLE.number() && status.details.is_empty() && exchange.protocol != Protocol::Rest
    });
    unavailable.is_some_and(|status| {
        let message = status.message.to_lowercase();
        names_a_gateway(&exchange.headers) || GATEWAY_WORDS.iter().any(|words| message.contains(words))
    })
}

fn names_a_gateway(headers: &HeaderMap) -> bool {
    let server = headers.get(SERVER).map(|value| String::from_utf8_lossy(value.as_bytes()).to_lowercase());
    headers.contains_key(VIA) || server.is_some_and(|server| GATEWAYS.iter().any(|name| server.contains(name)))
}

/// How long to wait: `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), gRPC's pushback, or `google.rpc.RetryInfo`.
fn wait(exchange: &Exchange, status: Option<&Status>, now: SystemTime) -> Option<Duration> {
    let text =
        |headers: &HeaderMap, name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let either = |name: &str| text(&exchange.headers, name).or_else(|| text(&exchange.trailers, name));
    let after = either(RETRY_AFTER.as_str()).and_then(|value| retry_after(value.trim(), &exchange.headers, now));
    let pushback = || either(PUSHBACK)?.trim().parse().ok().map(Duration::from_millis);
    after.or_else(pushback).or_else(|| status?.details.iter().find_map(retry_info))
}

/// A date counts from the time of the reply, by its own clock where it says so.
fn retry_after(value: &str, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let seconds = |text: &str| jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp().as_second());
    let sent = headers.get(DATE).and_then(|date| seconds(date.to_str().ok()?));
    let now = || i64::try_from(now.duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs()).ok();
    let left = seconds(value)?.saturating_sub(sent.or_else(now)?);
    Some(Duration::from_secs(u64::try_from(left).unwrap_or(0)))
}

/// The delay in a detail: as JSON, or as the bytes of a message that the API does not have.
fn retry_info(detail: &Value) -> Option<Duration> {
    detail.get("@type").and_then(Value::as_str).filter(|kind| kind.ends_with("google.rpc.RetryInfo"))?;
    if let Some(text) = detail.get("retryDelay").and_then(Value::as_str) {
        return Duration::try_from_secs_f64(text.strip_suffix('s')?.parse().ok()?).ok();
    }
    // `retry_delay` is its only field: a tag, a length, and a Duration.
    let bytes = STANDARD.decode(detail.get("value")?.as_str()?).ok()?;
    let delay = prost_types::Duration::decode(bytes.get(2..).filter(|_| bytes.first() == Some(&0x0a))?).ok()?;
    delay.try_into().ok()
}

#[cfg(test)]
mod tests;
