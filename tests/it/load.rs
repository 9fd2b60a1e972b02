//! Load on a real server: what is counted, what fails it, and what is never done.

mod away;
mod connections;
mod gateway;
mod known;
mod process;
mod tls;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use proofmark::authenticator::Format;
use proofmark::contract::{Flow, Protocol};
use proofmark::load::{self, Ceilings, Excuses, LoadError, LoadUser, Plan, Stop, Subjects, Tolerance};
use proofmark::outcome::Shard;
use proofmark::outcome::load::{
    ArrivalPattern, Cleanup, GeneratorVerdict, Kind, LoadModel, LoadRecord, LoadStep, Outcome, PackedHistogram,
    PhaseName, RateStep, Shares, Stages,
};
use proofmark::server::defect::Defect;
use proofmark::server::{RunningServer, Server, ServerConfig};
use proofmark::transport::{Address, Limits};

pub async fn server(defects: &[&str], users: usize) -> RunningServer {
    let defects = defects.iter().map(|id| Defect::find(id).expect("a listed defect")).collect();
    let config = ServerConfig { users, seed: 5, defects, ..ServerConfig::default() };
    Server::start(config).await.expect("a free port")
}

/// One worker for each user, only good cycles, and a generator that may be as slow as the machine of the test is.
pub fn plan(server: &RunningServer, flow: Flow, millis: u64) -> Plan {
    let subjects: Vec<LoadUser> = server
        .accounts
        .subjects
        .iter()
        .map(|account| LoadUser { user_id: account.user_id.clone(), token: account.token.clone() })
        .collect();
    let any = Duration::from_secs(60);
    Plan {
        name: "the server of the test".to_owned(),
        web: Address::new(server.base_url()),
        grpc: Address::new(server.base_url()),
        allowed_host: None,
        limits: Limits { timeout: Duration::from_secs(3), ..Limits::default() },
        rp_id: server.rp_id.clone(),
        origin: server.origin.clone(),
        flows: vec![(flow, 1)],
        protocols: vec![(Protocol::Rest, 1)],
        format: Format::None,
        fresh_keys: false,
        model: LoadModel::Closed { workers: u64::try_from(subjects.len()).expect("few") },
        stages: Stages { hold_us: millis * 1_000, ..Stages::default() },
        shares: Shares::default(),
        subjects: Subjects::Listed(subjects),
        think: Duration::ZERO,
        cleanup: Cleanup::Remove,
        seed: 9,
        thresholds: vec!["errors<=0%".parse().expect("a rule")],
        excuses: Excuses::default(),
        known_file: None,
        preflight: false,
        give_up: any,
        shard: None,
        start_at: None,
        ceilings: Ceilings::default(),
        tolerance: Tolerance { lag: any, crypto_queue: any, cpu: 2.0, waited: 1.0 },
        attesters: None,
        embedded: true,
        defects: Vec::new(),
        target_file: None,
        build: String::new(),
        dashboard: None,
    }
}

pub fn open(plan: Plan, rate: f64, workers: u64) -> Plan {
    let steps = vec![RateStep { per_second: rate, for_us: plan.stages.hold_us }];
    Plan { model: LoadModel::Open { steps, arrivals: ArrivalPattern::Constant, workers }, ..plan }
}

pub async fn attack(plan: Plan) -> LoadRecord {
    load::run(plan, &Stop::default(), &mut |_| ()).await.expect("a result")
}

fn good(record: &LoadRecord, step: LoadStep) -> u64 {
    record.count(|row| row.is_good(step, None))
}

