//! The hostile matrix: a reference server behind a proxy that answers one operation as no server should, asked by the command in
//! a process of its own. What is said of that operation, that nothing else is said of the rest, and what it costs.

mod behaviours;
pub mod frames;
pub mod proxy;

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use proofmark::contract::Protocol;
use proofmark::outcome::{CaseRecord, RunRecord};
use proofmark::report;
use proofmark::runner::target::subject_source::{SubjectEntry, SubjectPoolFile};
use proofmark::server::{Account, RunningServer, Server, ServerConfig};
use tempfile::TempDir;
use tokio::sync::Semaphore;

use super::tls::{self, Certificate};
use crate::cli::text;
use crate::misbehaving::proxy::{Act, Proxy};
use behaviours::Behaviour;

/// Of one call. Long enough for a good one on a busy machine.
const LIMIT: Duration = Duration::from_secs(5);

/// Of a whole run: a hang is tried again, and its case has two calls that hang at most.
const WHOLE: Duration = Duration::from_secs(60);

/// Runs at the same time. Most of what they do is to wait.
const JOBS: usize = 8;
/// All groups together have as many.
static SLOTS: Semaphore = Semaphore::const_new(JOBS);

/// The operation that misbehaves: the verify of v2/passkey.
const REST_PATH: &str = "/passkeys/";
const GRPC_PATH: &str = "/VerifyPasskeyRegistration";

/// What a run of the command came to.
struct Ran {
    code: Option<i32>,
    said: String,
    run: Option<RunRecord>,
    megabytes: u64,
}

/// Verdict, reason and what was received.
fn told(record: &CaseRecord) -> String {
    let received = record.findings.first().map(|finding| finding.received.as_str()).unwrap_or_default();
    format!("{}({}): {received}", record.verdict.name(), record.reason.name())
}

fn account(account: &Account) -> SubjectEntry {
    SubjectEntry { user_id: account.user_id.clone(), token: account.token.expose().to_owned() }
}

/// A directory with a target file.
fn directory(server: &RunningServer, web: &str, grpc: &str, more: &str) -> TempDir {
    let directory = tempfile::tempdir().expect("a directory");
    let pool = SubjectPoolFile {
        subjects: server.accounts.subjects.iter().map(account).collect(),
        admin_token: Some(server.accounts.admin.expose().to_owned()),
        no_rights_token: Some(server.accounts.no_rights.token.expose().to_owned()),
        read_only_token: None,
    };
    let write = |name: &str, bytes: Vec<u8>| std::fs::write(directory.path().join(name), bytes).expect("written");
    write("subjects.json", serde_json::to_vec(&pool).expect("JSON"));
    let target = format!(
        "base-url = \"{web}\"\ngrpc-url = \"{grpc}\"\nrp-id = \"{}\"\norigin = \"{}\"\n{more}\
         flows = [\"v2/u2f\", \"v2/passkey\"]\ntimeout-seconds = {}\n[accounts]\nsubjects-file = \"subjects.json\"\n",
        server.rp_id,
        server.origin,
        LIMIT.as_secs()
    );
    write("target.toml", target.into_bytes());
    directory
}

/// Has the target file trust a certificate.
fn trust(directory: &Path, pem: &[u8]) {
    let target = directory.join("target.toml");
    let written = std::fs::read_to_string(&target).expect("written");
    std::fs::write(&target, written + "[tls]\nca-file = \"ca.pem\"\n").expect("written");
    std::fs::write(directory.join("ca.pem"), pem).expect("written");
}

async fn start_server() -> RunningServer {
    Server::start(ServerConfig { users: 40, seed: 9, ..ServerConfig::default() }).await.expect("a free port")
}

