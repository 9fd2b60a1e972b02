//! The evidence by which an exchange was judged, kept so that it can be judged again.

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use crate::contract::clause::Basis;

/// A reply as it came, and what was expected of it. Secrets are masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Slug of the flow that the call was made on.
    pub flow: String,
    /// Slug of the operation.
    pub operation: String,
    /// Slug of the protocol that carried it.
    pub protocol: String,
    /// HTTP status.
    pub http_status: u16,
    /// Headers of the reply: names in lower case, values as text.
    pub headers: Vec<(String, String)>,
    /// HTTP trailers, or those of gRPC-Web's last frame.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trailers: Vec<(String, String)>,
    /// Body of the reply, frames included.
    pub body: RecordedBody,
    /// Whether method or content type of the request were not the documented ones.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undocumented_request: bool,
    /// Whether the bytes of the request were wrong on purpose.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub malformed: bool,
    /// The RP ID that creation options should name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rp_id: Option<String>,
    /// The kind of authenticator that the start asked for, as creation options name it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<String>,
    /// The expected result of the call.
    pub expected: Expected,
}

/// The body of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RecordedBody {
    /// UTF-8.
    Text(String),
    /// Anything else, in standard base64.
    Base64(String),
    /// Too long to be kept; its length in bytes.
    LeftOut(usize),
}

/// What acceptance and refusal of a call mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// What it means if the call succeeds.
    pub accepted: Reason,
    /// What it means if the call is refused.
    pub refused: Reason,
    /// HTTP status and gRPC code that the documents name for the refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<(u16, i32)>,
    /// The clause that the answer is about.
    pub clause: String,
    /// The basis of the expectation; `None` for the basis of the clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The citation for it, if it is not the clause's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Further clauses that a refusal may be about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Further clauses of the case. If the target's error id means one of them, a refusal for a wrong reason is about that clause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<String>,
    /// Whether the caller's token is one of the target file's.
    pub configured_caller: bool,
    /// Whether the reply may be whatever a server answers to another method or path than the documented one, a page for browsers even,
    /// as long as the operation did not run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_reply: bool,
    /// Whether the case presupposes something that the target file does not declare, so that either answer is accepted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub left_open: bool,
}
