use super::*;

#[test]
fn records_are_compared_by_verdict_reason_and_observation() {
    let id = "v2/u2f/rest/s/c";
    let (good, bad) = (|| pass(id), || fail(id));
    let of = |reason, observed: &str| record(id, reason, observed);
    type Row = (Option<CaseRecord>, Option<CaseRecord>, Option<Kind>, bool);
    let table: [Row; 14] = [
        (Some(good()), Some(good()), None, false),
        (Some(bad()), Some(bad()), None, false),
        (Some(good()), Some(bad()), Some(Kind::NewlyFailing), true),
        (Some(of(Reason::NotDeclared, "")), Some(of(Reason::Setup, "")), Some(Kind::NewlyFailing), true),
        (Some(of(Reason::DocVsServer, "")), Some(bad()), Some(Kind::NewlyFailing), true),
        (Some(bad()), Some(good()), Some(Kind::Fixed), false),
        (Some(bad()), Some(of(Reason::NotDeclared, "")), Some(Kind::Fixed), false),
        (Some(bad()), Some(of(Reason::AcceptedInvalid, "twice")), Some(Kind::Changed), true),
        (Some(bad()), Some(of(Reason::DocVsServer, "")), Some(Kind::Changed), true),
        (Some(good()), Some(of(Reason::Met, "refused with code 9")), Some(Kind::Changed), false),
        (Some(bad()), None, Some(Kind::OnlyBefore), false),
        (None, Some(good()), Some(Kind::OnlyAfter), false),
        (None, Some(bad()), Some(Kind::OnlyAfter), true),
        (None, None, None, false),
    ];
    for (before, after, kind, worse) in table {
        let (before, after) = (run(before.into_iter().collect()), run(after.into_iter().collect()));
        let diff = Diff::new(&before, &after);
        assert_eq!(diff.changes.first().map(|change| change.kind), kind, "{:?} {:?}", before.cases, after.cases);
        assert_eq!(diff.is_worse(), worse, "{kind:?}");
        assert_eq!(kind.map_or(0, |kind| diff.of(kind).len()), diff.changes.len());
    }
}

#[test]
fn times_and_texts_of_the_target_make_no_difference() {
    let one = fail("v2/u2f/rest/s/c");
    let mut other = CaseRecord { duration_us: 9, curl: "curl".to_owned(), ..one.clone() };
    other.findings[0].received = "accepted: at another time".to_owned();
    let (one, other) = (run(vec![one]), run(vec![other]));
    assert!(Diff::new(&one, &other).changes.is_empty());
}
