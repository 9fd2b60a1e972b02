//! The built-in provisioner over HTTP, against the reference server's management calls: what it makes, what a run makes of it, and
//! that nothing stays behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use proofmark::provisioner::{self, Connection, Progress, Provisioner};
use proofmark::server::{Management, RunningServer, Server, ServerConfig};
use proofmark::transport::Address;
use serde_json::Value;

use crate::cli::{Output, Running, Served, command, finish, text};

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
    let stream = std::fs::read_to_string(stream).expect("written");
    let records = stream.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let verdict = |event: Value| {
        let record = [&event, &event["case"], &event["record"]].into_iter().find(|v| v["verdict"].is_string())?.clone();
        let word = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        Some((word("id"), format!("{}({})", word("verdict"), word("reason"))))
    };
    records.filter_map(verdict).collect()
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
        let words = "could not take the accounts of the prefix proofmark: a run that is under way has them";
        assert!(said.contains("waiting for a sign of life") && said.contains(words), "{said}");
        assert!(said.contains("mend: wait for its end, or write another prefix"), "{said}");
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
    let management = Some(Management { list_delay, ..Management::default() });
    let server = Server::start(ServerConfig { management, ..ServerConfig::default() }).await.expect("a free port");
    let (address, admin) = (Address::new(server.base_url()), server.accounts.admin.clone());
    let connect = move |prefix: &str| {
        let (address, admin, prefix) = (address.clone(), admin.clone(), prefix.to_owned());
        let (timeout, renewal) = (Duration::from_secs(30), Duration::from_millis(100));
        let connection = Connection { address, timeout, admin, prefix, concurrency: 2, renewal };
        (provisioner::find("zitadel").expect("a kind").connect)(connection).expect("an address")
    };
    (server, connect)
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
    assert!(refused.mend.contains("another prefix"), "{refused}");
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
fn what_the_administrator_may_not_is_a_configuration_error_with_its_mend() {
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
    let rights = ["target.toml:11: accounts.provisioner: could not make the machine user proofmark-run", "HTTP 403"];
    for token in [&pool["noRightsToken"], &pool["readOnlyToken"], &pool["subjects"][0]["token"]] {
        let token = token.as_str().expect("a token");
        refused(token, &[&rights[..], &["mend: give the administrator", "ORG_OWNER"]].concat());
    }
    refused("a-token-that-nobody-has", &["HTTP 401", "mend: make a new personal access token"]);
    // A server without these calls is one without an instance.
    let token = pool["adminToken"].as_str().expect("a token");
    change(&served, |text| {
        let is_base = |line: &&str| line.starts_with("base-url");
        let own = text.lines().find(is_base).expect("there").to_owned();
        let others = std::fs::read_to_string(plain.path("target.toml")).expect("there");
        text.replace(&own, others.lines().find(is_base).expect("there"))
    });
    refused(token, &["HTTP 404", "mend: write base-url with the host name"]);
    change(&served, |text| {
        let own = text.lines().find(|line| line.starts_with("base-url")).expect("there").to_owned();
        text.replace(&own, "base-url = \"http://127.0.0.1:1\"")
    });
    refused(token, &["proofmark-run: ", "refused", "mend: start the server"]);
}

#[test]
fn a_provisioner_that_makes_no_sense_is_told_before_the_first_call() {
    let served = Served::with(&["--management"]);
    let good = std::fs::read_to_string(served.path("target.toml")).expect("written");
    let token = "admin-token = { file = \"target.admin-token\" }\n";
    for (part, replacement, words) in [
        ("kind = \"zitadel\"", "kind = \"other\"", "there is no provisioner `other`; write zitadel"),
        ("kind = \"zitadel\"", "kind = \"zitadel\", prefix = \"A*\"", "write 4 to 40 lower-case letters"),
        ("kind = \"zitadel\"", "kind = \"zitadel\", subjects = 1", "accounts.provisioner.subjects is a number from 2"),
        ("kind = \"zitadel\"", "kind = \"zitadel\", concurrency = 0", "a number from 1 to 64"),
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
