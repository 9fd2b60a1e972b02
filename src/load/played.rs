//! The result of a cycle.

use std::time::{Duration, Instant};

use super::draw::Draw;
use super::judge::{Failure, Harmless};
use crate::outcome::load::{Correctness, LoadStep, Outcome};
use crate::transport::SetUp;

/// One duration of a cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) step: LoadStep,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
    /// HTTP status of a call that was answered.
    pub(super) http_status: Option<u16>,
}

/// The result of a cycle. It is filled in step by step, so that an aborted cycle still shows how far it came.
#[derive(Debug)]
pub(super) struct Cycle {
    pub(super) draw: Draw,
    pub(super) begun: Instant,
    pub(super) samples: Vec<Sample>,
    pub(super) failure: Option<Failure>,
    /// Observations that do not fail it.
    pub(super) harmless: Harmless,
    /// Credentials that the options of its start exclude.
    pub(super) had: u64,
    /// The case that its malformed attestation is from.
    pub(super) case: Option<String>,
    pub(super) counts: Correctness,
    /// New connections of its calls, and how many could not be made.
    pub(super) connections: (Vec<SetUp>, u64),
    /// Wait and work of the attestation.
    pub(super) attested: Option<(Duration, Duration)>,
    /// From the beginning until everything that is measured was over.
    pub(super) service: Option<Duration>,
    /// Why the enrolled factor is perhaps still there.
    pub(super) left_behind: Option<String>,
    pub(super) at: LoadStep,
    /// How long the answer about a rate limit said to wait.
    pub(super) wait: Option<Duration>,
}

impl Cycle {
    pub(super) fn new(draw: Draw, begun: Instant) -> Cycle {
        Cycle {
            draw,
            begun,
            samples: Vec::with_capacity(6),
            failure: None,
            harmless: Harmless::default(),
            had: 0,
            case: None,
            counts: Correctness::default(),
            connections: (Vec::new(), 0),
            attested: None,
            service: None,
            left_behind: None,
            at: LoadStep::Start,
            wait: None,
        }
    }

    /// Time was up before it was over.
    pub(super) fn cut_off(&mut self) {
        if self.service.is_some() {
            self.left_behind = Some("time was up".to_owned());
            self.counts.left_behind += 1;
            return;
        }
        let (step, outcome) = (self.at, Outcome::Unfinished);
        self.sample(step, outcome, self.begun.elapsed(), None);
        let example = "time was up before the cycle was over".to_owned();
        let class = format!("{}/unfinished", step.name());
        self.failure = Some(Failure { step, outcome, class, example, exchange: None });
        self.service = Some(self.begun.elapsed());
    }

    /// There was nobody to enrol: the file of subjects is gone, for example.
    pub(super) fn no_subject(&mut self) {
        let (step, outcome) = (LoadStep::Start, Outcome::Unfinished);
        self.sample(step, outcome, self.begun.elapsed(), None);
        let (class, example) = ("start/no-subject".to_owned(), "the pool gave no subject".to_owned());
        self.fail(Failure { step, outcome, class, example, exchange: None });
        self.service = Some(self.begun.elapsed());
    }

    /// Whether there was no reply, so that the worker had better wait a little.
    pub(super) fn is_lost(&self) -> bool {
        self.failure.as_ref().is_some_and(|failure| failure.outcome.is_lost())
    }

    /// Whether it is unknown what happened to its verify.
    pub(super) fn is_open(&self) -> bool {
        let is_unknown = |outcome: Outcome| outcome.is_lost() || outcome == Outcome::Gateway;
        self.failure.as_ref().is_some_and(|failure| failure.step == LoadStep::Verify && is_unknown(failure.outcome))
    }

    pub(super) fn sample(&mut self, step: LoadStep, outcome: Outcome, took: Duration, http_status: Option<u16>) {
        self.samples.push(Sample { step, outcome, took, http_status });
    }

    pub(super) fn fail(&mut self, failure: Failure) {
        self.failure.get_or_insert(failure);
    }
}
