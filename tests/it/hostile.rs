//! Targets that misbehave: the transports name what happened and stay within their bounds.

mod faults;
mod http1;
mod http2;
pub mod matrix;
pub mod server;
pub mod tls;
mod web;

use std::sync::Arc;
use std::time::Duration;

use proofmark::contract::{Endpoint, Flow, Operation, Protocol};
use proofmark::transport::{self, Address, Call, Exchange, Limits, Reply, Tamper, Transport, TransportError};
use proofmark::wire::secret::Secret;
use serde_json::json;

/// Short enough for the tests of hanging targets, long enough for a busy machine to answer.
const PATIENCE: Duration = Duration::from_millis(150);

fn endpoint() -> &'static Endpoint {
    Flow::V2_U2F.endpoint(Operation::Start).expect("every flow has a start")
}

pub fn call() -> Call {
    Call {
        endpoint: endpoint(),
        message: json!({"userId": "u/1", "domain": "localhost"}).into(),
        authorization: Some(Secret::new("Bearer not-for-others")),
        tamper: Tamper::default(),
    }
}

pub fn limits() -> Limits {
    Limits { max_body: 64 << 10, max_header_bytes: 16 << 10, ..Limits::default() }
}

fn impatient() -> Limits {
    Limits { timeout: PATIENCE, ..limits() }
}

fn transport(protocol: Protocol, base_url: &str, limits: &Limits) -> Arc<dyn Transport> {
    transport::connect(protocol, &Address::new(base_url), limits).expect("a good address")
}

async fn send(protocol: Protocol, base_url: &str) -> Result<Exchange, TransportError> {
    transport(protocol, base_url, &limits()).send(&call()).await
}

/// Cause and text of the error that a call ends with.
async fn failure(protocol: Protocol, base_url: &str, limits: &Limits) -> (&'static str, String) {
    let error = transport(protocol, base_url, limits).send(&call()).await.expect_err("no reply can be had");
    (error.cause(), error.to_string())
}

fn unreadable(exchange: &Exchange) -> &str {
    match &exchange.reply {
        Reply::Unreadable(why) => why,
        other => panic!("{other:?} was read"),
    }
}

fn refusal(exchange: &Exchange) -> &transport::Refusal {
    match &exchange.reply {
        Reply::Refusal(refusal) => refusal,
        other => panic!("{other:?} is not a refusal"),
    }
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("http://{}", listener.local_addr().expect("bound"));
    drop(listener);
    for protocol in Protocol::ALL {
        let (cause, text) = failure(protocol, &base_url, &limits()).await;
        assert_eq!(cause, "unreachable", "{protocol}: {text}");
        assert!(text.contains(&base_url) && text.contains("refused"), "{protocol}: {text}");
    }
}

#[tokio::test]
async fn a_name_without_address_is_named() {
    for protocol in Protocol::ALL {
        let (cause, text) = failure(protocol, "http://no-such-host.invalid:1", &limits()).await;
        assert_eq!(cause, "resolve", "{protocol}: {text}");
    }
}

#[test]
fn bad_addresses_are_refused_at_once() {
    for base_url in [
        "",
        "localhost:80",
        "ftp://localhost",
        "http://",
        "http://user:secret-word@host",
        "http://host/?q=1",
        "http://ho st",
    ] {
        for protocol in Protocol::ALL {
            let error = transport::connect(protocol, &Address::new(base_url), &limits()).expect_err("bad address");
            assert_eq!(error.cause(), "address", "{base_url:?}: {error}");
            assert!(!error.to_string().contains("secret-word"));
        }
    }
}

#[tokio::test]
async fn a_message_that_does_not_fit_is_not_sent() {
    let unknown = Call { message: json!({"nonsense": 1}).into(), ..call() };
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let error = transport(protocol, "http://127.0.0.1:1", &limits()).send(&unknown).await.expect_err("refused");
        assert_eq!(error.cause(), "encode");
    }
    let list = Call { message: json!(["userId"]).into(), ..call() };
    for protocol in Protocol::ALL {
        let error = transport(protocol, "http://127.0.0.1:1", &limits()).send(&list).await.expect_err("refused");
        assert_eq!(error.cause(), "other", "{protocol}: {error}");
    }
}
