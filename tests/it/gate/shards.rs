//! A run in parts.

use serde_json::Value;

use super::Place;

const RUN: &str = "run enrolment client-data/origin* --defect verification-skips-origin --seed 11";

/// Events without what differs from one server to the next.
fn settled(place: &Place, name: &str) -> Vec<Value> {
    let mut events: Vec<Value> =
        place.read(name).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for event in &mut events {
        for member in [
            "duration_us",
            "duration_ms",
            "base_url",
            "exchanges",
            "curl",
            "grpcurl",
            "credential",
            "started",
            "ended",
            "made_with",
        ] {
            event.as_object_mut().expect("an object").remove(member);
        }
    }
    events
}

#[test]
fn merged_shards_are_the_whole_run() {
    let place = Place::new();
    place.proofmark(&format!("{RUN} --report ndjson=whole.ndjson")).exits(1);
    for shard in 1..=3 {
        let output = place.proofmark(&format!("{RUN} --shard {shard}/3 --report ndjson={shard}.ndjson")).exits(1);
        let out = output.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains(&format!("(shard {shard} of 3)")), "{out}");
    }
    let reports = "--report ndjson=merged.ndjson --report junit=merged.xml";
    let merged = place.proofmark(&format!("merge 3.ndjson 1.ndjson 2.ndjson {reports}")).exits(1);
    assert!(
        merged.out.contains("FAIL accepted-invalid: webauthn/7.1/origin") && !merged.out.contains("shard"),
        "{}",
        merged.out
    );
    assert!(merged.err.contains("wrote merged.ndjson") && place.read("merged.xml").contains("<testsuites"));
    let (whole, merged) = (settled(&place, "whole.ndjson"), settled(&place, "merged.ndjson"));
    assert!(whole.len() > 300, "{}", whole.len());
    assert_eq!(whole, merged);
    let records = |events: &[Value]| {
        events.iter().filter(|event| event["event"] == "pass" || event["event"] == "case-finished").count()
    };
    let parts: usize = (1..=3).map(|shard| records(&settled(&place, &format!("{shard}.ndjson")))).sum();
    assert_eq!(parts, records(&whole), "each record is in one shard");

    place.proofmark("known suggest --from merged.ndjson --known known.toml --write").exits(0);
    place.write("known.toml", &place.read("known.toml").replace("why = \"\"", "why = \"w\""));
    place.proofmark("merge 1.ndjson 2.ndjson 3.ndjson --known known.toml").exits(0);
    for shard in 1..=3 {
        let output = place.proofmark(&format!("{RUN} --shard {shard}/3 --known known.toml")).exits(0);
        assert!(output.out.contains("NON-CONFORMANT; the gate is green"), "{}", output.out);
    }
    refused(&place);
}

fn refused(place: &Place) {
    place
        .proofmark(
            &format!("{RUN} --shard hash:2/3 --exhaustive --seed 12 --report ndjson=seed.ndjson")
                .replace("--seed 11", ""),
        )
        .exits(1);
    let table = [
        ("1.ndjson 3.ndjson", "missing of 3 shards: 2"),
        ("1.ndjson 2.ndjson 3.ndjson 2.ndjson", "2.ndjson: it is shard 2 of 3, and 2.ndjson is the same shard"),
        ("1.ndjson whole.ndjson", "whole.ndjson: it is not a shard"),
        ("1.ndjson seed.ndjson 3.ndjson", "seed.ndjson: its seed is 12, and 1.ndjson has 11"),
        ("1.ndjson none.ndjson", "none.ndjson: "),
    ];
    for (files, words) in table {
        place.proofmark(&format!("merge {files}")).exits(3).says(&[words]);
    }
}

#[test]
fn an_empty_shard_is_green_and_partial() {
    let place = Place::new();
    let empty = (1..=64).find_map(|shard| {
        let output = place.proofmark(&format!("run v2/u2f/rest/enrolment/good --seed 1 -q --shard {shard}/64"));
        output.err.contains("is empty").then_some((shard, output))
    });
    let (shard, output) = empty.expect("one test is in one of 64 shards");
    let output = output.exits(0);
    assert!(
        output.err.contains(&format!("shard {shard}/64 is empty: no test of the plan belongs to it")),
        "{}",
        output.err
    );
    assert!(output.out.contains("partial: not everything ran"), "{}", output.out);
}
