//! Clauses: one normative statement each, in our own words, with its source.

mod api;
mod formats;
mod webauthn;

/// How binding a clause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// An absolute requirement of the specification.
    Must,
    /// A recommendation.
    Should,
    /// Left open.
    May,
    /// A promise of the API's documentation.
    Doc,
}

impl Level {
    /// `MUST`, `SHOULD`, `MAY` or `DOC`.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Must => "MUST",
            Level::Should => "SHOULD",
            Level::May => "MAY",
            Level::Doc => "DOC",
        }
    }
}

/// One normative statement.
#[derive(Debug)]
pub struct Clause {
    /// Permanent id, such as `webauthn/7.1/challenge`.
    pub id: &'static str,
    /// How binding it is.
    pub level: Level,
    /// The statement in our own words.
    pub text: &'static str,
    /// Document and section or page it comes from.
    pub source: &'static str,
}

/// Every clause, by source document.
pub fn all() -> impl Iterator<Item = &'static Clause> {
    api::CLAUSES.iter().chain(webauthn::CLAUSES).chain(formats::CLAUSES)
}

/// Whether `general` says what `id` says, or more: step 22 of the ceremony asks for everything in section 8.
pub fn includes(general: &str, id: &str) -> bool {
    general == id || (general == "webauthn/7.1/attestation-statement" && id.starts_with("webauthn/8."))
}

/// The clause with this id.
pub fn find(id: &str) -> Option<&'static Clause> {
    all().find(|clause| clause.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_texts_are_sentences() {
        let mut seen = HashSet::new();
        for clause in all() {
            assert!(seen.insert(clause.id), "{} is there twice", clause.id);
            assert!(clause.text.ends_with('.'), "{}: {}", clause.id, clause.text);
            assert!(!clause.source.is_empty(), "{} has no source", clause.id);
        }
    }
}
