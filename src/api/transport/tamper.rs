//! Named faults of a request's bytes: each turns the well-formed body into one that is wrong in one way.

use bytes::Bytes;
use serde_json::Value;

use crate::contract::Protocol;
use crate::wire::framing;

/// One way in which a request's bytes can be wrong.
#[derive(Debug)]
pub struct Fault {
    /// The name that scenarios use.
    pub id: &'static str,
    /// In one line.
    pub summary: &'static str,
    /// The protocols on which it makes sense.
    pub protocols: &'static [Protocol],
    /// From the encoded body (framed, for gRPC and gRPC-Web) to the faulty one.
    pub apply: fn(Bytes) -> Bytes,
}

const REST: &[Protocol] = &[Protocol::Rest];
const FRAMED: &[Protocol] = &[Protocol::Grpc, Protocol::GrpcWeb];
const ALL: &[Protocol] = &Protocol::ALL;

/// Larger than the 4 MiB that gRPC servers receive by default.
const OVERSIZE: usize = 5 * 1024 * 1024;
const NESTING: usize = 100_000;
/// The factor's name if a step has a fault and does not give a name.
const USUAL_NAME: &[u8] = b"nnnnnnnn";
/// Field 9999, a varint of 1.
const UNKNOWN_FIELD: [u8; 4] = [0xf8, 0xf0, 0x04, 0x01];

/// The fault of a body of [`OVERSIZE`] bytes.
pub const OVERSIZE_BODY: &str = "oversize-body";

/// All faults.
pub const FAULTS: &[Fault] = &[
    Fault { id: "empty-body", summary: "there is no body at all", protocols: ALL, apply: |_| Bytes::new() },
    Fault { id: "truncated-body", summary: "the last byte of the body is missing", protocols: ALL, apply: truncated },
    Fault { id: OVERSIZE_BODY, summary: "the body has 5 MiB", protocols: ALL, apply: oversize },
    Fault {
        id: "not-json",
        summary: "the body is not JSON",
        protocols: REST,
        apply: |_| Bytes::from_static(b"{\"a\":"),
    },
    Fault { id: "json-array", summary: "the body is an array", protocols: REST, apply: |_| Bytes::from_static(b"[]") },
    Fault {
        id: "json-trailing",
        summary: "text follows the JSON object",
        protocols: REST,
        apply: |body| [&body, &b"{}"[..]].concat().into(),
    },
    Fault {
        id: "invalid-utf8",
        summary: "a string has a byte that is not UTF-8",
        protocols: REST,
        apply: |_| Bytes::from_static(b"{\"domain\":\"\xff\"}"),
    },
    Fault {
        id: "lone-surrogate-name",
        summary: "the usual name of the factor has a lone surrogate in it",
        protocols: REST,
        apply: |body| replaced(&body, USUAL_NAME, b"nnnn\\ud800"),
    },
    Fault { id: "utf-16", summary: "the body is UTF-16", protocols: REST, apply: utf16 },
    Fault { id: "deep-json", summary: "arrays are nested 100,000 deep", protocols: REST, apply: |_| deep_json() },
    Fault {
        id: "duplicate-member",
        summary: "the first member is there twice",
        protocols: REST,
        apply: duplicate_member,
    },
    Fault { id: "wrong-member-type", summary: "every member is a number", protocols: REST, apply: numbers },
    Fault {
        id: "invalid-protobuf",
        summary: "the message is not protobuf",
        protocols: FRAMED,
        apply: |_| framing::frame(0, &[0xff; 7]),
    },
    Fault {
        id: "wrong-wire-type",
        summary: "field 1 is a varint instead of its own type",
        protocols: FRAMED,
        apply: |_| framing::frame(0, &[0x08, 0x01]),
    },
    Fault {
        id: "invalid-utf8-name",
        summary: "the usual name of the factor has a byte that is not UTF-8",
        protocols: FRAMED,
        apply: |body| replaced(&body, USUAL_NAME, b"nnnn\xffnnn"),
    },
    Fault {
        id: "trailing-bytes",
        summary: "bytes that are not a field follow the fields",
        protocols: FRAMED,
        apply: |body| with_message(&body, |message| [message, &[0xff, 0xff, 0xff]].concat()),
    },
    Fault {
        id: "unknown-field",
        summary: "there is a field with an unknown number",
        protocols: FRAMED,
        apply: |body| with_message(&body, |message| [message, &UNKNOWN_FIELD].concat()),
    },
    Fault {
        id: "duplicate-field",
        summary: "every field is there twice, and the first name is a different one",
        protocols: FRAMED,
        apply: |body| with_message(&body, |message| [&replaced(message, USUAL_NAME, b"mmmmmmmm"), message].concat()),
    },
    Fault {
        id: "lying-length",
        summary: "the frame states ten bytes more than it has",
        protocols: FRAMED,
        apply: lying_length,
    },
    Fault {
        id: "message-twice",
        summary: "the message is there twice, but the method takes one",
        protocols: FRAMED,
        apply: |body| [body.clone(), body].concat().into(),
    },
    Fault {
        id: "compressed-flag",
        summary: "the frame is marked as compressed and is not",
        protocols: FRAMED,
        apply: |body| flagged(&body),
    },
];

