//! Whether a step becomes slower while the load stays the same, as it does if data pile up or something leaks.
//!
//! The medians of the intervals of full load, warm-up and hold phase, are set against the cycles that had ended well by then, those before
//! the load among them. Growth is measured from what the target had when the run began. The slope is that of Theil
//! and Sen, the median of the slopes between all pairs, which a few odd intervals don't move; how sure it is follows from
//! Kendall's statistic, with 99.9 % confidence. The growth of a step is the lower end of that interval, so that noise is not growth.

use std::fmt;

use super::histogram::{BadHistogram, PackedHistogram, coarse};
use super::judged::Judgement;
use super::number::float;
use super::plan::{Cleanup, LoadModel, PhaseName};
use super::row::LoadStep;
use super::run::LoadRecord;
use super::threshold::{Figure, Threshold};

/// Fewer intervals than this show nothing.
const FEWEST: usize = 10;

/// The quantile of the normal distribution beyond which lies 0.05 % on either side.
const SURE: f64 = 3.290_527;

/// The limit for a run with an even load, if no other is given.
const USUAL: [&str; 2] = ["start.growth<=100%", "verify.growth<=100%"];

/// Growth from this share on is worth a note, though it breaks no limit.
const WORTH: f64 = 0.3;

/// Up to this share of the cycles that are looked at, the line is drawn back over those that came before them.
const BACK: f64 = 0.25;

/// Below this share of what was offered, latency grows with the queue.
const SERVED: f64 = 0.98;

/// How the median of a step moved from when the run began to the end of the hold phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// By how much it has certainly grown, as a share of its value at the beginning; 0 if growth is not certain.
    pub sure: f64,
    /// By the fitted line, in microseconds: when the run began.
    pub begin_us: f64,
    /// At its end.
    pub end_us: f64,
    /// Its slope, in microseconds for each thousand cycles.
    pub slope_us: f64,
    /// Cycles that had ended well by its end.
    pub cycles: f64,
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (begin, end) = (self.begin_us / 1e3, self.end_us / 1e3);
        let slope = match self.slope_us {
            slope if slope.abs() < 1e3 => format!("{slope:.1} µs"),
            slope => format!("{:.2} ms", slope / 1e3),
        };
        if self.sure == 0.0 {
            return write!(f, "none that is certain; the median is {begin:.2} ms");
        }
        let percent = self.sure * 100.0;
        write!(
            f,
            "at least {percent:.0}%: the median goes from {begin:.2} to {end:.2} ms, by {slope} each 1,000 cycles, of which there were {:.0}",
            self.cycles
        )
    }
}

/// An interval: cycles that had ended well until its middle, and the median, in microseconds.
type Point = (f64, f64);

impl LoadRecord {
    /// How the median of a step moved, over one protocol or all; the intervals know start, verify and cycle. `None` if fewer
    /// than ten intervals of full load have such an answer.
    ///
    /// # Errors
    /// [`BadHistogram`]
    pub fn growth(&self, step: LoadStep, protocol: Option<&str>) -> Result<Option<Growth>, BadHistogram> {
        Ok(of_points(&self.points(step, protocol)?))
    }

    fn points(&self, step: LoadStep, protocol: Option<&str>) -> Result<Vec<Point>, BadHistogram> {
        let Some(hold) = self.phases.iter().find(|phase| phase.name == PhaseName::Hold) else {
            return Ok(Vec::new());
        };
        let warm_up = self.phases.iter().find(|phase| phase.name == PhaseName::WarmUp);
        let begin = warm_up.map_or(hold.begin_us, |warm_up| warm_up.begin_us);
        let end = hold.begin_us.saturating_add(self.measured_us.min(hold.length_us));
        let before = self.preflight.as_ref().map_or(0, |before| before.confirmed);
        let (mut points, mut done) = (Vec::new(), float(before));
        for (index, interval) in self.intervals.list.iter().enumerate() {
            let from = u64::try_from(index).unwrap_or(u64::MAX).saturating_mul(self.intervals.width_us);
            let middle = done + float(interval.ok) / 2.0;
            done += float(interval.ok);
            if from < begin || from.saturating_add(self.intervals.width_us) > end {
                continue;
            }
            let is_own = |own: &str| protocol.is_none_or(|protocol| protocol == own);
            let own = interval.steps.iter().filter(|own| own.step == step && is_own(&own.protocol));
            let histogram = PackedHistogram::sum(own.map(|own| &own.histogram), coarse())?;
            if !histogram.is_empty() {
                points.push((middle, float(histogram.value_at_quantile(0.5))));
            }
        }
        Ok(points)
    }

