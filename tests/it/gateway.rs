//! The correct reference server behind gateways that do what real ones do: nothing of that is said of the server.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use proofmark::contract::Protocol;
use proofmark::gate::{Gate, Judged, Rules};
use proofmark::outcome::{Reason, RunRecord, Verdict};
use proofmark::report;
use proofmark::runner::target::Target;
use proofmark::runner::target::resending::{Resending, RetryBudget};
use proofmark::transport::Address;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::hostile::matrix::frames;
use crate::hostile::matrix::proxy::{self as http2, Act as Act2, Ending};
use crate::misbehaving::proxy::{Act, Proxy, Request};
use crate::misbehaving::{http, run, runner, server, target};

/// A door before a server, on an address from which nobody connects, that is closed for a moment after every 13 connections: who comes then is refused.
fn door(upstream: SocketAddr) -> SocketAddr {
    let bound = |address: SocketAddr| {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("a socket");
        socket.bind(address).expect("nobody else's port");
        socket
    };
    let first = bound(([127, 13, 0, 1], 0).into());
    let address = first.local_addr().expect("bound");
    let mut listener = first.listen(128).expect("bound");
    tokio::spawn(async move {
        loop {
            for _ in 0..13 {
                pass(&listener, upstream).await;
            }
            // Who has come is let in: a connection that is accepted by the system only would be reset.
            while tokio::time::timeout(Duration::from_millis(1), pass(&listener, upstream)).await.is_ok() {}
            drop(listener);
            let closed = bound(address);
            tokio::time::sleep(Duration::from_millis(60)).await;
            listener = closed.listen(128).expect("bound");
        }
    });
    address
}

async fn pass(listener: &TcpListener, upstream: SocketAddr) {
    let Ok((mut stream, _)) = listener.accept().await else { return };
    tokio::spawn(async move {
        let Ok(mut server) = TcpStream::connect(upstream).await else { return };
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
    });
}

/// Of a hundred calls ten are too many, and one does not come through. A connection is kept for some calls, and closed as it says or without a word.
fn by_http1(count: &AtomicUsize, request: &Request) -> Act {
    let n = count.fetch_add(1, Ordering::SeqCst);
    match (n % 100, request.before) {
        (n, _) if n % 10 == 3 => http("429 Too Many Requests", "retry-after: 0\r\n", "too many"),
        (57, _) => http("503 Service Unavailable", "content-type: text/html\r\nserver: nginx\r\n", "<html>"),
        (n, 1..) if n % 20 == 11 => Act::Say(Bytes::new()),
        (_, 6..) => Act::Forward,
        _ => Act::Keep,
    }
}

/// The same by HTTP/2. A connection takes 20 calls, then it goes away.
fn by_http2(count: &AtomicUsize, asked: &http2::Asked<'_>) -> Act2 {
    let n = count.fetch_add(1, Ordering::SeqCst);
    match (n % 100, asked.before) {
        (n, _) if n % 10 == 3 => {
            Act2::Raw(|stream| frames::reply_with(stream, "429", &[("retry-after", "0")]), Ending::Open)
        }
        (57, _) => Act2::Raw(|stream| frames::reply_with(stream, "503", &[("server", "nginx")]), Ending::Open),
        (_, 20..) => Act2::Raw(|stream| frames::go_away(stream - 2, frames::NO_ERROR), Ending::Closed),
        (n, _) if n % 50 == 17 => Act2::Raw(|stream| frames::reset(stream, frames::REFUSED_STREAM), Ending::Open),
        _ => Act2::Forward,
    }
}

