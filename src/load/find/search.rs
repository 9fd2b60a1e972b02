//! What is looked for.

use std::time::Duration;

use crate::outcome::load::{Figure, Threshold, ThresholdError};

/// The rules of an objective without rules of its own for these: an open load has to be served, and errors do not count as served.
const ALWAYS: [&str; 2] = ["achieved>=98%", "errors<1%"];

/// The objective of a search.
#[derive(Debug, Clone)]
pub struct Search {
    /// The first rate, cycles a second.
    pub from: f64,
    /// The highest rate that is tried.
    pub to: f64,
    /// How long a rate is held.
    pub hold: Duration,
    /// The rules that have to be kept. Wrong answers break them too.
    pub objective: Vec<Threshold>,
    /// Two rates are not distinguished any more if one is at most this share above the other.
    pub precision: f64,
    /// The maximum number of holds, including repeated ones.
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
