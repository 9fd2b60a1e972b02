//! Recorded runs: judged again, shown and replayed.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Served, fed, proofmark, text};

/// A green stream is small, compressed or not, and what reads a stream reads it compressed.
#[test]
fn a_green_stream_is_small_and_may_be_compressed() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| directory.path().join(name);
    let [plain, gzip, zstd] = ["run.ndjson", "run.ndjson.gz", "run.ndjson.zst"].map(path);
    let reports: Vec<String> = [&plain, &gzip, &zstd].map(|path| format!("ndjson={}", text(path))).into();
    let run = ["run", "-q", "--seed", "7", "att-obj", "client-data", "enrolment", "limits"];
    let reports = reports.iter().flat_map(|report| ["--report", report]).collect::<Vec<_>>();
    proofmark(&[&run[..], &reports].concat()).exits(0);
    let size = |path: &Path| std::fs::metadata(path).expect("written").len();
    let tests = std::fs::read_to_string(&plain).expect("text").matches("{\"event\":\"pass\"").count();
    // A default run has 7,163 passes; its bounds are 3 MB and 300 kB.
    assert!(tests > 1_000, "{tests}");
    let (most, most_compressed) = (u64::try_from(tests * 3_000_000 / 7_163), u64::try_from(tests * 300_000 / 7_163));
    assert!(size(&plain) < most.expect("small"), "{tests} passes in {} bytes", size(&plain));
    assert!(size(&zstd) < most_compressed.expect("small"), "{tests} passes in {} bytes", size(&zstd));
    let judged = |path: &Path| proofmark(&["judge", &text(path)]).exits(0).out;
    assert_eq!(judged(&gzip), judged(&plain));
    assert_eq!(judged(&zstd), judged(&plain));
    let again = path("again.ndjson");
    proofmark(&["report", "--from", &text(&zstd), "--to", &format!("ndjson={}", text(&again))]).exits(0);
    assert_eq!(std::fs::read(&again).expect("written"), std::fs::read(&plain).expect("written"));
}

/// A run's stream, and where it is.
fn recorded(directory: &Path, args: &[&str], code: i32) -> (PathBuf, String) {
    let path = directory.join("events.ndjson");
    let report = format!("ndjson={}", text(&path));
    proofmark(&[&["run", "-q", "--seed", "7", "--record", "all", "--report", &report], args].concat()).exits(code);
    let stream = std::fs::read_to_string(&path).expect("written");
    (path, stream)
}

/// A change of one event.
fn altered(stream: &str, alter: impl Fn(&mut Value)) -> String {
    let line = |line: &str| {
        let mut event: Value = serde_json::from_str(line).expect("JSON");
        alter(&mut event);
        event.to_string() + "\n"
    };
    stream.lines().map(line).collect()
}

/// What a version without these checks would have said of it: everything passed.
fn as_if_passed(event: &mut Value) {
    if event["event"] == "case-finished" && event["protocol"] != "all" {
        let clause = event["clauses"][0].clone();
        let finding = json!({ "check": "expectation", "clause": clause, "reason": "met", "expected": "", "received": "", "exchange": 1 });
        (event["verdict"], event["reason"], event["findings"]) = (json!("pass"), json!("met"), json!([finding]));
    }
}

#[test]
fn a_recorded_run_is_judged_as_it_was() {
    let directory = tempfile::tempdir().expect("a directory");
    let selections: [(&[&str], i32); 5] = [
        (&["enrolment", "authorization", "wire", "limits/name-*"], 0),
        (&["enrolment", "authorization", "--defect", "shape-resource-owner-missing"], 1),
        (&["enrolment", "authorization", "--defect", "robust-token-echoed"], 1),
        (&["enrolment", "--defect", "state-not-stored"], 1),
        (&["ceremony", "--defect", "challenge-not-one-time"], 1),
    ];
    for (selection, code) in selections {
        let (path, stream) = recorded(directory.path(), selection, code);
        let output = proofmark(&["judge", &text(&path)]).exits(code);
        assert!(output.out.contains(" records, 0 of them with another result"), "{selection:?}: {}", output.out);
        let output = fed(&["judge", "-"], stream.as_bytes()).exits(code);
        assert!(output.out.contains("result    "), "{}", output.out);
    }
}

