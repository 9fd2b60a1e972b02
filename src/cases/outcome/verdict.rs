//! The verdict of a test.

use serde::{Deserialize, Serialize};

/// The verdict of a test. Ordered from the most harmless to the most severe; a skip outweighs the passes of the steps before it,
/// since the subject of the case was not tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The clause was observed to hold.
    Pass,
    /// Legitimately not applicable.
    Skip,
    /// The target differs, but does not break a MUST.
    Deviation,
    /// No verdict was possible.
    Error,
    /// A clause is broken.
    Fail,
}

impl Verdict {
    /// All verdicts, the most severe first: the order of summaries.
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
