//! Clauses by protocol: what a run saw of each clause.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::text::{printable, wrapped};
use crate::contract::Protocol;
use crate::contract::clause::{self, Clause};
use crate::outcome::{CaseRecord, Finding, Profile, Reason, RunRecord, Verdict};
use crate::words::beginning;

/// What a run saw of a clause over a protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// A finding shows that it does not hold.
    Violated,
    /// Nothing firm was seen: only refusals that are unattributed or had another reason, or passes that are left open.
    Weak,
    /// Not seen at all.
    NotVerified,
    /// Seen to hold: a case about it passed for a firm reason, or a check looked and found nothing.
    Verified,
    /// Not tested, for a written reason.
    Excluded,
    /// The clause is not about this protocol.
    NotApplicable,
}

impl State {
    /// Every state, the worst first.
    pub const ALL: [State; 6] =
        [State::Violated, State::Weak, State::NotVerified, State::Verified, State::Excluded, State::NotApplicable];

    /// `violated`, `weak`, `not-verified`, `verified`, `excluded` or `not-applicable`.
    pub const fn name(self) -> &'static str {
        match self {
            State::Violated => "violated",
            State::Weak => "weak",
            State::NotVerified => "not-verified",
            State::Verified => "verified",
            State::Excluded => "excluded",
            State::NotApplicable => "not-applicable",
        }
    }

    /// The word in a narrow column.
    const fn short(self) -> &'static str {
        match self {
            State::Violated => "VIOLATED",
            State::NotVerified => "open",
            State::NotApplicable => "-",
            other => other.name(),
        }
    }
}

/// Numbers of tests about a clause over a protocol.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// That saw it hold.
    pub verified: usize,
    /// That saw it broken.
    pub violated: usize,
    /// That saw nothing firm.
    pub weak: usize,
}

/// One clause.
#[derive(Debug, Clone)]
pub struct Row {
    /// The clause.
    pub clause: &'static Clause,
    /// State and counts, in the order of [`Protocol::ALL`].
    pub cells: [(State, Counts); 3],
    /// How many cases saw anything of it.
    pub cases: usize,
}

/// Every clause.
#[derive(Debug, Clone)]
pub struct Coverage {
    /// In the order of the catalogue.
    pub rows: Vec<Row>,
}

/// What a run saw of every clause. The tests of a clause also count for the clause that includes it.
pub fn coverage(run: &RunRecord) -> Coverage {
    let mut evidence: HashMap<&'static str, Evidence> = HashMap::new();
    let compared = compared(run);
    for record in &run.cases {
        let protocols =
            compared.get(&(record.flow.as_str(), record.case.as_str())).map(Vec::as_slice).unwrap_or_default();
        for (id, seen) in seen(record) {
            let Some(clause) = clause::find(id) else { continue };
            let own =
                protocols.iter().filter(|protocol| record.protocol == "all" || protocol.slug() == record.protocol);
            let mut own: Vec<Protocol> = own.copied().filter(|protocol| clause.protocols.contains(protocol)).collect();
            if own.is_empty() && seen == Seen::Violated {
                // A case that also calls over another protocol.
                own = clause.protocols.to_vec();
            }
            evidence.entry(clause.id).or_default().add(&own, seen, &record.case);
        }
    }
    Coverage { rows: clause::all().map(|clause| row(clause, &evidence)).collect() }
}

/// The protocols over which each case was played on each flow: those that a comparison is about.
fn compared(run: &RunRecord) -> HashMap<(&str, &str), Vec<Protocol>> {
    let mut found: HashMap<(&str, &str), Vec<Protocol>> = HashMap::new();
    for record in &run.cases {
        let Some(protocol) = Protocol::from_slug(&record.protocol) else { continue };
        let known = found.entry((&record.flow, &record.case)).or_default();
        if !known.contains(&protocol) {
            known.push(protocol);
        }
    }
    found
}

/// What a record says about a clause. Of several findings the most severe counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Holding,
    Weakly,
    Violated,
}

