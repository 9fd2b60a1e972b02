//! The time series while it grows: intervals of a second, and wider ones when there would be too many.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::time::micros;
use crate::outcome::load::{
    Interval, IntervalStep, Intervals, LoadStep, MOST_INTERVALS, PackedHistogram, coarse, record,
};

/// Width of an interval as long as there are few, in microseconds.
const SECOND: u64 = 1_000_000;

/// Protocol and step.
type Place = (&'static str, LoadStep);

/// Intervals that are over, packed, and the present one.
pub(super) struct Series {
    over: Intervals,
    present: Interval,
    steps: BTreeMap<Place, Histogram<u64>>,
}

impl Series {
    pub(super) fn new() -> Series {
        let over = Intervals { width_us: SECOND, list: Vec::new() };
        Series { over, present: Interval::default(), steps: BTreeMap::new() }
    }

    /// The interval of an offset; for one that is over already, the present one.
    pub(super) fn at(&mut self, offset: Duration) -> &mut Interval {
        let offset = micros(offset);
        while u64::try_from(self.over.list.len()).unwrap_or(u64::MAX) < offset / self.over.width_us {
            self.close();
        }
        &mut self.present
    }

    /// Adds a duration to the present interval.
    pub(super) fn sample(&mut self, place: Place, took: Duration) {
        record(self.steps.entry(place).or_insert_with(coarse), micros(took));
    }

    fn close(&mut self) {
        let next = Interval { in_flight: self.present.in_flight, ..Interval::default() };
        let mut closed = std::mem::replace(&mut self.present, next);
        closed.rss_bytes = resident().unwrap_or_default();
        closed.steps = std::mem::take(&mut self.steps).into_iter().map(packed).collect();
        self.over.list.push(closed);
        if self.over.list.len() >= MOST_INTERVALS {
            self.over = self.over.widened().expect("what was packed here can be read");
        }
    }

    /// All of them; an empty interval at the end is left out.
    pub(super) fn finish(&mut self) -> Intervals {
        self.close();
        while self.over.list.last().is_some_and(|last| last.offered + last.ok + last.failed == 0) {
            self.over.list.pop();
        }
        Intervals { width_us: self.over.width_us, list: std::mem::take(&mut self.over.list) }
    }
}

/// Memory of this process that is in use, in bytes; known on Linux.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

fn packed(((protocol, step), histogram): (Place, Histogram<u64>)) -> IntervalStep {
    let count = histogram.len();
    IntervalStep { protocol: protocol.to_owned(), step, count, histogram: PackedHistogram::pack(&histogram) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(seconds: u64) -> Intervals {
        let mut series = Series::new();
        for second in 0..seconds {
            let interval = series.at(Duration::from_secs(second));
            interval.ok += 2;
            interval.offered += 2;
            interval.in_flight = second;
            for protocol in ["rest", "grpc"] {
                series.sample((protocol, LoadStep::Verify), Duration::from_micros(1_000 + second));
            }
        }
        series.finish()
    }

    #[test]
    fn an_hour_is_no_larger_than_ten_minutes() {
        let minute = series(60);
        assert_eq!((minute.width_us, minute.list.len()), (SECOND, 60));
        let hour = series(3_600);
        assert_eq!((hour.width_us, hour.list.len()), (8 * SECOND, 450));
        assert_eq!(hour.list.iter().map(|interval| interval.ok).sum::<u64>(), 7_200);
        assert_eq!(hour.list[449].in_flight, 3_599);
        for interval in &hour.list {
            let counts: Vec<_> = interval.steps.iter().map(|step| (step.protocol.as_str(), step.count)).collect();
            assert_eq!(counts, [("grpc", 8), ("rest", 8)]);
            assert!(interval.steps.iter().all(|step| step.histogram.unpack().is_ok_and(|all| all.len() == 8)));
        }
        if std::path::Path::new("/proc/self/status").exists() {
            assert!(hour.list.iter().all(|interval| interval.rss_bytes > 1 << 20));
        }
        let size = |intervals: &Intervals| serde_json::to_string(intervals).expect("JSON").len();
        assert!(size(&hour) < 2 * size(&series(500)), "{}", size(&hour));
    }

    #[test]
    fn intervals_have_no_gaps_and_time_does_not_go_back() {
        let mut series = Series::new();
        series.at(Duration::from_secs(3)).ok = 1;
        series.at(Duration::from_millis(500)).ok += 1;
        series.at(Duration::from_secs(9));
        let list = series.finish().list;
        assert_eq!(list.iter().map(|interval| interval.ok).collect::<Vec<_>>(), [0, 0, 0, 2]);
    }
}
