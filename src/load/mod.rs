//! Load: many users enrol at the same time, each over and over, while every answer is still judged.
//!
//! A worker is a user of its own. One cycle is start, attest, verify, and then the unmeasured removal of what was
//! enrolled, so that the target's state does not grow. Times are the target's: the attestation is made on threads of its
//! own and is a step of its own.

mod attack;
mod attester;
mod cycle;
mod guard;
mod record;
mod table;
mod threshold;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use thiserror::Error;

use crate::authenticator::Format;
use crate::contract::Flow;
use crate::transport::{Address, Limits, TransportError};
use crate::wire::secret::Secret;

pub use attack::run;
pub use guard::{RemoteTarget, admit};
pub use record::{ErrorClass, Progress, StepSummary, Summary};
pub use table::{header, render};
pub use threshold::{Judged, Thresholds};

/// The longest attack.
pub const LONGEST: Duration = Duration::from_secs(3600);

/// The most workers.
pub const MOST_USERS: usize = 10_000;

/// What is to be done to whom.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The target's name, for the header.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// A host that is no loopback address and may be sent load all the same.
    pub allowed_host: Option<String>,
    /// Bounds of every call. The timeout also bounds how long the end of the attack may take.
    pub limits: Limits,
    /// RP ID that the creation options should name.
    pub rp_id: String,
    /// Origin of the client data.
    pub origin: String,
    /// The flow.
    pub flow: Flow,
    /// The attestation format.
    pub format: Format,
    /// One worker for each.
    pub users: Vec<LoadUser>,
    /// How long new cycles are begun, at most [`LONGEST`].
    pub duration: Duration,
    /// Seed of keys and credential ids.
    pub seed: u64,
}

/// A user that enrols.
#[derive(Debug, Clone)]
pub struct LoadUser {
    /// Its id, for v2's paths.
    pub user_id: String,
    /// Its bearer token.
    pub token: Secret,
}

/// Why an attack did not take place, or has no result.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Not a loopback target, and not allowed by name.
    #[error(transparent)]
    Remote(#[from] RemoteTarget),
    /// Neither workers nor time, or too many of them.
    #[error("a load needs 1 to {MOST_USERS} users and up to {LONGEST:?}, not {users} users and {duration:?}")]
    Bounds {
        /// Users of the plan.
        users: usize,
        /// Duration of the plan.
        duration: Duration,
    },
    /// The connection can't even be prepared.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The attestation threads could not be started.
    #[error("the attestation threads can't be started: {0}")]
    Threads(#[from] std::io::Error),
    /// The load engine refused its configuration, failed or did not end.
    #[error("the load engine failed: {0}")]
    Engine(String),
}

/// Asks an attack to end early; its results are kept.
#[derive(Debug, Clone)]
pub struct Stop {
    stopped: Arc<AtomicBool>,
    pressed_again: fn(),
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::new(|| ())
    }
}

impl Stop {
    /// A stop that does this when Ctrl-C is pressed once more while the attack ends.
    pub fn new(pressed_again: fn()) -> Stop {
        Stop { stopped: Arc::default(), pressed_again }
    }

    /// No new cycle is begun from now on.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to end.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// What Ctrl-C does: ends the attack, or does what was given for the second time.
    fn pressed(&self) {
        if self.is_stopped() { (self.pressed_again)() } else { self.stop() }
    }
}

/// A count as a number to calculate with; exact up to 2^32, beyond which no attack gets.
fn float(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
