//! The good path, and what binds a challenge.

use std::time::{Duration, Instant};

use proofmark::authenticator::Format;
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::server::{Server, ServerConfig};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Session, Started, World, combinations, error_id, refusal, success};

fn assert_details(message: &Value) {
    let details = &message["details"];
    assert!(details["sequence"].as_str().is_some_and(|text| text.parse::<u64>().is_ok()), "{details}");
    assert!(details["resourceOwner"].as_str().is_some_and(|text| !text.is_empty()), "{details}");
    let date = |name: &str| details[name].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    assert!(date("changeDate").is_some() && date("creationDate") <= date("changeDate"), "{details}");
}

fn assert_options(session: &Session<'_>, started: &Started) {
    let options = &started.raw_options["publicKey"];
    assert_eq!(options["rp"]["id"], "localhost");
    let offered = [-7, -35, -36, -257, -258, -259, -37, -38, -39, -8, -47];
    let offered = offered.map(|alg| json!({ "type": "public-key", "alg": alg }));
    assert_eq!(options["pubKeyCredParams"], json!(offered));
    assert_eq!(options["timeout"], 300_000);
    assert_eq!(options["attestation"], "none");
    let verification = if session.flow == Flow::V1_U2F { "discouraged" } else { "required" };
    assert_eq!(options["authenticatorSelection"]["userVerification"], verification);
    assert_eq!(started.options.challenge.len(), 32);
    assert_eq!(started.options.user.id, session.account.user_id.as_bytes());
    let has_id = !started.factor_id.is_empty();
    assert_eq!(has_id, session.flow.names_user());
}

#[tokio::test]
async fn every_flow_works_over_every_protocol() {
    let world = World::new().await;
    for (index, flow, protocol) in combinations() {
        let session = Session::new(&world, flow, protocol, index);
        let started = session.start().await;
        assert_details(&started.reply);
        assert_options(&session, &started);
        assert_eq!(started.raw_options["publicKey"]["excludeCredentials"], json!([]));

        let format = if index % 2 == 0 { Format::None } else { Format::PackedSelf };
        let credential = session.create(&started, format);
        let verified = session.verify(&started, &credential.json).await;
        assert_eq!(verified.http_status, 200);
        assert_details(success(&verified));

        let again = session.start().await;
        assert_ne!(again.options.challenge, started.options.challenge);
        assert_eq!(again.options.exclude_credentials, std::slice::from_ref(&credential.credential_id));

        let listed = session.list().await;
        let id = match &listed {
            Some(factors) => {
                assert_eq!(factors.len(), 1, "{flow} {protocol}");
                assert_eq!(factors[0].1, "key");
                factors[0].0.clone()
            }
            None => started.factor_id.clone(),
        };
        assert!(started.factor_id.is_empty() || started.factor_id == id);
        assert_details(success(&session.remove(&id).await));
        assert_eq!(refusal(&session.remove(&id).await), (5, "NOTFOUND-factor".to_owned()));
        assert_eq!(session.list().await.unwrap_or_default(), []);
        assert_eq!(session.start().await.options.exclude_credentials.len(), 0);
    }
}

#[tokio::test]
async fn a_removed_credential_may_come_back_and_a_held_one_may_not() {
    let world = World::new().await;
    let (first, second) = (
        Session::new(&world, Flow::V2_U2F, Protocol::Rest, 0),
        Session::new(&world, Flow::V2_PASSKEY, Protocol::Grpc, 1),
    );
    let mut request = proofmark::authenticator::CreationRequest::new([9; 32], Format::None);
    request.credential_id = Some(vec![1; 32]);
    let client = proofmark::authenticator::Client::new("https://localhost");
    let started = first.start().await;
    success(&first.verify(&started, &first.create_as(&started, &client, &request).json).await);

    let foreign = second.start().await;
    let refused = second.verify(&foreign, &second.create_as(&foreign, &client, &request).json).await;
    assert_eq!(error_id(&refused), "WEBAUTHN-credential-id-unique");

    success(&first.remove(&started.factor_id).await);
    let foreign = second.start().await;
    success(&second.verify(&foreign, &second.create_as(&foreign, &client, &request).json).await);
}

