//! One JSON document for programs, as `reports/schemas/report.schema.json` has it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::Serialize;

use super::causes::{Cause, causes, ordered};
use super::{known, paste};
use crate::contract::clause::{self, Basis, Severity};
use crate::gate::{Gate, Judged, Standing};
use crate::outcome::pace;
use crate::outcome::{
    CaseRecord, MadeWith, Moment, Profile, Reason, RunRecord, SentAgain, Shard, Slow, Stopped, Verdict,
};

/// Version of the document's format; raised when a reader would break.
const FORMAT: u32 = 2;

#[derive(Serialize)]
struct Document<'a> {
    format: u32,
    version: &'a str,
    statement: StatementEntry,
    tally: TallyEntry,
    gate: GateEntry,
    run: RunEntry<'a>,
    slow: Vec<Slow>,
    clauses: Vec<ClauseEntry>,
    causes: Vec<CauseEntry<'a>>,
    records: Vec<RecordEntry<'a>>,
}

#[derive(Serialize)]
struct StatementEntry {
    name: &'static str,
    text: &'static str,
}

/// The result with the known deviations.
#[derive(Serialize)]
struct GateEntry {
    name: &'static str,
    problems: Vec<String>,
}

#[derive(Serialize)]
struct TallyEntry {
    fail: usize,
    error: usize,
    deviation: usize,
    skip: usize,
    pass: usize,
    unattributed: usize,
    left_open: usize,
    flaky: usize,
    new: usize,
    known: usize,
}

#[derive(Serialize)]
struct RunEntry<'a> {
    seed: u64,
    target: &'a str,
    base_url: &'a str,
    #[serde(rename = "permutations")]
    tests: usize,
    available: usize,
    cases: usize,
    clauses: usize,
    protocols: &'a [String],
    profile: Profile,
    digest: &'a str,
    shard: Option<Shard>,
    fuzzed: bool,
    ended: bool,
    interrupted: bool,
    stopped: Option<Stopped>,
    duration_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Moment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    labels: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    made_with: Option<&'a MadeWith>,
    sent_again: SentAgain,
}

#[derive(Serialize)]
struct ClauseEntry {
    id: &'static str,
    basis: Basis,
    text: &'static str,
    source: &'static str,
}

#[derive(Serialize)]
struct CauseEntry<'a> {
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity: Option<Severity>,
    reason: Reason,
    clause: &'a str,
    basis: Option<Basis>,
    source: Option<&'a str>,
    expected: &'a str,
    received: &'a str,
    /// How to fix it, or what it is.
    #[serde(rename = "mend", skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
    /// Whether it is an exception that nothing handled, or a server error unlike the target's refusals.
    is_exception: bool,
    /// The command that plays its first record again.
    replay: String,
    records: Vec<&'a str>,
}

/// A record as in the event stream, and how it stands to the known deviations.
#[derive(Serialize)]
struct RecordEntry<'a> {
    standing: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(flatten)]
    record: &'a CaseRecord,
}

/// The whole run. JSON escapes whatever the target sent.
pub(super) fn write(judged: &Judged, out: &mut dyn io::Write) -> io::Result<()> {
    let run = &judged.run;
    let statement = run.statement();
    let records: Vec<_> = run.cases.iter().map(|record| record_entry(judged, record)).collect();
    let document = Document {
        format: FORMAT,
        version: &run.started.version,
        statement: StatementEntry { name: statement.name(), text: statement.text() },
        tally: tally(run, &records),
        gate: gate_entry(judged),
        run: run_entry(run),
        slow: pace::slow(&judged.run),
        clauses: clauses(run),
        causes: cause_entries(judged),
        records,
    };
    serde_json::to_writer_pretty(&mut *out, &document).map_err(io::Error::other)?;
    out.write_all(b"\n")
}