#[test]
fn what_passed_is_recorded_without_its_calls_and_judge_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("events.ndjson");
    let report = format!("ndjson={}", text(&path));
    proofmark(&["run", "-q", "--seed", "7", "--report", &report, "client-data/type-get", "enrolment/good"]).exits(0);
    let stream = std::fs::read_to_string(&path).expect("written");
    let events: Vec<Value> = stream.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let tests: Vec<&Value> = events.iter().filter(|event| event["event"] == "pass").collect();
    assert!(tests.len() > 10 && events.iter().all(|event| event["exchanges"] == Value::Null), "{stream}");
    assert!(events.iter().any(|event| event["event"] == "slow"), "{stream}");
    let judged = proofmark(&["judge", &text(&path)]).exits(0);
    judged.tells(&["0 of them with another result", "passes without calls on record", "--record all", "result    "]);
    let test = tests.iter().find(|test| test["protocol"] == "rest").expect("a test");
    let id = format!("{}/rest/{}", test["flow"].as_str().expect("a flow"), test["test"].as_str().expect("a test"));
    proofmark(&["show", &id, "--from", &text(&path)]).exits(0).tells(&["not on record", "proofmark replay"]);
    // A fail keeps its calls.
    let failed =
        ["run", "-q", "--seed", "7", "--report", &report, "limits/name-201-ascii", "--defect", "limit-token-name-201"];
    proofmark(&failed).exits(1);
    let stream = std::fs::read_to_string(&path).expect("written");
    let has_calls = |event: &Value| event["verdict"] == "fail" && event["exchanges"] != json!([]);
    assert!(stream.lines().any(|line| has_calls(&serde_json::from_str(line).expect("JSON"))), "{stream}");
}

#[test]
fn todays_checks_decide_an_old_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let selection = ["limits/name-201-ascii", "enrolment/good", "--defect", "limit-token-name-201"];
    let (_, stream) = recorded(directory.path(), &selection, 1);
    let report = directory.path().join("again.ndjson");
    let old = altered(&stream, as_if_passed);
    let args = ["judge", "-", "--report", &format!("ndjson={}", text(&report))];
    let output = fed(&args, old.as_bytes()).exits(1);
    let line =
        "  v2/u2f/rest/limits/name-201-ascii: was pass (met), is fail (accepted-invalid) for api/limit/token-name";
    assert!(output.out.contains(line), "{}", output.out);
    let verdicts = |stream: &str| -> Vec<Value> {
        let events = stream.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let mut verdicts: Vec<Value> =
            events.map(|event| json!([event["id"], event["verdict"], event["reason"]])).collect();
        verdicts.sort_by_key(Value::to_string);
        verdicts
    };
    assert_eq!(verdicts(&std::fs::read_to_string(report).expect("written")), verdicts(&stream));
    // What the target's error ids mean is part of the stream.
    let (_, refused) = recorded(directory.path(), &["client-data/type-get"], 0);
    let unmapped = altered(&refused, |event| {
        event.as_object_mut().expect("an object").remove("reasons");
    });
    let output = fed(&["judge", "-"], unmapped.as_bytes()).exits(0);
    assert!(output.out.contains("was pass (right-reason), is pass (unattributed)"), "{}", output.out);
}

#[test]
fn a_stream_that_is_none_is_refused() {
    let none = fed(&["judge", "-"], b"{}\n").exits(3);
    none.says(&["judge -: line 1"]);
    fed(&["judge", "-"], b"").exits(3).says(&["judge -: line 1: it is empty", "--report ndjson=PATH"]);
    proofmark(&["judge", "/nonexistent"]).exits(3).says(&["/nonexistent"]);
}

