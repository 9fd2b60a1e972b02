//! How many calls are under way at a time: two at first, one more for each round that the server answers quickly, half as many when
//! it lags, fails, or says that it is too much.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

/// Calls at a time before anything is known about the server.
const FIRST: usize = 2;
/// An answer is slow if it takes this many times as long as the quickest of its kind, and [`GRACE`] more.
const SLOW: u32 = 3;
/// How much longer a server may take without being slow.
const GRACE: Duration = Duration::from_millis(100);
/// Calls from before the number was lowered say nothing about the lower number: for this time it is not lowered again.
const SETTLES: Duration = Duration::from_secs(1);

/// Hands out as many slots as the server can handle.
#[derive(Debug)]
pub(super) struct Pace {
    most: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug)]
struct State {
    limit: usize,
    under_way: usize,
    /// Quick answers since the limit was changed.
    quick: usize,
    lowered: Option<Instant>,
    /// The quickest answer of each kind of call.
    quickest: HashMap<String, Duration>,
}

/// A call under way.
#[derive(Debug)]
pub(super) struct Slot<'a>(&'a Pace);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
        self.0.freed.notify_waiters();
    }
}

impl Pace {
    /// At most so many calls at a time, at least 1.
    pub fn new(most: usize) -> Pace {
        let most = most.max(1);
        let state =
            State { limit: most.min(FIRST), under_way: 0, quick: 0, lowered: None, quickest: HashMap::default() };
        Pace { most, state: Mutex::new(state), freed: Notify::new() }
    }

    /// Waits until a call may be sent.
    pub async fn slot(&self) -> Slot<'_> {
        loop {
            let freed = self.freed.notified();
            let mut freed = std::pin::pin!(freed);
            // From here on it is notified of a slot that is freed before it waits.
            freed.as_mut().enable();
            if self.enter() {
                return Slot(self);
            }
            freed.await;
        }
    }

    fn enter(&self) -> bool {
        let mut state = self.state();
        let is_free = state.under_way < state.limit;
        state.under_way += usize::from(is_free);
        is_free
    }

    /// Notes how long an answer to a kind of call took: a quick one raises the number, a slow one lowers it.
    pub fn answered(&self, kind: &str, took: Duration) {
        self.state().answered(kind, took, (self.most, Instant::now()));
        self.freed.notify_waiters();
    }

    /// Notes that the server could not do the call, or not yet.
    pub fn lower(&self) {
        self.state().lower(Instant::now());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn answered(&mut self, kind: &str, took: Duration, (most, now): (usize, Instant)) {
        let quickest = self.quickest.entry(kind.to_owned()).or_insert(took);
        *quickest = took.min(*quickest);
        if took > *quickest * SLOW + GRACE {
            return self.lower(now);
        }
        self.quick += 1;
        if self.quick >= self.limit && self.limit < most {
            (self.limit, self.quick) = (self.limit + 1, 0);
        }
    }

    fn lower(&mut self, now: Instant) {
        if self.lowered.is_some_and(|at| now.duration_since(at) < SETTLES) {
            return;
        }
        (self.limit, self.quick, self.lowered) = ((self.limit / 2).max(1), 0, Some(now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(20);

    /// The limit after so many quick answers.
    fn quick(pace: &Pace, times: usize) -> usize {
        (0..times).for_each(|_| pace.answered("users", QUICK));
        pace.state().limit
    }

    #[test]
    fn it_begins_with_two_and_grows_by_one_a_round_up_to_the_most() {
        let pace = Pace::new(8);
        assert_eq!(quick(&pace, 0), 2);
        assert_eq!(quick(&pace, 1), 2, "half a round");
        assert_eq!(quick(&pace, 1 + 3), 4);
        assert_eq!(quick(&pace, 1_000), 8);
        for least in [0, 1] {
            assert_eq!(quick(&Pace::new(least), 0), 1);
        }
    }

    #[test]
    fn it_is_halved_once_for_all_that_was_under_way_and_never_stops() {
        let (pace, begun) = (Pace::new(8), Instant::now());
        quick(&pace, 1_000);
        (0..8).for_each(|_| pace.state().lower(begun));
        assert_eq!(quick(&pace, 0), 4);
        for (at, left) in [(1, 2), (2, 1), (3, 1)] {
            pace.state().lower(begun + SETTLES * at);
            assert_eq!(quick(&pace, 0), left);
        }
        assert_eq!(quick(&pace, 1), 2, "it grows again");
    }

    #[test]
    fn a_slow_answer_is_one_that_takes_much_longer_than_the_quickest_of_its_kind() {
        let pace = Pace::new(8);
        assert_eq!(quick(&pace, 5), 4);
        // A password is hashed slowly, which says nothing about how busy the server is.
        (0..4).for_each(|_| pace.answered("sessions", Duration::from_secs(2)));
        assert_eq!(quick(&pace, 0), 5);
        pace.answered("sessions", Duration::from_secs(7));
        assert_eq!(quick(&pace, 0), 2);
    }

    #[tokio::test]
    async fn no_more_calls_are_under_way_than_may_be() {
        let pace = std::sync::Arc::new(Pace::new(2));
        let first = pace.slot().await;
        let second = pace.slot().await;
        let third = tokio::spawn({
            let pace = std::sync::Arc::clone(&pace);
            async move { drop(pace.slot().await) }
        });
        tokio::task::yield_now().await;
        assert!(!third.is_finished() && pace.state().under_way == 2);
        drop(first);
        third.await.expect("it went on");
        drop(second);
        assert_eq!(pace.state().under_way, 0);
    }
}
