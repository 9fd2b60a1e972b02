//! `proofmark diagnose` as a user meets it. What is printed stands in `docs/diagnosis.md`.

use std::path::Path;

use proofmark::authenticator::attestation_root;
use proofmark::cli::embedded;
use proofmark::contract::{Flow, Protocol};
use proofmark::outcome::Event;
use proofmark::report::EventWriter;
use proofmark::runner::{Runner, Settings, Stop};
use proofmark::scenario::{self, Pattern, Plan, Selection};
use proofmark::server::defect::Defect;
use proofmark::server::{Server, ServerConfig};
use serde_json::Value;

use crate::cli::{Output, proofmark};
use crate::reports::json::{assert_valid, schema};

/// What the page plays: some suites over v2.
const PATTERNS: [&str; 5] = [
    "v2/passkey/*/client-data",
    "v2/passkey/*/authorization",
    "v2/passkey/*/limits",
    "v2/passkey/*/enrolment",
    "v2/passkey/*/ceremony",
];
const FIX: &str = "PROOFMARK_WRITE_DOCS=1 cargo test diagnosis writes it";

/// Plays the patterns against a server with these defects, and writes the stream.
async fn stream(defects: &[&str], path: &Path) {
    let defects: Vec<&Defect> = defects.iter().map(|id| Defect::find(id).expect("listed")).collect();
    let cases = scenario::embedded().expect("valid suites");
    let selection = Selection {
        flows: Flow::ALL.to_vec(),
        protocols: Protocol::ALL.to_vec(),
        patterns: PATTERNS.iter().map(|text| Pattern::new(text).expect("a glob")).collect(),
        seed: 7,
        ..Selection::default()
    };
    let plan = Plan::new(cases, &selection);
    let (users, trust_anchors) = (plan.subjects(), vec![attestation_root()]);
    let config = ServerConfig { users, seed: 7, trust_anchors, defects, ..ServerConfig::default() };
    let server = Server::start(config).await.expect("a free port");
    let target = embedded::target_of(&server);
    let settings = Settings { seed: 7, concurrency: 16, now: embedded::now() };
    let runner = Runner::new(target, plan, settings).expect("a usable address");
    let (mut bytes, mut lines) = (Vec::new(), EventWriter::default());
    runner
        .run(&Stop::default(), |event: &Event| lines.write(event, &mut bytes).expect("memory takes everything"))
        .await;
    server.shutdown().await;
    std::fs::write(path, bytes).expect("written");
}

fn diagnose(path: &Path, more: &[&str]) -> Output {
    proofmark(&[&["diagnose", path.to_str().expect("text")], more].concat())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_has_what_is_printed() {
    let directory = tempfile::tempdir().expect("a directory");
    let events = directory.path().join("events.ndjson");
    stream(&["identifier-verify-ignores-id", "verification-skips-origin"], &events).await;
    let text = diagnose(&events, &[]).exits(0).out;
    for words in ["The origin is not checked.", "The verify does not compare the id in the path"] {
        assert!(text.contains(words), "{text}");
    }
    let json: Value = serde_json::from_str(&diagnose(&events, &["--format", "json"]).exits(0).out).expect("JSON");
    assert_valid(&schema("diagnosis").1, &json);
    assert!(json["causes"].as_array().is_some_and(|causes| causes.len() >= 2), "{json:#}");
    let brief = proofmark(&["report", "--from", events.to_str().expect("text")]).exits(0).out;
    assert!(brief.contains(" known defects together would explain "), "{brief}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/diagnosis.md");
    let page = std::fs::read_to_string(&path).expect("there");
    let mark = "$ proofmark diagnose events.ndjson\n";
    let begin = page.find(mark).expect("a block") + mark.len();
    let end = begin + page[begin..].find("```").expect("a block ends");
    let filled = format!("{}{text}{}", &page[..begin], &page[end..]);
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        std::fs::write(&path, &filled).expect("written");
    }
    assert_eq!(std::fs::read_to_string(&path).expect("there"), filled, "docs/diagnosis.md is old; {FIX}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_did_not_fail_needs_no_diagnosis_and_what_can_not_be_read_is_said() {
    let directory = tempfile::tempdir().expect("a directory");
    let events = directory.path().join("events.ndjson");
    stream(&[], &events).await;
    assert!(diagnose(&events, &[]).exits(0).out.contains("nothing failed"));
    let json: Value = serde_json::from_str(&diagnose(&events, &["--format", "json"]).exits(0).out).expect("JSON");
    assert_valid(&schema("diagnosis").1, &json);
    assert_eq!((&json["failed"], &json["unexplained"]), (&Value::from(0), &Value::Null));
    assert!(!proofmark(&["report", "--from", events.to_str().expect("text")]).exits(0).out.contains("DIAGNOSIS"));
    std::fs::write(&events, "{}\n").expect("written");
    diagnose(&events, &[]).exits(3).says(&["line 1"]);
}
