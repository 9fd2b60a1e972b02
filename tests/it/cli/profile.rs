//! How strictly a target is judged: by the command line, the target file, and afterwards.

use std::path::Path;

use serde_json::Value;

use super::{Output, proofmark, text};

/// The reference server takes what none of these texts asks it to refuse.
const SUITE: &str = r#"suite: own
cases:
- id: own/demanded
  title: a member that FIDO's tools do not know is refused
  clauses: [webauthn/7.1/client-data-json]
  basis: fido
  source: FIDO Conformance Tools, Server-1 F-0
  mutate: { client-data-extra-member: { more: 1 } }
  oracle: accept
  expect: should-reject
- id: own/unsafe
  title: the same for safety
  clauses: [webauthn/7.1/client-data-json]
  basis: security
  source: our own review
  mutate: { client-data-extra-member: { more: 1 } }
  oracle: accept
  expect: should-reject
"#;

/// Runs a case of the suite on one flow and protocol.
fn run(directory: &Path, case: &str, args: &[&str]) -> (Output, String) {
    let suite = directory.join("own.yaml");
    std::fs::write(&suite, SUITE).expect("written");
    let events = directory.join("events.ndjson");
    let report = format!("ndjson={}", text(&events));
    let pattern = format!("v2/u2f/rest/own/{case}");
    let own = ["run", "--seed", "7", "--suite", &text(&suite), "--report", &report, &pattern];
    let output = proofmark(&[&own[..], args].concat());
    (output, text(&events))
}

/// The one record of a stream.
fn record(events: &str) -> Value {
    let stream = std::fs::read_to_string(events).expect("written");
    let events = stream.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    events.into_iter().find(|event| event["event"] == "case-finished").expect("a record")
}

#[test]
fn the_profile_decides_whether_what_no_text_demands_is_a_fail() {
    let directory = tempfile::tempdir().expect("a directory");
    let table = [
        ("demanded", "webauthn", 0),
        ("demanded", "fido", 1),
        ("demanded", "strict", 1),
        ("unsafe", "webauthn", 0),
        ("unsafe", "fido", 0),
        ("unsafe", "strict", 1),
    ];
    for (case, profile, code) in table {
        let (output, events) = run(directory.path(), case, &["--profile", profile]);
        let output = output.exits(code);
        let verdict = if code == 0 { "deviation" } else { "fail" };
        let (reason, basis) = if case == "demanded" { ("fido-unmet", "fido") } else { ("security-unmet", "security") };
        let record = record(&events);
        assert_eq!((&record["verdict"], &record["reason"]), (&verdict.into(), &reason.into()), "{case} by {profile}");
        assert_eq!((&record["basis"], &record["findings"][0]["basis"]), (&basis.into(), &basis.into()));
        let title = format!("{} {reason}: webauthn/7.1/client-data-json", verdict.to_uppercase());
        let source =
            if case == "demanded" { "  source    FIDO Conformance Tools, Server-1 F-0" } else { "our own review" };
        let by = format!(" by the profile {profile}");
        for words in [&title, source, &format!("  promise   {} The client data", basis.to_uppercase())] {
            assert!(output.out.contains(words), "{words}: {}", output.out);
        }
        assert_eq!(output.out.contains(&by), profile != "webauthn", "{}", output.out);
    }
}

#[test]
fn a_recorded_run_is_judged_by_another_profile() {
    let directory = tempfile::tempdir().expect("a directory");
    let (output, events) = run(directory.path(), "demanded", &[]);
    output.exits(0);
    proofmark(&["judge", &events]).exits(0);
    let strict = directory.path().join("strict.ndjson");
    let report = format!("ndjson={}", text(&strict));
    let judged = proofmark(&["judge", &events, "--profile", "strict", "--report", &report]).exits(1);
    let line = "  v2/u2f/rest/own/demanded: was deviation (fido-unmet), is fail (fido-unmet) for webauthn/7.1/client-data-json";
    assert!(judged.out.contains(line), "{}", judged.out);
    // What was written is of that profile, and stays so.
    proofmark(&["judge", &text(&strict)]).exits(1);
    let report = proofmark(&["report", "--from", &text(&strict)]);
    assert!(report.out.contains("result    NON-CONFORMANT by the profile strict"), "{}", report.out);
    proofmark(&["judge", &text(&strict), "--profile", "webauthn"]).exits(0);
    let worse = proofmark(&["diff", &events, &text(&strict)]).exits(1);
    assert!(worse.out.contains("own/demanded"), "{}", worse.out);
    assert!(worse.out.contains("profiles  they differ: webauthn, then strict"), "{}", worse.out);
}

/// An entry is about a verdict, so that one that was written under one profile is seen to have changed under another.
#[test]
fn a_known_deviation_is_of_a_profile() {
    let directory = tempfile::tempdir().expect("a directory");
    let (output, events) = run(directory.path(), "demanded", &["--profile", "fido"]);
    output.exits(1);
    let known = directory.path().join("known.toml");
    proofmark(&["known", "suggest", "--from", &events, "--known", &text(&known), "--write"]).exits(0);
    let written = std::fs::read_to_string(&known).expect("written");
    assert!(written.contains("verdict = \"fail\"\nreason = \"fido-unmet\""), "{written}");
    std::fs::write(&known, written.replace("why = \"\"", "why = \"no certification is sought\"")).expect("written");
    let known = ["--known", &text(&known)];
    run(directory.path(), "demanded", &[&["--profile", "fido"], &known[..]].concat()).0.exits(0);
    run(directory.path(), "demanded", &known).0.exits(7);
}

#[test]
fn a_profile_that_is_none_is_refused() {
    let output = proofmark(&["run", "--profile", "w3c"]).exits(2);
    assert!(output.err.contains("there is no profile `w3c`; write webauthn, fido or strict"), "{}", output.err);
}
