//! The clauses of what the users have after each call.

/// The check of findings about what the users have.
pub(crate) const CHECK: &str = "model";

/// Clauses of this topic.
pub(crate) const KEPT: &str = "api/state/kept";
pub(crate) const OWNER: &str = "api/state/owner";
pub(crate) const LISTED: &str = "api/state/listed";
pub(crate) const REMOVED: &str = "api/state/removed";
pub(crate) const REFUSED: &str = "api/state/refused";
pub(crate) const OPEN: &str = "api/state/open";
pub(crate) const DEAD: &str = "api/state/dead";
pub(crate) const ENROL_AGAIN: &str = "api/state/enrol-again";
pub(crate) const IDS: &str = "api/state/ids";
pub(crate) const CONSISTENT: &str = "api/state/consistent";

/// Clauses that watched cases look at.
pub(crate) const CLAUSES: [&str; 11] =
    [KEPT, OWNER, LISTED, REMOVED, REFUSED, OPEN, DEAD, ENROL_AGAIN, IDS, FORWARD, CONSISTENT];

/// The clause of dates that do not go back.
pub(crate) const FORWARD: &str = "api/state/forward";
