//! Protobuf messages as protobuf JSON: the one form that scenarios, reports and all transports share.
//!
//! The descriptors are compiled from the `.proto` files in `fixtures/proto` at first use and kept; nothing happens before.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage as _,
    Value as Reflected,
};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use serde_json::{Map, Value};

use super::structs;

/// Our own files, by the name under which they import each other.
const FILES: &[(&str, &str)] = &[
    ("google/rpc/status.proto", include_str!("../../fixtures/proto/google/rpc/status.proto")),
    ("zitadel/v1/message.proto", include_str!("../../fixtures/proto/zitadel/v1/message.proto")),
    ("zitadel/object/v2/object.proto", include_str!("../../fixtures/proto/zitadel/object/v2/object.proto")),
    ("zitadel/user/v1/webauthn.proto", include_str!("../../fixtures/proto/zitadel/user/v1/webauthn.proto")),
    ("zitadel/auth/v1/auth.proto", include_str!("../../fixtures/proto/zitadel/auth/v1/auth.proto")),
    ("zitadel/user/v2/user_service.proto", include_str!("../../fixtures/proto/zitadel/user/v2/user_service.proto")),
];

const STATUS: &str = "google.rpc.Status";
const ANY: &str = "google.protobuf.Any";
const STRUCT: &str = "google.protobuf.Struct";

/// Why a message could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// Our own `.proto` files do not compile: a fault of this build.
    #[error("the embedded protobuf files do not compile: {0}")]
    Pool(String),
    /// No embedded file defines the message.
    #[error("no message is named {0:?}")]
    UnknownMessage(String),
    /// The JSON is not the message: a member of the wrong type, an unknown member, or nesting deeper than protobuf allows.
    #[error("JSON is not a {message}: {why}")]
    Json {
        /// Full name of the message.
        message: String,
        /// What is wrong with it.
        why: String,
    },
    /// The bytes are not the message.
    #[error("bytes are not a {message}: {why}")]
    Bytes {
        /// Full name of the message.
        message: String,
        /// What is wrong with them.
        why: String,
    },
}

/// Encodes protobuf JSON as the named message; the strict form, which refuses unknown members at any depth.
///
/// Members are named in lowerCamelCase (or as in the `.proto` file), bytes are base64, 64-bit integers strings or numbers, timestamps RFC 3339.
/// An absent and a `null` member are the same. A `Struct` deeper than about 30 levels is refused, since protobuf readers stop at 100 messages.
///
/// # Errors
/// [`SchemaError::UnknownMessage`] or [`SchemaError::Json`].
pub fn encode(message_name: &str, json: &Value) -> Result<Vec<u8>, SchemaError> {
    encode_with(message_name, json, DeserializeOptions::new().deny_unknown_fields(true))
}

/// As [`encode`], but ignores members that the message does not have.
///
/// # Errors
/// [`SchemaError::UnknownMessage`] or [`SchemaError::Json`].
pub fn encode_lenient(message_name: &str, json: &Value) -> Result<Vec<u8>, SchemaError> {
    encode_with(message_name, json, DeserializeOptions::new().deny_unknown_fields(false))
}

/// Decodes bytes of the named message to protobuf JSON.
///
/// Members with default values are left out, 64-bit integers are strings, bytes are padded standard base64. Numbers in a `Struct` travel as
/// doubles; those that are whole come back as JSON integers. Fields that the message does not have are ignored.
///
/// # Errors
/// [`SchemaError::UnknownMessage`] or [`SchemaError::Bytes`] (not protobuf, invalid UTF-8, too deep, or a number that JSON cannot express).
pub fn decode(message_name: &str, bytes: &[u8]) -> Result<Value, SchemaError> {
    let descriptor = descriptor(message_name)?;
    if let Some(json) = decode_structs(&descriptor, bytes) {
        return Ok(json);
    }
    let mut json =
        reflected(descriptor, bytes).map_err(|why| SchemaError::Bytes { message: message_name.to_owned(), why })?;
    restore_integers(&mut json);
    Ok(json)
}

fn reflected(descriptor: MessageDescriptor, bytes: &[u8]) -> Result<Value, String> {
    let message = DynamicMessage::decode(descriptor, bytes).map_err(|e| e.to_string())?;
    serde_json::to_value(&message).map_err(|e| e.to_string())
}

