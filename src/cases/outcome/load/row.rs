//! One distribution, and what it is of.

use serde::{Deserialize, Serialize};

use super::histogram::PackedHistogram;

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
