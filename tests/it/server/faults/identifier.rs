//! User handles, ways to tell who there is, and options that clients can't answer.

use http::Method;
use proofmark::authenticator::Format;
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::transport::{Exchange, Reply};
use serde_json::{Value, json};

use super::super::{Session, World, success};
use super::{Row, administrator, assert_shows, either, enrol, excluded, nobody, outcome, path, send, session};

fn passkey(world: &World) -> Session<'_> {
    session(world, Flow::V2_PASSKEY, Protocol::Rest)
}

async fn handle(session: &Session<'_>) -> Vec<u8> {
    session.start().await.options.user.id
}

/// A member of the options of a start.
async fn option(world: &World, flow: Flow, pointer: &str) -> String {
    let started = session(world, flow, Protocol::Rest).start().await;
    started.raw_options.pointer(&format!("/publicKey{pointer}")).expect("a member").to_string()
}

/// The reply to a start that asks for something.
async fn start_with(session: &Session<'_>, member: &str, value: &str) -> Value {
    let mut message = session.message(Operation::Start, "");
    message[member] = json!(value);
    success(&session.send(Operation::Start, message).await).clone()
}

/// A start for another user, by one who may not.
async fn denied(world: &World, user_id: &str) -> Exchange {
    let mut session = passkey(world);
    session.account.user_id = user_id.to_owned();
    session.send(Operation::Start, session.message(Operation::Start, "")).await
}

/// What is seen of a user that exists and of one that does not.
async fn told_apart(world: &World, seen: fn(&Exchange) -> Value) -> String {
    let known = denied(world, &world.subject(1).user_id).await;
    let unknown = denied(world, "404404404").await;
    either(seen(&known) == seen(&unknown), "alike", "apart")
}

fn error(exchange: &Exchange) -> Value {
    match &exchange.reply {
        Reply::Refusal(refusal) => refusal.json.clone().unwrap_or_default(),
        other => panic!("{other:?}"),
    }
}

