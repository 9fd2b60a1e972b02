//! The contents of the messages of a flow.

use serde_json::{Map, Value};

use crate::contract::{Flow, Operation, What};

/// A list of at least this many factors may be cut, so that what is not in it need not be lost.
const LONG_LIST: usize = 50;

/// The data in the answer of a start.
pub(super) struct Started {
    /// Of flows whose verify names it.
    pub(super) factor_id: Option<String>,
    /// The creation options, what is in `publicKey`.
    pub(super) options: Value,
}

impl Started {
    /// From the body of a success, whose options the checks have unwrapped where they are in a text; `None` where there are none.
    pub(super) fn take(flow: Flow, mut body: Value, unwrapped: Option<Value>) -> Option<Started> {
        let start = flow.endpoint(Operation::Start)?;
        let factor_id = start.answered(What::FactorId, &body).and_then(Value::as_str).map(str::to_owned);
        let options = match unwrapped {
            Some(options) => options,
            None => start.answers(What::Options)?.take(&mut body)?.get_mut("publicKey")?.take(),
        };
        Some(Started { factor_id, options })
    }
}

/// The creation options in the answer of a start, if they are not in a text: the value of `publicKey`.
pub(super) fn public_key_of(flow: Flow, started: &Value) -> Option<&Value> {
    flow.endpoint(Operation::Start)?.answered(What::Options, started)?.get("publicKey")
}

/// The message of a verify, without the user.
pub(super) fn verification(flow: Flow, factor_id: Option<&str>, credential: Value, name: &str) -> Value {
    let mut message = Value::Object(Map::new());
    if let Some(verify) = flow.endpoint(Operation::Verify) {
        verify.say(What::FactorId, &mut message, factor_id);
        verify.say(What::Credential, &mut message, credential);
        verify.say(What::FactorName, &mut message, name);
    }
    message
}

/// Whether a factor with this name is in a list, or the list is cut.
pub(super) fn in_list(flow: Flow, list: &Value, name: &str) -> bool {
    let Some(endpoint) = flow.endpoint(Operation::List) else { return false };
    let mut seen = 0;
    let found = endpoint.entries(list).any(|factor| {
        seen += 1;
        factor.name == Some(name)
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
