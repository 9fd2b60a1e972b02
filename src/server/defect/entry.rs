//! What a defect is, and how an entry of a list is written.

use crate::relying_party::{Omission, Step};

/// How a run shows a defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// A case fails: a clause is broken.
    Fail,
    /// A case deviates: a SHOULD is not met, or a refusal is for another reason than the one under test.
    Deviation,
    /// A run may not show it: only `load` sees it. A run does not judge how fast a server is, and does not make calls end at the same
    /// time.
    UnderLoad,
}

/// One defect that the server can be told to have.
#[derive(Debug, PartialEq, Eq)]
pub struct Defect {
    /// Permanent slug, such as `limit-token-name-201`.
    pub id: &'static str,
    /// Id of the clause that it violates.
    pub clause: &'static str,
    /// What the server does wrong, in one line.
    pub summary: &'static str,
    /// How a run shows it.
    pub shows: Shows,
    /// Patterns of the cases that find it; empty if only `load` sees it.
    pub found_by: &'static [&'static str],
}

impl Defect {
    /// What the verifier leaves out. For a step or a format, the step's slug or the format's identifier follows the prefix. For
    /// one check of a format's procedure, the end of the clause names it.
    pub(in crate::server) fn omission(&self) -> Option<Omission> {
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
/// Prefix of the defects that leave out a check that is not part of a step of the ceremony.
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

pub(super) const fn fails(
    id: &'static str,
    clause: &'static str,
    summary: &'static str,
    found_by: &'static [&'static str],
) -> Defect {
    defect(id, clause, summary, Shows::Fail, found_by)
}

pub(super) const fn deviates(
    id: &'static str,
    clause: &'static str,
    summary: &'static str,
    found_by: &'static [&'static str],
) -> Defect {
    defect(id, clause, summary, Shows::Deviation, found_by)
}

pub(super) const fn under_load(id: &'static str, clause: &'static str, summary: &'static str) -> Defect {
    defect(id, clause, summary, Shows::UnderLoad, &[])
}
