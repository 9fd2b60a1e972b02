//! `coverage` and its report.

use serde_json::Value;

use super::{proofmark, text};

#[test]
fn a_recorded_run_is_shown_and_gated() {
    let directory = tempfile::tempdir().expect("a directory");
    let (events, report) = (directory.path().join("events.ndjson"), directory.path().join("coverage.json"));
    let (events, report) = (text(&events), text(&report));
    let reports = [format!("ndjson={events}"), format!("coverage={report}")];
    let defect = ["--defect", "shape-sequence-number", "-q", "--seed", "7"];
    proofmark(&[&["run", "enrolment/start", "--report", &reports[0], "--report", &reports[1]], &defect[..]].concat())
        .exits(1);

    let shown = proofmark(&["coverage", "--from", &events, "--clause", "api/shape/details"]).exits(0);
    let row = shown.out.lines().find(|line| line.contains("api/shape/details/sequence")).expect("a row");
    assert_eq!(
        row.split_whitespace().collect::<Vec<_>>(),
        ["api/shape/details/sequence", "VIOLATED", "verified", "verified"]
    );
    assert!(!shown.out.contains("api/limit"), "{}", shown.out);

    let from = ["coverage", "--from", &events, "--format", "json"];
    let json: Value = serde_json::from_str(&proofmark(&from).exits(0).out).expect("JSON");
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&report).expect("written")).expect("JSON");
    assert_eq!(json, written, "the report is the same");

    let denied = proofmark(&[&from[..], &["--deny", "violated", "--deny", "weak"]].concat()).exits(1);
    assert!(denied.err.contains("denied clauses: 2 violated"), "{}", denied.err);
    let selected = ["--clause", "api/endpoint/v2/u2f/start", "--deny", "not-verified"];
    proofmark(&[&from[..], &selected].concat()).exits(0);
    proofmark(&[&from[..], &["--deny", "not-verified"]].concat()).exits(1);
    let states = proofmark(&["coverage", "--from", &events, "--state", "violated"]).exits(0);
    assert!(
        states.out.contains("api/shape/details/sequence") && !states.out.contains("api/status/ok"),
        "{}",
        states.out
    );
}

#[test]
fn what_can_be_wrong_is_told() {
    let directory = tempfile::tempdir().expect("a directory");
    let missing = text(&directory.path().join("missing.ndjson"));
    proofmark(&["coverage", "--from", &missing]).exits(3);
    proofmark(&["coverage", "--from", &missing, "--seed", "1"]).exits(2);
    proofmark(&["coverage", "--clause", "a["]).exits(2);
    proofmark(&["coverage", "--state", "broken"]).exits(2);
    let empty = directory.path().join("empty.ndjson");
    let started = r#"{"event":"run-started","format":3,"version":"0","seed":1,"target":"t","base_url":"http://t","permutations":0,"available":0,"cases":0,"clauses":0}"#;
    std::fs::write(&empty, started).expect("a file");
    proofmark(&["coverage", "--from", &text(&empty), "--clause", "api/nothing"]).exits(4);
    proofmark(&["coverage", "--from", &text(&empty), "--clause", "api/*"]).exits(0);
}
