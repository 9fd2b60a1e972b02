//! Client data: members before serialisation, and the bytes of the JSON.

use serde_json::{Map, Value, json};

use super::{Args, Mutation, MutationError, Stage};
use crate::webauthn::base64;
use crate::webauthn::client_data::CollectedClientData;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "challenge",
        summary: "another challenge: none (other bytes), \"bit-flip\", \"truncated\", \"extended\", \"empty\", \"missing\", \"padded\", or {\"text\": exact string}",
        stage: Stage::ClientData(challenge),
    },
    Mutation {
        id: "type",
        summary: "another type: a string, by default webauthn.get",
        stage: Stage::ClientData(|data, args| set(&mut data.r#type, args, "webauthn.get")),
    },
    Mutation {
        id: "origin",
        summary: "another origin: a string, by default https://attacker.example; \"other-scheme\", \"other-port\", \"look-alike\" or \"subdomain\" of the right one; \"missing\" to leave it out",
        stage: Stage::ClientData(|data, args| match args.text_or("https://attacker.example")? {
            "missing" => remove(&mut data.origin),
            kind @ ("other-scheme" | "other-port" | "look-alike" | "subdomain") => derived_origin(data, kind),
            _ => set(&mut data.origin, args, "https://attacker.example"),
        }),
    },
    Mutation {
        id: "cross-origin",
        summary: "crossOrigin: true (the default) or false",
        stage: Stage::ClientData(|data, args| {
            data.cross_origin = Some(args.flag_or(true)?);
            Ok(())
        }),
    },
    Mutation {
        id: "top-origin",
        summary: "a topOrigin that is not expected, crossOrigin as it was: a string, by default https://attacker.example",
        stage: Stage::ClientData(|data, args| set(&mut data.top_origin, args, "https://attacker.example")),
    },
    Mutation {
        id: "client-data-member-missing",
        summary: "a member left out: type (the default), challenge, origin or crossOrigin",
        stage: Stage::ClientData(member_missing),
    },
    Mutation {
        id: "client-data-extra-member",
        summary: "a further member, which an RP has to ignore: {name: value, ..}, by default {\"extra\": {\"nested\": [1]}}",
        stage: Stage::ClientData(extra_member),
    },
    Mutation {
        id: "client-data-member-value",
        summary: "a member with another JSON value, such as {\"type\": 1} or {\"crossOrigin\": \"true\"}",
        stage: Stage::ClientDataJson(member_value),
    },
    Mutation {
        id: "client-data-member-order",
        summary: "the members in reverse order, which an RP has to accept",
        stage: Stage::ClientDataJson(|bytes, _args| {
            let members: Map<_, _> = object(bytes)?.into_iter().rev().collect();
            write(bytes, &Value::Object(members))
        }),
    },
    Mutation {
        id: "client-data-not-utf8",
        summary: "a byte 0xFF: \"before\" the object (the default), which makes it no JSON, or \"within\" a member that nobody reads, which is no error",
        stage: Stage::ClientDataJson(not_utf8),
    },
    Mutation {
        id: "client-data-not-json",
        summary: "bytes that are no JSON: none (the closing brace is missing) or a string to send instead",
        stage: Stage::ClientDataJson(|bytes, args| {
            let shorter = String::from_utf8_lossy(&bytes[..bytes.len() - 1]).into_owned();
            *bytes = args.text_or(&shorter)?.as_bytes().to_vec();
            Ok(())
        }),
    },
    Mutation {
        id: "client-data-trailing",
        summary: "text after the object: a string, by default a second object",
        stage: Stage::ClientDataJson(|bytes, args| {
            bytes.extend(args.text_or("{}")?.as_bytes());
            Ok(())
        }),
    },
    Mutation {
        id: "client-data-bom",
        summary: "byte order marks before the object: a number, by default one, which an RP has to strip",
        stage: Stage::ClientDataJson(|bytes, args| {
            let marks = b"\xef\xbb\xbf".repeat(args.size_or(1)?.min(1000));
            bytes.splice(0..0, marks);
            Ok(())
        }),
    },
    Mutation {
        id: "client-data-whitespace",
        summary: "white space between the members, which an RP has to accept",
        stage: Stage::ClientDataJson(|bytes, _args| {
            let value = Value::Object(object(bytes)?);
            *bytes = format!("{value:#}\n").into_bytes();
            Ok(())
        }),
    },
];

fn set(member: &mut Option<String>, args: &Args, default: &str) -> Result<(), MutationError> {
    *member = Some(args.text_or(default)?.to_owned());
    Ok(())
}

/// An origin that differs from the right one in one part.
fn derived_origin(data: &mut CollectedClientData, kind: &str) -> Result<(), MutationError> {
    let no_origin = || MutationError::Impossible("there is no origin to start from".to_owned());
    let origin = data.origin.clone().ok_or_else(no_origin)?;
    let (scheme, authority) = origin.split_once("://").ok_or_else(no_origin)?;
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    data.origin = Some(match kind {
        "other-scheme" => format!("{}://{authority}", if scheme == "https" { "http" } else { "https" }),
        "other-port" => format!("{scheme}://{host}:{}", if authority.ends_with(":8444") { 8445 } else { 8444 }),
        "look-alike" => format!("{scheme}://attacker-{authority}"),
        _ => format!("{scheme}://attacker.{authority}"),
    });
    Ok(())
}

fn remove<T>(member: &mut Option<T>) -> Result<(), MutationError> {
    *member = None;
    Ok(())
}

fn challenge(data: &mut CollectedClientData, args: &Args) -> Result<(), MutationError> {
    if let Some(text) = args.member("text").and_then(Value::as_str) {
        data.challenge = Some(text.to_owned());
        return Ok(());
    }
    let good = data.challenge.clone().unwrap_or_default();
    let mut bytes = base64::decode_url(&good).unwrap_or_default();
    match args.text_or("other")? {
        "other" => bytes.iter_mut().for_each(|byte| *byte = !*byte),
        "bit-flip" => flip_last_bit(&mut bytes)?,
        "truncated" => bytes.truncate(bytes.len().saturating_sub(1)),
        "extended" => bytes.push(0),
        "empty" => bytes.clear(),
        "missing" => return remove(&mut data.challenge),
        "padded" => {
            data.challenge = Some(padded(&good)?);
            return Ok(());
        }
        _ => return Err(MutationError::Args("one of other, bit-flip, truncated, extended, empty, missing, padded")),
    }
    data.challenge = Some(base64::encode_url(&bytes));
    Ok(())
}

pub(super) fn flip_last_bit(bytes: &mut [u8]) -> Result<(), MutationError> {
    let last = bytes.last_mut().ok_or(MutationError::Impossible("there is no byte to change".to_owned()))?;
    *last ^= 1;
    Ok(())
}

/// The text with base64 padding.
pub(super) fn padded(text: &str) -> Result<String, MutationError> {
    match text.len() % 4 {
        0 => {
            Err(MutationError::Impossible("the length is a multiple of three bytes, so there is no padding".to_owned()))
        }
        rest => Ok(format!("{text}{}", "=".repeat(4 - rest))),
    }
}

fn member_missing(data: &mut CollectedClientData, args: &Args) -> Result<(), MutationError> {
    match args.text_or("type")? {
        "type" => remove(&mut data.r#type),
        "challenge" => remove(&mut data.challenge),
        "origin" => remove(&mut data.origin),
        "crossOrigin" => remove(&mut data.cross_origin),
        _ => Err(MutationError::Args("one of type, challenge, origin, crossOrigin")),
    }
}

fn extra_member(data: &mut CollectedClientData, args: &Args) -> Result<(), MutationError> {
    let default = json!({"extra": {"nested": [1]}});
    let members = if args.0.is_null() { &default } else { &args.0 };
    let members = members.as_object().ok_or(MutationError::Args("an object of members"))?;
    data.extra.extend(members.iter().map(|(name, value)| (name.clone(), value.clone())));
    Ok(())
}

fn member_value(bytes: &mut Vec<u8>, args: &Args) -> Result<(), MutationError> {
    let changes = args.0.as_object().ok_or(MutationError::Args("an object of members"))?;
    let mut object = object(bytes)?;
    object.extend(changes.iter().map(|(name, value)| (name.clone(), value.clone())));
    write(bytes, &Value::Object(object))
}

fn not_utf8(bytes: &mut Vec<u8>, args: &Args) -> Result<(), MutationError> {
    match args.text_or("before")? {
        "before" => bytes.insert(0, 0xff),
        "within" => {
            bytes.pop();
            bytes.extend(b",\"extra\":\"\xff\"}");
        }
        _ => return Err(MutationError::Args("before or within")),
    }
    Ok(())
}

fn object(bytes: &[u8]) -> Result<Map<String, Value>, MutationError> {
    serde_json::from_slice(bytes).map_err(|error| MutationError::Impossible(error.to_string()))
}

fn write(bytes: &mut Vec<u8>, value: &Value) -> Result<(), MutationError> {
    *bytes = value.to_string().into_bytes();
    Ok(())
}
