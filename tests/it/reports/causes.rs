//! Causes of runs against servers that refuse by internal errors, and whose handlers fail.

use proofmark::cli::embedded;
use proofmark::contract::{Flow, Protocol};
use proofmark::gate::{Judged, suggest};
use proofmark::outcome::{Event, RunRecord};
use proofmark::report::{self, REPORTS};
use proofmark::runner::target::ReasonMap;
use proofmark::runner::{Runner, Settings, Stop};
use proofmark::scenario::{self, Pattern, Plan, Selection};
use proofmark::server::defect::Defect;
use proofmark::server::variant::Variant;
use proofmark::server::{Server, ServerConfig};
use serde_json::Value;

/// One makes an attestation object that can't be read, three are refused in an orderly way, for two reasons.
const CASES: [&str; 4] = [
    "att-obj/trailing-byte",
    "client-data/challenge-other",
    "client-data/challenge-empty",
    "client-data/origin-other-site",
];

/// A run against a server with these defects and variants, and a target file with this reason map.
async fn run(defects: &[&str], variants: &[&str], reasons: &[(&str, &str)]) -> Judged {
    let patterns = CASES.iter().map(|case| Pattern::new(case).expect("a glob")).collect();
    let (flows, protocols) = (vec![Flow::V2_PASSKEY, Flow::V1_PASSWORDLESS], Protocol::ALL.to_vec());
    let selection = Selection { flows: flows.clone(), protocols, patterns, ..Selection::default() };
    let plan = Plan::new(scenario::embedded().expect("valid suites"), &selection);
    assert_eq!(plan.unmatched, [""; 0]);
    let defects = defects.iter().map(|id| Defect::find(id).expect("listed")).collect();
    let variants = variants.iter().map(|id| Variant::find(id).expect("listed")).collect();
    let config = ServerConfig { users: plan.subjects(), seed: 7, defects, variants, ..ServerConfig::default() };
    let server = Server::start(config).await.expect("a free port");
    let mut target = embedded::target_of(&server);
    (target.flows, target.reasons) = (flows, ReasonMap::default());
    reasons.iter().for_each(|(pattern, clause)| target.reasons.add(pattern, clause).expect("a pattern"));
    let settings = Settings { seed: 7, concurrency: 4, now: embedded::now() };
    let runner = Runner::new(target, plan, settings).expect("a usable address");
    let mut events = Vec::new();
    runner.run(&Stop::default(), |event: &Event| events.push(event.clone())).await;
    server.shutdown().await;
    Judged::new(RunRecord::fold(events).expect("a whole stream"))
}

/// Reason, words, whether it is an exception, protocols and number of cases of each cause of a fail, in the order of the report.
fn causes(judged: &Judged) -> Vec<(String, String, bool, usize, usize)> {
    let json = REPORTS.iter().find(|report| report.name == "json").expect("a report");
    let mut bytes = Vec::new();
    (json.write)(judged, &mut bytes).expect("memory takes everything");
    let document: Value = serde_json::from_slice(&bytes).expect("JSON");
    super::json::assert_valid(&super::json::schema("report").1, &document);
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let shown = |cause: &Value| {
        let ids: Vec<String> = cause["records"].as_array().expect("a list").iter().map(text).collect();
        let part = |at: std::ops::Range<usize>| {
            let parts = ids.iter().map(|id| id.split('/').collect::<Vec<_>>()[at.clone()].join("/"));
            parts.collect::<std::collections::BTreeSet<_>>().len()
        };
        let is_exception = cause["is_exception"].as_bool().expect("a flag");
        (text(&cause["reason"]), text(&cause["received"]), is_exception, part(2..3), part(3..5))
    };
    let of_fails = document["causes"].as_array().expect("a list").iter().filter(|cause| cause["verdict"] == "fail");
    of_fails.map(shown).collect()
}

fn is_in_order(found: &[(String, String, bool, usize, usize)], expected: &[(&str, bool, usize, usize)]) {
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for ((reason, received, is_exception, protocols, cases), expected) in found.iter().zip(expected) {
        assert!(reason == "crash" && received.contains(expected.0), "{expected:?}: {found:#?}");
        assert_eq!((*is_exception, *protocols, *cases), (expected.1, expected.2, expected.3), "{found:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_fails_is_a_cause_apart_from_refusals_by_internal_errors_and_comes_first() {
    let judged = run(&["status-ceremony-refusal-as-500", "robust-panic-answered"], &[], &[]).await;
    // Each is one over all protocols and both versions, though the refusals are far more.
    is_in_order(
        &causes(&judged),
        &[
            ("code 13, id INTERNAL-panic: runtime error", true, 3, 1),
            ("code 13, id WEBAUTHN-challenge", false, 3, 2),
            ("code 13, id WEBAUTHN-origin", false, 3, 1),
        ],
    );
    let summary = report::summary(&judged);
    let summary = summary.split_whitespace().collect::<Vec<_>>().join(" ");
    let at = |words: &str| summary.find(words).unwrap_or_else(|| panic!("no {words:?} in {summary}"));
    assert!(
        at("a panic that nothing caught") < at("the target refuses a wrong request with a server error"),
        "{summary}"
    );
    assert!(
        summary.contains(" CONFORMANCE: ") && summary.contains(" crash: api/robustness, id INTERNAL-panic "),
        "{summary}"
    );
    // An entry of the known-deviations file for one does not excuse the other.
    let suggestions = suggest(&judged);
    let observed: std::collections::BTreeSet<_> =
        suggestions.iter().filter_map(|suggestion| suggestion.entry.observed.clone()).collect();
    let ids = ["INTERNAL-panic", "WEBAUTHN-challenge", "WEBAUTHN-origin"];
    let expected: std::collections::BTreeSet<_> = ids.map(|id| format!("refused with code 13 and id {id}")).into();
    assert_eq!(observed, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_breaks_off_is_one_too() {
    let judged = run(&["status-ceremony-refusal-as-500", "robust-panic-on-truncated"], &[], &[]).await;
    let found = causes(&judged);
    assert!(found.len() >= 3 && found[0].2 && !found[0].1.contains("refused"), "{found:#?}");
    assert!(found.iter().skip_while(|cause| cause.2).all(|cause| !cause.2), "exceptions come first: {found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_ids_and_texts_say_nothing_the_reason_map_tells() {
    let defects = ["status-ceremony-refusal-as-500", "robust-panic-answered"];
    let variants = ["refusal-ids", "refusal-texts"];
    let judged = run(&defects, &variants, &[]).await;
    let found = causes(&judged);
    assert!(found.len() == 3 && found.iter().all(|cause| !cause.2 && cause.3 == 3), "{found:#?}");
    let of_panic = |received: &str, cases: usize| cases == 1 && !received.contains("origin");
    let ids: Vec<String> = found
        .iter()
        .filter(|cause| of_panic(&cause.1, cause.4))
        .filter_map(|cause| cause.1.split("id ").nth(1)?.split(':').next().map(str::to_owned))
        .collect();
    assert_eq!(ids.len(), 2, "{found:#?}");
    // Which of the two is that of the panic its owner knows; either can be named.
    for id in &ids {
        let judged = run(&defects, &variants, &[(id, "api/robustness")]).await;
        let found = causes(&judged);
        assert!(found[0].2 && found[0].1.starts_with("crashed: ") && found[0].1.contains(id.as_str()), "{found:#?}");
        assert!(found[1..].iter().all(|cause| !cause.2), "{found:#?}");
    }
}
