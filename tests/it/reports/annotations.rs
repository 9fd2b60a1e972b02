//! Workflow commands for GitHub Actions, and the badge.

use proofmark::outcome::{Reason, Verdict};
use proofmark::report;
use serde_json::Value;

use super::{HOSTILE, assert_harmless, record, run, written};

/// Reads a command as the runner does: kind, title, message.
fn parse(line: &str) -> (String, String, String) {
    let rest = line.strip_prefix("::").expect("a command");
    let (head, message) = rest.split_once("::").expect("an end of the properties");
    let (kind, properties) = head.split_once(' ').expect("a property");
    let unescaped = |text: &str| text.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%");
    let mut properties = properties.split(',').map(|property| property.split_once('=').expect("name and value"));
    let (name, title) = properties.next().expect("one");
    assert_eq!((name, properties.next()), ("title", None), "{line}");
    (kind.to_owned(), unescaped(&title.replace("%3A", ":").replace("%2C", ",")), unescaped(message))
}

#[test]
fn annotations() {
    let text = report::annotations(&run());
    assert_harmless(&text);
    let commands: Vec<_> = text.lines().map(parse).collect();
    let kinds: Vec<&str> = commands.iter().map(|(kind, _, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["error", "error", "error", "warning"]);
    insta::assert_snapshot!(text);
}

#[test]
fn nothing_of_the_target_ends_a_command_or_begins_one() {
    let mut run = run();
    let evil = format!("%0A::set-env name=x::y\n::add-mask::z\r\n100%,a:b {HOSTILE}");
    for case in &mut run.run.cases {
        case.findings[0].received.clone_from(&evil);
        case.title.clone_from(&evil);
        case.findings[0].clause = format!("api/{evil}");
    }
    let text = report::annotations(&run);
    assert_harmless(&text);
    for (kind, title, message) in text.lines().map(parse) {
        assert!(["error", "warning"].contains(&kind.as_str()));
        assert!(title.contains("%0A::set-env name=x::y"), "{title}");
        assert!(message.contains("received: %0A::set-env name=x::y\\u{a}::add-mask::z"), "{message}");
        assert_eq!(message.lines().count(), 4, "{message}");
    }
}

#[test]
fn they_are_few() {
    let mut run = run();
    let case = |number: usize| {
        let reason = if number < 30 { Reason::WrongStatus } else { Reason::DocVsServer };
        record(&format!("v1/u2f/rest/s/c-{number}"), "api/status/ok", reason, &format!("{number}"), &"x".repeat(90_000))
    };
    run.run.cases = (0..60).map(case).collect();
    let text = report::annotations(&run);
    assert_eq!((text.matches("::error ").count(), text.matches("::warning ").count()), (10, 10));
    assert_eq!(text.matches("::21 more causes are in the summary above\n").count(), 2, "{text}");
    assert!(text.len() < 40_000, "{}", text.len());
    run.run.cases.truncate(0);
    assert_eq!(report::annotations(&run), "");
}

#[test]
fn badge() {
    let badge = |run| -> Value { serde_json::from_str(&written("badge", &run)).expect("JSON") };
    insta::assert_snapshot!(written("badge", &run()));
    let mut clean = run();
    clean.run.cases.retain(|case| case.verdict == Verdict::Pass);
    let ran = clean.run.cases.iter().filter(|case| case.protocol != "all").count();
    (clean.run.started.tests, clean.run.started.available, clean.run.started.cases) = (ran, ran, 1045);
    let conformant = badge(clean.clone());
    assert_eq!(conformant["message"], "conformant, 1045 cases");
    assert_eq!((&conformant["color"], &conformant["schemaVersion"]), (&"brightgreen".into(), &1.into()));
    clean.run.started.available = 9_000;
    assert_eq!(badge(clean)["message"], format!("partial, {ran} of 9000 tests"));
    let mut errors = run();
    errors.run.cases.retain(|case| case.verdict != Verdict::Fail);
    assert_eq!(badge(errors)["message"], "inconclusive, errors in 1 of 7 cases");
}
