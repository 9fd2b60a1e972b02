//! Variants that shows only where somebody asks for it: two versions, two names, a query, a coding.

use http::Method;
use proofmark::authenticator::Format;
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::server::variant::Variant;
use proofmark::wire::secret::Secret;

use super::super::{Session, World};
use super::{Row, assert_differ, enrol, excluded, listed, names, outcome, path, send, session};

fn passkey(world: &World) -> Session<'_> {
    session(world, Flow::V2_PASSKEY, Protocol::Rest)
}

/// Enrolments of which one is listed before the lag is over.
const TRIES: usize = 8;

/// The name under which a passkey is listed.
async fn name_of(world: &World, name: &str) -> String {
    let session = passkey(world);
    enrol(&session, name).await;
    names(&session).await
}

/// The status of a start.
async fn status(world: &World, method: Method, query: &str, body: &str) -> String {
    let session = passkey(world);
    let target = path(&session, Operation::Start, "") + query;
    send(&session, method, &target, &[], body).await.status.as_u16().to_string()
}

/// The variants, how they are looked at, what the server does by itself, and what with the variant.
pub const ROWS: &[Row] = &[
    (
        "registration-is-the-callers",
        |world| {
            Box::pin(async move {
                let (own, mut administrator) = (passkey(world), passkey(world));
                administrator.account.token = Secret::new(world.admin());
                let started = administrator.start().await;
                outcome(&own.verify(&started, &own.create(&started, Format::None).json).await)
            })
        },
        "accepted",
        "NOTFOUND-factor",
    ),
    (
        "registrations-by-version",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let started = session.start().await;
                super::session(world, Flow::V1_PASSWORDLESS, Protocol::Grpc).start().await;
                outcome(&session.verify(&started, &session.create(&started, Format::None).json).await)
            })
        },
        "NOTFOUND-factor",
        "accepted",
    ),
    (
        "list-open-registrations",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                session.start().await;
                listed(&session).await.len().to_string()
            })
        },
        "0",
        "1",
    ),
    (
        "list-newest-first",
        |world| {
            Box::pin(async move {
                enrol(&passkey(world), "a").await;
                name_of(world, "b").await
            })
        },
        "a b",
        "b a",
    ),
    ("names-tidied", |world| Box::pin(name_of(world, " a  b ")), " a  b ", "a b"),
    ("name-composed", |world| Box::pin(name_of(world, "e\u{301}")), "e\u{301}", "\u{e9}"),
    (
        "list-lags",
        |world| {
            Box::pin(async move {
                // On a busy machine some lists come after the lag.
                let session = passkey(world);
                for count in 1..=TRIES {
                    enrol(&session, "a").await;
                    if listed(&session).await.len() < count {
                        return "behind".to_owned();
                    }
                }
                "in time".to_owned()
            })
        },
        "in time",
        "behind",
    ),
    (
        "exclude-both-kinds",
        |world| {
            Box::pin(async move {
                enrol(&passkey(world), "a").await;
                excluded(&session(world, Flow::V1_U2F, Protocol::GrpcWeb)).await
            })
        },
        "0",
        "1",
    ),
    ("query-refused", |world| Box::pin(status(world, Method::POST, "?x=1", "")), "200", "400"),
    ("contradiction-refused", |world| Box::pin(status(world, Method::POST, "", r#"{"userId":"1"}"#)), "200", "400"),
    ("http-head-answered", |world| Box::pin(status(world, Method::HEAD, "", "")), "405", "200"),
    (
        "http-gzip-if-offered",
        |world| {
            Box::pin(async move {
                let session = passkey(world);
                let start = path(&session, Operation::Start, "");
                let offered = [("accept-encoding", "br;q=0.5, gzip")];
                send(&session, Method::POST, &start, &offered, "").await.header("content-encoding")
            })
        },
        "none",
        "gzip",
    ),
];

#[tokio::test]
async fn each_variant_shows_where_it_is_asked_for() {
    assert_differ(ROWS, |id| (Vec::new(), vec![Variant::find(id).expect("listed")])).await;
}
