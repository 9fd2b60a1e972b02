//! Reports of one run made by hand: every verdict, one cause twice, a flaky case, and a target that sends hostile text.

mod annotations;
mod causes;
pub mod json;
mod known;
mod markdown;
mod paste;
mod sarif;
mod stream;
mod summary;

use std::collections::BTreeMap;

use proofmark::gate::Judged;
use proofmark::outcome::{
    CaseRecord, Event, ExchangeRecord, Finding, Occasion, Profile, Reason, RunFinished, RunRecord, RunStarted,
    SentAgain, Statement, TryRecord, Verdict,
};
use proofmark::report::{self, View};
use quick_xml::events::Event as Xml;

/// What a target may send to spoil a terminal, a page or an XML file.
const HOSTILE: &str = "\u{1b}[31mred\u{1b}]8;;http://evil.example\u{7}</script>]]><!--&<>\"'\0\u{202e}abc\u{2066}\r\n\u{fffe}\u{9b}2J --> ü✓";

fn record(id: &str, clause: &str, reason: Reason, expected: &str, received: &str) -> CaseRecord {
    let mut parts = id.splitn(4, '/');
    let mut part = || parts.next().expect("flow, protocol, case").to_owned();
    let (version, factor, protocol, case) = (part(), part(), part(), part());
    let mut record = CaseRecord {
        suite: None,
        id: id.to_owned(),
        title: format!("what {case} is about"),
        case,
        flow: format!("{version}/{factor}"),
        protocol,
        clauses: vec![clause.to_owned()],
        basis: None,
        source: None,
        verdict: Verdict::Pass,
        reason: Reason::Met,
        findings: vec![Finding::new("expectation", clause, reason, expected, received)],
        flaky: false,
        earlier: Vec::new(),
        observed: "accepted".to_owned(),
        checked: Vec::new(),
        exchanges: Vec::new(),
        curl: String::new(),
        grpcurl: String::new(),
        credential: None,
        duration_us: 1_250,
    };
    record.decide(Profile::Webauthn);
    record
}

pub fn hostile() -> CaseRecord {
    let mut record =
        record("v2/u2f/rest/request/hostile", "api/shape/error", Reason::WrongShape, "code: int32", HOSTILE);
    record.findings.push(Finding::new("no-token", "api/no-leak", Reason::Leak, "no token", HOSTILE));
    record.curl = format!("curl -sS -X POST 'http://localhost/{HOSTILE}'");
    record.exchanges.push(ExchangeRecord {
        large_request: None,
        operation: "RegisterU2F".to_owned(),
        request: "POST http://localhost/".to_owned(),
        request_body: "{}".to_owned(),
        status: "HTTP 400".to_owned(),
        response_body: HOSTILE.to_owned(),
        duration_us: 900,
        evidence: None,
        tries: vec![TryRecord { cause: "rate-limited".to_owned(), received: HOSTILE.to_owned(), waited_ms: 1_000 }],
    });
    record
}

/// The end of a run that sent calls again.
fn finished() -> Event {
    let sent_again = SentAgain { rate_limited: 38, refused_stream: 3, ..SentAgain::default() };
    Event::RunFinished(RunFinished { interrupted: false, duration_ms: 12_345, ended: None, stopped: None, sent_again })
}

