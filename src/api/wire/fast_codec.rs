//! Messages without reflection, by a plan that is made from a descriptor once: its fields and their types. By reflection each field, and
//! each value of a `google.protobuf.Struct`, is a value of its own with a table of its own. If a plan would not give the same result, it
//! returns `None`, and reflection is used: for messages that are malformed, deep, `null`, unknown, or not written in the usual way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use prost::Message as _;
use prost::encoding::{WireType, decode_varint};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use prost_types::Timestamp;
use serde_json::Value;

use super::protobuf::{Backwards, delimited, fields};
use super::structs::{self, MOST_LEVELS};

/// Messages within messages that a plan covers.
const MOST_NESTED: usize = 3;

/// The first and the last second of a timestamp, in the years 1 to 9999.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// How to read and write one message.
#[derive(Debug)]
pub(super) struct Plan(Vec<Field>);

/// One field; a plan has them by number.
#[derive(Debug)]
struct Field {
    number: u32,
    json_name: String,
    name: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Text,
    Bytes,
    Unsigned,
    Timestamp,
    Struct,
    Message(Plan),
    /// Left to reflection.
    Other,
}

impl Plan {
    /// The plan of a message.
    pub(super) fn new(descriptor: &MessageDescriptor) -> Plan {
        Plan::nested(descriptor, MOST_NESTED)
    }

    fn nested(descriptor: &MessageDescriptor, levels: usize) -> Plan {
        let field = |field: FieldDescriptor| Field {
            number: field.number(),
            json_name: field.json_name().to_owned(),
            name: field.name().to_owned(),
            content: Content::of(&field, levels),
        };
        let mut fields: Vec<Field> = descriptor.fields().map(field).collect();
        fields.sort_by_key(|field| field.number);
        Plan(fields)
    }

    /// A message as protobuf JSON, its members by their fields' numbers.
    pub(super) fn read(&self, bytes: &[u8]) -> Option<Value> {
        let mut values = vec![None; self.0.len()];
        let known = |number| self.0.binary_search_by_key(&number, |field| field.number).ok();
        fields(bytes, known, |at, wire_type, bytes| {
            let read = self.0[at].content.read(wire_type, bytes)?;
            // Parts of a message would have to be joined.
            values[at].replace(read).is_none().then_some(())
        })?;
        let members = self.0.iter().zip(values).filter_map(|(field, value)| {
            let value = value.filter(|value| !field.content.is_default(value))?;
            Some((field.json_name.clone(), value))
        });
        Some(Value::Object(members.collect()))
    }

    /// Protobuf JSON as a message, fields by their numbers, members of a `Struct` by their names.
    pub(super) fn write(&self, json: &Value) -> Option<Vec<u8>> {
        let mut bytes = Backwards::default();
        self.write_to(json, &mut bytes)?;
        Some(bytes.turned())
    }

    fn write_to(&self, json: &Value, bytes: &mut Backwards) -> Option<()> {
        let members = json.as_object()?;
        let mut known = 0;
        for field in self.0.iter().rev() {
            let both = [members.get(&field.json_name), members.get(&field.name)];
            if let Some(value) = both.iter().flatten().next() {
                field.content.write(field.number, value, bytes)?;
                known += 1;
            }
        }
        // Unknown members, and those that are there by both of their names.
        (known == members.len()).then_some(())
    }
}

impl Content {
    fn of(field: &FieldDescriptor, levels: usize) -> Content {
        if field.is_list() || field.is_map() || field.containing_oneof().is_some() || field.is_group() {
            return Content::Other;
        }
        match field.kind() {
            Kind::String if !field.supports_presence() => Content::Text,
            Kind::Bytes if !field.supports_presence() => Content::Bytes,
            Kind::Uint64 if !field.supports_presence() => Content::Unsigned,
            Kind::Message(message) => match message.full_name() {
                "google.protobuf.Timestamp" => Content::Timestamp,
                "google.protobuf.Struct" => Content::Struct,
                // The others that have a form of their own in JSON.
                name if name.starts_with("google.protobuf.") || levels == 0 => Content::Other,
                _ => Content::Message(Plan::nested(&message, levels - 1)),
            },
            _ => Content::Other,
        }
    }

    fn read(&self, wire_type: WireType, bytes: &mut &[u8]) -> Option<Value> {
        if let Content::Unsigned = self {
            let number = (wire_type == WireType::Varint).then(|| decode_varint(bytes).ok()).flatten()?;
            return Some(number.to_string().into());
        }
        let payload = delimited(wire_type, bytes)?;
        match self {
            Content::Text => std::str::from_utf8(payload).ok().map(Value::from),
            Content::Bytes => Some(STANDARD.encode(payload).into()),
            Content::Timestamp => {
                let time = Timestamp::decode(payload).ok()?;
                is_within(&time).then(|| time.to_string().into())
            }
            Content::Struct => structs::read(payload, MOST_LEVELS),
            Content::Message(plan) => plan.read(payload),
            Content::Unsigned | Content::Other => None,
        }
    }

    /// Whether JSON leaves the value out. A message that is there is never left out.
    fn is_default(&self, value: &Value) -> bool {
        match self {
            Content::Text | Content::Bytes => value == "",
            Content::Unsigned => value == "0",
            _ => false,
        }
    }

    fn write(&self, number: u32, json: &Value, bytes: &mut Backwards) -> Option<()> {
        match self {
            Content::Text => bytes.field(number, json.as_str()?.as_bytes()),
            Content::Bytes => bytes.field(number, &STANDARD.decode(json.as_str()?).ok()?),
            Content::Unsigned => {
                let value: u64 = usual(json.as_str()?)?;
                if value != 0 {
                    bytes.number(number, value);
                }
            }
            Content::Timestamp => {
                let time: Timestamp = usual(json.as_str()?).filter(is_within)?;
                bytes.payload(number, &time.encode_to_vec());
            }
            Content::Struct => {
                let members = json.as_object()?;
                bytes.delimited(number, |bytes| structs::write(members, MOST_LEVELS, bytes))?;
            }
            Content::Message(plan) => bytes.delimited(number, |bytes| plan.write_to(json, bytes))?,
            Content::Other => return None,
        }
        Some(())
    }
}

/// The value of a text, if it is written in the usual way.
fn usual<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    text.parse().ok().filter(|value: &T| value.to_string() == text)
}

fn is_within(time: &Timestamp) -> bool {
    SECONDS.contains(&time.seconds) && (0..1_000_000_000).contains(&time.nanos)
}
