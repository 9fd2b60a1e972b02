//! What is looked for.

use std::time::Duration;

use crate::outcome::load::{Figure, Threshold, ThresholdError};

/// What an objective has unless it says otherwise: an open load that is not served is no load, and errors are not service.
const ALWAYS: [&str; 2] = ["achieved>=98%", "errors<1%"];

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Search {
    /// The first rate, cycles a second.
    pub from: f64,
    /// The highest rate that is tried.
    pub to: f64,
    /// How long a rate is held.
    pub hold: Duration,
    /// What has to be kept. Wrong answers break it too.
    pub objective: Vec<Threshold>,
    /// Rates are no more told apart when one is at most this share above the other.
    pub precision: f64,
    /// The most holds, repeated ones among them.
    pub most_holds: usize,
}

/// An objective from its rules, with `achieved>=98%` and `errors<1%` unless it has such rules itself.
///
/// # Errors
/// [`ThresholdError`]
pub fn objective<'a>(rules: impl IntoIterator<Item = &'a str>) -> Result<Vec<Threshold>, ThresholdError> {
    let mut objective: Vec<Threshold> = rules.into_iter().map(str::parse).collect::<Result<_, _>>()?;
    for rule in ALWAYS {
        let rule: Threshold = rule.parse()?;
        if !objective.iter().any(|own| same(own.figure, rule.figure)) {
            objective.push(rule);
        }
    }
    Ok(objective)
}

pub(super) fn same(a: Figure, b: Figure) -> bool {
    matches!((a, b), (Figure::Achieved, Figure::Achieved) | (Figure::Errors, Figure::Errors))
}
