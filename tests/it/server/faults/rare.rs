//! What goes wrong under a condition that is seldom met.

use std::time::Duration;

use http::Method;
use proofmark::authenticator::{Client, CreationRequest, Format};
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::wire::secret::Secret;
use serde_json::json;

use super::super::{Session, World, success};
use super::{Raw, Row, administrator, assert_shows, either, enrol, names, outcome, path, send, session, verify_as};

fn passkey(world: &World) -> Session<'_> {
    session(world, Flow::V2_PASSKEY, Protocol::Rest)
}

/// The second subject's session.
fn other(world: &World) -> Session<'_> {
    Session::new(world, Flow::V2_PASSKEY, Protocol::Rest, 1)
}

/// What becomes of a credential that was made at this origin, after a start for a domain; an empty one names none.
async fn made_at(session: &Session<'_>, domain: &str, origin: &str) -> String {
    let mut message = session.message(Operation::Start, "");
    message["domain"] = json!(domain);
    let started = session.read_start(success(&session.send(Operation::Start, message).await));
    let client = Client { checks_rp_id: false, ..Client::new(origin) };
    let request = CreationRequest::new(session.world.fresh_seed(), Format::None);
    let credential = session.create_as(&started, &client, &request).json;
    outcome(&session.verify(&started, &credential).await)
}

/// The reply to a start whose body has a member of this length that nobody knows.
async fn long_start(world: &World, length: usize) -> Raw {
    let session = passkey(world);
    let body = json!({ "unknown": "x".repeat(length) }).to_string();
    send(&session, Method::POST, &path(&session, Operation::Start, ""), &[], &body).await
}

/// What becomes of an empty name.
async fn nameless(world: &World, protocol: Protocol) -> String {
    let session = session(world, Flow::V2_PASSKEY, protocol);
    let started = session.start().await;
    let credential = session.create(&started, Format::None).json;
    let message = session.verify_message(&started.factor_id, &credential, "");
    outcome(&session.send(Operation::Verify, message).await)
}

const ROWS: &[Row] = &[
    (
        "rare-origin-unchecked-for-administrator",
        |world| {
            Box::pin(async move {
                let elsewhere = "https://attacker.example";
                let by_administrator = made_at(&administrator(passkey(world)), "", elsewhere).await;
                format!("{by_administrator}, {}", made_at(&passkey(world), "", elsewhere).await)
            })
        },
        "WEBAUTHN-origin, WEBAUTHN-origin",
        "accepted, WEBAUTHN-origin",
    ),
    (
        "rare-domain-forgotten-at-verify",
        |world| {
            Box::pin(async move { made_at(&passkey(world), "login.example.net", "https://login.example.net").await })
        },
        "accepted",
        "WEBAUTHN-rp-id-hash",
    ),
    (
        "rare-conflict-as-500",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V2_PASSKEY, Protocol::Grpc);
                let start = || session.send(Operation::Start, session.message(Operation::Start, ""));
                let (first, second) = tokio::join!(start(), start());
                let outcomes = [outcome(&first), outcome(&second)];
                either(outcomes.contains(&"INTERNAL-error".to_owned()), "failed", "accepted")
            })
        },
        "accepted",
        "failed",
    ),
    (
        "rare-removal-by-place",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let (first, _) = enrol(&session, "a").await;
                let (second, _) = enrol(&session, "b").await;
                enrol(&session, "c").await;
                let later = async {
                    tokio::time::sleep(Duration::from_millis(4)).await;
                    session.remove(&second.factor_id).await
                };
                tokio::join!(session.remove(&first.factor_id), later);
                names(&session).await
            })
        },
        "c",
        "b",
    ),
    (
        "rare-lengths-unchecked-over-grpc-web",
        |world| {
            Box::pin(async move {
                let web = nameless(world, Protocol::GrpcWeb).await;
                format!("{web}, {}", nameless(world, Protocol::Grpc).await)
            })
        },
        "LIMIT-passkeyName, LIMIT-passkeyName",
        "accepted, LIMIT-passkeyName",
    ),
    (
        "rare-body-of-a-mebibyte",
        |world| Box::pin(async move { long_start(world, 1 << 20).await.status.as_u16().to_string() }),
        "200",
        "413",
    ),
    (
        "rare-long-body-refused-in-text",
        |world| Box::pin(async move { long_start(world, 4 << 20).await.header("content-type") }),
        "application/json",
        "text/plain",
    ),
    (
        "rare-wrong-type-in-credential-as-500",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let started = session.start().await;
                let mut credential = session.create(&started, Format::None).json;
                credential["response"]["clientDataJSON"] = json!(1);
                outcome(&session.verify(&started, &credential).await)
            })
        },
        "WEBAUTHN-credential-json",
        "INTERNAL-error",
    ),
    (
        "rare-removal-by-id-alone",
        |world| {
            Box::pin(async move {
                let (started, _) = enrol(&other(world), "a").await;
                outcome(&passkey(world).remove(&started.factor_id).await)
            })
        },
        "NOTFOUND-factor",
        "accepted",
    ),
    (
        "rare-list-unchecked",
        |world| {
            Box::pin(async move {
                let mut session = passkey(world);
                session.account.user_id.clone_from(&other(world).account.user_id);
                outcome(&session.send(Operation::List, session.message(Operation::List, "")).await)
            })
        },
        "PERMISSION-denied",
        "accepted",
    ),
    (
        "rare-name-unlimited-in-v1-passwordless",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V1_PASSWORDLESS, Protocol::Grpc);
                outcome(&verify_as(&session, &session.start().await, &[5; 32], &"x".repeat(201)).await)
            })
        },
        "LIMIT-tokenName",
        "accepted",
    ),
    (
        "rare-challenge-missing-for-unknown-token",
        |world| {
            Box::pin(async move {
                let mut session = passkey(world);
                session.account.token = Secret::new("a-token-that-was-never-issued");
                let start = path(&session, Operation::Start, "");
                send(&session, Method::POST, &start, &[], "").await.header("www-authenticate")
            })
        },
        "Bearer realm=\"reference\"",
        "none",
    ),
    (
        "rare-content-type-refused-with-code-zero",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let start = path(&session, Operation::Start, "");
                let reply = send(&session, Method::POST, &start, &[("content-type", "text/plain")], "{}").await;
                reply.json()["code"].to_string()
            })
        },
        "3",
        "0",
    ),
    (
        "rare-credential-taken-twice-at-once",
        |world| {
            Box::pin(async move {
                let (own, other) = (passkey(world), other(world));
                let (first, second) = (own.start().await, other.start().await);
                let (first, second) =
                    tokio::join!(verify_as(&own, &first, &[9; 32], "a"), verify_as(&other, &second, &[9; 32], "b"),);
                let outcomes = [outcome(&first), outcome(&second)];
                outcomes.iter().filter(|outcome| *outcome == "accepted").count().to_string()
            })
        },
        "1",
        "2",
    ),
    (
        "rare-name-of-the-later-call",
        |world| {
            Box::pin(async move {
                let (u2f, passkey) = (session(world, Flow::V2_U2F, Protocol::Grpc), passkey(world));
                let (first, second) = (u2f.start().await, passkey.start().await);
                tokio::join!(verify_as(&u2f, &first, &[1; 32], "a"), verify_as(&passkey, &second, &[2; 32], "b"),);
                either(names(&u2f).await == names(&passkey).await, "one name", "two names")
            })
        },
        "two names",
        "one name",
    ),
];

#[tokio::test]
async fn each_defect_of_rare_conditions_shows() {
    assert_shows("Rare conditions", ROWS).await;
}
