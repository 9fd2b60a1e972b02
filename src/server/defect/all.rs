//! Every defect.

use super::entry::Defect;
use super::{
    algorithm, attestation, authorization, canary, carrier, challenge, concurrency, http, identifier, limit, options,
    rare, robustness, sequence, shape, state, status, stored, transport, verification,
};

/// The defects by the kind of clause that they break.
pub static CLASSES: &[(&str, &[&Defect])] = &[
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
    CLASSES.iter().flat_map(|(_, defects)| *defects).copied()
}

impl Defect {
    /// The defect with this id.
    pub fn find(id: &str) -> Option<&'static Defect> {
        all().find(|defect| defect.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contract::clause;
    use crate::relying_party::{Omission, Step};
    use crate::server::defect::entry::Shows;
    use crate::server::sources::asked;
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

    /// The server asks for each defect in exactly one place. Defects that leave out a part of the verifier are an exception: they
    /// follow from their ids.
    #[test]
    fn every_defect_sits_in_one_place() {
        let asked = asked("has(", "defect");
        let different: BTreeSet<&String> = asked.iter().collect();
        assert_eq!(different.len(), asked.len(), "one is asked for twice: {asked:?}");
        assert_eq!(asked.len(), all().filter(|defect| defect.omission().is_none()).count());
    }
}
