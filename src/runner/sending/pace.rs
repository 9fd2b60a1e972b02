//! Decides when the next call of a run may be sent.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::runner::target::resending::Rate;

/// Gives each call its own turn; the turns are as far apart as the rate says. Unused turns are not made up for.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    pub(crate) fn new(rate: Rate) -> Pace {
        Pace { interval: Duration::from_secs_f64(rate.interval()), next: Mutex::new(None) }
    }

    /// The turn of a call that is made at this time.
    fn turn(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = next.map_or(now, |next| next.max(now));
        *next = Some(turn + self.interval);
        turn
    }

    /// Waits for a turn. Turns are given in the order of the requests.
    pub(crate) async fn wait(&self) {
        tokio::time::sleep_until(self.turn(Instant::now())).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_as_far_apart_as_the_rate_says_and_none_is_saved_up() {
        let pace = Pace::new("10/s".parse().expect("a rate"));
        let begun = Instant::now();
        let turn = |after: u64| pace.turn(begun + Duration::from_millis(after)).duration_since(begun).as_millis();
        // All at once, of whatever protocol: one each 100 ms.
        assert_eq!([0, 0, 0, 0].map(turn), [0, 100, 200, 300]);
        assert_eq!(turn(350), 400, "the turn that is due");
        // Nobody came for a second: the next is served at once, and the one after it is not.
        assert_eq!([1500, 1501, 1502].map(turn), [1500, 1600, 1700]);
    }
}
