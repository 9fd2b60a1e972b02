//! Wrong command lines, lists and suites.

use std::path::Path;

use super::{Output, proofmark, text};

#[test]
fn help_is_no_error_and_names_the_exit_codes() {
    let help = proofmark(&["--help"]).exits(0);
    assert!(help.err.is_empty());
    // Lines are broken where the width is over.
    let words = help.out.split_whitespace().collect::<Vec<_>>().join(" ");
    for word in ["run", "attest", "serve", "list", "load", "Exit codes: 0 green", "130 interrupted"] {
        assert!(words.contains(word), "{word}: {}", help.out);
    }
    assert!(proofmark(&["--version"]).exits(0).out.starts_with("proofmark "));
    for verb in ["run", "attest", "serve", "list", "load"] {
        assert!(proofmark(&[verb, "--help"]).exits(0).out.contains("Usage: proofmark"), "{verb}");
    }
}

#[test]
fn wrong_usage_is_told_on_standard_error() {
    let cases: [(&[&str], &str); 20] = [
        (&[], "Usage: proofmark"),
        (&["frobnicate"], "unrecognized subcommand 'frobnicate'"),
        (&["run", "--frob"], "unexpected argument '--frob'"),
        (&["run", "a["], "`a[` is not a pattern"),
        (&["run", "--report", "x"], "write NAME=PATH"),
        (&["run", "--report", "junit="], "write NAME=PATH"),
        (&["run", "--report", "soap=x"], "there are ndjson, json"),
        (&["run", "--report", "junit=/no/such/dir/x"], "/no/such/dir/x"),
        (&["run", "--report", "junit=/"], "is a directory"),
        (&["run", "--defect", "nothing"], "`proofmark list defects`"),
        (&["run", "--defect", "a", "--target", "b"], "cannot be used with"),
        (&["run", "--seed", "-1"], "invalid value '-1'"),
        (&["run", "--jobs", "0"], "0 is not in 1..=1024"),
        (&["run", "--timeout", "10"], "200ms, 30s, 5m or 1h"),
        (&["run", "--deny", "everything"], "possible values: deviation, flaky"),
        (&["serve", "--stop-after", "soon"], "200ms, 30s, 5m or 1h"),
        (&["run", "--fuzz", "soon"], "200ms, 30s, 5m or 1h"),
        (&["run", "--fuzz", "0"], "a number of credentials"),
        (&["run", "--fuzz", "5s", "--exhaustive"], "cannot be used with"),
        (&["run", "--findings", "x"], "--fuzz"),
    ];
    for (args, words) in cases {
        let output = proofmark(args).exits(2);
        assert!(output.err.contains(words), "{args:?}: {}", output.err);
        assert_eq!(output.out, "", "{args:?}");
    }
}

#[test]
fn a_pattern_that_matches_nothing_is_an_error() {
    proofmark(&["run", "nothing/**"]).exits(4).says(&["`nothing/**`", "`proofmark list tests`"]);
    proofmark(&["run", "enrolment/good", "nothing"]).exits(4).says(&["`nothing`"]);
    proofmark(&["run", "limits", "--fuzz", "5"]).exits(4).says(&["no selected case mutates a credential"]);
}

#[test]
fn two_reports_to_one_file_are_refused_and_nothing_is_left() {
    let directory = tempfile::tempdir().expect("a directory");
    let report = |name: &str| format!("{name}={}", text(&directory.path().join("report")));
    let (first, second) = (report("ndjson"), report("junit"));
    let output = proofmark(&["run", "enrolment/good", "--report", &first, "--report", &second]).exits(2);
    output.says(&["same file"]);
    let left = std::fs::read_dir(directory.path()).expect("readable").count();
    assert_eq!(left, 0, "nothing is left behind");
}