const ROWS: &[Row] = &[
    (
        "identifier-handle-is-login-name-in-v1",
        |world| {
            Box::pin(async move {
                let handle = handle(&session(world, Flow::V1_U2F, Protocol::Rest)).await;
                either(handle == b"user-2@localhost", "the login name", "another")
            })
        },
        "another",
        "the login name",
    ),
    (
        "identifier-handle-by-kind",
        |world| {
            Box::pin(async move {
                let u2f = handle(&session(world, Flow::V2_U2F, Protocol::Rest)).await;
                either(u2f == handle(&passkey(world)).await, "one", "two")
            })
        },
        "one",
        "two",
    ),
    (
        "identifier-handle-of-few",
        |world| {
            Box::pin(async move {
                let ninth = handle(&Session::new(world, Flow::V2_PASSKEY, Protocol::Rest, 8)).await;
                either(ninth == handle(&passkey(world)).await, "shared", "own")
            })
        },
        "own",
        "shared",
    ),
    (
        "identifier-handle-changes-after-removal",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let before = handle(&session).await;
                let (started, _) = enrol(&session, "a").await;
                success(&session.remove(&started.factor_id).await);
                either(before == handle(&session).await, "stays", "changes")
            })
        },
        "stays",
        "changes",
    ),
    (
        "identifier-oracle-status",
        |world| Box::pin(told_apart(world, |exchange| json!(exchange.http_status))),
        "alike",
        "apart",
    ),
    (
        "identifier-oracle-message",
        |world| Box::pin(told_apart(world, |exchange| error(exchange)["message"].clone())),
        "alike",
        "apart",
    ),
    (
        "identifier-oracle-details",
        |world| Box::pin(told_apart(world, |exchange| json!(error(exchange)["details"].as_array().map(Vec::len)))),
        "alike",
        "apart",
    ),
    (
        "identifier-oracle-before-authentication",
        |world| {
            Box::pin(async move {
                let mut nobody = nobody(passkey(world));
                nobody.account.user_id = "404404404".to_owned();
                let start = path(&nobody, Operation::Start, "");
                send(&nobody, Method::POST, &start, &[], "").await.status.as_u16().to_string()
            })
        },
        "401",
        "404",
    ),
    ("identifier-timeout-in-seconds", |world| Box::pin(option(world, Flow::V2_U2F, "/timeout")), "300000", "300"),
    (
        "identifier-timeout-in-nanoseconds",
        |world| Box::pin(option(world, Flow::V1_U2F, "/timeout")),
        "300000",
        "300000000000",
    ),
    (
        "identifier-parameter-type-misspelt",
        |world| Box::pin(option(world, Flow::V2_U2F, "/pubKeyCredParams/10/type")),
        "\"public-key\"",
        "\"public_key\"",
    ),
    (
        "identifier-user-verification-misspelt",
        |world| Box::pin(option(world, Flow::V2_PASSKEY, "/authenticatorSelection/userVerification")),
        "\"required\"",
        "\"REQUIRED\"",
    ),
    (
        "identifier-resident-key-contradicts",
        |world| Box::pin(option(world, Flow::V2_U2F, "/authenticatorSelection/requireResidentKey")),
        "false",
        "true",
    ),
    (
        "identifier-exclude-at-most-two",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                for name in ["a", "b", "c"] {
                    enrol(&session, name).await;
                }
                excluded(&session).await
            })
        },
        "3",
        "2",
    ),
    (
        "identifier-handle-of-caller",
        |world| {
            Box::pin(async move {
                let by_another = handle(&administrator(passkey(world))).await;
                either(by_another == handle(&passkey(world)).await, "one", "two")
            })
        },
        "one",
        "two",
    ),
    (
        "identifier-restart-keeps-id",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let first = session.start().await.factor_id;
                either(session.start().await.factor_id == first, "the same", "new")
            })
        },
        "new",
        "the same",
    ),
    (
        "identifier-domain-remembered",
        |world| {
            Box::pin(async move {
                let other = Session::new(world, Flow::V2_U2F, Protocol::Rest, 1);
                start_with(&other, "domain", "login.example.net").await;
                option(world, Flow::V2_PASSKEY, "/rp/id").await
            })
        },
        "\"localhost\"",
        "\"login.example.net\"",
    ),
    (
        "identifier-cross-platform-lost",
        |world| {
            Box::pin(async move {
                let asked = "PASSKEY_AUTHENTICATOR_CROSS_PLATFORM";
                let started = start_with(&passkey(world), "authenticator", asked).await;
                let options = &started["publicKeyCredentialCreationOptions"]["publicKey"];
                options["authenticatorSelection"]["authenticatorAttachment"].as_str().unwrap_or("none").to_owned()
            })
        },
        "cross-platform",
        "none",
    ),
    (
        "identifier-exclude-transports-null",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                enrol(&session, "a").await;
                let reply = session.send(Operation::Start, session.message(Operation::Start, "")).await;
                let options = &success(&reply)["publicKeyCredentialCreationOptions"]["publicKey"];
                let transports = options["excludeCredentials"][0].get("transports");
                transports.map_or_else(|| "none".to_owned(), Value::to_string)
            })
        },
        "none",
        "null",
    ),
    (
        "identifier-appid-at-creation",
        |world| {
            Box::pin(async move {
                let started = session(world, Flow::V1_U2F, Protocol::Rest).start().await;
                started.raw_options["publicKey"]["extensions"].to_string()
            })
        },
        "null",
        "{\"appid\":\"https://localhost\"}",
    ),
    (
        "identifier-oracle-of-factors",
        |world| {
            Box::pin(async move {
                let other = Session::new(world, Flow::V2_PASSKEY, Protocol::Rest, 1);
                let (started, _) = enrol(&other, "a").await;
                let mut session = passkey(world);
                session.account.user_id.clone_from(&other.account.user_id);
                let known = session.remove(&started.factor_id).await.http_status;
                format!("{known} {}", session.remove("404").await.http_status)
            })
        },
        "403 403",
        "403 404",
    ),
    (
        "identifier-oracle-of-registrations",
        |world| {
            Box::pin(async move {
                let other = Session::new(world, Flow::V2_PASSKEY, Protocol::Rest, 1);
                let started = other.start().await;
                let good = other.create(&started, Format::None).json;
                let mut session = passkey(world);
                session.account.user_id.clone_from(&other.account.user_id);
                let open = session.verify(&started, &good).await.http_status;
                success(&other.verify(&started, &good).await);
                format!("{open} {}", session.verify(&started, &good).await.http_status)
            })
        },
        "403 403",
        "403 404",
    ),
    (
        "identifier-verify-ignores-id",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let started = session.start().await;
                let good = session.create(&started, Format::None).json;
                outcome(&session.send(Operation::Verify, session.verify_message("404", &good, "a")).await)
            })
        },
        "NOTFOUND-factor",
        "accepted",
    ),
];

#[tokio::test]
async fn each_defect_of_identifiers_shows() {
    assert_shows("Identifiers and options", ROWS).await;
}