    /// Holds start and verify to what is usual where the load was even, what was enrolled was removed, and nothing is said about
    /// growth: then there is no reason for them to become slower. A run that is too short has no such limit.
    ///
    /// # Errors
    /// [`BadHistogram`]
    pub fn judge_growth(&mut self) -> Result<(), BadHistogram> {
        let is_even = match &self.plan.model {
            LoadModel::Closed { .. } => true,
            LoadModel::Open { steps, .. } => steps.len() == 1 && self.achieved().is_some_and(|share| share >= SERVED),
        };
        let is_said = self.plan.thresholds.iter().any(|rule| rule.contains(".growth"));
        let is_part = self.interrupted || self.stopped.is_some() || self.is_limited();
        if !is_even || is_said || is_part || self.plan.cleanup == Cleanup::Keep {
            return Ok(());
        }
        for rule in USUAL.iter().filter_map(|rule| rule.parse::<Threshold>().ok()) {
            let judged = rule.judge(self)?;
            if judged.verdict == Judgement::Met
                && let Figure::Growth(step) = rule.figure
                && let Some(growth) = self.growth(step, None)?.filter(|growth| growth.sure >= WORTH)
            {
                self.notes.push(growth.note(step));
            }
            if judged.verdict != Judgement::Inconclusive {
                self.thresholds.push(judged);
            }
        }
        Ok(())
    }
}

impl Growth {
    /// The note about growth that does not break a limit yet.
    fn note(&self, step: LoadStep) -> String {
        let twice = 1_000.0 * self.begin_us / self.slope_us.max(f64::MIN_POSITIVE);
        let step = step.name();
        format!(
            "{step} becomes slower as more is enrolled, {self}; at this pace it takes twice as long after {twice:.0}"
        )
    }
}

fn of_points(points: &[Point]) -> Option<Growth> {
    if points.len() < FEWEST {
        return None;
    }
    let mut slopes = Vec::with_capacity(points.len() * points.len() / 2);
    for (index, (x, y)) in points.iter().enumerate() {
        // Nothing was enrolled between intervals that have the same place.
        let later = points.iter().skip(index + 1).filter(|(later, _)| later > x);
        slopes.extend(later.map(|(later, value)| (value - y) / (later - x)));
    }
    slopes.sort_by(f64::total_cmp);
    let slope = median(&slopes)?;
    let (first, last) = (points.first()?.0, points.last()?.0);
    let mut levels: Vec<f64> = points.iter().map(|(x, y)| y - slope * (x - first)).collect();
    levels.sort_by(f64::total_cmp);
    // A line may begin below all values that were seen.
    let least = points.iter().map(|(_, y)| *y).fold(f64::INFINITY, f64::min).max(1.0);
    let begin = median(&levels)?.max(least);
    let low = lower(&slopes, points.len())?.max(0.0);
    // Little came before the first interval. The line is not drawn further down than to half of what was ever seen.
    let back = if first <= BACK * (last - first) { first } else { 0.0 };
    let at_first = (begin - slope.max(0.0) * back).max(least / 2.0);
    Some(Growth {
        sure: low * (last - first + back) / at_first,
        begin_us: at_first,
        end_us: begin + slope * (last - first),
        slope_us: slope * 1_000.0,
        cycles: last,
    })
}

/// The lower end of the interval of the slope: so many of the pairs lie below it as Kendall's statistic may be off.
fn lower(slopes: &[f64], points: usize) -> Option<f64> {
    let count = |number: usize| float(u64::try_from(number).unwrap_or(u64::MAX));
    let n = count(points);
    let off = SURE * (n * (n - 1.0) * (2.0 * n + 5.0) / 18.0).sqrt();
    let below = (count(slopes.len()) - off) / 2.0;
    // With too few pairs nothing is certain.
    let place = (0..slopes.len()).take_while(|place| count(*place) < below.floor()).count();
    slopes.get(place).copied().filter(|_| below >= 1.0)
}

