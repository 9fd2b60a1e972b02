use super::*;

fn suggested(records: Vec<CaseRecord>) -> Vec<Suggestion> {
    suggest(&Judged::new(run(records)))
}

/// Patterns, flows and protocols of each.
fn shapes(records: Vec<CaseRecord>) -> Vec<(Vec<String>, Vec<String>, Vec<String>)> {
    let shape = |suggestion: Suggestion| {
        let KnownDeviation { patterns, axes, .. } = suggestion.entry;
        (patterns.iter().map(|pattern| pattern.text().to_owned()).collect(), axes.flows, axes.protocols)
    };
    suggested(records).into_iter().map(shape).collect()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// What is written, with every `why` filled in.
fn filled(records: Vec<CaseRecord>) -> String {
    append("", &suggested(records)).replace("why = \"\"", "why = \"w\"")
}

#[test]
fn an_entry_is_as_wide_as_what_fails_alike() {
    // What fails and what passes; patterns, flows and protocols.
    type Row<'a> = [&'a [&'a str]; 5];
    let table: [Row<'_>; 8] = [
        [&["v2/u2f/rest/s/c", "v2/u2f/grpc/s/c"], &["v2/u2f/rest/s/d"], &["s/c"], &[], &[]],
        [&["v2/u2f/rest/s/c"], &["v2/u2f/grpc/s/c"], &["s/c"], &[], &["rest"]],
        [&["v2/u2f/rest/s/c", "v2/u2f/grpc/s/c"], &["v1/u2f/rest/s/c"], &["s/c"], &["v2/u2f"], &[]],
        [&["v2/u2f/rest/s/c/tpm"], &["v2/u2f/rest/s/c/none"], &["*/*/*/s/c/tpm"], &[], &[]],
        [&["v2/u2f/rest/s/c-1", "v2/u2f/rest/s/c-2"], &["v2/u2f/rest/s/d"], &["s/c-*"], &[], &[]],
        [&["v2/u2f/rest/s/c-1", "v2/u2f/rest/s/c-2"], &["v2/u2f/rest/s/c-3"], &["s/c-1", "s/c-2"], &[], &[]],
        [&["v2/u2f/rest/s/c", "v2/u2f/rest/s/d"], &["v2/u2f/rest/t/c"], &["s"], &[], &[]],
        [&["v2/u2f/rest/s/c", "v2/u2f/rest/t/d"], &[], &["**"], &[], &[]],
    ];
    for [failing, passing, patterns, flows, protocols] in table {
        let records = failing.iter().map(|id| fail(id)).chain(passing.iter().map(|id| pass(id))).collect();
        assert_eq!(shapes(records), [(texts(patterns), texts(flows), texts(protocols))], "{failing:?}");
    }
}

#[test]
fn a_run_that_left_cases_out_names_each_case() {
    let mut selected = run(vec![fail("v2/u2f/rest/s/c-1"), fail("v2/u2f/rest/s/c-2")]);
    selected.started.available = 3;
    let found = suggest(&Judged::new(selected));
    let patterns = found[0].entry.patterns.iter().map(|pattern| pattern.text());
    assert_eq!((patterns.collect::<Vec<_>>(), found.len()), (vec!["s/c-1", "s/c-2"], 1));
}

#[test]
fn one_cause_is_one_entry_and_fails_come_first() {
    let deviation = record("v2/u2f/rest/s/a", Reason::DocVsServer, "accepted");
    let crash = record("v2/u2f/rest/s/b", Reason::Crash, "");
    let good = [pass("v2/u2f/rest/s/e"), record("v2/u2f/rest/s/f", Reason::Setup, "")];
    let records = [deviation, crash, fail("v2/u2f/rest/s/c"), fail("v2/u2f/rest/s/d")];
    let found = suggested(records.into_iter().chain(good).collect());
    let reasons: Vec<_> = found.iter().map(|one| (one.entry.reason, one.records.len())).collect();
    assert_eq!(reasons, [(Reason::AcceptedInvalid, 2), (Reason::Crash, 1), (Reason::DocVsServer, 1)]);
}

#[test]
fn what_changed_is_suggested_anew() {
    let judged =
        judged(vec![record("v2/u2f/rest/s/c", Reason::Crash, ""), fail("v2/u2f/rest/s/d")], &entry("case = \"s\""));
    let found = suggest(&judged);
    assert_eq!(found.iter().map(|one| one.entry.reason).collect::<Vec<_>>(), [Reason::Crash]);
}

#[test]
fn a_suggestion_has_to_be_filled_in() {
    let text = append("# ours\n", &suggested(vec![fail("v2/u2f/rest/s/c"), pass("v2/u2f/rest/s/d")]));
    insta::assert_snapshot!(text);
    let error = Known::parse("known.toml", &text).expect_err("`why` is empty");
    assert_eq!(error.to_string(), "known.toml:9:7: `why` is empty; write why this is accepted for now\n  | why = \"\"");
}

/// Whatever fails, its suggestions excuse exactly that: nothing is new, and no entry is too wide or left over.
#[test]
fn suggestions_excuse_exactly_what_failed() {
    let mut ids = Vec::new();
    for flow in ["v1/u2f", "v2/passkey"] {
        for protocol in ["rest", "grpc", "all"] {
            for case in ["s/a-1", "s/a-2", "s/b"] {
                let tails = ["verify/tpm", "verify/none", "remove/tpm"];
                ids.extend(tails.map(|tail| format!("{flow}/{protocol}/{case}/{tail}")));
            }
            ids.extend(["t/a-1", "t/a-2"].map(|case| format!("{flow}/{protocol}/{case}")));
        }
    }
    let mut state = 7_u64;
    let mut drawn = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    for round in 0..150 {
        let share = drawn(9);
        let mut make = |id: &String| {
            let compares = id.contains("/all/");
            match drawn(9) {
                chance if chance > share => pass(id),
                8 if !compares => record(id, Reason::Crash, "unreadable"),
                _ if compares => record(id, Reason::TransportsDisagree, "grpc: accepted; rest: unreadable"),
                _ => fail(id),
            }
        };
        let records: Vec<CaseRecord> = ids.iter().map(&mut make).collect();
        let failed = records.iter().filter(|record| record.verdict == Verdict::Fail).count();
        let known = filled(records.clone());
        let judged = judged(records, &known);
        let problems: Vec<_> = judged.problems().collect();
        assert_eq!((judged.gate(), judged.known_ones()), (Gate::Green, failed), "round {round}: {problems:?}\n{known}");
    }
}

#[test]
fn hostile_text_stays_in_its_place() {
    let hostile = "x\"\n[[known]]\ncase = \"**\" # \u{1b}[2J\u{202e}'''";
    let mut bad = record("v2/u2f/rest/s/c", Reason::AcceptedInvalid, hostile);
    bad.id = format!("v2/u2f/rest/s/c/{hostile}");
    bad.findings[0].clause = hostile.to_owned();
    let records = vec![bad, pass("v2/u2f/rest/s/d")];
    let text = filled(records.clone());
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    let judged = judged(records, &text);
    assert_eq!(judged.entries().count(), 1, "{text}");
    assert_eq!(judged.gate(), Gate::Green, "{text}");
}
