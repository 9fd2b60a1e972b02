//! How far a running attack is.

use std::time::Duration;

use crate::outcome::load::{LoadStep, PhaseName};

/// How far a running attack is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// Since the first cycle began.
    pub elapsed: Duration,
    /// The phase.
    pub phase: PhaseName,
    /// No new cycles are begun.
    pub draining: bool,
    /// Cycles that ended well, of any kind.
    pub ok: u64,
    /// Cycles that failed.
    pub failed: u64,
    /// Cycles that ended well a second, since the last report.
    pub rate: f64,
    /// Cycles under way.
    pub in_flight: u64,
    /// Arrivals that wait for a worker.
    pub waiting: u64,
    /// Wrong answers.
    pub wrong: u64,
    /// The class of errors that is most frequent.
    pub worst: Option<String>,
    /// Median and 99th percentile of start, verify and cycle in the hold phase so far, in microseconds.
    pub steps: Vec<(LoadStep, u64, u64)>,
}
