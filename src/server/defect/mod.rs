//! Faults on demand: each entry is one realistic bug, switched on by its id and sitting in exactly one place of the server.
//!
//! A run against a server with one defect has to be red for the defect's clause; that is how the judge is judged
//! (`proofmark selftest`).

mod algorithm;
mod attestation;
mod authorization;
mod canary;
mod carrier;
mod challenge;
mod concurrency;
mod http;
mod identifier;
mod limit;
mod options;
mod rare;
mod robustness;
mod sequence;
mod shape;
mod state;
mod status;
mod stored;
mod transport;
mod verification;

use crate::relying_party::{Omission, Step};

/// What a run makes of a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// A case fails: a promise is broken.
    Fail,
    /// A case deviates: a SHOULD is not met, or a refusal is for another reason than the one under test.
    Deviation,
    /// Nothing that can be counted on: only `load` sees it, since a run does not judge how fast a server is, and does not make calls end
    /// together.
    UnderLoad,
}

/// One fault that the server can be told to have.
#[derive(Debug, PartialEq, Eq)]
pub struct Defect {
    /// Permanent slug, such as `limit-token-name-201`.
    pub id: &'static str,
    /// Id of the clause that it violates.
    pub clause: &'static str,
    /// What the server does wrong, in one line.
    pub summary: &'static str,
    /// What a run makes of it.
    pub shows: Shows,
    /// Patterns of the cases that find it; none for what only `load` sees.
    pub found_by: &'static [&'static str],
}

/// The defects by the kind of promise that they break.
pub const CLASSES: &[(&str, &[Defect])] = &[
    ("Statuses", status::DEFECTS),
    ("Bodies", shape::DEFECTS),
    ("Creation options", options::DEFECTS),
    ("Length limits", limit::DEFECTS),
    ("Challenges", challenge::DEFECTS),
    ("The registration ceremony", verification::DEFECTS),
    ("Attestation statements", attestation::DEFECTS),
    ("Protocols", transport::DEFECTS),
    ("Authorization", authorization::DEFECTS),
    ("State", state::DEFECTS),
    ("Concurrency", concurrency::DEFECTS),
    ("Robustness and leaks", robustness::DEFECTS),
    ("Sequences of calls", sequence::DEFECTS),
    ("What is stored", stored::DEFECTS),
    ("Leaks to others", canary::DEFECTS),
    ("Carriers that contradict each other", carrier::DEFECTS),
    ("HTTP and gRPC around the API", http::DEFECTS),
    ("Identifiers and options", identifier::DEFECTS),
    ("Algorithms and encodings", algorithm::DEFECTS),
    ("Rare conditions", rare::DEFECTS),
];

/// Every defect, by class.
pub fn all() -> impl Iterator<Item = &'static Defect> {
    CLASSES.iter().flat_map(|(_, defects)| *defects)
}

impl Defect {
    /// The defect with this id.
    pub fn find(id: &str) -> Option<&'static Defect> {
        all().find(|defect| defect.id == id)
    }

    /// What the verifier leaves out: of a step its slug follows the prefix, of a format its identifier; one check of a
    /// format's procedure is the end of the clause.
    pub(super) fn omission(&self) -> Option<Omission> {
        if let Some(slug) = self.id.strip_prefix(SKIPS_STEP) {
            return Step::from_slug(slug).map(Omission::Step);
        }
        if let Some(format) = self.id.strip_prefix(SKIPS_FORMAT) {
            return Some(Omission::Format(format));
        }
        let skips_check = [SKIPS_CHECK, OMITS].iter().any(|prefix| self.id.starts_with(prefix));
        self.clause.strip_prefix("webauthn/").filter(|_| skips_check).map(Omission::Check)
    }
}

/// Prefix of the defects that leave out one step of the ceremony.
const SKIPS_STEP: &str = "verification-skips-";
/// Prefix of the defects that do not verify statements of one format.
const SKIPS_FORMAT: &str = "attestation-unchecked-";
/// Prefix of the defects that leave out one check of a format's procedure.
const SKIPS_CHECK: &str = "attestation-skips-";
/// Prefix of the defects that leave out a check that no step of the ceremony has.
const OMITS: &str = "verification-omits-";

const fn defect(
    id: &'static str,
    clause: &'static str,
    summary: &'static str,
    shows: Shows,
    found_by: &'static [&'static str],
) -> Defect {
    Defect { id, clause, summary, shows, found_by }
}

const fn fails(
    id: &'static str,
    clause: &'static str,
    summary: &'static str,
    found_by: &'static [&'static str],
) -> Defect {
    defect(id, clause, summary, Shows::Fail, found_by)
}

const fn deviates(
    id: &'static str,
    clause: &'static str,
    summary: &'static str,
    found_by: &'static [&'static str],
) -> Defect {
    defect(id, clause, summary, Shows::Deviation, found_by)
}

const fn under_load(id: &'static str, clause: &'static str, summary: &'static str) -> Defect {
    defect(id, clause, summary, Shows::UnderLoad, &[])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contract::clause;
    use crate::webauthn::attestation::FORMATS;

    #[test]
    fn ids_are_unique_and_found_and_their_clauses_exist() {
        let ids: BTreeSet<_> = all().map(|defect| defect.id).collect();
        assert_eq!(ids.len(), all().count());
        for defect in all() {
            let is_slug = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            assert!(defect.id.bytes().all(is_slug), "{}", defect.id);
            assert_eq!(Defect::find(defect.id), Some(defect));
            assert!(clause::find(defect.clause).is_some(), "{} breaks {}", defect.id, defect.clause);
            assert_eq!(defect.found_by.is_empty(), defect.shows == Shows::UnderLoad, "{}", defect.id);
        }
        assert_eq!(Defect::find("no-such-defect"), None);
    }

    #[test]
    fn every_step_and_every_format_can_be_left_out() {
        let omitted: Vec<Omission> = all().filter_map(Defect::omission).collect();
        for step in Step::ALL {
            assert!(omitted.contains(&Omission::Step(step)), "{step}");
        }
        for format in FORMATS {
            assert!(omitted.contains(&Omission::Format(format.identifier())), "{}", format.identifier());
        }
        assert!(omitted.contains(&Omission::Check("8.2.1/subject")), "{omitted:?}");
    }

    /// Each defect is consulted in exactly one place, except those that leave out a part of the verifier, which follow from
    /// their ids.
    #[test]
    fn every_defect_sits_in_one_place() {
        for defect in all() {
            let needle = format!("has(\"{}\")", defect.id);
            let places: usize = super::super::SOURCES.iter().map(|source| source.matches(&needle).count()).sum();
            assert_eq!(places, usize::from(defect.omission().is_none()), "{}", defect.id);
        }
    }
}
