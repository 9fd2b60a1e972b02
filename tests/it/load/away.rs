//! Targets that can't be loaded, or that are gone all of a sudden.

use std::time::Duration;

use proofmark::contract::{Flow, Protocol};
use proofmark::load::{self, LoadError, LoadUser, Plan, Stop, Subjects};
use proofmark::outcome::load::Shares;
use proofmark::server::variant::Variant;
use proofmark::server::{Server, ServerConfig};
use proofmark::wire::secret::Secret;

use super::{attack, command, plan, run, server, target_file};

async fn refused(plan: Plan) -> String {
    let refused = load::run(Plan { preflight: true, ..plan }, &Stop::default(), &mut |_| ()).await;
    let refused = refused.expect_err("it can't be loaded");
    assert!(matches!(refused, LoadError::Unready(_)), "{refused}");
    refused.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_loaded_is_told_before_any_load() {
    let server = server(&[], 2).await;
    let good = plan(&server, Flow::V2_PASSKEY, 60_000);
    let user_id = server.accounts.subjects[0].user_id.clone();
    let user = |token: &Secret| Subjects::Listed(vec![LoadUser { user_id: user_id.clone(), token: token.clone() }; 2]);
    let unknown = Secret::new("a-token-that-nobody-has");
    let text = refused(Plan { subjects: user(&unknown), ..good.clone() }).await;
    assert!(text.contains("v2/passkey over rest") && text.contains("start/refused/401/16"), "{text}");
    assert!(text.contains("[accounts]") && !text.contains(unknown.expose()), "{text}");
    let text = refused(Plan { subjects: user(&server.accounts.no_rights.token), ..good.clone() }).await;
    assert!(text.contains("start/refused/403/7") && text.contains("may not enrol"), "{text}");
    let text = refused(Plan { origin: format!("{}:9", server.origin), ..good.clone() }).await;
    assert!(text.contains("verify/refused/") && text.contains("compare rp-id and origin"), "{text}");
    // Only one of the protocols goes wrong.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let mut elsewhere = Plan { protocols: vec![(Protocol::Rest, 1), (Protocol::Grpc, 1)], ..good };
    elsewhere.grpc.base_url = format!("http://{closed}");
    let text = refused(elsewhere).await;
    assert!(text.contains("over grpc fails with start/transport/unreachable") && text.contains("grpc-url"), "{text}");
    assert_eq!(server.counts.verified(), 1, "nothing but the look that went well was enrolled");
    assert_eq!(server.counts.removed(), 1);
}

/// The preflight does not judge: the load is there to find what is wrong or fails now and then.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_wrong_now_and_then_is_loaded() {
    for defect in ["concurrency-one-in-ten", "shape-details-missing"] {
        let server = server(&[defect], 2).await;
        let record = attack(Plan { preflight: true, ..plan(&server, Flow::V2_PASSKEY, 500) }).await;
        let before = record.preflight.expect("it looked");
        assert_eq!((before.starts, before.confirmed, before.left_behind), (1, 1, 0), "{defect}");
        assert_eq!(record.correctness.confirmed + before.confirmed, server.counts.verified(), "{defect}");
        assert_eq!(record.stopped, None, "{defect}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_ends_when_its_target_goes_away() {
    let server = server(&[], 2).await;
    let plan = Plan { give_up: Duration::from_millis(500), ..plan(&server, Flow::V2_PASSKEY, 50_000) };
    let goes = async {
        while server.counts.verified() < 20 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        server.shutdown().await;
    };
    let ended = async { tokio::join!(attack(plan), goes).0 };
    let record = tokio::time::timeout(Duration::from_secs(30), ended).await.expect("it ends by itself");
    let stopped = record.stopped.clone().expect("it says why");
    assert!(stopped.lost && stopped.failed >= 3, "{stopped:?}");
    assert!(stopped.to_string().starts_with(&format!("the target went away at {}", stopped.at)), "{stopped}");
    let at: jiff::Timestamp = stopped.at.parse().expect("a time");
    let started: jiff::Timestamp = record.started.parse().expect("a time");
    // Both were cut to milliseconds.
    let since = at.as_millisecond() - started.as_millisecond();
    assert!(since.abs_diff(i64::try_from(stopped.useful_us / 1_000).expect("little")) <= 1, "{since} {stopped:?}");
    assert!(record.is_correct() && !record.interrupted && record.cycles_ok(None) > 0, "{record:?}");
    assert!(load::render(&record).expect("readable").contains("\nstopped the target went away at "));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_tells_a_set_up_from_a_target_that_went_away() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = server(&[], 2).await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("bound");
    let target = target_file(directory.path(), &server, &format!("http://{closed}"), 2);
    let common = ["--users", "2", "--seed", "1", "--generator-lag", "60s", "--target", target.to_str().expect("UTF-8")];
    let (code, out, err) = run(&[&common[..], &["--duration", "50s"]].concat()).await;
    assert_eq!(code, Some(5), "{out}{err}");
    assert!(err.contains("no load was generated") && err.contains("compare base-url"), "{err}");
    let target = target_file(directory.path(), &server, &server.base_url(), 2);
    let common = ["--users", "2", "--seed", "1", "--generator-lag", "60s", "--target", target.to_str().expect("UTF-8")];
    let child = command(&[&common[..], &["--duration", "50s", "--give-up", "1s"]].concat()).spawn().expect("it starts");
    while server.counts.verified() < 20 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.shutdown().await;
    let ended =
        tokio::task::spawn_blocking(move || child.wait_with_output()).await.expect("no panic").expect("it ends");
    let text = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert_eq!(ended.status.code(), Some(6), "{text}");
    assert!(text.contains("the target went away at "), "{text}");
}

/// A correct server whose v2 has no list, with these defects besides.
async fn unlisted(defects: &[&str]) -> proofmark::server::RunningServer {
    let defects = defects.iter().map(|id| proofmark::server::defect::Defect::find(id).expect("listed")).collect();
    let variants = vec![Variant::find("list-v1-only").expect("listed")];
    let config = ServerConfig { users: 2, seed: 5, defects, variants, ..ServerConfig::default() };
    Server::start(config).await.expect("a free port")
}

#[tokio::test(flavor = "multi_thread")]
async fn where_there_is_no_list_the_next_start_tells_what_is_enrolled() {
    let looking = |plan: Plan| {
        let (shares, protocols) =
            (Shares { lookups: 0.5, ..Shares::default() }, Protocol::ALL.map(|p| (p, 1)).to_vec());
        Plan { shares, protocols, preflight: true, ..plan }
    };
    let server = unlisted(&[]).await;
    let record = attack(looking(plan(&server, Flow::V2_PASSKEY, 1_000))).await;
    assert_eq!((record.cycles_failed(None), &record.errors), (0, &Vec::new()));
    assert!(record.correctness.lookups > 0 && record.is_correct(), "{:?}", record.correctness);
    assert_eq!(record.notes.len(), 3, "{:?}", record.notes);
    assert!(record.notes[0].contains("has no list of factors"), "{:?}", record.notes);
    assert!(load::render(&record).expect("readable").contains("\nnote    v2/passkey over rest has no list"));
    let listed = attack(looking(plan(&self::server(&[], 2).await, Flow::V2_PASSKEY, 500))).await;
    assert!(listed.notes.is_empty() && listed.is_correct(), "{:?}", listed.notes);
    // What is lost is found all the same.
    let server = unlisted(&["state-not-stored"]).await;
    let record = attack(looking(plan(&server, Flow::V2_PASSKEY, 1_000))).await;
    assert!(
        record.correctness.lost > 0 && record.errors.iter().any(|error| error.class == "lookup/lost"),
        "{record:?}"
    );
}
