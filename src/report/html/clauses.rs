//! The clauses: what each promises, where that is written, and what the run saw of it over each protocol.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::escape::anchor;
use super::page::sign;
use crate::contract::Protocol;
use crate::contract::clause::{self, Clause};
use crate::outcome::{CaseRecord, Reason, RunRecord, Verdict};

/// A clause where it is referred to.
#[derive(Serialize)]
pub(super) struct Promise<'a> {
    id: &'a str,
    anchor: String,
    level: &'static str,
    text: &'static str,
    source: &'static str,
}

impl<'a> Promise<'a> {
    /// An id that the catalogue does not have comes from a foreign stream, and says nothing more.
    pub(super) fn of(id: &'a str) -> Promise<'a> {
        let known = clause::find(id);
        Promise {
            id,
            anchor: anchor("clause", id),
            level: known.map_or("", |clause| clause.level.name()),
            text: known.map_or("", |clause| clause.text),
            source: known.map_or("", |clause| clause.source),
        }
    }
}

/// Clause by protocol.
#[derive(Serialize)]
pub(super) struct Matrix<'a> {
    protocols: Vec<&'static str>,
    /// State, sign and the number of clauses that have it over some protocol.
    totals: Vec<(&'static str, &'static str, usize)>,
    groups: Vec<Group<'a>>,
}

/// The clauses of one document and section.
#[derive(Serialize)]
struct Group<'a> {
    name: String,
    rows: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    promise: Promise<'a>,
    cells: Vec<Cell>,
    /// Sign and verdict of the gravest record, id and anchor.
    cases: Vec<(&'static str, &'static str, &'a str, String)>,
}

/// What was seen over one protocol.
#[derive(Serialize)]
struct Cell {
    state: &'static str,
    sign: &'static str,
}

/// States, the gravest first, with their signs.
const STATES: [(&str, &str); 4] = [("violated", "✗"), ("weak", "~"), ("not verified", "·"), ("verified", "✓")];

impl<'a> Matrix<'a> {
    pub(super) fn of(run: &'a RunRecord) -> Matrix<'a> {
        let cases = cases(run);
        let mut groups: Vec<Group<'a>> = Vec::new();
        for clause in clause::all() {
            let name = group(clause.id);
            let row = row(run, clause, cases.get(clause.id));
            match groups.last_mut().filter(|group| group.name == name) {
                Some(group) => group.rows.push(row),
                None => groups.push(Group { name, rows: vec![row] }),
            }
        }
        let rows = || groups.iter().flat_map(|group| &group.rows);
        let has = |state: &str| rows().filter(|row| row.cells.iter().any(|cell| cell.state == state)).count();
        Matrix {
            protocols: Protocol::ALL.map(Protocol::slug).to_vec(),
            totals: STATES.into_iter().map(|(state, sign)| (state, sign, has(state))).collect(),
            groups,
        }
    }
}

/// Such as `webauthn 7.1`.
fn group(id: &str) -> String {
    let mut parts = id.split('/');
    let (document, section) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let numbered = section.starts_with(|first: char| first.is_ascii_digit());
    if numbered { format!("{document} {section}") } else { document.to_owned() }
}

/// The cases that are about a clause, each with its gravest verdict.
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

fn row<'a>(run: &'a RunRecord, clause: &'static Clause, cases: Option<&BTreeMap<&'a str, Verdict>>) -> Row<'a> {
    let cells = Protocol::ALL.into_iter().map(|protocol| {
        let state = state(run, clause.id, protocol);
        Cell { state, sign: STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, sign)| sign) }
    });
    let about = cases.into_iter().flatten();
    let about = about.map(|(id, verdict)| (sign(*verdict), verdict.name(), *id, anchor("case", id)));
    Row { promise: Promise::of(clause.id), cells: cells.collect(), cases: about.collect() }
}

/// Violated if any record of a protocol says so, verified if one saw it hold firmly, weak if that is all there is.
fn state(run: &RunRecord, id: &str, protocol: Protocol) -> &'static str {
    let own = run.cases.iter().filter(|record| record.protocol == protocol.slug() || record.protocol == "all");
    let seen: BTreeSet<&str> = own.filter_map(|record| said(record, id)).collect();
    ["violated", "verified", "weak"].into_iter().find(|state| seen.contains(state)).unwrap_or("not verified")
}

/// What one record says of a clause.
fn said(record: &CaseRecord, id: &str) -> Option<&'static str> {
    let mut own = record.findings.iter().filter(|finding| finding.clause == id);
    if own.any(|finding| finding.verdict() == Verdict::Fail) {
        return Some("violated");
    }
    if record.checked.iter().any(|known| known == id) {
        return Some("verified");
    }
    let about = record.clauses.iter().any(|known| known == id) && record.verdict == Verdict::Pass;
    let weak = matches!(record.reason, Reason::Unattributed | Reason::LeftOpen);
    about.then_some(if weak { "weak" } else { "verified" })
}