/// Ten tests of a target whose name is hostile as well.
pub fn run() -> Judged {
    let (refused, token_name) = ("refused: HTTP 400, code 3", "api/limit/token-name");
    let mut reproduced =
        record("v1/u2f/rest/limits/name-201", token_name, Reason::AcceptedInvalid, "refused", "accepted: 200");
    reproduced.curl = "printf '%s' '{\"tokenName\": \"nn\"}' |\ncurl -sS --data @- 'http://localhost/'".to_owned();
    let mut flaky =
        record("v1/u2f/rest/enrolment/again", "webauthn/7.1/accept", Reason::Met, "accepted", "accepted: 200");
    flaky.flaky = true;
    flaky.earlier = vec![Finding::new("transport", "webauthn/7.1/accept", Reason::Gateway, "a reply", HOSTILE)];
    let cases = vec![
        record("v1/u2f/grpc/enrolment/accepted", "webauthn/7.1/accept", Reason::Met, "accepted", "accepted: 200"),
        record("v1/u2f/grpc/client-data/origin", "webauthn/7.1/origin", Reason::Unattributed, "refused", refused),
        reproduced,
        record("v1/u2f/grpc/limits/name-201", token_name, Reason::AcceptedInvalid, "refused", "accepted: 200"),
        hostile(),
        record(
            "v2/u2f/grpc/enrolment/accepted",
            "webauthn/7.1/accept",
            Reason::Setup,
            "a started registration",
            refused,
        ),
        record(
            "v2/u2f/rest/client-data/type",
            "webauthn/7.1/type",
            Reason::WrongReason,
            "refused",
            "refused: code 3, id LIMIT-x",
        ),
        record(
            "v2/passkey/rest/enrolment/code",
            "api/shape/start",
            Reason::NotDeclared,
            "a registration code",
            "none declared",
        ),
        flaky,
        record("v2/u2f/all/limits/name-201", "api/transports-agree", Reason::Met, "one answer", "one answer"),
    ];
    let started = RunStarted {
        protocols: ["rest", "grpc", "grpc-web"].map(str::to_owned).to_vec(),
        digest: "00".repeat(32),
        reasons: Vec::new(),
        shard: None,
        fuzzed: false,
        profile: Profile::Webauthn,
        made_with: None,
        occasion: Occasion::default(),
        format: Event::FORMAT,
        version: "0.0.0".to_owned(),
        seed: 7,
        target: format!("staging {HOSTILE}"),
        base_url: "https://login.example".to_owned(),
        tests: 9,
        available: 9,
        cases: 7,
        clauses: 8,
    };
    let cases = cases.into_iter().map(|case| Event::CaseFinished(Box::new(case)));
    let run = RunRecord::fold(std::iter::once(Event::RunStarted(started)).chain(cases).chain([finished()]));
    Judged::new(run.expect("a whole run"))
}

fn written(name: &str, run: &Judged) -> String {
    let mut bytes = Vec::new();
    (report::find(name).expect("listed").write)(run, &mut bytes).expect("memory takes everything");
    String::from_utf8(bytes).expect("text")
}

/// Nothing that could steer a terminal or turn the direction of a text.
fn assert_harmless(text: &str) {
    let bad = |c: &char| {
        (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c) || ('\u{2066}'..='\u{2069}').contains(c)
    };
    assert_eq!(text.chars().find(bad), None, "{text:?}");
}

#[test]
fn terminal() {
    let run = run();
    let lines: String = run.run.cases.iter().map(|case| report::case_line(case, &View::default()) + "\n").collect();
    assert_eq!(lines.lines().count(), run.run.cases.len(), "one line a case, whatever the target says");
    let text = format!("{lines}\n{}", report::summary(&run));
    assert_harmless(&text);
    insta::assert_snapshot!(text);
}

#[test]
fn terminal_of_a_conformant_run() {
    let mut run = run();
    run.run.cases.retain(|case| case.verdict == Verdict::Pass && !case.flaky && case.reason != Reason::Unattributed);
    run.run.started.target = "staging".to_owned();
    run.run.started.tests = 1;
    run.run.started.available = 1;
    insta::assert_snapshot!(report::summary(&run));
}

#[test]
fn ndjson() {
    let run = run();
    let text = written("ndjson", &run);
    assert_harmless(&text.replace(['\u{202e}', '\u{2066}', '\u{9b}'], ""));
    let is_record = |line: &&str| line.starts_with("{\"event\":\"pass\"") || line.contains("\"case-finished\"");
    assert_eq!(text.lines().filter(is_record).count(), run.run.cases.len());
    insta::assert_snapshot!(text);
}

/// Test cases by name: the element that says what they came to, with its attributes and text.
type JUnit = BTreeMap<String, (Option<String>, String)>;

