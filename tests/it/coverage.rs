//! Coverage: the states of a run made by hand, and what the default run of the clean server saw.

use std::collections::BTreeMap;

use proofmark::checks::CHECKS;
use proofmark::contract::clause::{self, Clause};
use proofmark::contract::{Operation, Protocol, usual};
use proofmark::outcome::{Event, Profile, Reason, RunRecord};
use proofmark::report;
use proofmark::report::coverage::{Coverage, State, coverage, text};
use proofmark::runner::checked_clauses;
use proofmark::scenario::{self, covered};
use serde_json::{Value, json};

fn record(id: &str, clause: &str, reason: Reason, checked: &[&str]) -> Value {
    let mut parts = id.splitn(4, '/');
    let mut part = || parts.next().expect("flow, protocol, case");
    let (version, factor, protocol, case) = (part(), part(), part(), part());
    json!({
        "event": "case-finished", "id": id, "case": case, "title": "t", "flow": format!("{version}/{factor}"), "protocol": protocol,
        "clauses": [clause], "verdict": reason.verdict(Profile::Webauthn), "reason": reason, "observed": "accepted", "checked": checked,
        "exchanges": [], "duration_us": 1,
        "findings": [{ "check": "expectation", "clause": clause, "reason": reason, "expected": "e", "received": "r" }],
    })
}

/// A passing record whose checks and expectation looked at some clauses.
fn looked(id: &str, clause: &str, checked: &[&str]) -> Value {
    record(id, clause, Reason::Met, checked)
}

/// A record that came to something else than a firm pass.
fn found(id: &str, clause: &str, reason: Reason) -> Value {
    record(id, clause, reason, &[])
}

fn run_of(records: Vec<Value>) -> RunRecord {
    let started = json!({
        "event": "run-started", "format": Event::FORMAT, "version": "0.0.0", "seed": 7, "target": "staging \u{1b}[31m", "base_url": "https://login.example",
        "permutations": 9, "available": 9, "cases": 7, "clauses": 8,
    });
    let finished = json!({ "event": "run-finished", "interrupted": false, "duration_ms": 1 });
    let lines: Vec<String> =
        std::iter::once(started).chain(records).chain([finished]).map(|event| event.to_string()).collect();
    report::read_run(lines.join("\n").as_bytes()).expect("a whole run").run
}

fn by_hand() -> RunRecord {
    let origin = "webauthn/7.1/origin";
    let mut nowhere = looked("v2/u2f/grpc/enrolment/over", "webauthn/7.1/accept", &["webauthn/7.1/accept"]);
    // A case may call over another protocol than its own.
    nowhere["findings"][0]["clause"] = json!("api/content-type/rest");
    nowhere["findings"][0]["reason"] = json!(Reason::WrongContentType);
    run_of(vec![
        looked("v1/u2f/rest/limits/name-1", "api/limit/token-name", &["api/limit/token-name/v1", "api/robustness"]),
        looked("v1/u2f/grpc/limits/name-1", "api/limit/token-name", &["api/robustness"]),
        looked("v1/u2f/all/limits/name-1", "api/transports-agree", &["api/transports-agree"]),
        found("v2/u2f/rest/limits/name-201", "api/limit/token-name/v2", Reason::AcceptedInvalid),
        found("v2/u2f/grpc/limits/name-201", "api/limit/token-name/v2", Reason::WrongReason),
        found("v2/u2f/rest/client-data/origin", origin, Reason::Unattributed),
        found("v2/u2f/grpc/client-data/origin", origin, Reason::LeftOpen),
        looked("v2/u2f/grpc-web/client-data/origin", origin, &[origin]),
        found("v2/u2f/rest/enrolment/start", "webauthn/13.4.3/challenge-length", Reason::ShouldUnmet),
        found("v2/u2f/rest/enrolment/good", "webauthn/7.1/accept", Reason::Setup),
        nowhere,
    ])
}

fn state(coverage: &Coverage, id: &str) -> [State; 3] {
    let row = coverage.rows.iter().find(|row| row.clause.id == id).expect("every clause has a row");
    Protocol::ALL.map(|protocol| row.state(protocol))
}

