//! JUnit XML: failures as failures, errors as errors, skips as skipped.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::text::printable;
use crate::contract::clause;
use crate::gate::Judged;
use crate::outcome::{CaseRecord, Verdict};

/// One test suite per flow and protocol, one test case per permutation.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let run = &judged.run;
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for record in &run.cases {
        let name = format!("{}/{}", record.flow, record.protocol);
        let suite = suites.entry(name.clone()).or_insert_with(|| TestSuite::new(name));
        suite.add_test_case(test_case(record));
    }
    let mut report = Report::new(format!("proofmark {}", printable(&run.started.target)));
    for mut suite in suites.into_values() {
        suite.add_property(Property::new("seed", run.started.seed.to_string()));
        suite.add_property(Property::new("base-url", printable(&run.started.base_url)));
        report.add_test_suite(suite);
    }
    report.serialize(out).map_err(io::Error::other)
}

fn test_case(record: &CaseRecord) -> TestCase {
    let mut case = TestCase::new(record.id.clone(), status(record));
    case.set_classname(record.case.clone());
    case.set_time(Duration::from_micros(record.duration_us));
    for id in &record.clauses {
        case.add_property(Property::new("clause", id.clone()));
    }
    case.add_property(Property::new("verdict", format!("{} ({})", record.verdict.name(), record.reason.name())));
    if record.flaky {
        case.add_property(Property::new("flaky", "true"));
    }
    case
}

fn status(record: &CaseRecord) -> TestCaseStatus {
    let kind = match record.verdict {
        // JUnit knows no deviation: it is a success with a property, since it does not break the gate.
        Verdict::Pass | Verdict::Deviation => return TestCaseStatus::success(),
        Verdict::Skip => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(record.reason.name());
            return status;
        }
        Verdict::Fail => NonSuccessKind::Failure,
        Verdict::Error => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(record.reason.name());
    if let Some(finding) = record.findings.first() {
        let message = format!("{}: expected {}; received {}", finding.clause, finding.expected, finding.received);
        status.set_message(printable(&message));
    }
    status.set_description(description(record));
    status
}

fn description(record: &CaseRecord) -> String {
    let mut lines = vec![record.title.clone()];
    for finding in &record.findings {
        let promise = clause::find(&finding.clause);
        lines.push(format!("clause   {}", finding.clause));
        lines.extend(promise.map(|clause| format!("promise  {} [{}]", clause.text, clause.source)));
        lines.push(format!("expected {}", printable(&finding.expected)));
        lines.push(format!("received {}", printable(&finding.received)));
    }
    if !record.curl.is_empty() {
        // The line breaks of a shell command are its own.
        lines.extend(record.curl.lines().map(printable));
    }
    lines.join("\n")
}
