//! How a run was made, when, where and for what: in every report, and the same command to paste.

use proofmark::gate::Judged;
use proofmark::outcome::{MadeWith, Moment, Occasion, Profile, Verdict};
use proofmark::report::{self, REPORTS};
use serde_json::Value;

use super::{HOSTILE, assert_harmless, run, written};

/// A run whose stream says everything, with a file of this checkout as its target file.
fn made() -> Judged {
    let mut run = run();
    let started = &mut run.run.started;
    started.made_with = Some(Box::new(MadeWith {
        target_file: Some("fixtures/targets/example.toml".to_owned()),
        command: Some("proofmark run --target fixtures/targets/example.toml".to_owned()),
        ..MadeWith::default()
    }));
    started.occasion = Occasion {
        started: Some(Moment::at(1_764_582_354)),
        host: Some("build-7".to_owned()),
        labels: [("commit", "1a2b3c"), ("branch", HOSTILE)].map(|(a, b)| (a.to_owned(), b.to_owned())).into(),
    };
    started.profile = Profile::Strict;
    run.run.finished = run
        .run
        .finished
        .map(|finished| proofmark::outcome::RunFinished { ended: Some(Moment::at(1_764_582_400)), ..finished });
    run
}

#[test]
fn every_report_has_the_same_command() {
    let run = made();
    let command = "proofmark replay 'v1/u2f/rest/limits/name-201' --seed 7 --target fixtures/targets/example.toml --profile strict";
    let escaped = command.replace('\'', "&#39;");
    for report in REPORTS.iter().filter(|report| !["ndjson", "badge", "coverage"].contains(&report.name)) {
        let text = written(report.name, &run).replace("&apos;", "'");
        assert!(text.contains(command) || text.contains(&escaped), "{}: {text}", report.name);
        assert!(!text.contains("the same --target"), "{}", report.name);
    }
    for text in [report::summary(&run), report::annotations(&run)] {
        assert!(text.contains(command), "{text}");
    }
    // Without a word in the stream the reader is told what to add.
    assert!(report::summary(&super::run()).contains("   (with the same --target or --defect)\n"));
}

#[test]
fn every_report_says_when_and_where_it_was_made() {
    let run = made();
    for report in REPORTS.iter().filter(|report| !["badge", "codequality"].contains(&report.name)) {
        let text = written(report.name, &run);
        for words in ["2025-12-01T09:45:54Z", "2025-12-01T09:46:40Z", "build-7", "1a2b3c"] {
            assert!(text.contains(words), "{}: no {words}", report.name);
        }
    }
    let text = report::summary(&run);
    assert_harmless(&text);
    assert!(text.contains("started   2025-12-01T09:45:54Z on build-7, version 0.0.0\n"), "{text}");
    assert!(text.contains("commit=1a2b3c"), "{text}");
}

#[test]
fn files_of_the_checkout_are_named_and_no_others() {
    let place = |run: &Judged| {
        let log: Value = serde_json::from_str(&written("sarif", run)).expect("JSON");
        let first = &log["runs"][0]["results"][0];
        super::sarif::assert_sarif(&log);
        first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].as_str().map(str::to_owned)
    };
    assert_eq!(place(&made()).as_deref(), Some("fixtures/targets/example.toml"));
    let junit = written("junit", &made());
    assert!(junit.contains(" file=\"fixtures/targets/example.toml\""), "{junit}");
    assert!(
        junit.contains("timestamp=\"2025-12-01T09:45:54Z\"") && junit.contains("classname=\"limits.name-201\""),
        "{junit}"
    );
    let mut elsewhere = made();
    elsewhere.run.started.made_with.iter_mut().for_each(|with| with.target_file = Some("not-here.toml".to_owned()));
    assert_eq!(place(&elsewhere), None);
    assert!(!written("junit", &elsewhere).contains(" file=\""));
}

#[test]
fn code_quality_has_an_issue_for_each_fail_and_deviation_the_gravest_first() {
    let run = made();
    let text = written("codequality", &run);
    assert_harmless(&text);
    let issues: Vec<Value> = serde_json::from_str(&text).expect("a list");
    let concerned = |verdict| matches!(verdict, Verdict::Fail | Verdict::Deviation);
    assert_eq!(issues.len(), run.run.cases.iter().filter(|case| concerned(case.verdict)).count());
    let levels = ["blocker", "critical", "major", "minor"];
    let mut prints = std::collections::BTreeSet::new();
    for issue in &issues {
        assert!(levels.contains(&issue["severity"].as_str().expect("a word")), "{issue}");
        assert_eq!(issue["location"]["path"], "fixtures/targets/example.toml");
        assert_eq!(issue["location"]["lines"]["begin"], 1);
        assert!(
            issue["description"].as_str().is_some_and(|words| words.contains("Again: proofmark replay ")),
            "{issue}"
        );
        assert!(issue["check_name"].as_str().is_some_and(|name| name.contains('/')), "{issue}");
        assert!(prints.insert(issue["fingerprint"].to_string()), "{issue}");
    }
}

/// A stream of format 3 has no times, and can be read.
#[test]
fn a_stream_of_the_form_before_is_still_read() {
    let now = written("ndjson", &run());
    let before = now.replacen("\"format\":5", "\"format\":3", 1);
    assert_ne!(now, before);
    let read = report::read_run(before.as_bytes()).expect("read").run;
    assert_eq!(read.started.occasion, Occasion::default());
    assert_eq!(read.cases.len(), run().run.cases.len());
}
