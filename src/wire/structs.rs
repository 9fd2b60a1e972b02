//! `google.protobuf.Struct` beside reflection, by prost's own type. Creation options and credentials travel in it, and by reflection each
//! of their values is a message with a table of its own. What this does not do the same way it leaves to reflection, by `None`.

use std::collections::BTreeMap;

use prost::bytes::Buf as _;
use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};
use prost_types::value::Kind;
use prost_types::{ListValue, NullValue, Struct};
use serde_json::{Map, Number, Value};

/// Levels of nesting up to which a `Struct` is surely shallow enough for every reader of protobuf.
const MOST_LEVELS: usize = 16;

/// Doubles up to this magnitude hold every integer exactly.
const GREATEST_EXACT_INTEGER: f64 = 9_007_199_254_740_991.0;

/// The bytes of a message's fields.
#[derive(Default)]
pub(super) struct Split {
    /// Fields of the message that are no `Struct`, as they were.
    pub rest: Vec<u8>,
    /// Those that are, by number; parts of one field are joined, which is how protobuf merges them.
    pub structs: BTreeMap<u32, Vec<u8>>,
}

/// Takes the fields with these numbers out of a message.
pub(super) fn split(bytes: &[u8], numbers: &[u32]) -> Option<Split> {
    let (mut split, mut left) = (Split::default(), bytes);
    while left.has_remaining() {
        let field = left;
        let (number, wire_type) = decode_key(&mut left).ok()?;
        if wire_type == WireType::LengthDelimited && numbers.contains(&number) {
            let length = usize::try_from(decode_varint(&mut left).ok()?).ok()?;
            let (payload, after) = left.split_at_checked(length)?;
            split.structs.entry(number).or_default().extend_from_slice(payload);
            left = after;
        } else {
            skip_field(wire_type, number, &mut left, DecodeContext::default()).ok()?;
            split.rest.extend_from_slice(&field[..field.len() - left.len()]);
        }
    }
    Some(split)
}

/// A JSON object as a `Struct`, whose members are in alphabetical order.
pub(super) fn from_json(members: &Map<String, Value>) -> Option<Struct> {
    written(members, MOST_LEVELS)
}

fn written(members: &Map<String, Value>, levels: usize) -> Option<Struct> {
    let levels = levels.checked_sub(1)?;
    let member = |(name, value): (&String, &Value)| Some((name.clone(), value_of(value, levels)?));
    Some(Struct { fields: members.iter().map(member).collect::<Option<_>>()? })
}

fn value_of(json: &Value, levels: usize) -> Option<prost_types::Value> {
    let kind = match json {
        Value::Null => Kind::NullValue(NullValue::NullValue.into()),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => Kind::NumberValue(number.as_f64()?),
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Object(members) => Kind::StructValue(written(members, levels)?),
        Value::Array(items) => {
            let levels = levels.checked_sub(1)?;
            let values = items.iter().map(|item| value_of(item, levels)).collect::<Option<_>>()?;
            Kind::ListValue(ListValue { values })
        }
    };
    Some(prost_types::Value { kind: Some(kind) })
}

/// A `Struct` as a JSON object; numbers that are whole become integers.
pub(super) fn to_json(read: Struct) -> Option<Value> {
    let member = |(name, value)| Some((name, json_of(value)?));
    read.fields.into_iter().map(member).collect::<Option<Map<_, _>>>().map(Value::Object)
}

fn json_of(value: prost_types::Value) -> Option<Value> {
    Some(match value.kind? {
        Kind::NullValue(_) => Value::Null,
        Kind::BoolValue(value) => Value::Bool(value),
        Kind::NumberValue(double) => Value::Number(number(double)?),
        Kind::StringValue(text) => Value::String(text),
        Kind::StructValue(inner) => to_json(inner)?,
        Kind::ListValue(list) => Value::Array(list.values.into_iter().map(json_of).collect::<Option<_>>()?),
    })
}

/// A double as JSON writes it; `None` if it is not finite.
fn number(double: f64) -> Option<Number> {
    whole(double).or_else(|| Number::from_f64(double))
}

/// The integer that a double holds exactly. `{:.0}` prints it in full, which spares a cast.
pub(super) fn whole(double: f64) -> Option<Number> {
    (double.fract() == 0.0 && double.abs() <= GREATEST_EXACT_INTEGER)
        .then(|| format!("{double:.0}").parse::<i64>().ok().map(Number::from))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_whole_doubles_become_integers() {
        let whole = |double| super::whole(double).map(Value::Number);
        assert_eq!(whole(-7.0), Some(json!(-7)));
        assert_eq!(whole(-0.0), Some(json!(0)));
        assert_eq!(whole(9_007_199_254_740_991.0), Some(json!(9_007_199_254_740_991_i64)));
        assert_eq!(whole(9_007_199_254_740_992.0), None);
        assert_eq!(whole(0.5), None);
        assert_eq!(whole(f64::NAN), None);
    }

    #[test]
    fn what_is_deep_or_not_finite_is_left_to_reflection() {
        let deep = (0..20).fold(json!({}), |inner, _| json!({ "a": [inner] }));
        assert!(from_json(deep.as_object().expect("an object")).is_none());
        let value = prost_types::Value { kind: Some(Kind::NumberValue(f64::INFINITY)) };
        assert_eq!(json_of(value), None);
        assert_eq!(json_of(prost_types::Value { kind: None }), None);
    }

    #[test]
    fn fields_are_split_by_their_number_and_parts_are_joined() {
        // 1: "a", 2: "b", 1: "c", 3: varint 300
        let split = split(b"\x0a\x01a\x12\x01b\x0a\x01c\x18\xac\x02", &[1]).expect("whole fields");
        assert_eq!(split.rest, b"\x12\x01b\x18\xac\x02");
        assert_eq!(split.structs, BTreeMap::from([(1, b"ac".to_vec())]));
        assert!(super::split(b"\x0a\x05a", &[1]).is_none(), "a length beyond the end");
        assert!(super::split(b"\x12\x05a", &[1]).is_none(), "of another field");
    }
}
