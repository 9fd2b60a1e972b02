//! What verdicts look like.

use crate::outcome::Verdict;

/// The sign of a verdict: colour alone says nothing.
pub(super) const fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✓",
        Verdict::Fail => "✗",
        Verdict::Deviation => "≠",
        Verdict::Skip => "–",
        Verdict::Error => "!",
    }
}