/// Runs the command and watches its memory.
async fn run(directory: &Path, patterns: &[&str]) -> Ran {
    let path = |name: &str| directory.join(name);
    let output = |name: &str| Stdio::from(std::fs::File::create(path(name)).expect("writable"));
    let report = format!("ndjson={}", text(&path("run.ndjson")));
    let began = Instant::now();
    let mut child = tokio::process::Command::new(env!("CARGO_BIN_EXE_proofmark"))
        .arg("run")
        .args(patterns)
        .args(["--seed", "7", "--quiet", "--jobs", "8", "--retries", "1", "--report", &report, "--target"])
        .arg(path("target.toml"))
        .env_remove("GITHUB_ACTIONS")
        .stdin(Stdio::null())
        .stdout(output("out"))
        .stderr(output("err"))
        .kill_on_drop(true)
        .spawn()
        .expect("started");
    let status = format!("/proc/{}/status", child.id().expect("it runs"));
    let mut kilobytes = 0;
    let ended = loop {
        if let Some(ended) = child.try_wait().expect("a child") {
            break ended;
        }
        assert!(began.elapsed() < WHOLE, "it does not end");
        // The peak only grows, so that the last look counts.
        kilobytes = kilobytes.max(peak(&status));
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let read = |name: &str| std::fs::read_to_string(path(name)).unwrap_or_default();
    let stream = std::fs::File::open(path("run.ndjson")).ok();
    let run = stream.map(|file| report::read_run(std::io::BufReader::new(file)).expect("a stream").run);
    let megabytes = kilobytes.div_ceil(1024);
    Ran { code: ended.code(), said: read("out") + &read("err"), run, megabytes }
}

/// The peak of a process's memory in KiB; 0 where it is over.
fn peak(status: &str) -> u64 {
    let text = std::fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok()).unwrap_or_default()
}

/// The cases of a run.
fn patterns(behaviour: &Behaviour) -> Vec<&'static str> {
    behaviour.case.into_iter().chain(["enrolment/good"]).collect()
}

/// How the command reaches the server.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// REST and gRPC-Web by HTTP/1.1, gRPC by HTTP/2.
    Usual,
    /// REST alone, by HTTP/2 and TLS.
    RestByHttp2,
}

/// Whether the behaviour is what a record is about.
fn is_affected(behaviour: &Behaviour, way: Way, record: &CaseRecord) -> bool {
    let case = behaviour.case.unwrap_or("enrolment/good");
    record.flow == "v2/passkey"
        && record.case == case
        && (record.protocol == "all" || expected(behaviour, way, &record.protocol).is_some())
}

fn expected(behaviour: &Behaviour, way: Way, protocol: &str) -> Option<&'static str> {
    let of_grpc = behaviour.grpc.as_ref().map(|(_, expected)| *expected);
    match protocol {
        "rest" if way == Way::RestByHttp2 => of_grpc.filter(|_| behaviour.is_by_http2),
        "rest" => behaviour.rest.as_ref().map(|(_, expected)| *expected),
        "grpc" => of_grpc,
        "grpc-web" => behaviour.web.as_ref().map(|(_, expected)| *expected),
        _ => None,
    }
}

/// What is wrong with how a behaviour was met; empty where all is as it should be.
async fn wrongs(behaviour: &Behaviour, way: Way) -> Vec<String> {
    let server = start_server().await;
    let act = behaviour.grpc.map_or(proxy::Act::Forward, |(act, _)| act);
    let times = behaviour.times;
    if way == Way::RestByHttp2 {
        let proxy = proxy::Proxy::start(server.address, REST_PATH, act, times).await;
        let (url, pem) = tls::front(proxy.address).await;
        let directory = directory(&server, &url, &url, "protocols = [\"rest\"]\n");
        trust(directory.path(), &pem);
        return judged(behaviour, way, &run(directory.path(), &patterns(behaviour)).await);
    }
    let (rest, web) = (behaviour.rest.clone(), behaviour.web.clone());
    let act_of = move |line: &str| match line {
        line if line.starts_with("POST /v2/users/") && line.contains(REST_PATH) => Some((0, rest.clone()?.0)),
        line if line.contains(GRPC_PATH) => Some((1, web.clone()?.0)),
        _ => None,
    };
    let early = {
        let act_of = act_of.clone();
        move |line: &str| match act_of(line)? {
            (_, Act::Early(bytes)) => Some(bytes),
            _ => None,
        }
    };
    let met = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let front = Proxy::hasty(server.address, early, move |request| match act_of(&request.line) {
        Some((protocol, act)) if met[protocol].fetch_add(1, Ordering::SeqCst) < times => act,
        _ => Act::Forward,
    })
    .await;
    let grpc = proxy::Proxy::start(server.address, GRPC_PATH, act, times).await;
    let directory = directory(&server, &front.base_url(), &format!("http://{}", grpc.address), "");
    judged(behaviour, way, &run(directory.path(), &patterns(behaviour)).await)
}