#[test]
fn everything_can_be_listed() {
    let lists = [
        ("cases", "enrolment/good", 1000),
        ("tests", "v2/passkey/grpc-web/enrolment/good/none", 20_000),
        ("clauses", "webauthn/7.1/origin", 90),
        ("mutations", "rp-id-hash", 30),
        ("faults", "truncated-body", 10),
        ("defects", "challenge-constant", 40),
        ("reports", "prometheus", 14),
    ];
    for (what, entry, least) in lists {
        let output = proofmark(&["list", what]).exits(0);
        let ids: Vec<&str> = output.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert!(ids.contains(&entry), "{what}: {entry}");
        assert!(ids.len() >= least, "{what}: {} entries", ids.len());
    }
    for (what, basis, entry) in [
        ("clauses", "rfc", "rfc8230/2/pss-salt "),
        ("clauses", "fido", "webauthn/8.7/empty-map "),
        ("cases", "declared", "packed-x5c/leaf-expired "),
        ("cases", "spec-should", "envelope/transports-unknown "),
    ] {
        let output = proofmark(&["list", what, "--basis", basis]).exits(0);
        assert!(output.out.lines().any(|line| line.starts_with(entry)), "{basis}: {}", output.out);
        assert!(!output.out.contains("webauthn/7.1/origin "), "{basis}: {}", output.out);
    }
    proofmark(&["list", "cases", "--basis", "must"]).exits(2);
    proofmark(&["list", "defects", "--basis", "fido"]).exits(2).says(&["only cases and clauses"]);
    assert_eq!(proofmark(&["list"]).exits(0).out, proofmark(&["list", "cases"]).out);
    proofmark(&["list", "everything"]).exits(2);
}

fn run_suite(directory: &Path, suite: &str) -> Output {
    let path = directory.join("own.yaml");
    std::fs::write(&path, suite).expect("written");
    proofmark(&["run", "own/**", "--suite", &text(&path), "--seed", "1"])
}

#[test]
fn a_suite_that_is_wrong_is_told_with_its_line_and_the_fix() {
    let directory = tempfile::tempdir().expect("a directory");
    let head = "suite: own\ncases:\n- { id: own/a, title: t, ";
    let cases = [
        ("suite: own\ncases:\n- id: own/a\n  title: [unclosed\n".to_owned(), "4:", "expected string"),
        (
            format!("{head}clauses: [api/status/ok], expect: must-accept, frob: 1 }}\n"),
            "3:",
            "expected one of id, title",
        ),
        (format!("{head}clauses: [api/status/okay], expect: must-accept }}\n"), "3:", "did you mean `api/status/ok`?"),
        (
            format!("{head}clauses: [api/status/ok], mutate: {{ rp-id-hsh: x }}, expect: must-reject }}\n"),
            "3:",
            "did you mean `rp-id-hash`?",
        ),
        (
            format!("{head}clauses: [api/status/ok], expect: perhaps }}\n"),
            "3:",
            "write one of must-accept, must-reject",
        ),
        (format!("{head}clauses: [api/status/ok], flows: [v3/*], expect: setup }}\n"), "3:", "write v1/*, v2/*"),
        (String::new(), "1:1", "end of input"),
        ("suite: own\ncases: []\n".to_owned(), "", "no case under `cases`"),
        (
            "suite: enrolment\ncases:\n- { id: enrolment/good, title: t, clauses: [api/status/ok], expect: setup }\n"
                .to_owned(),
            "",
            "give this one another id",
        ),
    ];
    for (suite, place, fix) in cases {
        let output = run_suite(directory.path(), &suite).exits(3);
        output.says(&[&format!("own.yaml:{place}"), fix]);
    }
    proofmark(&["run", "--suite", "missing.yaml"]).exits(3).says(&["missing.yaml", "No such file"]);
}

#[test]
fn an_own_suite_is_run() {
    let directory = tempfile::tempdir().expect("a directory");
    let suite = "suite: own\ncases:\n- { id: own/a, title: t, clauses: [webauthn/7.1/origin], flows: [v2/u2f], \
                 mutate: { origin: https://other.example }, expect: must-reject }\n";
    let output = run_suite(directory.path(), suite).exits(0);
    assert!(!output.out.contains("pass      "), "passes are shown with -v: {}", output.out);
    let path = text(&directory.path().join("own.yaml"));
    let output = proofmark(&["run", "own/**", "--suite", &path, "--seed", "1", "-v"]).exits(0);
    for line in ["pass      v2/u2f/rest/own/a", "pass      v2/u2f/all/own/a", "(seed 1)", "4 pass", "partial"] {
        assert!(output.out.contains(line), "{line}: {}", output.out);
    }
}
