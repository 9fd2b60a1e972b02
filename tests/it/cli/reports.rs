//! Runs, their exit codes, and what they write.

use serde_json::Value;

use super::{Served, proofmark, text};

/// Events without what has to differ from one run to the next.
fn settled(path: &std::path::Path) -> Vec<Value> {
    let events = std::fs::read_to_string(path).expect("written");
    let mut events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for event in &mut events {
        for member in ["duration_us", "duration_ms", "base_url", "exchanges", "started", "ended", "made_with"] {
            event.as_object_mut().expect("an object").remove(member);
        }
    }
    events
}

#[test]
fn the_same_seed_gives_the_same_events() {
    let directory = tempfile::tempdir().expect("a directory");
    let run = |name: &str, jobs: &str| {
        let path = |kind: &str| directory.path().join(format!("{name}.{kind}"));
        let report = |kind: &str| format!("{kind}={}", text(&path(kind)));
        let (ndjson, junit) = (report("ndjson"), report("junit"));
        let args = ["run", "enrolment/good", "client-data/origin*", "--seed", "7", "-j", jobs, "--report", &ndjson];
        let output = proofmark(&[&args[..], &["--report", &junit]].concat()).exits(0);
        assert!(output.out.contains("(seed 7)"), "{}", output.out);
        assert!(output.err.contains(&format!("wrote {}", text(&path("junit")))), "{}", output.err);
        assert!(std::fs::read_to_string(path("junit")).expect("written").contains("<testsuites"));
        settled(&path("ndjson"))
    };
    let first = run("first", "4");
    assert_eq!(first, run("second", "9"));
    assert_eq!(first[0]["event"], "run-started");
    assert_eq!(first[first.len() - 1]["event"], "run-finished");
    assert!(first.len() > 30, "{} events", first.len());
    assert_eq!(std::fs::read_dir(directory.path()).expect("readable").count(), 4, "no half-written file is left");
}

#[test]
fn a_failure_is_explained_and_exits_with_1() {
    let output =
        proofmark(&["run", "client-data/origin*", "--defect", "verification-skips-origin", "--seed", "1"]).exits(1);
    let expected = [
        "FAIL accepted-invalid: webauthn/7.1/origin in ",
        "critical)\n",
        "promise   MUST",
        "source    ",
        "expected  refused",
        "received  accepted: 200",
        "NON-CONFORMANT",
    ];
    for words in expected {
        assert!(output.out.contains(words), "{words}: {}", output.out);
    }
    assert!(!output.out.contains('\u{1b}') && !output.err.contains('\u{1b}'), "no escapes without a terminal");
    let quiet = proofmark(&["run", "enrolment/good", "--seed", "1", "--quiet"]).exits(0);
    assert_eq!(quiet.out, "result    partial: not everything ran (seed 1)\n");
    let all = proofmark(&["run", "enrolment/good", "--seed", "1", "--verbose"]).exits(0);
    assert!(all.out.starts_with("pass      "), "{}", all.out);
}

#[test]
fn deviations_are_red_only_when_denied() {
    let served = Served::with(&[]);
    let path = served.path("target.toml");
    let written = std::fs::read_to_string(&path).expect("written");
    let wrong =
        written.replace("\"WEBAUTHN-origin\" = \"webauthn/7.1/origin\"", "\"WEBAUTHN-origin\" = \"webauthn/7.1/type\"");
    assert_ne!(written, wrong);
    std::fs::write(&path, wrong).expect("written");
    let target = served.target();
    let args = ["run", "v2/u2f/rest/client-data/origin-scheme-http", "--target", &target, "--seed", "1"];
    let output = proofmark(&args).exits(0);
    assert!(output.out.contains("DEVIATION wrong-reason: webauthn/7.1/origin"), "{}", output.out);
    proofmark(&[&args[..], &["--deny", "deviation"]].concat()).exits(1);
}

