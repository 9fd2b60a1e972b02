//! How arguments of mutations write bytes and CBOR items in JSON.
//!
//! Bytes: a string of hex digits, or an object with one of `$text`, `$fill: [byte, count]`, `$random: count`, `$concat: [..]`,
//! `$slice: [bytes, from, to]`, `$flip` (the last bit), `$sha256`, `$item` (an item's encoding), `$base64url`, `$value` (a named
//! part), `$member` (the encoding of a present member). Items: JSON values stand for themselves, an object with `$bytes`, `$raw` (encoded bytes), `$map: [[key, item], ..]`,
//! `$tag: [number, item]`, `$nested: [levels, item]`, `$member` (the encoding of a present member), any other object for a
//! map with text keys.

use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::given::Given;
use crate::authenticator::error::MutationError;
use crate::authenticator::keys::derive_bytes;
use crate::webauthn::base64;
use crate::webauthn::cbor::{self, Value};

/// The most bytes that a notation makes.
const MOST: usize = 16 * 1024 * 1024;

/// Named parts that a notation can refer to.
pub(super) trait Parts {
    /// The content of a part.
    fn value(&self, name: &str) -> Option<Vec<u8>>;

    /// The encoding of a present member of the map that is edited.
    fn member(&self, _key: &[u8]) -> Option<Vec<u8>> {
        None
    }
}

/// No named parts.
pub(super) struct NoParts;

impl Parts for NoParts {
    fn value(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }
}

const BYTES: MutationError = MutationError::Args("bytes: hex digits, or an object such as {\"$fill\": [0, 16]}");
const ITEM: MutationError = MutationError::Args("a CBOR item: a JSON value, or an object such as {\"$bytes\": \"00\"}");

/// The one member of an object whose name begins with `$`.
pub(super) fn operator(json: &Json) -> Option<(&str, &Json)> {
    let object = json.as_object().filter(|object| object.len() == 1)?;
    let (name, argument) = object.iter().next()?;
    name.strip_prefix('$').map(|name| (name, argument))
}

/// Bytes as written.
pub(super) fn bytes(json: &Json, given: &Given<'_>, parts: &dyn Parts) -> Result<Vec<u8>, MutationError> {
    if let Some(digits) = json.as_str() {
        return unhex(digits).ok_or(BYTES);
    }
    let (name, argument) = operator(json).ok_or(BYTES)?;
    let inner = || bytes(argument, given, parts);
    let list = || argument.as_array().map(Vec::as_slice).ok_or(BYTES);
    Ok(match name {
        "text" => given.template(argument.as_str().ok_or(BYTES)?)?,
        "fill" => match list()? {
            [byte, count] => {
                let byte = byte.as_u64().and_then(|byte| u8::try_from(byte).ok()).ok_or(BYTES)?;
                vec![byte; size(count)?]
            }
            _ => return Err(BYTES),
        },
        "random" => derive_bytes(given.seed, &format!("random/{argument}"), size(argument)?),
        "concat" => {
            let pieces = list()?.iter().map(|piece| bytes(piece, given, parts));
            pieces.collect::<Result<Vec<_>, _>>()?.concat()
        }
        "slice" => match list()? {
            [source, from, to] => slice(&bytes(source, given, parts)?, from, to)?,
            _ => return Err(BYTES),
        },
        "flip" => {
            let mut flipped = inner()?;
            super::bits::flip_last_bit(&mut flipped)?;
            flipped
        }
        "sha256" => Sha256::digest(inner()?).to_vec(),
        "item" => item(argument, given, parts)?,
        "base64url" => base64::encode_url(&inner()?).into_bytes(),
        "value" => {
            let name = argument.as_str().ok_or(BYTES)?;
            let missing = || MutationError::Impossible(format!("there is no part {name}"));
            parts.value(name).ok_or_else(missing)?
        }
        "member" => {
            let key = item(argument, given, parts)?;
            let missing = || MutationError::Impossible(format!("there is no member {argument}"));
            parts.member(&key).ok_or_else(missing)?
        }
        _ => return Err(BYTES),
    })
}