fn seen(record: &CaseRecord) -> BTreeMap<&str, Seen> {
    let mut seen: BTreeMap<&str, Seen> = record.checked.iter().map(|id| (id.as_str(), Seen::Holding)).collect();
    let mut add = |id, what| {
        let known = seen.entry(id).or_insert(what);
        *known = what.max(*known);
    };
    if record.verdict == Verdict::Pass && is_weak(record.reason) {
        record.clauses.iter().for_each(|id| add(id, Seen::Weakly));
    }
    for finding in &record.findings {
        match meaning(finding) {
            // A check of this test may have seen the clause hold; the weaker result is only about one answer of the test.
            Some(Seen::Violated) => add(&finding.clause, Seen::Violated),
            Some(Seen::Weakly) if !record.checked.contains(&finding.clause) => add(&finding.clause, Seen::Weakly),
            _ => {}
        }
    }
    seen
}

fn is_weak(reason: Reason) -> bool {
    matches!(reason, Reason::Unattributed | Reason::LeftOpen)
}

/// Whether a finding shows that its clause is broken, or nothing firm. An unmet recommendation is not a fail, and neither is a
/// document that differs from the server; but in both cases the statement does not hold. A finding with a weaker basis than its
/// clause does not break the clause.
fn meaning(finding: &Finding) -> Option<Seen> {
    let of_clause = clause::find(&finding.clause).map(|clause| clause.basis);
    let is_own = finding.basis.is_none() || finding.basis == of_clause;
    match finding.reason {
        Reason::ShouldUnmet | Reason::FidoUnmet | Reason::SecurityUnmet if !is_own => Some(Seen::Weakly),
        Reason::ShouldUnmet | Reason::FidoUnmet | Reason::SecurityUnmet => Some(Seen::Violated),
        Reason::DocVsServer => Some(Seen::Violated),
        Reason::WrongReason | Reason::AlsoAllowed => Some(Seen::Weakly),
        reason if is_weak(reason) => Some(Seen::Weakly),
        reason => (reason.verdict(Profile::Webauthn) == Verdict::Fail).then_some(Seen::Violated),
    }
}

/// What all records say about one clause.
#[derive(Debug, Default)]
struct Evidence {
    counts: [Counts; 3],
    cases: BTreeSet<String>,
}

impl Evidence {
    fn add(&mut self, protocols: &[Protocol], seen: Seen, case: &str) {
        for (protocol, counts) in Protocol::ALL.into_iter().zip(&mut self.counts) {
            if protocols.contains(&protocol) {
                match seen {
                    Seen::Holding => counts.verified += 1,
                    Seen::Weakly => counts.weak += 1,
                    Seen::Violated => counts.violated += 1,
                }
            }
        }
        if !protocols.is_empty() && !self.cases.contains(case) {
            self.cases.insert(case.to_owned());
        }
    }
}

fn row(clause: &'static Clause, evidence: &HashMap<&'static str, Evidence>) -> Row {
    let included: Vec<&Evidence> =
        evidence.iter().filter(|(id, _)| clause::includes(clause.id, id)).map(|(_, evidence)| evidence).collect();
    let cell = |index: usize| {
        let counts =
            included.iter().map(|evidence| evidence.counts[index]).fold(Counts::default(), |sum, one| Counts {
                verified: sum.verified + one.verified,
                violated: sum.violated + one.violated,
                weak: sum.weak + one.weak,
            });
        (state(clause, Protocol::ALL[index], counts), counts)
    };
    let cases: BTreeSet<&String> = included.iter().flat_map(|evidence| &evidence.cases).collect();
    Row { clause, cells: [cell(0), cell(1), cell(2)], cases: cases.len() }
}

fn state(clause: &Clause, protocol: Protocol, counts: Counts) -> State {
    if !clause.protocols.contains(&protocol) {
        State::NotApplicable
    } else if counts.violated > 0 {
        State::Violated
    } else if clause.excluded().is_some() {
        State::Excluded
    } else if counts.verified > 0 {
        State::Verified
    } else if counts.weak > 0 {
        State::Weak
    } else {
        State::NotVerified
    }
}

fn push_reason(text: &mut String, ids: &str, why: &str, width: usize) {
    for line in wrapped(&format!("{ids}: {why}"), width) {
        text.push_str(&format!("  {line}\n"));
    }
}

impl Row {
    /// The state over a protocol.
    pub fn state(&self, protocol: Protocol) -> State {
        let cell = Protocol::ALL.into_iter().zip(self.cells).find(|(known, _)| *known == protocol);
        cell.map_or(State::NotApplicable, |(_, (state, _))| state)
    }

