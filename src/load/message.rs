//! What stands in the messages of a flow.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::contract::{Endpoint, Flow, Operation};
use crate::webauthn::base64;
use crate::wire::json::member;

/// A list of at least this many factors may be cut, so that what is not in it need not be lost.
const LONG_LIST: usize = 50;

/// What a start has told.
pub(super) struct Started {
    /// v2 only.
    pub(super) factor_id: Option<String>,
    /// The creation options.
    pub(super) options: Value,
}

impl Started {
    /// With the [`options_of`] the same body of a success; `None` where there are none.
    pub(super) fn read(flow: Flow, body: &Value, options: Option<Cow<'_, Value>>) -> Option<Started> {
        Some(Started { factor_id: factor_of(flow, body), options: options?.into_owned() })
    }
}

fn factor_of(flow: Flow, started: &Value) -> Option<String> {
    let member = flow.endpoint(Operation::Verify).and_then(Endpoint::factor_member)?;
    started.get(member)?.as_str().map(str::to_owned)
}

/// The creation options that a start has told; v1 wraps them as base64 of JSON.
pub(super) fn options_of(flow: Flow, started: &Value) -> Option<Cow<'_, Value>> {
    let pointer = flow.endpoint(Operation::Start).and_then(Endpoint::options_member)?;
    match member(started, pointer)? {
        Value::String(text) => serde_json::from_slice(&base64::decode_any(text).ok()?).ok().map(Cow::Owned),
        value => Some(Cow::Borrowed(value)),
    }
}

/// The message of a verify, but for the user.
pub(super) fn verification(flow: Flow, factor_id: Option<&str>, credential: Value, name: &str) -> Value {
    match flow {
        Flow::V1U2f | Flow::V1Passwordless => {
            json!({ "verification": { "publicKeyCredential": credential, "tokenName": name } })
        }
        Flow::V2U2f => json!({ "u2fId": factor_id, "publicKeyCredential": credential, "tokenName": name }),
        Flow::V2Passkey => json!({ "passkeyId": factor_id, "publicKeyCredential": credential, "passkeyName": name }),
    }
}

/// The entries of a list of factors.
pub(super) fn factors(list: &Value) -> impl Iterator<Item = &Value> {
    let entries = list.get("result").and_then(Value::as_array).into_iter().flatten();
    // A second factor is wrapped in its kind.
    entries.map(|entry| entry.get("u2f").unwrap_or(entry))
}

/// Whether a factor with this name is in a list, or the list is cut.
pub(super) fn in_list(list: &Value, name: &str) -> bool {
    let mut seen = 0;
    let found = factors(list).any(|factor| {
        seen += 1;
        factor.get("name").and_then(Value::as_str) == Some(name)
    });
    found || seen >= LONG_LIST
}

/// Whether the options of a further start exclude this credential.
pub(super) fn is_excluded(flow: Flow, started: &Value, id: Option<&str>) -> bool {
    let options = options_of(flow, started);
    let excluded = options.as_ref().and_then(|options| member(options, "/publicKey/excludeCredentials")?.as_array());
    let mut ids = excluded.into_iter().flatten().filter_map(|entry| entry.get("id")?.as_str());
    id.is_none_or(|own| ids.any(|id| id.trim_end_matches('=') == own))
}
