//! Ends a run from outside.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use crate::outcome::StopCause;

/// Stops a run from outside. Finished tests are kept. Tests under way are given up at once; if a bound was reached, they may finish.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<StopState>);

#[derive(Debug, Default)]
struct StopState {
    stopped: AtomicBool,
    bound: OnceLock<StopCause>,
    notify: tokio::sync::Notify,
}

impl Stop {
    /// Asks the run to stop at once.
    pub fn stop(&self) {
        self.0.stopped.store(true, Ordering::SeqCst);
        self.0.notify.notify_waiters();
    }

    /// Whether it was asked to.
    pub fn is_stopped(&self) -> bool {
        self.0.stopped.load(Ordering::SeqCst)
    }

    /// Asks the run to begin nothing more, since a bound was reached. The first bound counts.
    pub fn enough(&self, bound: StopCause) {
        // A second bound changes nothing.
        self.0.bound.set(bound).unwrap_or_default();
        self.0.notify.notify_waiters();
    }

    /// Waits until it was asked to stop at once.
    pub async fn stopped(&self) {
        self.until(|| self.is_stopped().then_some(())).await;
    }

    /// Waits until a bound was reached.
    pub async fn bounded(&self) -> StopCause {
        self.until(|| self.0.bound.get().copied()).await
    }

    async fn until<T>(&self, asked: impl Fn() -> Option<T>) -> T {
        loop {
            // Made before the check, so that nothing is missed in between.
            let notified = self.0.notify.notified();
            if let Some(found) = asked() {
                return found;
            }
            notified.await;
        }
    }
}
