//! Assertions on single exchanges. A check is one entry in [`CHECKS`]; what it finds wrong it returns as findings.

mod leak;
mod options;
mod protocol;
mod robustness;
mod shape;

use serde_json::Value;

use crate::contract::Operation;
use crate::outcome::{Finding, Reason};
use crate::transport::{Exchange, Reply};
use crate::wire::secret::Secret;

/// What a check may look at.
#[derive(Debug, Clone, Copy)]
pub struct Observation<'a> {
    /// The call and its answer.
    pub exchange: &'a Exchange,
    /// Whether method and content type were the documented ones. If not, only robustness and leaks are judged, since
    /// the answer need not come from the endpoint.
    pub documented_request: bool,
    /// Whether the bytes of the request were made wrong on purpose.
    pub malformed: bool,
    /// The value of the authorization header that was sent.
    pub authorization: Option<&'a Secret>,
    /// The RP ID that the creation options should name.
    pub rp_id: Option<&'a str>,
}

impl Observation<'_> {
    fn success(&self) -> Option<&Value> {
        match &self.exchange.reply {
            Reply::Success(value) => Some(value),
            _ => None,
        }
    }

    fn is(&self, operation: Operation) -> bool {
        self.exchange.endpoint.operation == operation
    }
}

/// One assertion.
#[derive(Debug)]
pub struct Check {
    /// Stable id.
    pub id: &'static str,
    /// The clause it speaks of.
    pub clause: &'static str,
    /// Why it fails, if it does.
    pub reason: Reason,
    /// What is wrong; nothing where it holds or does not apply.
    pub examine: fn(&Observation<'_>) -> Vec<Wrong>,
}

/// One thing that is wrong: expected beside received, each in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What was expected.
    pub expected: String,
    /// What came.
    pub received: String,
}

impl Wrong {
    fn new(expected: impl Into<String>, received: impl Into<String>) -> Self {
        Self { expected: expected.into(), received: received.into() }
    }
}

/// Every check, in the order in which findings are listed.
pub const CHECKS: &[Check] = &[
    robustness::NO_SERVER_ERROR,
    leak::NO_TOKEN,
    leak::NO_STACK_TRACE,
    protocol::READABLE,
    protocol::CONTENT_TYPE,
    protocol::SUCCESS_STATUS,
    protocol::GRPC_WEB_FRAMING,
    protocol::GRPC_STATUS,
    protocol::GRPC_MESSAGE,
    shape::ERROR,
    shape::START,
    shape::VERIFY,
    shape::REMOVE,
    shape::DETAILS,
    options::MEMBERS,
    options::CHALLENGE,
    options::RP_ID,
];

/// Ids of the checks that look for a secret, which records do not hold.
pub const NEED_SECRET: [&str; 1] = [leak::NO_TOKEN.id];

/// Runs every check on an exchange.
pub fn examine(observation: &Observation<'_>) -> Vec<Finding> {
    let findings = |check: &'static Check| {
        let wrongs = (check.examine)(observation).into_iter();
        wrongs.map(move |wrong| Finding::new(check.id, check.clause, check.reason, wrong.expected, wrong.received))
    };
    applicable(observation).flat_map(findings).collect()
}

/// The clauses of the checks that have something to look at in an exchange.
pub fn looked_at(observation: &Observation<'_>) -> impl Iterator<Item = &'static str> {
    applicable(observation).map(|check| check.clause)
}

fn applicable(observation: &Observation<'_>) -> impl Iterator<Item = &'static Check> {
    let documented = observation.documented_request;
    CHECKS.iter().filter(move |check| documented || [Reason::Crash, Reason::Leak].contains(&check.reason))
}

/// A JSON value for a one-line message: cut, so that a hostile target can't flood a report.
fn brief(value: Option<&Value>) -> String {
    const MOST: usize = 120;
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    format!("{} ...", text.chars().take(MOST).collect::<String>())
}

#[cfg(test)]
mod tests;
