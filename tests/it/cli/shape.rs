//! One shape for each thing: what means the same is written the same way everywhere, and what was written once is still read.

use serde_json::Value;

use super::{proofmark, text};

#[test]
fn a_stream_is_an_argument_or_an_option_everywhere() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| text(&directory.path().join(name));
    let (events, known) = (path("events.ndjson"), path("known.toml"));
    let report = format!("ndjson={events}");
    let two = ["--defect", "limit-token-name-201", "--defect", "verification-skips-origin"];
    let run =
        ["run", "-q", "--seed", "7", "limits/name-201-ascii", "client-data/origin-other-site", "--report", &report];
    proofmark(&[&run[..], &two].concat()).exits(1);
    let suggest = ["known", "suggest", &events, "--known", &known, "--write"];
    proofmark(&suggest).exits(0);
    std::fs::write(&known, std::fs::read_to_string(&known).expect("written").replace("why = \"\"", "why = \"w\""))
        .expect("written");
    let verbs: [(&[&str], i32); 7] = [
        (&["judge"], 1),
        (&["report"], 0),
        (&["diagnose"], 0),
        (&["coverage"], 0),
        (&["reasons", "suggest"], 0),
        (&["known", "suggest"], 0),
        (&["known", "prune", "--known", &known], 0),
    ];
    for (verb, code) in verbs {
        let argument = proofmark(&[verb, &[&events]].concat()).exits(code);
        let option = proofmark(&[verb, &["--from", &events]].concat()).exits(code);
        assert_eq!(argument.out, option.out, "{verb:?}");
        if verb != ["coverage"] {
            proofmark(verb).exits(2).says(&["EVENTS"]);
        }
        proofmark(&[verb, &[&events, "--from", &events]].concat()).exits(2).says(&["cannot be used with"]);
    }
    // Both defects are in the stream, and both in the line that plays a test again.
    let first = std::fs::read_to_string(&events).expect("written");
    let first: Value = serde_json::from_str(first.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["made_with"]["defects"], serde_json::json!(["limit-token-name-201", "verification-skips-origin"]));
    let diagnosed = proofmark(&["diagnose", &events]).exits(0);
    diagnosed.tells(&["2 known defects", "limit-token-name-201", "as defect    verification-skips-origin"]);
    proofmark(&["report", &events])
        .exits(0)
        .tells(&["--defect limit-token-name-201 --defect verification-skips-origin"]);
}

#[test]
fn older_spellings_are_read() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = |name: &str| text(&directory.path().join(name));
    let (events, html) = (path("events.ndjson"), format!("html={}", path("report.html")));
    let run = ["run", "-q", "--seed", "7", "enrolment/good", "--report", &format!("ndjson={events}")];
    proofmark(&run).exits(0);
    proofmark(&["report", "--from", &events, "--to", &html]).exits(0);
    let list = |shard: &str| proofmark(&["run", "--list", "--seed", "7", "limits", "--shard", shard]).exits(0).out;
    assert_eq!(list("1/4"), list("hash:1/4"));
    // A stream of the form before names one defect.
    let text = std::fs::read_to_string(&events).expect("written");
    let older = text.replacen("\"made_with\":{", "\"made_with\":{\"defect\":\"limit-token-name-201\",", 1);
    std::fs::write(&events, older).expect("written");
    proofmark(&["replay", "v2/u2f/rest/limits/name-201-ascii", "--from", &events]).exits(1);
}

#[test]
fn a_seed_that_is_no_number_is_told_in_our_words() {
    for verb in [&["run", "--list"][..], &["attest"], &["check", "--target", "x"], &["load"], &["serve"], &["selftest"]]
    {
        let output = proofmark(&[verb, &["--seed", "abc"]].concat()).exits(2);
        output.says(&["write a whole number from 0 to 18446744073709551615, such as 7"]);
    }
}

#[test]
fn what_a_checkout_has_is_printed() {
    let directory = tempfile::tempdir().expect("a directory");
    let protos = directory.path().join("protos");
    let names = proofmark(&["schema"]).exits(0).out;
    assert_eq!(names.lines().count(), std::fs::read_dir("reports/schemas").expect("a directory").count());
    for name in names.lines().filter_map(|line| line.split_whitespace().next()) {
        let schema: Value = serde_json::from_str(&proofmark(&["schema", name]).exits(0).out).expect("JSON");
        assert!(schema["$schema"].is_string(), "{name}");
    }
    proofmark(&["schema", "event"]).exits(2).says(&["did you mean events?"]);
    let example = proofmark(&["init", "--example"]).exits(0).out;
    assert_eq!(example, std::fs::read_to_string("fixtures/targets/example.toml").expect("there"));
    proofmark(&["init"]).exits(2).says(&["URL"]);
    proofmark(&["list", "protos", "--export", &text(&protos)]).exits(0).tells(&["files in"]);
    let listed = proofmark(&["list", "protos"]).exits(0).out;
    assert!(listed.lines().count() > 5 && listed.lines().all(|path| protos.join(path).is_file()), "{listed}");
    proofmark(&["list", "cases", "--export", &text(&protos)]).exits(2).says(&["only protos"]);
}

#[test]
fn own_cases_are_listed_and_shown() {
    let directory = tempfile::tempdir().expect("a directory");
    let own = directory.path().join("own.yaml");
    let suite = "suite: own\ncases:\n- id: own/type\n  title: our own type\n  clauses: [webauthn/7.1/type]\n  mutate: { origin: \"https://staging.example.org\" }\n  expect: must-reject\n";
    std::fs::write(&own, suite).expect("written");
    let own = text(&own);
    proofmark(&["list", "cases", "own/*", "--suite", &own]).exits(0).tells(&["own/type", "our own type"]);
    proofmark(&["show", "own/type", "--suite", &own]).exits(0).tells(&["our own type"]);
    proofmark(&["show", "own/type"]).exits(2);
    proofmark(&["list", "clauses", "--suite", &own]).exits(2).says(&["only cases and tests"]);
}
