//! Runs that end early by themselves: the target went away, or a bound was reached. What was played is told, and nothing is red for it.

use proofmark::outcome::{Reason, RunRecord, Statement, StopCause, Stopped, Verdict};
use serde_json::Value;

use super::interrupted::{Started, signal, stream};
use super::{Output, Served, proofmark, text};

/// A run that is shown its server's end after some results, and what it left.
fn run_until(name: &str) -> (Started, Option<i32>, RunRecord, String) {
    let served = Served::with(&[]);
    let (ndjson, junit) = (served.path("run.ndjson"), served.path("run.xml"));
    let reports = [("ndjson", &ndjson), ("junit", &junit)].map(|(name, path)| format!("{name}={}", text(path)));
    let mut run = Started::beside(&served.target(), &reports, &["--timeout", "2s"]).after(60);
    signal(&served.server.0, name);
    let (code, err) = run.end();
    let recorded = stream(&ndjson);
    let junit = std::fs::read_to_string(&junit).expect("written");
    assert!(junit.trim_end().ends_with("</testsuites>"), "{err}");
    (run, code, recorded, junit)
}

/// Without a fail, since whatever the last calls came to can't be told from the end of the target.
#[track_caller]
fn assert_away(name: &str, causes: &[StopCause]) {
    let (run, code, recorded, junit) = run_until(name);
    let out = run.lines.concat();
    assert_eq!(code, Some(6), "{out}");
    let Some(Stopped { cause, .. }) = recorded.finished.expect("a last event").stopped else { panic!("{out}") };
    assert!(causes.contains(&cause), "{cause:?}");
    let bad: Vec<_> = recorded.cases.iter().filter(|case| case.verdict != Verdict::Pass).collect();
    assert!(!bad.is_empty() && bad.len() < 60, "{out}");
    for case in bad {
        assert_eq!(case.verdict, Verdict::Error, "{}: {:?}", case.id, case.findings);
        assert!(matches!(case.reason, Reason::TargetUnreachable | Reason::Aborted | Reason::ControlFailed), "{case:?}");
    }
    assert_eq!(recorded.statement(), Statement::Partial);
    let words = recorded.stopped_words().expect("stopped");
    // Without the breaks at the width.
    let flat = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.starts_with("the target went away at ") && flat.contains(&format!(" stopped {words} result ")),
        "{out}"
    );
    assert!(words.ends_with(&format!(" of {} tests were played", recorded.started.tests)));
    assert!(junit.contains("the target went away at "), "{junit}");
}

#[test]
fn a_run_ends_when_its_target_is_frozen() {
    assert_away("STOP", &[StopCause::Unanswered]);
}

#[test]
fn a_run_ends_when_its_target_is_killed() {
    assert_away("KILL", &[StopCause::Unreachable]);
}

fn last_event(served: &Served, args: &[&str]) -> (Output, Value) {
    let ndjson = served.path("run.ndjson");
    let report = format!("ndjson={}", text(&ndjson));
    let target = served.target();
    let output = proofmark(&[&["run", "--target", &target, "--report", &report, "--seed", "3"], args].concat());
    let events = std::fs::read_to_string(&ndjson).expect("written");
    (output, serde_json::from_str(events.lines().last().expect("a last event")).expect("JSON"))
}

#[test]
fn enough_failures_end_a_run() {
    let served = Served::with(&["--defect", "verification-skips-rp-id-hash"]);
    let all = ["v2/u2f/rest/auth-data/*", "-j", "2"];
    let (output, whole) = last_event(&served, &all);
    assert!(output.exits(1).out.contains("NON-CONFORMANT") && whole.get("stopped").is_none());
    for bound in [&["-x"][..], &["--max-failures", "1"], &["--max-failures", "3"]] {
        let (output, last) = last_event(&served, &[&all[..], bound].concat());
        let output = output.exits(1);
        assert_eq!(last["stopped"]["cause"], "max-failures", "{bound:?}");
        assert!(output.out.contains("\nstopped   --max-failures was reached at "), "{}", output.out);
        assert!(output.out.contains("NON-CONFORMANT"), "{}", output.out);
    }
    // What is known is not counted.
    let known = served.path("known.toml");
    let (stream, known_text) = (text(&served.path("run.ndjson")), text(&known));
    last_event(&served, &all).0.exits(1);
    proofmark(&["known", "suggest", "--from", &stream, "--known", &known_text, "--write"]).exits(0);
    let (output, last) = last_event(&served, &[&all[..], &["-x", "--known", &known_text]].concat());
    assert!(last.get("stopped").is_none(), "{}", output.out);
}

#[test]
fn a_run_ends_when_its_time_is_over() {
    let served = Served::with(&["--delay", "50ms"]);
    let (output, last) = last_event(&served, &["client-data/*", "-j", "2", "--max-time", "700ms"]);
    let output = output.exits(6);
    assert_eq!((&last["stopped"]["cause"], &last["interrupted"]), (&"max-time".into(), &false.into()));
    assert!(output.out.contains("\nstopped   --max-time was over at "), "{}", output.out);
    assert!(output.out.contains("result    partial: not everything ran"), "{}", output.out);
    let (output, last) = last_event(&served, &["enrolment/good", "--max-time", "60s"]);
    output.exits(0);
    assert!(last.get("stopped").is_none(), "everything was played");
    for wrong in
        [&["--max-time", "5"][..], &["--max-failures", "0"], &["-x", "--max-failures", "2"], &["-x", "--fuzz", "9"]]
    {
        proofmark(&[&["run"], wrong].concat()).exits(2);
    }
}
