//! What reports show of known deviations.

use jiff::civil::date;
use proofmark::gate::{Judged, Known, Rules};
use proofmark::outcome::{
    CaseRecord, Event, Finding, Occasion, Profile, Reason, RunFinished, RunRecord, RunStarted, SentAgain,
};
use proofmark::report::{self, EventWriter};

/// A record by its id, which is flow, protocol and case.
pub fn record(id: &str, reason: Reason, observed: &str) -> CaseRecord {
    let parts: Vec<&str> = id.split('/').collect();
    let finding = Finding::new("expectation", "webauthn/7.1/origin", reason, "refused", observed);
    let record = serde_json::json!({
        "id": id, "case": parts[3..].join("/"), "title": "a title", "flow": parts[..2].join("/"), "protocol": parts[2],
        "clauses": ["webauthn/7.1/origin"], "verdict": reason.verdict(Profile::Webauthn), "reason": reason, "findings": [finding],
        "observed": observed, "exchanges": [], "duration_us": 1000,
    });
    serde_json::from_value(record).expect("a record")
}

fn events(seed: u64, records: Vec<CaseRecord>) -> Vec<Event> {
    let started = RunStarted {
        format: Event::FORMAT,
        version: "1.2.3".to_owned(),
        seed,
        target: "staging".to_owned(),
        base_url: "https://id.example".to_owned(),
        tests: records.len(),
        available: records.len(),
        cases: 3,
        clauses: 2,
        protocols: ["rest", "grpc"].map(str::to_owned).to_vec(),
        reasons: vec![],
        digest: "00".repeat(32),
        shard: None,
        fuzzed: false,
        profile: Profile::Webauthn,
        made_with: None,
        occasion: Occasion::default(),
    };
    let records = records.into_iter().map(|record| Event::CaseFinished(Box::new(record)));
    let sent_again = SentAgain::default();
    let finished = Event::RunFinished(RunFinished {
        interrupted: false,
        duration_ms: 1500,
        ended: None,
        stopped: None,
        sent_again,
    });
    std::iter::once(Event::RunStarted(started)).chain(records).chain([finished]).collect()
}

/// A whole run as it is written.
pub fn stream(seed: u64, records: Vec<CaseRecord>) -> String {
    let mut out = Vec::new();
    let mut lines = EventWriter::default();
    events(seed, records).iter().for_each(|event| lines.write(event, &mut out).expect("memory"));
    String::from_utf8(out).expect("UTF-8")
}

/// Every standing of records and entries; the owners' words are hostile too.
fn judged() -> Judged {
    let records = vec![
        record("v2/u2f/rest/s/known", Reason::AcceptedInvalid, "accepted"),
        record("v2/u2f/grpc/s/known", Reason::AcceptedInvalid, "accepted"),
        record("v2/u2f/rest/s/deviates", Reason::DocVsServer, "accepted"),
        record("v2/u2f/rest/s/changed", Reason::Crash, ""),
        record("v2/u2f/rest/s/expired", Reason::AcceptedInvalid, "accepted"),
        record("v2/u2f/rest/s/new", Reason::AcceptedInvalid, "accepted"),
        record("v2/u2f/rest/s/fixed", Reason::Met, "refused with code 3 and no id"),
        record("v2/u2f/rest/s/half-1", Reason::AcceptedInvalid, "accepted"),
        record("v2/u2f/rest/s/half-2", Reason::Met, "refused with code 3 and no id"),
    ];
    let entry = |lines: &str| {
        let (verdict, reason) =
            if lines.contains("deviates") { ("deviation", "doc-vs-server") } else { ("fail", "accepted-invalid") };
        format!("[[known]]\n{lines}\nverdict = \"{verdict}\"\nreason = \"{reason}\"\nobserved = \"accepted\"\n")
    };
    let text = [
        entry(
            "case = \"s/known\"\nwhy = \"until 3.0 \\u001b[2J<&>\\\"\"\nissue = \"I-7\"\nowner = \"us\"\nexpires = 2027-03-31",
        ),
        entry("case = [\"s/deviates\", \"s/typo\"]\nwhy = \"the documents are wrong\""),
        entry("case = \"s/changed\"\nwhy = \"w\""),
        entry("case = \"s/expired\"\nwhy = \"w\"\nexpires = 2026-01-31"),
        entry("case = \"s/fixed\"\nwhy = \"w\""),
        entry("case = \"s/half-*\"\nwhy = \"w\""),
        entry("case = \"s/nothing\"\nwhy = \"w\""),
        entry("case = \"s/known\"\nprotocol = \"grpc\"\nwhy = \"w\""),
    ];
    let known = Known::parse("known.toml", &text.concat()).expect("valid");
    let run = RunRecord::fold(events(7, records)).expect("a run");
    Judged::by(run, Rules { known: Some(known), today: date(2026, 11, 24), deny_deviation: false, deny_flaky: false })
}

#[test]
fn terminal() {
    let text = report::summary(&judged());
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    insta::assert_snapshot!(text);
}

#[test]
fn junit() {
    let mut bytes = Vec::new();
    (report::find("junit").expect("listed").write)(&judged(), &mut bytes).expect("memory takes everything");
    let text = String::from_utf8(bytes).expect("UTF-8");
    insta::assert_snapshot!(text);
    assert!(text.contains("failures=\"9\""), "new, changed, expired, and six entries: {text}");
}

#[test]
fn a_denied_deviation_is_a_failure() {
    let run =
        RunRecord::fold(events(7, vec![record("v2/u2f/rest/s/c", Reason::DocVsServer, "accepted")])).expect("a run");
    let failures = |deny_deviation| {
        let mut bytes = Vec::new();
        let judged = Judged::by(run.clone(), Rules { deny_deviation, ..Rules::default() });
        (report::find("junit").expect("listed").write)(&judged, &mut bytes).expect("memory takes everything");
        String::from_utf8(bytes).expect("UTF-8").matches("<failure").count()
    };
    assert_eq!((failures(false), failures(true)), (0, 1));
}