#[tokio::test]
async fn a_challenge_is_good_for_one_attempt() {
    let world = World::new().await;
    for (index, flow, protocol) in combinations() {
        let session = Session::new(&world, flow, protocol, index);
        let (started, credential) = session.enrol().await;
        let replayed = session.verify(&started, &credential.json).await;
        assert_eq!(
            (replayed.http_status == 404, refusal(&replayed)),
            (protocol == Protocol::Rest, (5, "NOTFOUND-registration".to_owned()))
        );

        let started = session.start().await;
        let good = session.create(&started, Format::None).json;
        let mut bad = good.clone();
        bad["rawId"] = json!("AAAA");
        assert_eq!(refusal(&session.verify(&started, &bad).await), (3, "WEBAUTHN-credential-json".to_owned()));
        let late = error_id(&session.verify(&started, &good).await);
        let gone = if !flow.names_user() { "NOTFOUND-registration" } else { "NOTFOUND-factor" };
        assert_eq!(late, gone, "{flow} {protocol}");
    }
}

#[tokio::test]
async fn a_start_replaces_the_one_before_also_across_versions() {
    let world = World::new().await;
    for (older, newer) in [(Flow::V2_U2F, Flow::V1_U2F), (Flow::V1_PASSWORDLESS, Flow::V2_PASSKEY)] {
        let older = Session::new(&world, older, Protocol::Rest, 0);
        let newer = Session::new(&world, newer, Protocol::GrpcWeb, 0);
        let (replaced, current) = (older.start().await, newer.start().await);
        let stale = newer.create(&replaced, Format::None).json;
        assert_eq!(error_id(&newer.verify(&current, &stale).await), "WEBAUTHN-challenge");
    }
    // The two kinds do not replace each other.
    let u2f = Session::new(&world, Flow::V2_U2F, Protocol::Rest, 1);
    let passkey = Session::new(&world, Flow::V2_PASSKEY, Protocol::Rest, 1);
    let (first, second) = (u2f.start().await, passkey.start().await);
    success(&passkey.verify(&second, &passkey.create(&second, Format::None).json).await);
    success(&u2f.verify(&first, &u2f.create(&first, Format::None).json).await);
}

#[tokio::test]
async fn two_users_do_not_cross() {
    let world = World::new().await;
    for protocol in Protocol::ALL {
        let (one, two) =
            (Session::new(&world, Flow::V2_U2F, protocol, 2), Session::new(&world, Flow::V2_U2F, protocol, 3));
        let (of_one, of_two) = (one.start().await, two.start().await);
        let credential = one.create(&of_one, Format::None).json;
        assert_eq!(error_id(&two.verify(&of_one, &credential).await), "NOTFOUND-factor");
        assert_eq!(error_id(&two.verify(&of_two, &credential).await), "WEBAUTHN-challenge");
        success(&one.verify(&of_one, &credential).await);
        assert_eq!(error_id(&two.remove(&of_one.factor_id).await), "NOTFOUND-factor");
        success(&one.remove(&of_one.factor_id).await);
    }
}

#[tokio::test]
async fn a_domain_becomes_the_rp_id_and_its_origin_is_expected() {
    let world = World::new().await;
    let session = Session::new(&world, Flow::V2_PASSKEY, Protocol::Grpc, 4);
    let mut message = session.message(Operation::Start, "");
    message["domain"] = json!("login.example.org");
    message["authenticator"] = json!("PASSKEY_AUTHENTICATOR_PLATFORM");
    let started = session.read_start(success(&session.send(Operation::Start, message.clone()).await));
    assert_eq!(started.options.rp.id.as_deref(), Some("login.example.org"));
    assert_eq!(started.raw_options["publicKey"]["authenticatorSelection"]["authenticatorAttachment"], "platform");
    let client = proofmark::authenticator::Client::new("https://login.example.org");
    let request = proofmark::authenticator::CreationRequest::new(world.fresh_seed(), Format::PackedSelf);
    success(&session.verify(&started, &session.create_as(&started, &client, &request).json).await);
    message["domain"] = json!("a/b");
    assert_eq!(error_id(&session.send(Operation::Start, message).await), "REQUEST-domain");
}

