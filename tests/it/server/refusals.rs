//! Refusals: the exact status and body over each protocol, and the order of the checks.

use bytes::Bytes;
use proofmark::authenticator::Format;
use proofmark::contract::{Endpoint, Flow, GrpcBinding, Operation, Protocol, RestBinding};
use proofmark::server::refusal::{ERROR_DETAIL_TYPE, ERROR_IDS};
use proofmark::transport::{Call, Exchange, Reply};
use proofmark::wire::secret::Secret;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Session, World, call, combinations, endpoint, error_id};

/// The reply is exactly the documented error of this id, in the body (REST) or in status, message and details (gRPC).
fn assert_refused(exchange: &Exchange, id: &str) {
    let entry = ERROR_IDS.iter().find(|entry| entry.id == id).expect("a listed id");
    let place = format!("{} {} {id}: {:?}", exchange.protocol, exchange.endpoint.name, exchange.reply);
    let Reply::Refusal(refusal) = &exchange.reply else { panic!("{place}") };
    let status = refusal.status.as_ref().expect("a status");
    assert_eq!(status.code, entry.code, "{place}");
    let detail = json!({ "@type": ERROR_DETAIL_TYPE, "id": id, "message": status.message });
    assert_eq!(status.details, [detail], "{place}");
    assert!(!status.message.is_empty(), "{place}");
    match exchange.protocol {
        Protocol::Rest => {
            assert_eq!(exchange.http_status, entry.http_status, "{place}");
            assert_eq!(exchange.headers["content-type"], "application/json");
            let body: Value = serde_json::from_slice(&exchange.body).expect("JSON");
            assert_eq!(body, status.to_json());
        }
        _ => assert_eq!(exchange.http_status, 200, "{place}"),
    }
}

#[tokio::test]
async fn each_reason_has_its_status_over_each_protocol() {
    let world = World::new().await;
    for (index, flow, protocol) in combinations() {
        let session = Session::new(&world, flow, protocol, index);
        let no_rights = world.server.accounts.no_rights.clone();
        for operation in Operation::ALL {
            let message = session.verify_or_plain(operation);
            let send = async |token: &str, message: &Value| {
                world.call(protocol, &call(endpoint(flow, operation), message.clone(), token)).await
            };
            assert_refused(&send("", &message).await, "AUTH-missing");
            assert_refused(&send("not-a-token", &message).await, "AUTH-invalid");
            assert_refused(&send(no_rights.token.expose(), &message).await, "PERMISSION-denied");
            if flow.names_user() {
                let own = json_with(&message, "userId", &no_rights.user_id);
                assert_refused(&send(no_rights.token.expose(), &own).await, "PERMISSION-denied");
                assert_refused(&send(world.subject(20).token.expose(), &message).await, "PERMISSION-denied");
                let unknown = json_with(&message, "userId", "404");
                assert_refused(&send(world.subject(20).token.expose(), &unknown).await, "PERMISSION-denied");
                assert_refused(&send(&world.admin(), &unknown).await, "NOTFOUND-user");
            }
            if operation != Operation::Start {
                let missing = if operation == Operation::Verify && !flow.names_user() {
                    "NOTFOUND-registration"
                } else {
                    "NOTFOUND-factor"
                };
                assert_refused(&send(session.account.token.expose(), &message).await, missing);
            }
        }
        let started = session.start().await;
        let mut credential = session.create(&started, Format::None).json;
        credential["type"] = json!("password");
        assert_refused(&session.verify(&started, &credential).await, "WEBAUTHN-credential-json");
    }
}

#[tokio::test]
async fn the_administrator_acts_on_every_user() {
    let world = World::new().await;
    for protocol in Protocol::ALL {
        let mut session = Session::new(&world, Flow::V2_PASSKEY, protocol, 0);
        session.account.token = Secret::new(world.admin());
        let (started, _) = session.enrol().await;
        assert!(matches!(session.remove(&started.factor_id).await.reply, Reply::Success(_)));
    }
}

