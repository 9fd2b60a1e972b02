//! Changes to a request's message in a suite.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change to the request's message.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MessageEdit {
    /// What is changed.
    pub member: MessageMember,
    /// The new value; if there is none, the member is left out.
    pub value: Option<Value>,
    /// JSON null.
    #[serde(default)]
    pub is_null: bool,
    /// Another name of the member: its original protobuf name.
    #[serde(default)]
    pub snake_case: bool,
    /// v1's credential in another base64 form: `unpadded`, `url-padded`, `mixed` .. (`runner/message.rs`).
    pub encoded: Option<String>,
}

/// Members of requests, by their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MessageMember {
    /// The factor's name.
    Name,
    /// The credential.
    Credential,
    /// The kind of authenticator that the start of a passkey asks for.
    Authenticator,
    /// The registration code that the start of a passkey carries.
    Code,
    /// A member that the documents do not have.
    Unknown,
}