/// The middle of sorted values.
fn median(sorted: &[f64]) -> Option<f64> {
    let (low, high) = (sorted.get(sorted.len().checked_sub(1)? / 2)?, sorted.get(sorted.len() / 2)?);
    Some((low + high) / 2.0)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

    use super::*;

    fn series(count: u32, of: impl Fn(f64, &mut dyn FnMut() -> f64) -> f64) -> Vec<Point> {
        let mut random = ChaCha8Rng::seed_from_u64(3);
        let mut noise = || f64::from(random.next_u32()) / 4_294_967_296.0 - 0.5;
        (0..count).map(|x| (f64::from(x) * 100.0, of(f64::from(x), &mut noise))).collect()
    }

    #[test]
    fn what_grows_is_found_and_said_in_numbers() {
        let growth = of_points(&series(30, |x, noise| 1_000.0 + 50.0 * x + 100.0 * noise())).expect("enough");
        assert!((1.2..1.5).contains(&growth.sure), "{growth:?}");
        assert!((480.0..520.0).contains(&growth.slope_us), "{growth:?}");
        assert!((950.0..1_050.0).contains(&growth.begin_us), "{growth:?}");
        assert!((2_400.0..2_500.0).contains(&growth.end_us), "{growth:?}");
    }

    /// Among a thousand series of noise, none that moves by half of itself; and one odd interval moves nothing.
    #[test]
    fn noise_comes_to_nothing() {
        let mut random = ChaCha8Rng::seed_from_u64(7);
        for _ in 0..1_000 {
            let points: Vec<Point> = (0..30)
                .map(|x| (f64::from(x), 1_000.0 + f64::from(random.next_u32()) / 4_294_967_296.0 * 1_000.0))
                .collect();
            let growth = of_points(&points).expect("enough");
            assert!(growth.sure < 0.5, "{growth:?}");
        }
        let growth = of_points(&series(30, |x, noise| if x > 28.0 { 60_000.0 } else { 1_000.0 + noise() }));
        assert!(growth.expect("enough").sure < 0.01, "{growth:?}");
        let falls = of_points(&series(30, |x, _| 9_000.0 - 100.0 * x)).expect("enough");
        assert_eq!(falls.sure, 0.0);
    }

    /// A ramp that has added a fifth as much as the load itself, and a warm-up of as much again.
    #[test]
    fn growth_is_measured_from_when_the_run_began() {
        let after = |before: f64| -> Vec<Point> {
            (0..30).map(|n| before + f64::from(n) * 100.0).map(|x| (x, 1_000.0 + 0.3 * x)).collect()
        };
        let growth = of_points(&after(580.0)).expect("enough");
        assert!((990.0..1_010.0).contains(&growth.begin_us) && growth.sure > 1.0, "{growth:?}");
        assert_eq!(growth.cycles, 3_480.0);
        let within = of_points(&after(5_800.0)).expect("enough");
        assert!((within.begin_us - 2_740.0).abs() < 10.0, "too far back: {within:?}");
        let note = Growth { sure: 0.4, begin_us: 2_000.0, end_us: 3_000.0, slope_us: 500.0, cycles: 2_000.0 };
        let words = note.note(LoadStep::Start);
        assert!(words.starts_with("start becomes slower as more is enrolled, at least 40%: "), "{words}");
        assert!(words.ends_with("of which there were 2000; at this pace it takes twice as long after 4000"), "{words}");
    }

    #[test]
    fn few_intervals_say_nothing() {
        let points = series(9, |x, _| 1_000.0 * x);
        assert_eq!(of_points(&points), None);
        assert!(of_points(&series(10, |x, _| 1_000.0 * (x + 1.0))).is_some_and(|growth| growth.sure > 5.0));
        assert_eq!(of_points(&[(1.0, 1.0); 20]), None, "nothing was enrolled between them");
    }
}
