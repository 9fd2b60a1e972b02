//! What a load run says: one record, bounded in size, from which every report is rendered and which adds up exactly.
//!
//! Durations are whole microseconds. Nothing in it grows with the time or the number of cycles: histograms have a fixed
//! width, intervals are widened when there are too many, and classes of errors are bounded.

mod cause;
pub mod compare;
mod ended;
mod figures;
#[cfg(test)]
pub(crate) mod full;
mod generator;
mod growth;
mod histogram;
mod intervals;
pub mod merge;
mod plan;
#[cfg(test)]
pub(crate) mod sample;
mod scaling;
mod threshold;

use serde::{Deserialize, Serialize};

use super::ExchangeRecord;

pub use ended::{PreflightRecord, Stopped};
pub use figures::float;
pub use generator::{ConnectionRecord, EngineCount, GeneratorRecord, GeneratorVerdict};
pub use growth::Growth;
pub use histogram::{BadHistogram, LONGEST_MICROS, PackedHistogram, coarse, fine, record};
pub use plan::{
    ArrivalPattern, Cleanup, LoadModel, LoadPlanRecord, PhaseName, PhaseRecord, RateStep, Shares, Stages, Weighted,
};
pub use scaling::{Scaling, ScalingStep};
pub use threshold::{Figure, JudgedThreshold, Judgement, Operator, Threshold, ThresholdError};

/// The most intervals that a record holds. One more, and each two neighbours become one of twice the width.
pub const MOST_INTERVALS: usize = 600;

/// The most classes of errors that are told apart; further ones are counted as `other`.
pub const MOST_CLASSES: usize = 64;

/// A whole load run, or several that were merged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadRecord {
    /// Version of this form; raised when a reader would break.
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
    /// Ctrl-C or a stop: this is a part of what was asked for.
    #[serde(default)]
    pub interrupted: bool,
    /// Why it ended before its time by itself; `None` if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What was sent before the first cycle; `None` if nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preflight: Option<PreflightRecord>,
    /// How throughput grew with workers, in a short ramp before; `None` if there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// What a reader should know of the target and what is not a verdict, one sentence each. Nothing in it comes from the target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// From the first cycle's begin to the end of the last one.
    pub elapsed_us: u64,
    /// How long the hold phase was measured: the seconds of every rate. It ends with the last cycle that began in it, and is
    /// at least as long as was asked for unless it was interrupted.
    pub measured_us: u64,
    /// The phases as they came.
    pub phases: Vec<PhaseRecord>,
    /// One row per protocol, flow, kind, step and outcome that occurred, sorted by them; cycles of the hold phase only.
    pub rows: Vec<Row>,
    /// The time series, over all phases.
    pub intervals: Intervals,
    /// Everything that went wrong, by class, most frequent first; over all phases.
    pub errors: Vec<LoadErrorRecord>,
    /// Answers that must not be; over all phases.
    pub correctness: Correctness,
    /// What became of the arrivals of the hold phase; `None` in the closed model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<Arrivals>,
    /// What the generator says of itself, one for each run that was merged.
    pub generators: Vec<GeneratorRecord>,
    /// Thresholds, judged.
    #[serde(default)]
    pub thresholds: Vec<JudgedThreshold>,
    /// Calls that the engine counted itself, over all phases: it has to be what the phases say.
    #[serde(default)]
    pub engine: Vec<EngineCount>,
}

impl LoadRecord {
    /// The present form.
    pub const FORMAT: u32 = 1;
}

/// What a cycle was for. Everything but ordinary cycles is in rows of its own, so that it flatters nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A good enrolment.
    Good,
    /// A malformed attestation, which has to be refused. Its verify is `ok` if it was.
    Negative,
    /// A good enrolment whose verify is sent twice at the same time. One has to succeed and the other to be refused; both are
    /// in the row of verify.
    Race,
    /// A good enrolment that is looked up afterwards.
    Lookup,
}

/// What a row measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoadStep {
    /// From the intended to the real begin of a cycle; the open model only.
    Lag,
    /// The call that starts the registration, to the last byte of its reply.
    Start,
    /// The attestation: our own work, with the wait for a thread that does it. No server time.
    Attest,
    /// The call that verifies, to the last byte of its reply.
    Verify,
    /// The lookup of what was enrolled, to the last byte.
    Lookup,
    /// The removal of what was enrolled, with the list that v1 needs for it.
    Cleanup,
    /// Start, attest and verify, from the real begin of the cycle.
    Service,
    /// Start, attest and verify, from the intended begin of the cycle. In the closed model the two begins are one.
    Cycle,
}

