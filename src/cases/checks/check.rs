//! One assertion on an exchange.

use super::observation::{Observation, Wrong};
use crate::contract::clause;
use crate::outcome::{Finding, Reason};

/// One assertion.
#[derive(Debug)]
pub struct Check {
    /// Stable id.
    pub id: &'static str,
    /// The clause that it is about, or the narrower clause for the endpoint or protocol, if there is one.
    pub clause: &'static str,
    /// Why it fails, if it does.
    pub reason: Reason,
    /// What is wrong; `None` if there is nothing to look at.
    pub examine: fn(&Observation<'_>) -> Option<Vec<Wrong>>,
}

impl Check {
    pub(super) fn clause_at(&self, observation: &Observation<'_>) -> &'static str {
        clause::at(self.clause, observation.exchange.endpoint, observation.exchange.protocol)
    }

    pub(super) fn findings(&self, observation: &Observation<'_>, wrongs: Vec<Wrong>) -> Vec<Finding> {
        let finding = |wrong: Wrong| {
            Finding::new(self.id, self.clause_at(observation), self.reason, wrong.expected, wrong.received)
        };
        wrongs.into_iter().map(finding).collect()
    }
}
