//! Every variant.

use super::entry::Variant;
use super::{behaviour, options, refusals, replies, surroundings};

/// The variants by what they are about.
pub static GROUPS: &[(&str, &[&Variant])] = &[
    ("Replies", replies::VARIANTS),
    ("Creation options", options::VARIANTS),
    ("Refusals", refusals::VARIANTS),
    ("Behaviour", behaviour::VARIANTS),
    ("Around the API", surroundings::VARIANTS),
];

/// Every variant, by group.
pub fn all() -> impl Iterator<Item = &'static Variant> {
    GROUPS.iter().flat_map(|(_, variants)| *variants).copied()
}

impl Variant {
    /// The variant with this id.
    pub fn find(id: &str) -> Option<&'static Variant> {
        all().find(|variant| variant.id == id)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::contract::clause;
    use crate::server::defect::Defect;
    use crate::server::sources::asked;

    #[test]
    fn ids_are_unique_and_found_and_no_defect_has_them() {
        let ids: BTreeSet<_> = all().map(|variant| variant.id).collect();
        assert_eq!(ids.len(), all().count());
        assert!(ids.len() >= 20);
        for variant in all() {
            assert!(variant.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            assert_eq!(Variant::find(variant.id), Some(variant));
            assert!(clause::find(variant.clause).is_some(), "{}: {}", variant.id, variant.clause);
            assert!(Defect::find(variant.id).is_none(), "{}", variant.id);
            assert!(!variant.played.is_empty() && !variant.why.is_empty());
        }
    }

    #[test]
    fn every_variant_sits_in_one_place() {
        let asked = asked("varies(", "variant");
        let different: BTreeSet<&String> = asked.iter().collect();
        assert_eq!((different.len(), asked.len()), (all().count(), all().count()), "{asked:?}");
    }
}