/// How a call or a cycle went. Failures have histograms of their own, so that fast ones cannot flatter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As documented: a conformant success, or for what is wrong on purpose a conformant refusal.
    Ok,
    /// A conformant refusal of what should have succeeded.
    Refused,
    /// No reply within the time limit.
    TimedOut,
    /// No reply for another reason.
    Transport,
    /// There were too many calls, for the target or a gateway before it: no answer to the call.
    RateLimited,
    /// A gateway answered in place of the target.
    Gateway,
    /// Time was up before it was over.
    Unfinished,
    /// An arrival that never found a worker; its time is how long it waited.
    Abandoned,
    /// Our own attestation could not be made from the options.
    NotAttested,
    /// A wrong answer: a check of `run` fails on it, or what had to be refused was accepted.
    Nonconformant,
    /// The answer is somebody else's.
    CrossTalk,
}

/// One distribution.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Slug of the protocol: `rest`, `grpc` or `grpc-web`.
    pub protocol: String,
    /// Slug of the flow.
    pub flow: String,
    /// What the cycle was for.
    pub kind: Kind,
    /// What is measured.
    pub step: LoadStep,
    /// How it went.
    pub outcome: Outcome,
    /// How many there are; equal to the histogram's count.
    pub count: u64,
    /// Their exact sum.
    pub sum_us: u64,
    /// The exact greatest.
    pub max_us: u64,
    /// The distribution: 1 µs to 60 s in 3 digits.
    pub histogram: PackedHistogram,
}

/// The time series.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Width of each; 1 s times a power of two.
    pub width_us: u64,
    /// From the first cycle's begin, without gaps. The last one may be shorter. At most [`MOST_INTERVALS`].
    pub list: Vec<Interval>,
}

/// One interval. A cycle belongs to the one in which it was over.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Cycles that were due by the schedule (open model), or begun (closed model).
    pub offered: u64,
    /// Cycles that ended well, of any kind.
    pub ok: u64,
    /// Cycles that failed.
    pub failed: u64,
    /// Arrivals that found no worker free.
    pub waited: u64,
    /// The most cycles that were under way at a time.
    pub in_flight: u64,
    /// Resident memory of the generator at its end, the embedded server's with it; 0 where it is not known.
    #[serde(default)]
    pub rss_bytes: u64,
    /// Good answers by protocol and step.
    pub steps: Vec<IntervalStep>,
}

/// A distribution within an interval: `ok` answers in cycles of kind `good`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IntervalStep {
    /// Slug of the protocol.
    pub protocol: String,
    /// `start`, `verify` or `cycle`.
    pub step: LoadStep,
    /// How many there are.
    pub count: u64,
    /// The distribution: 1 µs to 60 s in 2 digits.
    pub histogram: PackedHistogram,
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
    /// When the first was seen, from the first cycle's begin.
    pub first_us: u64,
    /// What the first of them saw, in one line, without secrets. Hostile text.
    pub example: String,
    /// The calls of the first of them, without secrets. Hostile text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<ExchangeRecord>,
}

/// Answers that must not be. One of them fails the run, whatever the thresholds say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correctness {
    /// Answers that a check of `run` fails.
    pub nonconformant: u64,
    /// Answers that are somebody else's: a user handle known as another user's, or a challenge that another user has had.
    pub crossed: u64,
    /// Races in which both verifies of one challenge succeeded.
    pub double_wins: u64,
    /// Confirmed registrations that were not there when they were looked up.
    pub lost: u64,
    /// Malformed attestations that were accepted.
    pub negatives_accepted: u64,
    /// Starts that showed registrations which somebody else has made for the subject meanwhile: then what is wrong may be theirs.
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
    /// Verifies that the target confirmed, counted apart from the cycles.
    pub confirmed: u64,
    /// What was confirmed and is perhaps still there: its removal failed.
    pub left_behind: u64,
    /// What was confirmed and was kept on purpose.
    pub kept: u64,
}

impl Correctness {
    /// Wrong answers.
    pub fn wrong(&self) -> u64 {
        self.nonconformant + self.crossed + self.double_wins + self.lost + self.negatives_accepted
    }
}

/// What became of arrivals. Each is in exactly one of `ok`, `failed` and `abandoned`.
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
