//! How sure a difference is: by a bootstrap over blocks.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::question::Question;
use super::student;
use crate::outcome::load::number::float;
use crate::outcome::load::threshold::Figure;

/// How often samples are drawn again.
const DRAWS: u32 = 500;

/// Fewer blocks than this in one run do not show how it varies.
const FEWEST_BLOCKS: usize = 6;

/// A run is cut into at most this many blocks, so that variation slower than a tenth of it is inside the blocks.
const MOST_BLOCKS: usize = 10;

/// A percentile needs this many samples beyond it, as a threshold does.
const BEYOND: f64 = 100.0;

/// Buckets of a histogram with 2 digits are up to this wide, as a share of their value.
const COARSE: f64 = 1.0 / 128.0;

/// The same with 3 digits.
const FINE: f64 = 1.0 / 1024.0;

/// An interval, or a run: what is drawn.
#[derive(Debug, Clone, Default)]
pub(super) struct Unit {
    /// Values in ascending order, with how often each is there.
    pub(super) values: Vec<(u64, u64)>,
    pub(super) count: u64,
    /// How long it was.
    pub(super) micros: u64,
}

/// The units of a side.
pub(super) struct Sample {
    /// All values that any unit has, ascending.
    values: Vec<u64>,
    units: Vec<Counted>,
}

struct Counted {
    /// How many are not above each of the values.
    up_to: Vec<u64>,
    count: u64,
    sum: f64,
    micros: u64,
}

/// An interval of the logarithm of new / baseline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bound {
    pub(super) low: f64,
    pub(super) estimate: f64,
    pub(super) high: f64,
}

impl Sample {
    pub(super) fn new(units: Vec<Unit>) -> Sample {
        let mut values: Vec<u64> = units.iter().flat_map(|unit| unit.values.iter().map(|(value, _)| *value)).collect();
        values.sort_unstable();
        values.dedup();
        let units = units.iter().map(|unit| Counted::new(unit, &values)).collect();
        Sample { values, units }
    }

    /// The figure of all units together; `None` if there is none.
    pub(super) fn figure(&self, figure: Figure) -> Option<f64> {
        let all: Vec<usize> = (0..self.units.len()).collect();
        self.of(figure, &all)
    }

    /// The figure of drawn units.
    fn of(&self, figure: Figure, drawn: &[usize]) -> Option<f64> {
        let units = || drawn.iter().filter_map(|index| self.units.get(*index));
        let count: u64 = units().map(|unit| unit.count).sum();
        if count == 0 {
            return None;
        }
        match figure {
            Figure::Percentile(_, percent) => {
                let rank = (float(count) * percent / 100.0 - 1e-6).ceil().max(1.0);
                let (mut low, mut high) = (0, self.values.len().checked_sub(1)?);
                while low < high {
                    let middle = (low + high) / 2;
                    let up_to: u64 = units().filter_map(|unit| unit.up_to.get(middle)).sum();
                    if float(up_to) < rank { low = middle + 1 } else { high = middle }
                }
                self.values.get(low).map(|value| float(*value))
            }
            Figure::Mean(_) => Some(units().map(|unit| unit.sum).sum::<f64>() / float(count)),
            _ => {
                let micros: u64 = units().map(|unit| unit.micros).sum();
                (micros > 0).then(|| float(count) / (float(micros) / 1e6))
            }
        }
    }

    /// The share of each unit in the error of the figure: how much of the unit lies above a percentile, its mean, or its rate.
    fn influence(&self, figure: Figure) -> Vec<f64> {
        let at = self.figure(figure).and_then(|value| self.values.iter().position(|other| float(*other) == value));
        let of = |unit: &Counted| match figure {
            Figure::Percentile(..) => {
                let up_to = at.and_then(|at| unit.up_to.get(at)).copied().unwrap_or_default();
                if unit.count == 0 { 0.0 } else { 1.0 - float(up_to) / float(unit.count) }
            }
            Figure::Mean(_) if unit.count > 0 => unit.sum / float(unit.count),
            Figure::Mean(_) => 0.0,
            _ => float(unit.count) / float(unit.micros.max(1)),
        };
        self.units.iter().map(of).collect()
    }

