//! Load on a real server: what is counted, what fails it, and what is never done.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use proofmark::authenticator::Format;
use proofmark::contract::Flow;
use proofmark::load::{self, LoadError, LoadUser, Plan, Stop, Summary, Thresholds};
use proofmark::server::defect::Defect;
use proofmark::server::{RunningServer, Server, ServerConfig};
use proofmark::transport::{Address, Limits, TlsOptions};

async fn server(defects: &[&str], users: usize) -> RunningServer {
    let defects = defects.iter().map(|id| Defect::find(id).expect("a listed defect")).collect();
    let config = ServerConfig { users, seed: 5, defects, ..ServerConfig::default() };
    Server::start(config).await.expect("a free port")
}

fn plan(server: &RunningServer, flow: Flow, millis: u64) -> Plan {
    let subjects = server.accounts.subjects.iter();
    Plan {
        name: "the server of the test".to_owned(),
        address: Address { base_url: server.base_url(), tls: TlsOptions::default() },
        allowed_host: None,
        limits: Limits { timeout: Duration::from_secs(1), ..Limits::default() },
        rp_id: server.rp_id.clone(),
        origin: server.origin.clone(),
        flow,
        format: Format::None,
        users: subjects.map(|a| LoadUser { user_id: a.user_id.clone(), token: a.token.clone() }).collect(),
        duration: Duration::from_millis(millis),
        seed: 9,
    }
}

async fn attack(plan: Plan) -> Summary {
    load::run(plan, &Stop::default(), &mut |_| ()).await.expect("a result")
}

fn met(summary: &Summary) -> bool {
    Thresholds { max_error_rate: 0.0, p99: None }.judge(summary).iter().all(|threshold| threshold.met)
}

