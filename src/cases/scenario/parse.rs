//! Reads suites: YAML 1.2, typed; unknown keys are refused, and every error has its place and what to write instead.

use std::collections::HashSet;

use proofmark_scenarios::SUITES;
use thiserror::Error;

use super::also::{EACH, When};
use super::entry::{CaseEntry, SuiteFile};
use super::model::{Case, Place};
use super::oracle::OracleVerdict;
use super::step::{OperationRef, Step};
use super::strength;
use crate::authenticator::Mutation;
use crate::contract::{self, Flow, clause};
use crate::transport::{spelling, tamper};

/// A suite that can't be used.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// Not YAML, or not of the suite's form.
    #[error("{file}: {message}")]
    Syntax {
        /// The file as the user named it.
        file: String,
        /// The parser's message with line, column and a snippet.
        message: String,
    },
    /// A case that says something impossible.
    #[error("{file}:{line}:{column}: case `{case}`: {message}")]
    Case {
        /// The file as the user named it.
        file: String,
        /// Line of the case, from 1.
        line: u64,
        /// Column of the case, from 1.
        column: u64,
        /// Id of the case.
        case: String,
        /// What is wrong and what to write instead.
        message: String,
    },
}

/// The cases that are part of proofmark.
///
/// # Errors
/// Only if an embedded suite is broken, which the tests rule out.
pub fn embedded() -> Result<Vec<Case>, ScenarioError> {
    let mut cases = Vec::new();
    for (file, text) in SUITES {
        cases.extend(parse_suite(file, text)?);
    }
    Ok(cases)
}

/// The text of a built-in case in its suite; `None` for a case of another suite.
pub fn source_text(case: &Case) -> Option<String> {
    let (_, text) = SUITES.iter().find(|(file, _)| *file == case.place.file)?;
    let mut lines = text.lines().skip(case.place.line.checked_sub(1)?);
    let first = lines.next()?;
    let is_next = |line: &&str| line.starts_with("- ") || line.starts_with('#') || line.is_empty();
    let rest = lines.take_while(|line| !is_next(line));
    Some(std::iter::once(first).chain(rest).collect::<Vec<_>>().join("\n"))
}

/// Reads one suite.
///
/// # Errors
/// [`ScenarioError`] with the place and the fix.
pub fn parse_suite(file: &str, text: &str) -> Result<Vec<Case>, ScenarioError> {
    let suite: SuiteFile = serde_saphyr::from_str(text).map_err(|error| syntax(file, &error))?;
    let mut ids = HashSet::new();
    let mut cases = Vec::with_capacity(suite.cases.len());
    let entries = suite.cases.into_iter().flat_map(|entry| {
        let place = entry.defined;
        let each = entry.value.each_method().into_iter().flat_map(CaseEntry::each_carrier);
        each.map(move |entry| (place, entry))
    });
    for (place, entry) in entries {
        let fail = |message: String| ScenarioError::Case {
            file: file.to_owned(),
            line: place.line(),
            column: place.column(),
            case: entry.id.clone(),
            message,
        };
        check_entry(&suite.suite, &entry, &mut ids).map_err(fail)?;
        let mut case = Case::from(entry.clone());
        strength::check(&entry, &case).map_err(fail)?;
        (case.sampled, case.one_flow) = (suite.sampled, suite.one_flow);
        (case.one_place, case.sparse) = (suite.one_place, suite.sparse);
        case.place = Place { file: file.to_owned(), line: usize::try_from(place.line()).unwrap_or_default() };
        case.steps.iter().try_for_each(|step| check_step(&case, step)).map_err(fail)?;
        check_sequence(&case).map_err(fail)?;
        cases.push(case);
    }
    Ok(cases)
}

/// The parser's message, with its place in the form of every other error.
fn syntax(file: &str, error: &serde_saphyr::Error) -> ScenarioError {
    let message = error.to_string();
    let Some(at) = error.location() else { return ScenarioError::Syntax { file: file.to_owned(), message } };
    let place = format!("error: line {} column {}: ", at.line(), at.column());
    let message = message.strip_prefix(&place).unwrap_or(&message).to_owned();
    ScenarioError::Syntax { file: format!("{file}:{}:{}", at.line(), at.column()), message }
}

