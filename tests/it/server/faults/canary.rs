//! What belongs to another user, to an earlier call, or to the server alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use proofmark::authenticator::Format;
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::wire::secret::Secret;
use serde_json::json;

use super::super::{Session, World, success};
use super::{Row, assert_shows, either, enrol, excluded, listed, nobody, path, send, session, tells, verify_as};

/// The second subject's session.
fn other(world: &World, flow: Flow, protocol: Protocol) -> Session<'_> {
    Session::new(world, flow, protocol, 1)
}

const ROWS: &[Row] = &[
    (
        "canary-list-of-everyone",
        |world| {
            Box::pin(async move {
                enrol(&session(world, Flow::V2_PASSKEY, Protocol::Rest), "a").await;
                listed(&other(world, Flow::V2_PASSKEY, Protocol::Grpc)).await.len().to_string()
            })
        },
        "0",
        "1",
    ),
    (
        "canary-exclude-of-another",
        |world| {
            Box::pin(async move {
                enrol(&session(world, Flow::V2_PASSKEY, Protocol::Rest), "a").await;
                excluded(&other(world, Flow::V1_U2F, Protocol::Rest)).await
            })
        },
        "0",
        "1",
    ),
    (
        "canary-v1-list-from-memory",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V1_U2F, Protocol::Rest);
                enrol(&own, "a").await;
                listed(&own).await;
                listed(&other(world, Flow::V1_U2F, Protocol::Grpc)).await.len().to_string()
            })
        },
        "0",
        "1",
    ),
    (
        "canary-owner-named",
        |world| {
            Box::pin(async move {
                let (_, credential_id) = enrol(&session(world, Flow::V2_PASSKEY, Protocol::Rest), "canary").await;
                let other = other(world, Flow::V2_U2F, Protocol::Rest);
                let refused = verify_as(&other, &other.start().await, &credential_id, "b").await;
                tells(&refused, "canary") + &tells(&refused, &world.subject(0).user_id)
            })
        },
        "quietquiet",
        "tellstells",
    ),
    (
        "canary-denial-names-login",
        |world| {
            Box::pin(async move {
                let mut other = other(world, Flow::V2_PASSKEY, Protocol::Grpc);
                other.account.user_id.clone_from(&world.subject(0).user_id);
                tells(&other.send(Operation::Start, other.message(Operation::Start, "")).await, "user-2@localhost")
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-earlier-caller-in-header",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V2_PASSKEY, Protocol::Rest);
                own.start().await;
                let start = path(&own, Operation::Start, "");
                let refused = send(&nobody(own), Method::POST, &start, &[], "").await;
                either(refused.header("x-caller") == world.subject(0).user_id, "tells", "quiet")
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-owner-of-earlier-call",
        |world| {
            Box::pin(async move {
                session(world, Flow::V2_PASSKEY, Protocol::Grpc).start().await;
                let started = other(world, Flow::V2_U2F, Protocol::Grpc).start().await;
                either(started.reply["details"]["resourceOwner"] == json!(world.subject(0).user_id), "tells", "quiet")
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-token-in-trailers",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V2_PASSKEY, Protocol::Grpc);
                let exchange = own.send(Operation::Start, own.message(Operation::Start, "")).await;
                success(&exchange);
                tells(&exchange, own.account.token.expose())
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-token-in-cookie",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V1_PASSWORDLESS, Protocol::Rest);
                let exchange = own.send(Operation::Start, own.message(Operation::Start, "")).await;
                tells(&exchange, &STANDARD.encode(own.account.token.expose()))
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-database-in-header",
        |world| {
            Box::pin(async move {
                let own = session(world, Flow::V2_PASSKEY, Protocol::Rest);
                let started = own.start().await;
                let mut credential = own.create(&started, Format::None).json;
                credential["rawId"] = json!("AAAA");
                tells(&own.verify(&started, &credential).await, "dbname")
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-foreign-factor-named",
        |world| {
            Box::pin(async move {
                let (factor, _) = enrol(&session(world, Flow::V2_PASSKEY, Protocol::Rest), "canary").await;
                tells(&other(world, Flow::V2_PASSKEY, Protocol::Rest).remove(&factor.factor_id).await, "canary")
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-challenge-echoes-token",
        |world| {
            Box::pin(async move {
                let mut own = session(world, Flow::V2_PASSKEY, Protocol::Rest);
                own.account.token = Secret::new("mistyped-token");
                tells(&own.send(Operation::Start, own.message(Operation::Start, "")).await, "mistyped-token")
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-debug-info-in-details",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V2_PASSKEY, Protocol::Rest);
                tells(&session.remove("404").await, "user_factor.go")
            })
        },
        "quiet",
        "tells",
    ),
    (
        "canary-display-name-of-earlier-start",
        |world| {
            Box::pin(async move {
                other(world, Flow::V2_PASSKEY, Protocol::Rest).start().await;
                let started = session(world, Flow::V1_U2F, Protocol::Grpc).start().await;
                started.raw_options["publicKey"]["user"]["displayName"].as_str().expect("a text").to_owned()
            })
        },
        "User 2",
        "User 3",
    ),
];

#[tokio::test]
async fn each_leak_to_others_shows() {
    assert_shows("Leaks to others", ROWS).await;
}
