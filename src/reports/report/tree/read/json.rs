//! JSON with its members. Some of them hold bytes that are taken apart too.

use serde_json::Value;

use super::{authenticator_data, cbor};
use crate::report::tree::marks::count;
use crate::report::tree::part::{MOST_PARTS, Part, bytes, cut, further};
use crate::webauthn::base64;

/// The deepest nesting of JSON that is followed.
const MOST_LEVELS: usize = 12;

/// A RegistrationResponseJSON, or what was sent instead of one.
pub(in crate::report::tree) fn credential(text: &str) -> Part {
    json_document("credential", text.as_bytes())
}

/// JSON text with its members.
fn json_document(key: &str, bytes: &[u8]) -> Part {
    let mut part = Part::opaque(key, count(bytes.len()), bytes);
    match serde_json::from_slice::<Value>(bytes) {
        Ok(value) => part.parts = members(&value, 0),
        Err(error) => {
            let offset = offset(bytes, error.line(), error.column());
            part.broken = Some(format!("not readable as JSON from offset {offset}: {error}"));
        }
    }
    part
}

/// serde_json counts bytes of a line, from 1.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let before: usize =
        bytes.split_inclusive(|byte| *byte == b'\n').take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    (before + column.saturating_sub(1)).min(bytes.len())
}

fn members(value: &Value, level: usize) -> Vec<Part> {
    let mut parts: Vec<Part> = match value {
        Value::Object(map) => map.iter().take(MOST_PARTS).map(|(key, value)| json(key, value, level + 1)).collect(),
        Value::Array(items) => {
            let items = items.iter().take(MOST_PARTS).enumerate();
            items.map(|(index, value)| json(&index.to_string(), value, level + 1)).collect()
        }
        scalar => vec![Part::new("value", cut(&scalar.to_string()), scalar.to_string().as_bytes())],
    };
    let all = value.as_object().map(serde_json::Map::len).or(value.as_array().map(Vec::len)).unwrap_or(parts.len());
    parts.extend(further(all));
    parts
}

fn json(key: &str, value: &Value, level: usize) -> Part {
    let part = match value {
        Value::String(text) => string(key, text),
        Value::Object(_) | Value::Array(_) if level < MOST_LEVELS => {
            let text = value.to_string();
            let parts = members(value, level);
            let words = if parts.is_empty() { text.clone() } else { String::new() };
            Part { parts, ..Part::new(key, words, text.as_bytes()) }
        }
        other => Part::new(key, cut(&other.to_string()), other.to_string().as_bytes()),
    };
    let label = cut(key);
    part.labelled(label)
}

/// The members that hold bytes as base64url are read as such, wherever they are.
fn string(key: &str, text: &str) -> Part {
    let document: Option<fn(&str, &[u8]) -> Part> = match key {
        "clientDataJSON" => Some(json_document),
        "attestationObject" => Some(cbor::document),
        "authenticatorData" => Some(|key, bytes| authenticator_data::document(key, bytes, cbor::reading)),
        "id" | "rawId" | "publicKey" => Some(bytes),
        _ => None,
    };
    let Some(document) = document else {
        return Part::new(key, cut(&Value::from(text).to_string()), text.as_bytes());
    };
    match base64::decode_url(text) {
        Ok(decoded) => Part { raw: text.as_bytes().to_vec(), ..document(key, &decoded) },
        Err(error) => {
            let broken = error.to_string();
            let words = cut(&Value::from(text).to_string());
            Part { broken: Some(broken), ..Part::new(key, words, text.as_bytes()) }
        }
    }
}
