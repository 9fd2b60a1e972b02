//! The registration catalogue, and what proofmark does with each of its cases.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

use serde::Deserialize;
use thiserror::Error;

use super::covered;
use super::expectation::Expectation;
use super::model::Case;
use super::parse::{self, ScenarioError};
use super::requirement::Requirement;
use crate::contract::clause::Basis;

/// A case of the catalogue, as far as it is compared.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// `group/slug`
    pub id: String,
    /// `must-accept`, `must-reject` or `may`.
    pub expected: String,
    /// `critical`, `high`, `medium` or `low`: how severe a wrong verdict is.
    pub severity: String,
    /// Where the verdict comes from, such as `spec-must`.
    pub basis: String,
    /// What it presupposes.
    #[serde(default)]
    pub requires: Vec<String>,
}

impl Entry {
    /// The part before the slash.
    pub fn group(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Decisions {
    checks: BTreeMap<String, String>,
    excluded: BTreeMap<String, String>,
    corrected: BTreeMap<String, Correction>,
    bases: Vec<OtherBasis>,
}

/// The basis of some cases, if it differs from the catalogue's.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherBasis {
    /// Their basis.
    pub basis: Basis,
    /// The text that says so.
    pub text: String,
    /// Ids of the catalogue.
    pub cases: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    expect: String,
    #[serde(default)]
    requires: Vec<String>,
    text: String,
}

/// Files that can't be read; the tests make sure that this does not happen.
#[derive(Debug, Error)]
pub enum CatalogueError {
    /// The catalogue's file.
    #[error("fixtures/catalogue/registration.json: {0}")]
    Entries(#[from] serde_json::Error),
    /// The file of decisions.
    #[error("fixtures/catalogue/decisions.yaml: {0}")]
    Decisions(#[from] Box<serde_saphyr::Error>),
    /// The suites.
    #[error(transparent)]
    Suites(#[from] ScenarioError),
}

/// The catalogue together with the suites.
#[derive(Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
    decisions: Decisions,
    cases: Vec<Case>,
}

/// What proofmark does with a group of the catalogue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Cases of the catalogue.
    pub cases: usize,
    /// Played, and have to be refused.
    pub must_reject: usize,
    /// Played, and have to be accepted.
    pub must_accept: usize,
    /// Played, and left open.
    pub may: usize,
    /// Checked on every answer.
    pub checked: usize,
    /// Left out.
    pub excluded: usize,
    /// Played, by their basis, in the order of [`Basis::ALL`].
    pub bases: [usize; Basis::ALL.len()],
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.cases += other.cases;
        self.must_reject += other.must_reject;
        self.must_accept += other.must_accept;
        self.may += other.may;
        self.checked += other.checked;
        self.excluded += other.excluded;
        self.bases.iter_mut().zip(other.bases).for_each(|(sum, count)| *sum += count);
    }
}

impl Catalogue {
    /// Reads the files that are part of proofmark.
    ///
    /// # Errors
    /// [`CatalogueError`]
    pub fn embedded() -> Result<Catalogue, CatalogueError> {
        let decisions = serde_saphyr::from_str(proofmark_fixtures::DECISIONS);
        Ok(Catalogue {
            entries: serde_json::from_str(proofmark_fixtures::CATALOGUE)?,
            decisions: decisions.map_err(Box::new)?,
            cases: parse::embedded()?,
        })
    }

    /// proofmark's cases that are a case of the catalogue.
    fn played(&self, id: &str) -> Vec<&Case> {
        self.cases.iter().filter(|case| case.id == id || case.catalogue.iter().any(|known| known == id)).collect()
    }

    /// Counts by group, in the catalogue's order.
    pub fn counts(&self) -> Vec<(String, Counts)> {
        let mut groups: Vec<(String, Counts)> = Vec::new();
        for entry in &self.entries {
            if groups.last().is_none_or(|(group, _)| group != entry.group()) {
                groups.push((entry.group().to_owned(), Counts::default()));
            }
            let Some((_, counts)) = groups.last_mut() else { continue };
            counts.cases += 1;
            if self.decisions.excluded.contains_key(&entry.id) {
                counts.excluded += 1;
            } else if self.decisions.checks.contains_key(&entry.id) {
                counts.checked += 1;
            } else {
                let basis = self.played(&entry.id).first().map(|case| case.basis());
                let place = Basis::ALL.into_iter().position(|known| Some(known) == basis);
                place.into_iter().for_each(|place| counts.bases[place] += 1);
                match self.verdict(entry) {
                    "must-reject" | "should-reject" => counts.must_reject += 1,
                    "must-accept" => counts.must_accept += 1,
                    _ => counts.may += 1,
                }
            }
        }
        groups
    }

    /// The cases that are left out, and why.
    pub fn excluded(&self) -> impl Iterator<Item = (&str, &str)> {
        self.decisions.excluded.iter().map(|(id, why)| (id.as_str(), why.as_str()))
    }

