//! The SARIF report against the schema of the standard, and what code scanning needs beyond it.

use proofmark::gate::Judged;
use proofmark::outcome::Verdict;
use serde_json::{Value, json};

use super::json::assert_valid;
use super::{assert_harmless, run, written};

/// SARIF 2.1.0's own schema. One of its patterns closes a bracket that is not open, which JSON Schema does not take for a regular
/// expression. It is left out; it is about a member that the report does not have.
fn schema() -> jsonschema::Validator {
    let text = include_str!("../../../fixtures/schemas/sarif-2.1.0.schema.json");
    let mut schema: Value = serde_json::from_str(text).expect("JSON");
    for object in ["run", "toolComponent"] {
        let language = &mut schema["definitions"][object]["properties"]["language"];
        assert!(language.as_object_mut().expect("an object").remove("pattern").is_some());
    }
    jsonschema::validator_for(&schema).expect("a schema")
}

fn log(run: &Judged) -> Value {
    let log = serde_json::from_str(&written("sarif", run)).expect("JSON");
    assert_valid(&schema(), &log);
    log
}

/// Fails unless it is SARIF.
#[track_caller]
pub fn assert_sarif(log: &Value) {
    assert_valid(&schema(), log);
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

#[test]
fn sarif() {
    let text = written("sarif", &run());
    assert_harmless(&text);
    insta::assert_snapshot!(text);
    assert_valid(&schema(), &serde_json::from_str(&text).expect("JSON"));
}

/// The schema that the tests hold the report to says no to something.
#[test]
fn the_schema_refuses_what_is_not_sarif() {
    let schema = schema();
    let wrong: &[fn(&mut Value)] = &[
        |log| log["version"] = json!("2.0.0"),
        |log| log["runs"][0]["results"][0]["level"] = json!("fatal"),
        |log| log["runs"][0]["results"][0]["message"] = json!({}),
        |log| log["runs"][0]["surplus"] = json!(1),
        |log| log["runs"][0]["tool"] = json!({}),
    ];
    for (index, change) in wrong.iter().enumerate() {
        let mut log = log(&run());
        change(&mut log);
        assert!(!schema.is_valid(&log), "change {index} is not refused");
    }
}

#[test]
fn fails_and_deviations_are_results_and_errors_are_not() {
    let run = run();
    let log = log(&run);
    let results = list(&log["runs"][0]["results"]);
    let concerned = |verdict| matches!(verdict, Verdict::Fail | Verdict::Deviation);
    assert_eq!(results.len(), run.run.cases.iter().filter(|case| concerned(case.verdict)).count());
    let rules = list(&log["runs"][0]["tool"]["driver"]["rules"]);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        // The suites of proofmark are not in the checkout of the user.
        assert!(result["locations"][0]["physicalLocation"].is_null(), "{result}");
        assert!(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].is_string(), "{result}");
        assert_eq!(result["level"], if result["properties"]["verdict"] == "fail" { "error" } else { "warning" });
        assert_eq!(result["suppressions"], json!([]), "nothing is known");
    }
    let invocation = &log["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = invocation["toolExecutionNotifications"][0]["message"]["text"].as_str().expect("text");
    assert!(notification.contains("No verdict (setup) on webauthn/7.1/accept in 1 test, such as"));
}

#[test]
fn a_clean_run_has_no_results() {
    let mut run = run();
    run.run.cases.retain(|case| case.verdict == Verdict::Pass);
    let log = log(&run);
    assert_eq!((&log["runs"][0]["results"], &log["runs"][0]["tool"]["driver"]["rules"]), (&json!([]), &json!([])));
    assert_eq!(log["runs"][0]["invocations"][0]["executionSuccessful"], true);
    run.run.finished = None;
    assert_eq!(self::log(&run)["runs"][0]["invocations"][0]["executionSuccessful"], false, "it died");
}

/// Alerts are told apart by these: equal for the same finding in another run, different for each result.
#[test]
fn fingerprints_depend_on_the_finding_alone() {
    let prints = |run: &Judged| -> Vec<Value> {
        list(&log(run)["runs"][0]["results"]).iter().map(|result| result["partialFingerprints"].clone()).collect()
    };
    let first = prints(&run());
    let mut other = run();
    (other.run.started.seed, other.run.started.target) = (8, "another".to_owned());
    for case in &mut other.run.cases {
        case.duration_us += 1;
        case.findings[0].received.push_str(", said at another time");
        case.curl.clear();
    }
    assert_eq!(prints(&other), first);
    let distinct: std::collections::BTreeSet<String> = first.iter().map(Value::to_string).collect();
    assert_eq!(distinct.len(), first.len());
}

#[test]
fn brackets_of_the_target_make_no_links_and_long_texts_are_cut() {
    let mut run = run();
    for case in &mut run.run.cases {
        case.findings[0].received = format!("[here](http://evil.example) {}", "x".repeat(100_000));
    }
    let log = log(&run);
    for result in list(&log["runs"][0]["results"]) {
        let text = result["message"]["text"].as_str().expect("text");
        assert!(text.contains(r"\[here\](http://evil.example) xx") && text.len() < 4_000, "{text}");
    }
}
