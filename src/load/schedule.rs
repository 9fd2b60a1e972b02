//! When cycles are due: absolute offsets from the beginning, however slow the target is.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};

use super::shard::share_of;
use crate::outcome::Shard;
use crate::outcome::load::{ArrivalPattern, LoadModel, PhaseName, Stages, float};

/// The phases as offsets from the beginning: ramp, warm-up, hold, ramp-down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Timeline {
    ramp: Duration,
    warm_up_end: Duration,
    hold_end: Duration,
    end: Duration,
}

impl Timeline {
    pub(super) fn new(stages: &Stages) -> Timeline {
        let ramp = Duration::from_micros(stages.ramp_us);
        let warm_up_end = ramp + Duration::from_micros(stages.warm_up_us);
        let hold_end = warm_up_end + Duration::from_micros(stages.hold_us);
        Timeline { ramp, warm_up_end, hold_end, end: hold_end + Duration::from_micros(stages.ramp_down_us) }
    }

    /// The phase of an offset; the last one for later offsets.
    pub(super) fn phase(&self, offset: Duration) -> PhaseName {
        match offset {
            offset if offset < self.ramp => PhaseName::Ramp,
            offset if offset < self.warm_up_end => PhaseName::WarmUp,
            offset if offset < self.hold_end || self.hold_end == self.end => PhaseName::Hold,
            _ => PhaseName::RampDown,
        }
    }

    /// Phases that are not empty, with beginning and planned end.
    pub(super) fn phases(&self) -> Vec<(PhaseName, Duration, Duration)> {
        let all = [
            (PhaseName::Ramp, Duration::ZERO, self.ramp),
            (PhaseName::WarmUp, self.ramp, self.warm_up_end),
            (PhaseName::Hold, self.warm_up_end, self.hold_end),
            (PhaseName::RampDown, self.hold_end, self.end),
        ];
        all.into_iter().filter(|(_, begin, end)| begin < end).collect()
    }

    /// When the hold phase begins and ends.
    pub(super) fn hold(&self) -> (Duration, Duration) {
        (self.warm_up_end, self.hold_end)
    }

    /// When no cycle begins any more.
    pub(super) fn end(&self) -> Duration {
        self.end
    }

    /// From when to when a worker of the closed model begins cycles: they come and go one after the other.
    pub(super) fn shift(&self, worker: u64, workers: u64) -> (Duration, Duration) {
        let place = float(worker) / float(workers.max(1));
        (self.ramp.mul_f64(place), self.hold_end + (self.end - self.hold_end).mul_f64(1.0 - place))
    }
}

/// The arrivals of the open model in order: number and offset. A shard has every n-th of the whole.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    segments: Vec<Segment>,
    segment: usize,
    /// Arrivals before the segment.
    base: f64,
    /// Beginning of the segment in seconds.
    begin: f64,
    pattern: ArrivalPattern,
    random: ChaCha8Rng,
    /// How many arrivals there are until the next one.
    position: f64,
    number: u64,
    own: (u64, u64),
}

/// A time in which the rate goes evenly from one value to another.
#[derive(Debug, Clone, Copy)]
struct Segment {
    seconds: f64,
    from: f64,
    to: f64,
}

impl Segment {
    fn arrivals(&self) -> f64 {
        self.seconds * (self.from + self.to) / 2.0
    }

    /// The time after which there were so many arrivals: t with from·t + (to - from)/(2·seconds)·t² = arrivals.
    fn time(&self, arrivals: f64) -> f64 {
        let slope = (self.to - self.from) / (2.0 * self.seconds);
        let root = (self.from * self.from + 4.0 * slope * arrivals).max(0.0).sqrt();
        if self.from + root > 0.0 { 2.0 * arrivals / (self.from + root) } else { 0.0 }
    }
}

impl Schedule {
    /// The schedule of a plan; `None` in the closed model.
    pub(super) fn new(model: &LoadModel, stages: &Stages, seed: u64, shard: Option<Shard>) -> Option<Schedule> {
        let LoadModel::Open { steps, arrivals, .. } = model else { return None };
        let seconds = |micros: u64| float(micros) / 1e6;
        let (first, last) = (steps.first()?.per_second, steps.last()?.per_second);
        let mut segments = vec![
            Segment { seconds: seconds(stages.ramp_us), from: 0.0, to: first },
            Segment { seconds: seconds(stages.warm_up_us), from: first, to: first },
        ];
        let hold = |from: f64, for_us: u64| Segment { seconds: seconds(for_us), from, to: from };
        segments.extend(steps.iter().map(|step| hold(step.per_second, step.for_us)));
        segments.push(Segment { seconds: seconds(stages.ramp_down_us), from: last, to: 0.0 });
        segments.retain(|segment| segment.seconds > 0.0);
        let mut schedule = Schedule {
            segments,
            segment: 0,
            base: 0.0,
            begin: 0.0,
            pattern: *arrivals,
            random: ChaCha8Rng::seed_from_u64(seed),
            position: 0.0,
            number: 0,
            own: share_of(shard),
        };
        schedule.position = schedule.distance() / 2.0;
        Some(schedule)
    }

    /// Between two arrivals at a rate of 1.
    fn distance(&mut self) -> f64 {
        match self.pattern {
            ArrivalPattern::Constant => 1.0,
            // Never the logarithm of 0.
            ArrivalPattern::Poisson => -((f64::from(self.random.next_u32()) + 0.5) / 4_294_967_296.0).ln(),
        }
    }

