//! What a load did before its first cycle, and why it ended before its time.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::number::float;

/// The calls before the first cycle, which show whether the target can be loaded at all. They are not in any other figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreflightRecord {
    /// Calls of start.
    pub starts: u64,
    /// Calls of verify.
    pub verifies: u64,
    /// Verifies that the target confirmed.
    pub confirmed: u64,
    /// Registrations that were confirmed and are perhaps still there.
    pub left_behind: u64,
    /// Registrations that were confirmed and were kept on purpose.
    pub kept: u64,
    /// The most credentials that a subject had already, by the options of its first start.
    #[serde(default)]
    pub had: u64,
}

impl PreflightRecord {
    /// Adds that of another shard.
    pub fn add(&mut self, other: &PreflightRecord) {
        let PreflightRecord { starts, verifies, confirmed, left_behind, kept, had } = other;
        self.starts += starts;
        self.verifies += verifies;
        self.confirmed += confirmed;
        self.left_behind += left_behind;
        self.kept += kept;
        self.had = self.had.max(*had);
    }
}

/// Why a load ended early by itself: no cycle succeeded any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// When the last cycle that did not fail was over, from the beginning of the first cycle; 0 if there was none.
    pub useful_us: u64,
    /// The same as wall clock time, RFC 3339.
    pub at: String,
    /// Cycles that failed since, without a good one between them.
    pub failed: u64,
    /// The class of the last of them.
    pub class: String,
    /// Whether that one had no reply.
    pub lost: bool,
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.lost { "the target went away at" } else { "nothing has succeeded since" };
        let Stopped { at, failed, class, useful_us, .. } = self;
        let seconds = float(*useful_us) / 1e6;
        write!(
            f,
            "{what} {at}, {seconds:.1} s after the first cycle began: since then {failed} cycles failed and none succeeded; the last one failed with {class}"
        )
    }
}
