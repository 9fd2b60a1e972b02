//! A whole load run, or several that were merged.

use serde::{Deserialize, Serialize};

use super::ended::{PreflightRecord, Stopped};
use super::generator::{EngineCount, GeneratorRecord};
use super::intervals::Intervals;
use super::judged::JudgedThreshold;
use super::plan::{LoadPlanRecord, PhaseRecord};
use super::row::{Outcome, Row};
use super::scaling::Scaling;
use crate::outcome::record::ExchangeRecord;

/// The maximum number of classes of errors that are distinguished; further ones are counted as `other`.
pub const MOST_CLASSES: usize = 64;

/// A whole load run, or several that were merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadRecord {
    /// Version of this format; raised when a reader would break.
    pub format: u32,
    /// proofmark's version.
    pub version: String,
    /// SHA-256 (hexadecimal) of the program: equal for runs that can be merged. Empty where it was not known.
    #[serde(default)]
    pub build: String,
    /// When the first cycle began, wall clock, RFC 3339.
    pub started: String,
    /// When everything was over, wall clock, RFC 3339.
    pub ended: String,
    /// What was asked for.
    pub plan: LoadPlanRecord,
    /// Ctrl-C or a stop: this is only a part of the requested load.
    #[serde(default)]
    pub interrupted: bool,
    /// Why it ended early by itself; `None` if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// The calls before the first cycle; `None` if there were none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightRecord>,
    /// How throughput grew with workers, in a short ramp before; `None` if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// What a reader should know of the target and what is not a verdict, one sentence each. Nothing in it comes from the target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// From the beginning of the first cycle to the end of the last one.
    pub elapsed_us: u64,
    /// How long the hold phase was measured: the seconds of every rate. It ends with the last cycle that began in it, and is
    /// at least as long as requested, unless it was interrupted.
    pub measured_us: u64,
    /// The phases as they came.
    pub phases: Vec<PhaseRecord>,
    /// One row per protocol, flow, kind, step and outcome that occurred, sorted by them; cycles of the hold phase only.
    pub rows: Vec<Row>,
    /// The time series, over all phases.
    pub intervals: Intervals,
    /// Everything that went wrong, by class, most frequent first; over all phases.
    pub errors: Vec<LoadErrorRecord>,
    /// Wrong answers; over all phases.
    pub correctness: Correctness,
    /// What happened to the arrivals of the hold phase; `None` in the closed model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// The generator's report about itself, one for each run that was merged.
    pub generators: Vec<GeneratorRecord>,
    /// Thresholds, judged.
    #[serde(default)]
    pub thresholds: Vec<JudgedThreshold>,
    /// Calls that the engine counted itself, over all phases. The counts have to be those of the phases.
    #[serde(default)]
    pub engine: Vec<EngineCount>,
}

impl LoadRecord {
    /// The present form.
    pub const FORMAT: u32 = 1;
}

/// Failures of one kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadErrorRecord {
    /// Such as `verify/check/verify-shape`, `start/refused/403/7`, `start/transport/timed-out` or `attest/credential`. Nothing
    /// in it comes from the target.
    pub class: String,
    /// The outcome that it counts as; `ok` for deviations, which fail no cycle, and for clean-ups that did not work.
    pub outcome: Outcome,
    /// How many, over all phases.
    pub count: u64,
    /// How many of them in the hold phase.
    pub measured: u64,
    /// When the first was seen, from the beginning of the first cycle.
    pub first_us: u64,
    /// The first of them in one line, without secrets. Hostile text.
    pub example: String,
    /// The calls of the first of them, without secrets. Hostile text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeRecord>,
}

/// Wrong answers. One of them fails the run, whatever the result of the thresholds is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correctness {
    /// Answers that a check of `run` fails.
    pub nonconformant: u64,
    /// Answers with data of another user: a user handle of another user, or a challenge that was sent to another user before.
    pub crossed: u64,
    /// Races in which both verifies of one challenge succeeded.
    pub double_wins: u64,
    /// Confirmed registrations that were not there when they were looked up.
    pub lost: u64,
    /// Malformed attestations that were accepted.
    pub negatives_accepted: u64,
    /// Starts that showed registrations which somebody else has made for the subject meanwhile: then wrong answers may come from that.
    #[serde(default)]
    pub interfered: u64,
    /// Answers that would have been wrong, and that the known-deviations file excuses; they fail nothing.
    #[serde(default)]
    pub known: u64,
    /// Answers that `run` calls a deviation; they fail nothing.
    pub deviations: u64,
    /// Answers that were judged.
    pub judged: u64,
    /// Negative cycles whose verify was answered.
    pub negatives: u64,
    /// Races whose verifies were both answered.
    pub races: u64,
    /// Registrations that were looked up.
    pub lookups: u64,
    /// Verifies that the target confirmed, counted separately from the cycles.
    pub confirmed: u64,
    /// Registrations that were confirmed and are perhaps still there: their removal failed.
    pub left_behind: u64,
    /// Registrations that were confirmed and were kept on purpose.
    pub kept: u64,
}

impl Correctness {
    /// Wrong answers.
    pub fn wrong(&self) -> u64 {
        self.nonconformant + self.crossed + self.double_wins + self.lost + self.negatives_accepted
    }
}

/// What happened to arrivals. Each is in exactly one of `ok`, `failed` and `abandoned`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrivals {
    /// Due by the schedule within the hold phase.
    pub offered: u64,
    /// Began.
    pub started: u64,
    /// Found no free worker when they were due, and waited for one. Their time counts from when they were due.
    pub waited: u64,
    /// Began later than [`Arrivals::LATE_US`] after they were due, for whatever reason.
    pub late: u64,
    /// Never began: no worker was free until the end.
    pub abandoned: u64,
    /// Ended as documented.
    pub ok: u64,
    /// Failed.
    pub failed: u64,
}

impl Arrivals {
    /// An arrival that begins later than this after it was due is late.
    pub const LATE_US: u64 = 10_000;
}
