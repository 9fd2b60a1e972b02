//! Two runs beside each other.

use super::Place;
use super::reports::{record, stream};
use proofmark::outcome::Reason;

/// A run before, and one after with every kind of change. What the target sent is hostile.
fn place() -> Place {
    let hostile = "refused with code 3 and id \u{1b}[2J\u{202e}</script>";
    let before = vec![
        record("v2/u2f/rest/s/newly", Reason::RightReason, "refused with code 3 and id ORIGIN"),
        record("v2/u2f/grpc/s/newly", Reason::Unattributed, "refused with code 3 and no id"),
        record("v2/u2f/rest/s/fixed", Reason::WrongStatus, "refused with code 5 and no id"),
        record("v2/u2f/rest/s/changed", Reason::Met, "accepted"),
        record("v2/u2f/rest/s/same", Reason::Met, "accepted"),
        record("v2/u2f/rest/s/gone", Reason::Met, "accepted"),
    ];
    let after = vec![
        record("v2/u2f/rest/s/newly", Reason::AcceptedInvalid, "accepted"),
        record("v2/u2f/grpc/s/newly", Reason::AcceptedInvalid, "accepted"),
        record("v2/u2f/rest/s/fixed", Reason::Met, "refused with code 3 and no id"),
        record("v2/u2f/rest/s/changed", Reason::Met, hostile),
        record("v2/u2f/rest/s/same", Reason::Met, "accepted"),
        record("v2/u2f/rest/s/more", Reason::Met, "accepted"),
    ];
    let place = Place::new();
    place.write("before.ndjson", &stream(1, before));
    place.write("after.ndjson", &stream(2, after));
    place
}

#[test]
fn changes_are_told_by_cause() {
    let output = place().proofmark("diff before.ndjson after.ndjson").exits(1);
    assert!(!output.out.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{:?}", output.out);
    insta::assert_snapshot!(output.out);
}

#[test]
fn a_run_that_is_no_worse_exits_with_0() {
    let place = place();
    let same = place.proofmark("diff after.ndjson after.ndjson").exits(0);
    assert!(
        same.out.ends_with("result    no worse: 0 newly-failing, 0 fixed, 0 changed, 0 only-before, 0 only-after\n")
    );
    place.write("good.ndjson", &stream(1, vec![record("v2/u2f/rest/s/fixed", Reason::Met, "accepted")]));
    let fixed = place.proofmark("diff before.ndjson good.ndjson").exits(0);
    assert!(fixed.out.contains("FIXED: 1 record\n") && fixed.out.contains("no worse"), "{}", fixed.out);
}

#[test]
fn programs_read_json() {
    let output = place().proofmark("diff before.ndjson after.ndjson --format json").exits(1);
    let diff: serde_json::Value = serde_json::from_str(&output.out).expect("JSON");
    assert_eq!((diff["worse"].as_bool(), diff["before"]["seed"].as_u64()), (Some(true), Some(1)));
    let kinds: Vec<_> =
        diff["changes"].as_array().expect("a list").iter().map(|change| change["kind"].as_str()).collect();
    let expected = ["newly-failing", "changed", "fixed", "only-before", "only-after", "newly-failing"];
    assert_eq!(kinds, expected.map(Some));
    assert_eq!(diff["changes"][3]["after"], serde_json::Value::Null);
    assert_eq!(diff["changes"][0]["after"]["reason"], "accepted-invalid");
}
