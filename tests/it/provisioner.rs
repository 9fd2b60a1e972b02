//! The built-in provisioner over HTTP, against the reference server's management calls: what it makes, what a run makes of it, and
//! that nothing stays behind.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use proofmark::contract::{Flow, Protocol};
use proofmark::outcome::CaseRecord;
use proofmark::provisioner::{self, Connection, Progress, Provisioner, Removed};
use proofmark::report;
use proofmark::server::{Conditions, Management, RunningServer, Server, ServerConfig};
use proofmark::transport::{Address, Call, Limits, Reply};
use proofmark::wire::secret::Secret;
use serde_json::Value;

use crate::cli::{Output, Running, Served, command, finish, text};
use crate::misbehaving::json;
use crate::misbehaving::proxy::{Act, Proxy, Request};

/// A server whose lists lag behind, and a target file whose provisioner has these members too.
fn served(members: &str, args: &[&str]) -> Served {
    let served = Served::with(&[&["--management", "--list-delay", "200ms"], args].concat());
    change(&served, |text| text.replace("{ kind = \"zitadel\" }", &format!("{{ kind = \"zitadel\"{members} }}")));
    served
}

fn change(served: &Served, change: impl Fn(&str) -> String) {
    let path = served.path("target.toml");
    let before = std::fs::read_to_string(&path).expect("written");
    std::fs::write(&path, change(&before)).expect("written");
}

fn run(served: &Served, args: &[&str]) -> Output {
    finish(&mut command(&[&["run", "--target", &served.target(), "--seed", "1"], args].concat()))
}

/// The names of the accounts on the server, as a dry run of the sweep has them, once the list has followed.
fn accounts(served: &Served) -> Vec<String> {
    std::thread::sleep(Duration::from_millis(300));
    let output = finish(&mut command(&["sweep", "--dry-run", "--target", &served.target()])).exits(0);
    let names: Vec<String> = output
        .out
        .lines()
        .filter_map(|line| Some(line.strip_prefix("would remove ")?.split(' ').next()?.to_owned()))
        .collect();
    assert!(output.out.ends_with(&format!("{} accounts, none removed (--dry-run)\n", names.len())), "{}", output.out);
    names
}

/// Verdict and reason of every case in an event stream, by id.
fn verdicts(served: &Served, args: &[&str], code: i32) -> Vec<(String, String)> {
    let stream = served.path("run.ndjson");
    let report = format!("ndjson={}", text(&stream));
    run(served, &[args, &["--report", &report]].concat()).exits(code);
    let stream = std::fs::read(stream).expect("written");
    let run = report::read_run(stream.as_slice()).expect("a run").run;
    let verdict = |record: &CaseRecord| format!("{}({})", record.verdict.name(), record.reason.name());
    run.cases.iter().map(|record| (record.id.clone(), verdict(record))).collect()
}

#[test]
fn a_run_makes_what_it_needs_and_leaves_nothing() {
    let served = served(", subjects = 24", &[]);
    let output = run(&served, &["enrolment", "v2/*/rest/authorization", "--keep"]).exits(0);
    assert!(output.err.contains("making subjects: 24") && output.err.contains("made 24 subjects in"), "{}", output.err);
    assert!(output.err.contains("`proofmark sweep` removes them"), "{}", output.err);
    assert!(!output.out.contains("subjects in"), "progress is on standard error");
    let kept = accounts(&served);
    assert_eq!(kept.len(), 26);
    assert_eq!(kept[0], "proofmark-no-rights");
    assert_eq!(kept[25], "proofmark-subject-0024");
    // The second takes what the first left, and removes it.
    let again = run(&served, &["enrolment", "v2/*/rest/authorization"]).exits(0);
    assert!(again.err.contains("removed 26 accounts in"), "{}", again.err);
    assert_eq!(accounts(&served), [""; 0]);
    assert!(run(&served, &["enrolment/good", "--quiet"]).exits(0).err.is_empty(), "nothing is told under --quiet");
}

