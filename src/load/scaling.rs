//! A short ramp before a load of the closed model: whether more workers complete more cycles.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::draw::Draw;
use super::generator::Usage;
use super::plan::Plan;
use super::preflight;
use super::stop::Stop;
use super::time::micros;
use super::workers::Shared;
use crate::outcome::load::{Kind, LoadModel, PreflightRecord, Scaling, ScalingStep, float};

/// Fewer workers show nothing.
const LEAST_WORKERS: u64 = 4;

/// A shorter load is not worth it.
const LEAST_HOLD: Duration = Duration::from_secs(5);

/// Each step is this part of the hold phase, and at most [`LONGEST`].
const PART: u32 = 50;

/// The longest step.
const LONGEST: Duration = Duration::from_secs(1);

/// No step begins once the ramp has taken this part of the hold phase.
const MOST: u32 = 10;

/// The maximum number of steps between one worker and all.
const STEPS: f64 = 4.0;

/// Behind a cycle that failed.
const PAUSE: Duration = Duration::from_millis(50);

/// The first number of its cycles: the cycles of a load do not reach it.
const NUMBERS: u64 = 1 << 62;

/// Plays it, if the plan has something to show: a closed load of several workers without a pause, of one machine. What it sends is added to
/// what was sent before the load.
pub(super) async fn ramp(
    plan: &Plan,
    shared: &Arc<Shared>,
    stop: &Stop,
    seen: &mut PreflightRecord,
) -> Option<Scaling> {
    let LoadModel::Closed { workers } = plan.model else { return None };
    let hold = Duration::from_micros(plan.stages.hold_us);
    let is_plain = plan.shard.is_none() && plan.start_at.is_none() && plan.think.is_zero();
    if !is_plain || workers < LEAST_WORKERS || hold < LEAST_HOLD {
        return None;
    }
    let (begun, mut scaling) = (Instant::now(), Scaling { steps: Vec::new(), busy: false });
    let numbers = Arc::new(AtomicU64::new(NUMBERS));
    for workers in widths(workers) {
        if begun.elapsed() >= hold / MOST || stop.is_stopped() {
            break;
        }
        let (own, since) = (Usage::read(), Instant::now());
        let until = Instant::now() + (hold / PART).min(LONGEST);
        let (step, sent) = step(shared, workers, until, &numbers, stop).await;
        scaling.busy = own.is_spent(since.elapsed(), plan.tolerance.cpu);
        scaling.steps.push(step);
        // What a subject has meanwhile does not count as new.
        seen.add(&PreflightRecord { had: 0, ..sent });
    }
    Some(scaling)
}

/// From one worker to all, each step by the same factor.
fn widths(workers: u64) -> Vec<u64> {
    let factor = float(workers).powf(1.0 / STEPS).ceil().max(2.0);
    let mut widths = vec![1];
    let mut width = factor;
    while width < float(workers) {
        widths.extend((1..workers).find(|count| float(*count) >= width));
        width *= factor;
    }
    widths.push(workers);
    widths
}

/// Plays with this many workers until then, and until their last cycles are over.
async fn step(
    shared: &Arc<Shared>,
    workers: u64,
    until: Instant,
    numbers: &Arc<AtomicU64>,
    stop: &Stop,
) -> (ScalingStep, PreflightRecord) {
    let begun = Instant::now();
    let mut playing = JoinSet::new();
    for _ in 0..workers {
        let (shared, numbers, stop) = (Arc::clone(shared), Arc::clone(numbers), stop.clone());
        playing.spawn(async move {
            let (mut ok, mut sent) = (0, PreflightRecord::default());
            while Instant::now() < until && !stop.is_stopped() {
                let Some(draw) = shared.draw(numbers.fetch_add(1, Ordering::Relaxed)) else { break };
                let draw = Draw { kind: Kind::Good, ..draw };
                let failure = preflight::played(&shared.site, &shared.pool, draw, &mut sent).await;
                ok += u64::from(failure.is_none());
                // If calls are refused at once, there is a pause before the next one.
                if failure.is_some() {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            (ok, sent)
        });
    }
    let (mut step, mut all) = (ScalingStep { workers, ok: 0, took_us: 0 }, PreflightRecord::default());
    while let Some(ended) = playing.join_next().await {
        let (ok, sent) = ended.unwrap_or_default();
        step.ok += ok;
        all.add(&sent);
    }
    step.took_us = micros(begun.elapsed());
    (step, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_go_from_one_to_all() {
        assert_eq!(widths(4), [1, 2, 4]);
        assert_eq!(widths(8), [1, 2, 4, 8]);
        assert_eq!(widths(64), [1, 3, 9, 27, 64]);
        assert_eq!(widths(1_000), [1, 6, 36, 216, 1_000]);
    }
}
