//! CBOR with names: attestation objects, their statements, COSE keys and extensions.

use super::{authenticator_data, certificate};
use crate::report::tree::marks::count;
use crate::report::tree::part::{MOST_PARTS, Part, bytes, cut, further};
use crate::webauthn::cbor_item::{self, Content, Item, Reading};
use crate::webauthn::cose::CoseAlgorithm;

/// Names of numbers by the label that they stand under (RFC 9053).
const KEY_TYPES: [(i128, &str); 3] = [(1, "OKP"), (2, "EC2"), (3, "RSA")];
const CURVES: [(i128, &str); 6] =
    [(1, "P-256"), (2, "P-384"), (3, "P-521"), (6, "Ed25519"), (7, "Ed448"), (8, "secp256k1")];

/// CBOR that should fill the bytes.
pub(super) fn document(key: &str, all: &[u8]) -> Part {
    let result = cbor_item::read_first(all);
    let mut part = reading(key, all, &result, false);
    (part.raw, part.content) = (all.to_vec(), Some(all.to_vec()));
    part.value = count(all.len());
    let rest = all.get(result.end..).unwrap_or_default();
    if result.broken.is_none() && !rest.is_empty() {
        part.parts.push(bytes("further bytes", rest));
    }
    part
}

/// An item that was read from the beginning of `all`, as a COSE key or as anything.
pub(super) fn reading(key: &str, all: &[u8], reading: &Reading, is_key: bool) -> Part {
    let mut part = match (&reading.item, is_key) {
        (Some(item), true) => cose_key(key, all, item),
        (Some(item), false) => named(key, all, item),
        (None, _) => Part::default(),
    };
    if let Some(broken) = reading.broken {
        part.broken = Some(format!("not readable as CBOR from offset {}: {}", broken.offset, broken.why));
        // All bytes: it is not known where the item should have ended.
        (part.raw, part.value) = (all.to_vec(), count(all.len()));
        part.content = Some(all.to_vec());
    }
    (part.key, part.label) = (key.to_owned(), key.to_owned());
    part
}

/// An item under a name. Some names say how to read the item.
fn named(name: &str, all: &[u8], item: &Item) -> Part {
    let raw = all.get(item.range.clone()).unwrap_or_default();
    let part = match (name, &item.content) {
        ("authData", Content::Bytes(content)) => authenticator_data::document(name, content, reading),
        ("x5c", Content::Array(items)) => {
            let members = items.iter().take(MOST_PARTS).enumerate();
            let parts = members.map(|(index, item)| certificate_item(&index.to_string(), all, item)).collect();
            Part { parts, ..Part::new(name, String::new(), raw) }
        }
        ("alg", Content::Integer(number)) => Part::new(name, algorithm(*number), raw),
        (_, content) => plain(name, all, content, raw),
    };
    Part { raw: raw.to_vec(), ..part }
}

fn certificate_item(index: &str, all: &[u8], item: &Item) -> Part {
    match &item.content {
        Content::Bytes(content) => {
            let raw = all.get(item.range.clone()).unwrap_or_default().to_vec();
            Part { raw, ..certificate::document(index, content) }
        }
        _ => named(index, all, item),
    }
}

fn plain(name: &str, all: &[u8], content: &Content, raw: &[u8]) -> Part {
    match content {
        Content::Bytes(content) => Part { raw: raw.to_vec(), ..bytes(name, content) },
        Content::Array(items) => {
            let members = items.iter().take(MOST_PARTS).enumerate();
            let mut parts: Vec<Part> = members.map(|(index, item)| named(&index.to_string(), all, item)).collect();
            parts.extend(further(items.len()));
            let words = if parts.is_empty() { "[]" } else { "" };
            Part { parts, ..Part::new(name, words.to_owned(), raw) }
        }
        Content::Map(entries) => {
            let members = entries.iter().take(MOST_PARTS);
            let mut parts: Vec<Part> = members.map(|(key, value)| entry(all, key, value.as_ref())).collect();
            parts.extend(further(entries.len()));
            let words = if parts.is_empty() { "{}" } else { "" };
            Part { parts, ..Part::new(name, words.to_owned(), raw) }
        }
        Content::Tag(number, inner) => {
            let parts = inner.iter().map(|inner| named("value", all, inner)).collect();
            Part { parts, ..Part::new(name, format!("tag {number}"), raw) }
        }
        scalar => Part::new(name, cut(&words(scalar)), raw),
    }
}

