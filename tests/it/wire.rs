//! The codec, held to bytes that were computed by hand.

use http::{HeaderMap, HeaderValue};
use proofmark::wire::status::Status;
use proofmark::wire::{framing, schema};
use serde_json::{Value, json};

/// Name and text of each recorded file that is a protobuf message.
const MESSAGES: [(&str, &str); 6] = [
    ("register-u2f-request", include_str!("../../fixtures/wire/register-u2f-request.hex")),
    ("register-u2f-response", include_str!("../../fixtures/wire/register-u2f-response.hex")),
    ("verify-my-auth-factor-u2f-request", include_str!("../../fixtures/wire/verify-my-auth-factor-u2f-request.hex")),
    ("register-passkey-request", include_str!("../../fixtures/wire/register-passkey-request.hex")),
    ("list-passkeys-response", include_str!("../../fixtures/wire/list-passkeys-response.hex")),
    ("status", STATUS),
];
const STATUS: &str = include_str!("../../fixtures/wire/status.hex");
const GRPC_WEB_REPLY: &str = include_str!("../../fixtures/wire/grpc-web-reply.hex");

struct Recorded {
    message: String,
    json: Value,
    bytes: Vec<u8>,
}

fn read(text: &str) -> Recorded {
    let after = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).expect("header line").trim();
    let digits: String =
        text.lines().filter_map(|line| line.split('#').next()).flat_map(str::split_whitespace).collect();
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).expect("ASCII"));
    Recorded {
        message: after("# message:").to_owned(),
        json: serde_json::from_str(after("# json:")).expect("JSON"),
        bytes: pairs.map(|pair| u8::from_str_radix(pair, 16).expect("two digits")).collect(),
    }
}

#[test]
fn recorded_messages_are_read_and_written() {
    for (name, text) in MESSAGES {
        let recorded = read(text);
        assert_eq!(schema::decode(&recorded.message, &recorded.bytes).as_ref(), Ok(&recorded.json), "{name}");
        let encoded = schema::encode(&recorded.message, &recorded.json).expect("encodes");
        assert_eq!(encoded, recorded.bytes, "{name}");
    }
}

#[test]
fn the_recorded_status_is_read_and_written() {
    let recorded = read(STATUS);
    let status = Status::decode(&recorded.bytes).expect("well formed");
    assert_eq!(status.to_json(), recorded.json);
    assert_eq!(status.error_id(), Some("COMMAND-M9dsd"));
    assert_eq!(status.encode(), Ok(recorded.bytes));
}

#[test]
fn the_recorded_web_reply_is_split() {
    let recorded = read(GRPC_WEB_REPLY);
    let frames = framing::parse(&recorded.bytes).expect("well formed");
    let trailers = framing::decode_trailers(&frames[1].payload).expect("well formed");
    let values: HeaderMap = HeaderMap::from_iter([
        (http::HeaderName::from_static("grpc-status"), HeaderValue::from_static("0")),
        (http::HeaderName::from_static("grpc-message"), HeaderValue::from_static("ok")),
    ]);
    assert_eq!(frames[0].payload.as_ref(), b"\x0a\x00");
    assert!(frames[1].is_trailers());
    assert_eq!(trailers, values);
    let written = [framing::frame(0, b"\x0a\x00"), framing::frame(0x80, &framing::encode_trailers(&values))].concat();
    assert_eq!(written, recorded.bytes);
}

#[test]
fn unknown_members_are_refused_or_ignored() {
    let json = json!({"userId": "u1", "nonsense": true});
    let name = "zitadel.user.v2.RegisterU2FRequest";
    let refused = schema::encode(name, &json).expect_err("strict").to_string();
    assert!(refused.contains("nonsense"), "{refused}");
    assert_eq!(schema::encode_lenient(name, &json), schema::encode(name, &json!({"userId": "u1"})));
    assert!(schema::encode(name, &json!({"userId": 7})).is_err());
    assert!(schema::encode_lenient(name, &json!({"userId": 7})).is_err());
    assert!(schema::encode("no.such.Message", &json).is_err());
}

#[test]
fn a_struct_is_one_byte_string_in_alphabetical_order() {
    let name = "zitadel.user.v2.VerifyU2FRegistrationRequest";
    let members = ["type", "id", "rawId", "response", "authenticatorAttachment", "clientExtensionResults"];
    let credential: serde_json::Map<String, Value> =
        members.iter().map(|name| ((*name).to_owned(), json!(1.5))).collect();
    let bytes = schema::encode(name, &json!({"publicKeyCredential": credential})).expect("encodes");
    let text = String::from_utf8_lossy(&bytes);
    let mut sorted = members;
    sorted.sort_unstable();
    let places: Vec<_> = sorted
        .iter()
        .map(|name| text.find(&format!("\u{a}{}{name}", char::from(u8::try_from(name.len()).expect("short")))))
        .collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?}");
}

#[test]
fn nesting_is_bounded_both_ways() {
    let name = "zitadel.user.v2.VerifyU2FRegistrationRequest";
    let nested = |levels| (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }));
    let shallow = json!({"publicKeyCredential": nested(20)});
    let bytes = schema::encode(name, &shallow).expect("20 levels");
    assert_eq!(schema::decode(name, &bytes), Ok(shallow));
    assert!(schema::encode(name, &json!({"publicKeyCredential": nested(120)})).is_err());
    for hostile in [nested_lists(100_000), vec![0x2b; 100_000]] {
        let refused = schema::decode(name, &hostile).expect_err("too deep").to_string();
        assert!(refused.contains("recursion"), "{refused}");
    }
}

#[test]
fn numbers_keep_their_kind() {
    let name = "zitadel.user.v2.VerifyU2FRegistrationRequest";
    let json = json!({"publicKeyCredential": {"a": [-7, 0, 1.5, 60000], "b": null, "c": true, "d": "7"}});
    let bytes = schema::encode(name, &json).expect("encodes");
    assert_eq!(schema::decode(name, &bytes), Ok(json.clone()));
    assert_eq!(schema::decode(name, &bytes).map(|value| value.to_string()), Ok(json.to_string()));
    let not_finite =
        [&[0x1a, 0x10, 0x0a, 0x0e, 0x0a, 0x01, b'a', 0x12, 0x09, 0x11][..], &f64::NAN.to_le_bytes()].concat();
    assert!(schema::decode(name, &not_finite).is_err());
    assert!(schema::decode(name, b"\x0a\x01\xff").is_err(), "invalid UTF-8");
}

/// `publicKeyCredential: {"a": [[[...]]]}`, built from the inside and therefore backwards.
fn nested_lists(levels: usize) -> Vec<u8> {
    let mut reversed = Vec::new();
    let mut wrap = |tag: u8| {
        let mut length = Vec::new();
        prost::encoding::encode_varint(u64::try_from(reversed.len()).expect("small"), &mut length);
        reversed.extend(length.iter().rev());
        reversed.push(tag);
    };
    // list_value (6) and Value (1) in turn; then value (2) of the entry.
    for _ in 0..levels {
        wrap(0x32);
        wrap(0x0a);
    }
    wrap(0x32);
    wrap(0x12);
    reversed.extend([b'a', 1, 0x0a]);
    let mut wrap = |tag: u8| {
        let mut length = Vec::new();
        prost::encoding::encode_varint(u64::try_from(reversed.len()).expect("small"), &mut length);
        reversed.extend(length.iter().rev());
        reversed.push(tag);
    };
    wrap(0x0a);
    wrap(0x1a);
    reversed.reverse();
    reversed
}
