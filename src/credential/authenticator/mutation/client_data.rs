//! Client data: members before serialisation, and the bytes of the JSON.

use serde_json::{Map, Value, json};

use super::args::Args;
use super::bits::{flip_last_bit, keep};
use super::byte_expressions::{self, NoParts};
use super::given::Given;
use super::stage::{Mutation, Stage};
use crate::authenticator::error::MutationError;
use crate::webauthn::base64;
use crate::webauthn::client_data::CollectedClientData;
use crate::words::hex;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "challenge",
        summary: "another challenge: one of other (the default), bit-flip, first-bit-flip, half, truncated, extended, empty, missing, padded, last-character-missing, standard-alphabet, spare-bits, double-encoded, case-swapped, line-break, blank, hex, standard-padded, percent, data-url, or {\"text\": exact string}",
        stage: Stage::ClientData(challenge),
    },
    Mutation {
        id: "type",
        summary: "another type: a string, by default webauthn.get",
        stage: Stage::ClientData(|data, args| set(&mut data.r#type, args, "webauthn.get")),
    },
    Mutation {
        id: "origin",
        summary: "another origin: a template with ${scheme}, ${host}, ${port}, ${rp-id} .. of the right one, by default https://attacker.example; \"missing\" to leave it out",
        stage: Stage::ClientData(|data, given| {
            data.origin = match given.text_or("https://attacker.example")? {
                "missing" => None,
                template => Some(given.text_template(template)?),
            };
            Ok(())
        }),
    },
    Mutation {
        id: "client-data-member-missing",
        summary: "a member left out: type (the default), challenge, origin or crossOrigin",
        stage: Stage::ClientData(member_missing),
    },
    Mutation {
        id: "client-data-extra-member",
        summary: "an additional member, which an RP must ignore: {name: value, ..}, by default {\"extra\": {\"nested\": [1]}}",
        stage: Stage::ClientData(extra_member),
    },
    Mutation {
        id: "client-data-member-value",
        summary: "a member with another JSON value, such as {\"type\": 1} or {\"crossOrigin\": \"true\"}",
        stage: Stage::ClientDataJson(member_value),
    },
    Mutation {
        id: "client-data-json",
        summary: "another text of clientDataJSON, which is hashed and signed: a template with ${challenge}, ${origin}, ${host} .., ${members} and ${json} (the good text), ${pretty}, ${utf16le}, ${cbor}, ${hex:ff}, ${repeat:9:x}",
        stage: Stage::ClientDataJson(|bytes, given| {
            *bytes = json_template(bytes, given)?;
            Ok(())
        }),
    },
    Mutation {
        id: "client-data-keep",
        summary: "only the first bytes of clientDataJSON: how many",
        stage: Stage::ClientDataJson(|bytes, given| keep(bytes, given.size()?)),
    },
    Mutation {
        id: "client-data-after-signing",
        summary: "another text of clientDataJSON than the one that was hashed and signed: a template as for client-data-json",
        stage: Stage::Credential(|json, given| {
            let member = json.pointer_mut("/response/clientDataJSON").ok_or(NOTHING)?;
            let good = base64::decode_url(member.as_str().unwrap_or_default()).unwrap_or_default();
            *member = base64::encode_url(&json_template(&good, given)?).into();
            Ok(())
        }),
    },
];

fn set(member: &mut Option<String>, args: &Args, default: &str) -> Result<(), MutationError> {
    *member = Some(args.text_or(default)?.to_owned());
    Ok(())
}

fn remove<T>(member: &mut Option<T>) -> Result<(), MutationError> {
    *member = None;
    Ok(())
}

fn challenge(data: &mut CollectedClientData, args: &Given<'_>) -> Result<(), MutationError> {
    if let Some(text) = args.member("text").and_then(Value::as_str) {
        data.challenge = Some(text.to_owned());
        return Ok(());
    }
    let good = data.challenge.clone().unwrap_or_default();
    let mut bytes = base64::decode_url(&good).unwrap_or_default();
    let as_text = match args.text_or("other")? {
        "missing" => return remove(&mut data.challenge),
        "padded" => Some(padded(&good)?),
        "last-character-missing" => good.char_indices().next_back().map(|(last, _)| good[..last].to_owned()),
        "standard-alphabet" => Some(standard_alphabet(&good)?),
        "spare-bits" => Some(spare_bits(&good)?),
        "double-encoded" => Some(base64::encode_url(good.as_bytes())),
        "case-swapped" => Some(good.chars().map(swapped_case).collect()),
        "line-break" => {
            let (first, rest) = good.split_at_checked(1).ok_or(NOTHING)?;
            Some(format!("{first}\n{rest}"))
        }
        "blank" => Some(format!("{good} ")),
        "standard-padded" => Some(base64::encode_standard(&bytes)).filter(|text| *text != good),
        "percent" => Some(percent(&good)),
        "data-url" => Some(data_url(&bytes)),
        "hex" => Some(hex(&bytes)),
        _ => None,
    };
    if as_text.is_none() && args.text_or("other")? == "standard-padded" {
        return Err(MutationError::Chance("both alphabets give the same text"));
    }
    if as_text.is_some() {
        data.challenge = as_text;
        return Ok(());
    }
    match args.text_or("other")? {
        "other" => bytes.iter_mut().for_each(|byte| *byte = !*byte),
        "bit-flip" => flip_last_bit(&mut bytes)?,
        "first-bit-flip" => *bytes.first_mut().ok_or(NOTHING)? ^= 1,
        "half" => bytes.truncate(bytes.len() / 2),
        "truncated" => bytes.truncate(bytes.len().saturating_sub(1)),
        "extended" => bytes.push(0),
        "empty" => bytes.clear(),
        _ => return Err(MutationError::Args(CHALLENGES)),
    }
    data.challenge = Some(base64::encode_url(&bytes));
    Ok(())
}

const CHALLENGES: &str = "one of other, bit-flip, first-bit-flip, half, truncated, extended, empty, missing, padded, last-character-missing, standard-alphabet, spare-bits, double-encoded, case-swapped, line-break, blank, hex, standard-padded, percent, data-url";

fn swapped_case(character: char) -> char {
    if character.is_ascii_lowercase() { character.to_ascii_uppercase() } else { character.to_ascii_lowercase() }
}

/// The text with its first character percent-encoded (RFC 3986 section 2.1).
pub(super) fn percent(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| format!("%{:02X}", u32::from(first))).unwrap_or_default();
    first + characters.as_str()
}