#[test]
fn tokens_that_a_u2f_enrolment_locks_are_no_failure() {
    // So few that each is used up several times.
    let served = served(", subjects = 3", &[]);
    let cases =
        ["v1/u2f/rest/enrolment", "v1/u2f/rest/authorization", "v1/u2f/rest/limits/name-*", "v2/u2f/rest/enrolment"];
    let verdicts = verdicts(&served, &[&cases[..], &["v2/u2f/rest/authorization", "-j", "2"]].concat(), 0);
    let of = |verdict: &str| verdicts.iter().filter(|(_, found)| found.starts_with(verdict)).count();
    assert_eq!((of("fail"), of("error"), of("deviation")), (0, 0, 0), "{verdicts:?}");
    let is = |id: &str, verdict: &str| {
        assert!(verdicts.iter().any(|found| *found == (id.to_owned(), verdict.to_owned())), "{id}: {verdicts:?}");
    };
    is("v1/u2f/rest/enrolment/good/none", "pass(met)");
    // Nobody but the user removes a factor in v1, and the user's token is locked.
    is("v1/u2f/rest/enrolment/remove", "skip(not-declared)");
    // In v2 the administrator goes on.
    is("v2/u2f/rest/enrolment/good/none", "pass(met)");
    is("v2/u2f/rest/enrolment/remove", "pass(met)");
    is("v2/u2f/rest/authorization/no-rights/remove", "pass(met)");
    is("v2/u2f/rest/authorization/read-only/remove", "pass(met)");
    assert_eq!(accounts(&served), [""; 0]);
}

#[test]
fn a_server_that_lets_readers_write_is_found() {
    let served = served(", subjects = 8", &["--defect", "authorization-read-only-accepted"]);
    let verdicts =
        verdicts(&served, &["v2/u2f/rest/authorization/read-only", "v2/u2f/rest/authorization/no-rights"], 1);
    for (id, verdict) in &verdicts {
        let expected = if id.contains("read-only") { "fail(accepted-invalid)" } else { "pass(met)" };
        assert_eq!(verdict, expected, "{id}");
    }
    assert_eq!(verdicts.len(), 6);
}

#[test]
fn what_an_interrupted_run_left_is_swept() {
    let served = served(", concurrency = 1", &["--password-delay", "100ms"]);
    let target = served.target();
    let child = Running(command(&["run", "--target", &target]).spawn().expect("started"));
    let begun = Instant::now();
    while accounts(&served).len() < 4 {
        assert!(begun.elapsed() < Duration::from_secs(30), "nothing is made");
    }
    // What a run has that is under way nobody else takes, to use it or to remove it.
    let args: [&[&str]; 3] = [&["run", "enrolment/good"], &["check"], &["sweep"]];
    let others = args.map(|args| command(&[args, &["--target", &target]].concat()).spawn().expect("started"));
    for other in others {
        let output = other.wait_with_output().expect("ended");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(3), "{said}");
        let words = "could not take the accounts of the prefix proofmark: another run is using them";
        assert!(said.contains("waiting to see whether it is still alive") && said.contains(words), "{said}");
        assert!(said.contains("fix: wait for its end, or write another prefix"), "{said}");
    }
    let output = child.signalled("INT").exits(130);
    assert!(output.err.contains(&format!("`proofmark sweep --target {target}` removes them")), "{}", output.err);
    assert!(!accounts(&served).is_empty());
    let swept = finish(&mut command(&["sweep", "--target", &target])).exits(0);
    assert!(swept.out.contains("removed proofmark-read-only ("), "{}", swept.out);
    assert!(swept.out.contains("removed proofmark-subject-0001 ("), "{}", swept.out);
    let removed = swept.out.lines().filter(|line| line.starts_with("removed ")).count();
    assert!(swept.out.ends_with(&format!("\n{removed} accounts removed\n")), "{}", swept.out);
    assert_eq!(accounts(&served), [""; 0]);
    let again = finish(&mut command(&["sweep", "--target", &target])).exits(0);
    assert_eq!(again.out, "0 accounts removed\n");
}

/// A server with the management calls, and what connects to it.
async fn managed(list_delay: Duration) -> (RunningServer, impl Fn(&str) -> Arc<dyn Provisioner>) {
    let server = lagging(Management { list_delay, ..Management::default() }, Duration::ZERO).await;
    let (url, admin) = (server.base_url(), server.accounts.admin.clone());
    let connect = move |prefix: &str| connected(&url, &admin, prefix, provisioner::PATIENCE);
    (server, connect)
}

/// A server with the management calls, each of which takes so long.
async fn lagging(management: Management, delay: Duration) -> RunningServer {
    let conditions = Conditions { delay, ..Conditions::default() };
    let config = ServerConfig { management: Some(management), conditions, ..ServerConfig::default() };
    Server::start(config).await.expect("a free port")
}

