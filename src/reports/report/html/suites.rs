//! Every case and every test, including passes, as compact as possible.

use std::collections::BTreeMap;

use serde::Serialize;

use super::escape::anchor;
use super::sign::sign;
use crate::contract::Protocol;
use crate::outcome::{CaseRecord, RunRecord, Verdict};

/// The cases of one suite.
#[derive(Serialize)]
pub(super) struct Suite<'a> {
    name: &'a str,
    /// Sign, verdict and number, the most severe first.
    counts: Vec<(&'static str, &'static str, usize)>,
    cases: Vec<CaseRow<'a>>,
}

#[derive(Serialize)]
struct CaseRow<'a> {
    id: &'a str,
    anchor: String,
    title: &'a str,
    clauses: Vec<(&'a str, String)>,
    flows: Vec<(&'a str, Vec<Chip<'a>>)>,
}

/// One test.
#[derive(Serialize)]
struct Chip<'a> {
    verdict: &'static str,
    sign: &'static str,
    protocol: &'a str,
    /// Its reason, if it is not a pass, and the place with more about it.
    reason: Option<(String, String)>,
}

/// All suites, in the order of their names.
pub(super) fn of(run: &RunRecord) -> Vec<Suite<'_>> {
    let mut suites: BTreeMap<&str, BTreeMap<&str, Vec<&CaseRecord>>> = BTreeMap::new();
    for record in &run.cases {
        let name = record.case.split('/').next().unwrap_or_default();
        suites.entry(name).or_default().entry(&record.case).or_default().push(record);
    }
    suites.into_iter().map(|(name, cases)| suite(name, cases)).collect()
}

fn suite<'a>(name: &'a str, cases: BTreeMap<&'a str, Vec<&'a CaseRecord>>) -> Suite<'a> {
    let count = |verdict| cases.values().flatten().filter(|record| record.verdict == verdict).count();
    let counts = Verdict::ALL.into_iter().map(|verdict| (sign(verdict), verdict.name(), count(verdict)));
    let counts = counts.filter(|(.., count)| *count > 0).collect();
    Suite { name, counts, cases: cases.into_iter().map(|(id, records)| case(id, &records)).collect() }
}

fn case<'a>(id: &'a str, records: &[&'a CaseRecord]) -> CaseRow<'a> {
    // A comparison has a title and a clause of its own, which describe the case less well.
    let first = records.iter().find(|record| record.protocol != "all").or(records.first());
    let clauses = first.map(|record| record.clauses.as_slice()).unwrap_or_default();
    let mut flows: BTreeMap<&str, Vec<Chip<'_>>> = BTreeMap::new();
    let mut ordered = records.to_vec();
    ordered.sort_by_key(|record| {
        Protocol::ALL.iter().position(|known| known.slug() == record.protocol).unwrap_or(usize::MAX)
    });
    for record in ordered {
        flows.entry(&record.flow).or_default().push(chip(record));
    }
    CaseRow {
        id,
        anchor: anchor("case", id),
        title: first.map_or("", |record| record.title.as_str()),
        clauses: clauses.iter().map(|id| (id.as_str(), anchor("clause", id))).collect(),
        flows: flows.into_iter().collect(),
    }
}

fn chip(record: &CaseRecord) -> Chip<'_> {
    let passed = record.verdict == Verdict::Pass;
    Chip {
        verdict: record.verdict.name(),
        sign: sign(record.verdict),
        protocol: &record.protocol,
        reason: (!passed).then(|| (record.reason.name(), anchor("run", &record.id))),
    }
}
