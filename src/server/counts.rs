//! Counts of the calls that a server has answered. The counts of load generators are compared with them.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::contract::Operation;

/// Successes since the server started.
#[derive(Debug, Default)]
pub struct Counts {
    started: AtomicU64,
    verified: AtomicU64,
    removed: AtomicU64,
}

impl Counts {
    /// Counts a success.
    pub(super) fn add(&self, operation: Operation) {
        let count = match operation {
            Operation::Start => &self.started,
            Operation::Verify => &self.verified,
            Operation::Remove => &self.removed,
            Operation::List => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Registrations started.
    pub fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// Registrations verified.
    pub fn verified(&self) -> u64 {
        self.verified.load(Ordering::Relaxed)
    }

    /// Factors removed, and registrations given up.
    pub fn removed(&self) -> u64 {
        self.removed.load(Ordering::Relaxed)
    }
}

impl fmt::Display for Counts {
    /// One line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "registrations started {}, verified {}, removed {}", self.started(), self.verified(), self.removed())
    }
}
