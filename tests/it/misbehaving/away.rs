//! A target that goes away in the middle of a run and comes back.

use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::*;
use proofmark::runner::fuzz::Budget;

/// A door before a server, on one address: what is closed refuses connections, and ends those that there are.
struct Door {
    address: SocketAddr,
    server: SocketAddr,
    /// While it is closed: nobody else gets the port.
    closed: Option<TcpSocket>,
    task: Option<JoinHandle<()>>,
}

fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("a socket");
    socket.bind(address).expect("nobody else's port");
    socket
}

impl Door {
    fn of(server: SocketAddr) -> Door {
        let socket = bound(([127, 13, 0, 1], 0).into());
        let address = socket.local_addr().expect("bound");
        let mut door = Door { address, server, closed: Some(socket), task: None };
        door.open();
        door
    }

    fn open(&mut self) {
        let listener = self.closed.take().expect("closed").listen(128).expect("bound");
        let server = self.server;
        self.task = Some(tokio::spawn(async move {
            // They end with it.
            let mut connections = JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                connections.spawn(async move {
                    let mut server = TcpStream::connect(server).await.expect("it listens");
                    let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
                });
            }
        }));
    }

    fn close(&mut self) {
        let task = self.task.take().expect("open");
        task.abort();
        let ended = async { task.await.is_err_and(|error| error.is_cancelled()) };
        assert!(tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(ended)));
        self.closed = Some(bound(self.address));
    }
}

/// Plays one test after the other, with the door closed before the one of this number, and opened after the first error.
async fn run_with_door(patterns: &[&str], closed_before: usize) -> RunRecord {
    let server = server(40, &[]).await;
    let mut door = Door::of(server.address);
    let address = Address::new(format!("http://{}", door.address));
    let target = Target { web: address.clone(), grpc: address, ..target(&server) };
    let plan = runner(target.clone(), patterns).plan().clone();
    let settings = Settings { seed: 3, concurrency: 1, now: proofmark::cli::embedded::now() };
    let runner = Runner::new(target, plan, settings).expect("a good address");
    let (mut events, mut is_open, mut played) = (Vec::new(), true, 0);
    let stop = Stop::default();
    let run = runner.run(&stop, |event| {
        if let Event::CaseFinished(record) = event
            && record.protocol != "all"
        {
            played += 1;
            if record.verdict == Verdict::Error && !is_open {
                door.open();
                is_open = true;
            }
        }
        if played == closed_before && is_open && !events.iter().any(is_error) {
            door.close();
            is_open = false;
        }
        events.push(event.clone());
    });
    tokio::time::timeout(Duration::from_secs(60), run).await.expect("the run ends");
    let run = RunRecord::fold(events).expect("a first event");
    server.shutdown().await;
    run
}

fn is_error(event: &Event) -> bool {
    matches!(event, Event::CaseFinished(record) if record.verdict == Verdict::Error)
}

