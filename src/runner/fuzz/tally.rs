//! The results of fuzzing: counts by flow and protocol, and the known disagreements.

use std::collections::{BTreeMap, BTreeSet};

use super::chain::Chain;
use crate::outcome::{CaseRecord, Finding, Profile, Reason, Verdict};
use crate::scenario::Expectation;

/// The most disagreements of one reason and clause that are made simple.
const MOST_OF_A_CLAUSE: usize = 3;

/// The clause of the counts.
const CLAUSE: &str = "webauthn/7.1/accept";

#[derive(Debug, Default)]
pub(crate) struct Tally {
    places: BTreeMap<(&'static str, &'static str), Counts>,
    known: Vec<Known>,
    errors: BTreeSet<String>,
}

/// A disagreement that was made simple.
#[derive(Debug)]
struct Known {
    reason: Reason,
    clause: String,
    elements: Vec<String>,
}

#[derive(Debug, Default)]
struct Counts {
    refused: usize,
    accepted: usize,
    open: usize,
    deviating: usize,
    not_declared: usize,
    left_out: usize,
    disagreed: usize,
    errors: usize,
    duration_us: u64,
}

impl Tally {
    /// Counts a record. Gives whether it needs a closer look: it is a fail or an error that is not known yet.
    pub(crate) fn count(&mut self, chain: &Chain, record: &CaseRecord) -> bool {
        let test = &chain.test;
        let counts = self.places.entry((test.flow.slug(), test.protocol.slug())).or_default();
        counts.duration_us = counts.duration_us.saturating_add(record.duration_us);
        match (record.verdict, record.reason) {
            // With the target's options its verdict differs from the offline one, or it could not be made.
            (_, Reason::OracleDisagrees) => counts.left_out += 1,
            (_, Reason::Setup) if record.findings.iter().any(|finding| finding.check == "authenticator") => {
                counts.left_out += 1;
            }
            (Verdict::Pass, Reason::LeftOpen) => counts.open += 1,
            (Verdict::Skip, _) => counts.not_declared += 1,
            (Verdict::Error, reason) => {
                counts.errors += 1;
                return self.errors.insert(reason.name());
            }
            (Verdict::Fail, reason) => {
                counts.disagreed += 1;
                return !self.is_known(chain, reason);
            }
            // If there are several faults, a target may name any of them; its words are not compared.
            (Verdict::Deviation, Reason::WrongReason) | (Verdict::Pass, _) => match test.case.expectation() {
                Some(Expectation::ACCEPT) => counts.accepted += 1,
                Some(Expectation::REJECT) => counts.refused += 1,
                _ => counts.open += 1,
            },
            (Verdict::Deviation, _) => counts.deviating += 1,
        }
        false
    }

    /// Whether a known disagreement is part of the chain, or enough of its clause are known.
    fn is_known(&self, chain: &Chain, reason: Reason) -> bool {
        let clause = chain.test.case.primary_clause();
        let alike = || self.known.iter().filter(|known| known.reason == reason);
        alike().any(|known| known.elements.iter().all(|id| chain.elements.contains(id)))
            || alike().filter(|known| known.clause == clause).count() >= MOST_OF_A_CLAUSE
    }

    /// Remembers a disagreement; `false` if it is known.
    pub(crate) fn learn(&mut self, chain: &Chain, reason: Reason) -> bool {
        let is_new = !self.is_known(chain, reason);
        if is_new {
            let clause = chain.test.case.primary_clause().to_owned();
            self.known.push(Known { reason, clause, elements: chain.elements.clone() });
        }
        is_new
    }

    /// One record for each flow and protocol, with the number of credentials that were judged correctly.
    pub(crate) fn records(&self) -> impl Iterator<Item = CaseRecord> {
        self.places.iter().map(|((flow, protocol), counts)| {
            let mut record = CaseRecord::empty(&format!("{flow}/{protocol}/fuzz"), "fuzz");
            (record.flow, record.protocol) = ((*flow).to_owned(), (*protocol).to_owned());
            record.title = "credentials made by chains of mutations".to_owned();
            record.clauses = vec![CLAUSE.to_owned()];
            record.duration_us = counts.duration_us;
            let expected = "the same verdict as that of our own verifier, where the specification leaves nothing open";
            record.findings = vec![Finding::new("fuzz", CLAUSE, Reason::Met, expected, counts.words())];
            record.decide(Profile::default());
            record
        })
    }
}

impl Counts {
    fn words(&self) -> String {
        let mut words = vec![
            format!("{} refused", self.refused),
            format!("{} accepted", self.accepted),
            format!("{} left open", self.open),
        ];
        let further = [
            (self.not_declared, "not declared"),
            (self.left_out, "left out"),
            (self.deviating, "deviating"),
            (self.disagreed, "judged wrongly"),
            (self.errors, "without a verdict"),
        ];
        words
            .extend(further.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
        words.join(", ")
    }
}
