//! Which tests a run plays: patterns, clauses, what is left out, what failed before, and what holds where nothing is said.

use std::path::Path;

use serde_json::Value;

use super::{Output, Served, command, finish, proofmark, text};

/// The ids that a run would play.
fn listed(args: &[&str]) -> Vec<String> {
    let output = proofmark(&[&["run", "--list", "--seed", "7"], args].concat()).exits(0);
    output.out.lines().map(str::to_owned).collect()
}

/// A run in a directory, with these variables.
fn run_in(directory: &Path, variables: &[(&str, &str)], args: &[&str]) -> Output {
    finish(command(args).current_dir(directory).envs(variables.iter().copied()))
}

#[test]
fn a_run_lists_what_it_would_play() {
    let all = listed(&[]);
    assert!(all.len() > 4_000, "{}", all.len());
    assert!(all.iter().any(|id| id == "v2/u2f/rest/enrolment/start"), "{:?}", &all[..5]);
    let names = listed(&["limits/name-1-*"]);
    assert!(!names.is_empty() && names.iter().all(|id| id.contains("/limits/name-1-")), "{names:?}");
}

#[test]
fn a_clause_selects_the_cases_that_are_about_it() {
    let by_clause = listed(&["webauthn/7.1/origin"]);
    assert!(by_clause.iter().any(|id| id.contains("/client-data/origin-")), "{by_clause:?}");
    assert!(by_clause.iter().all(|id| !id.contains("/limits/")), "{by_clause:?}");
    assert!(listed(&["webauthn/7.1/*"]).len() > by_clause.len());
    // A suite with the name of a group of clauses stays a suite.
    assert!(listed(&["http"]).iter().all(|id| id.split('/').any(|part| part == "http")));
    proofmark(&["run", "webauthn/5.4/extensions"]).exits(4).says(&["every answer is held to it"]);
}

#[test]
fn what_is_excluded_is_not_played_and_makes_the_run_partial() {
    let (all, rest) = (listed(&["limits"]), listed(&["limits", "--exclude", "limits/name-*"]));
    assert!(rest.len() < all.len() && rest.iter().all(|id| !id.contains("/limits/name-")), "{rest:?}");
    let args = ["run", "-q", "--seed", "7", "enrolment", "--exclude", "enrolment/good"];
    proofmark(&args).exits(0).tells(&["partial"]);
    proofmark(&["run", "--exclude", "nothing/at-all"]).exits(4).says(&["`nothing/at-all` matches no test"]);
}

#[test]
fn what_failed_is_played_again_with_its_seed_and_target() {
    let directory = tempfile::tempdir().expect("a directory");
    let events = text(&directory.path().join("events.ndjson"));
    let report = format!("ndjson={events}");
    let args = ["run", "-q", "--seed", "7", "--report", &report, "limits", "--defect", "limit-token-name-201"];
    proofmark(&args).exits(1);
    let again = listed(&["--failed-from", &events]);
    assert!(!again.is_empty() && again.iter().all(|id| id.contains("/limits/name-201-")), "{again:?}");
    let report = format!("ndjson={events}.2");
    proofmark(&["run", "-q", "--failed-from", &events, "--report", &report])
        .exits(1)
        .tells(&["seed 7", "accepted-invalid"]);
    let started: Value = {
        let text = std::fs::read_to_string(format!("{events}.2")).expect("written");
        serde_json::from_str(text.lines().next().expect("a line")).expect("JSON")
    };
    assert_eq!(started["made_with"]["defects"][0], "limit-token-name-201");
    // Without the defect nothing fails any more, and then there is nothing left to play.
    proofmark(&["run", "-q", "--failed-from", &events, "--embedded", "--report", &report]).exits(0);
    proofmark(&["run", "--failed-from", &format!("{events}.2")]).exits(4).says(&["nothing failed in this run"]);
    proofmark(&["run", "--failed-from", "missing.ndjson"]).exits(3).says(&["--failed-from missing.ndjson"]);
}

