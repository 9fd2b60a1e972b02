//! Targets that misbehave in one operation: exactly the affected tests say so, the others pass, and the run ends.

mod away;
mod judged;
pub mod proxy;
mod renewed;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use proofmark::contract::{Flow, Protocol};
use proofmark::outcome::{CaseRecord, Event, Profile, Reason, RunRecord, Statement, StopCause, Verdict};
use proofmark::runner::preflight::PreflightError;
use proofmark::runner::target::resending::Resending;
use proofmark::runner::target::{Accounts, ReasonMap, Subject, Target};
use proofmark::runner::{Runner, Settings, Stop};
use proofmark::scenario::{self, Pattern, Plan, Selection};
use proofmark::server::defect::Defect;
use proofmark::server::{RunningServer, Server, ServerConfig};
use proofmark::transport::{Address, Limits};

use proxy::{Act, Proxy, Request};

/// A reference server, with these defects.
pub async fn server(users: usize, defects: &[&str]) -> RunningServer {
    let defects = defects.iter().map(|id| Defect::find(id).expect("a listed defect")).collect();
    let config = ServerConfig { users, seed: 9, defects, ..ServerConfig::default() };
    Server::start(config).await.expect("a free port")
}

/// The server as a target that offers v2. A hang costs twice the limit, which is long enough for a busy machine.
pub fn target(server: &RunningServer) -> Target {
    let address = Address::new(server.base_url());
    let subject = |account: &proofmark::server::Account| Subject {
        user_id: account.user_id.clone(),
        token: account.token.clone(),
    };
    Target {
        name: "a test".to_owned(),
        web: address.clone(),
        grpc: address,
        domains: Vec::new(),
        rp_id: server.rp_id.clone(),
        origin: server.origin.clone(),
        flows: vec![Flow::V2_U2F, Flow::V2_PASSKEY],
        protocols: Protocol::ALL.to_vec(),
        accounts: Accounts {
            subjects: server.accounts.subjects.iter().map(subject).collect(),
            admin: Some(server.accounts.admin.clone()),
            no_rights: Some(server.accounts.no_rights.token.clone()),
            read_only: Some(server.accounts.read_only.token.clone()),
            ..Accounts::default()
        },
        reasons: ReasonMap::default(),
        policy: proofmark::scenario::Policy::default(),
        profile: Profile::Webauthn,
        limits: Limits { timeout: Duration::from_secs(3), ..Limits::default() },
        resending: Resending::default(),
        secrets: Vec::new(),
    }
}

pub fn runner(target: Target, patterns: &[&str]) -> Runner {
    let patterns = patterns.iter().map(|text| Pattern::new(text).expect("a pattern")).collect();
    let (flows, protocols) = (target.flows.clone(), target.protocols.clone());
    let selection = Selection { flows, protocols, patterns, ..Selection::default() };
    let plan = Plan::new(scenario::embedded().expect("valid suites"), &selection);
    assert_eq!(plan.unmatched, [""; 0]);
    Runner::new(target, plan, Settings { seed: 3, concurrency: 8, now: proofmark::cli::embedded::now() })
        .expect("a good address")
}

pub async fn run(target: Target, patterns: &[&str]) -> RunRecord {
    let mut events = Vec::new();
    let stop = Stop::default();
    let run = runner(target, patterns).run(&stop, |event| events.push(event.clone()));
    tokio::time::timeout(Duration::from_secs(60), run).await.expect("the run ends");
    RunRecord::fold(events).expect("a first event")
}

/// Everything but passes, by id.
pub fn not_passed(run: &RunRecord) -> BTreeMap<&str, (Verdict, Reason)> {
    let bad = run.cases.iter().filter(|case| case.verdict != Verdict::Pass);
    bad.map(|case| (case.id.as_str(), (case.verdict, case.reason))).collect()
}

fn case<'r>(run: &'r RunRecord, id: &str) -> &'r CaseRecord {
    run.cases.iter().find(|case| case.id == id).expect("it was run")
}

/// Whether it is the verify of v2/passkey over REST.
fn is_passkey_verify(request: &Request) -> bool {
    request.line.starts_with("POST /v2/users/") && request.line.contains("/passkeys/")
}