fn assert_clean(record: &LoadRecord) {
    let cycles = record.cycles_ok(None);
    assert!(cycles > 3, "{record:?}");
    assert_eq!((record.cycles_failed(None), &record.errors), (0, &Vec::new()));
    for step in [LoadStep::Start, LoadStep::Attest, LoadStep::Verify, LoadStep::Cleanup, LoadStep::Cycle] {
        assert_eq!(good(record, step), cycles, "every cycle is in every histogram: {step:?}");
    }
    assert_eq!(record.correctness.confirmed, cycles, "no registration is lost");
    assert_eq!((record.correctness.left_behind, load::uncounted(record)), (0, 0), "the engine has the same count");
    assert!(record.is_correct() && record.is_met() && !record.is_limited(), "{record:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_workers_do_is_counted_once_everywhere() {
    let server = server(&[], 2).await;
    let record = attack(plan(&server, Flow::V2_PASSKEY, 1_000)).await;
    assert_clean(&record);
    assert!((1_000_000..4_000_000).contains(&record.measured_us), "{}", record.measured_us);
    let of = |step| record.good(step, None).expect("readable");
    let (start, verify, cycle) = (of(LoadStep::Start), of(LoadStep::Verify), of(LoadStep::Cycle));
    assert!(start.min() > 0 && cycle.max() >= start.max().max(verify.max()), "{record:?}");
    let intervals: u64 = record.intervals.list.iter().map(|interval| interval.ok).sum();
    assert_eq!(intervals, record.cycles_ok(None));
    let json = serde_json::to_string(&record).expect("JSON");
    assert_eq!(serde_json::from_str::<LoadRecord>(&json).expect("a record"), record);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_over_every_protocol_leaves_the_state_as_it_was() {
    let server = server(&[], 2).await;
    let flows = Flow::ALL.map(|flow| (flow, 1)).to_vec();
    let protocols = Protocol::ALL.map(|protocol| (protocol, 1)).to_vec();
    let mixed = Plan { flows, protocols, format: Format::PackedSelf, ..plan(&server, Flow::V2_PASSKEY, 2_000) };
    assert_clean(&attack(mixed).await);
    // What a removal left behind, the next start would name in excludeCredentials.
    let client = reqwest::Client::builder().no_proxy().build().expect("a client");
    for flow in ["u2f", "passkeys"] {
        let account = &server.accounts.subjects[0];
        let url = format!("{}/v2/users/{}/{flow}", server.base_url(), account.user_id);
        let request = client.post(url).bearer_auth(account.token.expose()).header("content-type", "application/json");
        let text = request.body("{}").send().await.expect("a reply").text().await.expect("a body");
        let body: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let excluded = &body["publicKeyCredentialCreationOptions"]["publicKey"]["excludeCredentials"];
        assert!(excluded.as_array().is_none_or(Vec::is_empty), "{excluded}");
    }
}

/// What a new connection took is in no server time.
#[tokio::test(flavor = "multi_thread")]
async fn connections_are_counted_apart() {
    let server = server(&[], 4).await;
    let protocols = Protocol::ALL.map(|protocol| (protocol, 1)).to_vec();
    let mut plan = Plan { protocols, ..plan(&server, Flow::V2_PASSKEY, 1_000) };
    for address in [&mut plan.web, &mut plan.grpc] {
        address.base_url = address.base_url.replace("127.0.0.1", "localhost");
    }
    let record = attack(plan).await;
    assert_clean(&record);
    let connections = &record.generators[0].connections;
    let slugs: Vec<_> = connections.iter().map(|connection| connection.protocol.as_str()).collect();
    assert_eq!(slugs, ["grpc", "grpc-web", "rest"]);
    for connection in connections {
        let count = |times: &PackedHistogram| times.unpack().expect("a histogram").len();
        let (made, resolved) = (count(&connection.connect), count(&connection.resolve));
        // A connection serves many calls; calls over HTTP/2 share one.
        let most = if connection.protocol == "grpc" { 1 } else { 8 };
        assert!((1..=most).contains(&made) && resolved == made, "{made} of {}", connection.protocol);
        assert_eq!((connection.failed, count(&connection.tls)), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn special_cycles_are_in_rows_of_their_own() {
    let server = server(&[], 2).await;
    let shares = Shares { negatives: 0.3, races: 0.3, lookups: 0.3 };
    let record = attack(Plan { shares, ..plan(&server, Flow::V2_PASSKEY, 1_500) }).await;
    assert_eq!(record.errors, []);
    let of = record.correctness;
    assert!(of.negatives > 0 && of.races > 0 && of.lookups > 0 && of.wrong() == 0, "{of:?}");
    let cycles =
        |kind| record.count(|row| row.kind == kind && row.step == LoadStep::Cycle && row.outcome == Outcome::Ok);
    let counted = [Kind::Negative, Kind::Race, Kind::Lookup].map(cycles);
    assert_eq!(counted, [of.negatives, of.races, of.lookups]);
    assert_eq!(record.cycles_ok(None), cycles(Kind::Good) + of.races + of.lookups, "a refusal is not an enrolment");
    assert_eq!(load::uncounted(&record), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_wrong_answer_fails_the_run_whatever_the_thresholds_say() {
    let shares = Shares { negatives: 0.5, races: 0.0, lookups: 0.5 };
    for (defect, class) in [
        ("shape-details-missing", "verify/check/verify-shape"),
        ("verification-skips-challenge", "verify/accepted/"),
        ("state-not-stored", "lookup/lost"),
        ("challenge-constant", "start/cross-talk/challenge"),
        ("challenge-not-one-time", "verify/double-win"),
    ] {
        let server = server(&[defect], 2).await;
        let shares =
            if defect == "challenge-not-one-time" { Shares { races: 1.0, ..Shares::default() } } else { shares };
        let thresholds = vec!["errors<=100%".parse().expect("a rule")];
        let record = attack(Plan { shares, thresholds, ..plan(&server, Flow::V2_PASSKEY, 2_000) }).await;
        let found = record.errors.iter().find(|error| error.class.starts_with(class));
        let found = found.unwrap_or_else(|| panic!("{defect}: {:?}", record.errors));
        assert!(record.is_met() && !record.is_correct(), "{defect}: {:?}", record.correctness);
        assert_eq!(found.exchanges.len(), 1, "{defect}: with its exchange");
        let json = serde_json::to_string(&record).expect("JSON");
        assert!(server.accounts.subjects.iter().all(|account| !json.contains(account.token.expose())));
        assert_eq!(load::uncounted(&record), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_is_an_error_and_no_wrong_answer() {
    let server = server(&[], 1).await;
    let mut refused = plan(&server, Flow::V2_U2F, 300);
    // A foreign token may start and verify nothing.
    let user_id = server.accounts.subjects[0].user_id.clone();
    let token = server.accounts.no_rights.token.clone();
    refused.subjects = Subjects::Listed(vec![LoadUser { user_id, token }]);
    let record = attack(refused).await;
    assert_eq!((record.cycles_ok(None), record.errors[0].class.as_str()), (0, "start/refused/403/7"));
    assert!(record.is_correct() && !record.is_met());
    assert!(!record.errors[0].example.contains(server.accounts.no_rights.token.expose()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_answer_costs_its_timeout_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let server = server(&[], 3).await;
    let mut plan = plan(&server, Flow::V2_PASSKEY, 300);
    plan.limits.timeout = Duration::from_secs(1);
    plan.web.base_url = format!("http://{}", listener.local_addr().expect("bound"));
    let silent = attack(plan.clone()).await;
    assert_eq!((silent.cycles_ok(None), silent.cycles_failed(None), silent.lost(LoadStep::Start, None)), (0, 3, 3));
    assert_eq!(silent.errors[0].class, "start/transport/timed-out");
    assert_eq!(silent.errors[0].exchanges[0].status, "no reply");
    // In the open model arrivals come all the same; who finds no worker is counted.
    let record = attack(open(plan, 40.0, 2)).await;
    let arrivals = record.arrivals.expect("the open model");
    assert_eq!((arrivals.offered, arrivals.ok), (12, 0));
    assert_eq!(arrivals.failed + arrivals.abandoned, 12, "{arrivals:?}");
    assert!(arrivals.abandoned > 0 && arrivals.waited >= arrivals.abandoned, "{arrivals:?}");
    assert_eq!(record.cycles_failed(None), 12);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_model_begins_as_many_as_are_due_in_every_phase() {
    let server = server(&[], 20).await;
    let mut plan = plan(&server, Flow::V2_PASSKEY, 2_000);
    plan.stages = Stages { ramp_us: 1_000_000, warm_up_us: 500_000, hold_us: 2_000_000, ramp_down_us: 1_000_000 };
    let record = attack(open(plan, 20.0, 20)).await;
    let arrivals = record.arrivals.expect("the open model");
    assert_eq!((arrivals.offered, arrivals.started, arrivals.ok), (40, 40, 40));
    let phases: Vec<_> = record.phases.iter().map(|phase| (phase.name, phase.ok)).collect();
    let expected = [(PhaseName::Ramp, 10), (PhaseName::WarmUp, 10), (PhaseName::Hold, 40), (PhaseName::RampDown, 10)];
    assert_eq!(phases, expected);
    assert_eq!(record.cycles_ok(None), 40, "only the hold phase is measured");
    let cycle = record.good(LoadStep::Cycle, None).expect("readable");
    let service = record.good(LoadStep::Service, None).expect("readable");
    assert!(cycle.len() == service.len() && cycle.max() >= service.max(), "time counts from the intended begin");
    assert_eq!(record.achieved(), Some(1.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_are_the_whole() {
    let server = server(&[], 6).await;
    let whole = open(plan(&server, Flow::V2_PASSKEY, 1_000), 30.0, 6);
    let mut offered = 0;
    let mut digests = Vec::new();
    for index in 1..=3 {
        let record = attack(Plan { shard: Some(Shard { index, count: 3 }), ..whole.clone() }).await;
        offered += record.arrivals.expect("the open model").offered;
        assert_eq!(record.errors, []);
        digests.push(record.plan.digest);
    }
    assert_eq!(offered, 30);
    digests.dedup();
    assert_eq!(digests.len(), 1, "they can be merged");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generator_that_is_the_limit_says_so() {
    let server = server(&[], 2).await;
    let slow = Tolerance { crypto_queue: Duration::ZERO, ..plan(&server, Flow::V2_PASSKEY, 300).tolerance };
    let record = attack(Plan { tolerance: slow, ..plan(&server, Flow::V2_PASSKEY, 4_000) }).await;
    assert_eq!(record.generators[0].verdict, GeneratorVerdict::Limited);
    assert!(record.generators[0].reasons[0].contains("attestations waited for a thread"), "{record:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_it_early_with_what_is_there() {
    let server = server(&[], 2).await;
    let stop = Stop::default();
    let plan = plan(&server, Flow::V2_PASSKEY, 60_000);
    let mut stop_at_once = |progress: &load::Progress| {
        if progress.ok > 0 {
            stop.stop();
        }
    };
    let attack = load::run(plan, &stop, &mut stop_at_once);
    let record = tokio::time::timeout(Duration::from_secs(50), attack).await;
    let record = record.expect("it ends before its duration").expect("a result");
    assert!(record.interrupted && record.cycles_ok(None) > 0 && record.errors.is_empty(), "{record:?}");
    assert!(record.measured_us < 55_000_000 && record.correctness.left_behind == 0, "{}", record.measured_us);
}

#[tokio::test]
async fn load_for_another_host_and_load_without_bounds_are_refused() {
    let server = server(&[], 1).await;
    let good = plan(&server, Flow::V2_PASSKEY, 100);
    // An address of the documentation (RFC 5737): nobody would answer.
    let elsewhere = Address::new("http://192.0.2.1:9");
    let grpc = vec![(Protocol::Grpc, 1)];
    for remote in
        [Plan { web: elsewhere.clone(), ..good.clone() }, Plan { grpc: elsewhere, protocols: grpc, ..good.clone() }]
    {
        let began = Instant::now();
        let refused = load::run(remote, &Stop::default(), &mut |_| ()).await.expect_err("it is remote");
        assert!(matches!(refused, LoadError::Remote(_)), "{refused}");
        assert!(began.elapsed() < Duration::from_secs(10), "it was asked before it was refused");
    }
    let stages = |hold_us| Stages { hold_us, ..Stages::default() };
    for (plan, raise) in [
        (Plan { stages: stages(3_601_000_000), ..good.clone() }, "duration=3602s"),
        (
            Plan { stages: Stages { ramp_us: 1_000_000, ..stages(u64::MAX) }, ..good.clone() },
            "duration=18446744073711s",
        ),
        (Plan { model: LoadModel::Closed { workers: 10_001 }, ..good.clone() }, "users=10001"),
        (open(good.clone(), 5_001.0, 1), "rate=5001"),
    ] {
        let refused = load::run(plan, &Stop::default(), &mut |_| ()).await.expect_err("above the ceiling").to_string();
        assert!(refused.ends_with(&format!("--raise-ceiling {raise}")), "{refused}");
    }
    for plan in [
        Plan { stages: stages(0), ..good.clone() },
        Plan { flows: Vec::new(), ..good.clone() },
        Plan { shares: Shares { negatives: 0.9, races: 0.2, lookups: 0.0 }, ..good.clone() },
        Plan { subjects: Subjects::Listed(Vec::new()), ..good },
    ] {
        let refused = load::run(plan, &Stop::default(), &mut |_| ()).await.expect_err("it makes no sense");
        assert!(matches!(refused, LoadError::Plan(_)), "{refused}");
    }
}

// The command.

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_proofmark"));
    command.arg("load").args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

async fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = command(arguments);
    let ended = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic");
    let Output { status, stdout, stderr } = ended.expect("it starts");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

/// A target file for a server, with its first `subjects` users.
fn target_file(directory: &Path, server: &RunningServer, base_url: &str, subjects: usize) -> PathBuf {
    let subjects: Vec<_> = server.accounts.subjects.iter().take(subjects).collect();
    let subjects: Vec<_> = subjects
        .iter()
        .map(|account| serde_json::json!({ "userId": account.user_id, "token": account.token.expose() }))
        .collect();
    let pool = serde_json::json!({
        "subjects": subjects,
        "adminToken": server.accounts.admin.expose(),
        "noRightsToken": server.accounts.no_rights.token.expose(),
    });
    std::fs::write(directory.join("pool.json"), pool.to_string()).expect("a writable directory");
    let text = format!(
        "base-url = \"{base_url}\"\nrp-id = \"{}\"\norigin = \"{}\"\n[accounts]\nsubjects-file = \"pool.json\"\n",
        server.rp_id, server.origin
    );
    let path = directory.join("target.toml");
    std::fs::write(&path, text).expect("a writable directory");
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exit_code_is_that_of_the_thresholds() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = server(&["shape-details-missing"], 3).await;
    let target = target_file(directory.path(), &server, &server.base_url(), 3);
    let target = target.to_str().expect("UTF-8");
    let out_file = directory.path().join("summary.json");
    let out_path = out_file.to_str().expect("UTF-8");
    // However busy the machine of the test is.
    let common = ["--users", "2", "--duration", "300ms", "--target", target, "--seed", "1", "--generator-lag", "60s"];
    let (code, out, err) = run(&[&common[..], &["--report", &format!("json={out_path}")]].concat()).await;
    assert_eq!(code, Some(8), "{out}{err}");
    assert!(out.contains("verify/check/verify-shape") && out.contains("MISSED  errors<=0%: "), "{out}");
    let written = std::fs::read_to_string(&out_file).expect("written");
    let record: LoadRecord = serde_json::from_str(&written).expect("a record");
    assert!(record.correctness.nonconformant > 0 && record.build.len() == 64, "{record:?}");
    let shown = |text: &str| server.accounts.subjects.iter().any(|account| text.contains(account.token.expose()));
    assert!(!shown(&out) && !shown(&written));
    let (code, out, err) = run(&[&common[..], &["--threshold", "errors<=100%"]].concat()).await;
    assert_eq!(code, Some(8), "wrong answers fail it all the same: {out}{err}");
    let right = self::server(&[], 3).await;
    let target = target_file(directory.path(), &right, &right.base_url(), 3);
    // A rule in the target file, and a file of subjects that is read along.
    let text = std::fs::read_to_string(&target).expect("written");
    std::fs::write(&target, format!("{text}[load]\nthresholds = [\"verify.max<60s\"]\n")).expect("writable");
    let (code, out, err) = run(&common).await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("met     verify.max<60s: ") && out.contains("met     errors<=0%: 0%"), "{out}");
    let (code, out, _) = run(&[&common[..], &["--threshold", "verify.max<1us"]].concat()).await;
    assert_eq!(code, Some(8), "{out}");
    let (code, out, _) = run(&[&common[..], &["--threshold", "verify.p99.9<1s"]].concat()).await;
    assert_eq!(code, Some(8), "{out}");
    assert!(out.contains("UNKNOWN verify.p99.9<1s: ") && out.contains("100000 are needed"), "{out}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_has_one_error_that_says_what_to_write() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = server(&[], 3).await;
    let target = target_file(directory.path(), &server, &server.base_url(), 2);
    let target = target.to_str().expect("UTF-8");
    let elsewhere = tempfile::tempdir().expect("a directory");
    let remote = target_file(elsewhere.path(), &server, "http://192.0.2.1:9", 2);
    let remote = remote.to_str().expect("UTF-8");
    let cases: [(&[&str], i32, &[&str]); 17] = [
        (&["--users", "3", "--target", target], 3, &["are 2 subjects", "3 workers", "smaller --users"]),
        (&["--users", "1", "--target", remote], 2, &["--allow-remote 192.0.2.1"]),
        (&["--users", "1", "--target", remote, "--allow-remote", "192.0.2.2"], 2, &["instead of 192.0.2.2"]),
        (&["--duration", "2h"], 2, &["--raise-ceiling duration="]),
        (&["--rate", "6000/s"], 2, &["--raise-ceiling rate=6000"]),
        (&["--duration", "999999999999h", "--ramp", "1s"], 2, &["--duration", "at most 8784h"]),
        (&["--duration", "1h", "--ramp", "1s"], 2, &["--raise-ceiling duration=3602s"]),
        (&["--duration", "1s", "--warm-up", "999999999999h"], 2, &["--warm-up", "at most 8784h"]),
        (&["--rate", "1/s@8784h,1/s@8784h"], 2, &["--rate", "8784h together"]),
        (&["--rate", "99999999999999999999/s"], 2, &["at most 1000000/s"]),
        (&["--duration", "5"], 2, &["30s"]),
        (&["--rate", "6"], 2, &["200/s", "100/s@30s"]),
        (&["--flow", "v3/passkey"], 2, &["v2/passkey"]),
        (&["--protocol", "soap"], 2, &["grpc-web"]),
        (&["--format", "u2f"], 2, &["there are none, packed"]),
        (&["--threshold", "verify.p99<200"], 2, &["200ms"]),
        (&["--negatives", "0.1"], 2, &["0.1%"]),
    ];
    for (arguments, exit, says) in cases {
        let (code, out, err) = run(arguments).await;
        // What only the attack itself finds comes after the header.
        assert_eq!((code, out.lines().count() <= 1), (Some(exit), true), "{arguments:?}: {out}{err}");
        for word in says {
            assert!(err.contains(word), "{arguments:?}: {err}");
        }
    }
}
