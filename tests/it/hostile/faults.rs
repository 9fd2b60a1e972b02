//! What a target says of a call that it did not process, and what it says before it has read the whole of one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use proofmark::contract::Protocol;
use proofmark::transport::{
    Address, Call, Connection, Exchange, Limits, Phase, Tamper, TlsOptions, TransportError, Unprocessed,
};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::matrix::frames::{self, NO_ERROR, REFUSED_STREAM};
use super::server::{raw, read_request, reply};
use super::{call, limits, refusal, tls, transport};

const INTERNAL_ERROR: u32 = 2;
const CANCEL: u32 = 8;

/// A server of HTTP/2 that answers a request, as soon as its first frames have come, with these and says no more.
async fn frames_of(bytes: Vec<u8>) -> String {
    raw(move |mut stream| {
        let bytes = bytes.clone();
        async move {
            // The preface has 24 bytes, SETTINGS and WINDOW_UPDATE come with it; the headers of a call are longer than both.
            let mut read = vec![0; 64 << 10];
            let mut count = 0;
            while count < 200 {
                count += stream.read(&mut read).await.unwrap_or(200);
            }
            let _ = stream.write_all(&[frames::frame(4, 0, 0, b""), bytes].concat()).await;
            std::future::pending::<()>().await;
        }
    })
    .await
}

async fn grpc(bytes: Vec<u8>) -> Result<Exchange, TransportError> {
    super::send(Protocol::Grpc, &frames_of(bytes).await).await
}

/// The headers of a reply and a part of its frame.
fn half() -> Vec<u8> {
    let head = frames::reply(1, &[("content-type", "application/grpc")]);
    [head, frames::data(0, 1, b"\0\0\0\0\x03\x12")].concat()
}

#[tokio::test]
async fn what_was_not_processed_is_told_from_what_ended() {
    let unprocessed = [
        (frames::go_away(0, NO_ERROR), Unprocessed::GoAway),
        (frames::go_away(0, INTERNAL_ERROR), Unprocessed::GoAway),
        (frames::go_away(0, frames::ENHANCE_YOUR_CALM), Unprocessed::Calm),
        (frames::reset(1, REFUSED_STREAM), Unprocessed::RefusedStream),
    ];
    for (bytes, expected) in unprocessed {
        match grpc(bytes).await {
            Err(TransportError::NotProcessed { by, .. }) => assert_eq!(by, expected),
            other => panic!("{other:?} is not {expected:?}"),
        }
    }
    for code in [INTERNAL_ERROR, CANCEL, frames::ENHANCE_YOUR_CALM] {
        let sent = grpc(frames::reset(1, code)).await;
        assert!(matches!(sent, Err(TransportError::Reset { during: Phase::Headers, .. })), "{code}: {sent:?}");
    }
    // Too late to say so: a part of the reply is there.
    for end in [frames::go_away(0, NO_ERROR), frames::reset(1, REFUSED_STREAM)] {
        let sent = grpc([half(), end].concat()).await;
        assert!(matches!(sent, Err(TransportError::Reset { during: Phase::Body, .. })), "{sent:?}");
    }
}

#[tokio::test]
async fn a_reply_that_a_reset_cuts_off_is_no_whole_one() {
    for code in [NO_ERROR, CANCEL, INTERNAL_ERROR] {
        let sent = grpc([half(), frames::reset(1, code)].concat()).await;
        assert!(matches!(sent, Err(TransportError::Reset { during: Phase::Body, .. })), "{code}: {sent:?}");
    }
    // After a whole reply the rest of the request is not wanted.
    let whole = frames::trailers_only(1, &[("content-type", "application/grpc"), ("grpc-status", "9")]);
    let exchange = grpc([whole, frames::reset(1, NO_ERROR)].concat()).await.expect("a reply");
    assert_eq!(refusal(&exchange).status.as_ref().map(|status| status.code), Some(9));
}

/// Answers the first request of each connection, and ends it at the second without a word. Gives the number of requests too.
async fn forgetful() -> (String, Arc<AtomicUsize>) {
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&requests);
    let base_url = raw(move |mut stream| {
        let counter = Arc::clone(&counter);
        async move {
            for answer in [Some(reply("200 OK", "content-type: application/json\r\n", b"{}")), None] {
                if read_request(&mut stream).await.is_empty() {
                    return;
                }
                counter.fetch_add(1, Ordering::SeqCst);
                let _ = stream.write_all(&answer.unwrap_or_default()).await;
            }
        }
    })
    .await;
    (base_url, requests)
}