/// One error, and only passes beside it but for the test, if any, whose call was under way when the door was closed: to be
/// cut off before the reply is a crash.
fn assert_one_error(run: &RunRecord) {
    let bad: Vec<&CaseRecord> = run.cases.iter().filter(|case| case.verdict != Verdict::Pass).collect();
    let (cut_off, bad): (Vec<_>, Vec<_>) = bad.into_iter().partition(|case| case.reason == Reason::Crash);
    assert!(cut_off.len() <= 1, "{:?}", not_passed(run));
    let [one] = &bad[..] else { panic!("{:?}", not_passed(run)) };
    assert_eq!((one.verdict, one.reason), (Verdict::Error, Reason::TargetUnreachable), "{one:?}");
    assert!(one.findings[0].received.contains("refused"), "{:?}", one.findings);
    let expected = if cut_off.is_empty() { Statement::Inconclusive } else { Statement::NonConformant };
    assert_eq!(run.statement(), expected);
    let shown = proofmark::report::summary(&proofmark::gate::Judged::new(run.clone()));
    assert!(shown.contains("ERROR target-unreachable") && shown.contains("check whether the server is up"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_goes_away_costs_what_is_played_meanwhile() {
    let run = run_with_door(&["enrolment/good"], 5).await;
    assert_eq!(run.cases.iter().filter(|case| case.protocol != "all").count(), run.started.tests);
    assert_one_error(&run);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_control_that_had_no_connection_is_tried_again() {
    let run = run_with_door(&["v2/passkey/rest/client-data/type*"], 0).await;
    assert!(run.cases.len() > 10, "{}", run.cases.len());
    assert_one_error(&run);
}

/// The token is good for so many calls, over any protocol of the web.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_expire_end_the_run() {
    let server = server(60, &[]).await;
    let calls = AtomicUsize::new(0);
    let refusal = r#"{"code": 16, "message": "token expired", "details": []}"#;
    let act = move |_: &Request| {
        let is_good = calls.fetch_add(1, Ordering::SeqCst) < 120;
        if is_good { Act::Forward } else { json("401 Unauthorized", refusal) }
    };
    let proxy = Proxy::start(server.address, act).await;
    let web = Address::new(proxy.base_url());
    let target = Target { web, protocols: vec![Protocol::Rest], ..target(&server) };
    let run = run(target, &["client-data/*"]).await;
    let stopped = run.finished.expect("a last event").stopped.expect("it stopped");
    assert_eq!(stopped.cause, StopCause::TokenRefused);
    let bad = not_passed(&run);
    assert!(bad.values().all(|(verdict, _)| *verdict == Verdict::Error), "{bad:?}");
    assert!(bad.values().any(|bad| bad.1 == Reason::Auth) && bad.len() < 40, "{bad:?}");
    assert!(run.stopped_words().expect("stopped").starts_with("the tokens have been refused since "));
    assert_eq!(run.statement(), Statement::Partial);
}

/// Hangs in one operation alone are the target's, however many come one after the other, also at the end of the run.
#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_answers_a_good_enrolment_is_not_gone() {
    let server = server(40, &[]).await;
    let act = |request: &Request| match request.line.contains("/u2f") {
        true if request.line.starts_with("DELETE") => Act::Say(Bytes::new()),
        _ => Act::Forward,
    };
    let proxy = Proxy::start(server.address, act).await;
    let web = Address::new(proxy.base_url());
    let target = Target { web, protocols: vec![Protocol::Rest], flows: vec![Flow::V2_U2F], ..target(&server) };
    let run = run(target, &["v2/u2f/rest/*/*/remove"]).await;
    assert_eq!(run.finished.expect("a last event").stopped, None);
    let crashed = run.cases.iter().filter(|case| case.reason == Reason::Crash).count();
    assert!(crashed > 4, "{:?}", not_passed(&run));
}

#[tokio::test(flavor = "multi_thread")]
async fn fuzzing_ends_too() {
    let server = server(40, &[]).await;
    let calls = AtomicUsize::new(0);
    let act = move |_: &Request| match calls.fetch_add(1, Ordering::SeqCst) {
        0..300 => Act::Forward,
        _ => Act::Reset(Bytes::new()),
    };
    let proxy = Proxy::start(server.address, act).await;
    let web = Address::new(proxy.base_url());
    let target = Target { web, protocols: vec![Protocol::Rest], ..target(&server) };
    let (mut events, stop) = (Vec::new(), Stop::default());
    let sink = |event: &Event| events.push(event.clone());
    let fuzzed = runner(target, &["client-data/*"]).fuzz(Budget::Credentials(1_000_000), "findings", &stop, sink);
    let (finished, found) = tokio::time::timeout(Duration::from_secs(60), fuzzed).await.expect("it ends");
    assert!(finished.stopped.is_some() && !finished.interrupted);
    assert!(found.is_empty(), "{found:?}");
    let run = RunRecord::fold(events).expect("a first event");
    assert_eq!((run.statement(), run.tally().fail), (Statement::Partial, 0));
    assert!(run.stopped_words().expect("stopped").starts_with("the target went away at "));
}
