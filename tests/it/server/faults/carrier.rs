//! Things that travel twice.

use http::header::ORIGIN;
use http::{HeaderValue, Method};
use proofmark::authenticator::{Client, CreationRequest, Format};
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::webauthn::base64;
use serde_json::{Value, json};

use super::super::{Session, World, call, endpoint, success};
use super::{Raw, Row, assert_shows, either, enrol, listed, names, nobody, outcome, path, send, send_grpc, session};

fn passkey(world: &World) -> Session<'_> {
    session(world, Flow::V2_PASSKEY, Protocol::Rest)
}

/// Starts a passkey of the first subject, with something besides.
async fn start(world: &World, query: &str, headers: &[(&str, &str)], body: &str) -> Raw {
    let session = passkey(world);
    let target = path(&session, Operation::Start, "") + query;
    send(&session, Method::POST, &target, headers, body).await
}

/// The id of the second subject.
fn other(world: &World) -> &str {
    &world.subject(1).user_id
}

fn token(world: &World) -> &str {
    world.subject(1).token.expose()
}

/// Whose handle options over gRPC have.
fn acted_on(world: &World, message: &Value) -> String {
    let raw = Raw { status: http::StatusCode::OK, headers: http::HeaderMap::new(), body: message.to_string().into() };
    raw.acted_on(world)
}