#[tokio::test]
async fn a_kept_connection_that_ends_is_no_word_about_the_call() {
    let (base_url, requests) = forgetful().await;
    let transport = transport(Protocol::Rest, &base_url, &limits());
    transport.send(&call()).await.expect("a reply");
    assert_eq!(transport.send(&call()).await.expect_err("closed").cause(), "stale");
    transport.send(&call()).await.expect("over a new one");
    // Who asks for a connection of its own gets none that was kept.
    transport.send_over(&call(), Connection::New).await.expect("over a new one");
    assert_eq!(requests.load(Ordering::SeqCst), 4, "nothing was sent twice unasked");
}

/// A call with a body of 5 MiB.
fn long() -> Call {
    Call { tamper: Tamper { body: Some(|_| Bytes::from(vec![b' '; 5 << 20])), ..Tamper::default() }, ..call() }
}

/// Reads the beginning of a request, answers, and closes with the rest unread.
async fn answer_early<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, answer: &[u8]) {
    let (mut some, mut count) = (vec![0; 1024], 0);
    while count < 300 {
        count += stream.read(&mut some).await.unwrap_or(300);
    }
    let _ = stream.write_all(answer).await;
    let _ = stream.flush().await;
    // Dropped with bytes that nobody read: the connection is reset.
    tokio::time::sleep(Duration::from_millis(20)).await;
}

const TOO_LONG: &str = "connection: close\r\ncontent-type: application/json\r\n";

#[tokio::test]
async fn a_reply_that_comes_before_the_request_was_read_is_read() {
    let answer = reply("413 Payload Too Large", TOO_LONG, b"{\"code\": 8, \"message\": \"too large\"}");
    let plain = answer.clone();
    let base_url = raw(move |stream| {
        let answer = plain.clone();
        async move { answer_early(stream, &answer).await }
    })
    .await;
    // What is lost is a race between the two sides, so that once says nothing.
    for _ in 0..20 {
        for protocol in [Protocol::Rest, Protocol::GrpcWeb] {
            let exchange = transport(protocol, &base_url, &limits()).send(&long()).await.expect("a reply");
            assert_eq!(exchange.http_status, 413, "{protocol}");
        }
    }
    let (acceptor, pem) = tls::accepting(&[b"http/1.1"]);
    let base_url = raw(move |stream| {
        let (acceptor, answer) = (acceptor.clone(), answer.clone());
        async move {
            // The reply is not to wait for what comes of the session tickets before it.
            stream.set_nodelay(true).expect("a connection");
            if let Ok(stream) = acceptor.accept(stream).await {
                answer_early(stream, &answer).await;
            }
        }
    })
    .await;
    let tls = TlsOptions { extra_roots_pem: Some(pem), ..TlsOptions::default() };
    let address = Address { tls, ..Address::new(tls::at_localhost(&base_url)) };
    for _ in 0..5 {
        let transport = transport::connect(Protocol::Rest, &address, &Limits::default()).expect("a good address");
        assert_eq!(transport.send(&long()).await.expect("a reply").http_status, 413);
    }
}

#[tokio::test]
async fn a_refusal_over_http2_that_comes_early_is_read() {
    let headers = [("content-type", "application/grpc"), ("grpc-status", "8"), ("grpc-message", "too large")];
    let refusals = [
        frames::trailers_only(1, &headers),
        [frames::trailers_only(1, &headers), frames::reset(1, NO_ERROR)].concat(),
        [frames::trailers_only(1, &headers), frames::go_away(1, NO_ERROR)].concat(),
    ];
    for bytes in refusals {
        let base_url = frames_of(bytes).await;
        let exchange = transport(Protocol::Grpc, &base_url, &limits()).send(&long()).await.expect("a reply");
        assert_eq!(refusal(&exchange).status.as_ref().map(|status| status.code), Some(8));
    }
    // The connection is reset with the reply before it.
    let settings = frames::frame(4, 0, 0, b"");
    let answer = [settings, frames::trailers_only(1, &headers), frames::reset(1, NO_ERROR)].concat();
    let base_url = raw(move |stream| {
        let answer = answer.clone();
        async move { answer_early(stream, &answer).await }
    })
    .await;
    let exchange = transport(Protocol::Grpc, &base_url, &limits()).send(&long()).await.expect("a reply");
    assert_eq!(refusal(&exchange).status.as_ref().map(|status| status.code), Some(8));
}
