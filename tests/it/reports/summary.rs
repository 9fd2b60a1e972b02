//! The summary as a stranger meets it: on a small terminal, with many causes, with one, with none.

use proofmark::contract::clause::{self, Severity, severity};
use proofmark::gate::Judged;
use proofmark::outcome::{Reason, Verdict};
use proofmark::report::{self, Summary, View};

use super::{assert_harmless, record, run};

/// A run with a cause for each of so many clauses, the least severe first, each over three protocols.
fn many(count: usize) -> Judged {
    let mut run = run();
    run.run.cases.clear();
    let mut clauses: Vec<&str> = clause::all().filter(|clause| clause.basis.binds()).map(|clause| clause.id).collect();
    clauses.sort_by_key(|id| severity(id));
    let step = clauses.len() / count;
    for id in clauses.into_iter().step_by(step).take(count).collect::<Vec<_>>().into_iter().rev() {
        for protocol in ["rest", "grpc", "grpc-web"] {
            let name = format!("v2/u2f/{protocol}/own/{}", id.replace('/', "-"));
            run.run.cases.push(record(&name, id, Reason::AcceptedInvalid, "refused", "accepted: 200"));
        }
    }
    run.run.started.target = "staging".to_owned();
    run
}

fn on_a_terminal() -> View {
    View { full: 10, ..View::default() }
}

/// The bar of the design: two screens of 24 lines end with the verdict, the three gravest causes and the next command.
#[test]
fn two_screens_of_a_red_run_say_what_matters() {
    let text = report::summary_for(&many(40), &on_a_terminal());
    let lines: Vec<&str> = text.lines().collect();
    let end = &lines[lines.len() - 48..];
    let line = |start: &str| {
        end.iter().position(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start}: {text}"))
    };
    assert!(end[line("result ")].contains("NON-CONFORMANT"), "{text}");
    let gravest = line("gravest ");
    assert!(end[gravest..gravest + 3].iter().all(|line| line.contains("critical  FAIL accepted-invalid: ")), "{text}");
    assert!(end[line("next ")].contains("proofmark replay 'v2/u2f/rest/own/"), "{text}");
    let pasted = ["replay", "show", "all", "next", "case", "also", "v2/"];
    for prose in lines.iter().filter(|line| !pasted.iter().any(|word| line.trim_start().starts_with(word))) {
        assert!(prose.chars().count() <= 80, "{prose}");
    }
    assert!(lines.len() < 40 + 10 * 15 + 30 && !text.contains("curl"), "{} lines", lines.len());
}

#[test]
fn causes_are_at_a_glance_the_gravest_first_and_ten_are_in_full() {
    let judged = many(40);
    let Summary { glance, details, .. } = Summary::of(&judged, &on_a_terminal());
    assert_eq!(glance.lines().nth(3), Some("fail"), "{glance}");
    let rows: Vec<&str> = glance.lines().filter(|line| line.contains("accepted-invalid: ")).collect();
    assert_eq!(rows.len(), 40, "{glance}");
    let place =
        |row: &str| Severity::ALL.iter().position(|severity| row.split_whitespace().nth(1) == Some(severity.name()));
    let places: Vec<_> = rows.iter().map(|row| place(row).expect("a severity")).collect();
    assert!(places.is_sorted() && places.first() < places.last(), "{glance}");
    let counts: Vec<&str> = rows[0].split_whitespace().rev().take(3).collect();
    assert_eq!(counts, ["1", "1", "1"], "{glance}");
    assert_eq!(details.matches("\nFAIL ").count(), 10, "{details}");
    assert!(details.contains("30 more causes are named in the table above."), "{details}");
    let whole = Summary::of(&judged, &View::default()).details;
    assert_eq!(whole.matches("\nFAIL ").count(), 40);
}

#[test]
fn quiet_is_the_verdict_and_a_line_for_each_cause() {
    let text = report::summary_for(&many(40), &View { brief: true, ..View::default() });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 41, "{text}");
    assert!(lines[0].starts_with("critical  FAIL accepted-invalid: ") && lines[0].ends_with(" in 3 tests"), "{text}");
    assert_eq!(lines[40], "result    NON-CONFORMANT (seed 7)");
}

#[test]
fn a_set_up_that_is_missing_comes_first_but_the_gravest_are_fails() {
    let mut judged = many(5);
    let missing = record("v1/u2f/rest/s/c", "webauthn/7.1/accept", Reason::Setup, "a started registration", "none");
    judged.run.cases.push(missing);
    let Summary { glance, details, end } = Summary::of(&judged, &on_a_terminal());
    assert_eq!(glance.lines().nth(3), Some("error"), "{glance}");
    assert!(details.starts_with("SETUP: "), "{details}");
    let gravest = end.lines().find(|line| line.starts_with("gravest ")).expect("there");
    assert!(gravest.contains("critical  FAIL"), "{end}");
    assert!(end.contains("next      fix 1 cause of setup first, then run again"), "{end}");
}

#[test]
fn one_cause_needs_no_table_and_none_no_next_step() {
    let judged = many(1);
    let Summary { glance, end, .. } = Summary::of(&judged, &on_a_terminal());
    assert_eq!((glance.as_str(), end.contains("gravest ")), ("", false));
    let mut green = run();
    green.run.cases.retain(|case| case.verdict == Verdict::Pass && !case.flaky);
    let text = report::summary(&green);
    assert!(!text.contains("next ") && text.lines().count() <= 15, "{text}");
}

/// Colours are the only escapes, whatever the target says.
#[test]
fn colours_do_not_let_a_target_colour() {
    let run = run();
    let view = View { colour: true, ..View::default() };
    let lines: String = run.run.cases.iter().map(|case| report::failure_lines(case, &view) + "\n").collect();
    let text = lines + &report::summary_for(&run, &view);
    let plain = report::summary_for(&run, &View::default());
    let mut stripped = text.clone();
    for code in ["0", "1", "2", "31", "32", "33", "1;31"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert!(text.contains("\u{1b}[31mFAIL\u{1b}[0m"), "{text}");
    assert_harmless(&stripped);
    assert!(stripped.ends_with(&plain), "colours change nothing else");
}
