//! What all cases of a run share.

use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use super::judge::verdict::Judge;
use super::memory::canaries::Canaries;
use super::memory::challenges::Challenges;
use super::memory::controls::Controls;
use super::memory::doubts::Doubts;
use super::memory::facts::Facts;
use super::memory::identifiers::Identifiers;
use super::memory::tokens::Tokens;
use super::memory::traces::Traces;
use super::sending::attempts::{Attempts, Line};
use super::subjects::pool::SubjectPool;
use super::target::description::Target;
use crate::contract::Protocol;
use crate::outcome::pace::Pace;
use crate::outcome::{Moment, RunFinished, Stopped};
use crate::wire::secret::Masker;

/// What bounds and seeds a run.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Seed of keys, credential ids and unknown ids.
    pub seed: u64,
    /// Tests that run at the same time, at least 1.
    pub concurrency: usize,
    /// The time of the run's beginning, at which certificates have to be valid: seconds since 1970. No other clock gives a time.
    pub now: u64,
}

/// What all tests of a run share.
pub(crate) struct Shared {
    pub(crate) target: Target,
    pub(crate) transports: HashMap<Protocol, Arc<Line>>,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) settings: Settings,
    pub(crate) masker: Masker,
    pub(crate) controls: Controls,
    pub(crate) tokens: Arc<Tokens>,
    pub(crate) pool: SubjectPool,
    pub(crate) challenges: Challenges,
    pub(crate) identifiers: Identifiers,
    pub(crate) canaries: Arc<Canaries>,
    /// Whether a list lagged longer than the run waits for it.
    pub(crate) lists_lag: AtomicBool,
    pub(crate) traces: Arc<Traces>,
    pub(crate) doubts: Doubts,
    pub(crate) facts: Facts,
    /// The time of a call in the preflight.
    pub(crate) call_time: OnceLock<Duration>,
    /// The longest time-out of options that cases wait for; not set if they do not wait.
    pub(crate) wait_expiry: OnceLock<Duration>,
    /// The durations of calls, if records of passes leave their calls out.
    pub(crate) pace: OnceLock<Mutex<Pace<'static>>>,
}

impl Shared {
    /// For a connected target, about which nothing is known yet.
    pub(crate) fn new(
        target: Target,
        settings: Settings,
        pool: SubjectPool,
        attempts: Arc<Attempts>,
        transports: HashMap<Protocol, Arc<Line>>,
    ) -> Shared {
        Shared {
            transports,
            attempts,
            settings,
            masker: Masker::new(target.secrets()),
            controls: Controls::default(),
            tokens: Arc::default(),
            pool,
            challenges: Challenges::default(),
            identifiers: Identifiers::default(),
            canaries: Arc::new(Canaries::new(&target.accounts)),
            lists_lag: AtomicBool::default(),
            traces: Arc::default(),
            doubts: Doubts::default(),
            facts: Facts::default(),
            call_time: OnceLock::new(),
            wait_expiry: OnceLock::new(),
            pace: OnceLock::new(),
            target,
        }
    }

    pub(crate) fn judge(&self) -> Judge<'_> {
        Judge { reasons: &self.target.reasons, masker: &self.masker }
    }

    /// Seconds since 1970, by the clock of the run, which began at an instant.
    pub(crate) fn now(&self, begun: Instant) -> u64 {
        self.settings.now.saturating_add(begun.elapsed().as_secs())
    }

    /// The last event of a run that began at an instant.
    pub(crate) fn finished(&self, begun: Instant, interrupted: bool, stopped: Option<Stopped>) -> RunFinished {
        RunFinished {
            interrupted,
            duration_ms: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            ended: Some(Moment::at(self.now(begun))),
            stopped,
            sent_again: self.attempts.sent_again(),
        }
    }

    pub(crate) fn transport(&self, protocol: Protocol) -> Option<&Arc<Line>> {
        self.transports.get(&protocol)
    }
}
