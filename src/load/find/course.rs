//! The course of a search.

use std::time::Duration;

use super::evidence::{self, RuleSeen, Verdict};
use super::found::{Capacity, Ending, Hold, Seen};
use super::search::Search;
use crate::outcome::load::LoadRecord;

/// How often a rate is held until it is clear.
pub const REPEATS: usize = 3;

/// The factor by which the rate grows as long as it is kept.
const CLIMB: f64 = 2.0;

/// Looks for the capacity. `told` gets each hold as it is over.
///
/// # Errors
/// The error of the measurement; the results until then are lost.
pub async fn find<E>(
    search: &Search,
    measure: impl AsyncFnMut(f64, Duration) -> Result<LoadRecord, E>,
    told: impl FnMut(&Hold),
) -> Result<Capacity, E> {
    let mut course = Course { search, measure, told, holds: Vec::new(), kept: Vec::new(), broken: Vec::new() };
    let ending = course.run().await?;
    let confirmed = matches!(ending, Ending::Found | Ending::Top);
    let sustained = course.kept.last().copied();
    let above = |rate: f64| sustained.is_none_or(|sustained| sustained < rate);
    let lowest = course.broken.into_iter().filter(|(rate, _)| above(*rate)).min_by(|(a, _), (b, _)| a.total_cmp(b));
    let (broken, first) = lowest.map_or((None, Vec::new()), |(rate, rules)| (Some(rate), rules));
    Ok(Capacity { sustained, confirmed: confirmed && sustained.is_some(), broken, first, ending, holds: course.holds })
}

struct Course<'a, M, T> {
    search: &'a Search,
    measure: M,
    told: T,
    holds: Vec<Hold>,
    /// Rates that were kept and not broken since, rising.
    kept: Vec<f64>,
    broken: Vec<(f64, Vec<RuleSeen>)>,
}

impl<M, T, E> Course<'_, M, T>
where
    M: AsyncFnMut(f64, Duration) -> Result<LoadRecord, E>,
    T: FnMut(&Hold),
{
    async fn run(&mut self) -> Result<Ending, E> {
        let mut high = match self.climb().await? {
            Ok(high) => high,
            Err(ending) => return Ok(ending),
        };
        loop {
            // If the first rate is broken, no rate is kept.
            let Some(low) = self.kept.last().copied() else { return Ok(Ending::Bottom) };
            let between = self.between(low, high);
            let rate = between.unwrap_or(low);
            match self.held(rate).await? {
                Err(ending) => return Ok(ending),
                Ok(Verdict::Kept) if between.is_none() => break,
                Ok(Verdict::Kept) => self.kept.push(rate),
                Ok(Verdict::Broken | Verdict::Unclear) => {
                    high = rate;
                    self.kept.retain(|kept| *kept < rate);
                }
            }
        }
        self.narrow(high).await
    }

    /// From a rate that was not kept, looks for the lowest that is broken. The rates that are kept stay as they are.
    async fn narrow(&mut self, mut low: f64) -> Result<Ending, E> {
        while let Some(rate) = self.lowest_broken().and_then(|broken| self.between(low, broken)) {
            match self.held(rate).await? {
                Ok(Verdict::Broken) => {}
                Ok(Verdict::Kept | Verdict::Unclear) => low = rate,
                Err(Ending::Spent) => break,
                Err(ending) => return Ok(ending),
            }
        }
        Ok(Ending::Found)
    }

    fn lowest_broken(&self) -> Option<f64> {
        self.broken.iter().map(|(rate, _)| *rate).min_by(f64::total_cmp)
    }

    /// A rate in the middle of two, unless they are close.
    fn between(&self, low: f64, high: f64) -> Option<f64> {
        let middle = round((low * high).sqrt());
        // Rounded, it may be one of them.
        (high > low * (1.0 + self.search.precision) && low < middle && middle < high).then_some(middle)
    }

    /// Raises the rate until it is not kept any more: that rate, or why the search ended.
    async fn climb(&mut self) -> Result<Result<f64, Ending>, E> {
        let Search { from, to, .. } = *self.search;
        let mut rate = from;
        loop {
            match self.held(rate).await? {
                Err(ending) => return Ok(Err(ending)),
                Ok(Verdict::Kept) => self.kept.push(rate),
                Ok(Verdict::Broken | Verdict::Unclear) => return Ok(Ok(rate)),
            }
            if rate >= to {
                // Once more, as for every rate that is told.
                return Ok(match self.held(rate).await? {
                    Err(ending) => Err(ending),
                    Ok(Verdict::Kept) => Err(Ending::Top),
                    Ok(Verdict::Broken | Verdict::Unclear) => {
                        self.kept.retain(|kept| *kept < rate);
                        Ok(rate)
                    }
                });
            }
            rate = (rate * CLIMB).min(to);
        }
    }

    /// Holds a rate until it is clear, or as often as is sensible.
    async fn held(&mut self, rate: f64) -> Result<Result<Verdict, Ending>, E> {
        let mut records = Vec::new();
        loop {
            if self.holds.len() >= self.search.most_holds {
                return Ok(Err(Ending::Spent));
            }
            let record = (self.measure)(rate, self.search.hold).await?;
            let (achieved, ended) = (record.rate(None), ending(&record));
            records.push(record);
            let (verdict, rules) = evidence::judge(&self.search.objective, &records);
            let seen = match &ended {
                None => Seen::Judged(verdict),
                Some(Ending::Limited(reasons)) => Seen::Limited(reasons.clone()),
                Some(_) => Seen::Interrupted,
            };
            let hold = Hold { number: self.holds.len() + 1, rate, achieved, seen, rules: rules.clone() };
            (self.told)(&hold);
            self.holds.push(hold);
            if let Some(ending) = ended {
                return Ok(Err(ending));
            }
            if verdict == Verdict::Broken {
                self.broken.push((rate, rules.into_iter().filter(|rule| rule.verdict == Verdict::Broken).collect()));
            }
            if verdict != Verdict::Unclear || records.len() == REPEATS {
                return Ok(Ok(verdict));
            }
        }
    }
}

/// Why a hold ends the search, whatever it measured.
pub(super) fn ending(record: &LoadRecord) -> Option<Ending> {
    if record.interrupted {
        return Some(Ending::Interrupted);
    }
    let reasons = || record.generators.iter().flat_map(|generator| generator.reasons.iter().cloned()).collect();
    record.is_limited().then(|| Ending::Limited(reasons()))
}

/// Three digits are more than a search can tell.
fn round(rate: f64) -> f64 {
    let unit = 10_f64.powf(rate.log10().floor() - 2.0);
    (rate / unit).round() * unit
}

#[cfg(test)]
mod tests;
