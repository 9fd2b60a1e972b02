//! What one call does to what another one has left.

use proofmark::authenticator::Format;
use proofmark::contract::{Flow, Operation, Protocol};
use serde_json::{Value, json};

use super::super::{Session, Started, World, success};
use super::{Row, administrator, assert_shows, either, enrol, excluded, listed, names, outcome, session, verify_as};

fn passkey(world: &World) -> Session<'_> {
    session(world, Flow::V2_PASSKEY, Protocol::Rest)
}

fn u2f(world: &World) -> Session<'_> {
    session(world, Flow::V2_U2F, Protocol::Grpc)
}

/// Enrols two and removes the first.
async fn without_the_first(world: &World) -> String {
    let session = passkey(world);
    let (first, _) = enrol(&session, "a").await;
    enrol(&session, "b").await;
    success(&session.remove(&first.factor_id).await);
    names(&session).await
}

/// What becomes of a verify of a start with a good credential.
async fn finished(session: &Session<'_>, started: &Started) -> String {
    outcome(&session.verify(started, &session.create(started, Format::None).json).await)
}

/// Details of a reply.
fn sequence(message: &Value) -> u64 {
    message["details"]["sequence"].as_str().and_then(|text| text.parse().ok()).expect("a number")
}

/// What a verify and the removal after it say.
async fn verified_and_removed(world: &World) -> (Value, Value) {
    let session = passkey(world);
    let started = session.start().await;
    let credential = session.create(&started, Format::None);
    let verified = success(&session.verify(&started, &credential.json).await).clone();
    (verified, success(&session.remove(&started.factor_id).await).clone())
}

const ROWS: &[Row] = &[
    ("sequence-remove-takes-all", |world| Box::pin(without_the_first(world)), "b", ""),
    ("sequence-remove-takes-newest", |world| Box::pin(without_the_first(world)), "b", "a"),
    (
        "sequence-removed-comes-back",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let (first, _) = enrol(&session, "a").await;
                success(&session.remove(&first.factor_id).await);
                enrol(&session, "b").await;
                names(&session).await
            })
        },
        "b",
        "a b",
    ),
    (
        "sequence-v1-removal-keeps-credential-id",
        |world| {
            Box::pin(async move {
                let session = session(world, Flow::V1_PASSWORDLESS, Protocol::Rest);
                let (_, credential_id) = enrol(&session, "a").await;
                success(&session.remove(&listed(&session).await[0].0).await);
                let started = session.start().await;
                outcome(&verify_as(&session, &started, &credential_id, "again").await)
            })
        },
        "accepted",
        "WEBAUTHN-credential-id-unique",
    ),
    (
        "sequence-giving-up-ends-both-kinds",
        |world| {
            Box::pin(async move {
                let (u2f, passkey) = (u2f(world), passkey(world));
                let (given_up, started) = (u2f.start().await, passkey.start().await);
                success(&u2f.remove(&given_up.factor_id).await);
                outcome(&passkey.verify(&started, &passkey.create(&started, Format::None).json).await)
            })
        },
        "accepted",
        "NOTFOUND-factor",
    ),
    (
        "sequence-verify-ends-both-kinds",
        |world| {
            Box::pin(async move {
                let (u2f, passkey) = (u2f(world), passkey(world));
                let started = passkey.start().await;
                enrol(&u2f, "a").await;
                outcome(&passkey.verify(&started, &passkey.create(&started, Format::None).json).await)
            })
        },
        "accepted",
        "NOTFOUND-factor",
    ),
    (
        "sequence-same-name-replaces",
        |world| {
            Box::pin(async move {
                let session = u2f(world);
                enrol(&session, "a").await;
                enrol(&session, "a").await;
                names(&session).await
            })
        },
        "a a",
        "a",
    ),
    (
        "sequence-third-evicts-first",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                for name in ["a", "b", "c"] {
                    enrol(&session, name).await;
                }
                names(&session).await
            })
        },
        "a b c",
        "b c",
    ),
    (
        "sequence-versions-apart",
        |world| {
            Box::pin(async move {
                enrol(&passkey(world), "a").await;
                excluded(&session(world, Flow::V1_PASSWORDLESS, Protocol::GrpcWeb)).await
            })
        },
        "1",
        "0",
    ),
    (
        "sequence-ids-by-count",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let (first, _) = enrol(&session, "a").await;
                let (second, _) = enrol(&session, "b").await;
                success(&session.remove(&first.factor_id).await);
                either(session.start().await.factor_id == second.factor_id, "again", "new")
            })
        },
        "new",
        "again",
    ),
    (
        "sequence-restarts-after-removal",
        |world| {
            Box::pin(async move {
                let (verified, removed) = verified_and_removed(world).await;
                either(sequence(&removed) > sequence(&verified), "forward", "back")
            })
        },
        "forward",
        "back",
    ),
    (
        "sequence-removal-ends-registrations",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let (first, _) = enrol(&session, "a").await;
                let open = session.start().await;
                success(&session.remove(&first.factor_id).await);
                finished(&session, &open).await
            })
        },
        "accepted",
        "NOTFOUND-factor",
    ),
    (
        "sequence-refused-start-ends-registration",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let open = session.start().await;
                let mut message = session.message(Operation::Start, "");
                message["domain"] = json!("no domain");
                assert_eq!(outcome(&session.send(Operation::Start, message).await), "REQUEST-domain");
                finished(&session, &open).await
            })
        },
        "accepted",
        "NOTFOUND-factor",
    ),
    (
        "sequence-finished-verify-accepted",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let (started, _) = enrol(&session, "a").await;
                let again = finished(&session, &started).await;
                format!("{again}, {}", names(&session).await)
            })
        },
        "NOTFOUND-registration, a",
        "accepted, a",
    ),
    (
        "sequence-enrolled-for-caller",
        |world| {
            Box::pin(async move {
                enrol(&administrator(passkey(world)), "a").await;
                names(&passkey(world)).await
            })
        },
        "a",
        "",
    ),
    (
        "sequence-bound-to-protocol",
        |world| {
            Box::pin(async move {
                let started = passkey(world).start().await;
                finished(&session(world, Flow::V2_PASSKEY, Protocol::Grpc), &started).await
            })
        },
        "accepted",
        "NOTFOUND-factor",
    ),
    (
        "sequence-removal-by-any-kind",
        |world| {
            Box::pin(async move {
                let (started, _) = enrol(&passkey(world), "a").await;
                outcome(&u2f(world).remove(&started.factor_id).await)
            })
        },
        "NOTFOUND-factor",
        "accepted",
    ),
    (
        "sequence-denied-verify-ends-registration",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let started = session.start().await;
                let mut other = Session::new(world, Flow::V2_PASSKEY, Protocol::Rest, 1);
                other.account.user_id.clone_from(&session.account.user_id);
                assert_eq!(finished(&other, &started).await, "PERMISSION-denied");
                finished(&session, &started).await
            })
        },
        "accepted",
        "NOTFOUND-factor",
    ),
    (
        "sequence-one-registration-per-administrator",
        |world| {
            Box::pin(async move {
                let first = administrator(passkey(world));
                let started = first.start().await;
                administrator(Session::new(world, Flow::V2_PASSKEY, Protocol::Rest, 1)).start().await;
                finished(&first, &started).await
            })
        },
        "accepted",
        "NOTFOUND-factor",
    ),
];

#[tokio::test]
async fn each_defect_of_sequences_shows() {
    assert_shows("Sequences of calls", ROWS).await;
}