fn tally(run: &RunRecord, records: &[RecordEntry<'_>]) -> TallyEntry {
    let tally = run.tally();
    let standing = |name| records.iter().filter(|record| record.standing == name).count();
    TallyEntry {
        fail: tally.fail,
        error: tally.error,
        deviation: tally.deviation,
        skip: tally.skip,
        pass: tally.pass,
        unattributed: tally.unattributed,
        left_open: tally.left_open,
        flaky: run.cases.iter().filter(|record| record.flaky).count(),
        new: standing(NEW),
        known: standing(KNOWN),
    }
}

fn gate_entry(judged: &Judged) -> GateEntry {
    let name = match judged.gate() {
        Gate::Red => "red",
        Gate::Incomplete => "incomplete",
        Gate::Broken => "broken",
        Gate::Green => "green",
    };
    GateEntry { name, problems: known::problems(judged).map(|(_, words)| words).collect() }
}

fn run_entry(run: &RunRecord) -> RunEntry<'_> {
    let started = &run.started;
    RunEntry {
        seed: started.seed,
        target: &started.target,
        base_url: &started.base_url,
        tests: started.tests,
        available: started.available,
        cases: started.cases,
        clauses: started.clauses,
        protocols: &started.protocols,
        profile: started.profile,
        digest: &started.digest,
        shard: started.shard,
        fuzzed: started.fuzzed,
        ended: run.finished.is_some(),
        interrupted: run.finished.is_some_and(|finished| finished.interrupted),
        stopped: run.finished.and_then(|finished| finished.stopped),
        duration_ms: run.finished.map(|finished| finished.duration_ms),
        started_at: started.occasion.started,
        host: started.occasion.host.as_deref(),
        labels: &started.occasion.labels,
        ended_at: run.finished.and_then(|finished| finished.ended),
        made_with: started.made_with.as_deref(),
        sent_again: run.finished.map(|finished| finished.sent_again).unwrap_or_default(),
    }
}

/// The clauses that the records name, in the order of the catalogue.
fn clauses(run: &RunRecord) -> Vec<ClauseEntry> {
    let named = |record: &'_ CaseRecord| {
        let found = record.findings.iter().map(|finding| &finding.clause);
        record.clauses.iter().chain(&record.checked).chain(found).cloned().collect::<Vec<_>>()
    };
    let named: BTreeSet<String> = run.cases.iter().flat_map(named).collect();
    let entry = |clause: &clause::Clause| ClauseEntry {
        id: clause.id,
        basis: clause.basis,
        text: clause.text,
        source: clause.source,
    };
    clause::all().filter(|clause| named.contains(clause.id)).map(entry).collect()
}

/// In the order in which to look at them, then those of skips.
fn cause_entries(judged: &Judged) -> Vec<CauseEntry<'_>> {
    let mut all = ordered(judged);
    all.extend(causes(judged, Verdict::Skip));
    all.iter().map(|cause| cause_entry(&judged.run, cause)).collect()
}

fn cause_entry<'a>(run: &RunRecord, cause: &Cause<'a>) -> CauseEntry<'a> {
    CauseEntry {
        verdict: cause.verdict(),
        severity: cause.severity(),
        reason: cause.finding.reason,
        clause: &cause.finding.clause,
        basis: cause.finding.promise().map(|promise| promise.basis),
        source: cause.finding.promise().map(|promise| promise.source),
        expected: &cause.finding.expected,
        received: &cause.finding.received,
        fix: cause.fix(),
        is_exception: cause.is_exception(),
        replay: cause.records.first().map(|record| paste::replay(&run.started, record)).unwrap_or_default(),
        records: cause.records.iter().map(|record| record.id.as_str()).collect(),
    }
}

const NEW: &str = "new";
const KNOWN: &str = "known";

fn record_entry<'a>(judged: &'a Judged, record: &'a CaseRecord) -> RecordEntry<'a> {
    let (standing, why) = match judged.standing(record) {
        Standing::Unconcerned => ("unconcerned", None),
        Standing::New => (NEW, None),
        Standing::Known(entry) => (KNOWN, Some(entry.to_string())),
        Standing::Changed(entry) => ("changed", Some(entry.to_string())),
        Standing::Expired(entry) => ("expired", Some(entry.to_string())),
    };
    RecordEntry { standing, why, record }
}
