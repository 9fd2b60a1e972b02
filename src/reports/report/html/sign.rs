//! The signs of verdicts.

use crate::outcome::Verdict;

/// The sign of a verdict, because colour alone is not enough.
pub(super) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Deviation => "≠",
        Verdict::Skip => "–",
        Verdict::Error => "!",
    }
}