fn assert_clean(summary: &Summary) {
    assert!(summary.cycles > 5, "{summary:?}");
    assert_eq!((summary.failed, &summary.errors, &summary.left_behind), (0, &Vec::new(), &None), "{summary:?}");
    assert_eq!(summary.steps.map(|step| step.count), [summary.cycles; 4], "every cycle is in every histogram");
    assert_eq!(summary.verifies_answered, summary.cycles, "no registration is lost");
    assert_eq!(summary.engine_counts, [summary.cycles; 2], "the engine has the same count");
    assert!(met(summary), "{summary:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_workers_do_is_counted_once_everywhere() {
    let server = server(&[], 2).await;
    let summary = attack(plan(&server, Flow::V2Passkey, 1_000)).await;
    assert_clean(&summary);
    assert!((1.0..2.0).contains(&summary.elapsed.as_secs_f64()), "{summary:?}");
    let [start, _, verify, cycle] = &summary.steps;
    assert!(start.p50 > Duration::ZERO && cycle.max >= start.max.max(verify.max), "{summary:?}");
}

/// A run does not judge how fast a server is; the latencies tell.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_slow_misses_the_threshold() {
    for id in ["concurrency-slow-verify", "concurrency-slow-with-data"] {
        let server = server(&[id], 2).await;
        let summary = attack(plan(&server, Flow::V2Passkey, 1_500)).await;
        let thresholds = Thresholds { max_error_rate: 1.0, p99: Some(Duration::from_millis(100)) };
        assert!(thresholds.judge(&summary).iter().any(|threshold| !threshold.met), "{id}: {summary:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_flow_leaves_the_state_as_it_was() {
    let server = server(&[], 2).await;
    for flow in Flow::ALL {
        let plan = Plan { format: Format::PackedSelf, ..plan(&server, flow, 300) };
        let summary = attack(plan).await;
        assert_clean(&summary);
    }
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

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_of_the_wrong_shape_fails_the_cycle_under_the_name_of_its_check() {
    let server = server(&["shape-details-missing"], 2).await;
    let summary = attack(plan(&server, Flow::V2Passkey, 500)).await;
    assert_eq!(summary.cycles, 0);
    assert!(summary.failed > 5 && summary.error_rate() == Some(1.0), "{summary:?}");
    let classes: Vec<&str> = summary.errors.iter().map(|error| error.class.as_str()).collect();
    assert_eq!(classes, ["verify/check/verify-shape"]);
    assert!(summary.errors[0].example.contains("details"), "{summary:?}");
    // It was enrolled all the same, and has to be removed again.
    assert_eq!((summary.verifies_answered, summary.verifies_faulted), (summary.failed, summary.failed));
    assert_eq!((&summary.left_behind, summary.uncounted()), (&None, 0));
    assert!(!met(&summary));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removal_that_fails_is_told_but_fails_no_cycle() {
    let server = server(&["state-remove-keeps"], 1).await;
    let plan = plan(&server, Flow::V2U2f, 300);
    let kept = attack(plan.clone()).await;
    assert!(kept.failed == 0 && kept.left_behind.is_none(), "the server says that it removed: {kept:?}");
    // A foreign token may start and verify nothing.
    let mut refused = plan;
    refused.users[0].token = server.accounts.no_rights.token.clone();
    let refused = attack(refused).await;
    assert_eq!((refused.cycles, refused.errors[0].class.as_str()), (0, "start/refused/403/7"));
    assert!(!refused.errors[0].example.contains(server.accounts.no_rights.token.expose()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_does_not_answer_costs_its_timeout_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let server = server(&[], 3).await;
    let mut plan = plan(&server, Flow::V2Passkey, 300);
    plan.address.base_url = format!("http://{}", listener.local_addr().expect("bound"));
    let summary = attack(plan).await;
    assert_eq!((summary.cycles, summary.failed, summary.steps[0].lost), (0, 3, 3));
    assert_eq!(summary.errors[0].class, "start/transport/timed-out");
    assert_eq!(summary.steps[0].p99_of_all, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_ends_it_early_with_what_is_there() {
    let server = server(&[], 2).await;
    let stop = Stop::default();
    let plan = plan(&server, Flow::V2Passkey, 60_000);
    let mut stop_at_once = |progress: &load::Progress| {
        if progress.cycles > 0 {
            stop.stop();
        }
    };
    let attack = load::run(plan, &stop, &mut stop_at_once);
    let summary = tokio::time::timeout(Duration::from_secs(50), attack).await;
    let summary = summary.expect("it ends before its duration").expect("a result");
    assert!(summary.interrupted && summary.cycles > 0 && summary.failed == 0, "{summary:?}");
}

#[tokio::test]
async fn load_for_another_host_and_load_without_bounds_are_refused() {
    let server = server(&[], 1).await;
    let good = plan(&server, Flow::V2Passkey, 100);
    let mut remote = good.clone();
    // An address of the documentation (RFC 5737): nobody would answer.
    remote.address.base_url = "http://192.0.2.1:9".to_owned();
    let began = Instant::now();
    let refused = load::run(remote, &Stop::default(), &mut |_| ()).await.expect_err("it is remote");
    assert!(matches!(refused, LoadError::Remote(_)), "{refused}");
    assert!(began.elapsed() < Duration::from_secs(10), "it was asked before it was refused");
    for plan in [
        Plan { users: Vec::new(), ..good.clone() },
        Plan { duration: Duration::ZERO, ..good.clone() },
        Plan { duration: load::LONGEST + Duration::from_millis(1), ..good.clone() },
        Plan { users: vec![good.users[0].clone(); load::MOST_USERS + 1], ..good },
    ] {
        let refused = load::run(plan, &Stop::default(), &mut |_| ()).await.expect_err("out of bounds");
        assert!(matches!(refused, LoadError::Bounds { .. }), "{refused}");
    }
}

// The command.

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless the test fails.
        self.0.kill().unwrap_or_default();
    }
}

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
    let common = ["--users", "2", "--duration", "300ms", "--target", target, "--seed", "1"];
    let (code, out, err) = run(&common).await;
    assert_eq!(code, Some(8), "{out}{err}");
    assert!(out.contains("verify/check/verify-shape") && out.contains("MISSED  error rate 100%, at most 0%"), "{out}");
    assert!(server.accounts.subjects.iter().all(|account| !out.contains(account.token.expose())));
    let (code, out, err) = run(&[&common[..], &["--max-error-rate", "100%"]].concat()).await;
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, out, _) = run(&[&common[..], &["--max-error-rate", "100%", "--p99", "0.001ms"]].concat()).await;
    assert_eq!(code, Some(8), "{out}");
    assert!(out.contains("MISSED  p99 of start"), "{out}");
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
    let cases: [(&[&str], i32, &[&str]); 9] = [
        (&["--users", "3", "--target", target], 3, &["has 2 subjects", "3 workers", "--users 2"]),
        (&["--users", "1", "--target", remote], 2, &["--allow-remote 192.0.2.1"]),
        (&["--users", "1", "--target", remote, "--allow-remote", "192.0.2.2"], 2, &["instead of 192.0.2.2"]),
        (&["--duration", "2h"], 2, &["100ms to 1h"]),
        (&["--duration", "5"], 2, &["30s"]),
        (&["--users", "10001"], 2, &["10000"]),
        (&["--flow", "v3/passkey"], 2, &["v2/passkey"]),
        (&["--format", "u2f"], 2, &["there are none, packed"]),
        (&["--max-error-rate", "0.1"], 2, &["0.1%"]),
    ];
    for (arguments, exit, says) in cases {
        let (code, out, err) = run(arguments).await;
        assert_eq!((code, out.as_str()), (Some(exit), ""), "{arguments:?}: {err}");
        for word in says {
            assert!(err.contains(word), "{arguments:?}: {err}");
        }
    }
}

/// Sockets of a process that listen, IPv4 and IPv6.
fn listening(process: u32) -> usize {
    let links = std::fs::read_dir(format!("/proc/{process}/fd")).expect("a running process of ours");
    let links = links.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    let sockets: Vec<String> =
        links.filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned())).collect();
    let tables = ["tcp", "tcp6"].map(|name| std::fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default());
    let is_own = |line: &&str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields.get(3) == Some(&"0A") && fields.get(9).is_some_and(|inode| sockets.iter().any(|own| own == inode))
    };
    tables.iter().flat_map(|table| table.lines()).filter(is_own).count()
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_reports_what_is_there_and_nobody_but_the_server_listens() {
    let mut running =
        Running(command(&["--users", "2", "--duration", "50s", "--seed", "1"]).spawn().expect("it starts"));
    let mut out = running.0.stdout.take().expect("piped");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(listening(running.0.id()), 1, "only the embedded server's port is open");
    let sent = Command::new("kill").args(["-INT", &running.0.id().to_string()]).status().expect("kill is there");
    assert!(sent.success());
    let began = Instant::now();
    let mut text = String::new();
    out.read_to_string(&mut text).expect("UTF-8");
    let ended = running.0.wait().expect("it ends");
    assert_eq!(ended.code(), Some(130), "{text}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert!(text.contains("errors 0 of ") && text.contains("interrupted: "), "{text}");
    assert!(!text.contains("launched"), "the engine has nothing to say: {text}");
    let cycles = text.lines().find(|line| line.starts_with("cycle ")).expect("a row");
    assert!(cycles.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).is_some_and(|n| n > 0), "{text}");
}
