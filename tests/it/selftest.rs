//! The judge is judged: the clean reference server passes, and each defect makes the run red for the clause it breaks.

use std::time::Duration;

use proofmark::authenticator::attestation_root;
use proofmark::cli::embedded;
use proofmark::contract::{Flow, Protocol, clause};
use proofmark::outcome::{CaseRecord, Event, Finding, Reason, RunRecord, Statement, Verdict};
use proofmark::runner::target::Target;
use proofmark::runner::{Runner, Settings, Stop, vector};
use proofmark::scenario::{self, Pattern, Plan, Policy, Selection};
use proofmark::server::defect::{Class, DEFECTS, Defect};
use proofmark::server::{Server, ServerConfig};

/// Runs the embedded suites' selected cases against a server with these defects.
async fn run(defects: &[&'static Defect], patterns: &[&str], timeout: Duration) -> RunRecord {
    run_as(defects, patterns, timeout, |target| target).await
}

/// The same, against what is said of the server.
async fn run_as(
    defects: &[&'static Defect],
    patterns: &[&str],
    timeout: Duration,
    said: fn(Target) -> Target,
) -> RunRecord {
    let cases = scenario::embedded().expect("valid suites");
    let usual = ServerConfig::default();
    let selection = Selection {
        sizes: vector::sizes(&cases, &usual.origin, &usual.rp_id).expect("made"),
        flows: Flow::ALL.to_vec(),
        protocols: Protocol::ALL.to_vec(),
        patterns: patterns.iter().map(|text| Pattern::new(text).expect("a glob")).collect(),
        ..Selection::default()
    };
    let plan = Plan::new(cases, &selection);
    assert_eq!(plan.unmatched, [""; 0], "every pattern selects something");
    let config = ServerConfig {
        users: plan.subjects(),
        defects: defects.to_vec(),
        trust_anchors: vec![attestation_root()],
        ..ServerConfig::default()
    };
    let server = Server::start(config).await.expect("a free port");
    let mut target = embedded::target_of(&server);
    target.limits.timeout = timeout;
    let runner = Runner::new(said(target), plan, Settings { seed: 7, concurrency: 16, now: embedded::now() })
        .expect("a usable address");
    let mut events = Vec::new();
    runner.run(&Stop::default(), |event: &Event| events.push(event.clone())).await;
    server.shutdown().await;
    RunRecord::fold(events).expect("a whole stream")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clean_server_is_conformant() {
    let run = run(&[], &[], Duration::from_secs(60)).await;
    let bad: Vec<String> = run.cases.iter().filter(|case| !is_good(case)).map(|case| format!("{case:?}")).collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert_eq!(run.statement(), Statement::Conformant);
    assert!(run.started.cases >= 1000 && run.started.permutations >= 4000, "{:?}", run.started);
    crate::coverage::assert_whole(&run);
}

/// Of a target of which nothing is said less is expected, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn the_clean_server_is_conformant_whatever_is_said_of_it() {
    let nothing = |target| Target { policy: Policy::default(), ..target };
    let run = run_as(&[], &["v1/u2f/rest", "v2/passkey/grpc"], Duration::from_secs(60), nothing).await;
    let bad: Vec<String> = run.cases.iter().filter(|case| !is_good(case)).map(|case| format!("{case:?}")).collect();
    assert!(bad.is_empty(), "{}", bad.join("\n"));
    assert!(run.tally().left_open > 100, "{:?}", run.tally());
}

/// The server offers neither every algorithm of the catalogue nor ceremonies without user verification on every flow; nothing
/// else is skipped.
fn is_good(case: &CaseRecord) -> bool {
    case.verdict == Verdict::Pass || (case.verdict, case.reason) == (Verdict::Skip, Reason::NotDeclared)
}

/// Defects that are deviations, not fails. A short challenge and a credential id that is too long or known leave a SHOULD
/// unmet. What `details` means is explained by what a client does not see. The limits show only in the reason of a refusal, since what they let through is refused one step later.
const DEVIATIONS: [&str; 8] = [
    "shape-sequence-constant",
    "shape-resource-owner-of-event",
    "challenge-short",
    "limit-credential-min",
    "limit-user-id-201",
    "limit-factor-id-201",
    "verification-skips-credential-id-length",
    "verification-skips-credential-id-unique",
];

/// Each defect with the cases that find it; the clause is the defect's own.
const MATRIX: &[(&str, &[&str])] = &[
    ("status-not-found-as-500", &["authorization/unknown-factor"]),
    ("status-unauthenticated-as-400", &["authorization/missing-token"]),
    ("status-permission-denied-as-404", &["authorization/no-rights"]),
    ("status-limit-as-500", &["limits/name-201-ascii"]),
    ("status-ceremony-refusal-as-200", &["client-data/challenge-other"]),
    ("shape-details-missing", &["enrolment/good"]),
    ("shape-remove-details-missing", &["enrolment/remove"]),
    ("shape-resource-owner-missing", &["enrolment/good"]),
    ("shape-sequence-number", &["enrolment/good"]),
    ("shape-change-date-not-rfc3339", &["enrolment/good"]),
    ("shape-error-without-type", &["authorization/missing-token"]),
    ("shape-error-code-string", &["authorization/missing-token"]),
    ("shape-error-details-not-list", &["authorization/missing-token"]),
    ("shape-options-without-challenge", &["enrolment/start"]),
    ("shape-options-without-public-key", &["enrolment/start"]),
    ("shape-factor-id-missing", &["enrolment/start"]),
    ("limit-token-name-201", &["limits/name-201-ascii"]),
    ("limit-token-name-199", &["limits/name-200-ascii"]),
    ("limit-token-name-bytes", &["limits/name-200-4-byte"]),
    ("limit-token-name-empty", &["limits/name-empty"]),
    ("limit-credential-min", &["limits/credential-54"]),
    ("limit-credential-max", &["v2/u2f/rest/limits/credential-1048576-v2"]),
    ("limit-credential-over", &["v1/u2f/rest/limits/credential-1048577"]),
    ("limit-user-id-201", &["limits/user-id-201"]),
    ("limit-factor-id-201", &["limits/factor-id-201"]),
    ("challenge-constant", &["enrolment/start-twice"]),
    ("challenge-short", &["enrolment/start"]),
    ("challenge-not-one-time", &["ceremony/replayed-response"]),
    ("challenge-not-bound-to-user", &["ceremony/another-users-challenge"]),
    ("challenge-of-earlier-start-accepted", &["ceremony/stale-challenge"]),
    ("verification-skips-credential-json", &["envelope/type-wrong"]),
    ("verification-skips-client-data-json", &["client-data/trailing-second-object"]),
    ("verification-skips-type", &["client-data/type-get"]),
    ("verification-skips-challenge", &["client-data/challenge-other"]),
    ("verification-skips-origin", &["client-data/origin-other-site"]),
    ("verification-skips-cross-origin", &["client-data/cross-origin-true"]),
    ("verification-skips-top-origin", &["client-data/top-origin-without-cross"]),
    ("verification-skips-attestation-object", &["att-obj/trailing-byte"]),
    ("verification-skips-rp-id-hash", &["auth-data/rpid-hash-other-rp"]),
    ("verification-skips-user-present", &["auth-data/flags-up-clear"]),
    ("verification-skips-user-verified", &["auth-data/flags-uv-clear-required"]),
    ("verification-skips-backup-state", &["auth-data/flags-bs-without-be"]),
    ("verification-skips-algorithm", &["cose/alg-unknown"]),
    ("verification-skips-format", &["att-obj/fmt-unknown"]),
    ("verification-skips-attestation-statement", &["att-obj/fmt-swap-packed-as-tpm"]),
    ("verification-skips-attestation-trust", &["packed-x5c/leaf-expired"]),
    ("verification-skips-credential-id-length", &["auth-data/credid-length-1024"]),
    ("verification-skips-credential-id-unique", &["ceremony/same-credential-id"]),
    ("transport-grpc-status-always-ok", &["authorization/missing-token"]),
    ("transport-grpc-status-always-ok-web", &["authorization/missing-token"]),
    ("transport-grpc-web-trailer-missing", &["enrolment/good"]),
    ("transport-grpc-missing-details", &["client-data/challenge-other"]),
    ("transport-rest-content-type", &["enrolment/good"]),
    ("transport-rest-disagrees", &["client-data/origin-other-site"]),
    ("authorization-missing-token-accepted", &["authorization/missing-token"]),
    ("authorization-any-scheme", &["authorization/other-scheme"]),
    ("authorization-foreign-token-accepted", &["authorization/foreign-token"]),
    ("state-stored-after-refusal", &["client-data/challenge-other"]),
    ("state-not-stored", &["enrolment/good"]),
    ("state-remove-keeps", &["enrolment/remove"]),
    ("state-exclude-credentials-missing", &["enrolment/good"]),
    ("robust-500-on-malformed-json", &["request/not-json"]),
    ("robust-hang-on-truncated", &["v2/u2f/rest/att-obj/trailing-byte"]),
    ("robust-token-echoed", &["authorization/no-rights"]),
    ("status-remove-unimplemented", &["v2/passkey/rest/enrolment/remove"]),
    ("status-refusal-as-202", &["v2/u2f/rest/client-data/challenge-other"]),
    ("shape-start-details-missing", &["enrolment/start"]),
    ("shape-start-options-missing", &["enrolment/start"]),
    ("shape-error-message-missing", &["authorization/missing-token"]),
    ("shape-error-text", &["authorization/missing-token"]),
    ("shape-creation-date-not-rfc3339", &["enrolment/good"]),
    ("shape-change-date-zero", &["enrolment/good"]),
    ("shape-creation-date-local-time", &["enrolment/good"]),
    ("shape-sequence-constant", &["enrolment/good"]),
    ("shape-resource-owner-of-event", &["enrolment/good"]),
];

/// The page that people read, written from the tables.
fn page() -> String {
    let mut page = String::from(
        "# Defects of the reference server, and what finds them\n\n\
         `proofmark serve --defect NAME` and `proofmark run --defect NAME` switch one on. For each, the cases beside it find \
         it, for\nthe clause that the defect breaks (`tests/it/selftest.rs` runs this table). Those marked with a star are \
         deviations: a SHOULD\nthat is not met, another meaning of `details`, or (the limits) a refusal for another reason than the length.\n\n\
         | defect | what the server does wrong | clause | found by |\n|---|---|---|---|\n",
    );
    for (id, patterns) in MATRIX {
        let defect = Defect::find(id).expect("listed");
        let star = if DEVIATIONS.contains(id) { " *" } else { "" };
        let cases = patterns.join("`, `");
        page.push_str(&format!("| `{id}`{star} | {} | `{}` | `{cases}` |\n", defect.summary, defect.clause));
    }
    page
}

/// `PROOFMARK_WRITE_DOCS=1 cargo test` writes the page.
#[test]
fn the_page_of_defects_is_up_to_date() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/defects.md");
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        std::fs::write(&path, page()).expect("a writable page");
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page(), "docs/defects.md is old; PROOFMARK_WRITE_DOCS=1 cargo test writes it");
}