/// Decodes the `Struct`s of a message apart from the rest; `None` if there are none, or if reflection has to say what is wrong.
fn decode_structs(descriptor: &MessageDescriptor, bytes: &[u8]) -> Option<Value> {
    let mut fields: Vec<FieldDescriptor> = descriptor.fields().collect();
    fields.sort_by_key(FieldDescriptor::number);
    let numbers: Vec<u32> = fields.iter().filter(|field| is_struct(field)).map(FieldDescriptor::number).collect();
    let mut split = structs::split(bytes, &numbers).filter(|split| !split.structs.is_empty())?;
    let Value::Object(mut rest) = reflected(descriptor.clone(), &split.rest).ok()? else { return None };
    let mut members = Map::new();
    for field in fields {
        let name = field.json_name();
        let value = match split.structs.remove(&field.number()) {
            Some(bytes) => Some(structs::to_json(prost_types::Struct::decode(bytes.as_slice()).ok()?)?),
            None => rest.shift_remove(name).map(|mut value| {
                restore_integers(&mut value);
                value
            }),
        };
        members.extend(value.map(|value| (name.to_owned(), value)));
    }
    Some(Value::Object(members))
}

/// Whether a field holds one `google.protobuf.Struct`.
fn is_struct(field: &FieldDescriptor) -> bool {
    !field.is_list() && matches!(field.kind(), Kind::Message(message) if message.full_name() == STRUCT)
}

/// Type URL and bytes of one `google.protobuf.Any`.
pub(super) type AnyParts = (String, Vec<u8>);

/// `google.rpc.Status` of code, message and details .
pub(super) fn encode_status(code: i32, message: &str, details: &[AnyParts]) -> Result<Vec<u8>, SchemaError> {
    let any = descriptor(ANY)?;
    let details = details.iter().map(|(url, bytes)| {
        let mut detail = DynamicMessage::new(any.clone());
        detail.set_field_by_number(1, Reflected::String(url.clone()));
        detail.set_field_by_number(2, Reflected::Bytes(bytes.clone().into()));
        Reflected::Message(detail)
    });
    let details = Reflected::List(details.collect());
    let mut status = DynamicMessage::new(descriptor(STATUS)?);
    status.set_field_by_number(1, Reflected::I32(code));
    status.set_field_by_number(2, Reflected::String(message.to_owned()));
    status.set_field_by_number(3, details);
    Ok(status.encode_to_vec())
}

/// What [`encode_status`] takes, read from bytes; the details are not looked into.
pub(super) fn decode_status(bytes: &[u8]) -> Result<(i32, String, Vec<AnyParts>), SchemaError> {
    let status = DynamicMessage::decode(descriptor(STATUS)?, bytes)
        .map_err(|e| SchemaError::Bytes { message: STATUS.to_owned(), why: e.to_string() })?;
    let field = |number| status.get_field_by_number(number).map(Cow::into_owned);
    let details = field(3).and_then(|list| list.as_list().map(<[_]>::to_vec)).unwrap_or_default();
    Ok((
        field(1).and_then(|code| code.as_i32()).unwrap_or_default(),
        field(2).and_then(|message| message.as_str().map(str::to_owned)).unwrap_or_default(),
        details.iter().filter_map(Reflected::as_message).map(any_parts).collect(),
    ))
}

fn any_parts(any: &DynamicMessage) -> AnyParts {
    let field = |number| any.get_field_by_number(number).map(Cow::into_owned);
    (
        field(1).and_then(|url| url.as_str().map(str::to_owned)).unwrap_or_default(),
        field(2).and_then(|bytes| bytes.as_bytes().map(|bytes| bytes.to_vec())).unwrap_or_default(),
    )
}

fn encode_with(message_name: &str, json: &Value, options: DeserializeOptions) -> Result<Vec<u8>, SchemaError> {
    let failed = |why: String| SchemaError::Json { message: message_name.to_owned(), why };
    let descriptor = descriptor(message_name)?;
    let (rest, structs) = take_structs(&descriptor, json);
    let message = DynamicMessage::deserialize_with_options(descriptor, rest.as_ref(), &options)
        .map_err(|e| failed(e.to_string()))?;
    in_order(&message, structs).map_err(|e| failed(e.to_string()))
}

