//! Every kind.

use super::kind::Kind;
use super::zitadel;

/// Every kind.
pub const KINDS: &[Kind] = &[zitadel::KIND];

/// The kind with this name.
pub fn find(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own() {
        for kind in KINDS {
            assert_eq!(KINDS.iter().filter(|other| other.name == kind.name).count(), 1);
            assert!(find(kind.name).is_some());
        }
        assert!(find("nothing").is_none());
    }
}