/// The fault with this id.
pub fn find(id: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.id == id)
}

fn truncated(body: Bytes) -> Bytes {
    body.slice(..body.len().saturating_sub(1))
}

fn oversize(body: Bytes) -> Bytes {
    // Padding is white space for JSON and an unknown length-delimited field for protobuf, so that size is the only fault.
    match serde_json::from_slice::<Value>(&body) {
        Ok(_) => [body, Bytes::from(vec![b' '; OVERSIZE])].concat().into(),
        Err(_) => {
            let mut message = body.slice(framing::PREFIX.min(body.len())..).to_vec();
            prost::encoding::bytes::encode(15_000, &vec![0u8; OVERSIZE], &mut message);
            framing::frame(0, &message)
        }
    }
}

fn deep_json() -> Bytes {
    format!("{{\"a\":{}{}}}", "[".repeat(NESTING), "]".repeat(NESTING)).into()
}

fn duplicate_member(body: Bytes) -> Bytes {
    let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(&body) else { return body };
    let Some((name, value)) = members.iter().next() else { return Bytes::from_static(b"{\"a\":1,\"a\":2}") };
    let first = format!("{{{}:{value},", Value::from(name.as_str()));
    [first.as_bytes(), &body[1..]].concat().into()
}

fn numbers(body: Bytes) -> Bytes {
    let Ok(Value::Object(members)) = serde_json::from_slice::<Value>(&body) else { return body };
    let members: serde_json::Map<String, Value> = members.into_iter().map(|(name, _)| (name, Value::from(7))).collect();
    Value::Object(members).to_string().into()
}

/// The first occurrence replaced.
fn replaced(body: &[u8], old: &[u8], new: &[u8]) -> Bytes {
    let at = body.windows(old.len()).position(|window| window == old);
    at.map_or_else(|| Bytes::copy_from_slice(body), |at| [&body[..at], new, &body[at + old.len()..]].concat().into())
}

/// A frame with another message.
fn with_message(body: &[u8], change: impl FnOnce(&[u8]) -> Vec<u8>) -> Bytes {
    framing::frame(0, &change(&body[framing::PREFIX.min(body.len())..]))
}

fn utf16(body: Bytes) -> Bytes {
    String::from_utf8_lossy(&body).encode_utf16().flat_map(u16::to_be_bytes).collect()
}

fn lying_length(body: Bytes) -> Bytes {
    let payload = body.slice(framing::PREFIX.min(body.len())..);
    let length = u32::try_from(payload.len() + 10).unwrap_or(u32::MAX);
    [&[0][..], &length.to_be_bytes(), &payload].concat().into()
}

fn flagged(body: &Bytes) -> Bytes {
    framing::frame(1, &body[framing::PREFIX.min(body.len())..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_changes_the_body() {
        for fault in FAULTS {
            let json = Bytes::from_static(b"{\"name\":\"nnnnnnnn\",\"other\":{}}");
            let body = if fault.protocols == FRAMED { framing::frame(0, b"\x0a\x08nnnnnnnn") } else { json };
            assert_ne!((fault.apply)(body.clone()), body, "{}", fault.id);
        }
    }

    #[test]
    fn a_duplicate_member_is_there_twice_and_still_json() {
        let body = duplicate_member(Bytes::from_static(b"{\"name\":\"x\"}"));
        assert_eq!(body, Bytes::from_static(b"{\"name\":\"x\",\"name\":\"x\"}"));
    }
}
