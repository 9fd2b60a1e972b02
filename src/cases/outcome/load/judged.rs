//! Thresholds that were judged.

use serde::{Deserialize, Serialize};

/// A threshold with the measured value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedThreshold {
    /// The threshold as it was written.
    pub rule: String,
    /// The measured value, in the unit of the limit; `None` if nothing was measured.
    pub measured: Option<f64>,
    /// The measured value, in words, such as `12.34 ms of 10512`.
    pub text: String,
    /// Whether it is met.
    pub verdict: Judgement,
}

/// The result for a threshold. Only `met` is green.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Judgement {
    /// It is kept.
    Met,
    /// It is not.
    Missed,
    /// There are not enough measurements.
    Inconclusive,
}