/// What is neither passed nor skipped.
fn bad(run: &RunRecord) -> Vec<String> {
    let bad = run.cases.iter().filter(|case| !matches!(case.verdict, Verdict::Pass | Verdict::Skip));
    bad.map(|case| format!("{}: {:?} {:?}", case.id, case.reason, case.findings.first())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_correct_server_behind_bad_gateways_is_conformant() {
    let server = server(300, &[]).await;
    let (count, count2) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let web = Proxy::start(server.address, move |request| by_http1(&count, request)).await;
    let grpc = http2::Proxy::deciding(server.address, false, move |asked| by_http2(&count2, asked)).await;
    let at = |address: SocketAddr| Address::new(format!("http://{}", door(address)));
    let target = Target { web: at(web.address()), grpc: at(grpc.address), ..target(&server) };
    let patterns = ["enrolment/*", "client-data/type*", "authorization/*"];
    runner(target.clone(), &patterns).preflight().await.expect("the set-up is good");
    let run = run(target, &patterns).await;
    assert!(run.cases.len() > 250, "{}", run.cases.len());
    assert_eq!(bad(&run), [""; 0]);
    let again = run.finished.expect("it came to its end").sent_again;
    let all = [
        again.rate_limited,
        again.gateway,
        again.unreachable,
        again.go_away,
        again.refused_stream,
        again.stale_connection,
    ];
    assert!(all.iter().all(|count| *count > 0), "{again:?}");
    let tries = || run.cases.iter().flat_map(|case| &case.exchanges).flat_map(|exchange| &exchange.tries);
    assert!(tries().any(|tried| tried.cause == "rate-limited" && tried.received.starts_with("HTTP 429")));
    // What may have been processed was not sent twice, so that its case was tried again.
    let flaky = run.cases.iter().filter(|case| case.flaky).count();
    assert!(flaky > 0 && run.cases.iter().all(|case| case.flaky != case.earlier.is_empty()));
    let judged = Judged::new(run.clone());
    assert_eq!(judged.gate(), Gate::Green);
    let summary = report::summary(&judged);
    let line = summary.lines().find(|line| line.starts_with("sent again ")).expect("it is told");
    assert!(line.contains(" calls: ") && line.contains(" rate-limited (429), "), "{line}");
    let words = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(&format!(" {flaky} flaky (at first ")), "{summary}");
    let denied = Judged::by(run, Rules { deny_flaky: true, ..Rules::default() });
    assert_eq!((denied.gate(), denied.flaky_ones()), (Gate::Red, flaky));
}

/// A door that lets everybody in, and throws every fourteenth out before it was listened to; with the number of these.
async fn rude_door(upstream: SocketAddr) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let (address, thrown_out) = (listener.local_addr().expect("bound"), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&thrown_out);
    tokio::spawn(async move {
        for count in 1_u64.. {
            match count % 14 {
                0 => {
                    drop(listener.accept().await);
                    counted.fetch_add(1, Ordering::SeqCst);
                }
                _ => pass(&listener, upstream).await,
            }
        }
    });
    (address, thrown_out)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_dropped_now_and_then_is_not_the_targets_crash() {
    let server = server(300, &[]).await;
    let target = target(&server);
    let (door, thrown_out) = rude_door(server.address).await;
    let at = Address::new(format!("http://{door}"));
    let behind = Target { web: at.clone(), grpc: at, ..target.clone() };
    let patterns = ["enrolment/*", "ceremony/verify-race", "authorization/*"];
    let run = run(behind, &patterns).await;
    assert_eq!(bad(&run), [""; 0]);
    assert!(thrown_out.load(Ordering::SeqCst) > 5, "{thrown_out:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_ends_its_connection_is_the_targets_crash() {
    // Other requests are answered.
    let server = server(40, &["robust-panic-on-truncated"]).await;
    let run = run(target(&server), &["enrolment/good", "att-obj/trailing-byte"]).await;
    assert!(run.cases.iter().any(|case| case.reason == Reason::Crash), "{:?}", bad(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_answers_429_to_everything_is_said_to_be_the_limit() {
    let server = server(4, &[]).await;
    let proxy = Proxy::start(server.address, |_| http("429 Too Many Requests", "retry-after: 0\r\n", "")).await;
    let resending = Resending { retries: 1, budget: RetryBudget::Calls(1000), rate: None };
    let web = Address::new(proxy.base_url());
    let target = Target { web, resending, protocols: vec![Protocol::Rest], ..target(&server) };
    let patterns = ["enrolment/good", "client-data/origin*"];
    let error = runner(target.clone(), &patterns).preflight().await.expect_err("nothing can be begun").to_string();
    assert!(error.contains("HTTP 429") && error.contains("--rate") && !error.contains("switch it on"), "{error}");
    let run = run(target, &patterns).await;
    assert!(run.cases.len() > 10);
    for case in run.cases.iter().filter(|case| case.protocol != "all") {
        assert_eq!((case.verdict, case.reason), (Verdict::Error, Reason::RateLimited), "{}", case.id);
        assert!(!case.flaky, "{}", case.id);
    }
    let summary = report::summary(&Judged::new(run));
    assert!(summary.contains("ERROR rate-limited") && summary.contains("send fewer (--rate"), "{summary}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verify_whose_reply_was_lost_is_not_sent_twice() {
    let server = server(40, &[]).await;
    let verifies = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&verifies);
    let proxy = Proxy::start(server.address, move |request| {
        if !request.line.contains("/passkeys/") {
            return Act::Keep;
        }
        let mut seen = seen.lock().expect("no panic");
        seen.push(request.line.clone());
        if seen.len() == 1 { Act::Lose } else { Act::Keep }
    })
    .await;
    let web = Address::new(proxy.base_url());
    let target = Target { web, protocols: vec![Protocol::Rest], ..target(&server) };
    let run = run(target, &["v2/passkey/rest/enrolment/good/none"]).await;
    let [case] = &run.cases[..] else { panic!("{:?}", bad(&run)) };
    assert_eq!((case.verdict, case.flaky), (Verdict::Pass, true), "{:?}", case.findings);
    assert_eq!(case.earlier[0].reason, Reason::TargetUnreachable);
    let verifies = verifies.lock().expect("no panic");
    let different: BTreeSet<&String> = verifies.iter().collect();
    assert_eq!((verifies.len(), different.len()), (2, 2), "each of another registration: {verifies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_no_faster_than_its_rate() {
    let server = server(40, &[]).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let proxy = Proxy::start(server.address, move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Act::Forward
    })
    .await;
    let resending = Resending { rate: Some("100/s".parse().expect("a rate")), ..Resending::default() };
    let web = Address::new(proxy.base_url());
    let target = Target { web, resending, protocols: vec![Protocol::Rest, Protocol::GrpcWeb], ..target(&server) };
    let begun = Instant::now();
    let run = run(target, &["enrolment/good"]).await;
    assert_eq!(bad(&run), [""; 0]);
    let calls = u32::try_from(calls.load(Ordering::SeqCst)).expect("few");
    assert!(calls >= 20, "{calls}");
    assert!(begun.elapsed() >= Duration::from_millis(10) * (calls - 1), "{calls} calls in {:?}", begun.elapsed());
}
