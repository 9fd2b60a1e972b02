//! The protocols around the API.

use http::{HeaderName, HeaderValue, Method};
use proofmark::authenticator::{Client, CreationRequest, Format};
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::wire::secret::Secret;
use proofmark::wire::{framing, schema};

use super::super::{Session, World, call, endpoint, refusal};
use super::{Raw, Row, assert_shows, client, either, enrol, listed, nobody, path, send, send_by, session};

fn passkey(world: &World) -> Session<'_> {
    session(world, Flow::V2_PASSKEY, Protocol::Rest)
}

/// Sends to the path of a passkey's start.
async fn at_start(world: &World, method: Method, headers: &[(&str, &str)]) -> Raw {
    let session = passkey(world);
    send(&session, method, &path(&session, Operation::Start, ""), headers, "").await
}

/// A header of the answer to a start.
async fn header_of_start(world: &World, name: &str, headers: &[(&str, &str)]) -> String {
    at_start(world, Method::POST, headers).await.header(name)
}

async fn status_of(world: &World, method: Method, headers: &[(&str, &str)]) -> String {
    at_start(world, method, headers).await.status.as_u16().to_string()
}

/// The status in the headers of the answer to a gRPC call that has its message twice.
async fn status_of_two_messages(world: &World) -> String {
    let session = session(world, Flow::V2_PASSKEY, Protocol::Grpc);
    let grpc = endpoint(session.flow, Operation::Start).grpc.as_ref().expect("a method");
    let message = schema::encode(grpc.request, &session.message(Operation::Start, "")).expect("encoded");
    let frame = framing::frame(framing::FLAG_MESSAGE, &message);
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let request = client.post(format!("{}{}", world.server.base_url(), grpc.path()));
    let request = request.bearer_auth(session.account.token.expose()).header("te", "trailers");
    let request = request.header("content-type", "application/grpc").body([&frame[..], &frame[..]].concat());
    let (headers, status) = (request.send().await.expect("a reply").headers().clone(), "grpc-status");
    headers.get(status).map_or_else(|| "none".to_owned(), |value| value.to_str().expect("text").to_owned())
}

