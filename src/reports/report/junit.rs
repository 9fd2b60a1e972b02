//! JUnit XML: failures as failures, errors as errors, skips as skipped.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::text::printable;
use super::{known, made, paste, place};
use crate::gate::{Judged, Standing};
use crate::outcome::{CaseRecord, Verdict};

/// One test suite per flow and protocol, one test case per test.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let run = &judged.run;
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for record in &run.cases {
        let name = format!("{}/{}", record.flow, record.protocol);
        let suite = suites.entry(name.clone()).or_insert_with(|| TestSuite::new(name));
        suite.add_test_case(test_case(judged, record));
    }
    let mut report = Report::new(format!("proofmark {}", printable(&run.started.target)));
    for mut suite in suites.into_values() {
        if let Some(time) = run.started.occasion.started {
            suite.extra.insert("timestamp".into(), time.to_string().into());
        }
        for (name, value) in made::facts(run) {
            suite.add_property(Property::new(printable(&name), printable(&value)));
        }
        suite.add_property(Property::new("version", printable(&run.started.version)));
        suite.add_property(Property::new("seed", run.started.seed.to_string()));
        suite.add_property(Property::new("profile", run.started.profile.name()));
        suite.add_property(Property::new("base-url", printable(&run.started.base_url)));
        report.add_test_suite(suite);
    }
    report.add_test_suites(entries(judged));
    report.add_test_suites(stopped(judged));
    report.serialize(out).map_err(io::Error::other)
}

/// One test case for each entry of the known-deviations file that has to be looked at, because no other test case would fail for it.
fn entries(judged: &Judged) -> Option<TestSuite> {
    let mut suite = TestSuite::new("known deviations");
    for (entry, words) in known::problems(judged) {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_type("known-deviation");
        status.set_message(printable(&words));
        let mut case = TestCase::new(format!("line {}", entry.line), status);
        case.set_classname("known");
        suite.add_test_case(case);
    }
    (!suite.test_cases.is_empty()).then_some(suite)
}

/// One test case that reports that a run ended early: tests that were not played have no test case.
fn stopped(judged: &Judged) -> Option<TestSuite> {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("stopped");
    status.set_message(judged.run.stopped_words()?);
    let mut case = TestCase::new("everything was played", status);
    case.set_classname("run");
    let mut suite = TestSuite::new("run");
    suite.add_test_case(case);
    Some(suite)
}

fn test_case(judged: &Judged, record: &CaseRecord) -> TestCase {
    let mut case = TestCase::new(record.id.clone(), status(judged, record));
    // CI services make a tree of the parts between dots.
    case.set_classname(record.case.replace('.', "_").replace('/', "."));
    if let Some(path) = place::file(&judged.run.started, record) {
        case.extra.insert("file".into(), printable(path).into());
    }
    case.set_time(Duration::from_micros(record.duration_us));
    for id in &record.clauses {
        case.add_property(Property::new("clause", id.clone()));
    }
    if let Some(basis) = record.basis() {
        case.add_property(Property::new("basis", basis.name()));
    }
    case.add_property(Property::new("verdict", format!("{} ({})", record.verdict.name(), record.reason.name())));
    if let Some(severity) = record.severity() {
        case.add_property(Property::new("severity", severity.name()));
    }
    if record.flaky {
        case.add_property(Property::new("flaky", "true"));
    }
    case
}

fn status(judged: &Judged, record: &CaseRecord) -> TestCaseStatus {
    let standing = judged.standing(record);
    let kind = match (record.verdict, standing) {
        (_, Standing::Known(entry)) => return skipped(&format!("known: {entry}")),
        (Verdict::Skip, _) => return skipped(&record.reason.name()),
        (Verdict::Error, _) => NonSuccessKind::Error,
        _ if judged.is_red(record) => NonSuccessKind::Failure,
        // JUnit has no deviations: a deviation is a success with a property, because it does not break the gate.
        _ => return TestCaseStatus::success(),
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(record.reason.name());
    let told = match standing {
        Standing::Changed(entry) => format!("changed, it was known as {}: ", entry.seen()),
        Standing::Expired(entry) => format!("known, but expired: {entry}: "),
        _ => String::new(),
    };
    if let Some(finding) = record.findings.first() {
        let message = format!("{told}{}: expected {}; received {}", finding.clause, finding.expected, finding.received);
        status.set_message(printable(&message));
    }
    status.set_description(description(judged, record));
    status
}

fn skipped(why: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(printable(why));
    status
}

fn description(judged: &Judged, record: &CaseRecord) -> String {
    let mut lines = vec![record.title.clone()];
    for finding in &record.findings {
        let promise = finding.promise();
        lines.push(format!("clause   {}", finding.clause));
        lines.extend(promise.map(|promise| format!("promise  {promise} [{}]", printable(promise.source))));
        lines.push(format!("expected {}", printable(&finding.expected)));
        lines.push(format!("received {}", printable(&finding.received)));
    }
    lines.push(format!("again    {}", printable(&paste::replay(&judged.run.started, record))));
    if !record.curl.is_empty() {
        // The line breaks of a shell command are its own.
        lines.extend(record.curl.lines().map(printable));
    }
    lines.join("\n")
}
