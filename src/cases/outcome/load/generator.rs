//! The report of a generator about itself.

use serde::{Deserialize, Serialize};

use super::histogram::PackedHistogram;
use super::row::LoadStep;
use crate::outcome::event::Shard;

/// The report of the generator about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GeneratorRecord {
    /// The shard that it ran; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// When its first cycle began, wall clock, RFC 3339.
    pub started: String,
    /// When it was over.
    pub ended: String,
    /// Whether it limited the measurement. If so, no figure shows the target's limit.
    pub verdict: GeneratorVerdict,
    /// Why, one sentence each; empty for a valid run.
    pub reasons: Vec<String>,
    /// Notes for the reader that do not limit the measurement, one sentence each.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The target ran in this process, so that processor time and memory are those of both.
    pub embedded: bool,
    /// Processors that it may use: cores, or less if a control group limits them.
    pub cores: f64,
    /// Processor time in user mode, in the time that was measured.
    pub user_us: u64,
    /// Processor time in the kernel.
    pub system_us: u64,
    /// The time over which processor time was taken.
    pub wall_us: u64,
    /// How long a control group held it back.
    pub throttled_us: u64,
    /// The peak of its memory, in bytes.
    pub peak_rss_bytes: u64,
    /// Cycles in that time, of any kind and outcome: the quotient is the processor time of a cycle.
    pub cycles: u64,
    /// How long after the intended instant arrivals that found a free worker began.
    pub lag: PackedHistogram,
    /// How late a task wakes that should wake every 10 ms.
    pub heartbeat: PackedHistogram,
    /// How long an attestation waited for a thread.
    pub crypto_queue: PackedHistogram,
    /// How long it took to make one.
    pub crypto: PackedHistogram,
    /// New connections by protocol.
    #[serde(default)]
    pub connections: Vec<ConnectionRecord>,
}

/// Whether the generator limited the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GeneratorVerdict {
    /// It did not.
    #[serde(rename = "VALID")]
    Valid,
    /// It did.
    #[serde(rename = "GENERATOR-LIMITED")]
    Limited,
}

/// New connections over one protocol. The time of a call does not include them; the time of the cycle whose call waited for one does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConnectionRecord {
    /// Slug of the protocol.
    pub protocol: String,
    /// Attempts that failed.
    pub failed: u64,
    /// Name resolution; nothing for addresses.
    pub resolve: PackedHistogram,
    /// TCP.
    pub connect: PackedHistogram,
    /// TLS, with the negotiation of the protocol; nothing without TLS.
    pub tls: PackedHistogram,
}

/// Calls of one row, as the engine counted them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineCount {
    /// Slug of the protocol.
    pub protocol: String,
    /// `start` or `verify`.
    pub step: LoadStep,
    /// How many.
    pub count: u64,
}
