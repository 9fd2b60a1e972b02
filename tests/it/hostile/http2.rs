//! gRPC replies over HTTP/2 without TLS.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use proofmark::contract::Protocol;
use proofmark::transport::{Exchange, Phase, Reply, Tamper, TransportError};
use proofmark::wire::framing::frame;
use serde_json::json;

use super::server::{Answer, answering, hanging, scripted};
use super::{PATIENCE, call, failure, impatient, limits, refusal, transport, unreadable};

/// `{"u2fId": "7"}`
const MESSAGE: &[u8] = b"\x12\x017";

async fn exchange(answer: Answer) -> Result<Exchange, TransportError> {
    super::send(Protocol::Grpc, &answering(answer).await.0).await
}

#[tokio::test]
async fn a_success_is_read_and_the_connection_kept() {
    let (base_url, connections) = answering(Answer::ok(frame(0, MESSAGE))).await;
    let transport = transport(Protocol::Grpc, &base_url, &limits());
    for _ in 0..5 {
        let exchange = transport.send(&call()).await.expect("a reply");
        assert_eq!(exchange.reply, Reply::Success(json!({"u2fId": "7"})));
        assert_eq!(exchange.trailers["grpc-status"], "0");
        assert_eq!(exchange.headers["content-type"], "application/grpc");
        assert_eq!(exchange.request.headers["te"], "trailers");
        assert_eq!(exchange.request.headers["grpc-timeout"], "10000m");
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn concurrent_calls_share_the_transport() {
    let (base_url, _) = answering(Answer::ok(frame(0, MESSAGE))).await;
    for protocol in [Protocol::Grpc, Protocol::Rest] {
        let transport = transport(protocol, &base_url, &limits());
        let calls = (0..50).map(|_| {
            let transport = std::sync::Arc::clone(&transport);
            tokio::spawn(async move { transport.send(&call()).await.is_ok() })
        });
        for sent in calls.collect::<Vec<_>>() {
            assert!(sent.await.expect("no panic"), "{protocol}");
        }
    }
}

#[tokio::test]
async fn a_status_can_come_without_a_body() {
    let headers =
        &[("content-type", "application/grpc"), ("grpc-status", "7"), ("grpc-message", "no%20rights %E2%82%AC")];
    let answer = Answer { http_status: 200, headers, ..Answer::default() };
    let exchange = exchange(answer).await.expect("a reply");
    let status = refusal(&exchange).status.as_ref().expect("a status");
    assert_eq!((status.code, status.message.as_str()), (7, "no rights €"));
    assert!(exchange.trailers.is_empty());
}

#[tokio::test]
async fn details_that_cannot_be_read_do_not_hide_the_status() {
    // Any {type_url: "t/no.Such", value: 0x01}, then one of a known type whose value is not a message.
    const UNKNOWN: &str = "CAMaDwoJdC9uby5TdWNoEgEBAA";
    const NOT_BASE64: &str = "!!";
    let known = "type.googleapis.com/zitadel.v1.ErrorDetail";
    let status = |details: &'static str| {
        let trailers: Vec<_> = vec![("grpc-status", "3"), ("grpc-status-details-bin", details)];
        Answer { data: vec![], trailers: Some(trailers.leak()), ..Answer::ok("") }
    };
    for details in [UNKNOWN, NOT_BASE64] {
        let exchange = exchange(status(details)).await.expect("a reply");
        let read = refusal(&exchange).status.clone().expect("a status");
        assert_eq!((read.code, read.details.len()), (3, 0), "{details}");
    }
    let some = proofmark::wire::status::Status {
        code: 3,
        message: String::new(),
        details: vec![
            json!({"@type": known, "id": "X-1"}),
            json!({"@type": known, "value": "/w=="}),
            json!({"@type": "t/no.Such", "value": "AQ=="}),
        ],
    };
    for padding in ["", "="] {
        let header = some.to_headers().expect("encodes")["grpc-status-details-bin"].to_str().expect("ASCII").to_owned();
        let padded = if header.len() % 4 == 3 { format!("{header}{padding}") } else { header };
        let exchange = exchange(status(padded.leak())).await.expect("a reply");
        assert_eq!(refusal(&exchange).status.as_ref(), Some(&some));
    }
}

#[tokio::test]
async fn replies_without_sense_are_unreadable() {
    let ok = || Answer::ok(frame(0, MESSAGE));
    let cases = [
        (Answer { trailers: None, ..ok() }, "no grpc-status"),
        (Answer { trailers: Some(&[("x", "y")]), ..ok() }, "no grpc-status"),
        (Answer { trailers: Some(&[("grpc-status", "")]), ..ok() }, "not a number"),
        (Answer { data: vec![], ..ok() }, "0 messages"),
        (Answer { data: vec![frame(0, MESSAGE), frame(0, MESSAGE)], ..ok() }, "2 messages"),
        (Answer::ok(frame(0, b"\xff\xff")), "RegisterU2FResponse"),
        (Answer { http_status: 500, ..ok() }, "HTTP status 500"),
    ];
    for (answer, why) in cases {
        let exchange = exchange(answer).await.expect("a reply");
        assert!(unreadable(&exchange).contains(why), "{}", unreadable(&exchange));
    }
}

#[tokio::test]
async fn broken_frames_are_named() {
    let cases = [
        (frame(1, MESSAGE), "compressed"),
        (frame(0x80, MESSAGE), "flags 0x80"),
        (Bytes::from_static(b"\0\x7f\xff\xff\xff123"), "states 2147483647 bytes, and 3 follow"),
        (Bytes::from_static(b"\0\0\0"), "too few"),
    ];
    for (data, why) in cases {
        match exchange(Answer::ok(data)).await {
            Err(TransportError::BadFrame { why: said, .. }) => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?} instead of {why}"),
        }
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_grpc_has_no_status() {
    for (http_status, body) in [(415, ""), (404, "<html>")] {
        let answer = Answer { http_status, trailers: None, headers: &[], ..Answer::ok(body) };
        let exchange = exchange(answer).await.expect("a reply");
        assert_eq!((exchange.http_status, refusal(&exchange).status.as_ref()), (http_status, None));
    }
}

#[tokio::test]
async fn a_reset_stream_is_a_reset() {
    let answer = Answer { trailers: None, reset: true, ..Answer::ok(frame(0, MESSAGE)) };
    match exchange(answer).await {
        Err(TransportError::Reset { during: Phase::Body, .. }) => {}
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn limits_hold_over_http2() {
    let flood = Answer { data: vec![Bytes::from_static(&[0; 32 << 10]); 6400], ..Answer::ok("") };
    let (base_url, _) = answering(flood).await;
    assert_eq!(failure(Protocol::Grpc, &base_url, &limits()).await.0, "body-too-large");
    let long: &'static str = "a".repeat(20 << 10).leak();
    let headers: &'static [_] = vec![("x-long", long)].leak();
    let (base_url, _) = answering(Answer { headers, ..Answer::ok(frame(0, MESSAGE)) }).await;
    let (cause, text) = failure(Protocol::Grpc, &base_url, &limits()).await;
    assert_eq!(cause, "headers-too-large", "{text}");
    let (base_url, _) = answering(Answer { trailers: Some(headers), ..Answer::ok(frame(0, MESSAGE)) }).await;
    let (cause, text) = failure(Protocol::Grpc, &base_url, &limits()).await;
    assert_eq!(cause, "headers-too-large", "{text}");
}

#[tokio::test]
async fn what_does_not_speak_http2_is_named() {
    let base_url = scripted(&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..]).await;
    let (cause, text) = failure(Protocol::Grpc, &base_url, &limits()).await;
    // The reply that is not HTTP/2 and the end of the connection race each other.
    assert!(matches!(cause, "not-http" | "reset"), "{cause}: {text}");
    let base_url = hanging(b"").await;
    let error = transport(Protocol::Grpc, &base_url, &impatient()).send(&call()).await.expect_err("hangs");
    assert_eq!(error, TransportError::TimedOut { address: base_url, after: PATIENCE, during: Phase::Headers });
}

#[tokio::test]
async fn a_transport_recovers_from_a_lost_connection() {
    let (base_url, connections) = answering(Answer { trailers: None, reset: true, ..Answer::ok("") }).await;
    let transport = transport(Protocol::Grpc, &base_url, &limits());
    for _ in 0..3 {
        assert_eq!(transport.send(&call()).await.expect_err("reset").cause(), "reset");
    }
    assert!(connections.load(Ordering::SeqCst) >= 1);
}

#[tokio::test]
async fn tampering_reaches_the_wire() {
    let (base_url, _) = answering(Answer::ok(frame(0, MESSAGE))).await;
    let tamper = Tamper {
        body: Some(|framed| framed.slice(..3)),
        content_type: Some("text/plain".to_owned()),
        method: Some("PUT".to_owned()),
        ..Tamper::default()
    };
    for protocol in Protocol::ALL {
        let tampered = proofmark::transport::Call { tamper: tamper.clone(), ..call() };
        let sent = transport(protocol, &base_url, &limits()).send(&tampered).await.expect("a reply").request;
        assert_eq!((sent.method.as_str(), sent.body.len()), ("PUT", 3), "{protocol}");
        assert_eq!(sent.headers["content-type"], "text/plain", "{protocol}");
    }
}
