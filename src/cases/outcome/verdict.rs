//! What a test came to.

use serde::{Deserialize, Serialize};

/// What a test came to. Ordered from the most harmless to the gravest; a skip outweighs the passes of the steps before it,
/// since what the case is about was not looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The clause was observed to hold.
    Pass,
    /// Legitimately not applicable.
    Skip,
    /// It differs, yet no MUST is broken.
    Deviation,
    /// No verdict was possible.
    Error,
    /// A promise is broken.
    Fail,
}

impl Verdict {
    /// All verdicts, gravest first: the order of summaries.
    pub const ALL: [Verdict; 5] = [Verdict::Fail, Verdict::Error, Verdict::Deviation, Verdict::Skip, Verdict::Pass];

    /// `pass`, `fail`, `deviation`, `skip` or `error`.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Deviation => "deviation",
            Verdict::Skip => "skip",
            Verdict::Error => "error",
        }
    }
}