fn check_entry(suite: &str, entry: &CaseEntry, ids: &mut HashSet<String>) -> Result<(), String> {
    if !entry.id.strip_prefix(suite).is_some_and(|rest| rest.starts_with('/')) {
        return Err(format!("its id has to begin with `{suite}/`"));
    }
    if !ids.insert(entry.id.clone()) {
        return Err("its id is used twice".to_owned());
    }
    if entry.clauses.is_empty() {
        return Err("it names no clause; write `clauses: [..]`".to_owned());
    }
    for id in entry.clauses.iter().chain(&entry.reason).chain(entry.steps.iter().flat_map(|step| &step.reason)) {
        if clause::find(id).is_none() {
            return Err(format!("there is no clause `{id}`{}", near(id, clause::all().map(|clause| clause.id))));
        }
    }
    for pattern in &entry.flows {
        if !contract::flows().any(|flow| flow_matches(pattern, flow)) {
            return Err(format!(
                "the pattern `{pattern}` matches no flow; write v1/*, v2/*, or one of {}",
                flow_names()
            ));
        }
    }
    if let Some(wrong) = entry.methods.iter().find(|name| !name.bytes().all(|byte| byte.is_ascii_uppercase())) {
        return Err(format!("`{wrong}` is not an HTTP method; write for example GET"));
    }
    if entry.algorithm.is_some() && !entry.algorithms.is_empty() {
        return Err("it has both `algorithm` and `algorithms`".to_owned());
    }
    let short = !entry.mutate.0.is_empty() || entry.expect.is_some() || entry.oracle.is_some();
    match (entry.steps.is_empty(), short) {
        (true, false) => Err("it has neither `steps` nor `expect`".to_owned()),
        (false, true) => Err("it has `steps`, so mutate, oracle and expect have to be in the steps".to_owned()),
        (true, true) if entry.expect.is_none() => Err("it lacks `expect`".to_owned()),
        _ => Ok(()),
    }
}

fn check_step(case: &Case, step: &Step) -> Result<(), String> {
    let whose = [step.hold.is_some(), step.untouched.is_some()];
    let kinds = [step.prepare.is_some(), step.call.is_some(), step.make.is_some(), step.wait.is_some()];
    if kinds.into_iter().chain(whose).filter(|there| *there).count() != 1 {
        return Err("each step has to have exactly one of prepare, call, make, wait, hold and untouched".to_owned());
    }
    if step.also.iter().any(|also| also.place().is_none()) {
        return Err("a step says `in: each`, but the case has no `carriers`".to_owned());
    }
    let operation_axis = [step.prepare, step.call].contains(&Some(OperationRef::Operation));
    if operation_axis && case.operations.is_empty() {
        return Err("a step says `operation`, but the case has no `operations`".to_owned());
    }
    if step.prepare == Some(OperationRef::List) {
        return Err("a list needs no preparation; write `call: list`".to_owned());
    }
    if step.call == Some(OperationRef::List) && step.expect.is_some() && case.watch.is_none() {
        return Err(
            "a step that lists must not have `expect`: the list always has to show the factors of the case".to_owned()
        );
    }
    if step.method.as_deref() == Some(EACH) {
        return Err("a step says `method: each`, but the case has no `methods`".to_owned());
    }
    if let Some(mutate) = step.mutate.0.iter().find(|mutate| Mutation::find(&mutate.id).is_none()) {
        let known = crate::authenticator::MUTATIONS.iter().map(|mutation| mutation.id);
        return Err(format!("there is no mutation `{}`{}", mutate.id, near(&mutate.id, known)));
    }
    if let Some(name) = &step.tamper
        && tamper::find(name).is_none()
    {
        let known = tamper::FAULTS.iter().map(|fault| fault.id);
        return Err(format!("there is no request fault `{name}`{}", near(name, known)));
    }
    if let Some(name) = step.path.as_deref().filter(|name| spelling::find(name).is_none()) {
        let known = spelling::SPELLINGS.iter().map(|form| form.id);
        return Err(format!("there is no form of a path `{name}`{}", near(name, known)));
    }
    if let Some(OracleVerdict::RefuseAt(slug)) = &step.oracle
        && clause::find(&format!("webauthn/{slug}")).is_none()
    {
        return Err(format!(
            "`oracle: {slug}` is neither `accept`, a step of WebAuthn section 7.1 nor a check of section 8"
        ));
    }
    Ok(())
}

