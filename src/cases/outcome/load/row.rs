//! One distribution, and what it is of.

use serde::{Deserialize, Serialize};

use super::histogram::PackedHistogram;

/// The purpose of a cycle. Other cycles than ordinary ones are in rows of their own, so that they don't make figures look better.
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
    /// From the intended to the real beginning of a cycle; the open model only.
    Lag,
    /// The call that starts the registration, to the last byte of its reply.
    Start,
    /// The attestation: our own work, with the wait for a thread that does it. It does not include server time.
    Attest,
    /// The call that verifies, to the last byte of its reply.
    Verify,
    /// The lookup of the enrolled factor, to the last byte.
    Lookup,
    /// The removal of the enrolled factor, with the list that v1 needs for it.
    Cleanup,
    /// Start, attest and verify, from the real beginning of the cycle.
    Service,
    /// Start, attest and verify, from the intended beginning of the cycle. In the closed model the two are the same.
    Cycle,
}

/// How a call or a cycle went. Failures have histograms of their own, so that fast failures can't make figures look better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As documented: a conformant success, or a conformant refusal of a call that is wrong on purpose.
    Ok,
    /// A conformant refusal of a call that should have succeeded.
    Refused,
    /// No reply within the time limit.
    TimedOut,
    /// No reply for another reason.
    Transport,
    /// Too many calls for the target or for a gateway in front of it: no answer to the call.
    RateLimited,
    /// A gateway answered in place of the target.
    Gateway,
    /// Time was up before it was over.
    Unfinished,
    /// An arrival that never found a worker; its time is how long it waited.
    Abandoned,
    /// Our own attestation could not be made from the options.
    NotAttested,
    /// A wrong answer: a check of `run` fails on it, or the target accepted something that it must refuse.
    Nonconformant,
    /// The answer belongs to another user.
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
    /// The exact maximum.
    pub max_us: u64,
    /// The distribution: 1 µs to 60 s in 3 digits.
    pub histogram: PackedHistogram,
}