fn connected(url: &str, admin: &Secret, prefix: &str, patience: Duration) -> Arc<dyn Provisioner> {
    let (address, admin, prefix) = (Address::new(url), admin.clone(), prefix.to_owned());
    let (timeout, renewal) = (Duration::from_secs(30), Duration::from_millis(100));
    let connection = Connection { address, timeout, admin, prefix, concurrency: 4, patience, renewal };
    (provisioner::find("zitadel").expect("a kind").connect)(connection).expect("an address")
}

/// What a provisioner told.
#[derive(Default)]
struct Told(Mutex<Vec<Progress>>);

impl Told {
    fn tell(&self) -> impl Fn(Progress) + Send + Sync {
        |progress| self.0.lock().expect("no panic").push(progress)
    }

    fn has(&self, what: impl Fn(&Progress) -> bool) -> bool {
        self.0.lock().expect("no panic").iter().any(what)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lags_and_is_slow_is_waited_for() {
    // More than three seconds, and four calls in turn for each user.
    let lag = Duration::from_millis(3_500);
    let server = lagging(Management { lag, ..Management::default() }, Duration::from_millis(20)).await;
    let (url, admin) = (server.base_url(), server.accounts.admin.clone());
    let (made, told) = (connected(&url, &admin, "proofmark", provisioner::PATIENCE), Told::default());
    let provided = made.provide(12, &told.tell()).await.expect("it has time");
    assert_eq!(provided.subjects.len(), 12);
    assert!(told.has(|told| *told == Progress::Making(12, 12)) && !told.has(is_left_out));
    // Each is good by now, the first as the last.
    let transport =
        proofmark::transport::connect(Protocol::Rest, &Address::new(&*url), &Limits::default()).expect("one");
    for subject in &provided.subjects {
        let start = Call::start(Flow::V2_PASSKEY, &subject.user_id, Some(&subject.token)).expect("an operation");
        let exchange = transport.send(&start).await.expect("a reply");
        assert!(matches!(exchange.reply, Reply::Success(_)), "{:?}", exchange.reply);
    }
    assert_eq!(made.remove(&|_| ()).await, Removed { count: 14, left: 0, why: None });
    server.shutdown().await;
}

fn is_left_out(told: &Progress) -> bool {
    matches!(told, Progress::LeftOut(..))
}

/// The management API behind a proxy that answers some calls itself.
async fn behind(
    act: impl Fn(&Request) -> Act + Send + Sync + 'static,
    patience: Duration,
) -> (RunningServer, Proxy, Arc<dyn Provisioner>) {
    let server = lagging(Management::default(), Duration::ZERO).await;
    let proxy = Proxy::start(server.address, act).await;
    let made = connected(&proxy.base_url(), &server.accounts.admin, "proofmark", patience);
    (server, proxy, made)
}

fn not_found() -> Act {
    json("404 Not Found", r#"{"code": 5, "message": "User could not be found", "details": []}"#)
}

/// Whether a request begins a session, as the how manyeth of them it does.
fn session(request: &Request, count: &AtomicUsize) -> Option<usize> {
    request.line.starts_with("POST /v2/sessions ").then(|| count.fetch_add(1, Ordering::SeqCst))
}

#[tokio::test(flavor = "multi_thread")]
async fn users_that_cannot_be_had_are_left_out_if_the_rest_suffices() {
    let lost = Mutex::new(std::collections::BTreeSet::new());
    let sessions = AtomicUsize::new(0);
    let act = move |request: &Request| {
        let Some(count) = session(request, &sessions) else { return Act::Forward };
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let user = body.pointer("/checks/user/userId").and_then(Value::as_str).expect("an id").to_owned();
        let mut lost = lost.lock().expect("no panic");
        // The fourth user is found by no session, however often it is asked for.
        if count == 3 || lost.contains(&user) {
            lost.insert(user);
            return not_found();
        }
        Act::Forward
    };
    let (server, _proxy, made) = behind(act, Duration::from_secs(1)).await;
    let told = Told::default();
    let provided = made.provide(6, &told.tell()).await.expect("five of six");
    assert_eq!(provided.subjects.len(), 5);
    let is_told = |told: &Progress| match told {
        Progress::LeftOut(1, 6, why) => {
            why.contains("could not be found for 1 s after it was created: HTTP 404, code 5: User could not be found")
        }
        _ => false,
    };
    assert!(told.has(is_told), "{:?}", told.0);
    // The one that is left out was made, and is removed with the others.
    assert_eq!(made.remove(&|_| ()).await.count, 8);
    assert_eq!(made.found().await.expect("a list"), []);
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_says_what_happened_and_leaves_nothing() {
    let sessions = AtomicUsize::new(0);
    let act = move |request: &Request| session(request, &sessions).map_or(Act::Forward, |_| not_found());
    let (server, _proxy, made) = behind(act, Duration::from_secs(1)).await;
    let error = made.provide(40, &|_| ()).await.expect_err("none can be had");
    let words = error.to_string();
    assert!(words.starts_with("could not make the user proofmark-subject-000"), "{words}");
    assert!(words.contains(" could not be found for 1 s after it was created: HTTP 404, code 5"), "{words}");
    assert!(error.fix.contains("patience-seconds") && !error.fix.contains("base-url"), "{words}");
    assert_eq!(made.found().await.expect("a list"), [], "all that was made is removed");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stops_all_stops_at_once_and_is_not_taken_for_a_wrong_host() {
    let created = AtomicUsize::new(0);
    // The token expires in the middle.
    let act = move |request: &Request| {
        let is_creation = request.line.starts_with("POST /v2/users/human ");
        if is_creation && created.fetch_add(1, Ordering::SeqCst) >= 5 {
            return json("401 Unauthorized", r#"{"code": 16, "message": "token expired", "details": []}"#);
        }
        Act::Forward
    };
    let (server, _proxy, made) = behind(act, provisioner::PATIENCE).await;
    let begun = Instant::now();
    let error = made.provide(100, &|_| ()).await.expect_err("the token is of no use");
    assert!(begun.elapsed() < Duration::from_secs(20), "it does not wait");
    let words = error.to_string();
    assert!(words.contains("HTTP 401") && error.fix.contains("new personal access token"), "{words}");
    assert_eq!(made.found().await.expect("a list"), [], "all that was made is removed");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_is_waited_for_as_long_as_it_says() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    // More often in a row than six tries, and longer than these would wait.
    let act = move |request: &Request| {
        let is_of_users = request.line.contains("/v2/users/human ");
        match is_of_users.then(|| counted.fetch_add(1, Ordering::SeqCst)) {
            Some(0..8) => {
                let head = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 0\r\n";
                Act::Say(format!("{head}connection: close\r\n\r\n").into())
            }
            _ => Act::Forward,
        }
    };
    let (server, _proxy, made) = behind(act, provisioner::PATIENCE).await;
    let begun = Instant::now();
    let provided = made.provide(2, &|_| ()).await.expect("it waits");
    assert_eq!(provided.subjects.len(), 2);
    let took = begun.elapsed();
    assert!(took >= Duration::from_secs(3) && calls.load(Ordering::SeqCst) == 10, "{took:?} {calls:?}");
    made.remove(&|_| ()).await;
    server.shutdown().await;
    // One that asks for more than there is patience is told at once.
    let act = |_: &Request| {
        let head = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 600\r\ncontent-length: 0\r\n";
        Act::Say(format!("{head}connection: close\r\n\r\n").into())
    };
    let (server, _proxy, made) = behind(act, provisioner::PATIENCE).await;
    let error = made.provide(2, &|_| ()).await.expect_err("ten minutes");
    assert!(error.answer.contains("HTTP 429 (asks to wait 600 s)") && error.fix.contains("limit"), "{error}");
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_of_a_server_that_is_gone_are_left_without_trying_each() {
    let server = lagging(Management::default(), Duration::ZERO).await;
    let made = connected(&server.base_url(), &server.accounts.admin, "proofmark", Duration::from_secs(2));
    made.provide(30, &|_| ()).await.expect("it is there");
    server.shutdown().await;
    let begun = Instant::now();
    let Removed { count, left, why } = made.remove(&|_| ()).await;
    assert_eq!((count, left), (0, 32));
    assert!(why.is_some_and(|why| why.contains("refused")), "the first says why");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}: not two seconds for each", begun.elapsed());
}

#[test]
fn a_session_is_made_good_again_on_a_server_that_lags() {
    let served = Served::with(&["--management", "--lag", "3500ms"]);
    change(&served, |text| text.replace("{ kind = \"zitadel\" }", "{ kind = \"zitadel\", subjects = 2 }"));
    // Each locks its subject, and needs one that is not locked.
    let cases = ["v1/u2f/rest/enrolment/good/none", "v1/u2f/rest/limits/name-200-ascii"];
    let verdicts = verdicts(&served, &[&cases[..], &["-j", "1"]].concat(), 0);
    let errors: Vec<_> = verdicts.iter().filter(|(_, found)| !found.starts_with("pass")).collect();
    assert!(errors.is_empty() && verdicts.len() >= 2, "{verdicts:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_belong_to_one_run_as_long_as_it_is_alive() {
    let (server, connect) = managed(Duration::from_millis(50)).await;
    let (first, second, third) = (connect("proofmark"), connect("proofmark"), connect("proofmark"));
    let waited = AtomicUsize::new(0);
    let tell = |progress| {
        waited.fetch_add(usize::from(progress == Progress::Waiting), Ordering::SeqCst);
    };
    // Of two that begin at one time one has them.
    let (one, other) = tokio::join!(first.hold(&tell), second.hold(&tell));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let (holder, loser) = if one.is_ok() { (first, second) } else { (second, first) };
    holder.provide(2, &tell).await.expect("its own");
    let refused = loser.provide(2, &tell).await.expect_err("taken");
    assert!(refused.fix.contains("another prefix"), "{refused}");
    assert_eq!(waited.load(Ordering::SeqCst), 2);
    // Another prefix is another matter.
    connect("proofmark-b").provide(2, &tell).await.expect("free");
    // Who lets go leaves them to the next at once, and so does who is dropped.
    holder.release().await;
    loser.provide(2, &tell).await.expect("free");
    drop(loser);
    tokio::time::sleep(Duration::from_millis(200)).await;
    third.provide(2, &tell).await.expect("free");
    assert_eq!(waited.load(Ordering::SeqCst), 2);
    third.remove(&tell).await;
    // The list follows.
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(connect("proofmark").found().await.expect("a list").len(), 0);
    server.shutdown().await;
}

#[test]
fn accounts_of_a_run_that_died_are_taken_over() {
    let own = || tokio::runtime::Runtime::new().expect("a runtime");
    let runtime = own();
    let (server, connect) = runtime.block_on(managed(Duration::ZERO));
    let dying = own();
    let dead = connect("proofmark");
    dying.block_on(async {
        dead.provide(2, &|_| ()).await.expect("free");
        // Its sign of life has been seen.
        tokio::time::sleep(Duration::from_millis(200)).await;
    });
    // As if the process had been killed: nobody says anything any more.
    dying.shutdown_timeout(Duration::ZERO);
    runtime.block_on(async {
        let waited = AtomicUsize::new(0);
        let tell = |progress| {
            waited.fetch_add(usize::from(progress == Progress::Waiting), Ordering::SeqCst);
        };
        let next = connect("proofmark");
        next.provide(2, &tell).await.expect("the other is dead");
        assert_eq!(waited.load(Ordering::SeqCst), 1);
        assert_eq!(next.remove(&tell).await.count, 4);
        server.shutdown().await;
    });
}

#[test]
fn what_the_administrator_may_not_is_a_configuration_error_with_its_fix() {
    let plain = Served::with(&[]);
    let pool: Value =
        serde_json::from_slice(&std::fs::read(plain.path("target.subjects.json")).expect("there")).expect("JSON");
    // One seed gives the same users and tokens.
    let served = served("", &[]);
    let refused = |token: &str, words: &[&str]| {
        std::fs::write(served.path("target.admin-token"), token).expect("written");
        let output = run(&served, &["enrolment/good"]).exits(3);
        assert!(!output.err.contains(token), "{}", output.err);
        for word in words {
            assert!(output.err.contains(word), "no {word:?} in: {}", output.err);
        }
    };
    let rights = ["target.toml:12: accounts.provisioner: could not make the machine user proofmark-run", "HTTP 403"];
    for token in [&pool["noRightsToken"], &pool["readOnlyToken"], &pool["subjects"][0]["token"]] {
        let token = token.as_str().expect("a token");
        refused(token, &[&rights[..], &["fix: give the administrator", "ORG_OWNER"]].concat());
    }
    refused("a-token-that-nobody-has", &["HTTP 401", "fix: make a new personal access token"]);
    // A server without these calls is one without an instance.
    let token = pool["adminToken"].as_str().expect("a token");
    change(&served, |text| {
        let is_base = |line: &&str| line.starts_with("base-url");
        let own = text.lines().find(is_base).expect("there").to_owned();
        let others = std::fs::read_to_string(plain.path("target.toml")).expect("there");
        text.replace(&own, others.lines().find(is_base).expect("there"))
    });
    refused(token, &["HTTP 404", "fix: write base-url with the host name"]);
    change(&served, |text| {
        let own = text.lines().find(|line| line.starts_with("base-url")).expect("there").to_owned();
        text.replace(&own, "base-url = \"http://127.0.0.1:1\"")
    });
    refused(token, &["proofmark-run: ", "refused", "fix: start the server"]);
}

#[test]
fn a_provisioner_that_makes_no_sense_is_told_before_the_first_call() {
    let served = Served::with(&["--management"]);
    let good = std::fs::read_to_string(served.path("target.toml")).expect("written");
    let token = "admin-token = { file = \"target.admin-token\" }\n";
    for (part, replacement, words) in [
        ("kind = \"zitadel\"", "kind = \"other\"", "there is no provisioner `other`; write zitadel"),
        ("kind = \"zitadel\"", "kind = \"zitadel\", prefix = \"A*\"", "write 4 to 40 lower-case letters"),
        (
            "kind = \"zitadel\"",
            "kind = \"zitadel\", subjects = 1",
            "accounts.provisioner.subjects has to be a number from 2",
        ),
        ("kind = \"zitadel\"", "kind = \"zitadel\", concurrency = 0", "a number from 1 to 64"),
        ("kind = \"zitadel\"", "kind = \"zitadel\", patience-seconds = 0", "a number from 1 to 3600"),
        ("kind = \"zitadel\"", "kind = \"zitadel\", users = 3", "unknown field `users`"),
        ("provisioner =", "provision = [\"true\"]\nprovisioner =", "exactly one of"),
        (token, "", "write admin-token = \"${NAME}\""),
    ] {
        assert!(good.contains(part), "{good}");
        std::fs::write(served.path("target.toml"), good.replace(part, replacement)).expect("written");
        let output = run(&served, &["enrolment/good"]).exits(3);
        assert!(output.err.contains(words), "no {words:?} in: {}", output.err);
        if part != "provisioner =" {
            let swept = finish(&mut command(&["sweep", "--target", &served.target()])).exits(3);
            assert!(swept.err.contains(words), "no {words:?} in: {}", swept.err);
        }
    }
    std::fs::write(served.path("target.toml"), &good).expect("written");
    // What is wrong with the command line is told first, and what is wrong with the selection leaves nothing.
    run(&served, &["no/such/case"]).exits(4);
    assert_eq!(accounts(&served), [""; 0]);
    let plain = Served::with(&[]);
    let swept = finish(&mut command(&["sweep", "--target", &plain.target()])).exits(3);
    swept.says(&["there is no accounts.provisioner in this file"]);
}

#[test]
fn a_load_makes_its_users_too() {
    let served = served(", subjects = 4", &[]);
    let load = |flow: &str| {
        let target = served.target();
        let args = ["load", "--target", &target, "--users", "4", "--duration", "300ms", "--flow", flow];
        finish(&mut command(&args))
    };
    let output = load("v2/u2f=1,v2/passkey=1");
    // On a busy machine the generator may be what limits.
    assert!(matches!(output.code, Some(0 | 9)), "{}{}", output.out, output.err);
    assert!(output.err.contains("removed 6 accounts"), "{}", output.err);
    let refused = load("v1/u2f").exits(3);
    assert!(refused.err.contains("choose v2/u2f, for which the administrator's token is sent"), "{}", refused.err);
    assert_eq!(accounts(&served), [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_of_a_subject_is_renewed() {
    let (server, connect) = managed(Duration::ZERO).await;
    let provisioner = connect("proofmark");
    let provided = provisioner.provide(2, &|_| ()).await.expect("free");
    let mut subject = provided.subjects[0].clone();
    let renewed = provisioner.renew(&subject).await.expect("the user is there");
    assert_ne!(renewed, subject.token);
    // Only a token that the server takes can be made good again.
    subject.token = renewed;
    provisioner.unlock(&subject).await.expect("it is taken");
    subject.user_id = "112233445566".to_owned();
    let error = provisioner.renew(&subject).await.expect_err("nobody").to_string();
    assert!(!error.contains(subject.token.expose()), "{error}");
    provisioner.remove(&|_| ()).await;
    server.shutdown().await;
}