const ROWS: &[Row] = &[
    (
        "carrier-user-id-of-body-acts",
        |world| {
            Box::pin(async move {
                let body = format!(r#"{{"userId":"{}"}}"#, other(world));
                start(world, "", &[], &body).await.acted_on(world)
            })
        },
        "own",
        "other",
    ),
    (
        "carrier-user-id-of-query-acts",
        |world| {
            Box::pin(
                async move { start(world, &format!("?x=1&userId={}", other(world)), &[], "").await.acted_on(world) },
            )
        },
        "own",
        "other",
    ),
    (
        "carrier-user-id-of-header-acts",
        |world| Box::pin(async move { start(world, "", &[("x-user-id", other(world))], "").await.acted_on(world) }),
        "own",
        "other",
    ),
    (
        "carrier-user-id-of-metadata-acts",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V2_U2F, Protocol::Grpc);
                acted_on(world, &send_grpc(&session, Operation::Start, &[("x-user-id", other(world))]).await)
            })
        },
        "own",
        "other",
    ),
    (
        "carrier-factor-id-of-query-removed",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let (first, _) = enrol(&session, "a").await;
                let (second, _) = enrol(&session, "b").await;
                let target = path(&session, Operation::Remove, &first.factor_id);
                let target = format!("{target}?passkeyId={}", second.factor_id);
                send(&session, Method::DELETE, &target, &[], "").await;
                names(&session).await
            })
        },
        "b",
        "a",
    ),
    (
        "carrier-token-of-query-wins",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V1_U2F, Protocol::Rest);
                let target = format!("{}?access_token={}", path(&session, Operation::Start, ""), token(world));
                send(&session, Method::POST, &target, &[], "").await.acted_on(world)
            })
        },
        "own",
        "other",
    ),
    (
        "carrier-token-of-cookie-wins",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V1_PASSWORDLESS, Protocol::Rest);
                let cookie = format!("a=b; access_token={}", token(world));
                let target = path(&session, Operation::Start, "");
                send(&session, Method::POST, &target, &[("cookie", &cookie)], "").await.acted_on(world)
            })
        },
        "own",
        "other",
    ),
    (
        "carrier-method-override",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let (started, _) = enrol(&session, "a").await;
                let target = path(&session, Operation::Verify, &started.factor_id);
                send(&session, Method::POST, &target, &[("x-http-method-override", "DELETE")], "").await;
                listed(&session).await.len().to_string()
            })
        },
        "1",
        "0",
    ),
    (
        "carrier-form-accepted",
        |world| {
            Box::pin(async move {
                let form = [("content-type", "application/x-www-form-urlencoded")];
                start(world, "", &form, "domain=login.example.net").await.status.as_u16().to_string()
            })
        },
        "415",
        "200",
    ),
    (
        "carrier-forwarded-host-is-rp-id",
        |world| {
            Box::pin(async move {
                let reply = start(world, "", &[("x-forwarded-host", "evil.example:443")], "").await.json();
                reply["publicKeyCredentialCreationOptions"]["publicKey"]["rp"]["id"].as_str().expect("an id").to_owned()
            })
        },
        "localhost",
        "evil.example",
    ),
    (
        "carrier-host-is-origin",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let started = session.start().await;
                let client = Client { checks_rp_id: false, ..Client::new("https://evil.example") };
                let request = CreationRequest::new(world.fresh_seed(), Format::None);
                let credential = session.create_as(&started, &client, &request).json;
                let message = session.verify_message(&started.factor_id, &credential, "a").to_string();
                let target = path(&session, Operation::Verify, &started.factor_id);
                let reply = send(&session, Method::POST, &target, &[("host", "evil.example")], &message).await;
                reply.status.as_u16().to_string()
            })
        },
        "400",
        "200",
    ),
    (
        "carrier-domain-of-query-wins",
        |world| {
            Box::pin(async move {
                let reply = start(world, "?domain=login.example.net", &[], "{}").await.json();
                reply["publicKeyCredentialCreationOptions"]["publicKey"]["rp"]["id"].as_str().expect("an id").to_owned()
            })
        },
        "localhost",
        "login.example.net",
    ),
    (
        "carrier-user-handle-gets-credential",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let started = session.start().await;
                let mut credential = session.create(&started, Format::None).json;
                credential["response"]["userHandle"] = json!(base64::encode_url(other(world).as_bytes()));
                session.verify(&started, &credential).await;
                let others = Session::new(world, Flow::V2_PASSKEY, Protocol::Rest, 1);
                format!("{} {}", listed(&session).await.len(), listed(&others).await.len())
            })
        },
        "1 0",
        "0 1",
    ),
    (
        "carrier-remote-user-is-caller",
        |world| {
            Box::pin(async move {
                let nobody = nobody(session(world, Flow::V1_U2F, Protocol::Rest));
                let target = path(&nobody, Operation::Start, "");
                send(&nobody, Method::POST, &target, &[("x-remote-user", other(world))], "").await.acted_on(world)
            })
        },
        "401",
        "other",
    ),
    (
        "carrier-original-url-is-path",
        |world| {
            Box::pin(async move {
                let target = path(&session(world, Flow::V2_U2F, Protocol::Rest), Operation::Start, "");
                let reply = start(world, "", &[("x-original-url", &target)], "").await.json();
                either(reply["passkeyId"].is_string(), "a passkey", "a second factor")
            })
        },
        "a passkey",
        "a second factor",
    ),
    (
        "carrier-authenticator-data-of-envelope",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let started = session.start().await;
                let mut request = CreationRequest::new(world.fresh_seed(), Format::None);
                request.user_verified = Some(false);
                let created = session.create_as(&started, &Client::new("https://localhost"), &request);
                let (mut credential, mut data) = (created.json, created.authenticator_data);
                data[32] |= 4;
                credential["response"]["authenticatorData"] = json!(base64::encode_url(&data));
                outcome(&session.verify(&started, &credential).await)
            })
        },
        "WEBAUTHN-user-verified",
        "accepted",
    ),
    (
        "carrier-origin-header-is-expected",
        |world| {
            Box::pin(async move {
                let (session, elsewhere) = (passkey(world), "https://attacker.example");
                let started = session.start().await;
                let client = Client { checks_rp_id: false, ..Client::new(elsewhere) };
                let request = CreationRequest::new(world.fresh_seed(), Format::None);
                let credential = session.create_as(&started, &client, &request).json;
                let message = session.verify_message(&started.factor_id, &credential, "a");
                let mut call = call(endpoint(session.flow, Operation::Verify), message, session.account.token.expose());
                call.tamper.headers.push((ORIGIN, Some(HeaderValue::from_static(elsewhere))));
                outcome(&world.call(Protocol::Rest, &call).await)
            })
        },
        "WEBAUTHN-origin",
        "accepted",
    ),
    (
        "carrier-path-decoded-twice",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let id = &session.account.user_id;
                let escaped = format!("%25{:02x}{}", id.as_bytes()[0], &id[1..]);
                let target = path(&session, Operation::Start, "").replace(id, &escaped);
                send(&session, Method::POST, &target, &[], "").await.acted_on(world)
            })
        },
        "403",
        "own",
    ),
];

#[tokio::test]
async fn each_contradiction_shows() {
    assert_shows("Carriers that contradict each other", ROWS).await;
}

/// Who is refused by the documented carrier is refused, whatever a second one says: the defects act, they do not permit.
#[tokio::test]
async fn permission_is_asked_for_the_documented_user() {
    let world = World::new().await;
    let session = passkey(&world);
    success(&session.send(Operation::Start, session.message(Operation::Start, "")).await);
    let mut foreign = passkey(&world);
    foreign.account.user_id = other(&world).to_owned();
    let body = format!(r#"{{"userId":"{}"}}"#, world.subject(0).user_id);
    let reply = send(&foreign, Method::POST, &path(&foreign, Operation::Start, ""), &[], &body).await;
    assert_eq!(reply.status.as_u16(), 403);
}
