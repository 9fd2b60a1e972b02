//! COSE keys and CBOR come back as they were written, in the CTAP2 canonical form.

use proofmark::authenticator::{Client, CreationRequest, Format};
use proofmark::runner::offline_case::ORIGIN;
use proofmark::webauthn::cbor::{self, Form, Value};
use proofmark::webauthn::cose::{CoseAlgorithm, CoseKey};
use proofmark::webauthn::public_key::PublicKey;
use proptest::prelude::*;

use super::CHALLENGE;
use crate::catalogue::options;

/// Every algorithm whose keys the authenticator makes: all but Ed448.
fn algorithms() -> impl Strategy<Value = CoseAlgorithm> {
    let all = CoseAlgorithm::ALL.iter().map(|(algorithm, ..)| *algorithm);
    proptest::sample::select(all.filter(|algorithm| *algorithm != CoseAlgorithm::ED448).collect::<Vec<_>>())
}

/// Items without items in them.
pub fn scalar_values() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-300_i64..300).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Value::Bytes),
        ".{0,30}".prop_map(Value::Text),
    ]
}

/// CBOR of every kind, its maps in canonical order and without duplicates.
pub fn values() -> impl Strategy<Value = Value> {
    scalar_values().prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            proptest::collection::vec((-30_i64..30).prop_map(Value::from), 0..300).prop_map(Value::Array),
            proptest::collection::vec((scalar_values(), inner), 0..6).prop_map(|mut map| {
                cbor::sort_canonically(&mut map);
                map.dedup_by(|(one, _), (other, _)| one == other);
                Value::Map(map)
            }),
        ]
    })
}

/// The head of an item by the text of CTAP2, apart from the code under test: the major type, the number, the head's length.
fn head(bytes: &[u8]) -> (u8, u64, usize) {
    let (major, additional) = (bytes[0] >> 5, bytes[0] & 0x1f);
    let length = match additional {
        0..24 => return (major, additional.into(), 1),
        24..28 => 1 << (additional - 24),
        other => panic!("additional information {other}"),
    };
    let number = bytes[1..=length].iter().fold(0, |number: u64, byte| number << 8 | u64::from(*byte));
    let least = [24, 0x100, 0x1_0000, 0x1_0000_0000][usize::from(additional) - 24];
    assert!(number >= least, "{number} in {length} bytes");
    (major, number, 1 + length)
}

/// The length of the canonical item in front: shortest heads, definite lengths, no tags, sorted keys, each once.
fn canonical_length(bytes: &[u8]) -> usize {
    let (major, number, length) = head(bytes);
    let count = usize::try_from(number).unwrap_or(usize::MAX);
    match major {
        0 | 1 | 7 => length,
        2 | 3 => length + count,
        4 => (0..count).fold(length, |at, _| at + canonical_length(&bytes[at..])),
        5 => {
            let (mut at, mut before): (usize, Option<&[u8]>) = (length, None);
            for _ in 0..count {
                let key = &bytes[at..at + canonical_length(&bytes[at..])];
                let order = |key: &[u8]| (key[0] >> 5, key.len(), key.to_vec());
                assert!(before.is_none_or(|before| order(before) < order(key)), "{before:?} before {key:?}");
                at += key.len();
                at += canonical_length(&bytes[at..]);
                before = Some(key);
            }
            at
        }
        other => panic!("major type {other}"),
    }
}

proptest! {
    #[test]
    fn what_is_encoded_is_in_the_ctap2_canonical_form(value in values()) {
        let bytes = cbor::encode(&value);
        prop_assert_eq!(canonical_length(&bytes), bytes.len());
        let decoded = cbor::decode(&bytes, Form::Canonical);
        prop_assert_eq!(decoded.as_ref().map(cbor::encode), Ok(bytes));
        prop_assert_eq!(decoded, Ok(value));
    }

    /// One changed byte gives another value or is refused; it is never a second encoding of the same value.
    #[test]
    fn a_value_has_one_canonical_encoding(value in values(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let good = cbor::encode(&value);
        let mut bytes = good.clone();
        bytes[at.index(good.len())] = byte;
        if let Ok(read) = cbor::decode(&bytes, Form::Canonical) {
            prop_assert_eq!(cbor::encode(&read), bytes.clone());
            prop_assert_eq!(read == value, bytes == good);
        }
    }

    #[test]
    fn a_key_of_every_algorithm_comes_back(algorithm in algorithms(), seed in any::<[u8; 32]>()) {
        let request = CreationRequest { algorithm, ..CreationRequest::new(seed, Format::None) };
        let mut client = Client::new(ORIGIN);
        client.honours_algorithms = false;
        let key = client.create(&options(&CHALLENGE), &request).expect("made").public_key;
        let bytes = key.encode();
        prop_assert_eq!(canonical_length(&bytes), bytes.len());
        let read = CoseKey::from_value(cbor::decode(&bytes, Form::Canonical).expect("canonical"));
        prop_assert_eq!(read.as_ref(), Ok(&key));
        prop_assert_eq!(key.require_usable(), Ok(()));
        prop_assert_eq!(key.algorithm(), Some(algorithm));
        let public = PublicKey::from_spki_der(&key.to_spki_der().expect("usable")).expect("named");
        prop_assert_eq!(CoseKey::new(algorithm, &public), key);
    }

    #[test]
    fn no_map_makes_a_key_panic(
        algorithm in algorithms(),
        parameters in proptest::collection::vec((-4_i64..4, scalar_values()), 0..6),
        bytes in proptest::collection::vec(any::<u8>(), 0..140),
    ) {
        let mut key = CoseKey { parameters: Vec::new() };
        key.set(3, algorithm.0.into());
        parameters.into_iter().for_each(|(label, value)| key.set(label, value));
        use_key(&key);
        // The right types with wrong contents.
        for label in [-2, -3] {
            key.set(label, Value::Bytes(bytes.clone()));
            use_key(&key);
        }
    }

    #[test]
    fn no_bytes_make_a_subject_public_key_info_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(key) = PublicKey::from_spki_der(&bytes) {
            let _ = key.require_valid();
        }
    }
}

fn use_key(key: &CoseKey) {
    let _ = (key.public_key(), key.require_usable(), key.to_spki_der(), key.encode());
    if let Some(algorithm) = key.algorithm() {
        let _ = key.verify(algorithm, b"message", b"signature");
    }
}
