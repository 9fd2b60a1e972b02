//! What a run has shown: which cases failed about which clause, in which way, on which flows and over which protocols.

use std::collections::{BTreeMap, BTreeSet};

use super::place::{Place, Tests};
use crate::outcome::{CaseRecord, Finding, Profile, Reason, Verdict};

/// One kind of failure of one case. The words of messages do not count, since every server has its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sign {
    /// Id of the case; `model` for every sequence that was drawn.
    pub case: String,
    /// Id of the clause; empty if the case did not get as far as its clause.
    pub clause: String,
    /// Name of the reason, such as `accepted-invalid`.
    pub kind: String,
}

/// The name of every drawn sequence.
pub const DRAWN: &str = "model";

impl Sign {
    fn of(case: &str, finding: &Finding) -> Sign {
        let clause = if is_before_the_clause(finding.reason) { "" } else { general(&finding.clause) };
        Sign { case: case.to_owned(), clause: clause.to_owned(), kind: finding.reason.name() }
    }

    /// The suite of the case.
    pub fn suite(&self) -> &str {
        suite(&self.case)
    }
}

/// A clause without the version of the API and the endpoint that it was narrowed to: a case shows the same on another flow.
fn general(clause: &str) -> &str {
    let is_version = |part: &str| part.strip_prefix('v').is_some_and(|rest| rest.parse::<u8>().is_ok());
    let slashes = clause.match_indices('/').map(|(at, _)| at);
    let version = slashes.into_iter().find(|at| clause[at + 1..].split('/').next().is_some_and(is_version));
    version.map_or(clause, |at| &clause[..at])
}

/// The suite of a case.
pub fn suite(case: &str) -> &str {
    case.split_once('/').map_or(case, |(suite, _)| suite)
}

/// Where a case was played.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Played {
    /// How many tests came to a verdict.
    pub tests: Tests,
    /// On which flows and at which places ([`Place::bit`]).
    pub cells: BTreeMap<String, u8>,
}

/// What a run, or a part of it, has shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observed {
    /// Where each case was played.
    pub played: BTreeMap<String, Played>,
    /// How many tests show each kind of failure.
    pub failed: BTreeMap<Sign, Tests>,
    /// In how many tests it decided.
    pub decided: BTreeMap<Sign, Tests>,
    /// How many tests of each case show any kind of failure.
    pub red: BTreeMap<String, Tests>,
    /// The flows on which anything failed.
    pub flows: BTreeSet<String>,
    /// The clause that each case is about.
    pub about: BTreeMap<String, String>,
}

/// The name of a case that is the same in every run: the end of a drawn sequence's name is not.
fn name(case: &str) -> &str {
    if suite(case) == DRAWN { DRAWN } else { case }
}

/// Whether the case ended before anything about its clause was seen.
fn is_before_the_clause(reason: Reason) -> bool {
    matches!(reason, Reason::ControlFailed | Reason::Setup)
}

/// Whether a finding with this reason is about what the target does. What a target file or the network may have caused is not.
fn is_shown(reason: Reason) -> bool {
    // Which profile the run is judged by does not change what a defect shows.
    match reason.verdict(Profile::Webauthn) {
        Verdict::Fail => true,
        Verdict::Deviation => reason != Reason::AlsoAllowed,
        _ => is_before_the_clause(reason),
    }
}

impl Observed {
    /// What some records show.
    pub fn of<'a>(records: impl IntoIterator<Item = &'a CaseRecord>) -> Observed {
        let mut observed = Observed::default();
        records.into_iter().for_each(|record| observed.add(record));
        observed
    }

    fn add(&mut self, record: &CaseRecord) {
        let has_verdict = matches!(record.verdict, Verdict::Pass | Verdict::Fail | Verdict::Deviation);
        let (case, place) = (name(&record.case), Place::of(&record.protocol));
        let shown = record.findings.iter().filter(|finding| is_shown(finding.reason));
        let mut signs: Vec<Sign> = shown.map(|finding| Sign::of(case, finding)).collect();
        if !has_verdict && signs.is_empty() {
            return;
        }
        let played = self.played.entry(case.to_owned()).or_default();
        played.tests[place as usize] += 1;
        *played.cells.entry(record.flow.clone()).or_default() |= place.bit();
        if let Some(clause) = record.clauses.first().filter(|_| place != Place::Compared) {
            self.about.entry(case.to_owned()).or_insert_with(|| general(clause).to_owned());
        }
        let Some(deciding) = signs.first().cloned() else { return };
        self.decided.entry(deciding).or_default()[place as usize] += 1;
        self.red.entry(case.to_owned()).or_default()[place as usize] += 1;
        self.flows.insert(record.flow.clone());
        signs.sort();
        signs.dedup();
        for sign in signs {
            self.failed.entry(sign).or_default()[place as usize] += 1;
        }
    }

    /// How many tests show a failure.
    pub fn tests(&self) -> u32 {
        self.red.values().flatten().sum()
    }

    /// How many tests of a case were played at a place, and how many of them show a failure.
    pub fn count(&self, case: &str, place: Place) -> (u32, u32) {
        let played = self.played.get(case).map_or(0, |played| played.tests[place as usize]);
        (played, self.red.get(case).map_or(0, |red| red[place as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clause_is_the_same_on_every_flow() {
        for (clause, expected) in [
            ("api/status/not-found/v2/u2f/verify", "api/status/not-found"),
            ("api/limit/credential/v1", "api/limit/credential"),
            ("webauthn/8.3.1/subject", "webauthn/8.3.1/subject"),
            ("api/content-type/rest", "api/content-type/rest"),
            ("x/verify/vanish", "x/verify/vanish"),
        ] {
            assert_eq!(general(clause), expected);
        }
    }

    #[test]
    fn the_words_of_answers_and_the_names_of_drawn_cases_do_not_count() {
        let record = |case: &str, received: &str| {
            let mut record = CaseRecord::empty("v2/u2f/rest/a", case);
            (record.flow, record.protocol) = ("v2/u2f".to_owned(), "rest".to_owned());
            record.findings =
                vec![Finding::new("c", "webauthn/7.1/origin", Reason::AcceptedInvalid, "refused", received)];
            record.decide(Profile::Webauthn);
            record
        };
        let one = Observed::of(&[record("model/1", "x"), record("a/b", "x")]);
        let other = Observed::of(&[record("model/2", "y"), record("a/b", "y")]);
        assert_eq!(one, other);
        assert_eq!((one.tests(), one.failed.len(), one.count("a/b", Place::Rest)), (2, 2, (1, 1)));
        let passed = CaseRecord { findings: Vec::new(), verdict: Verdict::Pass, ..record("a/b", "") };
        assert_eq!(Observed::of(&[passed]).tests(), 0);
    }
}
