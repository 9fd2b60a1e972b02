//! How throughput grows with workers.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::number::per_second;

/// The last step has to have at least as many workers before anything is concluded from it.
const LEAST_WORKERS: u64 = 4;

/// Fewer cycles of one worker show nothing.
const LEAST_CYCLES: u64 = 3;

/// Below this many times the throughput of one worker, calls wait for each other.
const FLAT: f64 = 1.25;

/// A short ramp before a load of the closed model: more and more workers, each step for a moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// The steps, with rising workers; the first has one.
    pub steps: Vec<ScalingStep>,
    /// The generator had no processor to spare in the last step, so the step says nothing about the target.
    pub busy: bool,
}

/// A number of workers at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScalingStep {
    /// Workers.
    pub workers: u64,
    /// Cycles that ended well.
    pub ok: u64,
    /// Until the last of them was over.
    pub took_us: u64,
}

impl ScalingStep {
    /// Cycles a second.
    pub fn rate(&self) -> f64 {
        per_second(self.ok, self.took_us)
    }
}

impl Scaling {
    /// The fault in words, if many workers complete hardly more cycles than one.
    pub fn flat(&self) -> Option<String> {
        let (first, last) = (self.steps.first()?, self.steps.last()?);
        let is_told = first.workers == 1 && first.ok >= LEAST_CYCLES && last.workers >= LEAST_WORKERS && !self.busy;
        let is_flat = is_told && last.ok > 0 && last.rate() < FLAT * first.rate();
        is_flat.then(|| {
            format!(
                "{} workers complete hardly more cycles than one: {:.1} cycles/s, and one {:.1}; the target, or something in front of it, works on one call at a time",
                last.workers,
                last.rate(),
                first.rate()
            )
        })
    }
}

impl fmt::Display for Scaling {
    /// Such as `1 worker 31.2/s, 2 workers 60.1/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, step) in self.steps.iter().enumerate() {
            let (comma, plural) = (if place > 0 { ", " } else { "" }, if step.workers == 1 { "" } else { "s" });
            write!(f, "{comma}{} worker{plural} {:.1}/s", step.workers, step.rate())?;
        }
        if self.busy { write!(f, "; the generator had no processor to spare") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scaling(steps: &[(u64, u64)]) -> Scaling {
        let step = |(workers, ok): &(u64, u64)| ScalingStep { workers: *workers, ok: *ok, took_us: 500_000 };
        Scaling { steps: steps.iter().map(step).collect(), busy: false }
    }

    #[test]
    fn what_grows_with_workers_is_not_flat() {
        assert_eq!(scaling(&[(1, 10), (2, 20), (4, 40), (8, 80)]).flat(), None);
        assert_eq!(scaling(&[(1, 10), (2, 13), (4, 13)]).flat(), None, "a third more is more");
        let flat = scaling(&[(1, 10), (2, 11), (4, 10), (8, 11)]);
        assert_eq!(flat.to_string(), "1 worker 20.0/s, 2 workers 22.0/s, 4 workers 20.0/s, 8 workers 22.0/s");
        let words = flat.flat().expect("flat");
        assert!(
            words.starts_with("8 workers complete hardly more cycles than one: 22.0 cycles/s, and one 20.0; "),
            "{words}"
        );
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(scaling(&[(1, 10), (2, 10)]).flat(), None, "few workers");
        assert_eq!(scaling(&[(1, 2), (2, 2), (4, 2)]).flat(), None, "few cycles");
        assert_eq!(scaling(&[(1, 10), (4, 0)]).flat(), None, "nothing went well");
        assert_eq!(scaling(&[]).flat(), None);
        assert_eq!(Scaling { busy: true, ..scaling(&[(1, 10), (4, 10)]) }.flat(), None, "our own processors");
    }
}
