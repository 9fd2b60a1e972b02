//! `show`: everything about a case, a clause, a mutation, a defect or a variant; or what a recorded run found.

use super::args::ShowArguments;
use super::exit::{Exit, Failure};
use super::{embedded, github, nearest, output, run, stream};
use crate::authenticator::MUTATIONS;
use crate::checks::CHECKS;
use crate::contract::{self, Protocol, clause, local};
use crate::outcome::{CaseRecord, RunRecord, Verdict};
use crate::report;
use crate::runner::offline_case;
use crate::scenario::{self, Case, Pattern, Plan, Selection};

/// How many entries are listed.
const LISTED: usize = 12;

/// Prints what the id names.
pub fn show(arguments: &ShowArguments) -> Result<Exit, Failure> {
    let id = arguments.id.as_str();
    if let Some(path) = &arguments.from {
        return recorded(id, path);
    }
    let cases = run::cases(&arguments.suites)?;
    let case_id = cases.iter().map(|case| case.id.as_str()).find(|known| *known == id || is_test_of(id, known));
    let text = case_id
        .and_then(|case_id| cases.iter().find(|case| case.id == case_id))
        .map(|case| describe_case(case, &cases))
        .transpose()?
        .or_else(|| describe_clause(id, &cases))
        .or_else(|| describe_mutation(id, &cases))
        .or_else(|| describe_switch(id));
    let Some(text) = text else {
        let switches = embedded::defects().into_iter().chain(embedded::variants()).map(|switch| switch.id);
        let clauses = clause::all().map(|clause| clause.id).chain(MUTATIONS.iter().map(|mutation| mutation.id));
        let near = nearest::meant(id, cases.iter().map(|case| case.id.as_str()).chain(clauses).chain(switches));
        let message = format!(
            "nothing is named `{id}`; `proofmark list cases` shows all cases; there are also clauses, mutations, defects and variants{near}"
        );
        return Err(Failure::text(Exit::Usage, message));
    };
    output::print(&text);
    Ok(Exit::Green)
}

/// Whether an id is `<flow>/<protocol>/<case>` with or without further axes.
fn is_test_of(id: &str, case: &str) -> bool {
    let Some(rest) = contract::flows().find_map(|flow| id.strip_prefix(flow.slug())?.strip_prefix('/')) else {
        return false;
    };
    let slugs = Protocol::ALL.iter().map(|protocol| protocol.slug()).chain(["all"]);
    let named = slugs.filter_map(|slug| rest.strip_prefix(slug)?.strip_prefix('/')).next();
    named.is_some_and(|named| named.strip_prefix(case).is_some_and(|after| after.is_empty() || after.starts_with('/')))
}

fn recorded(id: &str, path: &std::path::Path) -> Result<Exit, Failure> {
    let run = stream::read("--from", path)?;
    let found: Vec<_> = run.cases.iter().filter(|record| record.id == id || record.case == id).collect();
    if found.is_empty() {
        if decided(id, &run) {
            return Ok(Exit::Green);
        }
        let message = format!("--from {}: there is no test, case, clause or reason `{id}` in it", path.display());
        return Err(Failure::text(Exit::NothingSelected, message));
    }
    let step = github::Step::begin();
    for record in found.iter().take(LISTED) {
        output::line(&report::transcript(record, run.started.profile));
    }
    for record in found.iter().skip(LISTED) {
        output::line(&report::case_line(record, &output::view()));
    }
    step.end();
    Ok(Exit::Green)
}

/// Prints a line for each record that a clause or reason decided; `false` if there is none.
fn decided(id: &str, run: &RunRecord) -> bool {
    let is_about = |record: &&CaseRecord| {
        let clause = record.findings.first().map(|finding| finding.clause.as_str());
        record.verdict != Verdict::Pass && (clause == Some(id) || record.reason.name() == id)
    };
    let found: Vec<&CaseRecord> = run.cases.iter().filter(is_about).collect();
    let (step, view) = (github::Step::begin(), output::view());
    found.iter().for_each(|record| output::line(&report::case_line(record, &view)));
    step.end();
    !found.is_empty()
}

