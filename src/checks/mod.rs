//! Assertions on single exchanges. A check is one entry in [`CHECKS`]; it says whether it had something to look at, and what is
//! wrong with it.

mod details;
mod grpc;
mod http;
mod internals;
mod leak;
mod options;
mod protocol;
mod robustness;
mod shape;
mod sharing;
mod shown;
mod values;

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::contract::{Operation, clause};
use crate::outcome::{Finding, Reason};
use crate::transport::{Exchange, Reply};
pub use options::creation_options;
pub use shown::{Seen, Watch};

/// What a check may look at.
#[derive(Debug, Clone)]
pub struct Observation<'a> {
    /// The call and its answer.
    pub exchange: &'a Exchange,
    /// Whether method, path and content type were the documented ones. If not, only robustness, leaks, and what HTTP and gRPC ask of
    /// every reply are judged, since the answer need not come from the endpoint.
    pub documented_request: bool,
    /// Whether the bytes of the request were made wrong on purpose.
    pub malformed: bool,
    /// Finds what the caller may not see; `None` where nobody knows.
    pub watch: Option<&'a dyn Watch>,
    /// The RP ID that the creation options should name.
    pub rp_id: Option<&'a str>,
    /// The kind of authenticator that the start asked for: `platform` or `cross-platform`.
    pub attachment: Option<&'a str>,
    /// Empty at the begin.
    pub memo: Memo<'a>,
}

/// What checks have read in an exchange, so that it is read once.
#[derive(Debug, Clone, Default)]
pub struct Memo<'a> {
    public_key: OnceCell<Option<Result<Cow<'a, Value>, Wrong>>>,
    found: OnceCell<Vec<shown::Found>>,
}

impl<'a> Observation<'a> {
    fn success(&self) -> Option<&'a Value> {
        match &self.exchange.reply {
            Reply::Success(value) => Some(value),
            _ => None,
        }
    }

    /// The `publicKey` of a start's answer that wraps it in a text, as v1's does, once checks have read it.
    pub fn unwrapped(self) -> Option<Value> {
        match self.memo.public_key.into_inner()?? {
            Ok(Cow::Owned(public_key)) => Some(public_key),
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
    /// The clause it speaks of; the narrower one beneath it where there is one for the endpoint or protocol.
    pub clause: &'static str,
    /// Why it fails, if it does.
    pub reason: Reason,
    /// What is wrong; `None` where there is nothing that it could look at.
    pub examine: fn(&Observation<'_>) -> Option<Vec<Wrong>>,
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
    leak::NO_OTHER_USER,
    leak::NO_STACK_TRACE,
    leak::NO_INTERNALS,
    protocol::READABLE,
    protocol::CONTENT_TYPE,
    protocol::SUCCESS_STATUS,
    protocol::REFUSAL_STATUS,
    protocol::ENDPOINT,
    protocol::GRPC_WEB_FRAMING,
    protocol::GRPC_STATUS,
    protocol::GRPC_MESSAGE,
    shape::ERROR_BODY,
    shape::ERROR_CODE,
    shape::ERROR_MESSAGE,
    shape::ERROR_DETAILS,
    shape::ERROR_TYPE,
    shape::START_DETAILS,
    shape::START_FACTOR_ID,
    shape::START_OPTIONS,
    shape::VERIFY,
    shape::REMOVE,
    details::SEQUENCE,
    details::CREATION_DATE,
    details::CHANGE_DATE,
    details::RESOURCE_OWNER,
    details::CHANGED_NOW,
    details::CREATED_BEFORE_CHANGED,
    options::MEMBERS,
    options::CHALLENGE,
    options::RP_ID,
    options::ENCODING,
    options::ATTACHMENT,
    values::TIMEOUT,
    values::ENUMERATIONS,
    values::RESIDENT_KEY,
    values::ALGORITHMS,
    values::EXTENSIONS,
    values::PERSONAL,
    http::CHALLENGE,
    http::BEARER,
    http::ALLOWED,
    http::DATED,
    http::FIELD_ONCE,
    http::FRAMING,
    http::CONDITIONAL,
    http::REDIRECT,
    http::TRACE,
    http::JSON_UTF8,
    http::REFUSAL_CODE,
    sharing::CACHE,
    sharing::CREDENTIALS,
    sharing::VARIES,
    sharing::EXPOSED,
    sharing::CODING,
    sharing::CODING_NAMED,
    grpc::HTTP_STATUS,
    grpc::STATUS_PLACE,
    grpc::MESSAGE_ENCODED,
    grpc::ENCODING_UNKNOWN,
    grpc::UNKNOWN_METHOD,
    grpc::WEB_LOWER_CASE,
];

/// Ids of the checks that look for what records do not hold: secrets, and what belongs to whom.
pub const NEED_SECRET: [&str; 2] = [NO_TOKEN, NO_OTHER_USER];
/// The check that looks for tokens.
pub const NO_TOKEN: &str = leak::NO_TOKEN.id;
/// The check that looks for what belongs to other users.
pub const NO_OTHER_USER: &str = leak::NO_OTHER_USER.id;

/// Ids of the checks that depend on the request or on the connection, which records do not hold for them.
pub const NEED_REQUEST: [&str; 12] = [
    http::ALLOWED.id,
    http::FRAMING.id,
    http::CONDITIONAL.id,
    http::REDIRECT.id,
    http::TRACE.id,
    sharing::CACHE.id,
    sharing::CREDENTIALS.id,
    sharing::VARIES.id,
    sharing::EXPOSED.id,
    sharing::CODING.id,
    grpc::ENCODING_UNKNOWN.id,
    grpc::UNKNOWN_METHOD.id,
];

/// What the checks saw in an exchange.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Examined {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// The clauses that some check had something to look at for, good or bad.
    pub looked_at: BTreeSet<&'static str>,
}

/// Runs every check on an exchange. Clauses are those of the exchange's endpoint and protocol.
pub fn examine(observation: &Observation<'_>) -> Examined {
    let mut examined = Examined::default();
    for (check, wrongs) in run(observation) {
        examined.looked_at.insert(check.clause_at(observation));
        examined.findings.extend(check.findings(observation, wrongs));
    }
    examined
}

/// The findings of [`examine`] alone, for those who don't ask what was looked at.
pub fn findings(observation: &Observation<'_>) -> Vec<Finding> {
    run(observation).flat_map(|(check, wrongs)| check.findings(observation, wrongs)).collect()
}

/// The checks that had something to look at, with what is wrong.
fn run(observation: &Observation<'_>) -> impl Iterator<Item = (&'static Check, Vec<Wrong>)> {
    let documented = observation.documented_request;
    let of_any = [leak::CLAUSE, http::CLAUSE, grpc::CLAUSE];
    let is_of_any = move |check: &Check| {
        check.reason == Reason::Crash || of_any.iter().any(|clause| clause::includes(clause, check.clause))
    };
    let applies = move |check: &&Check| documented || is_of_any(check);
    CHECKS.iter().filter(applies).filter_map(|check| Some((check, (check.examine)(observation)?)))
}

impl Check {
    fn clause_at(&self, observation: &Observation<'_>) -> &'static str {
        clause::at(self.clause, observation.exchange.endpoint, observation.exchange.protocol)
    }

    fn findings(&self, observation: &Observation<'_>, wrongs: Vec<Wrong>) -> Vec<Finding> {
        let finding = |wrong: Wrong| {
            Finding::new(self.id, self.clause_at(observation), self.reason, wrong.expected, wrong.received)
        };
        wrongs.into_iter().map(finding).collect()
    }
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