fn size(json: &Json) -> Result<usize, MutationError> {
    let size = json.as_u64().and_then(|size| usize::try_from(size).ok());
    size.filter(|size| *size <= MOST).ok_or(MutationError::Args("a count from 0 to 16777216"))
}

/// A part of bytes; negative places count from the end, `null` is the end.
fn slice(bytes: &[u8], from: &Json, to: &Json) -> Result<Vec<u8>, MutationError> {
    let place = |json: &Json, end: usize| -> Option<usize> {
        match json.as_i64() {
            None => Some(end),
            Some(place) if place < 0 => bytes.len().checked_sub(usize::try_from(place.unsigned_abs()).ok()?),
            Some(place) => usize::try_from(place).ok().filter(|place| *place <= bytes.len()),
        }
    };
    let range = place(from, 0).zip(place(to, bytes.len()));
    let part = range.and_then(|(from, to)| bytes.get(from..to));
    part.map(<[u8]>::to_vec).ok_or_else(|| MutationError::Impossible("there are fewer bytes than that".to_owned()))
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let is_hex = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    is_hex.then(|| (0..digits.len()).step_by(2).map(pair).collect::<Option<Vec<u8>>>()).flatten()
}

/// The encoding of a CBOR item as written.
pub(super) fn item(json: &Json, given: &Given<'_>, parts: &dyn Parts) -> Result<Vec<u8>, MutationError> {
    let Some((name, argument)) = operator(json) else {
        return Ok(match json {
            Json::Null => vec![0xf6],
            Json::Bool(false) => vec![0xf4],
            Json::Bool(true) => vec![0xf5],
            Json::Number(number) => cbor::encode(&number_item(number)),
            Json::String(text) => cbor::encode(&Value::Text(text.clone())),
            Json::Array(items) => {
                let encoded = items.iter().map(|one| item(one, given, parts));
                [vec![head(4, items.len())], encoded.collect::<Result<_, _>>()?].concat().concat()
            }
            Json::Object(members) => {
                let mut out = head(5, members.len());
                for (name, value) in members {
                    out.extend(cbor::encode(&Value::Text(name.clone())));
                    out.extend(item(value, given, parts)?);
                }
                out
            }
        });
    };
    let pair = || match argument.as_array().map(Vec::as_slice) {
        Some([first, second]) => Ok((first, second)),
        _ => Err(ITEM),
    };
    Ok(match name {
        "bytes" => {
            let content = bytes(argument, given, parts)?;
            [head(2, content.len()), content].concat()
        }
        "raw" => bytes(argument, given, parts)?,
        "map" => {
            let entries = argument.as_array().ok_or(ITEM)?;
            let mut out = head(5, entries.len());
            for entry in entries {
                let [key, value] = entry.as_array().map(Vec::as_slice).unwrap_or_default() else { return Err(ITEM) };
                out.extend(item(key, given, parts)?);
                out.extend(item(value, given, parts)?);
            }
            out
        }
        "tag" => {
            let (number, inner) = pair()?;
            [head(6, size(number)?), item(inner, given, parts)?].concat()
        }
        "nested" => {
            let (levels, inner) = pair()?;
            [vec![0x81; size(levels)?], item(inner, given, parts)?].concat()
        }
        "member" => bytes(json, given, parts)?,
        _ => return Err(ITEM),
    })
}

fn number_item(number: &serde_json::Number) -> Value {
    match (number.as_i64(), number.as_u64()) {
        (Some(number), _) => Value::from(number),
        (_, Some(number)) => Value::from(number),
        _ => Value::Float(number.as_f64().unwrap_or_default()),
    }
}

/// The shortest head of a major type.
pub(super) fn head(major: u8, argument: usize) -> Vec<u8> {
    let value = u64::try_from(argument).unwrap_or(u64::MAX);
    // An integer has the same form of head as any other type.
    let mut head = cbor::encode(&Value::from(value));
    head[0] |= major << 5;
    head
}