/// Bytes as a data URL (RFC 2397).
pub(super) fn data_url(bytes: &[u8]) -> String {
    format!("data:application/octet-stream;base64,{}", base64::encode_standard(bytes))
}

/// The text in the alphabet of RFC 4648 §4.
fn standard_alphabet(text: &str) -> Result<String, MutationError> {
    let other = text.replace('-', "+").replace('_', "/");
    if other == text {
        return Err(MutationError::Chance("both alphabets give the same text"));
    }
    Ok(other)
}

/// The text with the unused bits of its last character set.
pub(super) fn spare_bits(text: &str) -> Result<String, MutationError> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let none = || MutationError::Impossible("the last character has no unused bits".to_owned());
    let last = text.bytes().last().filter(|_| !text.len().is_multiple_of(4)).ok_or_else(none)?;
    let index = ALPHABET.iter().position(|known| *known == last).ok_or_else(none)?;
    Ok(format!("{}{}", &text[..text.len() - 1], char::from(ALPHABET[index | 1])))
}

/// The bytes of a template around the good client data.
fn json_template(good: &[u8], given: &Given<'_>) -> Result<Vec<u8>, MutationError> {
    let text = String::from_utf8_lossy(good).into_owned();
    given.fill(given.text()?, &|name| match name {
        "json" => Some(good.to_vec()),
        "members" => Some(good.get(1..good.len().checked_sub(1)?)?.to_vec()),
        "pretty" => Some(format!("{:#}", serde_json::from_slice::<Value>(good).ok()?).into_bytes()),
        "utf16le" => Some(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "cbor" => byte_expressions::item(&serde_json::from_slice::<Value>(good).ok()?, given, &NoParts).ok(),
        "challenge-escaped" => {
            let challenge = base64::encode_url(given.challenge);
            let first = challenge.chars().next()?;
            Some(format!("\\u{:04x}{}", u32::from(first), challenge.get(1..)?).into_bytes())
        }
        _ => None,
    })
}

const NOTHING: MutationError = MutationError::Args("about something that is not empty");

/// The text with base64 padding.
pub(super) fn padded(text: &str) -> Result<String, MutationError> {
    match text.len() % 4 {
        0 => {
            Err(MutationError::Impossible("the length is a multiple of three bytes, so there is no padding".to_owned()))
        }
        rest => Ok(format!("{text}{}", "=".repeat(4 - rest))),
    }
}

fn member_missing(data: &mut CollectedClientData, args: &Given<'_>) -> Result<(), MutationError> {
    match args.text_or("type")? {
        "type" => remove(&mut data.r#type),
        "challenge" => remove(&mut data.challenge),
        "origin" => remove(&mut data.origin),
        "crossOrigin" => remove(&mut data.cross_origin),
        _ => Err(MutationError::Args("one of type, challenge, origin, crossOrigin")),
    }
}

fn extra_member(data: &mut CollectedClientData, args: &Given<'_>) -> Result<(), MutationError> {
    let default = json!({"extra": {"nested": [1]}});
    let members = if args.0.is_null() { &default } else { &args.0 };
    let members = members.as_object().ok_or(MutationError::Args("an object of members"))?;
    data.extra.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(())
}

fn member_value(bytes: &mut Vec<u8>, args: &Given<'_>) -> Result<(), MutationError> {
    let changes = args.0.as_object().ok_or(MutationError::Args("an object of members"))?;
    let mut object = object(bytes)?;
    object.extend(changes.iter().map(|(name, value)| (name.clone(), value.clone())));
    write(bytes, &Value::Object(object))
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, MutationError> {
    serde_json::from_slice(bytes).map_err(|error| MutationError::Impossible(error.to_string()))
}

fn write(bytes: &mut Vec<u8>, value: &Value) -> Result<(), MutationError> {
    *bytes = value.to_string().into_bytes();
    Ok(())
}
