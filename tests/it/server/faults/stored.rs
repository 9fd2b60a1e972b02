//! What is stored differs from what was sent.

use proofmark::authenticator::{Client, CreationRequest, Format};
use proofmark::contract::{Flow, Operation, Protocol};
use serde_json::json;

use super::super::{World, success};
use super::{Row, assert_shows, either, enrol, listed, names, outcome, session, verify_as};

/// The name under which a factor is listed.
async fn name_of(world: &World, flow: Flow, protocol: Protocol, name: &str) -> String {
    let session = session(world, flow, protocol);
    enrol(&session, name).await;
    names(&session).await
}

const ROWS: &[Row] = &[
    (
        "stored-name-cut-to-64-characters",
        |world| {
            Box::pin(async move {
                let name = name_of(world, Flow::V2_U2F, Protocol::Rest, &"\u{e9}".repeat(65)).await;
                name.chars().count().to_string()
            })
        },
        "65",
        "64",
    ),
    (
        "stored-passkey-name-cut-to-255-bytes",
        |world| {
            Box::pin(async move {
                name_of(world, Flow::V2_PASSKEY, Protocol::Rest, &"\u{1f511}".repeat(64)).await.len().to_string()
            })
        },
        "256",
        "252",
    ),
    (
        "stored-name-in-lower-case",
        |world| Box::pin(name_of(world, Flow::V1_U2F, Protocol::Rest, "My Key")),
        "My Key",
        "my key",
    ),
    (
        "stored-name-escaped",
        |world| Box::pin(name_of(world, Flow::V2_PASSKEY, Protocol::Grpc, "<b> & \"c\"")),
        "<b> & \"c\"",
        "&lt;b&gt; &amp; &#34;c&#34;",
    ),
    (
        "stored-name-percent-decoded",
        |world| Box::pin(name_of(world, Flow::V2_PASSKEY, Protocol::Rest, "100%25 %41%")),
        "100%25 %41%",
        "100% A%",
    ),
    (
        "stored-name-without-astral-planes",
        |world| Box::pin(name_of(world, Flow::V1_PASSWORDLESS, Protocol::Rest, "key \u{1f511}\u{20ac}")),
        "key \u{1f511}\u{20ac}",
        "key ?\u{20ac}",
    ),
    (
        "stored-name-as-latin-1-over-grpc-web",
        |world| Box::pin(name_of(world, Flow::V2_PASSKEY, Protocol::GrpcWeb, "\u{e9}")),
        "\u{e9}",
        "\u{c3}\u{a9}",
    ),
    (
        "stored-name-of-the-first",
        |world| {
            Box::pin(async move {
                enrol(&session(world, Flow::V1_U2F, Protocol::Rest), "a").await;
                name_of(world, Flow::V2_U2F, Protocol::Grpc, "b").await
            })
        },
        "a b",
        "a a",
    ),
    (
        "stored-passkey-as-u2f-over-grpc",
        |world| {
            Box::pin(async move {
                enrol(&session(world, Flow::V2_PASSKEY, Protocol::Grpc), "a").await;
                let counts = [Flow::V2_PASSKEY, Flow::V1_U2F].map(|flow| session(world, flow, Protocol::Rest));
                format!("{} {}", listed(&counts[0]).await.len(), listed(&counts[1]).await.len())
            })
        },
        "1 0",
        "0 1",
    ),
    (
        "stored-list-shows-credential-ids",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V2_PASSKEY, Protocol::Rest);
                let (started, _) = enrol(&session, "a").await;
                either(listed(&session).await[0].0 == started.factor_id, "its own", "another")
            })
        },
        "its own",
        "another",
    ),
    (
        "stored-credential-id-cut",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V2_U2F, Protocol::Rest);
                let started = session.start().await;
                verify_as(&session, &started, &[3; 300], "a").await;
                session.start().await.options.exclude_credentials[0].len().to_string()
            })
        },
        "300",
        "255",
    ),
    (
        "stored-list-of-ten",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V2_PASSKEY, Protocol::Rest);
                for name in 'a'..='k' {
                    enrol(&session, &name.to_string()).await;
                }
                listed(&session).await.len().to_string()
            })
        },
        "11",
        "10",
    ),
    (
        "stored-list-once-per-name",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V1_U2F, Protocol::Grpc);
                enrol(&session, "a").await;
                enrol(&session, "a").await;
                names(&session).await
            })
        },
        "a a",
        "a",
    ),
    (
        "stored-v2-not-ready-in-v1",
        |world| {
            Box::pin(async move {
                enrol(&session(world, Flow::V2_U2F, Protocol::Rest), "a").await;
                let session = session(world, Flow::V1_U2F, Protocol::Rest);
                let list = session.send(Operation::List, session.message(Operation::List, "")).await;
                success(&list)["result"][0]["state"].as_str().expect("a state").to_owned()
            })
        },
        "AUTH_FACTOR_STATE_READY",
        "AUTH_FACTOR_STATE_NOT_READY",
    ),
    (
        "stored-name-of-digits-as-number",
        |world| Box::pin(name_of(world, Flow::V2_U2F, Protocol::Rest, "007")),
        "007",
        "7",
    ),
    (
        "stored-name-in-compatibility-form",
        |world| Box::pin(name_of(world, Flow::V2_PASSKEY, Protocol::Rest, "\u{fb01}x\u{b2}")),
        "\u{fb01}x\u{b2}",
        "fix2",
    ),
    (
        "stored-list-of-own-domain",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V2_PASSKEY, Protocol::Rest);
                let mut message = session.message(Operation::Start, "");
                message["domain"] = json!("login.example.net");
                let started = session.read_start(success(&session.send(Operation::Start, message).await));
                let client = Client::new("https://login.example.net");
                let request = CreationRequest::new(world.fresh_seed(), Format::None);
                let credential = session.create_as(&started, &client, &request).json;
                success(&session.verify(&started, &credential).await);
                names(&session).await
            })
        },
        "key",
        "",
    ),
    (
        "stored-name-taken",
        |world| {
            Box::pin(async move {
                enrol(&session(world, Flow::V2_U2F, Protocol::Rest), "a").await;
                let session = session(world, Flow::V2_PASSKEY, Protocol::Rest);
                outcome(&verify_as(&session, &session.start().await, &[4; 32], "a").await)
            })
        },
        "accepted",
        "MANAGE-name-taken",
    ),
];

#[tokio::test]
async fn each_defect_of_what_is_stored_shows() {
    assert_shows("What is stored", ROWS).await;
}
