//! JUnit XML: a test case for each threshold, one for the answers, and one for the generator.

use std::io;
use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use super::super::text::printable;
use crate::outcome::load::{JudgedThreshold, Judgement, LoadRecord, Stopped};

pub(super) fn write(record: &LoadRecord, out: &mut dyn io::Write) -> io::Result<()> {
    let mut suite = TestSuite::new("load");
    suite.set_time(Duration::from_micros(record.elapsed_us));
    for (name, value) in [
        ("version", printable(&record.version)),
        ("base-url", printable(&record.plan.base_url)),
        ("seed", record.plan.seed.to_string()),
        ("plan", printable(&record.plan.digest)),
        ("started", printable(&record.started)),
        ("interrupted", record.interrupted.to_string()),
    ] {
        suite.add_property(Property::new(name, value));
    }
    suite.add_test_cases([case("answers", correctness(record)), case("generator", generator(record))]);
    // An error, since the target was not there to be judged.
    let ended = |stopped: &Stopped| not(NonSuccessKind::Error, "stopped", &stopped.to_string(), &[]);
    suite.add_test_cases(record.stopped.iter().map(|stopped| case("ended", ended(stopped))));
    suite.add_test_cases(record.thresholds.iter().map(|judged| case(&judged.rule, threshold(judged))));
    let mut report = Report::new(format!("proofmark load {}", printable(&record.plan.target)));
    report.add_test_suite(suite);
    report.serialize(out).map_err(io::Error::other)
}

fn case(name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(printable(name), status);
    case.set_classname("load");
    case
}

fn not(kind: NonSuccessKind, name: &str, message: &str, description: &[String]) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(name);
    status.set_message(printable(message));
    status.set_description(description.iter().map(|line| printable(line)).collect::<Vec<_>>().join("\n"));
    status
}

fn threshold(judged: &JudgedThreshold) -> TestCaseStatus {
    match judged.verdict {
        Judgement::Met => TestCaseStatus::success(),
        Judgement::Missed => not(NonSuccessKind::Failure, "missed", &judged.text, &[]),
        Judgement::Inconclusive => not(NonSuccessKind::Failure, "inconclusive", &judged.text, &[]),
    }
}

fn correctness(record: &LoadRecord) -> TestCaseStatus {
    if record.is_correct() {
        return TestCaseStatus::success();
    }
    let of = &record.correctness;
    let message = format!(
        "wrong answers: {}; {} not conformant, {} somebody else's, {} verified twice, {} lost, {} accepted that had to be refused",
        of.wrong(),
        of.nonconformant,
        of.crossed,
        of.double_wins,
        of.lost,
        of.negatives_accepted
    );
    let lines = record.errors.iter().map(|error| format!("{} {}: {}", error.count, error.class, error.example));
    not(NonSuccessKind::Failure, "wrong-answer", &message, &lines.collect::<Vec<_>>())
}

/// An error, since there is no verdict on the target then.
fn generator(record: &LoadRecord) -> TestCaseStatus {
    if !record.is_limited() {
        return TestCaseStatus::success();
    }
    let reasons: Vec<String> =
        record.generators.iter().flat_map(|generator| generator.reasons.iter().cloned()).collect();
    let message = "GENERATOR-LIMITED: no figure is the target's limit";
    not(NonSuccessKind::Error, "generator-limited", message, &reasons)
}