    /// The verdicts of the catalogue that are corrected by the specification's text: id, verdict and text.
    pub fn corrected(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.decisions.corrected.iter().map(|(id, one)| (id.as_str(), one.expect.as_str(), one.text.as_str()))
    }

    /// The basis of cases, where it differs from the catalogue's.
    pub fn other_bases(&self) -> &[OtherBasis] {
        &self.decisions.bases
    }

    /// The basis that the case of an entry has to have; `None` if the catalogue's basis is unknown.
    fn basis(&self, entry: &Entry) -> Option<Basis> {
        let other = self.decisions.bases.iter().find(|other| other.cases.contains(&entry.id));
        match (other, self.verdict(entry), entry.basis.as_str()) {
            (Some(other), ..) => Some(other.basis),
            (_, "may", _) | (_, _, "policy" | "robustness") => Some(Basis::May),
            (_, _, "fido-conformance") => Some(Basis::Fido),
            (_, _, "harness-contract") => Some(Basis::ApiDoc),
            (_, _, name) => Basis::from_name(name),
        }
    }

    fn verdict<'a>(&'a self, entry: &'a Entry) -> &'a str {
        self.decisions.corrected.get(&entry.id).map_or(&entry.expected, |corrected| &corrected.expect)
    }

    /// Everything that is wrong: cases in no place or in two places, verdicts or presuppositions that differ from the catalogue's, and what
    /// [`covered::lint`] says of the clauses. `checked` are the clauses that checks are about.
    pub fn lint(&self, checked: &[&str]) -> Vec<String> {
        let known: BTreeSet<&str> = self.entries.iter().map(|entry| entry.id.as_str()).collect();
        let decisions = &self.decisions;
        let bases = decisions.bases.iter().flat_map(|other| &other.cases);
        let decided =
            decisions.checks.keys().chain(decisions.excluded.keys()).chain(decisions.corrected.keys()).chain(bases);
        let named = self.cases.iter().flat_map(|case| &case.catalogue).chain(decided);
        let unknown = named.filter(|id| !known.contains(id.as_str()));
        let mut wrong: Vec<String> = unknown.map(|id| format!("{id} is not a case of the catalogue")).collect();
        wrong.extend(self.entries.iter().flat_map(|entry| self.lint_entry(entry)));
        for (id, clause) in &decisions.checks {
            if !checked.contains(&clause.as_str()) {
                wrong.push(format!("{id}: no check is about {clause}"));
            }
        }
        for case in &self.cases {
            // An attestation key that is not the usual one is part of the control too.
            let most = 1 + usize::from(case.control_attester().is_some());
            if case.steps.iter().any(|step| step.mutate.0.len() > most) {
                wrong.push(format!("{}: a credential is mutated in more than one way", case.id));
            }
            let is_open = case.expectation() == Some(Expectation::EITHER);
            if case.sampled && is_open != case.policy.is_some() {
                wrong.push(format!("{}: a case needs a policy if its verdict is left open, and only then", case.id));
            }
        }
        wrong.extend(covered::lint(&self.cases, checked));
        wrong
    }

    fn lint_entry(&self, entry: &Entry) -> Vec<String> {
        let id = &entry.id;
        let played = self.played(id);
        let places =
            [!played.is_empty(), self.decisions.checks.contains_key(id), self.decisions.excluded.contains_key(id)];
        match places.into_iter().filter(|there| *there).count() {
            0 => return vec![format!("{id} is neither played nor checked nor excluded")],
            1 => {}
            _ => return vec![format!("{id} is in more than one place")],
        }
        let verdict = self.verdict(entry);
        let mut wrong = Vec::new();
        for case in played {
            let Some(expectation) = case.expectation() else { continue };
            // The strength of the expectation follows from the case's basis.
            let refused = Expectation { class: None, ..expectation };
            let fits = match verdict {
                "must-accept" => [Expectation::ACCEPT, Expectation::SHOULD_ACCEPT].contains(&expectation),
                "should-reject" => expectation == Expectation::SHOULD_REJECT,
                "must-reject" => [Expectation::REJECT, Expectation::SHOULD_REJECT].contains(&refused),
                _ => expectation == Expectation::EITHER || !case.sampled,
            };
            if self.basis(entry) != Some(case.basis()) && (verdict != "may" || case.sampled) {
                let (here, there) =
                    (case.basis().name(), self.basis(entry).map_or("nothing that is known", Basis::name));
                wrong.push(format!("{id} rests on {there} in the catalogue, and case {} on {here}", case.id));
            }
            if !fits {
                let words = expectation.words();
                wrong.push(format!("{id} is {verdict} in the catalogue, and case {} expects: {words}", case.id));
            }
            let required: Vec<String> = case.requires.iter().map(Requirement::name).collect();
            let corrected = self.decisions.corrected.get(id).map_or(&[][..], |correction| &correction.requires);
            let missing = entry.requires.iter().chain(corrected).find(|name| !required.contains(name));
            if let Some(missing) = missing.filter(|_| case.id == *id && verdict != "may") {
                wrong.push(format!("{id} presupposes {missing} in the catalogue, and the case does not"));
            }
        }
        wrong
    }
}
