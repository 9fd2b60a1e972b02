//! Sequences against the reference server: what it is told to do otherwise is found where it is a fault, and only there.

use std::collections::BTreeSet;
use std::time::Duration;

use proofmark::authenticator::attestation_root;
use proofmark::cli::embedded;
use proofmark::contract::{Flow, Protocol};
use proofmark::outcome::{CaseRecord, Event, RunRecord, Verdict};
use proofmark::runner::fuzz::{Budget, Found};
use proofmark::runner::target::Target;
use proofmark::runner::{Runner, Settings, Stop, estimate, sequences};
use proofmark::scenario::{self, Case, Plan, Selection, parse_suite};
use proofmark::server::defect::Defect;
use proofmark::server::variant::{self, Variant};
use proofmark::server::{RunningServer, Server, ServerConfig};

/// Users of a server: each sequence leaves something behind, as cases do.
const USERS: usize = 40;

async fn server(defects: &[&str], variants: &[&'static Variant]) -> RunningServer {
    let defects = defects.iter().map(|id| Defect::find(id).expect("a listed defect")).collect();
    let trust_anchors = vec![attestation_root()];
    let config = ServerConfig {
        users: USERS,
        seed: 5,
        defects,
        variants: variants.to_vec(),
        trust_anchors,
        ..ServerConfig::default()
    };
    Server::start(config).await.expect("a free port")
}

fn plan(cases: Vec<Case>, target: &Target) -> Plan {
    let (flows, protocols) = (target.flows.clone(), target.protocols.clone());
    Plan::new(cases, &Selection { flows, protocols, ..Selection::default() })
}

fn runner(cases: Vec<Case>, target: Target, seed: u64) -> Runner {
    let plan = plan(cases, &target);
    Runner::new(target, plan, Settings { seed, concurrency: 8, now: embedded::now() }).expect("a good address")
}

/// What is reported of so many sequences, and the suites.
async fn follow(target: Target, seed: u64, sequences: usize) -> (Vec<CaseRecord>, Vec<Found>) {
    let mut events = Vec::new();
    let stop = Stop::default();
    let runner = runner(sequences::sequences(seed, &target.flows, &target.protocols, false), target, seed);
    let run = runner.model(Budget::Credentials(sequences), "found", &stop, |event| events.push(event.clone()));
    let (_, found) = tokio::time::timeout(Duration::from_secs(300), run).await.expect("the run ends");
    (RunRecord::fold(events).expect("a first event").cases, found)
}

/// Everything but passes, in words.
fn wrong(records: &[CaseRecord]) -> Vec<String> {
    let bad = records.iter().filter(|record| record.verdict != Verdict::Pass);
    bad.map(|record| format!("{}: {:?}\n  {}", record.title, record.findings.first(), record.id)).collect()
}

/// Plays what was written, alone, against a server of the same kind.
async fn replay(found: &Found, target: Target) -> Vec<CaseRecord> {
    let mut cases = parse_suite(&found.name, &found.text).unwrap_or_else(|error| panic!("{error}\n{}", found.text));
    cases.iter_mut().for_each(|case| case.file = Some(found.name.clone()));
    let mut events = Vec::new();
    runner(cases, target, 77).run(&Stop::default(), |event: &Event| events.push(event.clone())).await;
    RunRecord::fold(events).expect("a first event").cases
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_correct_server_alarms() {
    let mut seed = 0;
    for variant in std::iter::once(None).chain(variant::all().map(Some)) {
        let server = server(&[], &variant.into_iter().collect::<Vec<_>>()).await;
        // What the sequences are about varies there; elsewhere it is about how something is written.
        let is_near = variant.is_none_or(|variant| variant.played.len() > 3);
        let (seeds, sequences) = if is_near { (2, 16) } else { (1, 5) };
        for _ in 0..seeds {
            seed += 1;
            let (records, found) = follow(embedded::target_of(&server), seed, sequences).await;
            assert_eq!(wrong(&records), [""; 0], "{:?}, seed {seed}", variant.map(|variant| variant.id));
            assert!(found.is_empty());
        }
        server.shutdown().await;
    }
}

/// The defects that sequences find by themselves, and a clause that one of the findings has to be about.
const FOUND: [(&str, &str); 11] = [
    ("state-not-stored", "api/state/"),
    ("state-stored-twice", "api/state/"),
    ("state-stored-after-refusal", "api/state/refused"),
    ("state-remove-keeps", "api/state/removed"),
    ("state-remove-unknown-accepted", "api/authorization"),
    ("state-exclude-credentials-missing", "api/state/kept"),
    ("state-exclude-only-latest", "api/state/kept"),
    ("challenge-accepted-after-remove", "api/state/dead"),
    ("challenge-not-one-time", "api/state/dead"),
    ("status-ceremony-refusal-as-200", "webauthn/7.1/origin"),
    ("authorization-remove-unchecked", "api/authorization"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_are_found_by_sequences_of_at_most_six_calls_that_play_alone() {
    for (defect, clause) in FOUND {
        let server = server(&[defect], &[]).await;
        let is_about = |record: &&CaseRecord| {
            record.findings[0].clause.starts_with(clause)
                && [Verdict::Fail, Verdict::Deviation].contains(&record.verdict)
        };
        // Some need calls that few sequences come to.
        let mut seed = 11;
        let (mut records, mut found) = follow(embedded::target_of(&server), seed, 40).await;
        while !records.iter().any(|record| is_about(&record)) && seed < 17 {
            seed += 1;
            (records, found) = follow(embedded::target_of(&server), seed, 40).await;
        }
        assert!(records.iter().any(|record| is_about(&record)), "{defect}: {:?}", wrong(&records));
        for suite in &found {
            let case = parse_suite(&suite.name, &suite.text).expect("valid").remove(0);
            let calls = case.steps.iter().filter(|step| step.call.is_some()).count();
            assert!(calls <= 6, "{defect}: {}", suite.text);
        }
        // One that needs what an earlier sequence has left with its user does not come again on another.
        let mut comes_again = false;
        for suite in &found {
            let again = replay(suite, embedded::target_of(&server)).await;
            comes_again |= again.iter().any(|record| record.verdict > Verdict::Skip);
        }
        assert!(comes_again, "{defect}: {}", found[0].text);
        server.shutdown().await;
    }
}

/// What a server with one flow, one protocol or nobody to administer offers is enough.
#[tokio::test]
async fn sequences_adapt_to_what_a_target_has() {
    let server = server(&[], &[]).await;
    for (flows, protocols) in [
        (vec![Flow::V2_U2F], vec![Protocol::Grpc]),
        (vec![Flow::V1_PASSWORDLESS], vec![Protocol::Rest]),
        (vec![Flow::V1_U2F, Flow::V2_U2F], vec![Protocol::GrpcWeb]),
    ] {
        let mut target = Target { flows, protocols, ..embedded::target_of(&server) };
        target.accounts.admin = None;
        let (records, _) = follow(target, 3, 10).await;
        assert_eq!(wrong(&records), [""; 0]);
        assert!(records.iter().any(|record| record.id == "all/all/model"));
    }
    server.shutdown().await;
}

#[test]
fn the_sequences_of_a_default_run_cost_little() {
    let (flows, protocols) = (Flow::ALL.to_vec(), Protocol::ALL.to_vec());
    let selection = Selection { flows: flows.clone(), protocols: protocols.clone(), ..Selection::default() };
    let calls = |cases: Vec<Case>| estimate::Effort::of(&Plan::new(cases, &selection)).calls;
    let sequences = sequences::sequences(7, &flows, &protocols, false);
    let (all, own) = (calls(scenario::embedded().expect("valid suites")), calls(sequences.clone()));
    assert!(own * 100 <= all * 7, "{own} calls beside {all}");
    let ids: BTreeSet<&str> = sequences.iter().map(|case| case.id.as_str()).collect();
    assert!(ids.len() == sequences.len() && ids.len() >= 30, "{}", ids.len());
    // The same seed and offer have the same names, so that one can be named.
    let again = sequences::sequences(7, &flows, &protocols, false);
    assert_eq!(again[3].id, sequences[3].id);
}
