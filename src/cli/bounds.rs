//! `--max-failures`, `-x` and `--max-time`: when a run starts no further tests.

use std::time::Duration;

use tokio::task::JoinHandle;

use super::args::BoundArguments;
use super::exit::Failure;
use super::values;
use crate::gate::{Rules, Standing};
use crate::outcome::{Event, StopCause, Verdict};
use crate::runner::Stop;

/// The bounds of a run under way.
pub struct Bounds {
    /// Failures until no further test is started.
    failures: Option<u32>,
    time: Option<Duration>,
    timer: Option<JoinHandle<()>>,
    stop: Stop,
}

impl Bounds {
    /// The bounds that were asked for; they end a run with `stop`.
    pub fn new(arguments: &BoundArguments, stop: &Stop) -> Result<Bounds, Failure> {
        let time = arguments.max_time.as_deref().map(|text| values::duration("--max-time", text)).transpose()?;
        let failures = arguments.max_failures.or(arguments.first_failure.then_some(1));
        Ok(Bounds { failures, time, timer: None, stop: stop.clone() })
    }

    /// Counts failures, and measures the time from the first event on.
    pub fn see(&mut self, event: &Event, rules: &Rules) {
        match event {
            Event::RunStarted(_) => {
                self.timer = self.time.map(|time| tokio::spawn(over_after(time, self.stop.clone())))
            }
            Event::CaseFinished(record) => {
                let counts = record.verdict == Verdict::Fail && !matches!(rules.standing(record), Standing::Known(_));
                let Some(left) = self.failures.as_mut().filter(|_| counts) else { return };
                *left = left.saturating_sub(1);
                if *left == 0 {
                    self.stop.enough(StopCause::MaxFailures);
                }
            }
            Event::Slow { .. } | Event::RunFinished(_) => {}
        }
    }
}

impl Drop for Bounds {
    fn drop(&mut self) {
        self.timer.iter().for_each(JoinHandle::abort);
    }
}

async fn over_after(time: Duration, stop: Stop) {
    tokio::time::sleep(time).await;
    stop.enough(StopCause::MaxTime);
}