    fn next_of_all(&mut self) -> Option<(u64, Duration)> {
        while let Some(segment) = self.segments.get(self.segment) {
            let within = self.position - self.base;
            if within < segment.arrivals() {
                let offset = Duration::from_secs_f64(self.begin + segment.time(within));
                let number = self.number;
                self.position += self.distance();
                self.number += 1;
                return Some((number, offset));
            }
            self.base += segment.arrivals();
            self.begin += segment.seconds;
            self.segment += 1;
        }
        None
    }
}

impl Iterator for Schedule {
    type Item = (u64, Duration);

    fn next(&mut self) -> Option<(u64, Duration)> {
        loop {
            let (number, offset) = self.next_of_all()?;
            if number % self.own.1 == self.own.0 {
                return Some((number, offset));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::load::RateStep;

    fn open(rates: &[(f64, u64)], arrivals: ArrivalPattern) -> LoadModel {
        let step =
            |(per_second, seconds): &(f64, u64)| RateStep { per_second: *per_second, for_us: seconds * 1_000_000 };
        LoadModel::Open { steps: rates.iter().map(step).collect(), arrivals, workers: 1 }
    }

    fn offsets(model: &LoadModel, stages: Stages, seed: u64) -> Vec<f64> {
        let schedule = Schedule::new(model, &stages, seed, None).expect("an open model");
        schedule.map(|(_, offset)| offset.as_secs_f64()).collect()
    }

    #[test]
    fn constant_arrivals_have_their_rate_in_every_step() {
        let stages = Stages { hold_us: 30_000_000, ..Stages::default() };
        let offsets = offsets(&open(&[(100.0, 10), (200.0, 20)], ArrivalPattern::Constant), stages, 1);
        assert_eq!(offsets.len(), 5_000);
        assert_eq!(offsets.iter().filter(|offset| **offset < 10.0).count(), 1_000);
        assert!(offsets.windows(2).all(|pair| (0.004_9..0.010_1).contains(&(pair[1] - pair[0]))));
        assert!((offsets[0] - 0.005).abs() < 1e-9, "half a distance: {}", offsets[0]);
    }

    #[test]
    fn ramps_grow_and_shrink_evenly() {
        let stages =
            Stages { ramp_us: 10_000_000, warm_up_us: 1_000_000, hold_us: 5_000_000, ramp_down_us: 10_000_000 };
        let offsets = offsets(&open(&[(100.0, 5)], ArrivalPattern::Constant), stages, 1);
        let between = |a: f64, b: f64| offsets.iter().filter(|offset| (a..b).contains(*offset)).count();
        assert_eq!(offsets.len(), 500 + 100 + 500 + 500);
        for (from, to, expected) in [(0.0, 5.0, 125), (5.0, 10.0, 375), (10.0, 16.0, 600), (16.0, 21.0, 375)] {
            assert!(between(from, to).abs_diff(expected) <= 1, "{from} to {to}: {}", between(from, to));
        }
        assert!(offsets.is_sorted() && offsets.iter().all(|offset| *offset < 26.0));
    }

    #[test]
    fn poisson_arrivals_are_seeded_and_as_many_in_the_mean() {
        let stages = Stages { hold_us: 100_000_000, ..Stages::default() };
        let model = open(&[(100.0, 100)], ArrivalPattern::Poisson);
        let drawn = offsets(&model, stages, 7);
        assert_eq!(drawn, offsets(&model, stages, 7));
        assert_ne!(drawn, offsets(&model, stages, 8));
        // 10,000 with a standard deviation of 100, and the distances have the deviation of their mean.
        assert!(drawn.len().abs_diff(10_000) < 400, "{}", drawn.len());
        let square = drawn.windows(2).map(|pair| ((pair[1] - pair[0]) - 0.01).powi(2)).sum::<f64>();
        let deviation = (square / 1e4).sqrt();
        assert!((0.009..0.011).contains(&deviation), "{deviation}");
    }

    #[test]
    fn shards_are_the_whole() {
        let stages = Stages { hold_us: 3_000_000, ..Stages::default() };
        for pattern in [ArrivalPattern::Constant, ArrivalPattern::Poisson] {
            let model = open(&[(70.0, 3)], pattern);
            let all: Vec<_> = Schedule::new(&model, &stages, 3, None).expect("open").collect();
            let shard = |index| Schedule::new(&model, &stages, 3, Some(Shard { index, count: 3 })).expect("open");
            let mut parts: Vec<_> = (1..=3).flat_map(shard).collect();
            parts.sort();
            assert_eq!(parts, all);
        }
    }

    #[test]
    fn workers_come_and_go_one_after_the_other() {
        let stages = Stages { ramp_us: 10_000_000, warm_up_us: 0, hold_us: 5_000_000, ramp_down_us: 10_000_000 };
        let timeline = Timeline::new(&stages);
        let seconds = |worker| {
            let (from, to) = timeline.shift(worker, 10);
            (from.as_secs_f64(), to.as_secs_f64())
        };
        assert_eq!((seconds(0), seconds(5), seconds(9)), ((0.0, 25.0), (5.0, 20.0), (9.0, 16.0)));
        for (at, phase) in
            [(0, PhaseName::Ramp), (10, PhaseName::Hold), (15, PhaseName::RampDown), (99, PhaseName::RampDown)]
        {
            assert_eq!(timeline.phase(Duration::from_secs(at)), phase);
        }
        let plain = Timeline::new(&Stages { hold_us: 5_000_000, ..Stages::default() });
        assert_eq!(plain.phase(Duration::from_secs(9)), PhaseName::Hold, "what begins late belongs to it");
        assert_eq!(timeline.phases().len(), 3);
    }
}
