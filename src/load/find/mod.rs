//! The search for the highest rate at which an objective is kept: geometric climb, bisection, and a hold that confirms.
//!
//! Nothing here sends anything: a measurement is a function from a rate and a time to a [`LoadRecord`], so that the search is
//! tried on simulated servers whose capacity is known.
//!
//! The rule of confidence is in `evidence`: a rate is kept when every rule of the objective is, and broken when one is, both
//! with 95 % confidence; otherwise it is held again, up to [`REPEATS`] times, and what was seen is pooled. A rate that stays
//! unclear is neither kept nor broken: it lies within the interval that is reported. The highest rate that was kept is held
//! once more, by itself, since of several that were tried the highest is also the luckiest. At last what is broken is looked for
//! from above, as far as rates that are unclear lie between.

mod evidence;

use std::fmt;
use std::time::Duration;

use crate::outcome::load::{Figure, LoadRecord, Threshold, ThresholdError};

pub use evidence::{RuleSeen, Verdict};

/// How often a rate is held until it is clear.
pub const REPEATS: usize = 3;

/// What the rate grows by as long as it is kept.
const CLIMB: f64 = 2.0;

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

fn same(a: Figure, b: Figure) -> bool {
    matches!((a, b), (Figure::Achieved, Figure::Achieved) | (Figure::Errors, Figure::Errors))
}

/// A rate that was held.
#[derive(Debug, Clone)]
pub struct Hold {
    /// From 1.
    pub number: usize,
    /// Cycles a second that were offered.
    pub rate: f64,
    /// Good cycles a second.
    pub achieved: f64,
    /// What it came to, with the holds of the same rate before it.
    pub seen: Seen,
    /// The rules, in the order of the objective.
    pub rules: Vec<RuleSeen>,
}

/// What a hold came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// The objective was judged.
    Judged(Verdict),
    /// The generator was the limit, for these reasons: nothing is known of the target.
    Limited(Vec<String>),
    /// It was interrupted, and is no hold.
    Interrupted,
}

/// Why a search ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// What is kept was confirmed, and what is not is close above it.
    Found,
    /// The highest rate that was allowed is kept.
    Top,
    /// Not even the first rate is kept.
    Bottom,
    /// The generator was the limit.
    Limited(Vec<String>),
    /// There were as many holds as are allowed.
    Spent,
    /// Ctrl-C.
    Interrupted,
}

/// What a search found.
#[derive(Debug, Clone)]
pub struct Capacity {
    /// The highest rate that is kept.
    pub sustained: Option<f64>,
    /// Whether it was held once more by itself, and kept.
    pub confirmed: bool,
    /// The lowest rate above it that is broken.
    pub broken: Option<f64>,
    /// What broke there.
    pub first: Vec<RuleSeen>,
    /// Why the search ended.
    pub ending: Ending,
    /// Every hold.
    pub holds: Vec<Hold>,
}

/// Looks for the capacity. `told` gets each hold as it is over.
///
/// # Errors
/// What the measurement says; what was found until then is lost.
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
            // Only a broken first rate leaves nothing that is kept.
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

    /// From a rate that was not kept, looks for the lowest that is broken. What is kept stays as it is.
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

    /// Raises the rate until it is kept no more: that rate, or why it ended.
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
fn ending(record: &LoadRecord) -> Option<Ending> {
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

impl fmt::Display for Hold {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, why) = match &self.seen {
            Seen::Judged(verdict) => (verdict.name(), String::new()),
            Seen::Limited(reasons) => ("generator limited", reasons.join("; ")),
            Seen::Interrupted => ("interrupted", String::new()),
        };
        write!(
            f,
            "hold {:>2}  {:>8}/s  {name:<12}  {:>8}/s achieved",
            self.number,
            short(self.rate),
            short(self.achieved)
        )?;
        match &self.seen {
            Seen::Judged(_) => self.rules.iter().try_for_each(|rule| write!(f, "  {rule}")),
            _ if why.is_empty() => Ok(()),
            _ => write!(f, "  {why}"),
        }
    }
}

impl fmt::Display for Capacity {
    /// A few lines: the interval, what broke first, and how sure it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = self.sustained.map(|rate| format!("{}/s", short(rate)));
        let broken = self.broken.map(|rate| format!("{}/s", short(rate)));
        match (&self.ending, &kept) {
            (Ending::Limited(reasons), kept) => {
                writeln!(f, "the generator was the bottleneck: {}", reasons.join("; "))?;
                let kept = kept.as_ref().map(|rate| format!("; {rate} was kept before"));
                return write!(f, "no figure is the target's{}", kept.unwrap_or_default());
            }
            (Ending::Interrupted, _) => write!(f, "interrupted: ")?,
            (Ending::Spent, _) => write!(f, "not finished within {} holds: ", self.holds.len())?,
            _ => {}
        }
        match (kept, broken) {
            (None, Some(broken)) => write!(f, "not even {broken} is sustained")?,
            (None, None) => write!(f, "nothing is known")?,
            (Some(kept), Some(broken)) => write!(f, "sustained {kept}, broken at {broken}")?,
            (Some(kept), None) if self.ending == Ending::Top => {
                write!(f, "sustained {kept}, and no higher rate was allowed")?;
            }
            (Some(kept), None) => write!(f, "sustained {kept}, and where it breaks is not known")?,
        }
        let confirmed = if self.confirmed { "confirmed by a hold of its own" } else { "not confirmed" };
        if self.sustained.is_some() {
            write!(f, "; {confirmed}")?;
        }
        if !self.first.is_empty() {
            let rules: Vec<String> = self.first.iter().map(RuleSeen::to_string).collect();
            write!(f, "\nbroke first: {}", rules.join(", "))?;
        }
        Ok(())
    }
}

/// Up to one digit behind the point.
fn short(rate: f64) -> String {
    let text = format!("{rate:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests;
