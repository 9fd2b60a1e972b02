//! What a check looks at, and what it reports.

use std::borrow::Cow;
use std::cell::OnceCell;

use serde_json::Value;

use super::watch::{Found, Watch};
use crate::contract::Operation;
use crate::transport::{Exchange, Reply};
use crate::words::beginning;

/// What a check may look at.
#[derive(Debug, Clone)]
pub struct Observation<'a> {
    /// The call and its answer.
    pub exchange: &'a Exchange,
    /// Whether method, path and content type were the documented ones. If not, only robustness, leaks, and the demands of HTTP and gRPC on
    /// every reply are judged, because the answer may not come from the endpoint.
    pub documented_request: bool,
    /// Whether the bytes of the request were made wrong on purpose.
    pub malformed: bool,
    /// Finds what the caller may not see; `None` if that is not known.
    pub watch: Option<&'a dyn Watch>,
    /// The RP ID that the creation options should name.
    pub rp_id: Option<&'a str>,
    /// The kind of authenticator that the start asked for: `platform` or `cross-platform`.
    pub attachment: Option<&'a str>,
    /// Empty at the beginning.
    pub memo: Memo<'a>,
}

/// What checks have read in an exchange, so that it is read once.
#[derive(Debug, Clone, Default)]
pub struct Memo<'a> {
    pub(super) public_key: OnceCell<Option<Result<Cow<'a, Value>, Wrong>>>,
    pub(super) found: OnceCell<Vec<Found>>,
}

impl<'a> Observation<'a> {
    pub(super) fn success(&self) -> Option<&'a Value> {
        match &self.exchange.reply {
            Reply::Success(value) => Some(value),
            _ => None,
        }
    }

    /// The `publicKey` of a start's answer, once checks have read it. v1 wraps it in a text.
    pub fn unwrapped(self) -> Option<Value> {
        match self.memo.public_key.into_inner()?? {
            Ok(Cow::Owned(public_key)) => Some(public_key),
            _ => None,
        }
    }

    pub(super) fn is(&self, operation: Operation) -> bool {
        self.exchange.endpoint.operation == operation
    }
}

/// One thing that is wrong: what was expected and what was received, each in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What was expected.
    pub expected: String,
    /// What came.
    pub received: String,
}

impl Wrong {
    pub(super) fn new(expected: impl Into<String>, received: impl Into<String>) -> Self {
        Self { expected: expected.into(), received: received.into() }
    }
}

/// A JSON value for a one-line message: cut, so that a hostile target can't flood a report.
pub(super) fn brief(value: Option<&Value>) -> String {
    const MOST: usize = 120;
    let Some(value) = value else { return "nothing".to_owned() };
    let text = value.to_string();
    let head = beginning(&text, MOST);
    if head == text { text } else { format!("{head} ...") }
}
