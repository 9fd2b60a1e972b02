//! What a variant is, and how an entry of a list is written.

/// One behaviour that may differ from the default.
#[derive(Debug, PartialEq, Eq)]
pub struct Variant {
    /// Permanent slug, such as `dates-offset`.
    pub id: &'static str,
    /// Id of the clause that leaves it open.
    pub clause: &'static str,
    /// What the server does, in one line.
    pub summary: &'static str,
    /// Why the documents allow it.
    pub why: &'static str,
    /// Patterns of the cases that could take it for a defect.
    pub played: &'static [&'static str],
}

pub(super) const fn variant(
    id: &'static str,
    clause: &'static str,
    summary: &'static str,
    why: &'static str,
    played: &'static [&'static str],
) -> Variant {
    Variant { id, clause, summary, why, played }
}