/// Whether the starts that steps name come before them, and whether a model can follow a watched case.
fn check_sequence(case: &Case) -> Result<(), String> {
    let mut starts = 0;
    let is_one_call = |step: &Step| {
        step.call.is_some()
            && step.race.is_none()
            && step.twin.is_none()
            && step.times == 1
            && step.when == When::Always
    };
    let mut together = case.steps.windows(2).filter(|pair| pair[0].with_next);
    let is_last = case.steps.last().is_some_and(|step| step.with_next);
    if is_last || together.any(|pair| !pair.iter().all(is_one_call)) {
        return Err("a step with `with-next` and the step after it have to be single calls".to_owned());
    }
    for step in &case.steps {
        let about = [step.of, step.from].into_iter().flatten();
        if let Some(wrong) = about.into_iter().find(|number| !(1..=starts).contains(number)) {
            return Err(format!("a step names start {wrong}, but there are {starts} before it"));
        }
        starts += if step.starts() { step.times } else { 0 };
        if step.race.is_some() && step.call != Some(OperationRef::Verify) {
            return Err(
                "`race` is only for `call: verify`; to send other calls at the same time, write `with-next`".to_owned()
            );
        }
        let is_alone = step.race.is_none() && !step.with_next;
        let is_plain = step.prepare.is_none() && is_alone && step.wait.is_none() && !step.is_malformed();
        if case.watch.is_some() && !is_plain {
            return Err("a case with `watch` may have only plain calls and `make` as steps".to_owned());
        }
    }
    if case.watch.is_none() && !case.learnt.is_empty() {
        return Err("`learnt` is only for cases with `watch`".to_owned());
    }
    Ok(())
}

/// `; did you mean ..?`, for the known name with the smallest edit distance.
fn near<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    known
        .map(|name| (distance(wrong, name), name))
        .min()
        .filter(|(distance, _)| *distance <= wrong.chars().count() / 2)
        .map(|(_, name)| format!("; did you mean `{name}`?"))
        .unwrap_or_default()
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

fn flow_names() -> String {
    contract::slugs().join(", ")
}

