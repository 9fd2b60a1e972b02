//! Writes a case as a suite of its own, in the form that suites have.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::model::{AlgorithmChoice, Case, OracleVerdict};
use super::{Expectation, Made, MutationUse};
use crate::contract::Protocol;

/// The text of a suite with one case of the form start, make, verify. `comment` stands at its head.
pub fn suite_text(case: &Case, comment: &str) -> String {
    let mut text = String::new();
    for line in comment.lines() {
        push(&mut text, format_args!("# {line}\n"));
    }
    let suite = case.id.split('/').next().unwrap_or_default();
    push(&mut text, format_args!("suite: {suite}\ncases:\n"));
    let make = case.steps.iter().find(|step| step.make == Some(Made::Credential));
    let mutations: &[MutationUse] = make.map_or(&[], |step| &step.mutate.0);
    let mutate = mutations.iter().map(|mutate| json!({ &mutate.id: mutate.args })).collect();
    let oracle = make.and_then(|step| step.oracle.as_ref()).map(|oracle| match oracle {
        OracleVerdict::Accept => "accept".to_owned(),
        OracleVerdict::RefuseAt(check) => check.clone(),
    });
    let algorithm = match case.algorithm {
        AlgorithmChoice::Given(algorithm) => algorithm.name().unwrap_or_default(),
        AlgorithmChoice::NotOffered => "not-offered",
    };
    let named = |expectation: Expectation| {
        Expectation::NAMED.into_iter().find(|(_, known)| *known == expectation).map(|(name, _)| name)
    };
    let otherwise = named(case.otherwise).filter(|_| case.otherwise != Expectation::EITHER);
    let reason = case.steps.last().map_or(&[][..], |step| &step.reason);
    let requires: Vec<String> = case.requires.iter().map(super::Requirement::name).collect();
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
        ("key", json!(case.key)),
        ("requires", json!(requires)),
        ("otherwise", json!(otherwise)),
        ("policy", json!(case.policy)),
        ("mutate", Value::Array(mutate)),
        ("oracle", json!(oracle)),
        ("reason", json!(reason)),
        ("expect", json!(case.expectation().and_then(named))),
    ];
    let mut lead = "- ";
    for (name, value) in members {
        if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
            continue;
        }
        push(&mut text, format_args!("{lead}{name}: {}\n", flow_style(&value)));
        lead = "  ";
    }
    text
}

/// JSON is YAML's flow style, except for characters that YAML wants escaped.
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
            if !case.sampled || case.each.is_some() || case.steps.len() != 3 {
                continue;
            }
            case.title.push_str(" \u{7f}\u{85}\u{feff}\u{1f600} # \"'{}");
            let text = suite_text(&case, "found\nby nobody");
            let mut read = parse_suite("written.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}"));
            let read = read.pop().expect("one case");
            case.sampled = false;
            case.catalogue.clear();
            case.place.clone_from(&read.place);
            assert_eq!(format!("{read:?}"), format!("{case:?}"));
            written += 1;
        }
        assert!(written > 500, "{written}");
    }
}