impl Session<'_> {
    /// A message that passes the limits: for verify with a credential that is none.
    fn verify_or_plain(&self, operation: Operation) -> Value {
        if operation != Operation::Verify {
            return self.message(operation, "12345");
        }
        self.verify_message("12345", &json!({ "id": "A".repeat(60) }), "key")
    }
}

fn json_with(message: &Value, member: &str, text: &str) -> Value {
    let mut changed = message.clone();
    changed[member] = json!(text);
    changed
}

#[tokio::test]
async fn checks_come_in_the_promised_order() {
    let world = World::new().await;
    for protocol in Protocol::ALL {
        let session = Session::new(&world, Flow::V2_U2F, protocol, 0);
        let long = json_with(&session.verify_or_plain(Operation::Verify), "tokenName", &"x".repeat(201));
        let send = async |message: &Value, token: &str, body: Option<fn(Bytes) -> Bytes>| {
            let mut call = call(endpoint(Flow::V2_U2F, Operation::Verify), message.clone(), token);
            call.tamper.body = body;
            error_id(&world.call(protocol, &call).await)
        };
        let broken: fn(Bytes) -> Bytes = |body| body.slice(..body.len() - 1);
        assert_eq!(send(&long, "", Some(broken)).await, "AUTH-missing");
        let framing = if protocol == Protocol::Rest { "REQUEST-json" } else { "REQUEST-frame" };
        let foreign = world.subject(1).token.expose().to_owned();
        assert_eq!(send(&long, &foreign, Some(broken)).await, framing);
        assert_eq!(send(&long, &foreign, None).await, "LIMIT-tokenName");
        let short = session.verify_or_plain(Operation::Verify);
        assert_eq!(send(&short, &foreign, None).await, "PERMISSION-denied");
        assert_eq!(send(&short, session.account.token.expose(), None).await, "NOTFOUND-factor");
    }
}

/// A call of v2/u2f verify that is wrong in its body, content type or method.
fn tampered(session: &Session<'_>, body: Option<fn(Bytes) -> Bytes>, content_type: Option<&str>) -> Call {
    let message = session.verify_or_plain(Operation::Verify);
    let mut call = call(endpoint(Flow::V2_U2F, Operation::Verify), message, session.account.token.expose());
    call.tamper.body = body;
    call.tamper.content_type = content_type.map(str::to_owned);
    call
}

#[tokio::test]
async fn rest_reads_one_json_object() {
    let world = World::new().await;
    let session = Session::new(&world, Flow::V2_U2F, Protocol::Rest, 0);
    let refused =
        async |body: fn(Bytes) -> Bytes| world.call(Protocol::Rest, &tampered(&session, Some(body), None)).await;
    assert_refused(&refused(|_| Bytes::from_static(b"{")).await, "REQUEST-json");
    assert_refused(&refused(|_| Bytes::from_static(b"[]")).await, "REQUEST-json");
    assert_refused(&refused(|_| Bytes::from_static(b"{}{}")).await, "REQUEST-json");
    assert_refused(&refused(|_| Bytes::from_static(b"{\"a\":1,\"a\":1}")).await, "REQUEST-json");
    assert_refused(&refused(|_| Bytes::from_static(b"{\"tokenName\":\"\xff\"}")).await, "REQUEST-json");
    assert_refused(&refused(|_| Bytes::from_static(b"{\"tokenName\":7}")).await, "REQUEST-message");
    assert_refused(&refused(|_| Bytes::from_static(b"{\"publicKeyCredential\":[]}")).await, "REQUEST-message");
    assert_refused(&refused(|_| Bytes::new()).await, "LIMIT-publicKeyCredential");
    assert_refused(&refused(|_| Bytes::from_static(b"{\"unknown\":{\"a\":1}}")).await, "LIMIT-publicKeyCredential");
    assert_refused(&refused(|_| Bytes::from(vec![b' '; 4 * 1024 * 1024 + 1])).await, "REQUEST-body-size");
    assert_refused(&refused(|_| Bytes::from(vec![b' '; 4 * 1024 * 1024])).await, "REQUEST-json");
}

