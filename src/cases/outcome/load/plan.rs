//! The requested load: everything that shapes it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::outcome::event::{Shard, one_or_more};
use crate::words::hex;

/// Everything that shapes a load. For a sharded run it is the whole load, not the part of the shard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadPlanRecord {
    /// The target's name.
    pub target: String,
    /// Its target file, as the command line had it; `None` for the reference server in the process of the load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_file: Option<String>,
    /// The known-deviations file that excused findings, as the command line or the target file had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<String>,
    /// The defects that the reference server in the process was given; older records have at most one.
    #[serde(default, alias = "defect", deserialize_with = "one_or_more", skip_serializing_if = "Vec::is_empty")]
    pub defects: Vec<String>,
    /// The target's base URL.
    pub base_url: String,
    /// How cycles come.
    pub model: LoadModel,
    /// How long each phase is.
    pub stages: Stages,
    /// Flows and their weights.
    pub flows: Vec<Weighted>,
    /// Protocols and their weights.
    pub protocols: Vec<Weighted>,
    /// Slug of the attestation format.
    pub format: String,
    /// Keys and nonces of their own instead of a key chain.
    pub fresh_keys: bool,
    /// Shares of special cycles.
    pub shares: Shares,
    /// Users of the target that take turns.
    pub subjects: u64,
    /// Between two cycles of a worker, in the closed model.
    pub think_us: u64,
    /// Whether enrolled factors are removed or kept.
    pub cleanup: Cleanup,
    /// The time limit of one call.
    pub timeout_us: u64,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// The thresholds as they were written.
    #[serde(default)]
    pub thresholds: Vec<String>,
    /// The part of the plan that was played; `None` for all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// SHA-256 (hexadecimal) of all the above except the shard and the names of files: equal for runs that can be merged. See [`LoadPlanRecord::sealed`].
    #[serde(default)]
    pub digest: String,
}

impl LoadPlanRecord {
    /// With its digest.
    pub fn sealed(mut self) -> LoadPlanRecord {
        let whole =
            LoadPlanRecord { shard: None, target_file: None, known: None, digest: String::new(), ..self.clone() };
        // Maps with keys that are not texts, and numbers that are not finite, can't occur in it.
        let text = serde_json::to_vec(&whole).unwrap_or_default();
        self.digest = hex(&Sha256::digest(&text));
        self
    }
}

/// How cycles come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum LoadModel {
    /// Each worker begins a cycle when its last one is over: a slow target slows the load.
    Closed {
        /// Workers.
        workers: u64,
    },
    /// Cycles are due at instants of their own, however slow the target is.
    Open {
        /// Rates and how long each holds; together they are the hold phase.
        steps: Vec<RateStep>,
        /// How instants are drawn.
        arrivals: ArrivalPattern,
        /// Workers, which is the maximum number of cycles at a time.
        workers: u64,
    },
}

impl LoadModel {
    /// Workers.
    pub fn workers(&self) -> u64 {
        match self {
            LoadModel::Closed { workers } | LoadModel::Open { workers, .. } => *workers,
        }
    }
}

/// A rate of arrivals and how long it holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RateStep {
    /// Cycles a second.
    pub per_second: f64,
    /// How long.
    pub for_us: u64,
}

/// How the instants of arrivals are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArrivalPattern {
    /// At equal distances.
    Constant,
    /// With exponential distances, from the seed.
    Poisson,
}

/// How long each phase is; only the hold phase is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// Full load that is not measured, before the hold phase and behind the ramp.
    pub warm_up_us: u64,
    /// From zero to the full load, at the very beginning.
    pub ramp_us: u64,
    /// Full load that is measured.
    pub hold_us: u64,
    /// From the full load to zero.
    pub ramp_down_us: u64,
}

impl Stages {
    /// All phases together. Each is at most what 64 bits of microseconds say, so that their sum is a duration.
    pub fn total(&self) -> Duration {
        let Stages { warm_up_us, ramp_us, hold_us, ramp_down_us } = *self;
        [warm_up_us, ramp_us, hold_us, ramp_down_us].map(Duration::from_micros).iter().sum()
    }
}

/// Shares of the cycles, 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// Malformed attestations.
    pub negatives: f64,
    /// Verifies that are sent twice.
    pub races: f64,
    /// Registrations that are looked up.
    pub lookups: f64,
}

/// One of a mix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weighted {
    /// Slug of a flow or protocol.
    pub name: String,
    /// Its weight beside that of the others.
    pub weight: u32,
}

/// Whether enrolled factors are removed or kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cleanup {
    /// Removed at the end of its cycle, unmeasured.
    Remove,
    /// Kept: the target's data grow.
    Keep,
}

/// One phase as it was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// Which.
    pub name: PhaseName,
    /// When it began, from the beginning of the first cycle.
    pub begin_us: u64,
    /// How long it was, until the next one began or the last cycle was over.
    pub length_us: u64,
    /// Calls of start that got an answer or were given up, in cycles that belong to this phase by their intended beginning.
    pub starts: u64,
    /// The same of verify. A race has two.
    pub verifies: u64,
    /// Cycles that ended well.
    pub ok: u64,
    /// Cycles that failed.
    pub failed: u64,
}

/// Phases, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PhaseName {
    /// The load grows.
    Ramp,
    /// Full load, unmeasured.
    WarmUp,
    /// Full load, measured.
    Hold,
    /// The load shrinks.
    RampDown,
}
