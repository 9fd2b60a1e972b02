//! The null server answers good enrolments as documented, and never twice the same; and what servers count.

use std::collections::HashSet;

use proofmark::authenticator::Format;
use proofmark::checks::{Memo, Observation, examine};
use proofmark::contract::Operation;
use proofmark::server::{Server, ServerConfig};
use proofmark::transport::Exchange;
use proofmark::wire::secret::Secret;

use super::{Session, World, combinations, success};

fn assert_conformant(session: &Session<'_>, exchange: &Exchange) {
    success(exchange);
    let authorization = Secret::new(format!("Bearer {}", session.account.token.expose()));
    let observation = Observation {
        exchange,
        documented_request: true,
        malformed: false,
        watch: Some(&authorization),
        rp_id: Some("localhost"),
        attachment: None,
        memo: Memo::default(),
    };
    let findings = examine(&observation).findings;
    assert!(findings.is_empty(), "{} {}: {findings:?}", session.flow, session.protocol);
}

#[tokio::test]
async fn good_enrolments_meet_documented_answers() {
    let config = ServerConfig { users: 40, seed: 11, ..ServerConfig::default() };
    let world = World::of(Server::start_null(config).await.expect("a free port"));
    let (mut challenges, mut ids) = (HashSet::new(), HashSet::new());
    for (index, flow, protocol) in combinations() {
        let session = Session::new(&world, flow, protocol, index);
        for _ in 0..2 {
            let answer = session.send(Operation::Start, session.message(Operation::Start, "")).await;
            assert_conformant(&session, &answer);
            let started = session.read_start(success(&answer));
            assert_eq!(started.options.user.id, session.account.user_id.as_bytes());
            assert!(challenges.insert(started.options.challenge.clone()), "{flow} {protocol}: a challenge twice");
            let credential = session.create(&started, Format::PackedSelf);
            assert_conformant(&session, &session.verify(&started, &credential.json).await);
            let id = if flow.names_registration() {
                assert!(ids.insert(started.factor_id.clone()), "{flow} {protocol}: a factor id twice");
                started.factor_id
            } else {
                let [(id, name)] = &session.list().await.expect("a list")[..] else { panic!("one factor") };
                assert_eq!(name, "key");
                id.clone()
            };
            assert_conformant(&session, &session.remove(&id).await);
        }
    }
    assert_eq!(world.server.counts.to_string(), "registrations started 24, verified 24, removed 24");
}

#[tokio::test]
async fn successes_are_counted_and_refusals_are_not() {
    let world = World::new().await;
    for (index, flow, protocol) in combinations() {
        let session = Session::new(&world, flow, protocol, index);
        let (started, credential) = session.enrol().await;
        session.verify(&started, &credential.json).await;
        session.remove("1").await;
    }
    assert_eq!(world.server.counts.to_string(), "registrations started 12, verified 12, removed 0");
}
