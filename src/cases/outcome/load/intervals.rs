//! Time series, also made wider and laid over each other.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::histogram::{BadHistogram, PackedHistogram, coarse};
use super::row::LoadStep;

/// The most intervals that a record holds. One more, and each two neighbours become one of twice the width.
pub const MOST_INTERVALS: usize = 600;

/// The time series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Width of each; 1 s times a power of two.
    pub width_us: u64,
    /// From the beginning of the first cycle, without gaps. The last one may be shorter. At most [`MOST_INTERVALS`].
    pub list: Vec<Interval>,
}

/// One interval. A cycle belongs to the one in which it was over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Cycles that were due by the schedule (open model), or begun (closed model).
    pub offered: u64,
    /// Cycles that ended well, of any kind.
    pub ok: u64,
    /// Cycles that failed.
    pub failed: u64,
    /// Arrivals that found no worker free.
    pub waited: u64,
    /// The maximum number of cycles that were under way at a time.
    pub in_flight: u64,
    /// Resident memory of the generator at its end, the embedded server's with it; 0 where it is not known.
    #[serde(default)]
    pub rss_bytes: u64,
    /// Good answers by protocol and step.
    pub steps: Vec<IntervalStep>,
}

/// A distribution within an interval: `ok` answers in cycles of kind `good`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntervalStep {
    /// Slug of the protocol.
    pub protocol: String,
    /// `start`, `verify` or `cycle`.
    pub step: LoadStep,
    /// How many there are.
    pub count: u64,
    /// The distribution: 1 µs to 60 s in 2 digits.
    pub histogram: PackedHistogram,
}

impl Intervals {
    /// Each two neighbours as one.
    ///
    /// # Errors
    /// [`BadHistogram`]
    pub fn widened(&self) -> Result<Intervals, BadHistogram> {
        let list = self.list.chunks(2).map(in_sequence).collect::<Result<_, _>>()?;
        Ok(Intervals { width_us: self.width_us * 2, list })
    }

    /// Several series that begin at offsets (in microseconds) in one. Intervals are as wide as the widest, and each goes to the
    /// one whose beginning is nearest to its own, so that counts are exact and times are right to half a width. The maxima of cycles under way
    /// are added up, which is the most that the sum can have been. Memory is added up too.
    ///
    /// # Errors
    /// [`BadHistogram`]
    pub fn overlaid<'a>(series: impl IntoIterator<Item = (&'a Intervals, u64)>) -> Result<Intervals, BadHistogram> {
        let series: Vec<(&Intervals, u64)> = series.into_iter().collect();
        let width_us = series.iter().map(|(one, _)| one.width_us).max().unwrap_or_default().max(1);
        let mut at: BTreeMap<usize, Vec<Interval>> = BTreeMap::new();
        for (one, offset_us) in series {
            let mut one = one.clone();
            while one.width_us > 0 && one.width_us < width_us {
                one = one.widened()?;
            }
            let shift = usize::try_from((offset_us + width_us / 2) / width_us).unwrap_or(usize::MAX);
            for (index, interval) in one.list.into_iter().enumerate() {
                at.entry(index.saturating_add(shift)).or_default().push(interval);
            }
        }
        let end = at.last_key_value().map_or(0, |(index, _)| index + 1);
        let list =
            (0..end).map(|index| at_once(at.get(&index).map_or(&[], Vec::as_slice))).collect::<Result<_, _>>()?;
        let mut sum = Intervals { width_us, list };
        while sum.list.len() > MOST_INTERVALS {
            sum = sum.widened()?;
        }
        Ok(sum)
    }
}

fn in_sequence(parts: &[Interval]) -> Result<Interval, BadHistogram> {
    let in_flight = parts.iter().map(|part| part.in_flight).max().unwrap_or_default();
    let rss_bytes = parts.iter().map(|part| part.rss_bytes).max().unwrap_or_default();
    Ok(Interval { in_flight, rss_bytes, ..added(parts)? })
}

fn at_once(parts: &[Interval]) -> Result<Interval, BadHistogram> {
    let in_flight = parts.iter().map(|part| part.in_flight).sum();
    let rss_bytes = parts.iter().map(|part| part.rss_bytes).sum();
    Ok(Interval { in_flight, rss_bytes, ..added(parts)? })
}

fn added(parts: &[Interval]) -> Result<Interval, BadHistogram> {
    let mut sum = Interval::default();
    let mut steps: BTreeMap<(&str, LoadStep), Vec<&IntervalStep>> = BTreeMap::new();
    for interval in parts {
        sum.offered += interval.offered;
        sum.ok += interval.ok;
        sum.failed += interval.failed;
        sum.waited += interval.waited;
        for step in &interval.steps {
            steps.entry((&step.protocol, step.step)).or_default().push(step);
        }
    }
    for ((protocol, step), parts) in steps {
        let histogram = PackedHistogram::sum(parts.iter().map(|part| &part.histogram), coarse())?;
        let count = parts.iter().map(|part| part.count).sum();
        let histogram = PackedHistogram::pack(&histogram);
        sum.steps.push(IntervalStep { protocol: protocol.to_owned(), step, count, histogram });
    }
    Ok(sum)
}