    fn has(&self, state: State) -> bool {
        self.cells.iter().any(|(own, _)| *own == state)
    }
}

impl Coverage {
    /// The rows with a state and with an id that `takes` accepts.
    pub fn filtered(mut self, state: Option<State>, takes: impl Fn(&str) -> bool) -> Coverage {
        self.rows.retain(|row| takes(row.clause.id) && state.is_none_or(|state| row.has(state)));
        self
    }

    /// How many clauses have a state over at least one protocol.
    pub fn with(&self, state: State) -> usize {
        self.rows.iter().filter(|row| row.has(state)).count()
    }

    /// How many clauses have each state over a protocol, in the order of [`State::ALL`].
    pub fn totals(&self, protocol: Protocol) -> [usize; 6] {
        State::ALL.map(|state| self.rows.iter().filter(|row| row.state(protocol) == state).count())
    }

    /// The rows of each document, in the order in which documents appear first.
    pub fn by_document(&self) -> Vec<(&'static str, Vec<&Row>)> {
        let mut groups: Vec<(&'static str, Vec<&Row>)> = Vec::new();
        for row in &self.rows {
            let document = row.clause.document();
            match groups.iter_mut().find(|(known, _)| *known == document) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((document, vec![row])),
            }
        }
        groups
    }

    /// The table for a terminal of a width in characters: with the clauses' texts where it is wide enough.
    pub fn table(&self, width: usize) -> String {
        const STATE: usize = 9;
        const OPEN: &str = "not verified (open)";
        let longest = self.rows.iter().map(|row| row.clause.id.len()).chain([OPEN.len()]).max().unwrap_or_default();
        let columns = 2 + longest + 1 + 3 * STATE;
        let line = |first: &str, states: [&str; 3], last: &str| {
            let [rest, grpc, web] = states;
            let text = format!("  {first:longest$} {rest:STATE$}{grpc:STATE$}{web:STATE$}{last}");
            format!("{}\n", text.trim_end())
        };
        let mut text = line("clause", Protocol::ALL.map(Protocol::slug), "");
        for (document, rows) in self.by_document() {
            text.push_str(&format!("\n{document}\n"));
            for row in rows {
                let words = format!("{} {}", row.clause.basis.word(), row.clause.text);
                let words = if width > columns + 20 { cut(&words, width - columns) } else { String::new() };
                text.push_str(&line(row.clause.id, row.cells.map(|(state, _)| state.short()), &words));
            }
        }
        text.push_str(&self.reasons(width.max(40) - 2));
        text.push('\n');
        for (index, state) in State::ALL.into_iter().enumerate() {
            let counts = Protocol::ALL.map(|protocol| self.totals(protocol)[index].to_string());
            let word = if state == State::NotVerified { OPEN } else { state.name() };
            text.push_str(&line(word, counts.each_ref().map(String::as_str), ""));
        }
        text
    }

    /// Why clauses are excluded, each reason once, and why clauses whose cases are played on request only are not verified.
    fn reasons(&self, width: usize) -> String {
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for row in &self.rows {
            let Some(why) = row.clause.excluded() else { continue };
            match reasons.iter_mut().find(|(known, _)| *known == why) {
                Some((_, ids)) => ids.push(row.clause.id),
                None => reasons.push((why, vec![row.clause.id])),
            }
        }
        let mut text = String::new();
        for (why, ids) in reasons {
            text.push_str(if text.is_empty() { "\nexcluded\n" } else { "" });
            push_reason(&mut text, &ids.join(", "), why, width);
        }
        let is_open = |row: &&Row| Protocol::ALL.iter().any(|protocol| row.state(*protocol) == State::NotVerified);
        let open = self.rows.iter().filter(is_open).filter_map(|row| Some((row.clause.id, row.clause.on_request()?)));
        for (index, (id, why)) in open.enumerate() {
            text.push_str(if index == 0 { "\nnot verified\n" } else { "" });
            push_reason(&mut text, id, why, width);
        }
        text
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    format!("{}...", beginning(text, width.saturating_sub(3)))
}

/// The table of a run, with the target that it is about.
pub fn text(run: &RunRecord, coverage: &Coverage, width: usize) -> String {
    let started = &run.started;
    let target = format!("{} at {} (seed {})", started.target, started.base_url, started.seed);
    format!("{}\n\n{}", printable(&target), coverage.table(width))
}
