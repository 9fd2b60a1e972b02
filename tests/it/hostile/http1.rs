//! HTTP/1.1 that breaks off, hangs, lies or floods.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proofmark::contract::Protocol;
use proofmark::transport::{Call, Phase, Reply, Respelled, Tamper, TransportError, spelling};
use proofmark::wire::status::Status;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::server::{Answer, answering, hanging, raw, read_request, reply, scripted};
use super::{PATIENCE, call, failure, impatient, limits, refusal, send, transport, unreadable};

/// The protocols that travel over HTTP/1.1.
const HTTP1: [Protocol; 2] = [Protocol::Rest, Protocol::GrpcWeb];

async fn expect_reset(bytes: &'static [u8], phase: Phase) {
    let base_url = scripted(bytes).await;
    for protocol in HTTP1 {
        match send(protocol, &base_url).await {
            Err(TransportError::Reset { during, address, .. }) => {
                assert_eq!((during, &address), (phase, &base_url), "{protocol}");
            }
            other => panic!("{protocol}: {other:?} after {bytes:?}"),
        }
    }
}

#[tokio::test]
async fn a_reply_that_breaks_off_is_a_reset() {
    expect_reset(b"", Phase::Headers).await;
    expect_reset(b"HTTP/1.1 200 OK\r\ncontent-le", Phase::Headers).await;
    expect_reset(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"details\"", Phase::Body).await;
    expect_reset(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a", Phase::Body).await;
    expect_reset(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n", Phase::Body).await;
}

/// Such bytes would be read as the reply to the next request on the connection.
#[tokio::test]
async fn bytes_behind_a_reply_are_seen() {
    let rows: [(&[u8], &str, bool); 5] = [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "POST", false),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n", "POST", true),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n}", "POST", true),
        (b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 2\r\n\r\n", "HEAD", false),
        (b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 2\r\n\r\n{}", "HEAD", true),
    ];
    for (bytes, method, has_surplus) in rows {
        let base_url = hanging(bytes).await;
        let tamper = Tamper { method: Some(method.to_owned()), ..Tamper::default() };
        let exchange = transport(Protocol::Rest, &base_url, &limits()).send(&Call { tamper, ..call() }).await;
        let exchange = exchange.expect("a reply");
        assert_eq!((exchange.has_surplus, exchange.is_http2), (has_surplus, false), "{method}: {exchange:?}");
    }
}

#[tokio::test]
async fn headers_host_and_the_form_of_the_path_are_what_a_step_says() {
    let (sender, mut received) = tokio::sync::mpsc::channel(1);
    let base_url = raw(move |mut stream| {
        let sender = sender.clone();
        async move {
            let request = read_request(&mut stream).await;
            let _ = stream.write_all(&reply("200 OK", "", b"{}")).await;
            let _ = sender.send(request.to_ascii_lowercase()).await;
        }
    })
    .await;
    let name = |name: &'static str| http::HeaderName::from_static(name);
    let value = |text: &'static str| Some(http::HeaderValue::from_static(text));
    let absolute = spelling::find("absolute-form").map(|spelling| Respelled { spelling, another: String::new() });
    let tamper = Tamper {
        headers: vec![(name("accept"), value("a")), (name("accept"), value("b")), (name("host"), None)],
        path: absolute,
        ..Tamper::default()
    };
    transport(Protocol::Rest, &base_url, &limits()).send(&Call { tamper, ..call() }).await.expect("a reply");
    let request = received.recv().await.expect("a request");
    assert!(request.starts_with(&format!("post {base_url}/")), "{request}");
    assert!(request.contains("\r\naccept: a\r\naccept: b\r\n") && !request.contains("\r\nhost:"), "{request}");
    let trailing = spelling::find("trailing-slash").map(|spelling| Respelled { spelling, another: String::new() });
    let tamper = Tamper { path: trailing, ..Tamper::default() };
    transport(Protocol::Rest, &base_url, &limits()).send(&Call { tamper, ..call() }).await.expect("a reply");
    let request = received.recv().await.expect("a request");
    assert!(
        request.starts_with("post /") && request.contains("/ http/1.1\r\n") && request.contains("\r\nhost:"),
        "{request}"
    );
}

#[tokio::test]
async fn a_connection_closed_at_once_is_a_reset() {
    let base_url = raw(|stream| async move { drop(stream) }).await;
    for protocol in Protocol::ALL {
        let (cause, text) = failure(protocol, &base_url, &limits()).await;
        assert_eq!(cause, "reset", "{protocol}: {text}");
    }
}

#[tokio::test]
async fn a_hang_ends_at_the_deadline() {
    let replies: [(&[u8], Phase); 3] = [
        (b"", Phase::Headers),
        (b"HTTP/1.1 200 OK\r\ncontent", Phase::Headers),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", Phase::Body),
    ];
    for (bytes, phase) in replies {
        let base_url = hanging(bytes).await;
        let error = transport(Protocol::Rest, &base_url, &impatient()).send(&call()).await;
        let expected = TransportError::TimedOut { address: base_url, after: PATIENCE, during: phase };
        assert_eq!(error.expect_err("hangs"), expected);
    }
}

#[tokio::test]
async fn an_endless_body_is_cut_at_the_limit() {
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let (gone, mut noticed) = tokio::sync::mpsc::channel(1);
    let base_url = raw(move |mut stream| {
        let (counter, gone) = (Arc::clone(&counter), gone.clone());
        async move {
            read_request(&mut stream).await;
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            let chunk = [&b"10000\r\n"[..], &[b' '; 0x10000], b"\r\n"].concat();
            while counter.load(Ordering::SeqCst) < 200 << 20 && stream.write_all(&chunk).await.is_ok() {
                counter.fetch_add(chunk.len(), Ordering::SeqCst);
            }
            let _ = gone.send(()).await;
        }
    })
    .await;
    let error = send(Protocol::Rest, &base_url).await.expect_err("too long");
    assert_eq!(error, TransportError::BodyTooLarge { address: base_url, limit: 64 << 10 });
    noticed.recv().await.expect("the server saw the connection end");
    let written = written.load(Ordering::SeqCst);
    assert!(written < 50 << 20, "{written} bytes were taken off the server");
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_not_waited_for() {
    let base_url = hanging(b"HTTP/1.1 200 OK\r\ncontent-length: 209715200\r\n\r\n{").await;
    for protocol in HTTP1 {
        assert_eq!(failure(protocol, &base_url, &limits()).await.0, "body-too-large");
    }
}

#[tokio::test]
async fn bytes_after_the_declared_length_are_not_read() {
    let base_url = scripted(&b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}garbage"[..]).await;
    let exchange = send(Protocol::Rest, &base_url).await.expect("a reply");
    assert_eq!(exchange.reply, Reply::Success(json!({})));
    assert_eq!(exchange.body.as_ref(), b"{}");
    let lies = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}";
    assert_eq!(failure(Protocol::Rest, &scripted(&lies[..]).await, &limits()).await.0, "not-http");
}

#[tokio::test]
async fn long_headers_are_refused() {
    let long = |bytes: usize| reply("200 OK", &format!("x-long: {}\r\n", "a".repeat(bytes)), b"{}");
    let many = reply("200 OK", &"x-many: a\r\n".repeat(5000), b"{}");
    for flood in [long(20 << 10), long(2 << 20), many] {
        let base_url = scripted(flood).await;
        let (cause, text) = failure(Protocol::Rest, &base_url, &limits()).await;
        assert_eq!(cause, "headers-too-large", "{text}");
    }
    let exchange = send(Protocol::Rest, &scripted(long(8 << 10)).await).await.expect("within the limit");
    assert_eq!(exchange.headers["x-long"].len(), 8 << 10);
}

#[tokio::test]
async fn what_is_not_http_is_named() {
    for bytes in [&b"SSH-2.0-OpenSSH_9.6\r\n"[..], b"HTTP/1.1 two hundred\r\n\r\n", b"\0\0\0\0\0\0\0\0\0\0"] {
        let (cause, text) = failure(Protocol::Rest, &scripted(bytes).await, &limits()).await;
        assert_eq!(cause, "not-http", "{text}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_object_are_unreadable() {
    let deep = [b"[".repeat(30_000), b"]".repeat(30_000)].concat();
    let deep_objects = br#"{"a":"#.repeat(12_000);
    let cases: [(&[u8], &str); 6] = [
        (b"{\"a\": \"\xff\"}", "UTF-8"),
        (&deep, "recursion limit"),
        (&deep_objects, "recursion limit"),
        (b"<html>", "not JSON"),
        (b"", "not JSON"),
        (b"[1]", "not an object"),
    ];
    for (body, why) in cases {
        let exchange = send(Protocol::Rest, &scripted(reply("200 OK", "", body)).await).await.expect("a reply");
        assert!(unreadable(&exchange).contains(why), "{}", unreadable(&exchange));
        let exchange = send(Protocol::Rest, &scripted(reply("400 Bad", "", body)).await).await.expect("a reply");
        assert_eq!(refusal(&exchange).status, None);
    }
}

#[tokio::test]
async fn a_hundred_thousand_levels_do_not_exhaust_the_stack() {
    let base_url = scripted(reply("200 OK", "", &b"[".repeat(100_000))).await;
    let wide = proofmark::transport::Limits { max_body: 1 << 20, ..limits() };
    let exchange = transport(Protocol::Rest, &base_url, &wide).send(&call()).await.expect("a reply");
    assert!(unreadable(&exchange).contains("recursion limit"));
}

#[tokio::test]
async fn a_refusal_is_read_as_far_as_it_goes() {
    let body = br#"{"code": "five", "message": "gone", "details": [{"@type": "t", "id": "X-1"}, 7]}"#;
    let exchange = send(Protocol::Rest, &scripted(reply("404 Not Found", "", body)).await).await.expect("a reply");
    let details = vec![json!({"@type": "t", "id": "X-1"}), json!(7)];
    assert_eq!(refusal(&exchange).status, Some(Status { code: 0, message: "gone".into(), details }));
    assert_eq!(refusal(&exchange).json.as_ref().map(|json| &json["code"]), Some(&json!("five")));
    let exchange = send(Protocol::Rest, &scripted(reply("201 Created", "", b"{}")).await).await.expect("a reply");
    assert_eq!((exchange.http_status, refusal(&exchange).json.clone()), (201, Some(json!({}))));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let target = elsewhere.local_addr().expect("bound");
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let headers = format!("location: http://{target}/v2/users/1/u2f\r\n");
        let base_url = scripted(reply(status, &headers, b"")).await;
        for protocol in HTTP1 {
            let exchange = send(protocol, &base_url).await.expect("a reply");
            assert_eq!(Some(exchange.http_status), status[..3].parse().ok());
            assert_eq!(refusal(&exchange).status, None);
        }
    }
    let followed = tokio::time::timeout(std::time::Duration::from_millis(20), elsewhere.accept()).await;
    assert!(followed.is_err(), "a request went where the redirect pointed");
}

#[tokio::test]
async fn a_compressed_body_is_not_inflated() {
    let base_url = scripted(reply("200 OK", "content-encoding: gzip\r\n", b"\x1f\x8b\x08\0\0")).await;
    let exchange = send(Protocol::Rest, &base_url).await.expect("a reply");
    assert_eq!(exchange.body.as_ref(), b"\x1f\x8b\x08\0\0");
    assert!(unreadable(&exchange).contains("UTF-8"));
}

#[tokio::test]
async fn the_request_is_sent_as_documented() {
    let (seen, mut requests) = tokio::sync::mpsc::channel(4);
    let base_url = raw(move |mut stream| {
        let seen = seen.clone();
        async move {
            let _ = seen.send(read_request(&mut stream).await).await;
            let _ = stream.write_all(&reply("200 OK", "", b"{}")).await;
        }
    })
    .await;
    let exchange = send(Protocol::Rest, &base_url).await.expect("a reply");
    let request = requests.recv().await.expect("a request").to_ascii_lowercase();
    assert!(request.starts_with("post /v2/users/u%2f1/u2f http/1.1\r\n"), "{request}");
    assert!(request.ends_with("\r\n\r\n{\"domain\":\"localhost\"}"), "{request}");
    for line in ["content-type: application/json", "accept: application/json", "authorization: bearer not-for-others"] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} in {request}");
    }
    assert!(!request.contains("accept-encoding"), "{request}");
    assert!(exchange.request.authorized && !format!("{exchange:?}").contains("not-for-others"));
}

#[tokio::test]
async fn dot_segments_are_sent_as_they_are() {
    let (seen, mut first_lines) = tokio::sync::mpsc::unbounded_channel();
    let base_url = raw(move |mut stream| {
        let seen = seen.clone();
        async move {
            let request = read_request(&mut stream).await;
            let _ = seen.send(request.lines().next().unwrap_or_default().to_owned());
            let _ = stream.write_all(&reply("200 OK", "", b"{}")).await;
        }
    })
    .await;
    let dots = Call { message: json!({"userId": "../.."}).into(), ..call() };
    transport(Protocol::Rest, &base_url, &limits()).send(&dots).await.expect("a reply");
    let parent = Call { message: json!({"userId": ".."}).into(), ..call() };
    transport(Protocol::Rest, &base_url, &limits()).send(&parent).await.expect("a reply");
    assert_eq!(first_lines.recv().await.as_deref(), Some("POST /v2/users/..%2F../u2f HTTP/1.1"));
    assert_eq!(first_lines.recv().await.as_deref(), Some("POST /v2/users/../u2f HTTP/1.1"));
}

/// A connection that is closed between two calls costs no call.
#[tokio::test]
async fn a_connection_that_the_target_closed_is_not_used_again() {
    let answer = reply("200 OK", "content-type: application/json\r\n", b"{}");
    // It closes after each reply without saying so.
    let base_url = scripted(answer).await;
    let transport = transport(Protocol::Rest, &base_url, &limits());
    for _ in 0..20 {
        let exchange = transport.send(&call()).await.expect("a reply");
        assert!(exchange.timings.set_up.is_some(), "each call needs its connection");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn set_up_is_told_apart_from_the_call() {
    let (base_url, connections) =
        answering(Answer { headers: &[("content-type", "application/json")], ..Answer::ok("{}") }).await;
    let transport = transport(Protocol::Rest, &base_url.replace("127.0.0.1", "localhost"), &limits());
    let first = transport.send(&call()).await.expect("a reply").timings.set_up.expect("a new connection");
    assert!(first.resolve.is_some() && first.tls.is_none(), "{first:?}");
    for _ in 0..5 {
        assert_eq!(transport.send(&call()).await.expect("a reply").timings.set_up, None);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

/// The target may be closing it at that moment.
#[tokio::test]
async fn a_connection_that_was_idle_for_long_is_not_used_again() {
    let answer = || Answer { headers: &[("content-type", "application/json")], ..Answer::ok("{}") };
    let (base_url, connections) = answering(answer()).await;
    let transport = transport(Protocol::Rest, &base_url, &limits());
    transport.send(&call()).await.expect("a reply");
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    transport.send(&call()).await.expect("a reply");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}