#[test]
fn the_matrix_has_every_defect_and_every_class() {
    let listed: Vec<&str> = MATRIX.iter().map(|(id, _)| *id).collect();
    let missing: Vec<&str> = DEFECTS.iter().map(|defect| defect.id).filter(|id| !listed.contains(id)).collect();
    assert_eq!(missing, [""; 0], "defects that no case is named for");
    assert_eq!(listed.len(), DEFECTS.len());
    for class in Class::ALL {
        assert!(DEFECTS.iter().any(|defect| defect.class == class), "{class:?} has no defect");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_defect_is_red_for_the_clause_that_it_breaks() {
    let mut survivors = Vec::new();
    for (id, patterns) in MATRIX {
        let defect = Defect::find(id).expect("listed");
        let run = run(&[defect], patterns, Duration::from_secs(5)).await;
        let wanted = if DEVIATIONS.contains(id) { Verdict::Deviation } else { Verdict::Fail };
        let hit = |case: &&CaseRecord| {
            let is_about = |finding: &Finding| clause::includes(defect.clause, &finding.clause);
            case.verdict == wanted && case.findings.first().is_some_and(is_about)
        };
        if !run.cases.iter().any(|case| hit(&case)) {
            let seen: Vec<String> = run
                .cases
                .iter()
                .filter(|case| case.verdict != Verdict::Pass)
                .map(|case| format!("{} {:?} {:?}", case.id, case.reason, case.findings.first().map(|f| &f.clause)))
                .collect();
            survivors.push(format!("{id} (breaks {}): {}", defect.clause, seen.join("; ")));
        }
    }
    assert!(survivors.is_empty(), "{}", survivors.join("\n"));
}