fn judged(behaviour: &Behaviour, way: Way, ran: &Ran) -> Vec<String> {
    let Some(run) = &ran.run else { return vec![format!("no run: {}", ran.said)] };
    let mut wrongs = Vec::new();
    let mut code = 0;
    for record in &run.cases {
        let told = told(record);
        match expected(behaviour, way, &record.protocol).filter(|_| is_affected(behaviour, way, record)) {
            Some(expected) => {
                code = match expected.split_once('(') {
                    Some(("fail", _)) => 1,
                    Some(("error", _)) if code == 0 => 6,
                    _ => code,
                };
                let (verdict, cause) = expected.split_once(": ").expect("a verdict and a cause");
                if !told.starts_with(&format!("{verdict}: ")) || !told.contains(cause) {
                    wrongs.push(format!("{}: {told}\n      is not {expected}", record.id));
                }
                let limit = u64::try_from(LIMIT.as_micros()).expect("short");
                // Other tests took longer because they had several calls on a busy machine: each is cut off at the limit.
                if behaviour.hangs && record.duration_us < limit {
                    wrongs.push(format!("{}: it hung no longer than {} us", record.id, record.duration_us));
                }
            }
            None if !is_affected(behaviour, way, record) && record.verdict.name() != "pass" => {
                wrongs.push(format!("{}, which has nothing to do with it: {told}", record.id));
            }
            None => {}
        }
    }
    let planned = run.started.tests;
    if run.cases.iter().filter(|record| record.protocol != "all").count() != planned {
        wrongs.push(format!("{} records of {planned}", run.cases.len()));
    }
    if ran.code != Some(code) {
        wrongs.push(format!("exit code {:?}: {}", ran.code, ran.said));
    }
    if ran.megabytes > behaviour.megabytes {
        wrongs.push(format!("a peak of {} MB", ran.megabytes));
    }
    if ran.said.contains("panicked") {
        wrongs.push(ran.said.clone());
    }
    wrongs
}

/// Who listens where a redirect points to.
static ELSEWHERE: LazyLock<(SocketAddr, &'static AtomicUsize)> = LazyLock::new(|| {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        listener.incoming().for_each(|_| {
            ASKED.fetch_add(1, Ordering::SeqCst);
        })
    });
    (address, &ASKED)
});

/// A test for each group of behaviours: a target that misbehaves in one operation costs that one alone.
macro_rules! tests_of {
    ($($test:ident = $name:literal,)+) => {
        const GROUPS: &[&str] = &[$($name),+];
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                costs_that_operation_alone($name).await;
            }
        )+
    };
}

tests_of! {
    misbehaving_connections = "connections",
    what_stands_between = "between",
    replies_that_come_early = "early",
    misbehaving_bodies = "bodies",
    misbehaving_texts = "texts",
    misbehaving_headers = "headers",
    misbehaving_http2 = "http2",
    misbehaving_frames = "frames",
    misbehaving_statuses = "statuses",
}

async fn costs_that_operation_alone(group: &str) {
    let behaviours = behaviours::group(group);
    assert!(!behaviours.is_empty(), "{group}");
    let ways = |behaviour| [(behaviour, Way::Usual), (behaviour, Way::RestByHttp2)];
    let played =
        behaviours.iter().flat_map(ways).filter(|(behaviour, way)| *way == Way::Usual || behaviour.is_by_http2);
    let wrongs = stream::iter(played)
        .map(|(behaviour, way)| async move {
            let _slot = SLOTS.acquire().await.expect("never closed");
            let wrongs = wrongs(behaviour, way).await;
            wrongs.into_iter().map(|wrong| format!("{} ({way:?})\n    {wrong}", behaviour.name)).collect()
        })
        .buffer_unordered(JOBS)
        .collect::<Vec<Vec<String>>>()
        .await
        .concat();
    assert!(wrongs.is_empty(), "{}", wrongs.join("\n"));
    assert_eq!(ELSEWHERE.1.load(Ordering::SeqCst), 0, "a token would have gone where a redirect points");
}

#[test]
fn the_page_of_behaviours_is_up_to_date() {
    let behaviours: Vec<Behaviour> = GROUPS.iter().flat_map(|group| behaviours::group(group)).collect();
    assert_page(&page(&behaviours));
}

