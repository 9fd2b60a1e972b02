//! Whether a target is still there: when the last cycle succeeded, and what failed since.

use std::time::Duration;

use super::time::micros;
use crate::outcome::load::{Outcome, Stopped};

/// Fewer failures in a row show nothing: a single worker may meet a restart.
const LEAST: u64 = 3;

/// The failures since the last cycle that did not fail.
#[derive(Debug, Default)]
pub(super) struct Stall {
    /// When that was, from the beginning of the first cycle.
    useful: Duration,
    failed: u64,
    last: String,
    /// Whether the last failure had no reply.
    is_lost: bool,
}

impl Stall {
    /// A cycle was over. A wrong answer counts too: the target that gives it is there, and is judged for it.
    pub(super) fn see(&mut self, failure: Option<(Outcome, &str)>, now: Duration) {
        match failure {
            Some((outcome, class)) if !matches!(outcome, Outcome::Nonconformant | Outcome::CrossTalk) => {
                self.failed += 1;
                class.clone_into(&mut self.last);
                self.is_lost = outcome.is_lost() || outcome == Outcome::Gateway;
            }
            _ => *self = Stall { useful: now, ..Stall::default() },
        }
    }

    /// Why it is useless to continue, if no cycle succeeded for this time while cycles failed.
    pub(super) fn over(&self, now: Duration, patience: Duration) -> Option<Stopped> {
        let is_over = self.failed >= LEAST && now.saturating_sub(self.useful) >= patience;
        is_over.then(|| Stopped {
            useful_us: micros(self.useful),
            at: String::new(),
            failed: self.failed,
            class: self.last.clone(),
            lost: self.is_lost,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn it_is_over_when_cycles_fail_for_long_and_nothing_else_comes() {
        let mut stall = Stall::default();
        stall.see(None, seconds(5));
        for second in 6..9 {
            stall.see(Some((Outcome::Transport, "start/transport/unreachable")), seconds(second));
        }
        assert_eq!(stall.over(seconds(14), PATIENCE), None, "not for long enough");
        let stopped = stall.over(seconds(15), PATIENCE).expect("it is over");
        assert_eq!((stopped.useful_us, stopped.failed, stopped.lost), (5_000_000, 3, true));
        stall.see(None, seconds(16));
        assert_eq!(stall.over(seconds(60), PATIENCE), None, "a success begins it anew");
    }

    #[test]
    fn silence_few_failures_and_wrong_answers_end_nothing() {
        let mut stall = Stall::default();
        assert_eq!(stall.over(seconds(600), PATIENCE), None, "nothing failed: it is slow");
        for second in [20, 30] {
            stall.see(Some((Outcome::TimedOut, "start/transport/timed-out")), seconds(second));
        }
        assert_eq!(stall.over(seconds(40), PATIENCE), None, "two are few");
        stall.see(Some((Outcome::Nonconformant, "verify/check/verify-shape")), seconds(41));
        stall.see(Some((Outcome::Refused, "start/refused/403/7")), seconds(42));
        assert_eq!(stall.over(seconds(60), PATIENCE), None);
        assert_eq!(stall.over(seconds(60), Duration::MAX), None);
    }
}
