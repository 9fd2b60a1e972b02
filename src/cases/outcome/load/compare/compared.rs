//! The result of a comparison.

use super::bootstrap::Bound;
use crate::outcome::load::histogram::BadHistogram;

/// The result for a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The metric as it was written.
    pub metric: String,
    /// The figure of all baseline runs together: microseconds, or cycles a second. `None` if there is none.
    pub baseline: Option<f64>,
    /// The figure of all new runs together.
    pub new: Option<f64>,
    /// The difference as a share of the baseline: lower bound, estimate and upper bound. `None` if nothing is known about it.
    pub difference: Option<(f64, f64, f64)>,
    /// The result.
    pub verdict: Change,
    /// Why there is no interval, or what it leaves out; may be empty.
    pub note: String,
}

/// The result of a comparison. Only `slower` fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The whole interval is within the margin.
    NoDifference,
    /// The whole interval is worse than the margin.
    Slower,
    /// The whole interval is better than the margin.
    Faster,
    /// The interval lies on both sides of the margin, or there is none.
    Inconclusive,
}

impl Change {
    /// In words.
    pub const fn text(self) -> &'static str {
        match self {
            Change::NoDifference => "no difference shown",
            Change::Slower => "SLOWER",
            Change::Faster => "faster",
            Change::Inconclusive => "inconclusive",
        }
    }
}

/// Why runs can't be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// A side without a run.
    #[error("there is no {0} run")]
    Nothing(&'static str),
    /// One run on one side and more on the other.
    #[error("{0} baseline runs and {1} new ones: give the same number of both, measured in turns (A B B A)")]
    Uneven(usize, usize),
    /// They measure different things.
    #[error("{name} and {other}: their plans differ in {what}")]
    Plans {
        /// The file.
        name: String,
        /// The first one.
        other: String,
        /// The first field that differs.
        what: String,
    },
    /// The generator was the limit.
    #[error("{0}: the generator was the limit, so the figures are not those of the target")]
    Limited(String),
    /// The run is not complete.
    #[error("{0}: it was interrupted, and is only a part of the requested load")]
    Interrupted(String),
    /// Not a distribution.
    #[error("{name}: {why}")]
    Histogram {
        /// The file.
        name: String,
        /// Why.
        why: BadHistogram,
    },
}

impl Compared {
    /// Sets the difference and the verdict. For a rate, the lower one is worse.
    pub(super) fn conclude(&mut self, is_rate: bool, bound: Bound, margin: f64) {
        let Bound { low, estimate, high } = bound;
        self.difference = Some((low.exp_m1(), estimate.exp_m1(), high.exp_m1()));
        let (best, worst) = if is_rate { (-high, -low) } else { (low, high) };
        let limit = margin.ln_1p();
        self.verdict = match () {
            () if best > limit => Change::Slower,
            () if worst < -limit => Change::Faster,
            () if best >= -limit && worst <= limit => Change::NoDifference,
            () => Change::Inconclusive,
        };
    }
}
