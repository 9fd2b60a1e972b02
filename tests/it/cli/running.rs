//! Runs that are ended from outside, and outputs that are closed.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc;

use super::{Running, Served, command, proofmark, text};

/// Connections are accepted and never answered. Says when the first has come.
fn silent() -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            held.push(stream);
            if sender.send(()).is_err() {
                return;
            }
        }
    });
    (url, receiver)
}

fn in_a_directory(url: &str, grpc: &str) -> (tempfile::TempDir, String) {
    let directory = tempfile::tempdir().expect("a directory");
    let target = directory.path().join("target.toml");
    let subjects = r#"[{ user-id = "1", token = "${A}" }, { user-id = "2", token = "${A}" }]"#;
    let file = format!(
        "base-url = \"{url}\"\ngrpc-url = \"{grpc}\"\nrp-id = \"localhost\"\norigin = \"https://localhost\"\n\
         flows = [\"v1/u2f\"]\nprotocols = [\"rest\"]\n[accounts]\nsubjects = {subjects}\n"
    );
    std::fs::write(&target, file).expect("written");
    (directory, text(&target))
}

#[test]
fn an_interrupt_during_the_preflight_ends_at_once() {
    let (url, connected) = silent();
    let (directory, target) = in_a_directory(&url, &url);
    let report = format!("ndjson={}", text(&directory.path().join("run.ndjson")));
    for signal in ["INT", "TERM"] {
        let mut command = command(&["run", "enrolment/good", "--target", &target, "--report", &report]);
        let child = Running(command.env("A", "a-token-of-a-user").spawn().expect("started"));
        connected.recv().expect("the first call");
        let output = child.signalled(signal).exits(130);
        assert!(output.err.contains("interrupted"), "{}", output.err);
        let left: Vec<_> = std::fs::read_dir(directory.path()).expect("readable").flatten().collect();
        assert_eq!(left.len(), 1, "only the target file: {left:?}");
    }
}

#[test]
fn an_interrupt_during_the_run_writes_what_is_there() {
    // What is longer than an attestation object is answered after a minute; the other cases at once.
    let served = Served::with(&["--defect", "robust-hang-on-truncated"]);
    let (ndjson, junit) = (served.path("run.ndjson"), served.path("run.xml"));
    let reports = [format!("ndjson={}", text(&ndjson)), format!("junit={}", text(&junit))];
    let args = ["run", "enrolment/start", "v1/u2f/rest/att-obj/trailing-byte", "--target", &served.target()];
    let mut command = command(&[&args[..], &["--seed", "1", "--timeout", "40s", "-v"]].concat());
    command.args(["--report", &reports[0], "--report", &reports[1]]);
    let mut child = Running(command.spawn().expect("started"));
    let mut out = BufReader::new(child.0.stdout.take().expect("piped"));
    // All starts, and their comparisons.
    for _ in 0..16 {
        let mut line = String::new();
        out.read_line(&mut line).expect("UTF-8");
        assert!(line.starts_with("pass "), "{line}");
    }
    let output = child.signalled("INT").exits(130);
    assert!(output.err.contains("interrupted: writing the results so far"), "{}", output.err);
    let mut summary = String::new();
    out.read_to_string(&mut summary).expect("UTF-8");
    assert!(summary.contains("16 pass") && summary.contains("partial"), "{summary}");
    let events = std::fs::read_to_string(&ndjson).expect("written");
    assert_eq!(events.matches("{\"event\":\"pass\"").count(), 16, "{events}");
    assert!(events.lines().last().expect("a line").contains("\"interrupted\":true"), "{events}");
    assert_eq!(std::fs::read_to_string(&junit).expect("written").matches("<testcase").count(), 16);
}

#[test]
fn serve_stops_on_an_interrupt_and_refuses_a_port_in_use() {
    let served = Served::with(&[]);
    let base = std::fs::read_to_string(served.target()).expect("there");
    let address = base.lines().find_map(|line| line.strip_prefix("base-url = \"http://")).expect("there");
    let taken = proofmark(&["serve", "--listen", address.trim_end_matches('"')]).exits(3);
    taken.says(&["--listen 127.0.0.1:", "another port, or 0 for a free one"]);
    let Served { server, directory, .. } = served;
    #[cfg(unix)]
    for name in ["target.toml", "target.subjects.json"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(directory.path().join(name)).expect("there").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is readable by others");
    }
    server.signalled("INT").exits(130);
    drop(directory);
}

#[test]
fn a_closed_output_is_no_panic() {
    for args in [&["list", "tests"][..], &["--help"], &["run", "enrolment/good", "--seed", "1"]] {
        let mut child = Running(command(args).spawn().expect("started"));
        let mut out = BufReader::new(child.0.stdout.take().expect("piped"));
        out.read_line(&mut String::new()).expect("UTF-8");
        drop(out);
        let status = child.0.wait().expect("ended");
        let mut err = String::new();
        child.0.stderr.take().expect("piped").read_to_string(&mut err).expect("UTF-8");
        assert_eq!((status.code(), err.as_str()), (Some(0), ""), "{args:?}");
    }
    let mut closed = command(&["list", "everything"]);
    let mut child = Running(closed.stderr(Stdio::null()).spawn().expect("started"));
    assert_eq!(child.0.wait().expect("ended").code(), Some(2));
}

#[test]
fn selftest_plays_what_is_named_and_exits_by_it() {
    let played = proofmark(&["selftest", "--seed", "7", "shape-start-details-missing", "dates-offset"]).exits(0);
    for words in [
        "  shape-start-details-missing  api/shape/start  enrolment/start (12 of 12)\n",
        "  dates-offset  green  ",
        "1 of 1 defects killed for their clause, 0 survived, 0 found for another reason; 0 only under load\n1 of 1 that",
        " s, seed 7\n",
    ] {
        assert!(played.out.contains(words), "{words}\n{}", played.out);
    }
    proofmark(&["selftest", "dates-of-set"]).exits(2).says(&["`dates-of-set`", "list defects", "list variants"]);
}

#[test]
fn an_interrupt_during_selftest_ends_it() {
    let mut running = Running(command(&["selftest", "--seed", "7"]).spawn().expect("started"));
    let mut out = BufReader::new(running.0.stdout.take().expect("piped"));
    let mut first = String::new();
    out.read_line(&mut first).expect("UTF-8");
    assert!(first.starts_with("selftest: ") && first.ends_with("; seed 7\n"), "{first}");
    let ended = running.signalled("INT").exits(130);
    let mut rest = String::new();
    out.read_to_string(&mut rest).expect("UTF-8");
    assert!(rest.contains("\ninterrupted: ") && rest.contains(" were not played\n"), "{rest}\n{}", ended.err);
}

#[test]
fn variants_are_listed_served_and_run() {
    let listed = proofmark(&["list", "variants"]).exits(0);
    assert!(listed.out.lines().any(|line| line.starts_with("ids-uuid ") && line.ends_with("[api/shape/start]")));
    let args = ["run", "--seed", "1", "--variant", "ids-uuid", "--variant", "dates-offset", "enrolment/start"];
    let run = proofmark(&args).exits(0);
    assert!(run.out.contains("ran       12 of "), "{}", run.out);
    proofmark(&["serve", "--variant", "ids-of-mine"]).exits(2).says(&["`ids-of-mine`", "list variants"]);
}
