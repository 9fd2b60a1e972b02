//! The clauses: the text and the source of each, and what the run saw of it over each protocol.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::escape::anchor;
use super::sign::sign;
use crate::contract::Protocol;
use crate::contract::clause;
use crate::outcome::{Finding, RunRecord, Verdict};
use crate::report::coverage::{self, State, coverage};

/// A clause where it is referred to.
#[derive(Serialize)]
pub(super) struct Promise<'a> {
    id: &'a str,
    anchor: String,
    /// The word for its basis.
    basis: &'static str,
    text: &'static str,
    source: &'a str,
}

impl<'a> Promise<'a> {
    /// An id that is not in the catalogue comes from a foreign stream; nothing more is known about it.
    pub(super) fn of(id: &'a str) -> Promise<'a> {
        let known = clause::find(id);
        Promise {
            id,
            anchor: anchor("clause", id),
            basis: known.map_or("", |clause| clause.basis.word()),
            text: known.map_or("", |clause| clause.text),
            source: known.map_or("", |clause| clause.source),
        }
    }

    /// The clause of a finding; the finding can have another basis than the clause.
    pub(super) fn of_finding(finding: &'a Finding) -> Promise<'a> {
        let general = Promise::of(&finding.clause);
        match finding.promise() {
            Some(promise) => Promise { basis: promise.basis.word(), source: promise.source, ..general },
            None => general,
        }
    }
}

/// Clause by protocol.
#[derive(Serialize)]
pub(super) struct Matrix<'a> {
    protocols: Vec<&'static str>,
    /// State, sign and the number of clauses that have this state over at least one protocol.
    totals: Vec<(&'static str, &'static str, usize)>,
    groups: Vec<Group<'a>>,
}

/// The clauses of one document.
#[derive(Serialize)]
struct Group<'a> {
    name: &'static str,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    promise: Promise<'a>,
    cells: Vec<Cell>,
    /// Why it is not tested.
    excluded: Option<&'static str>,
    /// Sign and verdict of the most severe record, id and anchor.
    cases: Vec<(&'static str, &'static str, &'a str, String)>,
}

/// What was seen over one protocol.
#[derive(Serialize)]
struct Cell {
    state: &'static str,
    sign: &'static str,
}

impl<'a> Matrix<'a> {
    pub(super) fn of(run: &'a RunRecord) -> Matrix<'a> {
        let (cases, covered) = (cases(run), coverage(run));
        let groups = covered.by_document().into_iter().map(|(name, rows)| {
            let rows = rows.into_iter().map(|covered| row(covered, cases.get(covered.clause.id)));
            Group { name, rows: rows.collect() }
        });
        Matrix {
            protocols: Protocol::ALL.map(Protocol::slug).to_vec(),
            totals: State::ALL
                .into_iter()
                .map(|state| (state.name(), state_sign(state), covered.with(state)))
                .collect(),
            groups: groups.collect(),
        }
    }
}

const fn state_sign(state: State) -> &'static str {
    match state {
        State::Violated => "✗",
        State::Weak => "~",
        State::NotVerified => "·",
        State::Verified => "✓",
        State::Excluded => "–",
        State::NotApplicable => " ",
    }
}

/// The cases that are about a clause, each with its most severe verdict.
fn cases(run: &RunRecord) -> BTreeMap<&str, BTreeMap<&str, Verdict>> {
    let mut cases: BTreeMap<&str, BTreeMap<&str, Verdict>> = BTreeMap::new();
    for record in &run.cases {
        let found = record.findings.iter().map(|finding| &finding.clause);
        let ids: BTreeSet<&String> = record.clauses.iter().chain(found).collect();
        for id in ids {
            let known = cases.entry(id).or_default().entry(&record.case).or_insert(record.verdict);
            *known = record.verdict.max(*known);
        }
    }
    cases
}

fn row<'a>(covered: &coverage::Row, cases: Option<&BTreeMap<&'a str, Verdict>>) -> Row<'a> {
    let cells = covered.cells.iter().map(|(state, _)| Cell { state: state.name(), sign: state_sign(*state) });
    let about = cases.into_iter().flatten();
    let about = about.map(|(id, verdict)| (sign(*verdict), verdict.name(), *id, anchor("case", id)));
    Row {
        promise: Promise::of(covered.clause.id),
        cells: cells.collect(),
        excluded: covered.clause.excluded(),
        cases: about.collect(),
    }
}