fn describe_case(case: &Case, all: &[Case]) -> Result<String, Failure> {
    let mut lines = vec![entry("case", &case.id), entry("", &case.title)];
    for id in &case.clauses {
        lines.extend(clause_lines(id));
    }
    lines.push(entry("basis", &format!("{} ({})", case.basis().name(), case.source())));
    if let Some(expectation) = case.expectation() {
        lines.push(entry("expected", expectation.words()));
    }
    for requirement in &case.requires {
        lines.push(entry("requires", &requirement.name()));
    }
    for (mutation, _) in case.mutations(None) {
        lines.push(entry("mutation", &format!("{}: {}", mutation.id, mutation.summary)));
    }
    let source = scenario::source_text(case).unwrap_or_default();
    for (index, line) in source.lines().enumerate() {
        let label = if index == 0 { "entry" } else { "" };
        lines.push(entry(label, line));
    }
    lines.push(entry("written", &format!("{}:{}", case.place.file, case.place.line)));
    let ids = tests(case, all)?;
    lines.push(entry("plays as", &format!("{} tests", ids.len())));
    lines.extend(ids.iter().take(LISTED).map(|id| entry("", id)));
    if ids.len() > LISTED {
        lines.push(entry("", &format!("... and {} more", ids.len() - LISTED)));
    }
    lines.push(entry("try", &format!("proofmark run '{}'", case.id)));
    lines.extend(ids.first().map(|id| entry("", &format!("proofmark replay '{id}'"))));
    Ok(lines.join("\n") + "\n")
}

fn tests(case: &Case, all: &[Case]) -> Result<Vec<String>, Failure> {
    let sizes = offline_case::sizes(all, local::ORIGIN, local::RP_ID).map_err(Failure::config)?;
    let patterns = vec![Pattern::new(&case.id).map_err(Failure::internal)?];
    let (flows, protocols) = (contract::usual().flows.to_vec(), Protocol::ALL.to_vec());
    let selection = Selection { flows, protocols, patterns, sizes, ..Selection::default() };
    let plan = Plan::new(vec![case.clone()], &selection);
    Ok(plan.tests.into_iter().map(|test| test.id).collect())
}

fn describe_clause(id: &str, cases: &[Case]) -> Option<String> {
    clause::find(id)?;
    let mut lines = clause_lines(id);
    let checks = CHECKS.iter().filter(|check| check.clause == id).map(|check| entry("check", check.id));
    lines.extend(checks);
    let named = |case: &&Case| case.clauses.iter().any(|clause| clause == id);
    let by_clause = scenario::covered::by_clause(cases);
    let judged = by_clause.get(id).map(Vec::as_slice).unwrap_or_default();
    let about: Vec<&Case> = cases.iter().filter(|case| named(case) || judged.contains(&case.id.as_str())).collect();
    lines.extend(listed("case", &about));
    lines.extend(clause::find(id).and_then(clause::Clause::excluded).map(|why| entry("excluded", why)));
    Some(lines.join("\n") + "\n")
}

fn describe_mutation(id: &str, cases: &[Case]) -> Option<String> {
    let mutation = MUTATIONS.iter().find(|mutation| mutation.id == id)?;
    let mut lines = vec![entry("mutation", mutation.id), entry("", mutation.summary)];
    let uses = |case: &&Case| case.mutations(None).iter().any(|(used, _)| used.id == id);
    let about: Vec<&Case> = cases.iter().filter(uses).collect();
    lines.extend(listed("case", &about));
    Some(lines.join("\n") + "\n")
}

fn describe_switch(id: &str) -> Option<String> {
    let switch = embedded::find_switch(id)?;
    let mut lines = vec![entry(switch.kind, id), entry("", switch.summary)];
    lines.extend(clause_lines(switch.clause));
    lines.extend(switch.found_by.iter().map(|pattern| entry("found by", pattern)));
    lines.push(entry("try", &format!("proofmark run --{} {id}", switch.kind)));
    Some(lines.join("\n") + "\n")
}

fn clause_lines(id: &str) -> Vec<String> {
    let Some(clause) = clause::find(id) else { return vec![entry("clause", id)] };
    vec![
        entry("clause", id),
        entry("promise", &format!("{} {}", clause.basis.word(), clause.text)),
        entry("source", clause.source),
    ]
}

fn listed(label: &str, cases: &[&Case]) -> Vec<String> {
    let shown = cases.iter().take(LISTED).map(|case| entry(label, &format!("{}: {}", case.id, case.title)));
    let more = (cases.len() > LISTED).then(|| entry("", &format!("... and {} more", cases.len() - LISTED)));
    shown.chain(more).collect()
}

fn entry(label: &str, words: &str) -> String {
    format!("{label:<9} {words}").trim_end().to_owned()
}
