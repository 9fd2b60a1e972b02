//! From a failing run to a green gate and back.

use super::Place;

/// Cases that fail with the defect, a good one, and one that the defect leaves alone.
const CASES: &str =
    "enrolment/good client-data/origin-other-site client-data/origin-suffix-lookalike client-data/type-get";
const DEFECT: &str = "--defect verification-skips-origin";

fn run(place: &Place, words: &str, code: i32) -> String {
    let out = place.proofmark(&format!("run {CASES} --seed 3 {words}")).exits(code).out;
    // Without the breaks at the width.
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A place with the events of a failing run, and the suggestions for it, filled in.
fn excused() -> Place {
    let place = Place::new();
    run(&place, &format!("{DEFECT} --report ndjson=events.ndjson"), 1);
    place.proofmark("known suggest --from events.ndjson --known known.toml --write").exits(0);
    let filled =
        place.read("known.toml").replace("why = \"\"", "why = \"until 3.0\"\nissue = \"I-7\"\nexpires = 2999-12-31");
    place.write("known.toml", &format!("# ours, not theirs\n\n{filled}"));
    place
}

#[test]
fn what_is_suggested_excuses_the_same_run() {
    let place = excused();
    let printed = place.proofmark("known suggest --from events.ndjson").exits(0);
    insta::assert_snapshot!(printed.out);
    assert!(printed.err.contains("1 entry for 24 fails and deviations; fill in `why`"), "{}", printed.err);
    let out = run(&place, &format!("{DEFECT} --known known.toml --report junit=report.xml"), 0);
    assert!(out.contains("NON-CONFORMANT; the gate is green: 24 known"), "{out}");
    assert!(out.contains("KNOWN 24 records, excused by 1 entry") && !out.contains("FAIL"), "{out}");
    assert!(out.contains("until 3.0 (I-7, expires 2999-12-31)"), "{out}");
    let junit = place.read("report.xml");
    assert_eq!(junit.matches("<skipped message=\"known: until 3.0 (I-7, expires 2999-12-31)\"").count(), 24);
    assert!(!junit.contains("<failure"), "{junit}");
    let again = place.proofmark("judge events.ndjson --known known.toml").exits(0);
    assert!(again.out.contains("the gate is green: 24 known"), "a recorded run is held to it too: {}", again.out);
    let nothing = place.proofmark("known suggest --from events.ndjson --known known.toml").exits(0);
    assert_eq!((nothing.out.as_str(), nothing.err.as_str()), ("", "there are no new fails or deviations to excuse\n"));
    let lines = place
        .proofmark(&format!("run v2/u2f/rest/{} {DEFECT} --seed 3 -v --known known.toml", &CASES[15..44]))
        .exits(0);
    assert!(lines.out.starts_with("fail      v2/u2f/rest/client-data/origin-other-site"), "{}", lines.out);
    assert!(lines.out.lines().next().is_some_and(|line| line.ends_with("accepted: 200  (known)")), "{}", lines.out);
}

#[test]
fn an_unfilled_suggestion_is_refused() {
    let place = excused();
    place.proofmark("known suggest --from events.ndjson --known new.toml --write").exits(0);
    let refused = place.proofmark("run enrolment/good --known new.toml").exits(3);
    refused.says(&["new.toml:", "`why` is empty; write why this is accepted for now"]);
    place.proofmark("known suggest --from events.ndjson --known new.toml").exits(3).says(&["`why` is empty"]);
}

#[test]
fn a_fixed_defect_makes_entries_stale_until_they_are_pruned() {
    let place = excused();
    let before = place.read("known.toml");
    let out = run(&place, "--known known.toml --report ndjson=fixed.ndjson --report junit=report.xml", 7);
    assert!(
        out.contains(
            "STALE known.toml:4 client-data/origin-other-site, ...: all records that it matches pass; remove it"
        ),
        "{out}"
    );
    assert!(out.contains("partial: not everything ran; the gate is not green: 1 entry needs a look, 0 known"), "{out}");
    assert_eq!(place.read("report.xml").matches("<failure").count(), 1, "the entry");
    let shown = place.proofmark("known prune --from fixed.ndjson --known known.toml").exits(0);
    assert!(shown.out.contains("-[[known]]") && shown.out.starts_with("--- known.toml"), "{}", shown.out);
    assert_eq!(place.read("known.toml"), before, "without --write nothing is written");
    let told = place.proofmark("known prune --from fixed.ndjson --known known.toml --write").exits(0);
    assert_eq!((told.out.as_str(), told.err.as_str()), ("", "known.toml: 1 stale, removed (line 4)\n"));
    assert_eq!(place.read("known.toml"), "# ours, not theirs\n\n");
    run(&place, "--known known.toml", 0);
    let nothing = place.proofmark("known prune --from fixed.ndjson --known known.toml").exits(0);
    assert_eq!(nothing.err, "known.toml: nothing in it is stale in this run\n");
}

#[test]
fn another_defect_in_its_place_is_changed() {
    let place = excused();
    let words =
        "--defect shape-error-without-type --known known.toml --report ndjson=other.ndjson --report junit=report.xml";
    // The case that no entry means fails too.
    let out = run(&place, words, 1);
    assert!(out.contains("the gate is red: 4 new, 1 entry needs a look, 0 known"), "{out}");
    assert!(out.contains("FAIL wrong-shape: api/shape/error/type in 12 tests"), "explained in full: {out}");
    let changed = "CHANGED known.toml:4 client-data/origin-other-site, ...: the entry says fail (accepted-invalid): accepted, \
                   but 8 records, such as ";
    assert!(out.contains(changed) && out.contains(", came to something else; "), "{out}");
    let junit = place.read("report.xml");
    assert!(
        junit.contains("message=\"changed, it was known as fail (accepted-invalid): accepted: api/shape/error/type"),
        "{junit}"
    );
    let only = place.proofmark(
        "run client-data/origin-other-site --seed 3 -q --defect shape-error-without-type --known known.toml",
    );
    assert!(only.exits(7).out.contains("1 entry needs a look, 0 known"));
}

#[test]
fn an_entry_holds_until_its_last_day() {
    let place = excused();
    let expired = place.read("known.toml").replace("2999-12-31", "2020-02-29");
    place.write("known.toml", &expired);
    let out = run(&place, &format!("{DEFECT} --known known.toml --report junit=report.xml"), 7);
    assert!(out.contains("it was valid until 2020-02-29, and 24 records, such as "), "{out}");
    assert!(!out.contains("FAIL "), "{out}");
    assert!(
        place
            .read("report.xml")
            .contains("message=\"known, but expired: until 3.0 (I-7, expires 2020-02-29): webauthn/7.1")
    );
}
