//! Registration responses as they are found in logs, bug reports and requests: in other JSON, in a string, in either alphabet of base64, or
//! an attestation object alone.

use serde_json::{Map, Value, json};

use super::base64;

/// The most values of a JSON document that are looked at.
const MOST_VALUES: usize = 10_000;
/// How often a text may be in another: JSON in a string, base64 of JSON.
const MOST_WRAPPINGS: usize = 4;
/// The members of a response that are bytes.
const BINARY: [&str; 4] = ["clientDataJSON", "attestationObject", "authenticatorData", "publicKey"];

/// A response that was found, in the form of RegistrationResponseJSON.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// RegistrationResponseJSON; binary members are in base64url without padding.
    pub credential: Value,
    /// Whether it has client data; if not, there was an attestation object alone, and the other members are made up.
    pub has_client_data: bool,
    /// What differs from the form of section 5.1, for people.
    pub notes: Vec<String>,
}

/// A text without a registration response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceivedError {
    /// There is nothing.
    #[error("there is nothing to read; give the JSON of a registration response, or an attestation object in base64")]
    Empty,
    /// Not UTF-8.
    #[error("the text is UTF-16, as Windows PowerShell writes it with `>`; write it as UTF-8")]
    Utf16,
    /// Not a text.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// Neither JSON nor base64.
    #[error("this is neither JSON ({json}) nor base64 of an attestation object ({base64})")]
    Neither {
        /// What the JSON parser says.
        json: String,
        /// What the base64 decoder says.
        base64: String,
    },
    /// JSON without a response.
    #[error("the JSON has no attestationObject; give what navigator.credentials.create() returned, as JSON")]
    NoResponse,
}