const AFFECTED: [&str; 2] = ["v2/passkey/rest/enrolment/good/none", "v2/passkey/rest/enrolment/good/packed-self"];

/// Runs the good enrolment with that one operation answered by `act`, and gives the run.
async fn with_act(act: Act) -> (RunRecord, Proxy) {
    let server = server(40, &[]).await;
    let act = move |request: &Request| if is_passkey_verify(request) { act.clone() } else { Act::Forward };
    let proxy = Proxy::start(server.address, act).await;
    let target = Target { web: Address::new(proxy.base_url()), ..target(&server) };
    runner(target.clone(), &["enrolment/good"]).preflight().await.expect("starts are answered");
    (run(target, &["enrolment/good"]).await, proxy)
}

pub fn http(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    // A success has the time of its change in it, which a made-up date would not fit.
    let date = if status.starts_with("200") { "" } else { "date: Mon, 30 Nov 2026 12:00:00 GMT\r\n" };
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{date}{headers}content-length: {length}\r\n\r\n");
    Act::Say(Bytes::from([head.as_bytes(), body].concat()))
}

pub fn json(status: &str, body: impl AsRef<[u8]>) -> Act {
    http(status, "content-type: application/json\r\n", body)
}

/// What the two affected tests come to. Where there was a reply, the comparison of transports says so too.
fn expected(reason: Reason, replied: bool) -> BTreeMap<&'static str, (Verdict, Reason)> {
    let mut expected = BTreeMap::from(AFFECTED.map(|id| (id, (Verdict::Fail, reason))));
    if replied {
        let compared = ["v2/passkey/all/enrolment/good/none", "v2/passkey/all/enrolment/good/packed-self"];
        expected.extend(compared.map(|id| (id, (Verdict::Fail, Reason::TransportsDisagree))));
    }
    expected
}