#[test]
fn a_replay_shows_every_call_and_compares() {
    let directory = tempfile::tempdir().expect("a directory");
    let (path, _) = recorded(directory.path(), &["client-data/type-get", "--defect", "verification-skips-type"], 1);
    let id = "v2/u2f/rest/client-data/type-get";
    let output = proofmark(&["replay", id, "--from", &text(&path)]).exits(1);
    for words in [
        "promise   MUST The client data's type is webauthn.create.",
        "call 1    RegisterU2F: POST http",
        "call 2    VerifyU2FRegistration: POST http",
        "found     fail (accepted-invalid) by expectation for webauthn/7.1/type",
        "mutation  type",
        "verdict   fail (accepted-invalid)",
        "curl -sS -i -X POST",
        "grpcurl -plaintext -import-path protos",
        "recorded  the same verdict",
        "seed      7",
    ] {
        assert!(output.out.contains(words), "{words}: {}", output.out);
    }
    // What is said is taken, and not what the stream says.
    let other = ["--defect", "verification-skips-origin"];
    let fixed = proofmark(&[&["replay", id, "--from", &text(&path)], &other[..]].concat()).exits(0);
    assert!(fixed.out.contains("recorded  fail (accepted-invalid); the result is different now"), "{}", fixed.out);
    let shown = proofmark(&["show", id, "--from", &text(&path)]).exits(0);
    assert!(shown.out.contains("verdict   fail (accepted-invalid)"), "{}", shown.out);
    proofmark(&["replay", "client-data"]).exits(2).says(&["more than the 12 that are shown"]);
    proofmark(&["replay", "nothing/here"]).exits(4).says(&["nothing/here"]);
    proofmark(&["show", "enrolment/good", "--from", &text(&path)]).exits(4).says(&["no test, case, clause or reason"]);
}

#[test]
fn a_replay_is_against_what_the_run_was_against() {
    let served = Served::with(&["--defect", "limit-token-name-201"]);
    let (target, own) = (served.target(), served.path("own.yaml"));
    let case = "suite: own\ncases:\n- { id: own/type, title: t, clauses: [webauthn/7.1/type], mutate: { type: webauthn.get }, \
                expect: must-reject }\n";
    std::fs::write(&own, case).expect("written");
    let selection = ["limits/name-201-ascii", "own/type", "--target", &target, "--suite", &text(&own)];
    let (path, stream) = recorded(served.directory.path(), &selection, 1);
    let from = text(&path);
    let played = |id: &str, code: i32| proofmark(&["replay", id, "--from", &from]).exits(code);
    let same = played("v2/u2f/rest/limits/name-201-ascii", 1);
    assert!(same.out.contains("recorded  the same verdict"), "{}", same.out);
    let of_own = serde_json::from_str::<Value>(
        stream
            .lines()
            .find(|line| line.contains("\"own/type\"") && line.contains("\"exchanges\""))
            .expect("it was played"),
    );
    let of_own = of_own.expect("JSON")["id"].as_str().expect("a name").replace("/all/", "/rest/");
    assert!(played(&of_own, 0).out.contains("recorded  the same verdict"));
    // What is not there any more, and what no stream of an older version said, is asked for.
    std::fs::rename(&own, served.path("moved.yaml")).expect("moved");
    played(&of_own, 2).says(&["own.yaml", "--suite FILE"]);
    let moved = std::fs::read_to_string(&target)
        .expect("there")
        .replace("base-url = \"http://127", "base-url = \"http://localhost");
    std::fs::write(&target, moved).expect("written");
    played("v2/u2f/rest/limits/name-201-ascii", 2).says(&["--from ", "names http://localhost", "--target FILE"]);
    std::fs::remove_file(&target).expect("removed");
    played("v2/u2f/rest/limits/name-201-ascii", 2).says(&["target.toml, which can't be read here", "--target FILE"]);
    let old = altered(&stream, |event| drop(event.as_object_mut().expect("an object").remove("made_with")));
    std::fs::write(&path, old).expect("written");
    played("v2/u2f/rest/limits/name-201-ascii", 2).says(&["reference server at http://127.0.0.1", "--target FILE"]);
}

#[test]
fn everything_with_a_name_can_be_shown() {
    let shown = |id: &str| proofmark(&["show", id]).exits(0).out;
    let case = shown("v2/u2f/grpc/client-data/type-get");
    for words in
        ["case      client-data/type-get", "expected  refused", "mutate: { type: webauthn.get }", "plays as  12"]
    {
        assert!(case.contains(words), "{words}: {case}");
    }
    assert!(case.contains("written   scenarios/client-data.yaml:"), "{case}");
    let clause = shown("api/limit/token-name");
    assert!(clause.contains("promise   DOC") && clause.contains("case      limits/name-empty"), "{clause}");
    assert!(shown("verification-skips-origin").contains("defect    verification-skips-origin"));
    assert!(shown("origin").contains("mutation  origin"));
    proofmark(&["show", "type-g"]).exits(2).says(&["did you mean client-data/type-get?"]);
    proofmark(&["show", "zzz"]).exits(2).says(&["`proofmark list cases`"]);
}