#[test]
fn states_of_a_run() {
    use State::{Excluded, NotApplicable, NotVerified, Verified, Violated, Weak};
    let coverage = coverage(&by_hand());
    for (id, expected, why) in [
        ("api/limit/token-name/v1", [Verified, NotVerified, NotVerified], "gRPC's record did not look"),
        ("api/limit/token-name/v2", [Violated, Weak, NotVerified], "a fail, and another reason"),
        ("api/limit/token-name", [Violated, Weak, NotVerified], "what is beneath counts; a fail outweighs a pass"),
        ("api/robustness", [Verified, Verified, NotVerified], "checks"),
        ("api/transports-agree", [Verified, Verified, NotVerified], "the protocols that were compared"),
        ("webauthn/7.1/origin", [Weak, Weak, Verified], "unattributed and left open"),
        ("webauthn/13.4.3/challenge-length", [Violated, NotVerified, NotVerified], "a SHOULD that is not met"),
        ("webauthn/7.1/accept", [NotVerified, Verified, NotVerified], "an error says nothing"),
        ("api/content-type/rest", [Violated, NotApplicable, NotApplicable], "found in another protocol's case"),
        ("api/content-type", [Violated, NotVerified, NotVerified], "the same from above"),
        ("webauthn/8.5/nonce", [Excluded; 3], "a written reason"),
        ("api/grpc-status", [NotApplicable, NotVerified, NotVerified], "REST has no such status"),
    ] {
        assert_eq!(state(&coverage, id), expected, "{id}: {why}");
    }
    let origin = coverage.rows.iter().find(|row| row.clause.id == "webauthn/7.1/origin").expect("listed");
    assert_eq!((origin.cases, origin.cells[0].1.weak, origin.cells[2].1.verified), (1, 1, 1));
    assert_eq!(coverage.rows.len(), clause::all().count());
    for protocol in Protocol::ALL {
        assert_eq!(coverage.totals(protocol).iter().sum::<usize>(), coverage.rows.len());
    }
}

#[test]
fn filters_keep_rows() {
    let all = coverage(&by_hand());
    let violated = all.clone().filtered(Some(State::Violated), |id| id.starts_with("api/limit"));
    let ids: Vec<&str> = violated.rows.iter().map(|row| row.clause.id).collect();
    assert_eq!(ids, ["api/limit/token-name", "api/limit/token-name/v2"]);
    assert_eq!((violated.with(State::Violated), violated.with(State::Excluded)), (2, 0));
}

#[test]
fn the_table() {
    let run = by_hand();
    let shown = coverage(&run).filtered(None, |id| {
        ["api/limit", "api/transports", "webauthn/7.1/o", "webauthn/8.5", "api/grpc"]
            .iter()
            .any(|start| id.starts_with(start))
    });
    let narrow = text(&run, &shown, 80);
    assert!(narrow.lines().skip(1).all(|line| line.chars().count() <= 80), "{narrow}");
    let wide = text(&run, &shown, 140);
    assert!(wide.lines().all(|line| line.chars().count() <= 140), "{wide}");
    assert!(wide.contains("MUST The client data's origin is one that the relying party expects."), "{wide}");
    assert!(!narrow.contains('\u{1b}'), "a target's name is hostile");
    insta::assert_snapshot!(narrow);
}

#[test]
fn the_json_form_has_every_clause() {
    let run = by_hand();
    let json = coverage(&run).to_json(&run);
    let clauses = json["clauses"].as_array().expect("a list");
    assert_eq!(clauses.len(), clause::all().count());
    let origin = clauses.iter().find(|row| row["id"] == "webauthn/7.1/origin").expect("listed");
    assert_eq!(origin["transports"]["rest"]["state"], "weak");
    assert_eq!(origin["transports"]["grpc-web"]["verified"], 1);
    let nonce = clauses.iter().find(|row| row["id"] == "webauthn/8.5/nonce").expect("listed");
    assert!(nonce["excluded"].as_str().is_some_and(|why| !why.is_empty()));
    assert_eq!(json["totals"]["rest"]["violated"], coverage(&run).totals(Protocol::Rest)[0]);
}

