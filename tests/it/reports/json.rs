//! The JSON report and the event stream against their published schemas.

use proofmark::outcome::{Profile, Reason, Statement};
use serde_json::{Value, json};

use super::{run, written};

/// The published schema of this name.
pub fn schema(name: &str) -> (Value, jsonschema::Validator) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("reports/schemas/{name}.schema.json"));
    let schema: Value = serde_json::from_slice(&std::fs::read(path).expect("published")).expect("JSON");
    assert!(jsonschema::meta::is_valid(&schema), "a valid schema");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    (schema, validator)
}

/// Fails with everything that the schema says.
#[track_caller]
pub fn assert_valid(validator: &jsonschema::Validator, value: &Value) {
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

fn document() -> Value {
    serde_json::from_str(&written("json", &run())).expect("JSON")
}

#[test]
fn json() {
    let text = written("json", &run());
    insta::assert_snapshot!(text);
    assert_valid(&schema("report").1, &serde_json::from_str(&text).expect("JSON"));
}

#[test]
fn what_the_target_said_is_kept_as_it_is() {
    let document = document();
    let records = document["records"].as_array().expect("a list");
    let hostile = records.iter().find(|record| record["id"] == "v2/u2f/rest/request/hostile").expect("there");
    assert_eq!(hostile["findings"][0]["received"], super::HOSTILE);
    assert_eq!(hostile["exchanges"][0]["response_body"], super::HOSTILE);
}

#[test]
fn a_run_that_died_is_valid_too() {
    let mut run = run();
    run.run.finished = None;
    run.run.started.shard = Some(proofmark::outcome::Shard { index: 1, count: 2 });
    let document: Value = serde_json::from_str(&written("json", &run)).expect("JSON");
    assert_valid(&schema("report").1, &document);
    assert_eq!((&document["run"]["ended"], &document["run"]["duration_ms"]), (&json!(false), &json!(null)));
}

#[test]
fn wrong_documents_are_refused() {
    let validator = schema("report").1;
    let wrong: &[fn(&mut Value)] = &[
        |d| d["format"] = json!(1),
        |d| d["surplus"] = json!(1),
        |d| d["statement"]["name"] = json!("fine"),
        |d| d["statement"]["colour"] = json!("red"),
        |d| drop(d["tally"].as_object_mut().expect("an object").remove("known")),
        |d| d["tally"]["pass"] = json!(-1),
        |d| d["gate"]["name"] = json!("ajar"),
        |d| d["run"]["duration_ms"] = json!("1 s"),
        |d| d["run"]["digest"] = json!("00"),
        |d| d["run"]["protocols"] = json!(["soap"]),
        |d| d["clauses"][0]["basis"] = json!("wish"),
        |d| d["causes"][0]["records"] = json!([]),
        |d| d["causes"][0]["reason"] = json!("met"),
        |d| d["records"][0]["surplus"] = json!(1),
        |d| drop(d["records"][0].as_object_mut().expect("an object").remove("standing")),
        |d| d["records"][0]["standing"] = json!("known"),
        |d| d["records"][0]["why"] = json!("because"),
        |d| d["records"][0]["verdict"] = json!("fail"),
        |d| d["records"][0]["findings"] = json!([]),
        |d| d["records"][0]["findings"][0]["clause"] = json!("No clause"),
        |d| d["records"][0]["flaky"] = json!(false),
        |d| d["records"][0]["protocol"] = json!("soap"),
        |d| d["records"][0]["duration_us"] = json!(1.5),
        |d| d["records"][0]["credential"] = json!({ "sent": "{}", "good": "{}" }),
    ];
    for (index, change) in wrong.iter().enumerate() {
        let mut document = document();
        change(&mut document);
        assert!(!validator.is_valid(&document), "change {index} is not refused");
    }
    let known = |d: &mut Value| {
        let fail = d["records"].as_array_mut().expect("a list").iter_mut().find(|r| r["verdict"] == "fail");
        let fail = fail.expect("a fail");
        (fail["standing"], fail["why"]) = (json!("known"), json!("a ticket"));
    };
    let mut document = document();
    known(&mut document);
    assert_valid(&validator, &document);
}

#[test]
fn lines_of_the_stream_are_valid_and_wrong_ones_refused() {
    let validator = schema("events").1;
    let lines: Vec<Value> =
        written("ndjson", &run()).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    lines.iter().for_each(|line| assert_valid(&validator, line));
    let last = lines.len() - 1;
    type Change = (usize, fn(&mut Value));
    let wrong: &[Change] = &[
        (0, |e| e["format"] = json!(1)),
        (0, |e| e["event"] = json!("run-finished")),
        (0, |e| e["shard"] = json!({ "index": 0, "count": 2 })),
        (0, |e| e["seed"] = json!("7")),
        (1, |e| e["reason"] = json!("leak")),
        (1, |e| e["standing"] = json!("new")),
        (1, |e| e["exchanges"] = json!([{}])),
        (last, |e| e["interrupted"] = json!(null)),
        (last, |e| e["surplus"] = json!(1)),
    ];
    for (line, change) in wrong {
        let mut event = lines[*line].clone();
        change(&mut event);
        assert!(!validator.is_valid(&event), "{event}");
    }
}

/// Both schemas describe a record in the same words, and know every reason and statement.
#[test]
fn the_schemas_agree_with_each_other_and_with_the_code() {
    let (events, report) = (schema("events").0, schema("report").0);
    for name in
        ["record", "outcome", "finding", "reason", "exchange", "evidence", "pair", "credential", "clauseId", "shard"]
    {
        assert_eq!(events["$defs"][name], report["$defs"][name], "{name}");
        assert!(events["$defs"][name].is_object(), "{name}");
    }
    // serde's own words name every variant.
    let error = serde_json::from_value::<Reason>(json!("no-such")).expect_err("no reason").to_string();
    let known: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert!(known.len() > 25, "{error}");
    let texts = |value: &Value| -> Vec<String> {
        value.as_array().expect("a list").iter().map(|text| text.as_str().expect("text").to_owned()).collect()
    };
    let mut listed = texts(&report["$defs"]["reason"]["enum"]);
    let mut grouped = Vec::new();
    let outcomes = report["$defs"]["outcome"]["oneOf"].as_array().expect("a list");
    let named = |verdict: &'static str| {
        let of = outcomes.iter().filter(move |outcome| outcome["properties"]["verdict"]["const"] == verdict);
        of.flat_map(|outcome| texts(&outcome["properties"]["reason"]["enum"]))
    };
    for outcome in report["$defs"]["outcome"]["oneOf"].as_array().expect("a list") {
        for reason in texts(&outcome["properties"]["reason"]["enum"]) {
            let parsed: Reason = serde_json::from_value(json!(reason)).expect("a reason");
            let verdict = &outcome["properties"]["verdict"]["const"];
            assert!(Profile::ALL.iter().any(|profile| *verdict == *parsed.verdict(*profile).name()), "{reason}");
            for profile in Profile::ALL {
                let name = parsed.verdict(profile).name();
                assert!(named(name).any(|listed| listed == reason), "{reason} comes to {name}");
            }
            grouped.push(reason);
        }
    }
    let mut known: Vec<String> = known.into_iter().map(str::to_owned).collect();
    [&mut listed, &mut grouped, &mut known].into_iter().for_each(|list| list.sort());
    // What the profile decides on is listed with each of its verdicts.
    grouped.dedup();
    assert_eq!((&listed, &grouped), (&known, &known));
    use Statement::{Conformant, Inconclusive, NonConformant, NothingFound, Partial, WithDeviations};
    let statements = [Conformant, NothingFound, WithDeviations, Partial, NonConformant, Inconclusive];
    assert_eq!(
        texts(&report["properties"]["statement"]["properties"]["name"]["enum"]),
        statements.map(Statement::name)
    );
}