#[tokio::test(flavor = "multi_thread")]
async fn each_fault_costs_its_tests_and_no_other() {
    let big_headers = format!("x-big: {}\r\n", "a".repeat(10 << 20));
    let say = |text: &'static str| Act::Say(Bytes::from_static(text.as_bytes()));
    let none = [
        ("closed before the headers", say(""), Reason::Crash),
        ("closed in the headers", say("HTTP/1.1 200 OK\r\ncontent-"), Reason::Crash),
        ("closed in mid-body", say("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"), Reason::Crash),
        ("10 MB of headers", http("200 OK", &big_headers, "{}"), Reason::WrongShape),
        ("no HTTP", say("\x16\x03\x01 what?\r\n\r\n"), Reason::WrongShape),
        ("a monstrous length", say("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n{}"), Reason::WrongShape),
    ];
    let internal = r#"{"code": 13, "message": "m", "details": []}"#;
    let some = [
        ("an internal error", json("500 Internal Server Error", internal), Reason::Crash),
        ("invalid UTF-8", json("200 OK", b"{\"details\": \"\xff\"}"), Reason::WrongShape),
        ("no JSON", json("200 OK", "{\"details\": "), Reason::WrongShape),
        ("nested 200,000 deep", json("200 OK", "[".repeat(200_000)), Reason::WrongShape),
        ("an array", json("200 OK", "[]"), Reason::WrongShape),
    ];
    let none = none.into_iter().map(|fault| (fault, false));
    for ((name, act, reason), replied) in none.chain(some.into_iter().map(|fault| (fault, true))) {
        let (run, _) = with_act(act).await;
        assert_eq!(not_passed(&run), expected(reason, replied), "{name}");
        assert_eq!(run.statement(), Statement::NonConformant, "{name}");
        for id in AFFECTED {
            let case = case(&run, id);
            // What can be reproduced is the call that went wrong, also where it got no reply.
            assert!(case.curl.contains("/passkeys/"), "{name}: {}", case.curl);
            assert!(case.curl.len() < 10_000 && case.findings[0].received.len() < 1_000, "{name}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_costs_its_tests_and_no_other() {
    let (run, _) = with_act(Act::Hang).await;
    assert_eq!(not_passed(&run), expected(Reason::Hang, false));
    assert!(AFFECTED.iter().all(|id| case(&run, id).curl.contains("/passkeys/") && !case(&run, id).flaky));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_cut_off() {
    let (run, proxy) = with_act(Act::Flood(200 << 20)).await;
    assert_eq!(not_passed(&run), expected(Reason::WrongShape, false));
    let sent = proxy.flooded();
    assert!(sent > 0 && sent < 2 * (64 << 20), "{sent} bytes were taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_a_refusal_and_is_not_followed() {
    let followed = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&followed);
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a port");
    let location = format!("location: http://{}/\r\n", elsewhere.local_addr().expect("bound"));
    std::thread::spawn(move || {
        elsewhere.incoming().for_each(|_| {
            seen.fetch_add(1, Ordering::SeqCst);
        })
    });
    let (run, _) = with_act(http("307 Temporary Redirect", &location, "")).await;
    let reason = case(&run, AFFECTED[0]).reason;
    assert_eq!(not_passed(&run), expected(reason, true));
    assert_eq!(followed.load(Ordering::SeqCst), 0, "a token would have gone elsewhere");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_that_passes_on_retry_is_flaky() {
    let server = server(40, &[]).await;
    let hung = AtomicUsize::new(0);
    let act = move |request: &Request| {
        let first = is_passkey_verify(request) && hung.fetch_add(1, Ordering::SeqCst) == 0;
        if first { Act::Hang } else { Act::Forward }
    };
    let proxy = Proxy::start(server.address, act).await;
    let target = Target { web: Address::new(proxy.base_url()), ..target(&server) };
    let run = run(target, &["v2/passkey/rest/enrolment/good/*"]).await;
    assert_eq!(not_passed(&run), BTreeMap::new());
    let flaky: Vec<_> = run.cases.iter().filter(|case| case.flaky).collect();
    assert_eq!(flaky.len(), 1);
    let [first] = &flaky[0].earlier[..] else { panic!("{:?}", flaky[0].earlier) };
    assert_eq!(first.reason, Reason::Hang, "it is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protocol_that_nobody_serves_is_an_error_of_its_own() {
    let server = server(40, &[]).await;
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let target = Target { grpc: Address::new(format!("http://{closed}")), ..target(&server) };
    let error = runner(target.clone(), &["enrolment/good"]).preflight().await.expect_err("nobody listens");
    assert!(matches!(error, PreflightError::NoReply { protocol: Protocol::Grpc, .. }), "{error}");
    let run = run(target, &["enrolment/good"]).await;
    let bad = not_passed(&run);
    assert_eq!(bad.len(), 4, "{bad:?}");
    assert!(bad.keys().all(|id| id.contains("/grpc/")), "{bad:?}");
    assert!(bad.values().all(|bad| *bad == (Verdict::Error, Reason::TargetUnreachable)), "{bad:?}");
    assert_eq!(run.statement(), Statement::Inconclusive);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preflight_tells_a_wrong_set_up_and_leaves_the_rest_to_the_cases() {
    let server = server(4, &[]).await;
    let mut wrong = target(&server);
    wrong.accounts.subjects[0].token = proofmark::wire::secret::Secret::new("not-a-token-of-anybody");
    let error = runner(wrong, &["enrolment/good"]).preflight().await.expect_err("refused");
    assert!(
        matches!(error, PreflightError::Token { protocol: Protocol::Rest, flow, .. } if flow == Flow::V2_U2F),
        "{error}"
    );
    assert!(!error.to_string().contains("not-a-token"), "{error}");
    // One start that hangs does not end a run; if all of them hang, it ends. A flow that is nowhere is switched off.
    for (act, one_told) in [(Act::Hang, false), (json("404 Not Found", "{}"), true)] {
        for (part, told) in [("/u2f", one_told), ("/v2/", true)] {
            let act = act.clone();
            let act = move |request: &Request| if request.line.contains(part) { act.clone() } else { Act::Forward };
            let proxy = Proxy::start(server.address, act).await;
            let mut target = target(&server);
            (target.web, target.protocols) = (Address::new(proxy.base_url()), vec![Protocol::Rest]);
            target.limits.timeout = Duration::from_secs(1);
            let outcome = runner(target, &["enrolment/good"]).preflight().await;
            assert_eq!(outcome.is_err(), told, "{part}: {outcome:?}");
        }
    }
}
