//! What the reference server can be told to do otherwise.

/// A defect or a variant.
pub struct Switch {
    /// `defect` or `variant`.
    pub kind: &'static str,
    /// Its permanent slug.
    pub id: &'static str,
    /// The clause that it violates, or that leaves it open.
    pub clause: &'static str,
    /// What the server does, in one line.
    pub summary: &'static str,
    /// Patterns of the cases that find a defect.
    pub found_by: &'static [&'static str],
}
