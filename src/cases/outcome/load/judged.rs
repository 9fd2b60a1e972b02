//! Thresholds that were judged.

use serde::{Deserialize, Serialize};

/// A threshold beside what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedThreshold {
    /// The threshold as it was written.
    pub rule: String,
    /// What was measured, in the unit of the limit; `None` where nothing was.
    pub measured: Option<f64>,
    /// What was measured, in words, such as `12.34 ms of 10512`.
    pub text: String,
    /// Whether it is met.
    pub verdict: Judgement,
}

/// What a threshold came to. Only `met` is green.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// It is kept.
    Met,
    /// It is not.
    Missed,
    /// There is not enough to say so.
    Inconclusive,
}
