//! gRPC-Web replies that are broken, and the two legal places of a status.

use bytes::Bytes;
use proofmark::contract::Protocol;
use proofmark::transport::{Exchange, Reply, TransportError};
use proofmark::wire::framing::frame;
use serde_json::json;

use super::server::{Answer, answering, reply, scripted};
use super::{limits, refusal, send, unreadable};

async fn web(status: &str, headers: &str, body: &[u8]) -> Result<Exchange, TransportError> {
    let headers = format!("content-type: application/grpc-web+proto\r\n{headers}");
    send(Protocol::GrpcWeb, &scripted(reply(status, &headers, body)).await).await
}

async fn ok(body: &[u8]) -> Result<Exchange, TransportError> {
    web("200 OK", "", body).await
}

/// `{"u2fId": "7"}`
const MESSAGE: &[u8] = b"\x12\x017";

fn framed(parts: &[(u8, &[u8])]) -> Vec<u8> {
    parts.iter().flat_map(|(flags, payload)| frame(*flags, payload)).collect()
}

#[tokio::test]
async fn a_success_has_a_message_and_a_trailer_frame() {
    let exchange = ok(&framed(&[(0, MESSAGE), (0x80, b"grpc-status: 0\r\n")])).await.expect("a reply");
    assert_eq!(exchange.reply, Reply::Success(json!({"u2fId": "7"})));
    assert_eq!(exchange.trailers["grpc-status"], "0");
    assert_eq!(exchange.request.headers["x-grpc-web"], "1");
    assert_eq!(exchange.request.headers["content-type"], "application/grpc-web+proto");
}

#[tokio::test]
async fn a_refusal_can_be_in_the_headers_or_in_the_trailer_frame() {
    let in_headers = web("200 OK", "grpc-status: 5\r\ngrpc-message: gone%21\r\n", b"").await.expect("a reply");
    let block = b"grpc-status:5\r\ngrpc-message:gone%21\r\n";
    let in_frame = ok(&framed(&[(0x80, block)])).await.expect("a reply");
    assert_eq!(in_headers.reply, in_frame.reply);
    let status = refusal(&in_headers).status.as_ref().expect("a status");
    assert_eq!((status.code, status.message.as_str()), (5, "gone!"));
    assert_eq!(refusal(&in_frame).json, Some(json!({"code": 5, "message": "gone!", "details": []})));
    assert!(in_headers.trailers.is_empty());
}

#[tokio::test]
async fn broken_frames_are_named() {
    let trailers: (u8, &[u8]) = (0x80, b"grpc-status:0\r\n");
    let cases = [
        (b"\0\xff\xff\xff\xffx".to_vec(), "states 4294967295 bytes"),
        (b"\0\0".to_vec(), "too few"),
        (framed(&[(1, MESSAGE), trailers]), "compressed"),
        (framed(&[(2, MESSAGE), trailers]), "flags 0x02"),
        (framed(&[(0, MESSAGE), (0x81, b"grpc-status:0\r\n")]), "compressed"),
        (framed(&[trailers, trailers]), "flags 0x80"),
        (framed(&[(0, MESSAGE), (0x80, b"no colon")]), "trailer line 1"),
    ];
    for (body, why) in cases {
        match ok(&body).await {
            Err(TransportError::BadFrame { why: said, .. }) => assert!(said.contains(why), "{said}"),
            other => panic!("{other:?} for {body:?}"),
        }
    }
}

#[tokio::test]
async fn replies_without_sense_are_unreadable() {
    let cases = [
        (framed(&[(0, MESSAGE)]), "no grpc-status"),
        (framed(&[(0, MESSAGE), (0x80, b"")]), "no grpc-status"),
        (vec![], "no grpc-status"),
        (framed(&[(0x80, b"grpc-status: five\r\n")]), "not a number"),
        (framed(&[(0x80, b"grpc-status:0\r\n")]), "0 messages"),
        (framed(&[(0, MESSAGE), (0, MESSAGE), (0x80, b"grpc-status:0\r\n")]), "2 messages"),
        (framed(&[(0, b"\xff"), (0x80, b"grpc-status:0\r\n")]), "RegisterU2FResponse"),
        (framed(&[(0, b"\x12\x01\xff"), (0x80, b"grpc-status:0\r\n")]), "RegisterU2FResponse"),
    ];
    for (body, why) in cases {
        let exchange = ok(&body).await.expect("a reply");
        assert!(unreadable(&exchange).contains(why), "{}", unreadable(&exchange));
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_grpc_has_no_status() {
    let exchange = web("415 Unsupported", "", b"<html>").await.expect("a reply");
    assert_eq!((refusal(&exchange).status.as_ref(), refusal(&exchange).json.as_ref()), (None, None));
    let exchange = web("404 Not Found", "", br#"{"code": 5}"#).await.expect("a reply");
    assert_eq!(refusal(&exchange).json, Some(json!({"code": 5})));
    let exchange = web("500 Broken", "", &framed(&[(0, MESSAGE), (0x80, b"grpc-status:0\r\n")])).await;
    assert!(unreadable(&exchange.expect("a reply")).contains("HTTP status 500"));
}

#[tokio::test]
async fn connections_are_reused() {
    let body: Bytes = framed(&[(0, MESSAGE), (0x80, b"grpc-status:0\r\n")]).into();
    let answer = Answer { trailers: None, ..Answer::ok(body) };
    for protocol in [Protocol::Rest, Protocol::GrpcWeb] {
        let (base_url, connections) = answering(answer.clone()).await;
        let transport = super::transport(protocol, &base_url, &limits());
        for _ in 0..5 {
            transport.send(&super::call()).await.expect("a reply");
        }
        assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1, "{protocol}");
    }
}
