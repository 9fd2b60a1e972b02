//! What is stored differs from what was sent.

use proofmark::contract::{Flow, Protocol};

use super::super::World;
use super::{Row, assert_shows, either, enrol, listed, names, session, verify_as};

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
                let name = name_of(world, Flow::V2U2f, Protocol::Rest, &"\u{e9}".repeat(65)).await;
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
                name_of(world, Flow::V2Passkey, Protocol::Rest, &"\u{1f511}".repeat(64)).await.len().to_string()
            })
        },
        "256",
        "252",
    ),
    (
        "stored-name-in-lower-case",
        |world| Box::pin(name_of(world, Flow::V1U2f, Protocol::Rest, "My Key")),
        "My Key",
        "my key",
    ),
    (
        "stored-name-escaped",
        |world| Box::pin(name_of(world, Flow::V2Passkey, Protocol::Grpc, "<b> & \"c\"")),
        "<b> & \"c\"",
        "&lt;b&gt; &amp; &#34;c&#34;",
    ),
    (
        "stored-name-percent-decoded",
        |world| Box::pin(name_of(world, Flow::V2Passkey, Protocol::Rest, "100%25 %41%")),
        "100%25 %41%",
        "100% A%",
    ),
    (
        "stored-name-without-astral-planes",
        |world| Box::pin(name_of(world, Flow::V1Passwordless, Protocol::Rest, "key \u{1f511}\u{20ac}")),
        "key \u{1f511}\u{20ac}",
        "key ?\u{20ac}",
    ),
    (
        "stored-name-as-latin-1-over-grpc-web",
        |world| Box::pin(name_of(world, Flow::V2Passkey, Protocol::GrpcWeb, "\u{e9}")),
        "\u{e9}",
        "\u{c3}\u{a9}",
    ),
    (
        "stored-name-of-the-first",
        |world| {
            Box::pin(async move {
                enrol(&session(world, Flow::V1U2f, Protocol::Rest), "a").await;
                name_of(world, Flow::V2U2f, Protocol::Grpc, "b").await
            })
        },
        "a b",
        "a a",
    ),
    (
        "stored-passkey-as-u2f-over-grpc",
        |world| {
            Box::pin(async move {
                enrol(&session(world, Flow::V2Passkey, Protocol::Grpc), "a").await;
                let counts = [Flow::V2Passkey, Flow::V1U2f].map(|flow| session(world, flow, Protocol::Rest));
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
                let session = session(world, Flow::V2Passkey, Protocol::Rest);
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
                let session = session(world, Flow::V2U2f, Protocol::Rest);
                let started = session.start().await;
                verify_as(&session, &started, &[3; 300], "a").await;
                session.start().await.options.exclude_credentials[0].len().to_string()
            })
        },
        "300",
        "255",
    ),
];

#[tokio::test]
async fn each_defect_of_what_is_stored_shows() {
    assert_shows("What is stored", ROWS).await;
}
