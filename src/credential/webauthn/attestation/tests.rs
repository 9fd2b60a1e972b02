use proptest::prelude::*;

use super::*;
use crate::webauthn::cbor::{self, CborError, Form, Value};

fn object() -> AttestationObject {
    AttestationObject {
        format: "packed".to_owned(),
        statement: Value::Map(vec![(Value::Text("alg".to_owned()), Value::from(-7))]),
        authenticator_data: vec![1, 2, 3],
    }
}

#[test]
fn every_truncation_and_every_tail_is_refused() {
    let mut bytes = object().encode();
    for length in 0..bytes.len() {
        assert!(AttestationObject::decode(&bytes[..length], Form::Any).is_err(), "{length} bytes");
    }
    bytes.push(0);
    let trailing = AttestationObjectError::Cbor(CborError::Trailing(1));
    assert_eq!(AttestationObject::decode(&bytes, Form::Any), Err(trailing));
    assert_eq!(AttestationObject::decode_prefix(&bytes), Ok(object()));
}

#[test]
fn members_need_their_types() {
    let text = |name: &str| Value::Text(name.to_owned());
    let good = [
        (text("fmt"), text("none")),
        (text("attStmt"), Value::Map(Vec::new())),
        (text("authData"), Value::Bytes(Vec::new())),
    ];
    for (index, name) in ["fmt", "attStmt", "authData"].into_iter().enumerate() {
        let mut map = good.to_vec();
        map[index].1 = Value::Null;
        let wrong = AttestationObject::decode(&cbor::encode(&Value::Map(map.clone())), Form::Any);
        assert_eq!(wrong, Err(AttestationObjectError::Member(name)));
        map.remove(index);
        let missing = AttestationObject::decode(&cbor::encode(&Value::Map(map)), Form::Any);
        assert_eq!(missing, Err(AttestationObjectError::Member(name)));
    }
    assert_eq!(AttestationObject::decode(&[0x80], Form::Any), Err(AttestationObjectError::NotMap));
}

#[test]
fn identifiers_are_unique_and_case_sensitive() {
    for format in FORMATS {
        assert_eq!(FORMATS.iter().filter(|other| other.identifier() == format.identifier()).count(), 1);
        assert!(find(format.identifier()).is_some());
        assert!(find(&format.identifier().to_uppercase()).is_none());
    }
}

proptest! {
    #[test]
    fn what_was_encoded_is_decoded(format in ".{0,40}", data in proptest::collection::vec(any::<u8>(), 0..300)) {
        let object = AttestationObject { format, authenticator_data: data, ..object() };
        prop_assert_eq!(AttestationObject::decode(&object.encode(), Form::Canonical), Ok(object));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = AttestationObject::decode(&bytes, Form::Canonical);
        let _ = AttestationObject::decode_prefix(&bytes);
    }
}