/// What the default run of the clean server has to have seen.
pub fn assert_whole(run: &RunRecord) {
    let coverage = coverage(run);
    let seen = |state: &State| matches!(state, State::Verified | State::Excluded | State::NotApplicable);
    let in_default = coverage.rows.iter().filter(|row| row.clause.on_request().is_none());
    let bare = in_default.filter(|row| !Protocol::ALL.into_iter().all(|protocol| seen(&row.state(protocol))));
    let bare: Vec<String> =
        bare.map(|row| format!("{}: {:?}", row.clause.id, Protocol::ALL.map(|protocol| row.state(protocol)))).collect();
    assert!(bare.is_empty(), "clauses that the default run does not verify:\n{}", bare.join("\n"));
    let of_pages = coverage.rows.iter().filter(|row| row.clause.source.starts_with("API page")).count();
    assert!(of_pages >= 80, "{of_pages} clauses are of the API pages");
    assert_page(&page(&coverage));
}

/// `PROOFMARK_WRITE_DOCS=1 cargo test` writes the page.
fn assert_page(page: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/coverage.md");
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        std::fs::write(&path, page).expect("a writable page");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/coverage.md is old; PROOFMARK_WRITE_DOCS=1 cargo test writes it");
}

/// Cases that a line of the page names.
const NAMED: usize = 3;

fn page(coverage: &Coverage) -> String {
    let cases = scenario::embedded().expect("valid suites");
    let by_clause = covered::by_clause(&cases);
    let mut page = String::from(
        "# The clauses, and what covers them\n\n\
         Each clause is one normative statement in our own words. The states are those of the default run against the clean \
         reference\nserver (`proofmark coverage --seed 7`); [judging.md](judging.md#coverage) says what they mean. The last column \
         names the checks\nand the cases for the clause. If a clause is excluded, it has the reason instead. The tests write this \
         page.\n",
    );
    let totals = Protocol::ALL.map(|protocol| coverage.totals(protocol));
    page.push_str("\n| state | rest | grpc | grpc-web |\n|---|---|---|---|\n");
    for (index, state) in State::ALL.into_iter().enumerate() {
        let [rest, grpc, web] = totals.map(|totals| totals[index]);
        page.push_str(&format!("| {} | {rest} | {grpc} | {web} |\n", state.name()));
    }
    for (document, rows) in coverage.by_document() {
        page.push_str(&format!("\n## {document}\n\n"));
        page.push_str("| clause | basis | statement | source | rest | grpc | grpc-web | covered by |\n");
        page.push_str("|---|---|---|---|---|---|---|---|\n");
        for row in rows {
            let Clause { id, text, source, basis, .. } = row.clause;
            let [rest, grpc, web] =
                Protocol::ALL.map(|protocol| row.state(protocol).name().replace("not-applicable", "-"));
            let why = row.clause.excluded().or(row.clause.on_request());
            let by = why.map_or_else(|| covered_by(id, &by_clause), str::to_owned);
            let cells = [&format!("`{id}`"), basis.name(), text, source, &rest, &grpc, &web, &by];
            let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|").replace('<', "&lt;")).collect();
            page.push_str(&format!("| {} |\n", cells.join(" | ")));
        }
    }
    page
}

fn covered_by(id: &str, by_clause: &BTreeMap<&str, Vec<&str>>) -> String {
    let under_test = usual().endpoints().filter(|endpoint| endpoint.operation != Operation::List);
    let places: Vec<_> = under_test.flat_map(|endpoint| Protocol::ALL.map(|protocol| (endpoint, protocol))).collect();
    let about = |clause: &str| {
        clause == id || places.iter().any(|(endpoint, protocol)| clause::at(clause, endpoint, *protocol) == id)
    };
    let mut by: Vec<String> =
        CHECKS.iter().filter(|check| about(check.clause)).map(|check| format!("check `{}`", check.id)).collect();
    if by.is_empty() && checked_clauses().into_iter().any(about) {
        by.push("every case".to_owned());
    }
    let cases = by_clause.get(id).map(Vec::as_slice).unwrap_or_default();
    by.extend(cases.iter().take(NAMED).map(|case| format!("`{case}`")));
    if cases.len() > NAMED {
        by.push(format!("and {} more", cases.len() - NAMED));
    }
    if by.is_empty() { "the clauses below it".to_owned() } else { by.join(", ") }
}