#[tokio::test]
async fn rest_reads_only_json_content() {
    let world = World::new().await;
    let session = Session::new(&world, Flow::V2_U2F, Protocol::Rest, 0);
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "application/grpc", "application/jsonp", ""]
    {
        let exchange = world.call(Protocol::Rest, &tampered(&session, None, Some(content_type))).await;
        assert_refused(&exchange, "REQUEST-content-type");
        assert_eq!(exchange.http_status, 415);
    }
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        let exchange = world.call(Protocol::Rest, &tampered(&session, None, Some(content_type))).await;
        assert_refused(&exchange, "NOTFOUND-factor");
    }
}

#[tokio::test]
async fn rest_knows_its_paths_and_methods() {
    static NOWHERE: Endpoint = Endpoint {
        name: "Nowhere",
        flow: Flow::V2_U2F,
        operation: Operation::Start,
        rest: RestBinding { method: "POST", path: "/v2/users/{userId}/nothing" },
        grpc: Some(GrpcBinding {
            service: "zitadel.user.v2.UserService",
            method: "Nothing",
            request: "zitadel.user.v2.RegisterU2FRequest",
            response: "zitadel.user.v2.RegisterU2FResponse",
        }),
        request: &[],
        response: &[],
        documented_refusals: &[],
        limits: &[],
    };
    let world = World::new().await;
    let session = Session::new(&world, Flow::V2_U2F, Protocol::Rest, 0);
    let nowhere = call(&NOWHERE, session.message(Operation::Start, ""), session.account.token.expose());
    assert_refused(&world.call(Protocol::Rest, &nowhere).await, "NOTFOUND-path");
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        assert_refused(&world.call(protocol, &nowhere).await, "REQUEST-unknown-method");
    }
    for (method, operation, allowed) in [("PUT", Operation::Start, "POST"), ("GET", Operation::Verify, "DELETE")] {
        let mut wrong = call(endpoint(Flow::V2_U2F, operation), session.message(operation, "1"), "");
        wrong.tamper.method = Some(method.to_owned());
        let exchange = world.call(Protocol::Rest, &wrong).await;
        assert_refused(&exchange, "REQUEST-method");
        assert_eq!(exchange.http_status, 405);
        let allow = exchange.headers["allow"].to_str().expect("text");
        assert!(allow.contains(allowed), "{allow}");
    }
}

#[tokio::test]
async fn path_members_may_hold_any_text_and_win_over_the_body() {
    let world = World::new().await;
    for protocol in Protocol::ALL {
        let session = Session::new(&world, Flow::V2_U2F, protocol, 0);
        for id in ["a b", "a/b", "ü?#%", "%2F"] {
            let exchange = session.remove(id).await;
            assert_eq!(error_id(&exchange), "NOTFOUND-factor", "{protocol} {id}");
        }
    }
    let session = Session::new(&world, Flow::V2_U2F, Protocol::Rest, 0);
    let body: fn(Bytes) -> Bytes = |_| Bytes::from_static(b"{\"userId\":\"1\",\"domain\":\"example.org\"}");
    let mut start = call(
        endpoint(Flow::V2_U2F, Operation::Start),
        session.message(Operation::Start, ""),
        session.account.token.expose(),
    );
    start.tamper.body = Some(body);
    assert!(matches!(world.call(Protocol::Rest, &start).await.reply, Reply::Success(_)));
}

