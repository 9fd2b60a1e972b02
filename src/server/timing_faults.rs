//! What defects do to an answer on its way out: it hangs, is slow, crashes or is mixed up.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::defect;
use super::refusal::Refused;
use super::switches::Switches;
use crate::contract::{Endpoint, Operation};

/// How long the hanging defect hangs.
const HANG: Duration = Duration::from_secs(60);
/// The answer of a server whose outermost layer has caught a panic.
const PANIC: &str = "runtime error: index out of range [37] with length 37";
/// By how much a verify is slowed down.
const SLOW: Duration = Duration::from_millis(300);
/// By how much each start is slower than the one before.
const SLOWER: Duration = Duration::from_millis(5);
/// By how much a start is slower for each registration.
const SLOWER_EACH: Duration = Duration::from_micros(20);
/// How long a call takes where one waits for the other.
const TURN: Duration = Duration::from_millis(10);
/// How long the windows are in which calls that come at the same time disturb each other.
pub(super) const WINDOW: Duration = Duration::from_millis(50);

/// Computes on for a share of the time since then, as a server would whose code is so much slower: it keeps the processor busy.
pub(super) fn compute_on(begun: Instant, share: f64) {
    if share > 0.0 {
        let end = Instant::now() + begun.elapsed().mul_f64(share);
        while Instant::now() < end {
            std::hint::spin_loop();
        }
    }
}

/// What defects remember from call to call.
#[derive(Debug, Default)]
pub(super) struct Lapses {
    starts: AtomicU32,
    challenges: AtomicU64,
    registrations: AtomicU32,
    good: AtomicU64,
    verified: AtomicU64,
    turn: tokio::sync::Mutex<()>,
    /// The latest answer of each operation, by its name.
    latest: Mutex<HashMap<&'static str, Value>>,
}

impl Lapses {
    /// Counts good credentials; whether this is a tenth one.
    pub(super) fn is_tenth(&self) -> bool {
        self.good.fetch_add(1, Ordering::Relaxed) % 10 == 9
    }

    /// The next number of a counter that a defect uses as a challenge.
    pub(super) fn next_challenge(&self) -> u64 {
        self.challenges.fetch_add(1, Ordering::Relaxed)
    }

    /// Waits until no other call is under way, and for a moment more; the next one waits for the guard.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        let turn = self.turn.lock().await;
        tokio::time::sleep(TURN).await;
        turn
    }

    /// Waits after a verify; whether another one ended meanwhile, as if both had written a file that each had read before.
    pub(super) async fn is_overtaken(&self) -> bool {
        let own = self.verified.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::time::sleep(WINDOW).await;
        self.verified.load(Ordering::Relaxed) != own
    }

    /// The answer that goes out. Only a defect ever waits.
    pub(super) async fn answer(
        &self,
        switches: &Switches,
        endpoint: &Endpoint,
        result: Result<Value, Refused>,
    ) -> Result<Value, Refused> {
        if result.as_ref().is_err_and(|refused| refused.id() == "WEBAUTHN-attestation-object") {
            if switches.has(&defect::robustness::ROBUST_PANIC_ON_TRUNCATED) {
                // As `panic!`, but without a word on standard error.
                std::panic::resume_unwind(Box::new("the attestation object is truncated"));
            }
            if switches.has(&defect::robustness::ROBUST_PANIC_ANSWERED) {
                return Err(Refused::with_message("INTERNAL-panic", PANIC));
            }
            if switches.has(&defect::robustness::ROBUST_HANG_ON_TRUNCATED) {
                tokio::time::sleep(HANG).await;
            }
        }
        if switches.has(&defect::concurrency::SLOW_WITH_REGISTRATIONS) {
            let is_new = endpoint.operation == Operation::Verify && result.is_ok();
            let before = self.registrations.fetch_add(u32::from(is_new), Ordering::Relaxed);
            if endpoint.operation == Operation::Start {
                tokio::time::sleep(SLOWER_EACH.saturating_mul(before)).await;
            }
        }
        match (endpoint.operation, &result) {
            (Operation::Verify, _) if switches.has(&defect::concurrency::SLOW_VERIFY) => tokio::time::sleep(SLOW).await,
            (Operation::Start, _) if switches.has(&defect::concurrency::SLOW_WITH_DATA) => {
                let before = self.starts.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(SLOWER.saturating_mul(before)).await;
            }
            (Operation::Start, Ok(reply)) if switches.has(&defect::concurrency::ANSWERS_CROSSED) => {
                self.latest().insert(endpoint.name, reply.clone());
                tokio::time::sleep(WINDOW).await;
                return self.latest().get(endpoint.name).cloned().map_or(result, Ok);
            }
            _ => {}
        }
        result
    }

    fn latest(&self) -> std::sync::MutexGuard<'_, HashMap<&'static str, Value>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