fn entry(all: &[u8], key: &Item, value: Option<&Item>) -> Part {
    let name = key_words(key);
    let mut part = match value {
        Some(value) => named(&name, all, value),
        None => Part::new(&name, "nothing".to_owned(), &[]),
    };
    // The encoding of the key belongs to the member.
    part.raw = [all.get(key.range.clone()).unwrap_or_default(), &part.raw].concat();
    part
}

/// A COSE_Key: numbers have names, some depending on the key type.
fn cose_key(name: &str, all: &[u8], item: &Item) -> Part {
    let Content::Map(entries) = &item.content else { return named(name, all, item) };
    let kind = entries.iter().find_map(|(key, value)| match (&key.content, value.as_ref().map(|item| &item.content)) {
        (Content::Integer(1), Some(Content::Integer(kind))) => Some(*kind),
        _ => None,
    });
    let parts = entries.iter().take(MOST_PARTS).map(|(key, value)| {
        let mut part = entry(all, key, value.as_ref());
        let number = match value.as_ref().map(|item| &item.content) {
            Some(Content::Integer(number)) => Some(*number),
            _ => None,
        };
        let Content::Integer(label) = key.content else { return part };
        if let Some(known) = parameter(label, kind) {
            part.label = format!("{label} ({known})");
            part.value = match (known, number) {
                ("kty", Some(number)) => among(&KEY_TYPES, number),
                ("crv", Some(number)) => among(&CURVES, number),
                ("alg", Some(number)) => algorithm(number),
                _ => part.value,
            };
        }
        part
    });
    let raw = all.get(item.range.clone()).unwrap_or_default();
    Part { parts: parts.collect(), ..Part::new(name, String::new(), raw) }
}

fn parameter(label: i128, kind: Option<i128>) -> Option<&'static str> {
    Some(match (label, kind) {
        (1, _) => "kty",
        (3, _) => "alg",
        (-1, Some(3)) => "n",
        (-2, Some(3)) => "e",
        (-1, _) => "crv",
        (-2, _) => "x",
        (-3, _) => "y",
        _ => return None,
    })
}

fn among(names: &[(i128, &str)], number: i128) -> String {
    let name = names.iter().find(|(known, _)| *known == number).map_or("not known", |(_, name)| name);
    format!("{number} ({name})")
}

fn algorithm(number: i128) -> String {
    let known = i64::try_from(number).ok().and_then(|number| CoseAlgorithm(number).name());
    format!("{number} ({})", known.unwrap_or("not known"))
}

fn key_words(key: &Item) -> String {
    match &key.content {
        Content::Text(text) => cut(text),
        Content::Bytes(bytes) => format!("a key of {}", count(bytes.len())),
        Content::Array(_) | Content::Map(_) | Content::Tag(..) => "a key that is not a scalar".to_owned(),
        scalar => words(scalar),
    }
}

fn words(scalar: &Content) -> String {
    match scalar {
        Content::Integer(number) => number.to_string(),
        Content::Float(number) => format!("{number:?}"),
        Content::Simple(20) => "false".to_owned(),
        Content::Simple(21) => "true".to_owned(),
        Content::Simple(22) => "null".to_owned(),
        Content::Simple(23) => "undefined".to_owned(),
        Content::Simple(number) => format!("simple value {number}"),
        Content::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        Content::Bytes(_) | Content::Array(_) | Content::Map(_) | Content::Tag(..) => String::new(),
    }
}
