//! CBOR as WebAuthn L3 uses it: written in the CTAP2 canonical form, read with a bounded depth.
//!
//! WebAuthn L3 §2.4: encoders MUST use the CTAP2 canonical form, decoders SHOULD reject what is not in it, and
//! SHOULD reject duplicate map keys. [`Form::Canonical`] does both.

pub use ciborium::Value;
use ciborium::de::from_reader_with_recursion_limit;

/// Greatest nesting that a decoder follows. CTAP2 allows four levels; some room is left for reading broken objects.
const MAX_DEPTH: usize = 16;

/// Why bytes are not the CBOR that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// The bytes are not one well-formed item, or it is nested too deeply.
    #[error("not well-formed CBOR (or nested deeper than {MAX_DEPTH} levels)")]
    Malformed,
    /// The item is well-formed but not in the CTAP2 canonical form.
    #[error("not in the CTAP2 canonical CBOR form: {0}")]
    NotCanonical(&'static str),
    /// Bytes follow the item.
    #[error("{0} bytes after the CBOR item")]
    Trailing(usize),
}

/// Which encodings a decoder accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Only the CTAP2 canonical form.
    Canonical,
    /// Any well-formed encoding.
    Any,
}

/// Encodes an item with definite, minimal lengths; maps keep the order that they have in the value.
///
/// Values that are built in canonical order (see [`sort_canonically`]) come out in the CTAP2 canonical form.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("writing to a Vec cannot fail");
    bytes
}

/// Decodes one item that fills `bytes`.
///
/// # Errors
/// [`CborError`]; never panics, whatever the bytes.
pub fn decode(bytes: &[u8], form: Form) -> Result<Value, CborError> {
    let (value, rest) = decode_first(bytes, form)?;
    if rest.is_empty() { Ok(value) } else { Err(CborError::Trailing(rest.len())) }
}

/// Decodes the first item of `bytes`; returns it with the bytes that follow it.
///
/// # Errors
/// [`CborError`]; never panics, whatever the bytes.
pub fn decode_first(bytes: &[u8], form: Form) -> Result<(Value, &[u8]), CborError> {
    let mut rest = bytes;
    let value: Value = from_reader_with_recursion_limit(&mut rest, MAX_DEPTH).map_err(|_error| CborError::Malformed)?;
    if form == Form::Canonical {
        require_canonical(&value, &bytes[..bytes.len() - rest.len()])?;
    }
    Ok((value, rest))
}

/// Orders the keys of a map as CTAP2 does: by major type, then by length of the encoding, then bytewise.
pub fn sort_canonically(map: &mut [(Value, Value)]) {
    map.sort_by_key(|(key, _)| sort_key(key));
}

/// The member of a map under a text key.
pub fn member<'a>(map: &'a [(Value, Value)], name: &str) -> Option<&'a Value> {
    map.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// An encoded item is canonical when writing it again gives the same bytes, and its maps are sorted without duplicates.
fn require_canonical(value: &Value, encoded: &[u8]) -> Result<(), CborError> {
    if encode(value) != encoded {
        return Err(CborError::NotCanonical("an indefinite or longer than minimal length"));
    }
    require_sorted(value)
}

fn require_sorted(value: &Value) -> Result<(), CborError> {
    match value {
        Value::Map(map) => {
            let keys: Vec<_> = map.iter().map(|(key, _)| sort_key(key)).collect();
            if keys.windows(2).any(|pair| pair[0] == pair[1]) {
                return Err(CborError::NotCanonical("a map has one key twice"));
            }
            if !keys.is_sorted() {
                return Err(CborError::NotCanonical("the keys of a map are not in order"));
            }
            map.iter().try_for_each(|(key, value)| require_sorted(key).and(require_sorted(value)))
        }
        Value::Array(items) => items.iter().try_for_each(require_sorted),
        Value::Tag(..) => Err(CborError::NotCanonical("a tag")),
        _ => Ok(()),
    }
}

fn sort_key(key: &Value) -> (u8, usize, Vec<u8>) {
    let encoded = encode(key);
    (encoded.first().map_or(0, |first| first >> 5), encoded.len(), encoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn forms_that_are_not_canonical_are_told_apart() {
        let cases: [(&[u8], &str); 7] = [
            (&[0xb8, 0x01, 0x61, 0x61, 0x01], "long map length"),
            (&[0xbf, 0x61, 0x61, 0x01, 0xff], "indefinite map"),
            (&[0x7f, 0x61, 0x61, 0xff], "indefinite text"),
            (&[0x18, 0x01], "long integer"),
            (&[0xa2, 0x61, 0x61, 0x01, 0x61, 0x61, 0x02], "duplicate key"),
            (&[0xa2, 0x61, 0x62, 0x01, 0x61, 0x61, 0x02], "keys out of order"),
            (&[0xd9, 0xd9, 0xf7, 0x01], "tag"),
        ];
        for (bytes, name) in cases {
            assert!(matches!(decode(bytes, Form::Canonical), Err(CborError::NotCanonical(_))), "{name}");
            assert!(decode(bytes, Form::Any).is_ok(), "{name}");
        }
    }

    #[test]
    fn depth_and_declared_lengths_are_bounded() {
        assert_eq!(decode(&[0x81; 100_000], Form::Any), Err(CborError::Malformed));
        assert_eq!(decode(&[0xc6; 100_000], Form::Any), Err(CborError::Malformed));
        for first in [0x5b, 0x7b, 0x9b, 0xbb] {
            let bytes = [first, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
            assert_eq!(decode(&bytes, Form::Any), Err(CborError::Malformed));
        }
        assert_eq!(decode(&[0x01, 0x02], Form::Any), Err(CborError::Trailing(1)));
    }

    #[test]
    fn negative_keys_come_after_positive_ones() {
        let key = |number: i64| (Value::from(number), Value::Null);
        let mut map = vec![key(-3), key(3), key(-1), key(1), key(-2)];
        sort_canonically(&mut map);
        assert_eq!(map, [key(1), key(3), key(-1), key(-2), key(-3)]);
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
            "[a-z]{0,30}".prop_map(Value::Text),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::btree_map("[a-z]{0,4}", inner, 0..4).prop_map(|map| {
                    let mut map: Vec<_> = map.into_iter().map(|(key, value)| (Value::Text(key), value)).collect();
                    sort_canonically(&mut map);
                    Value::Map(map)
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(value in values(), tail in proptest::collection::vec(any::<u8>(), 0..8)) {
            let mut bytes = encode(&value);
            prop_assert_eq!(&decode(&bytes, Form::Canonical).expect("canonical"), &value);
            bytes.extend(&tail);
            let (first, rest) = decode_first(&bytes, Form::Canonical).expect("canonical");
            prop_assert_eq!(first, value);
            prop_assert_eq!(rest, tail.as_slice());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok((value, rest)) = decode_first(&bytes, Form::Canonical) {
                prop_assert_eq!(&encode(&value)[..], &bytes[..bytes.len() - rest.len()]);
            }
        }
    }
}
