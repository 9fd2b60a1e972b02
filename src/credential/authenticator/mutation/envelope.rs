//! The JSON around the credential: members, encodings, ids.

use serde_json::{Map, Value, json};

use super::byte_expressions::{self, Parts};
use super::client_data::{data_url, padded, percent, spare_bits};
use super::given::Given;
use super::stage::{Mutation, Stage};
use crate::authenticator::error::MutationError;
use crate::authenticator::keys::{KeyPair, derive_bytes};
use crate::webauthn::base64;
use crate::words::hex;

pub(super) const MUTATIONS: &[Mutation] = &[Mutation {
    id: "credential-json",
    summary: "another RegistrationResponseJSON: {\"set\": {pointer: value}, \"remove\": [pointer, ..], \"rename\": {pointer: name}}; a value is JSON, {\"$encoded\": [form, pointer]} (padded, standard-alphabet, standard-padded, mixed, line-breaks, blanks, bad-length, spare-bits, percent, data-url, double, hex, byte-array, byte-object or invalid), {\"$bytes\": bytes}, {\"$list\": [n, value]}, {\"$members\": n} or {\"$repeat\": [text, n]}; values credential-id, client-data, attestation-object, auth-data, other-key-spki, other-credential-id",
    stage: Stage::Credential(credential_json),
}];

const WANTED: MutationError = MutationError::Args("an object with set, remove or rename, by JSON pointer");
/// The most members or levels that are made.
const MOST: usize = 2_000_000;

struct CredentialParts<'a> {
    json: &'a Value,
    given: &'a Given<'a>,
}

impl Parts for CredentialParts<'_> {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        let decoded = |pointer: &str| base64::decode_url(self.json.pointer(pointer)?.as_str()?).ok();
        match name {
            "credential-id" => decoded("/rawId"),
            "client-data" => decoded("/response/clientDataJSON"),
            "attestation-object" => decoded("/response/attestationObject"),
            "auth-data" => decoded("/response/authenticatorData"),
            "other-key-spki" => {
                let other = KeyPair::derive(self.given.key.kind(), self.given.seed, "other-key")?;
                Some(other.public_key().to_spki_der())
            }
            "other-credential-id" => {
                let length = decoded("/rawId")?.len();
                Some(derive_bytes(self.given.seed, "other-credential-id", length))
            }
            _ => None,
        }
    }
}

fn credential_json(json: &mut Value, given: &Given<'_>) -> Result<(), MutationError> {
    let edit = given.0.as_object().filter(|edit| !edit.is_empty()).ok_or(WANTED)?;
    if edit.keys().any(|name| !["set", "remove", "rename"].contains(&name.as_str())) {
        return Err(WANTED);
    }
    let original = json.clone();
    let empty = Map::new();
    let object = |name: &str| edit.get(name).map_or(Ok(&empty), |edit| edit.as_object().ok_or(WANTED));
    for (pointer, value) in object("set")? {
        let value = made(value, &original, given)?;
        let (parent, name) = parent(json, pointer)?;
        parent.insert(name, value);
    }
    for pointer in edit.get("remove").map_or(Ok(&Vec::new()), |list| list.as_array().ok_or(WANTED))? {
        let (parent, name) = parent(json, pointer.as_str().ok_or(WANTED)?)?;
        // shift_remove keeps the other members in their order.
        let removed = parent.shift_remove(&name);
        removed.ok_or(MutationError::Impossible(format!("there is no {pointer}")))?;
    }
    for (pointer, new) in object("rename")? {
        let new = new.as_str().ok_or(WANTED)?;
        let (parent, name) = parent(json, pointer)?;
        *parent = std::mem::take(parent)
            .into_iter()
            .map(|(known, value)| (if known == name { new.to_owned() } else { known }, value))
            .collect();
    }
    Ok(())
}

fn parent<'a>(json: &'a mut Value, pointer: &str) -> Result<(&'a mut Map<String, Value>, String), MutationError> {
    let (parent, name) = pointer.rsplit_once('/').ok_or(WANTED)?;
    let missing = || MutationError::Impossible(format!("there is no object at {parent}"));
    let object = json.pointer_mut(parent).and_then(Value::as_object_mut).ok_or_else(missing)?;
    Ok((object, name.to_owned()))
}