#[tokio::test]
async fn grpc_reads_one_plain_message() {
    let world = World::new().await;
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let session = Session::new(&world, Flow::V2_U2F, protocol, 0);
        let refused =
            async |body: fn(Bytes) -> Bytes| world.call(protocol, &tampered(&session, Some(body), None)).await;
        assert_refused(&refused(|_| Bytes::from_static(b"\0\0\0\0\x01\xff")).await, "REQUEST-message");
        assert_refused(&refused(|_| Bytes::from_static(b"\0\0\0\0\x03\x0a\x01\xff")).await, "REQUEST-message");
        assert_refused(&refused(|_| Bytes::new()).await, "REQUEST-frame");
        assert_refused(&refused(|_| Bytes::from_static(b"\0\0\0")).await, "REQUEST-frame");
        assert_refused(&refused(|body| body.slice(..body.len() - 1)).await, "REQUEST-frame");
        assert_refused(&refused(|body| Bytes::from([body.clone(), body].concat())).await, "REQUEST-frame");
        assert_refused(&refused(|body| Bytes::from([&b"\x01"[..], &body[1..]].concat())).await, "REQUEST-frame");
        assert_refused(&refused(|_| Bytes::from_static(b"\0\0\0\0\0")).await, "LIMIT-userId");
        assert_refused(&refused(|_| Bytes::from_static(b"\0\0\x40\0\x01\0")).await, "REQUEST-body-size");
        let long = |_| Bytes::from([&b"\0\0\x40\0\x01"[..], &vec![0; 4 * 1024 * 1024 + 1]].concat());
        assert_refused(&refused(long).await, "REQUEST-body-size");
    }
}

#[tokio::test]
async fn grpc_reads_only_grpc_content() {
    let world = World::new().await;
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let session = Session::new(&world, Flow::V2_U2F, protocol, 0);
        for content_type in ["application/json", "application/grpcx", "application/grpc+json", ""] {
            let exchange = world.call(protocol, &tampered(&session, None, Some(content_type))).await;
            assert_eq!(exchange.http_status, 415, "{protocol} {content_type}");
        }
    }
}

/// Sends a head as it is; gives status line and body.
async fn raw(world: &World, target: &str) -> (String, Value) {
    let mut stream = TcpStream::connect(world.server.address).await.expect("it listens");
    let token = world.admin();
    let head = format!(
        "POST {target} HTTP/1.1\r\nhost: x\r\nauthorization: bearer {token}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("it reads");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.expect("text");
    let (head, body) = reply.split_once("\r\n\r\n").expect("a head");
    (head.lines().next().unwrap_or_default().to_owned(), serde_json::from_str(body).expect("JSON"))
}

#[tokio::test]
async fn odd_paths_are_refused_in_json() {
    let world = World::new().await;
    for (target, status, id) in [
        ("/v2/users/%ff/u2f", "HTTP/1.1 400 Bad Request", "REQUEST-path"),
        ("/v2/users//u2f", "HTTP/1.1 400 Bad Request", "LIMIT-userId"),
        ("/v2/users/1/u2f/", "HTTP/1.1 404 Not Found", "NOTFOUND-path"),
        ("/v2/users/1/u2f?domain=x", "HTTP/1.1 404 Not Found", "NOTFOUND-user"),
        ("/", "HTTP/1.1 404 Not Found", "NOTFOUND-path"),
    ] {
        let (line, body) = raw(&world, target).await;
        assert_eq!((line.as_str(), body["details"][0]["id"].as_str()), (status, Some(id)), "{target}");
    }
}

#[tokio::test]
async fn rest_is_also_spoken_over_http2() {
    let world = World::new().await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("a client");
    let account = world.subject(0);
    let url = format!("{}/v2/users/{}/u2f", world.server.base_url(), account.user_id);
    let response = client.post(&url).bearer_auth(account.token.expose()).send().await.expect("a reply");
    assert_eq!((response.version(), response.status().as_u16()), (http::Version::HTTP_2, 200));
    let refused = client.post(url).send().await.expect("a reply");
    assert_eq!(refused.status().as_u16(), 401);
}
