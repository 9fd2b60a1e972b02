use bytes::Bytes;
use http::{HeaderName, HeaderValue};
use serde_json::json;

use super::*;
use crate::contract::{Flow, Operation};
use crate::transport::{Phase, RecordedReply, recorded};

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let line = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
    };
    lines.iter().map(line).collect()
}

/// A reply to a start over a protocol.
fn reply(protocol: Protocol, http_status: u16, lines: &[(&'static str, &str)], body: &str) -> Exchange {
    let endpoint = Flow::V2_PASSKEY.endpoint(Operation::Verify).expect("it has one");
    let body = Bytes::copy_from_slice(body.as_bytes());
    let recorded = recorded(
        protocol,
        endpoint,
        RecordedReply { http_status, headers: headers(lines), trailers: HeaderMap::new(), body },
    );
    recorded.expect("a reply")
}

fn of(exchange: Exchange) -> Option<(FaultKind, bool, Option<u64>)> {
    let fault = Fault::of(&Ok(exchange))?;
    Some((fault.kind, fault.may_be_processed, fault.wait.map(|wait| wait.as_secs())))
}

const OWN: &str = "type.googleapis.com/zitadel.v1.ErrorDetail";

/// An error body in JSON.
fn api(code: i32, message: &str, details: &[Value]) -> String {
    json!({"code": code, "message": message, "details": details}).to_string()
}

#[test]
fn too_many_calls_are_told_over_every_protocol() {
    let limited = |wait| Some((FaultKind::RateLimited, false, wait));
    for protocol in Protocol::ALL {
        assert_eq!(of(reply(protocol, 429, &[("retry-after", "7")], "slow down")), limited(Some(7)), "{protocol}");
        assert_eq!(of(reply(protocol, 429, &[], "")), limited(None), "{protocol}");
    }
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let trailers_only = [("grpc-status", "8"), ("grpc-message", "over%20the%20limit")];
        assert_eq!(of(reply(protocol, 200, &trailers_only, "")), limited(None), "{protocol}");
        let pushback = [("grpc-status", "8"), ("grpc-retry-pushback-ms", "2500")];
        assert_eq!(of(reply(protocol, 200, &pushback, "")), limited(Some(2)), "{protocol}");
    }
    // google.rpc.RetryInfo { retry_delay { seconds: 5 } } is a gateway's detail, not the API's.
    let info = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "value": "CgIIBQ=="});
    assert_eq!(of(reply(Protocol::Rest, 429, &[], &api(8, "no", &[info]))), limited(Some(5)));
    let text = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.5s"});
    assert_eq!(of(reply(Protocol::Rest, 429, &[], &api(8, "no", &[text]))), limited(Some(1)));
    // A gateway's own JSON has no code.
    assert_eq!(of(reply(Protocol::Rest, 429, &[], r#"{"message": "API rate limit exceeded"}"#)), limited(None));
}

#[test]
fn a_date_counts_from_the_replys_own_clock() {
    let date = |lines: &[(&'static str, &str)]| of(reply(Protocol::Rest, 429, lines, "")).and_then(|(.., wait)| wait);
    let sent = ("date", "Sun, 06 Nov 1994 08:49:30 GMT");
    assert_eq!(date(&[sent, ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT")]), Some(7));
    assert_eq!(date(&[sent, ("retry-after", "Sun, 06 Nov 1994 08:49:20 GMT")]), Some(0), "it is over");
    assert_eq!(date(&[("retry-after", "Sun, 06 Nov 1994 08:49:20 GMT")]), Some(0), "by our clock");
    for text in ["", "soon", "-1", "99999999999999999999", "1.5"] {
        assert_eq!(date(&[("retry-after", text)]), None, "{text}");
    }
}

#[test]
fn what_the_api_says_of_an_amount_is_its_answer() {
    let own = |message: &str| json!({"@type": OWN, "id": "LIMIT-1", "message": message});
    assert_eq!(of(reply(Protocol::Rest, 429, &[], &api(8, "the name is refused", &[own("")]))), None);
    assert_eq!(of(reply(Protocol::Rest, 413, &[], &api(8, "the body has more than 4 MiB", &[]))), None);
    let long = "grpc: received message larger than max (5242880 vs. 4194304)";
    assert_eq!(of(reply(Protocol::Rest, 429, &[], &api(8, long, &[]))), None);
    assert_eq!(of(reply(Protocol::Grpc, 200, &[("grpc-status", "8"), ("grpc-message", long)], "")), None);
    // Its own form, and it speaks of the number of calls, or says when to come again.
    let limited = |wait| Some((FaultKind::RateLimited, false, wait));
    let quota = api(8, "the quota of requests is exhausted", &[own("")]);
    assert_eq!(of(reply(Protocol::Rest, 429, &[], &quota)), limited(None));
    let again = api(8, "no", &[own("")]);
    assert_eq!(of(reply(Protocol::Rest, 429, &[("retry-after", "3")], &again)), limited(Some(3)));
}

#[test]
fn a_long_request_may_be_refused_for_its_length_with_the_same_code() {
    let mut exchange = reply(Protocol::Grpc, 200, &[("grpc-status", "8")], "");
    exchange.request.body = Bytes::from(vec![0; LONG]);
    assert_eq!(of(exchange), None);
}

#[test]
fn a_gateways_error_is_told_from_the_apis() {
    let gateway = |wait| Some((FaultKind::Gateway, true, wait));
    let html = [("content-type", "text/html"), ("server", "nginx")];
    for protocol in Protocol::ALL {
        for http in [502, 503, 504] {
            assert_eq!(of(reply(protocol, http, &html, "<html>")), gateway(None), "{protocol} {http}");
            assert_eq!(of(reply(protocol, http, &[], "")), gateway(None), "{protocol} {http}");
        }
        assert_eq!(of(reply(protocol, 503, &[("retry-after", "1")], "")), gateway(Some(1)), "{protocol}");
        assert_eq!(of(reply(protocol, 500, &html, "<html>")), None, "{protocol}: a server that failed");
    }
    assert_eq!(of(reply(Protocol::Rest, 503, &html, &api(14, "down", &[]))), None, "the API's own");
    assert_eq!(of(reply(Protocol::Rest, 503, &[], r#"{"code": "five", "message": 7}"#)), None, "in the API's form");
    assert_eq!(of(reply(Protocol::Rest, 502, &[], r#"{"message": "bad gateway"}"#)), gateway(None));
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let said = |lines: &[(&'static str, &str)]| of(reply(protocol, 200, lines, ""));
        assert_eq!(said(&[("grpc-status", "14"), ("server", "envoy")]), gateway(None), "{protocol}");
        assert_eq!(said(&[("grpc-status", "14"), ("via", "1.1 proxy")]), gateway(None), "{protocol}");
        let words = ("grpc-message", "upstream connect error or disconnect/reset before headers");
        assert_eq!(said(&[("grpc-status", "14"), words]), gateway(None), "{protocol}");
        assert_eq!(said(&[("grpc-status", "14"), ("grpc-message", "the store is away")]), None, "{protocol}");
        assert_eq!(said(&[("grpc-status", "13"), ("server", "envoy")]), None, "{protocol}");
    }
}

#[test]
fn answers_are_no_faults() {
    assert_eq!(of(reply(Protocol::Rest, 200, &[("retry-after", "1")], "{}")), None);
    assert_eq!(of(reply(Protocol::Rest, 400, &[("server", "nginx")], &api(3, "no", &[]))), None);
    assert_eq!(of(reply(Protocol::Grpc, 200, &[("grpc-status", "3"), ("server", "envoy")], "")), None);
}

#[test]
fn what_was_not_sent_says_nothing_of_the_target() {
    let address = || "http://target".to_owned();
    let why = || "why".to_owned();
    let after = Duration::from_secs(1);
    let told = |error| Fault::of(&Err(error)).map(|fault| (fault.kind, fault.may_be_processed));
    use TransportError as E;
    let unreachable = Some((FaultKind::Unreachable, false));
    assert_eq!(told(E::Unreachable { address: address(), why: why() }), unreachable);
    assert_eq!(told(E::Resolve { address: address(), why: why() }), unreachable);
    assert_eq!(told(E::Tls { address: address(), why: why() }), unreachable);
    assert_eq!(told(E::TimedOut { address: address(), after, during: Phase::Connect }), unreachable);
    assert_eq!(told(E::Reset { address: address(), during: Phase::Connect, why: why() }), unreachable);
    let said = |by| told(E::NotProcessed { address: address(), by, why: why() });
    assert_eq!(said(Unprocessed::GoAway), Some((FaultKind::GoAway, false)));
    assert_eq!(said(Unprocessed::Calm), Some((FaultKind::RateLimited, false)));
    assert_eq!(said(Unprocessed::RefusedStream), Some((FaultKind::RefusedStream, false)));
    assert_eq!(told(E::Stale { address: address(), why: why() }), Some((FaultKind::Stale, true)));
    // The target's word.
    assert_eq!(told(E::TimedOut { address: address(), after, during: Phase::Headers }), None);
    assert_eq!(told(E::Reset { address: address(), during: Phase::Headers, why: why() }), None);
    assert_eq!(told(E::NotHttp { address: address(), why: why() }), None);
}
