//! Waiting for a server whose lists, searches and sessions lag behind what was written to it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::error::ProvisionerError;
use super::pace::Pace;

/// Between the first two looks; each further pause is twice as long.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause between two looks.
const LONGEST: Duration = Duration::from_secs(4);
/// How much later than usual a value may appear without a sign that the server is too busy.
const GRACE: Duration = Duration::from_secs(1);

/// How long to wait for data that are not there yet. It learns how far each kind of list lags behind, so that it looks when there is
/// something to be seen.
#[derive(Debug)]
pub(super) struct Patience {
    most: Duration,
    /// How long it usually takes, by the kind of data.
    usual: Mutex<HashMap<&'static str, Duration>>,
    is_over: AtomicBool,
    ended: Notify,
}

/// It did not come in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Late {
    /// How long it was waited for, at least.
    pub waited: Duration,
    /// The last answer of the server.
    pub answer: String,
}

/// The result of a look: the data, or the server's answer without them.
pub(super) type Look<T> = Result<Result<T, String>, ProvisionerError>;

impl Patience {
    /// Waits so long for each thing.
    pub fn new(most: Duration) -> Patience {
        Patience { most, usual: Mutex::default(), is_over: AtomicBool::new(false), ended: Notify::new() }
    }

    /// How long is waited for each thing.
    pub fn most(&self) -> Duration {
        self.most
    }

    /// Looks until something is seen, at growing intervals. Nobody has a slot of the pace meanwhile. The last look comes when the
    /// time is up, so that the server's own answer shows that the data are late.
    ///
    /// # Errors
    /// The first error of a look.
    pub async fn until<T, F>(
        &self,
        what: &'static str,
        pace: &Pace,
        look: impl Fn() -> F + Send,
    ) -> Result<Result<T, Late>, ProvisionerError>
    where
        F: Future<Output = Look<T>> + Send,
    {
        let (begun, mut looks) = (Instant::now(), Looks::new(self.usual(what)));
        self.sleep(looks.usual).await;
        loop {
            let answer = match look().await? {
                Ok(seen) => {
                    self.learn(what, looks.learnt());
                    return Ok(Ok(seen));
                }
                Err(answer) => answer,
            };
            let Some(pause) = looks.missed(begun.elapsed(), self.most).filter(|_| !self.is_over()) else {
                return Ok(Err(Late { waited: self.most, answer }));
            };
            if looks.is_later_than_usual() {
                pace.lower();
            }
            self.sleep(pause).await;
        }
    }

    /// How long it usually takes until something is there.
    pub fn usual(&self, what: &'static str) -> Duration {
        let usual = self.usual.lock().unwrap_or_else(PoisonError::into_inner);
        usual.get(what).copied().unwrap_or_default()
    }

    fn learn(&self, what: &'static str, usual: Duration) {
        let usual = usual.min(self.most / 2);
        self.usual.lock().unwrap_or_else(PoisonError::into_inner).insert(what, usual);
    }

    /// Waits, unless all waiting is over.
    pub async fn sleep(&self, time: Duration) {
        let ended = self.ended.notified();
        let mut ended = std::pin::pin!(ended);
        ended.as_mut().enable();
        if !time.is_zero() && !self.is_over() {
            // Either is enough.
            drop(tokio::time::timeout(time, ended).await);
        }
    }

    /// Ends all waiting, since a failure makes it pointless.
    pub fn end(&self) {
        self.is_over.store(true, Ordering::SeqCst);
        self.ended.notify_waiters();
    }

    /// Waits again, for the next actions.
    pub fn begin(&self) {
        self.is_over.store(false, Ordering::SeqCst);
    }

    /// Whether all waiting has ended.
    pub fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }
}

/// When to look for one thing.
#[derive(Debug)]
struct Looks {
    /// When it is usually there.
    usual: Duration,
    pause: Duration,
    /// When the last look came that did not see it.
    missed: Option<Duration>,
}

impl Looks {
    fn new(usual: Duration) -> Looks {
        Looks { usual, pause: PAUSE, missed: None }
    }