#[test]
fn a_wrong_name_is_answered_with_the_nearest() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("mine.toml");
    std::fs::write(&file, "").expect("written");
    proofmark(&["run", "enrolmnt"]).exits(4).says(&["did you mean enrolment"]);
    proofmark(&["run", &text(&file)]).exits(4).says(&["it is a file: did you mean --target "]);
    proofmark(&["run", "--defect", "limit-token-name-210"]).exits(2).says(&["did you mean limit-token-name-201"]);
    proofmark(&["show", "webauthn/7.1/orign"]).exits(2).says(&["did you mean webauthn/7.1/origin"]);
}

#[test]
fn a_list_takes_patterns_and_is_json_for_programs() {
    let output = proofmark(&["list", "cases", "limits/name-*", "--format", "json"]).exits(0);
    let cases: Vec<Value> = serde_json::from_str(&output.out).expect("JSON");
    assert!(cases.len() > 10, "{}", output.out);
    for case in &cases {
        assert!(case["id"].as_str().is_some_and(|id| id.starts_with("limits/name-")), "{case}");
        assert!(case["description"].as_str().is_some_and(|text| !text.is_empty()), "{case}");
    }
    let lines = proofmark(&["list", "clauses", "webauthn/7.1/**"]).exits(0);
    assert!(lines.out.lines().all(|line| line.starts_with("webauthn/7.1/")), "{}", lines.out);
}

#[test]
fn a_target_file_of_this_directory_and_the_environment_are_used() {
    let served = Served::of(40, &[]);
    let directory = tempfile::tempdir().expect("a directory");
    let target = std::fs::read_to_string(served.target()).expect("written");
    let subjects = text(&served.path("target.subjects.json"));
    let here = target.replace("target.subjects.json", &subjects);
    let with_table =
        format!("{here}\n[run]\npatterns = [\"enrolment/start\"]\nseed = 9\njobs = 2\nexclude = [\"*/*/grpc\"]\n");
    std::fs::write(directory.path().join("target.toml"), with_table).expect("written");
    let listed = run_in(directory.path(), &[], &["run", "--list"]).exits(0);
    assert!(listed.out.lines().count() > 3, "{}", listed.out);
    assert!(listed.out.lines().all(|id| id.ends_with("/enrolment/start") && !id.contains("/grpc/")), "{}", listed.out);
    run_in(directory.path(), &[], &["run", "-q"]).exits(0).tells(&["./target.toml", "seed 9"]);
    // The environment comes before the file, and the command line before both.
    run_in(directory.path(), &[("PROOFMARK_SEED", "11")], &["run", "-q"]).exits(0).tells(&["seed 11"]);
    let both = ["run", "-q", "--seed", "12", "enrolment/start"];
    run_in(directory.path(), &[("PROOFMARK_SEED", "11")], &both).exits(0).tells(&["seed 12"]);
    run_in(directory.path(), &[], &["run", "--embedded", "enrolment/start"])
        .exits(0)
        .tells(&["the embedded reference server"]);
    let elsewhere = tempfile::tempdir().expect("a directory");
    let named = text(&directory.path().join("target.toml"));
    run_in(elsewhere.path(), &[("PROOFMARK_TARGET", &named)], &["run", "-q"]).exits(0).tells(&["seed 9"]);
    run_in(elsewhere.path(), &[("PROOFMARK_SEED", "x")], &["run"]).exits(2).says(&["PROOFMARK_SEED=x"]);
    run_in(elsewhere.path(), &[("PROOFMARK_JOBS", "5000")], &["run"]).exits(2).says(&["1 to 1024"]);
    run_in(elsewhere.path(), &[], &["check"]).exits(2).says(&["name the target file"]);
    let wrong = format!("{here}\n[run]\njob = 2\n");
    std::fs::write(directory.path().join("target.toml"), wrong).expect("written");
    run_in(directory.path(), &[], &["run"]).exits(3).tells(&["unknown field `job`"]);
}
