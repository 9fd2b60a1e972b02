//! Writes a case as its own suite file.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::algorithms::AlgorithmChoice;
use super::expectation::Expectation;
use super::model::Case;
use super::mutations::MutationUse;
use super::requirement::Requirement;
use super::step::{Made, OperationRef, Step};
use crate::contract::Protocol;

/// The text of a suite with one case. `comment` stands at its head.
pub fn suite_text(case: &Case, comment: &str) -> String {
    let mut text: String = comment.lines().map(|line| format!("# {line}\n")).collect();
    let suite = case.id.split('/').next().unwrap_or_default();
    push(&mut text, format_args!("suite: {suite}\ncases:\n"));
    let is_short = is_short(&case.steps);
    let steps = if is_short { Vec::new() } else { case.steps.iter().map(written).collect() };
    let make = case.steps.iter().filter(|_| is_short).find(|step| step.make == Some(Made::Credential));
    let mutations: &[MutationUse] = make.map_or(&[], |step| &step.mutate.0);
    let mutate = mutations.iter().map(|mutate| json!({ &mutate.id: mutate.args })).collect();
    let algorithm = match case.algorithm {
        _ if !case.algorithms.is_empty() => None,
        AlgorithmChoice::Given(algorithm) => algorithm.name(),
        AlgorithmChoice::NotOffered => Some("not-offered"),
    };
    let algorithms: Vec<&str> = case.algorithms.iter().filter_map(|algorithm| algorithm.name()).collect();
    let otherwise = Some(case.otherwise).filter(|otherwise| *otherwise != Expectation::EITHER);
    let reason = case.steps.last().filter(|_| is_short).map_or(&[][..], |step| &step.reason);
    let expect = case.expectation().filter(|_| is_short);
    let requires: Vec<String> = case.requires.iter().map(Requirement::name).collect();
    let protocols: Vec<&str> = case.protocols.iter().copied().map(Protocol::slug).collect();
    let formats: Vec<&str> = case.formats.iter().map(|format| format.slug()).collect();
    let members = [
        ("id", json!(case.id)),
        ("title", json!(case.title)),
        ("clauses", json!(case.clauses)),
        ("basis", json!(case.basis)),
        ("source", json!(case.source)),
        ("flows", json!(case.flows)),
        ("protocols", json!(protocols)),
        ("formats", json!(formats)),
        ("algorithm", json!(algorithm)),
        ("algorithms", json!(algorithms)),
        ("every-algorithm", json!(case.every_algorithm.then_some(true))),
        ("key", json!(case.key)),
        ("requires", json!(requires)),
        ("otherwise", json!(otherwise)),
        ("policy", json!(case.policy)),
        ("mutate", Value::Array(mutate)),
        ("oracle", json!(make.and_then(|step| step.oracle.as_ref()))),
        ("reason", json!(reason)),
        ("expect", json!(expect)),
        ("watch", json!(case.watch)),
        ("learnt", if case.learnt.is_empty() { Value::Null } else { json!(case.learnt) }),
    ];
    push_members(&mut text, members);
    if !is_short {
        push(&mut text, format_args!("  steps:\n"));
    }
    for step in steps {
        push(&mut text, format_args!("  - {}\n", flow_style(&step)));
    }
    text
}

/// The members with a value, as an entry of a list.
fn push_members<const N: usize>(text: &mut String, members: [(&str, Value); N]) {
    let mut lead = "- ";
    for (name, value) in members {
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        push(text, format_args!("{lead}{name}: {}\n", flow_style(&value)));
        lead = "  ";
    }
}

/// Whether the steps are the default ones: start, make, verify.
fn is_short(steps: &[Step]) -> bool {
    let [start, make, verify] = steps else { return false };
    let plain = |call| Step { call: Some(call), ..Step::default() };
    let made = Step { mutate: make.mutate.clone(), oracle: make.oracle.clone(), ..Step::default() };
    let made = Step { make: Some(Made::Credential), ..made };
    let (expect, reason) = (verify.expect, verify.reason.clone());
    let verified = Step { expect, reason, ..plain(OperationRef::Verify) };
    let is = |step: &Step, as_written: &Step| written(step) == written(as_written);
    expect.is_some() && is(start, &plain(OperationRef::Start)) && is(make, &made) && is(verify, &verified)
}

/// A step with the members that have a value.
fn written(step: &Step) -> Value {
    let value = |step: &Step| serde_json::to_value(step).unwrap_or_default();
    let (step, usual) = (value(step), value(&Step::default()));
    let says = |(name, value): &(&String, &Value)| usual.get(name.as_str()) != Some(*value);
    let members = step.as_object().into_iter().flatten().filter(says);
    members.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// JSON is YAML's flow style, except for characters that YAML requires to be escaped.
fn flow_style(value: &Value) -> String {
    let mut text = String::new();
    for character in value.to_string().chars() {
        if character.is_ascii() && !character.is_ascii_control() {
            text.push(character);
        } else {
            push(&mut text, format_args!("\\U{:08X}", u32::from(character)));
        }
    }
    text
}

/// Writing to a `String` can't fail.
fn push(text: &mut String, words: std::fmt::Arguments<'_>) {
    text.write_fmt(words).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{embedded, parse_suite};

    #[test]
    fn a_case_that_was_written_is_read_as_it_was() {
        let mut written = 0;
        for mut case in embedded().expect("valid suites") {
            if case.each.is_some() || !case.operations.is_empty() {
                continue;
            }
            case.title.push_str(" \u{7f}\u{85}\u{feff}\u{1f600} # \"'{}");
            let text = suite_text(&case, "found\nby nobody");
            let mut read = parse_suite("written.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let read = read.pop().expect("one case");
            (case.sampled, case.one_flow, case.one_place, case.sparse, case.single) =
                (false, false, false, false, None);
            case.catalogue.clear();
            case.place.clone_from(&read.place);
            assert_eq!(format!("{read:?}"), format!("{case:?}"));
            written += 1;
        }
        assert!(written > 800, "{written}");
    }

    #[test]
    fn what_is_watched_is_written_with_what_was_learnt() {
        let text = "suite: s\ncases:\n- id: s/a\n  title: t\n  clauses: [api/state/kept]\n  watch: always\n  \
                    learnt: { \"one thing\": false }\n  steps:\n  - { call: start, in: v1/u2f, over: grpc, as: other }\n  \
                    - { make: credential, of: 1 }\n  - { call: verify, of: 1, in: v1/u2f, as: other }\n  - { call: list }\n";
        let case = parse_suite("s.yaml", text).expect("valid").remove(0);
        let again = parse_suite("s.yaml", &suite_text(&case, "")).expect("valid").remove(0);
        assert_eq!(format!("{:?}", again.steps), format!("{:?}", case.steps));
        assert_eq!((again.watch, again.learnt), (case.watch, case.learnt));
    }
}
