//! The question: figures, and how certain the answer has to be.

use std::fmt;
use std::str::FromStr;

use crate::outcome::load::threshold::{Figure, measured};

/// The figures that are compared if none is named.
pub const METRICS: [&str; 5] = ["start.p50", "start.p99", "verify.p50", "verify.p99", "cycles"];

/// A figure that two builds are compared by.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    pub(super) figure: Figure,
    pub(super) protocol: Option<String>,
    pub(super) text: String,
}

/// A text that is not such a figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("metric `{text}`: {why}")]
pub struct MetricError {
    text: String,
    why: String,
}

/// How runs are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Question {
    /// A difference up to this share does not matter, such as 0.03.
    pub margin: f64,
    /// How sure the interval has to be, such as 0.99.
    pub confidence: f64,
    /// Seed of the bootstrap.
    pub seed: u64,
}

impl FromStr for Metric {
    type Err = MetricError;

    fn from_str(text: &str) -> Result<Metric, MetricError> {
        let error = |why: String| MetricError { text: text.to_owned(), why };
        let (protocol, figure) = measured(text.trim()).map_err(error)?;
        match figure {
            Figure::Percentile(..) | Figure::Mean(_) | Figure::Cycles => {
                Ok(Metric { figure, protocol, text: text.trim().to_owned() })
            }
            _ => Err(error("builds are compared by STEP.p50 to STEP.p99.99, STEP.mean or cycles".to_owned())),
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