/// A message's members without those that are a `Struct`, and these by their numbers.
fn take_structs<'j>(
    descriptor: &MessageDescriptor,
    json: &'j Value,
) -> (Cow<'j, Value>, BTreeMap<u32, prost_types::Struct>) {
    let (mut rest, mut structs) = (Map::new(), BTreeMap::new());
    for (name, value) in json.as_object().into_iter().flatten() {
        let field = descriptor.get_field_by_json_name(name).or_else(|| descriptor.get_field_by_name(name));
        let made =
            field.filter(is_struct).and_then(|field| Some((field.number(), structs::from_json(value.as_object()?)?)));
        match made {
            Some((number, made)) if !structs.contains_key(&number) => {
                structs.insert(number, made);
            }
            // One that is there by both of its names is refused by reflection.
            Some(_) => return (Cow::Borrowed(json), BTreeMap::new()),
            None => {
                rest.insert(name.clone(), value.clone());
            }
        }
    }
    if structs.is_empty() { (Cow::Borrowed(json), structs) } else { (Cow::Owned(Value::Object(rest)), structs) }
}

/// Encodes a message with the members of each `Struct` in alphabetical order. The map of a dynamic message has no order, and one message must be one byte string.
fn in_order(
    message: &DynamicMessage,
    mut structs: BTreeMap<u32, prost_types::Struct>,
) -> Result<Vec<u8>, prost::DecodeError> {
    let mut bytes = Vec::new();
    let mut write_until = |number: u32, bytes: &mut Vec<u8>| {
        while let Some(entry) = structs.first_entry().filter(|entry| *entry.key() < number) {
            let (number, made) = entry.remove_entry();
            prost::encoding::message::encode(number, &made, bytes);
        }
    };
    for (field, value) in message.fields() {
        write_until(field.number(), &mut bytes);
        match value.as_message().filter(|inner| inner.descriptor().full_name() == STRUCT) {
            Some(inner) => {
                let ordered: prost_types::Struct = inner.transcode_to()?;
                prost::encoding::message::encode(field.number(), &ordered, &mut bytes);
            }
            None => {
                let mut single = DynamicMessage::new(message.descriptor());
                single.set_field(&field, value.clone());
                bytes.extend(single.encode_to_vec());
            }
        }
    }
    write_until(u32::MAX, &mut bytes);
    Ok(bytes)
}

fn restore_integers(json: &mut Value) {
    match json {
        Value::Number(number) => {
            if let Some(integer) = number.as_f64().filter(|_| number.is_f64()).and_then(structs::whole) {
                *number = integer;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(restore_integers),
        Value::Object(members) => members.values_mut().for_each(restore_integers),
        _ => {}
    }
}

/// The file, below `fixtures/proto`, that defines the named service.
pub fn file_of(service_name: &str) -> Option<String> {
    pool().ok()?.get_service_by_name(service_name).map(|service| service.parent_file().name().to_owned())
}

fn descriptor(message_name: &str) -> Result<MessageDescriptor, SchemaError> {
    pool()?.get_message_by_name(message_name).ok_or_else(|| SchemaError::UnknownMessage(message_name.to_owned()))
}

fn pool() -> Result<&'static DescriptorPool, SchemaError> {
    static POOL: OnceLock<Result<DescriptorPool, String>> = OnceLock::new();
    POOL.get_or_init(|| compile().map_err(|e| e.to_string())).as_ref().map_err(|why| SchemaError::Pool(why.clone()))
}

fn compile() -> Result<DescriptorPool, protox::Error> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Embedded);
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.open_files(FILES.iter().map(|(name, _)| name))?;
    Ok(compiler.descriptor_pool())
}

struct Embedded;

impl FileResolver for Embedded {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let (name, source) =
            FILES.iter().find(|(known, _)| *known == name).ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::ENDPOINTS;

    #[test]
    fn every_endpoint_has_its_messages() {
        for endpoint in ENDPOINTS {
            for name in [endpoint.grpc.request, endpoint.grpc.response] {
                assert!(descriptor(name).is_ok(), "{} names {name}", endpoint.name);
            }
            let service = pool().expect("compiles").get_service_by_name(endpoint.grpc.service).expect("service");
            let method = service.methods().find(|m| m.name() == endpoint.grpc.method).expect("method");
            assert_eq!(method.input().full_name(), endpoint.grpc.request);
            assert_eq!(method.output().full_name(), endpoint.grpc.response);
        }
    }

    #[test]
    fn documented_members_exist_in_the_request() {
        for endpoint in ENDPOINTS {
            let request = descriptor(endpoint.grpc.request).expect("listed");
            let named = endpoint.path_members().chain(endpoint.factor_member());
            for member in named.chain(endpoint.limits.iter().filter_map(|limit| limit.member.split('/').nth(1))) {
                assert!(request.get_field_by_json_name(member).is_some(), "{} has no {member}", endpoint.name);
            }
        }
    }
}