/// The text of a file: a byte order mark is left out.
///
/// # Errors
/// [`ReceivedError::Empty`], [`ReceivedError::Utf16`], [`ReceivedError::NotUtf8`].
pub fn text(bytes: &[u8]) -> Result<&str, ReceivedError> {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || bytes.iter().take(64).any(|byte| *byte == 0);
    if is_utf16 {
        return Err(ReceivedError::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| ReceivedError::NotUtf8)?;
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() { Err(ReceivedError::Empty) } else { Ok(text) }
}

/// Finds the registration response in a text.
///
/// # Errors
/// [`ReceivedError`]
pub fn registration(bytes: &[u8]) -> Result<Received, ReceivedError> {
    let mut notes = Vec::new();
    let value = match unwrapped(text(bytes)?, &mut notes)? {
        Content::Json(value) => value,
        Content::AttestationObject(bytes) => return Ok(alone(&bytes, notes)),
    };
    let (path, found) = find(&value, &|object| response_of(object).is_some()).ok_or(ReceivedError::NoResponse)?;
    if !path.is_empty() {
        notes.push(format!("the response was found at {path}"));
    }
    let mut object = found;
    if !object.contains_key("response") {
        notes.push("there is the response member alone".to_owned());
        object = Map::from_iter([("response".to_owned(), Value::Object(object))]);
    }
    let Some(Value::Object(response)) = object.get_mut("response") else { return Err(ReceivedError::NoResponse) };
    for name in BINARY {
        normalise(response, name, &format!("response.{name}"), &mut notes);
    }
    if !response.contains_key("clientDataJSON") {
        let object = response.get("attestationObject").and_then(Value::as_str).unwrap_or_default();
        return Ok(alone(&base64::decode_url(object).unwrap_or_default(), notes));
    }
    complete(&mut object, &mut notes);
    Ok(Received { credential: Value::Object(object), has_client_data: true, notes })
}

/// Finds creation options in a text, such as a server's whole reply; `None` if there are none.
pub fn creation_options(text: &str) -> Option<Value> {
    let Ok(Content::Json(value)) = unwrapped(text, &mut Vec::new()) else { return None };
    let has = |object: &Map<String, Value>, name: &str| object.contains_key(name);
    let is_options = |object: &Map<String, Value>| has(object, "challenge") && has(object, "user") && has(object, "rp");
    find(&value, &is_options).map(|(_, object)| Value::Object(object))
}

/// What a text holds in the end.
enum Content {
    Json(Value),
    AttestationObject(Vec<u8>),
}

/// JSON, JSON in a string, base64 of either, or base64 of CBOR.
fn unwrapped(text: &str, notes: &mut Vec<String>) -> Result<Content, ReceivedError> {
    let mut text = text.to_owned();
    for _ in 0..MOST_WRAPPINGS {
        let json = match serde_json::from_str(&text) {
            Ok(Value::String(inner)) => {
                notes.push("it was in a JSON string".to_owned());
                text = inner;
                continue;
            }
            Ok(value @ (Value::Object(_) | Value::Array(_))) => return Ok(Content::Json(value)),
            Ok(_) => "a single value".to_owned(),
            Err(error) => error.to_string(),
        };
        let plain: String = text.split_ascii_whitespace().collect();
        let bytes =
            base64::decode_any(&plain).map_err(|error| ReceivedError::Neither { json, base64: error.to_string() })?;
        match String::from_utf8(bytes) {
            Ok(inner) if inner.trim_start().starts_with(['{', '"']) => {
                notes.push("it was in base64".to_owned());
                text = inner;
            }
            Ok(inner) => return Ok(Content::AttestationObject(inner.into_bytes())),
            Err(error) => return Ok(Content::AttestationObject(error.into_bytes())),
        }
    }
    Err(ReceivedError::NoResponse)
}

/// The first object, breadth first, for which something holds, and its JSON pointer; strings that hold JSON or base64 of JSON are
/// looked into.
fn find(value: &Value, holds: &dyn Fn(&Map<String, Value>) -> bool) -> Option<(String, Map<String, Value>)> {
    let mut queue = std::collections::VecDeque::from([(String::new(), value.clone())]);
    let mut looked_at = 0;
    while let Some((path, value)) = queue.pop_front() {
        looked_at += 1;
        if looked_at > MOST_VALUES {
            return None;
        }
        match value {
            Value::Object(object) if holds(&object) => return Some((path, object)),
            Value::Object(object) => {
                queue.extend(object.into_iter().map(|(name, inner)| (format!("{path}/{name}"), inner)))
            }
            Value::Array(items) => {
                queue.extend(items.into_iter().enumerate().map(|(index, inner)| (format!("{path}/{index}"), inner)));
            }
            Value::String(text) if text.len() > 64 => {
                if let Ok(Content::Json(inner)) = unwrapped(&text, &mut Vec::new()) {
                    queue.push_back((path, inner));
                }
            }
            _ => {}
        }
    }
    None
}

/// The object with the attestation object in it.
fn response_of(object: &Map<String, Value>) -> Option<&Map<String, Value>> {
    let has_object = |object: &&Map<String, Value>| object.get("attestationObject").is_some_and(Value::is_string);
    object.get("response").and_then(Value::as_object).filter(has_object).or_else(|| Some(object).filter(has_object))
}

/// Writes a binary member in base64url without padding, if it is in another form of base64.
fn normalise(object: &mut Map<String, Value>, name: &str, path: &str, notes: &mut Vec<String>) {
    let Some(Value::String(text)) = object.get_mut(name) else { return };
    if base64::decode_url(text).is_err()
        && let Ok(bytes) = base64::decode_any(&text.split_ascii_whitespace().collect::<String>())
    {
        notes.push(format!("{path} is in another form of base64; section 5.1 wants base64url without padding"));
        *text = base64::encode_url(&bytes);
    }
}

/// Adds what collectors leave out: the type, and one of the two ids.
fn complete(object: &mut Map<String, Value>, notes: &mut Vec<String>) {
    for name in ["id", "rawId"] {
        normalise(object, name, name, notes);
    }
    for (name, other) in [("rawId", "id"), ("id", "rawId")] {
        if !object.contains_key(name)
            && let Some(value) = object.get(other).cloned()
        {
            notes.push(format!("{name} is missing; {other} is taken for it"));
            object.insert(name.to_owned(), value);
        }
    }
    if !object.contains_key("type") {
        notes.push("type is missing; public-key is taken for it".to_owned());
        object.insert("type".to_owned(), "public-key".into());
    }
}

/// A response around an attestation object.
fn alone(attestation_object: &[u8], notes: Vec<String>) -> Received {
    let response = json!({
        "clientDataJSON": base64::encode_url(b"{}"), "attestationObject": base64::encode_url(attestation_object),
    });
    let credential = json!({ "id": "AA", "rawId": "AA", "type": "public-key", "response": response });
    Received { credential, has_client_data: false, notes }
}