    /// Notes a look after this time that did not see it; gives how long to wait for the next one, if there is time for one.
    fn missed(&mut self, waited: Duration, most: Duration) -> Option<Duration> {
        self.missed = Some(waited);
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST);
        (waited < most).then(|| pause.min(most - waited))
    }

    fn is_later_than_usual(&self) -> bool {
        self.missed.is_some_and(|waited| waited > self.usual * 2 + GRACE)
    }

    /// When to look first next time: when the last look saw nothing, or a little sooner than this time.
    fn learnt(&self) -> Duration {
        self.missed.unwrap_or(self.usual * 3 / 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// Looks for what is there after a time: when it is seen, how many looks that took, whether it came later than usual. `None`
    /// where it does not come in time.
    fn looked(patience: &Patience, lag: Duration) -> (Option<Duration>, usize, bool) {
        let mut looks = Looks::new(patience.usual("list"));
        let (mut waited, mut count, mut is_late) = (looks.usual, 1, false);
        while waited < lag {
            let Some(pause) = looks.missed(waited, patience.most()) else { return (None, count, is_late) };
            is_late |= looks.is_later_than_usual();
            (waited, count) = (waited + pause, count + 1);
        }
        patience.learn("list", looks.learnt());
        (Some(waited), count, is_late)
    }

    #[test]
    fn what_is_there_costs_one_look_and_no_time() {
        assert_eq!(looked(&Patience::new(MINUTE), Duration::ZERO), (Some(Duration::ZERO), 1, false));
    }

    #[test]
    fn a_lag_is_learnt_and_a_longer_one_is_seen() {
        let (patience, lag) = (Patience::new(MINUTE), Duration::from_secs(5));
        assert_eq!(looked(&patience, lag), (Some(Duration::from_millis(7_750)), 6, true));
        let again: Vec<_> = (0..10).map(|_| looked(&patience, lag)).collect();
        assert!(
            again.iter().all(|(seen, _, is_late)| seen.is_some_and(|seen| seen < lag * 2) && !is_late),
            "{again:?}"
        );
        let count: usize = again.iter().map(|(_, count, _)| count).sum();
        assert!(count <= 30, "{count} looks for ten");
        assert!(looked(&patience, lag * 4).2, "it lags more than it did");
        // If the server does not lag any more, the wait becomes shorter.
        for _ in 0..30 {
            looked(&patience, Duration::ZERO);
        }
        assert!(patience.usual("list") < Duration::from_millis(100), "{:?}", patience.usual("list"));
        assert_eq!(patience.usual("session"), Duration::ZERO, "another matter");
    }

    #[test]
    fn what_does_not_come_is_looked_for_until_the_time_is_up_and_not_too_often() {
        let (seen, count, _) = looked(&Patience::new(MINUTE), MINUTE * 2);
        assert!(seen.is_none() && (10..25).contains(&count), "{count}");
        assert!(looked(&Patience::new(MINUTE), MINUTE).0 == Some(MINUTE), "the last look comes when the time is up");
    }

    #[tokio::test]
    async fn a_look_that_sees_nothing_is_followed_by_others_until_waiting_is_ended() {
        let (patience, pace) = (std::sync::Arc::new(Patience::new(MINUTE * 60)), Pace::new(2));
        let waiting = tokio::spawn({
            let patience = std::sync::Arc::clone(&patience);
            async move { patience.until("list", &pace, || async { Ok(Err::<(), _>("not yet".to_owned())) }).await }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        patience.end();
        let late = waiting.await.expect("no panic").expect("no look fails").expect_err("nothing is seen");
        assert_eq!(late.answer, "not yet");
        patience.sleep(MINUTE * 60).await;
        patience.begin();
        assert!(!patience.is_over());
        let pace = Pace::new(2);
        let fails = || async { Err::<Result<(), _>, _>(ProvisionerError::new("look", "no", "fix")) };
        assert!(patience.until("list", &pace, fails).await.is_err());
        let sees = || async { Ok(Ok(1)) };
        assert_eq!(patience.until("list", &pace, sees).await.expect("no look fails"), Ok(1));
    }
}