#[tokio::test]
async fn concurrent_enrolments_all_succeed_and_a_race_has_one_winner() {
    let world = World::new().await;
    let enrolments = (0..40).map(|index| {
        let world = &world;
        async move { Session::new(world, Flow::V2_U2F, Protocol::ALL[index % 3], index).enrol().await }
    });
    futures_util::future::join_all(enrolments).await;

    let session = Session::new(&world, Flow::V1_U2F, Protocol::Grpc, 0);
    let started = session.start().await;
    let credential = session.create(&started, Format::None).json;
    let attempts = (0..8).map(|_| session.verify(&started, &credential));
    let outcomes = futures_util::future::join_all(attempts).await;
    let accepted = outcomes.iter().filter(|o| matches!(o.reply, proofmark::transport::Reply::Success(_))).count();
    assert_eq!(accepted, 1);
}

#[tokio::test]
async fn one_seed_gives_the_same_accounts_and_challenges() {
    let (one, two) = (World::new().await, World::new().await);
    assert_eq!(one.subject(0).user_id, two.subject(0).user_id);
    assert_eq!(one.subject(0).token, two.subject(0).token);
    let challenge =
        async |world: &World| Session::new(world, Flow::V2_U2F, Protocol::Rest, 0).start().await.options.challenge;
    let (first, same) = (challenge(&one).await, challenge(&two).await);
    assert_eq!(first, same);
    assert_ne!(challenge(&one).await, first);
}

#[tokio::test]
async fn it_stops_within_a_second_whatever_its_connections_do() {
    let world = World::new().await;
    let address = world.server.address;
    let mut unfinished = TcpStream::connect(address).await.expect("it listens");
    let head = b"POST /v2/users/1/u2f HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{";
    unfinished.write_all(head).await.expect("it reads");
    let idle = TcpStream::connect(address).await.expect("it listens");
    // Keep-alive connections of the three clients are open as well.
    for protocol in Protocol::ALL {
        Session::new(&world, Flow::V2_U2F, protocol, 0).start().await;
    }
    let begun = Instant::now();
    world.server.shutdown().await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(TcpStream::connect(address).await.is_err());
    let mut rest = Vec::new();
    // A reset counts as closed.
    let _ = unfinished.read_to_end(&mut rest).await;
    drop(idle);
}

#[tokio::test]
async fn it_stops_when_it_is_dropped_and_says_when_a_port_is_taken() {
    let server = Server::start(ServerConfig::default()).await.expect("a free port");
    let address = server.address;
    let taken = Server::start(ServerConfig { listen: address, ..ServerConfig::default() }).await;
    assert_eq!(taken.map(|_| ()).map_err(|e| e.kind()), Err(std::io::ErrorKind::AddrInUse));
    drop(server);
    let begun = Instant::now();
    while TcpStream::connect(address).await.is_ok() {
        assert!(begun.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn connections_above_the_bound_wait() {
    let config = ServerConfig { max_connections: 1, ..ServerConfig::default() };
    let server = Server::start(config).await.expect("a free port");
    let first = TcpStream::connect(server.address).await.expect("it listens");
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut second = TcpStream::connect(server.address).await.expect("the kernel queues it");
    second.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.expect("the kernel takes it");
    let mut reply = [0; 12];
    let early = tokio::time::timeout(Duration::from_millis(200), second.read_exact(&mut reply)).await;
    assert!(early.is_err(), "served above the bound");
    drop(first);
    second.read_exact(&mut reply).await.expect("served now");
    assert_eq!(&reply, b"HTTP/1.1 404");
}