const ROWS: &[Row] = &[
    (
        "http-get-removes",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let (started, _) = enrol(&session, "a").await;
                send(&session, Method::GET, &path(&session, Operation::Remove, &started.factor_id), &[], "").await;
                listed(&session).await.len().to_string()
            })
        },
        "1",
        "0",
    ),
    ("http-options-starts", |world| Box::pin(status_of(world, Method::OPTIONS, &[])), "405", "200"),
    (
        "http-trace-answered",
        |world| {
            Box::pin(async move {
                let reply = at_start(world, Method::TRACE, &[]).await;
                let text = String::from_utf8_lossy(&reply.body).into_owned();
                either(text.contains(world.subject(0).token.expose()), "tells", "quiet")
            })
        },
        "quiet",
        "tells",
    ),
    (
        "http-allow-missing",
        |world| Box::pin(async move { at_start(world, Method::PUT, &[]).await.header("allow") }),
        "POST",
        "none",
    ),
    (
        "http-start-not-modified",
        |world| Box::pin(status_of(world, Method::POST, &[("if-none-match", "*")])),
        "200",
        "304",
    ),
    (
        "http-start-cacheable",
        |world| Box::pin(header_of_start(world, "cache-control", &[])),
        "none",
        "public, max-age=600",
    ),
    (
        "http-date-in-iso-form",
        |world| {
            Box::pin(async move {
                let date = header_of_start(world, "date", &[]).await;
                either(date.ends_with("GMT"), "as HTTP has it", "another")
            })
        },
        "as HTTP has it",
        "another",
    ),
    (
        "http-cors-reflects-origin",
        |world| Box::pin(header_of_start(world, "access-control-allow-origin", &[("origin", "https://evil.example")])),
        "none",
        "https://evil.example",
    ),
    (
        "http-cors-trusts-null",
        |world| Box::pin(header_of_start(world, "access-control-allow-origin", &[("origin", "null")])),
        "none",
        "null",
    ),
    ("http-gzip-unasked", |world| Box::pin(header_of_start(world, "content-encoding", &[])), "none", "gzip"),
    (
        "http-gzip-although-refused",
        |world| Box::pin(header_of_start(world, "content-encoding", &[("accept-encoding", "br, gzip;q=0")])),
        "none",
        "gzip",
    ),
    (
        "http-json-with-byte-order-mark",
        |world| {
            Box::pin(async move {
                let reply = at_start(world, Method::POST, &[]).await;
                either(reply.body.starts_with(b"\xef\xbb\xbf{"), "marked", "plain")
            })
        },
        "plain",
        "marked",
    ),
    (
        "http-connection-remembers-caller",
        |world| {
            Box::pin(async move {
                let client = client();
                let own = session(world, Flow::V1_U2F, Protocol::Rest);
                let start = path(&own, Operation::Start, "");
                send_by(&client, &own, Method::POST, &start, &[], "").await;
                send_by(&client, &nobody(own), Method::POST, &start, &[], "").await.acted_on(world)
            })
        },
        "401",
        "own",
    ),
    (
        "http-grpc-refusal-by-http-status",
        |world| {
            Box::pin(async move {
                let nobody = nobody(session(world, Flow::V2_U2F, Protocol::Grpc));
                let exchange = nobody.send(Operation::Start, nobody.message(Operation::Start, "")).await;
                exchange.http_status.to_string()
            })
        },
        "200",
        "401",
    ),
    (
        "http-grpc-status-before-message",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V2_U2F, Protocol::Grpc);
                let exchange = own.send(Operation::Start, own.message(Operation::Start, "")).await;
                let (head, tail) =
                    (exchange.headers.contains_key("grpc-status"), exchange.trailers.contains_key("grpc-status"));
                format!("{head} {tail}")
            })
        },
        "false true",
        "true false",
    ),
    (
        "http-charset-refused",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let named = [("content-type", "application/json; charset=utf-8")];
                let start = path(&session, Operation::Start, "");
                send(&session, Method::POST, &start, &named, "{}").await.status.as_u16().to_string()
            })
        },
        "200",
        "415",
    ),
    (
        "http-grpc-web-trailers-in-title-case",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V2_U2F, Protocol::GrpcWeb);
                let exchange = own.send(Operation::Start, own.message(Operation::Start, "")).await;
                let text = String::from_utf8_lossy(&exchange.body).into_owned();
                either(text.contains("Grpc-Status:"), "title case", "lower case")
            })
        },
        "lower case",
        "title case",
    ),
    (
        "http-grpc-coding-unknown-as-internal",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V2_U2F, Protocol::Grpc);
                let message = own.message(Operation::Start, "");
                let mut call = call(endpoint(own.flow, Operation::Start), message, own.account.token.expose());
                let coding = (HeaderName::from_static("grpc-encoding"), Some(HeaderValue::from_static("snappy")));
                call.tamper.headers.push(coding);
                refusal(&world.call(Protocol::Grpc, &call).await).0.to_string()
            })
        },
        "12",
        "13",
    ),
    (
        "http-error-page-for-browsers",
        |world| {
            Box::pin(async move {
                let nobody = nobody(passkey(world));
                let start = path(&nobody, Operation::Start, "");
                let accept = [("accept", "text/html,*/*;q=0.8")];
                send(&nobody, Method::POST, &start, &accept, "").await.header("content-type")
            })
        },
        "application/json",
        "text/html",
    ),
    (
        "http-expect-refused",
        |world| Box::pin(status_of(world, Method::POST, &[("expect", "100-continue")])),
        "200",
        "417",
    ),
    (
        "http-scheme-exact",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let mut call =
                    call(endpoint(session.flow, Operation::Start), session.message(Operation::Start, ""), "");
                call.authorization = Some(Secret::new(format!("bearer {}", session.account.token.expose())));
                world.call(Protocol::Rest, &call).await.http_status.to_string()
            })
        },
        "200",
        "401",
    ),
    (
        "http-grpc-message-raw",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V2_PASSKEY, Protocol::Grpc);
                let started = own.start().await;
                // No browser sends such an origin.
                let origin = "https://\u{e9}.example".to_owned();
                let client = Client { checks_rp_id: false, origin, ..Client::new("https://e.example") };
                let request = CreationRequest::new(world.fresh_seed(), Format::None);
                let credential = own.create_as(&started, &client, &request).json;
                let exchange = own.verify(&started, &credential).await;
                let message = exchange.headers.get("grpc-message").or(exchange.trailers.get("grpc-message"));
                either(message.expect("a message").as_bytes().is_ascii(), "encoded", "raw")
            })
        },
        "encoded",
        "raw",
    ),
    ("http-grpc-first-message-counts", |world| Box::pin(status_of_two_messages(world)), "3", "none"),
];

#[tokio::test]
async fn each_defect_around_the_api_shows() {
    assert_shows("HTTP and gRPC around the API", ROWS).await;
}