/// The value of a notation.
fn made(value: &Value, original: &Value, given: &Given<'_>) -> Result<Value, MutationError> {
    let Some((name, argument)) = byte_expressions::operator(value) else { return Ok(value.clone()) };
    let count = |json: &Value| {
        let count = json.as_u64().and_then(|count| usize::try_from(count).ok()).filter(|count| *count <= MOST);
        count.ok_or(MutationError::Args("a count up to 2000000"))
    };
    let pair = || match argument.as_array().map(Vec::as_slice) {
        Some([first, second]) => Ok((first, second)),
        _ => Err(WANTED),
    };
    Ok(match name {
        "encoded" => {
            let (form, pointer) = pair()?;
            encoded(form.as_str().ok_or(WANTED)?, pointer.as_str().ok_or(WANTED)?, original)?
        }
        "bytes" => {
            let parts = CredentialParts { json: original, given };
            base64::encode_url(&byte_expressions::bytes(argument, given, &parts)?).into()
        }
        "list" => {
            let (times, item) = pair()?;
            Value::Array(vec![item.clone(); count(times)?])
        }
        "members" => (0..count(argument)?).map(|index| (format!("k{index}"), json!(0))).collect::<Map<_, _>>().into(),
        "repeat" => {
            let (text, times) = pair()?;
            text.as_str().ok_or(WANTED)?.repeat(count(times)?).into()
        }
        _ => return Err(WANTED),
    })
}

fn encoded(form: &str, pointer: &str, original: &Value) -> Result<Value, MutationError> {
    let text = original.pointer(pointer).and_then(Value::as_str);
    let text = text.ok_or(MutationError::Impossible(format!("there is no text at {pointer}")))?;
    let bytes = base64::decode_url(text).map_err(|error| MutationError::Impossible(error.to_string()))?;
    let (text, bytes) = fitting(form, text, bytes);
    let text = text.as_str();
    Ok(match form {
        "padded" => padded(text)?.into(),
        "standard-alphabet" => {
            let standard = base64::encode_standard(&bytes).trim_end_matches('=').to_owned();
            if standard == text {
                return Err(MutationError::Chance("both alphabets give the same text"));
            }
            standard.into()
        }
        "standard-padded" => base64::encode_standard(&bytes).into(),
        "mixed" => mixed(text)?.into(),
        "blanks" => {
            let (first, rest) = text.split_at(text.len() / 2);
            format!("{first} {rest}").into()
        }
        "percent" => percent(text).into(),
        "data-url" => data_url(&bytes).into(),
        "double" => base64::encode_url(text.as_bytes()).into(),
        "byte-object" => {
            let member = |(at, byte): (usize, &u8)| (at.to_string(), json!(byte));
            bytes.iter().enumerate().map(member).collect::<Map<_, _>>().into()
        }
        "line-breaks" => {
            text.as_bytes().chunks(76).map(String::from_utf8_lossy).collect::<Vec<_>>().join("\r\n").into()
        }
        "bad-length" => bad_length(text).into(),
        "spare-bits" => spare_bits(text)?.into(),
        "hex" => hex(&bytes).into(),
        "byte-array" => bytes.into(),
        "invalid" => format!("!!!{text}").into(),
        _ => {
            return Err(MutationError::Args(
                "one of padded, standard-alphabet, standard-padded, mixed, line-breaks, blanks, bad-length, spare-bits, percent, data-url, double, hex, byte-array, byte-object, invalid",
            ));
        }
    })
}

/// The text and bytes as they are; client data get one more member if only that makes the form another text. Unknown members
/// are tolerated (WebAuthn L3 §5.8.1), and format none signs nothing.
fn fitting(form: &str, text: &str, bytes: Vec<u8>) -> (String, Vec<u8>) {
    let fits = |text: &str, bytes: &[u8]| match form {
        "padded" => !text.len().is_multiple_of(4),
        "standard-alphabet" | "standard-padded" => text.contains(['-', '_']),
        "mixed" => text[text.len() / 2..].contains(['-', '_']),
        // So that the digits are base64 of whole bytes.
        "hex" => bytes.len().is_multiple_of(2),
        _ => true,
    };
    let fillers = ["", "x", "xx", "?>~?>~", "x?>~?>~", "xx?>~?>~"];
    let with_member = |filler: &str| {
        let end = bytes.strip_suffix(b"}").filter(|_| bytes.starts_with(b"{"))?;
        Some([end, b",\"x\":\"", filler.as_bytes(), b"\"}"].concat())
    };
    let candidates = fillers.into_iter().filter_map(with_member);
    if fits(text, &bytes) {
        return (text.to_owned(), bytes);
    }
    let found = candidates.map(|bytes| (base64::encode_url(&bytes), bytes)).find(|(text, bytes)| fits(text, bytes));
    found.unwrap_or_else(|| (text.to_owned(), bytes))
}

/// The second half in the alphabet of RFC 4648 section 4.
fn mixed(text: &str) -> Result<String, MutationError> {
    let (first, rest) = text.split_at(text.len() / 2);
    let other = rest.replace('-', "+").replace('_', "/");
    if other == rest {
        return Err(MutationError::Chance("both alphabets give the same text"));
    }
    Ok(format!("{first}{other}"))
}

/// A length that no base64 has: one more than a multiple of four.
fn bad_length(text: &str) -> String {
    let more = (5 - text.len() % 4) % 4;
    format!("{text}{}", "A".repeat(if more == 0 { 4 } else { more }))
}
