//! What stands in the messages of a flow.

use serde_json::Value;

use crate::contract::{ApiVersion, Endpoint, Flow, Operation};
use crate::wire::json::member;

/// A list of at least this many factors may be cut, so that what is not in it need not be lost.
const LONG_LIST: usize = 50;

/// What a start has told.
pub(super) struct Started {
    /// v2 only.
    pub(super) factor_id: Option<String>,
    /// The creation options, what is in `publicKey`.
    pub(super) options: Value,
}

impl Started {
    /// From the body of a success, whose options the checks have unwrapped where they are in a text; `None` where there are none.
    pub(super) fn take(flow: Flow, mut body: Value, unwrapped: Option<Value>) -> Option<Started> {
        let factor_id = factor_of(flow, &body);
        let options = match unwrapped {
            Some(options) => options,
            None => body.pointer_mut(options_member(flow)?)?.get_mut("publicKey")?.take(),
        };
        Some(Started { factor_id, options })
    }
}

fn factor_of(flow: Flow, started: &Value) -> Option<String> {
    let member = flow.endpoint(Operation::Verify).and_then(Endpoint::factor_member)?;
    started.get(member)?.as_str().map(str::to_owned)
}

fn options_member(flow: Flow) -> Option<&'static str> {
    flow.endpoint(Operation::Start).and_then(Endpoint::options_member)
}

/// The creation options that a start has told, as they stand in v2: what is in `publicKey`.
pub(super) fn public_key_of(flow: Flow, started: &Value) -> Option<&Value> {
    member(started, options_member(flow)?)?.get("publicKey")
}

/// The message of a verify, but for the user.
pub(super) fn verification(flow: Flow, factor_id: Option<&str>, credential: Value, name: &str) -> Value {
    let (id, named) = match flow {
        Flow::V1U2f | Flow::V1Passwordless => (None, "tokenName"),
        Flow::V2U2f => (Some("u2fId"), "tokenName"),
        Flow::V2Passkey => (Some("passkeyId"), "passkeyName"),
    };
    let id = id.map(|id| (id, Value::from(factor_id)));
    // `json!` would copy the credential.
    let message = id.into_iter().chain([("publicKeyCredential", credential), (named, name.into())]).collect();
    if flow.version() == ApiVersion::V1 { [("verification", message)].into_iter().collect() } else { message }
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

/// How many credentials creation options exclude.
pub(super) fn excluded(public_key: &Value) -> u64 {
    let excluded = public_key.get("excludeCredentials").and_then(Value::as_array).map_or(0, Vec::len);
    u64::try_from(excluded).unwrap_or(u64::MAX)
}

/// Whether creation options exclude this credential.
pub(super) fn excludes(public_key: &Value, id: Option<&str>) -> bool {
    let excluded = public_key.get("excludeCredentials").and_then(Value::as_array);
    let mut ids = excluded.into_iter().flatten().filter_map(|entry| entry.get("id")?.as_str());
    id.is_none_or(|own| ids.any(|id| id.trim_end_matches('=') == own))
}