/// An address that cannot be used at all: certificate, or `None` for a port that is closed; and what the preflight says.
const ADDRESSES: [(&str, Option<Certificate>, &str); 4] = [
    ("refuses the connection", None, "refused"),
    ("TLS: a certificate that has expired", Some(Certificate::Expired), "the certificate has expired"),
    ("TLS: a certificate for another host", Some(Certificate::OtherHost), "the certificate is not for localhost"),
    ("TLS: a certificate of an unknown authority", Some(Certificate::Unknown), "an authority that is not trusted here"),
];

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_cannot_be_used_is_told_before_any_case() {
    let server = start_server().await;
    let alone = ADDRESSES.iter().flat_map(|address| Protocol::ALL.map(|protocol| (address, protocol)));
    let server = &server;
    stream::iter(alone)
        .map(|((name, certificate, cause), protocol)| async move {
            let (base_url, pem) = match certificate {
                Some(certificate) => tls::certified(*certificate).await,
                None => (closed(), Vec::new()),
            };
            let more = format!("protocols = [\"{protocol}\"]\n");
            let directory = directory(server, &base_url, &base_url, &more);
            if !pem.is_empty() {
                trust(directory.path(), &pem);
            }
            let ran = run(directory.path(), &["enrolment/good"]).await;
            assert_eq!(ran.code, Some(5), "{name} over {protocol}: {}", ran.said);
            assert!(ran.said.contains(cause) && ran.said.contains("fix: "), "{name} over {protocol}: {}", ran.said);
            assert!(ran.run.is_none() && ran.megabytes <= 150, "{name}: {} MB", ran.megabytes);
        })
        .buffer_unordered(JOBS)
        .collect::<Vec<()>>()
        .await;
}

/// An address on which nobody listens, nor will: not even another test that is given a free port.
fn closed() -> String {
    "http://127.0.0.1:1".to_owned()
}

/// `PROOFMARK_WRITE_DOCS=1 cargo test` writes the page.
fn assert_page(page: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hostile.md");
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        std::fs::write(&path, page).expect("a writable page");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/hostile.md is old; PROOFMARK_WRITE_DOCS=1 cargo test writes it");
}

const INTRODUCTION: &str = "# Targets that misbehave

A reference server stands behind a proxy that answers one operation, the verify of v2/passkey, as no server should, and hands
everything else on. `proofmark run enrolment/good` asks it in a process of its own. The table says what that operation comes to
over each protocol, and with which words; - where the protocol has no such thing. REST travels by HTTP/1.1, and once more, alone, by
HTTP/2 and TLS where the connection is what misbehaves. All other cases of the run pass as they do without the proxy. This page is
written by the test that does this (`tests/it/hostile/matrix.rs`); [judging.md](judging.md#no-reply) says how the verdicts come about.

- What the network may have done is tried again, once (`--retries 1`): a row that ends in \"once\" is about a target that does so at the first call
  only. Of all others it is said what comes of them when they do it always.
- Time: \"below\" the time limit of one call, or \"the limit\". A hang is tried once more, so that its case takes twice that.
- Memory: the peak of the whole process, which holds the other cases too.
";

fn page(behaviours: &[Behaviour]) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str(
        "\n| the target | REST | REST by HTTP/2 | gRPC | gRPC-Web | time | memory |\n|---|---|---|---|---|---|---|\n",
    );
    let cell = |expected: Option<&str>| {
        let text = expected.unwrap_or("-").trim_end().trim_end_matches(':');
        text.replace('|', "\\|")
    };
    for behaviour in behaviours {
        let [rest, grpc, web] = Protocol::ALL.map(|protocol| cell(expected(behaviour, Way::Usual, protocol.slug())));
        let rest2 = cell(expected(behaviour, Way::RestByHttp2, Protocol::Rest.slug()));
        let time = if behaviour.hangs { "the limit" } else { "below" };
        // Writing to a string can't fail.
        writeln!(
            page,
            "| {} | {rest} | {rest2} | {grpc} | {web} | {time} | ≤ {} MB |",
            behaviour.name, behaviour.megabytes
        )
        .expect("a string");
    }
    page.push_str(ALONE);
    page.push_str("\n| the target | what the preflight says |\n|---|---|\n");
    for (name, _, cause) in ADDRESSES {
        writeln!(page, "| {name} | {cause} |").expect("a string");
    }
    page.push_str(AWAY);
    page
}

const ALONE: &str = "
What makes a whole address useless is told before any case is run, with exit code 5 and what to do about it. It is the same over
each protocol, at once, and takes no more memory:
";

const AWAY: &str = "
A target that goes away while a run is under way costs what was played meanwhile, each `error(target-unreachable)` with the system's
word for it (`refused`), after the tries that `--retries` allows; the exit code is 6. When it is back, the rest of the run is judged as ever, also the negatives
whose control it cost. If it stays away, five tests in a row without an answer are enough (fewer where fewer are played at a time):
then a good enrolment is tried over each protocol, and if that has no answer either, the run ends with one line, such as
`stopped   the target went away at 14:03:22 UTC (no call is answered any more): 771 of 4493 tests were played`. What those
tests came to is an error and no fail, since it can't be told from the end of the target (`tests/it/misbehaving/away.rs`,
`tests/it/cli/stopped.rs`).
";
