use super::*;

/// `unconcerned`, `new`, or a letter and the line of the entry.
fn standing(judged: &Judged, record: &CaseRecord) -> String {
    match judged.standing(record) {
        Standing::Unconcerned => "unconcerned".to_owned(),
        Standing::New => "new".to_owned(),
        Standing::Known(entry) => format!("known {}", entry.line),
        Standing::Changed(entry) => format!("changed {}", entry.line),
        Standing::Expired(entry) => format!("expired {}", entry.line),
    }
}

fn problems(judged: &Judged) -> Vec<String> {
    judged.problems().map(|(entry, problem)| format!("{}: {problem:?}", entry.line)).collect()
}

#[test]
fn a_record_stands_to_the_entry_that_fits() {
    let (rest, grpc) = ("v2/u2f/rest/s/c", "v2/u2f/grpc/s/c");
    let other = |reason, observed: &str| record(rest, reason, observed);
    let case = entry("case = \"s/c\"");
    let wrong = case.replace("accepted-invalid", "crash");
    let table: [(&str, CaseRecord, &str); 16] = [
        (&case, fail(rest), "known 1"),
        (&case, pass(rest), "unconcerned"),
        (&case, other(Reason::NotDeclared, ""), "unconcerned"),
        (&case, other(Reason::Setup, ""), "unconcerned"),
        (&case, other(Reason::AcceptedInvalid, "accepted twice"), "changed 1"),
        (&case, other(Reason::Crash, "accepted"), "changed 1"),
        (&case, other(Reason::DocVsServer, "accepted"), "changed 1"),
        (&case, fail("v2/u2f/rest/s/d"), "new"),
        (&entry("case = \"s\"\nprotocol = [\"grpc\", \"rest\"]"), fail(rest), "known 1"),
        (&entry("case = \"s\"\nprotocol = \"rest\""), fail(grpc), "new"),
        (&entry("case = \"v2/*/grpc\"\nflow = \"v2/u2f\""), fail(grpc), "known 1"),
        (&entry("case = \"s/c\"\nflow = \"v2/passkey\""), fail(grpc), "new"),
        (&format!("{wrong}{case}"), fail(rest), "known 7"),
        (&format!("{case}{case}"), fail(rest), "known 1"),
        (&entry("case = \"s/c\"\nexpires = 2026-11-24"), fail(rest), "known 1"),
        (&entry("case = \"s/c\"\nexpires = 2026-11-23"), fail(rest), "expired 1"),
    ];
    for (known, record, expected) in table {
        let judged = judged(vec![record.clone()], known);
        assert_eq!(standing(&judged, &record), expected, "{known} {}", record.id);
        assert_eq!(judged.run.cases[0], record, "no verdict is changed");
    }
    let any = case.replace("observed = \"accepted\"\n", "");
    let judged = judged(vec![], &any);
    assert_eq!(standing(&judged, &other(Reason::AcceptedInvalid, "whatever")), "known 1", "any observation");
}

#[test]
fn axes_of_the_case_are_in_the_id() {
    let ids = ["v2/u2f/rest/s/c/verify/tpm", "v2/u2f/rest/s/c/remove/none/17"];
    let means = |line: &str| {
        let judged = judged(vec![], &entry(&format!("case = \"s/c\"\n{line}")));
        ids.map(|id| standing(&judged, &fail(id)) != "new")
    };
    assert_eq!(means("operation = \"verify\""), [true, false]);
    assert_eq!(means("format = [\"tpm\", \"none\"]"), [true, true]);
    assert_eq!(means("format = \"tpm\"\noperation = \"remove\""), [false, false]);
}

#[test]
fn comparisons_have_entries_of_their_own() {
    let compared = record("v2/u2f/all/s/c", Reason::TransportsDisagree, "");
    let own = "[[known]]\ncase = \"s/c\"\nverdict = \"fail\"\nreason = \"transports-disagree\"\nwhy = \"w\"\n";
    assert_eq!(standing(&judged(vec![], &entry("case = \"s/c\"")), &compared), "new");
    assert_eq!(standing(&judged(vec![], own), &compared), "known 1");
    assert_eq!(standing(&judged(vec![], own), &fail("v2/u2f/rest/s/c")), "new");
    let passes = vec![pass("v2/u2f/rest/s/c"), compared];
    assert_eq!(judged(passes, own).gate(), Gate::Green, "the passes of tests are not its matter");
}

#[test]
fn entries_are_told_when_they_do_not_hold() {
    let all = ["v2/u2f/rest/s/c", "v2/u2f/grpc/s/c"];
    let case = entry("case = \"s/c\"");
    let skip = record(all[0], Reason::NotDeclared, "");
    let table: [(Vec<CaseRecord>, &str, &[&str]); 9] = [
        (vec![fail(all[0]), fail(all[1])], &case, &[]),
        (vec![pass(all[0]), pass(all[1])], &case, &["1: Stale(Passes)"]),
        (vec![fail(all[0]), pass(all[1])], &case, &["1: TooWide([\"v2/u2f/grpc/s/c\"])"]),
        (vec![skip, record(all[1], Reason::Setup, "")], &case, &[]),
        (vec![fail(all[0])], &entry("case = \"s/typo\""), &["1: Stale(MeetsNothing)"]),
        (vec![fail(all[0])], &format!("{case}{case}"), &["7: Stale(Elsewhere)"]),
        (vec![record(all[0], Reason::Crash, "")], &case, &["1: Changed([\"v2/u2f/rest/s/c\"])"]),
        (vec![fail(all[0])], &entry("case = \"s/c\"\nexpires = 2020-01-01"), &["1: Expired([\"v2/u2f/rest/s/c\"])"]),
        (vec![pass(all[0])], &entry("case = \"s/c\"\nexpires = 2020-01-01"), &["1: Stale(Passes)"]),
    ];
    for (records, known, expected) in table {
        assert_eq!(problems(&judged(records, known)), expected, "{known}");
    }
}