/// Whether a pattern such as `v2/*` or `v1/u2f` means this flow.
pub(super) fn flow_matches(pattern: &str, flow: Flow) -> bool {
    pattern.strip_suffix("/*").map_or(pattern == flow.slug(), |version| {
        flow.slug().strip_prefix(version).is_some_and(|rest| rest.starts_with('/'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(case: &str) -> String {
        let text = format!("suite: s\ncases:\n- {case}\n");
        parse_suite("own.yaml", &text).expect_err("refused").to_string()
    }

    #[test]
    fn the_embedded_suites_are_valid_and_broad() {
        let cases = embedded().expect("valid");
        assert!(cases.len() >= 60, "{} cases", cases.len());
        let ids: HashSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
        assert_eq!(ids.len(), cases.len(), "ids are unique over all suites");
    }

    #[test]
    fn errors_name_the_place_and_the_fix() {
        let unknown = error_of("{ id: s/a, title: t, clauses: [webauthn/7.1/chalenge], expect: must-reject }");
        assert!(unknown.contains("own.yaml:3:"), "{unknown}");
        assert!(unknown.contains("did you mean `webauthn/7.1/challenge`?"), "{unknown}");
        let key = error_of("{ id: s/a, title: t, clauses: [api/status/ok], expects: must-accept }");
        assert!(key.contains("expects") && key.contains("own.yaml"), "{key}");
        let clause = "title: t, clauses: [api/status/ok]";
        for (case, words) in [
            (format!("{{ id: x/a, {clause}, expect: must-accept }}"), "has to begin with `s/`"),
            (format!("{{ id: s/a, {clause} }}"), "neither `steps` nor `expect`"),
            (format!("{{ id: s/a, {clause}, expect: must-accept, mutate: {{ orign: x }} }}"), "did you mean `origin`?"),
            (format!("{{ id: s/a, {clause}, expect: must-accept, flows: [v3/*] }}"), "matches no flow"),
            (format!("{{ id: s/a, {clause}, expect: must-acept }}"), "must-accept"),
            (format!("{{ id: s/a, {clause}, steps: [{{ call: operation }}] }}"), "no `operations`"),
            (format!("{{ id: s/a, {clause}, steps: [{{ call: start, method: each }}] }}"), "no `methods`"),
            (format!("{{ id: s/a, {clause}, methods: [Get], expect: must-accept }}"), "`Get` is not an HTTP method"),
            (
                format!("{{ id: s/a, {clause}, algorithms: [DSA], expect: must-accept }}"),
                "there are no algorithms `DSA`",
            ),
            (
                format!("{{ id: s/a, {clause}, algorithm: ES256, algorithms: [rsa], expect: must-accept }}"),
                "both `algorithm` and `algorithms`",
            ),
            (format!("{{ id: s/a, {clause}, steps: [{{ expect: must-accept }}] }}"), "exactly one of"),
            (
                format!("{{ id: s/a, {clause}, steps: [{{ call: start }}, {{ call: verify, of: 2 }}] }}"),
                "start 2, but there are 1",
            ),
            (format!("{{ id: s/a, {clause}, watch: always, steps: [{{ prepare: remove }}] }}"), "plain calls"),
            (format!("{{ id: s/a, {clause}, steps: [{{ call: start, race: copies }}] }}"), "only for `call: verify`"),
            (
                format!("{{ id: s/a, {clause}, steps: [{{ call: start, with-next: true }}] }}"),
                "have to be single calls",
            ),
            (
                format!("{{ id: s/a, {clause}, steps: [{{ call: start, with-next: true }}, {{ prepare: verify }}] }}"),
                "have to be single calls",
            ),
            (
                format!("{{ id: s/a, {clause}, learnt: {{ a: true }}, steps: [{{ call: start }}] }}"),
                "only for cases with `watch`",
            ),
            (format!("{{ id: s/a, {clause}, steps: [{{ prepare: list }}] }}"), "write `call: list`"),
            (format!("{{ id: s/a, {clause}, steps: [{{ call: start, tamper: nothing }}] }}"), "no request fault"),
            (
                format!("{{ id: s/a, {clause}, steps: [{{ call: start, path: double-slsh }}] }}"),
                "did you mean `double-slash`?",
            ),
            (
                format!("{{ id: s/a, {clause}, steps: [{{ call: start, headers: {{ a b: x }} }}] }}"),
                "`a b` is not the name",
            ),
        ] {
            let error = error_of(&case);
            assert!(error.contains(words), "{case}: {error}");
        }
    }

    #[test]
    fn an_entry_with_methods_is_a_case_for_each() {
        let text = "suite: s\ncases:\n- id: s/by\n  title: a start by METHOD\n  clauses: [api/status/ok]\n  methods: [GET, HEAD]\n  \
                    steps: [{ call: start, method: each, expect: either }]\n";
        let cases = parse_suite("own.yaml", text).expect("valid");
        let seen: Vec<_> = cases.iter().map(|case| (case.id.as_str(), case.title.as_str(), case.place.line)).collect();
        assert_eq!(seen, [("s/by-get", "a start by GET", 3), ("s/by-head", "a start by HEAD", 3)]);
        assert_eq!(cases[1].steps[0].method.as_deref(), Some("HEAD"));
        let twice = text.replace("[GET, HEAD]", "[GET, GET]");
        assert!(parse_suite("own.yaml", &twice).expect_err("refused").to_string().contains("used twice"));
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("orign", "origin"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