#[test]
fn a_token_that_is_not_taken_is_told_before_any_case() {
    let served = Served::with(&[]);
    let pool = served.path("target.subjects.json");
    let token = served.tokens().swap_remove(0);
    let changed = std::fs::read_to_string(&pool).expect("there").replace(&token, "another-token-of-this-length");
    std::fs::write(&pool, changed).expect("written");
    let output = proofmark(&["run", "enrolment/good", "--target", &served.target()]).exits(5);
    output.says(&["refuses the token of subject", "v1/u2f over rest", "HTTP 401", "fix: renew the tokens"]);
    assert!(!output.err.contains("another-token"));
    let target = served.path("target.toml");
    let written = std::fs::read_to_string(&target).expect("there");
    let url =
        written.lines().find_map(|line| line.strip_prefix("base-url = ")).expect("there").trim_matches('"').to_owned();
    std::fs::write(&target, written.replace(&url, &format!("{url}/wrong/prefix"))).expect("written");
    let output = proofmark(&["run", "enrolment/good", "--target", &served.target()]).exits(5);
    output.says(&["answers HTTP 404", "to the start of every flow", "correct the URL"]);
}

#[test]
fn a_report_can_go_to_standard_output_and_only_one() {
    let args = ["run", "enrolment/good", "--seed", "1", "--report"];
    let output = proofmark(&[&args[..], &["json=-"]].concat()).exits(0);
    let document: Value = serde_json::from_str(&output.out).expect("the report and nothing else");
    assert_eq!(document["run"]["seed"], 1);
    assert!(output.err.contains("result    partial") && !output.err.contains("wrote "), "{}", output.err);
    assert!(!std::path::Path::new("-").exists());
    let output = proofmark(&[&args[..], &["html=-", "--report", "junit=-"]].concat()).exits(2);
    output.says(&["another report is written to the same file"]);
}

#[test]
fn labels_and_the_service_are_in_the_stream() {
    let args = [
        "run",
        "enrolment/good",
        "--seed",
        "1",
        "--label",
        "branch=own",
        "--label",
        "env=test",
        "--report",
        "ndjson=-",
    ];
    let mut command = super::command(&args);
    let job = [("GITLAB_CI", "true"), ("CI_COMMIT_SHA", "1a2b"), ("CI_COMMIT_REF_NAME", "main")];
    let output = super::finish(command.envs(job).env("HOSTNAME", "build-7")).exits(0);
    let first: Value = serde_json::from_str(output.out.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["labels"], serde_json::json!({ "branch": "own", "commit": "1a2b", "env": "test" }));
    assert_eq!((&first["host"], &first["format"]), (&"build-7".into(), &5.into()));
    let command = first["made_with"]["command"].as_str().expect("a line of a shell");
    assert!(command.starts_with("proofmark run enrolment/good --seed 1 --label branch=own"), "{command}");
    let last: Value = serde_json::from_str(output.out.lines().last().expect("a line")).expect("JSON");
    let time = |event: &Value, member: &str| event[member].as_str().expect("a time").to_owned();
    assert!(time(&first, "started") <= time(&last, "ended"), "{first} {last}");
    assert!(output.err.contains("labels    branch=own, commit=1a2b, env=test\n"), "{}", output.err);
    proofmark(&["run", "--label", "nothing"]).exits(2);
}

#[test]
fn a_green_run_is_short() {
    let output = proofmark(&["run", "algorithms", "cose", "client-data", "--seed", "1"]).exits(0);
    assert!(output.out.lines().count() <= 15, "{}", output.out);
    let skipped: Vec<&str> = output.out.lines().filter(|line| line.starts_with("skipped ")).collect();
    assert!(
        skipped.len() == 1 && skipped[0].contains(" tests: no offer of ") && skipped[0].len() <= 80,
        "{}",
        output.out
    );
}

#[test]
fn colours_are_there_if_they_are_asked_for() {
    let args = ["run", "limits/name-201-ascii", "--defect", "limit-token-name-201", "--seed", "1"];
    let coloured = proofmark(&[&args[..], &["--color", "always"]].concat()).exits(1);
    assert!(coloured.out.contains("\u{1b}[31mFAIL\u{1b}[0m"), "{}", coloured.out);
    let forced = super::finish(super::command(&args).env("CLICOLOR_FORCE", "1")).exits(1);
    assert!(forced.out.contains('\u{1b}'), "{}", forced.out);
    let refused = super::finish(super::command(&args).env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1")).exits(1);
    assert!(!refused.out.contains('\u{1b}'), "{}", refused.out);
}