#[test]
fn nothing_is_stale_that_was_not_looked_at() {
    let elsewhere = entry("case = \"t/other\"");
    let stale = ["1: Stale(MeetsNothing)"];
    let whole = run(vec![pass("v2/u2f/rest/s/c")]);
    assert_eq!(problems(&judged_run(whole.clone(), &elsewhere)), stale);
    let mut selected = whole.clone();
    selected.started.available = 9;
    assert_eq!(problems(&judged_run(selected, &elsewhere)), [""; 0], "other cases were selected");
    let mut interrupted = whole;
    let sent_again = SentAgain::default();
    interrupted.finished =
        Some(RunFinished { interrupted: true, duration_ms: 1, ended: None, stopped: None, sent_again });
    assert_eq!(problems(&judged_run(interrupted, &elsewhere)), [""; 0], "the run was interrupted");
    let drawn = vec![pass("v2/u2f/rest/s/c/none/17"), pass("v2/u2f/grpc/s/d")];
    for (line, expected) in [
        ("case = \"v2/passkey/rest/s/c\"", &[][..]),
        ("case = \"s/c\"\nflow = \"v1/u2f\"", &[]),
        ("case = \"*/*/*/s/c/none/18\"", &[]),
        ("case = \"v1/u2f/rest/s/c/none/18\"", &[]),
        ("case = \"s/c\"\nprotocol = \"grpc\"", &stale),
        ("case = \"*/*/*/s/c/tpm/18\"", &stale),
        ("case = \"*/*/*/s/d/18\"", &stale),
    ] {
        assert_eq!(problems(&judged(drawn.clone(), &entry(line))), expected, "{line}: seeds draw flows and lengths");
    }
}

#[test]
fn the_gravest_makes_the_gate() {
    let (id, case) = ("v2/u2f/rest/s/c", entry("case = \"s/c\""));
    let deviation = || record("v2/u2f/rest/s/d", Reason::DocVsServer, "accepted");
    let error = || record("v2/u2f/rest/s/e", Reason::Setup, "");
    let new = || fail("v2/u2f/rest/s/f");
    let table = [
        (vec![fail(id)], Gate::Green, "the gate is green: 1 known"),
        (vec![fail(id), deviation()], Gate::Green, "the gate is green: 1 known"),
        (vec![fail(id), new()], Gate::Red, "the gate is red: 1 new, 1 known"),
        (vec![fail(id), error()], Gate::Incomplete, "the gate is not green: 1 without a verdict, 1 known"),
        (vec![pass(id)], Gate::Broken, "the gate is not green: 1 entry needs a look, 0 known"),
        (vec![record(id, Reason::Crash, "")], Gate::Broken, "the gate is not green: 1 entry needs a look, 0 known"),
        (
            vec![pass(id), error()],
            Gate::Incomplete,
            "the gate is not green: 1 without a verdict, 1 entry needs a look, 0 known",
        ),
        (
            vec![pass(id), error(), new()],
            Gate::Red,
            "the gate is red: 1 new, 1 without a verdict, 1 entry needs a look, 0 known",
        ),
    ];
    for (records, gate, words) in table {
        let judged = judged(records, &case);
        assert_eq!((judged.gate(), judged.gate_words().as_deref()), (gate, Some(words)));
    }
    let denied = |records| {
        let rules = Rules { deny_deviation: true, ..judged(vec![], &case).rules };
        Judged::by(run(records), rules).gate()
    };
    assert_eq!(denied(vec![fail(id), deviation()]), Gate::Red);
    assert_eq!(denied(vec![fail(id)]), Gate::Green);
    let flaky = || CaseRecord { flaky: true, ..pass(id) };
    assert_eq!(Judged::new(run(vec![flaky()])).gate(), Gate::Green, "told, and no more");
    let denied = Judged::by(run(vec![flaky(), pass(id)]), Rules { deny_flaky: true, ..Rules::default() });
    assert_eq!((denied.gate(), denied.flaky_ones(), denied.new_ones()), (Gate::Red, 1, 0));
    let nothing_known = Judged::new(run(vec![fail(id)]));
    assert_eq!((nothing_known.gate(), nothing_known.gate_words()), (Gate::Red, None));
}

#[test]
fn an_observation_is_stable_and_plain() {
    let mut found = fail("v2/u2f/rest/s/c");
    assert_eq!(observation(&found), "accepted");
    let finding = |received: &str| {
        Finding::new("details-shape", "api/shape/details", Reason::WrongShape, "sequence: digits", received)
    };
    found.findings = vec![finding("12 at 10:03")];
    let first = observation(&found);
    assert_eq!(first, "details-shape: expected sequence: digits");
    found.findings = vec![finding("13 at 10:04")];
    assert_eq!(observation(&found), first, "what the target wrote is not a part of it");
    let compared = record("v2/u2f/all/s/c", Reason::TransportsDisagree, "grpc: accepted; rest: refused with code 3");
    assert_eq!(observation(&compared), "grpc: accepted; rest: refused with code 3");
    let hostile = record("v2/u2f/rest/s/c", Reason::AcceptedInvalid, &"\u{1b}\u{202e}\n\"ü".repeat(200));
    let text = observation(&hostile);
    assert!(text.starts_with("\\u{1b}\\u{202e}\\u{a}\"\\u{fc}") && text.len() < 3_000, "{text}");
    assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
}