/// Reads the report back. Any violation of well-formedness fails.
fn parse(text: &str) -> JUnit {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_end_names = true;
    let (mut cases, mut name, mut depth) = (JUnit::new(), String::new(), 0_i32);
    loop {
        match reader.read_event().expect("well-formed") {
            Xml::Eof => break,
            Xml::Start(element) => {
                depth += 1;
                note(&element, &mut cases, &mut name);
            }
            Xml::Empty(element) => note(&element, &mut cases, &mut name),
            Xml::End(_) => depth -= 1,
            Xml::Text(text) => {
                if let Some((_, words)) = cases.get_mut(&name) {
                    words.push_str(&text.xml10_content().expect("text"));
                }
            }
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element is closed");
    cases
}

fn note(element: &quick_xml::events::BytesStart<'_>, cases: &mut JUnit, name: &mut String) {
    let attributes: Vec<_> = element.attributes().map(|attribute| attribute.expect("well-formed")).collect();
    match element.name().as_ref() {
        b"testcase" => {
            let found = attributes.iter().find(|attribute| attribute.key.as_ref() == b"name").expect("named");
            *name = String::from_utf8(found.value.to_vec()).expect("text");
            cases.insert(name.clone(), (None, String::new()));
        }
        kind @ (b"failure" | b"error" | b"skipped") => {
            let case = cases.get_mut(name).expect("inside a case");
            assert!(case.0.is_none(), "{name} has two outcomes");
            case.0 = Some(String::from_utf8_lossy(kind).into_owned());
        }
        _ => {}
    }
}

#[test]
fn junit() {
    let run = run();
    let text = written("junit", &run);
    assert_harmless(&text);
    insta::assert_snapshot!(text);
    let cases = parse(&text);
    assert_eq!(cases.len(), run.run.cases.len());
    for case in &run.run.cases {
        let expected = match case.verdict {
            Verdict::Fail => Some("failure"),
            Verdict::Error => Some("error"),
            Verdict::Skip => Some("skipped"),
            Verdict::Pass | Verdict::Deviation => None,
        };
        assert_eq!(cases[&case.id].0.as_deref(), expected, "{}", case.id);
    }
    let counted = ["failures=\"3\"", "errors=\"1\"", "tests=\"10\""];
    let summary = text.lines().find(|line| line.starts_with("<testsuites")).expect("there");
    assert!(counted.iter().all(|count| summary.contains(count)), "{summary}");
}

#[test]
fn there_is_a_report_for_each_name() {
    for report in report::REPORTS {
        assert_eq!(report::find(report.name).map(|found| found.summary), Some(report.summary));
        assert!(!written(report.name, &run()).is_empty());
    }
    assert!(report::find("no-such-report").is_none());
}

/// What a run says, by the reasons of its cases, the tests that were to be run, those that there are, and its end.
#[test]
fn statements() {
    use Reason::{AcceptedInvalid, DocVsServer, Met, NotDeclared, Setup, Unattributed};
    let whole = Some(false);
    type Row = (&'static [Reason], usize, usize, Option<bool>, Statement);
    let table: &[Row] = &[
        (&[Met, Met], 2, 2, whole, Statement::Conformant),
        (&[Met, Unattributed], 2, 2, whole, Statement::Conformant),
        (&[Met, DocVsServer], 2, 2, whole, Statement::WithDeviations),
        (&[Met, NotDeclared], 2, 2, whole, Statement::Conformant),
        (&[Met], 2, 2, whole, Statement::Partial),
        (&[Met], 1, 2, whole, Statement::Partial),
        (&[DocVsServer], 1, 2, whole, Statement::Partial),
        (&[Met], 1, 1, Some(true), Statement::Partial),
        (&[Met], 1, 1, None, Statement::Partial),
        (&[], 0, 0, None, Statement::Partial),
        (&[Met, Setup], 2, 2, whole, Statement::Inconclusive),
        (&[Met, Setup, DocVsServer], 3, 9, Some(true), Statement::Inconclusive),
        (&[Met, AcceptedInvalid], 2, 2, whole, Statement::NonConformant),
        (&[Setup, AcceptedInvalid, DocVsServer], 3, 9, None, Statement::NonConformant),
    ];
    for (reasons, tests, available, end, expected) in table {
        let mut run = run();
        run.run.started.tests = *tests;
        run.run.started.available = *available;
        let sent_again = SentAgain::default();
        run.run.finished =
            end.map(|interrupted| RunFinished { interrupted, duration_ms: 1, ended: None, stopped: None, sent_again });
        run.run.cases =
            reasons.iter().map(|reason| record("v1/u2f/rest/s/c", "api/status/ok", *reason, "e", "r")).collect();
        assert_eq!(run.run.statement(), *expected, "{reasons:?} {tests} of {available}, {end:?}");
        // What only compares tests is none of them.
        run.run.cases.push(record("v1/u2f/all/s/c", "api/transports-agree", Met, "e", "r"));
        assert_eq!(run.run.statement(), *expected, "{reasons:?} and a comparison");
    }
}
