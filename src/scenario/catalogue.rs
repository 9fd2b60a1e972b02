//! The registration catalogue, and what became of each of its cases here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use thiserror::Error;

use super::model::Case;
use super::{Expectation, ScenarioError, covered};

/// A case of the catalogue, as far as it is compared.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// `group/slug`
    pub id: String,
    /// `must-accept`, `must-reject` or `may`.
    pub expected: String,
    /// `critical`, `high`, `medium` or `low`: how grave a wrong verdict is.
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
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Correction {
    expect: String,
    #[serde(default)]
    requires: Vec<String>,
    text: String,
}

/// Files that can't be read; the tests exclude it.
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

/// The catalogue beside the suites.
#[derive(Debug)]
pub struct Catalogue {
    entries: Vec<Entry>,
    decisions: Decisions,
    cases: Vec<Case>,
}

/// What became of a group of the catalogue.
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
}

impl Catalogue {
    /// Reads what is part of the product.
    ///
    /// # Errors
    /// [`CatalogueError`]
    pub fn embedded() -> Result<Catalogue, CatalogueError> {
        let decisions = serde_saphyr::from_str(include_str!("../../fixtures/catalogue/decisions.yaml"));
        Ok(Catalogue {
            entries: serde_json::from_str(include_str!("../../fixtures/catalogue/registration.json"))?,
            decisions: decisions.map_err(Box::new)?,
            cases: super::embedded()?,
        })
    }

    /// The cases of the product that are a case of the catalogue.
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

    /// The verdicts that the specification's text corrects: id, verdict and text.
    pub fn corrected(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.decisions.corrected.iter().map(|(id, one)| (id.as_str(), one.expect.as_str(), one.text.as_str()))
    }

    fn verdict<'a>(&'a self, entry: &'a Entry) -> &'a str {
        self.decisions.corrected.get(&entry.id).map_or(&entry.expected, |corrected| &corrected.expect)
    }

    /// Everything that is wrong: cases in no place or in two, other verdicts or presuppositions than the catalogue's, and what
    /// [`covered::lint`] says of the clauses. `checked` are the clauses that checks are about.
    pub fn lint(&self, checked: &[&str]) -> Vec<String> {
        let known: BTreeSet<&str> = self.entries.iter().map(|entry| entry.id.as_str()).collect();
        let decisions = &self.decisions;
        let decided = decisions.checks.keys().chain(decisions.excluded.keys()).chain(decisions.corrected.keys());
        let named = self.cases.iter().flat_map(|case| &case.catalogue).chain(decided);
        let unknown = named.filter(|id| !known.contains(id.as_str()));
        let mut wrong: Vec<String> = unknown.map(|id| format!("{id} is no case of the catalogue")).collect();
        wrong.extend(self.entries.iter().flat_map(|entry| self.lint_entry(entry)));
        for (id, clause) in &decisions.checks {
            if !checked.contains(&clause.as_str()) {
                wrong.push(format!("{id}: no check is about {clause}"));
            }
        }
        for case in &self.cases {
            if case.steps.iter().any(|step| step.mutate.0.len() > 1) {
                wrong.push(format!("{}: a credential is mutated in more than one way", case.id));
            }
            let is_open = case.expectation() == Some(Expectation::EITHER);
            if case.sampled && is_open != case.policy.is_some() {
                wrong.push(format!("{}: a verdict that is left open needs a policy, and no other has one", case.id));
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
            let fits = match verdict {
                "must-accept" => expectation == Expectation::ACCEPT,
                "should-reject" => expectation == Expectation::SHOULD_REJECT,
                "must-reject" if entry.basis == "spec-should" => expectation == Expectation::SHOULD_REJECT,
                "must-reject" => Expectation { class: None, ..expectation } == Expectation::REJECT,
                _ => expectation == Expectation::EITHER || !case.sampled,
            };
            if !fits {
                let words = expectation.words();
                wrong.push(format!("{id} is {verdict} in the catalogue, and case {} expects: {words}", case.id));
            }
            let required: Vec<String> = case.requires.iter().map(super::Requirement::name).collect();
            let corrected = self.decisions.corrected.get(id).map_or(&[][..], |correction| &correction.requires);
            let missing = entry.requires.iter().chain(corrected).find(|name| !required.contains(name));
            if let Some(missing) = missing.filter(|_| case.id == *id && verdict != "may") {
                wrong.push(format!("{id} presupposes {missing} in the catalogue, and the case does not"));
            }
        }
        wrong
    }
}
