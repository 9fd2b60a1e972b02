//! Known deviations in the reports: what is excused, and what needs a look.

use jiff::civil::date;
use proofmark::gate::{Judged, Known, Rules};
use proofmark::report;
use serde_json::{Value, json};

use super::json::{assert_valid, schema};
use super::{assert_harmless, run, written};

/// One entry excuses two fails, one has expired, one says that something else was seen, and one meets nothing.
const KNOWN: &str = r#"
[[known]]
case = "limits/name-201"
verdict = "fail"
reason = "accepted-invalid"
why = "soon <b>fixed</b> `@somebody` ![i](http://evil.example)"
issue = "T-7"

[[known]]
case = "client-data/type"
verdict = "deviation"
reason = "wrong-reason"
why = "was to be fixed in January"
expires = 2026-01-31

[[known]]
case = "request/hostile"
verdict = "fail"
reason = "leak"
why = "another fault"

[[known]]
case = "limits/name-202"
verdict = "fail"
reason = "accepted-invalid"
why = "gone"
"#;

fn judged() -> Judged {
    let known = Known::parse("known.toml", KNOWN).expect("valid");
    Judged::by(
        run().run,
        Rules { known: Some(known), today: date(2026, 11, 24), deny_deviation: false, deny_flaky: false },
    )
}

#[test]
fn json_says_how_each_record_stands() {
    let document: Value = serde_json::from_str(&written("json", &judged())).expect("JSON");
    assert_valid(&schema("report").1, &document);
    let standing = |id: &str| {
        let records = document["records"].as_array().expect("a list");
        let record = records.iter().find(|record| record["id"] == id).expect("there");
        (record["standing"].clone(), record["why"].clone())
    };
    let excused = "soon <b>fixed</b> `@somebody` ![i](http://evil.example) (T-7)";
    assert_eq!(standing("v1/u2f/rest/limits/name-201"), (json!("known"), json!(excused)));
    let (expired, why) = standing("v2/u2f/rest/client-data/type");
    assert_eq!((expired, why), (json!("expired"), json!("was to be fixed in January (expires 2026-01-31)")));
    assert_eq!(standing("v2/u2f/rest/request/hostile"), (json!("changed"), json!("another fault")));
    assert_eq!(standing("v2/u2f/grpc/enrolment/accepted"), (json!("unconcerned"), Value::Null));
    assert_eq!((&document["tally"]["known"], &document["tally"]["new"]), (&json!(2), &json!(0)));
    assert_eq!(document["gate"]["name"], "incomplete", "there is an error too");
    assert_eq!(document["gate"]["problems"].as_array().map(Vec::len), Some(3));
    let caused = document["causes"].to_string();
    assert!(!caused.contains("limits/name-201") && caused.contains("request/hostile"), "{caused}");
}

#[test]
fn sarif_suppresses_what_is_known() {
    let log: Value = serde_json::from_str(&written("sarif", &judged())).expect("JSON");
    super::sarif::assert_sarif(&log);
    let results = log["runs"][0]["results"].as_array().expect("a list");
    let suppressed = results.iter().filter(|result| result["suppressions"] != json!([]));
    let suppressed: Vec<&Value> = suppressed.collect();
    assert_eq!(suppressed.len(), 2);
    for result in suppressed {
        assert_eq!(result["properties"]["case"], "limits/name-201");
        let suppression = &result["suppressions"][0];
        assert_eq!((&suppression["kind"], &suppression["status"]), (&json!("external"), &json!("accepted")));
        assert!(suppression["justification"].as_str().expect("text").ends_with("(T-7)"));
    }
}

#[test]
fn markdown_folds_what_is_known_and_shows_what_needs_a_look() {
    let text = written("markdown", &judged());
    assert_harmless(&text);
    super::markdown::codes(&text);
    let (before, folded) = text.split_once("<details><summary>2 known deviations</summary>").expect("folded up");
    assert!(folded.contains("- fail `v1/u2f/rest/limits/name-201`: ``soon <b>fixed</b>"), "{folded}");
    assert!(!before.contains("limits/name-201`"), "{before}");
    let problems = before.split_once("### known deviations that need a look").expect("a list").1;
    for word in ["`CHANGED known.toml:", "`EXPIRED known.toml:", "`STALE known.toml:"] {
        assert!(problems.contains(word), "{word}: {problems}");
    }
    assert!(before.contains("| fail | 3 | 2 |"), "{before}");
    assert!(before.contains("With the known deviations, the gate is not green"), "{before}");
}

#[test]
fn annotations_leave_out_what_is_known_and_tell_what_needs_a_look() {
    let text = report::annotations(&judged());
    assert_harmless(&text);
    assert!(!text.contains("limits/name-201 ") && text.contains("request/hostile"), "{text}");
    assert_eq!(text.matches("::error title=known deviations::").count(), 3, "{text}");
    assert!(text.contains("::error title=known deviations::STALE known.toml:"), "{text}");
}
