//! Runs made by hand, held to known deviations.

mod differences;
mod pruning;
mod standings;
mod suggestions;

use jiff::civil::date;

use super::*;
use crate::outcome::{
    CaseRecord, Event, Finding, Occasion, Profile, Reason, RunFinished, RunRecord, RunStarted, SentAgain, Verdict,
};

/// A test, or a comparison where the protocol is `all`. The id is flow, protocol, case and tail.
pub(super) fn record(id: &str, reason: Reason, observed: &str) -> CaseRecord {
    let parts: Vec<&str> = id.split('/').collect();
    let finding = Finding::new("expectation", "api/status/ok", reason, "refused", observed);
    let record = serde_json::json!({
        "id": id, "case": parts[3..5].join("/"), "title": "t", "flow": parts[..2].join("/"), "protocol": parts[2],
        "clauses": ["api/status/ok"], "verdict": reason.verdict(Profile::Webauthn), "reason": reason, "findings": [finding],
        "observed": observed, "exchanges": [], "duration_us": 1,
    });
    serde_json::from_value(record).expect("a record")
}

pub(super) fn fail(id: &str) -> CaseRecord {
    record(id, Reason::AcceptedInvalid, "accepted")
}

pub(super) fn pass(id: &str) -> CaseRecord {
    record(id, Reason::Met, "refused with code 3 and id X")
}

/// A whole run of these.
pub(super) fn run(records: Vec<CaseRecord>) -> RunRecord {
    let tests = records.iter().filter(|record| record.protocol != "all").count();
    let started = RunStarted {
        format: Event::FORMAT,
        version: "1.2.3".to_owned(),
        seed: 1,
        target: "a target".to_owned(),
        base_url: "https://id.example".to_owned(),
        tests,
        available: tests,
        cases: 1,
        clauses: 1,
        protocols: vec![],
        reasons: vec![],
        digest: "d".to_owned(),
        shard: None,
        fuzzed: false,
        profile: Profile::Webauthn,
        made_with: None,
        occasion: Occasion::default(),
    };
    let records = records.into_iter().map(|record| Event::CaseFinished(Box::new(record)));
    let sent_again = SentAgain::default();
    let finished =
        Event::RunFinished(RunFinished { interrupted: false, duration_ms: 1, ended: None, stopped: None, sent_again });
    RunRecord::fold(std::iter::once(Event::RunStarted(started)).chain(records).chain([finished])).expect("a run")
}

pub(super) fn judged_run(run: RunRecord, known: &str) -> Judged {
    let known = Known::parse("known.toml", known).expect("valid");
    Judged::by(run, Rules { known: Some(known), today: date(2026, 11, 24), deny_deviation: false, deny_flaky: false })
}

pub(super) fn judged(records: Vec<CaseRecord>, known: &str) -> Judged {
    judged_run(run(records), known)
}

/// An entry about what was accepted.
pub(super) fn entry(lines: &str) -> String {
    format!(
        "[[known]]\nverdict = \"fail\"\nreason = \"accepted-invalid\"\nobserved = \"accepted\"\nwhy = \"w\"\n{lines}\n"
    )
}
