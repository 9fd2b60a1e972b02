//! The samples under `reports/samples/`: a small run against the clean reference server and one against a defective server, in every
//! format. What differs from one run to the next (port, times, durations) is the same in all of them, and evidence is left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use proofmark::cli::embedded;
use proofmark::contract::{Flow, Protocol};
use proofmark::gate::Judged;
use proofmark::outcome::{Event, RunRecord, Statement, Verdict};
use proofmark::report::{self, REPORTS, View};
use proofmark::runner::{Runner, Settings, Stop};
use proofmark::scenario::{self, Plan, Selection};
use proofmark::server::defect::Defect;
use proofmark::server::{Server, ServerConfig};

use crate::reports::json::{assert_valid, schema};

const CASES: [&str; 3] = ["enrolment/start", "limits/name-201-ascii", "client-data/origin-other-site"];
const DEFECT: &str = "verification-skips-origin";

/// Plays the cases against a server with these defects, one call after the other.
async fn run(defects: &[&'static Defect]) -> Judged {
    let mut cases = scenario::embedded().expect("valid suites");
    cases.retain(|case| CASES.contains(&case.id.as_str()));
    assert_eq!(cases.len(), CASES.len());
    let (flows, protocols) = (vec![Flow::V2_PASSKEY], Protocol::ALL.to_vec());
    let plan = Plan::new(cases, &Selection { flows: flows.clone(), protocols, ..Selection::default() });
    let config = ServerConfig { users: plan.subjects(), seed: 7, defects: defects.to_vec(), ..ServerConfig::default() };
    let server = Server::start(config).await.expect("a free port");
    let (mut target, address) = (embedded::target_of(&server), server.address.to_string());
    target.flows = flows;
    let settings = Settings { seed: 7, concurrency: 1, now: embedded::now() };
    let runner = Runner::new(target, plan, settings).expect("a usable address");
    let mut events = Vec::new();
    runner.run(&Stop::default(), |event: &Event| events.push(settled(event, &address))).await;
    server.shutdown().await;
    Judged::new(RunRecord::fold(events).expect("a whole stream"))
}

/// The event of a run on port 8080 at a given time, where everything takes a millisecond.
fn settled(event: &Event, address: &str) -> Event {
    let text = serde_json::to_string(event).expect("JSON").replace(address, "127.0.0.1:8080");
    let mut event: Event = serde_json::from_str(&with_one_time(&text)).expect("an event");
    match &mut event {
        Event::RunStarted(_) => {}
        Event::CaseFinished(record) => {
            record.duration_us = 1_000;
            for exchange in &mut record.exchanges {
                exchange.duration_us = 1_000;
                // Its bodies have times in protobuf, and its headers the date.
                exchange.evidence = None;
            }
        }
        Event::RunFinished(finished) => finished.duration_ms = 1_000,
        Event::Slow { .. } => {}
    }
    event
}

/// The text with every time such as `2026-11-24T08:51:23.923824Z` made the same; protobuf's JSON leaves out zeros at the end.
fn with_one_time(text: &str) -> String {
    const TIME: &str = "2026-01-01T00:00:00";
    let is_time = |part: &str| {
        part.bytes()
            .zip(TIME.bytes())
            .all(|(found, form)| if form.is_ascii_digit() { found.is_ascii_digit() } else { found == form })
    };
    let (mut settled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        let after = rest.get(..TIME.len()).filter(|part| is_time(part)).and_then(|_| {
            let fraction = rest[TIME.len()..].trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
            fraction.strip_prefix('Z')
        });
        match after {
            Some(after) => {
                settled.push_str(TIME);
                settled.push('Z');
                rest = after;
            }
            None => {
                settled.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    settled
}

/// Every file of a run, by name.
fn files(judged: &Judged) -> BTreeMap<String, Vec<u8>> {
    let mut files: BTreeMap<String, Vec<u8>> = REPORTS
        .iter()
        .map(|report| {
            let mut bytes = Vec::new();
            (report.write)(judged, &mut bytes).expect("memory takes everything");
            (format!("{}.{}", report.name, ending(report.name, &bytes)), bytes)
        })
        .collect();
    // As the program shows them while it plays.
    let failed = judged.run.cases.iter().filter(|case| case.verdict == Verdict::Fail);
    let lines: String = failed.map(|case| report::failure_lines(case, &View::default()) + "\n").collect();
    files.insert("terminal.txt".to_owned(), format!("{lines}{}", report::summary(judged)).into_bytes());
    files.insert("annotations.txt".to_owned(), report::annotations(judged).into_bytes());
    files
}

/// The ending that programs know the content by.
fn ending(name: &str, bytes: &[u8]) -> &'static str {
    match name {
        "ndjson" => "ndjson",
        "sarif" => "sarif",
        "markdown" => "md",
        _ => match bytes.first() {
            Some(b'{') => "json",
            Some(b'<') if bytes.starts_with(b"<?xml") => "xml",
            Some(b'<') => "html",
            _ => "txt",
        },
    }
}

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reports/samples")
}

/// Compares, or writes: `PROOFMARK_WRITE_DOCS=1 cargo test samples`.
fn hold(name: &str, judged: &Judged) -> usize {
    let (directory, files) = (directory().join(name), files(judged));
    if std::env::var_os("PROOFMARK_WRITE_DOCS").is_some() {
        // Together, so that a format that was removed leaves no file.
        std::fs::remove_dir_all(&directory).unwrap_or_default();
        std::fs::create_dir_all(&directory).expect("a writable directory");
        files.iter().for_each(|(file, bytes)| std::fs::write(directory.join(file), bytes).expect("written"));
    }
    let fix = "PROOFMARK_WRITE_DOCS=1 cargo test samples writes the samples";
    for (file, bytes) in &files {
        let written = std::fs::read(directory.join(file)).unwrap_or_default();
        assert!(written == *bytes, "reports/samples/{name}/{file} is old; {fix}");
    }
    let found = std::fs::read_dir(&directory).expect("there").count();
    assert_eq!(found, files.len(), "files of no format are in reports/samples/{name}; {fix}");
    files.values().map(Vec::len).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn samples_are_up_to_date() {
    let clean = run(&[]).await;
    assert_eq!(clean.run.statement(), Statement::Conformant);
    let defective = run(&[Defect::find(DEFECT).expect("listed")]).await;
    assert_eq!(defective.run.statement(), Statement::NonConformant);
    for judged in [&clean, &defective] {
        let bytes = files(judged).remove("json.json").expect("a report");
        assert_valid(&schema("report").1, &serde_json::from_slice(&bytes).expect("JSON"));
    }
    let size = hold("clean", &clean) + hold("defective", &defective);
    // Each clause has a row in four of the files.
    assert!(size < 5 << 18, "{size} bytes of samples");
}

#[test]
fn samples_have_one_time() {
    let text = "ü2026-11-24T08:51:23.923824Z, 2026-11-24T08:51:23Z 2026-11-24T08:51:23.923Z 2026-11-24T08:51:23.923824";
    let one = "2026-01-01T00:00:00Z";
    let expected = format!("ü{one}, {one} {one} 2026-11-24T08:51:23.923824");
    assert_eq!(with_one_time(text), expected);
}