    /// How many neighbouring intervals make a block.
    fn block(&self, figure: Figure) -> usize {
        let memory = (2.0 * memory(&self.influence(figure))).ceil();
        let memory = (1..self.units.len()).find(|length| float(u64::try_from(*length).unwrap_or(u64::MAX)) >= memory);
        memory.unwrap_or(self.units.len()).max(self.units.len().div_ceil(MOST_BLOCKS)).max(1)
    }

    fn enough(&self, figure: Figure) -> Result<(), String> {
        let count = float(self.units.iter().map(|unit| unit.count).sum());
        match figure {
            _ if count == 0.0 => Err("there was no call".to_owned()),
            Figure::Percentile(_, percent) => {
                let needed = (BEYOND / (1.0 - percent / 100.0) - 1e-6).ceil();
                if count < needed { Err(format!("{count:.0} samples, and {needed:.0} are needed")) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }
}

impl Counted {
    fn new(unit: &Unit, values: &[u64]) -> Counted {
        let (mut own, mut seen, mut up_to) = (unit.values.iter().peekable(), 0, Vec::with_capacity(values.len()));
        for value in values {
            if let Some((_, count)) = own.next_if(|(own, _)| own == value) {
                seen += count;
            }
            up_to.push(seen);
        }
        let sum = unit.values.iter().map(|(value, count)| float(*value) * float(*count)).sum();
        Counted { up_to, count: unit.count, sum, micros: unit.micros }
    }
}

/// How many units the memory of a series spans: 1 for independent ones, the sum of its autocorrelations otherwise, as far as
/// pairs of them are positive (Geyer's initial positive sequence). A series that never varies has none.
fn memory(series: &[f64]) -> f64 {
    let length = float(u64::try_from(series.len()).unwrap_or(u64::MAX));
    let mean = series.iter().sum::<f64>() / length;
    let product =
        |lag: usize| -> f64 { series.iter().zip(series.iter().skip(lag)).map(|(a, b)| (a - mean) * (b - mean)).sum() };
    let variance = product(0);
    // A constant leaves only rounding errors.
    if variance <= 1e-18 * mean * mean * length || !variance.is_finite() {
        return 1.0;
    }
    let mut sum = 1.0;
    for lag in (1..series.len() / 2).step_by(2) {
        let pair = (product(lag) + product(lag + 1)) / variance;
        if pair <= 0.0 {
            break;
        }
        sum += 2.0 * pair;
    }
    sum
}

/// The interval of two runs, by drawing blocks of their intervals. `Err` says why there is none.
pub(super) fn of_one_run_each(figure: Figure, sides: [&Sample; 2], question: &Question) -> Result<Bound, String> {
    let [before, after] = are_enough(figure, sides)?;
    let length = before.block(figure).max(after.block(figure));
    let blocks = before.units.len().min(after.units.len()) / length;
    if blocks < FEWEST_BLOCKS {
        return Err(format!(
            "there are {blocks} blocks of {length} intervals, and {FEWEST_BLOCKS} are needed: the figure varies too slowly for a run of this length"
        ));
    }
    let ratio = |drawn: [&[usize]; 2]| log_ratio(before.of(figure, drawn[0]), after.of(figure, drawn[1]));
    let all = sides.map(|side| (0..side.units.len()).collect::<Vec<usize>>());
    let estimate = ratio([&all[0], &all[1]]).ok_or_else(nothing)?;
    let mut random = ChaCha8Rng::seed_from_u64(question.seed);
    let mut drawn = Vec::new();
    for _ in 0..DRAWS {
        let [before, after] = [&all[0], &all[1]].map(|all| draw(&mut random, all.len(), length));
        drawn.extend(ratio([&before, &after]));
    }
    let freedom = u32::try_from(blocks).unwrap_or(u32::MAX) - 1;
    // Samples from so few blocks vary less than the blocks do.
    let correction = (f64::from(freedom + 1) / f64::from(freedom)).sqrt();
    let error = deviation(&drawn).ok_or_else(nothing)? * correction;
    Ok(around(estimate, error, freedom, if is_percentile(figure) { COARSE } else { 0.0 }, question))
}

/// The interval of runs in pairs. The block is a pair and the estimate the mean of what the pairs say, whose bootstrap has a
/// known end, so that nothing is drawn. `Err` says why there is none.
pub(super) fn of_pairs(figure: Figure, sides: [&Sample; 2], question: &Question) -> Result<Bound, String> {
    let [before, after] = are_enough(figure, sides)?;
    let pair = |index| log_ratio(before.of(figure, &[index]), after.of(figure, &[index]));
    let ratios = (0..before.units.len().min(after.units.len())).map(pair).collect::<Option<Vec<f64>>>();
    let ratios = ratios.ok_or_else(|| "there was no call in one of the runs".to_owned())?;
    let pairs = u32::try_from(ratios.len()).unwrap_or(u32::MAX);
    let estimate = ratios.iter().sum::<f64>() / f64::from(pairs);
    let error = deviation(&ratios).ok_or_else(nothing)? / f64::from(pairs).sqrt();
    Ok(around(estimate, error, pairs - 1, if is_percentile(figure) { FINE } else { 0.0 }, question))
}

fn are_enough(figure: Figure, [before, after]: [&Sample; 2]) -> Result<[&Sample; 2], String> {
    before.enough(figure).map_err(|why| format!("baseline: {why}"))?;
    after.enough(figure).map_err(|why| format!("new: {why}"))?;
    Ok([before, after])
}

fn around(estimate: f64, error: f64, freedom: u32, resolution: f64, question: &Question) -> Bound {
    let half = student::two_sided(question.confidence, freedom) * error + resolution;
    Bound { low: estimate - half, estimate, high: estimate + half }
}

const fn is_percentile(figure: Figure) -> bool {
    matches!(figure, Figure::Percentile(..))
}

fn nothing() -> String {
    "there was no call".to_owned()
}

fn log_ratio(before: Option<f64>, after: Option<f64>) -> Option<f64> {
    let (before, after) = (before?, after?);
    (before > 0.0 && after > 0.0).then(|| (after / before).ln())
}

/// As many units as there are, in blocks of neighbours; behind the last comes the first.
fn draw(random: &mut ChaCha8Rng, units: usize, length: usize) -> Vec<usize> {
    let mut drawn = Vec::with_capacity(units + length);
    while drawn.len() < units {
        let begin = usize::try_from(random.next_u64() % u64::try_from(units).unwrap_or(u64::MAX)).unwrap_or_default();
        drawn.extend((begin..begin + length).map(|index| index % units));
    }
    drawn.truncate(units);
    drawn
}

fn deviation(values: &[f64]) -> Option<f64> {
    let count = float(u64::try_from(values.len()).ok()?);
    let mean = values.iter().sum::<f64>() / count;
    (count > 1.0).then(|| (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_without_memory_has_one_unit_of_it_and_a_slow_one_many() {
        let mut random = ChaCha8Rng::seed_from_u64(1);
        let mut noise = || f64::from(random.next_u32()) / 4_294_967_296.0;
        let white: Vec<f64> = (0..400).map(|_| noise()).collect();
        assert!(memory(&white) < 2.0, "{}", memory(&white));
        let mut last = 0.0;
        let slow: Vec<f64> = (0..400)
            .map(|_| {
                last = 0.9 * last + noise() - 0.5;
                last
            })
            .collect();
        // 19 for one that is endless.
        assert!((8.0..40.0).contains(&memory(&slow)), "{}", memory(&slow));
        assert_eq!(memory(&[3.0; 50]), 1.0);
    }

    #[test]
    fn figures_of_drawn_units_are_those_of_their_values_together() {
        let unit = |values: &[(u64, u64)]| Unit {
            values: values.to_vec(),
            count: values.iter().map(|(_, count)| count).sum(),
            micros: 2_000_000,
        };
        let sample = Sample::new(vec![unit(&[(10, 3), (30, 1)]), unit(&[(20, 4)]), unit(&[])]);
        let percentile = |percent, drawn: &[usize]| {
            sample.of(Figure::Percentile(crate::outcome::load::LoadStep::Cycle, percent), drawn)
        };
        assert_eq!(percentile(50.0, &[0]), Some(10.0));
        assert_eq!(percentile(99.0, &[0]), Some(30.0));
        assert_eq!(percentile(50.0, &[0, 1]), Some(20.0));
        assert_eq!(percentile(37.5, &[0, 1, 2]), Some(10.0));
        assert_eq!(percentile(37.6, &[0, 1, 2]), Some(20.0));
        assert_eq!(percentile(50.0, &[2]), None);
        assert_eq!(sample.of(Figure::Mean(crate::outcome::load::LoadStep::Cycle), &[0, 1]), Some(17.5));
        assert_eq!(sample.of(Figure::Cycles, &[0, 0, 2]), Some(8.0 / 6.0));
    }
}
