//! `google.protobuf.Struct` without reflection. Creation options and credentials travel in it, and by reflection each of their values is a
//! message with a table of its own. If this code would not give the same result, it returns `None`, and reflection is used.

use prost::bytes::Buf as _;
use prost::encoding::{WireType, decode_varint};
use serde_json::{Map, Number, Value};

use super::protobuf::{Backwards, delimited, fields};

/// Levels of nesting up to which a `Struct` is surely shallow enough for every reader of protobuf.
pub(super) const MOST_LEVELS: usize = 16;

/// Doubles up to this magnitude hold every integer exactly.
const GREATEST_EXACT_INTEGER: f64 = 9_007_199_254_740_991.0;

/// `google.protobuf.Struct`; its members are in alphabetical order, and of two of one name the last counts.
pub(super) fn read(bytes: &[u8], levels: usize) -> Option<Value> {
    let levels = levels.checked_sub(1)?;
    let mut members = repeated(bytes, |member| read_member(member, levels))?;
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    Some(Value::Object(members.into_iter().collect()))
}

/// All messages that a message has in its one field.
fn repeated<T>(bytes: &[u8], read: impl Fn(&[u8]) -> Option<T>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    fields(bytes, up_to(1), |_, wire_type, bytes| {
        all.push(read(delimited(wire_type, bytes)?)?);
        Some(())
    })?;
    Some(all)
}

/// The numbers of a message whose fields are numbered from 1 on.
fn up_to(last: u32) -> impl Fn(u32) -> Option<u32> {
    move |number| (1..=last).contains(&number).then_some(number)
}

fn read_member(bytes: &[u8], levels: usize) -> Option<(String, Value)> {
    let (mut name, mut value) = ("", None);
    fields(bytes, up_to(2), |number, wire_type, bytes| {
        let payload = delimited(wire_type, bytes)?;
        match number {
            1 => name = std::str::from_utf8(payload).ok()?,
            _ if value.is_some() => return None,
            _ => value = Some(read_value(payload, levels)?),
        }
        Some(())
    })?;
    Some((name.to_owned(), value?))
}

/// `google.protobuf.Value`, one of whose fields is there.
fn read_value(bytes: &[u8], levels: usize) -> Option<Value> {
    let mut value = None;
    fields(bytes, up_to(6), |number, wire_type, bytes| {
        let read = match (number, wire_type) {
            (1, WireType::Varint) => (decode_varint(bytes).ok()? == 0).then_some(Value::Null)?,
            (2, WireType::SixtyFourBit) => double(bytes.try_get_f64_le().ok()?).map(Value::Number)?,
            (3, _) => std::str::from_utf8(delimited(wire_type, bytes)?).ok()?.into(),
            (4, WireType::Varint) => (decode_varint(bytes).ok()? != 0).into(),
            (5, _) => read(delimited(wire_type, bytes)?, levels)?,
            (6, _) => read_list(delimited(wire_type, bytes)?, levels)?,
            _ => return None,
        };
        value.replace(read).is_none().then_some(())
    })?;
    value
}

fn read_list(bytes: &[u8], levels: usize) -> Option<Value> {
    let levels = levels.checked_sub(1)?;
    repeated(bytes, |item| read_value(item, levels)).map(Value::Array)
}

pub(super) fn write(members: &Map<String, Value>, levels: usize, bytes: &mut Backwards) -> Option<()> {
    let levels = levels.checked_sub(1)?;
    let mut members: Vec<(&String, &Value)> = members.iter().collect();
    members.sort_by_key(|(name, _)| *name);
    for (name, value) in members.into_iter().rev() {
        bytes.delimited(1, |bytes| {
            bytes.delimited(2, |bytes| write_value(value, levels, bytes))?;
            bytes.field(1, name.as_bytes());
            Some(())
        })?;
    }
    Some(())
}

fn write_value(json: &Value, levels: usize, bytes: &mut Backwards) -> Option<()> {
    match json {
        Value::Null => bytes.number(1, 0),
        Value::Bool(value) => bytes.number(4, u64::from(*value)),
        Value::Number(number) => {
            bytes.push(&number.as_f64()?.to_le_bytes());
            bytes.key(2, WireType::SixtyFourBit);
        }
        Value::String(text) => bytes.payload(3, text.as_bytes()),
        Value::Object(members) => bytes.delimited(5, |bytes| write(members, levels, bytes))?,
        Value::Array(items) => {
            let levels = levels.checked_sub(1)?;
            bytes.delimited(6, |bytes| {
                items.iter().rev().try_for_each(|item| bytes.delimited(1, |bytes| write_value(item, levels, bytes)))
            })?;
        }
    }
    Some(())
}

/// A double as JSON writes it, whole ones as integers; `None` if it is not finite.
fn double(double: f64) -> Option<Number> {
    whole(double).or_else(|| Number::from_f64(double))
}

/// The integer that a double holds exactly.
pub(super) fn whole(double: f64) -> Option<Number> {
    // The cast is exact within these bounds.
    (double.fract() == 0.0 && double.abs() <= GREATEST_EXACT_INTEGER).then(|| Number::from(double as i64))
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
        assert!(write(deep.as_object().expect("an object"), MOST_LEVELS, &mut Backwards::default()).is_none());
        let infinite = [&[0x11][..], &f64::INFINITY.to_le_bytes()].concat();
        assert_eq!(read_value(&infinite, MOST_LEVELS), None);
        assert_eq!(read_value(b"", MOST_LEVELS), None, "no kind");
    }
}
