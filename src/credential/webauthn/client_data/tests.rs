use proptest::prelude::*;
use serde_json::json;

use super::*;

fn good() -> CollectedClientData {
    CollectedClientData {
        r#type: Some(CREATE.to_owned()),
        challenge: Some("AAAA".to_owned()),
        origin: Some("https://example.org".to_owned()),
        cross_origin: Some(false),
        ..CollectedClientData::default()
    }
}

#[test]
fn members_are_serialised_in_the_defined_order() {
    let mut data = good();
    data.cross_origin = Some(true);
    data.top_origin = Some("https://top.example".to_owned());
    data.extra.push(("x".to_owned(), json!({"y": [1]})));
    let text = String::from_utf8(data.serialize()).expect("UTF-8");
    assert_eq!(
        text,
        r#"{"type":"webauthn.create","challenge":"AAAA","origin":"https://example.org","crossOrigin":true,"topOrigin":"https://top.example","x":{"y":[1]}}"#
    );
}

#[test]
fn strings_are_escaped_as_ccd_to_string_says() {
    assert_eq!(ccd_to_string("a\"\\\n\u{7f}é😀"), "\"a\\\"\\\\\\u000a\u{7f}é😀\"");
}

#[test]
fn one_byte_order_mark_is_stripped_and_a_second_is_not() {
    let bytes = good().serialize();
    let once = [b"\xef\xbb\xbf", &bytes[..]].concat();
    assert_eq!(ReceivedClientData::parse(&once), ReceivedClientData::parse(&bytes));
    let twice = [b"\xef\xbb\xbf", &once[..]].concat();
    assert!(matches!(ReceivedClientData::parse(&twice), Err(ClientDataError::NotJson(_))));
}

#[test]
fn malformed_utf8_matters_only_where_it_is_read() {
    let mut bytes = good().serialize();
    bytes.pop();
    bytes.extend(b",\"x\":\"\xff\"}");
    assert!(ReceivedClientData::parse(&bytes).is_ok());
    bytes.push(0xff);
    assert_eq!(ReceivedClientData::parse(&bytes), Err(ClientDataError::NotUtf8));
}

#[test]
fn only_one_object_is_client_data() {
    for text in
        ["", "[]", "[\"webauthn.create\"]", "1", "null", "\"x\"", "{}x", "{} {}", "{,}", "{\"type\":1,\"type\":1}"]
    {
        assert!(matches!(ReceivedClientData::parse(text.as_bytes()), Err(ClientDataError::NotJson(_))), "{text}");
    }
    for text in ["{}", " {}\n", "{\"x\":1e400}", "{\"x\":\"\\ud800\"}"] {
        assert!(ReceivedClientData::parse(text.as_bytes()).is_ok(), "{text}");
    }
}

#[test]
fn deep_nesting_in_an_unknown_member_is_no_matter() {
    let text = format!("{{\"x\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(ReceivedClientData::parse(text.as_bytes()), Ok(ReceivedClientData::default()));
    let text = format!("{{\"type\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(ReceivedClientData::parse(text.as_bytes()).is_err());
}

proptest! {
    #[test]
    fn what_was_serialised_is_read(challenge in ".*", origin in ".*", cross in any::<bool>()) {
        let data = CollectedClientData {
            challenge: Some(challenge.clone()), origin: Some(origin.clone()), cross_origin: Some(cross), ..good()
        };
        let read = ReceivedClientData::parse(&data.serialize()).expect("client data");
        prop_assert_eq!(read.challenge, Some(json!(challenge)));
        prop_assert_eq!(read.origin, Some(json!(origin)));
        prop_assert_eq!(read.cross_origin, Some(json!(cross)));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = ReceivedClientData::parse(&bytes);
        let _ = ReceivedClientData::parse_prefix(&bytes);
    }
}
