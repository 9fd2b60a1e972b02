//! Protobuf messages as protobuf JSON: the form that scenarios, reports and all protocols share.
//!
//! The descriptors are compiled from the `.proto` files in `fixtures/proto` at first use and kept; nothing happens before.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use prost::Message as _;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, MessageDescriptor, ReflectMessage as _, Value as Reflected,
};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use serde_json::Value;

use proofmark_fixtures::PROTOS;

use super::fast_codec::Plan;
use super::structs;

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
    match plan(message_name)?.read(bytes) {
        Some(json) => Ok(json),
        None => reflected(message_name, bytes),
    }
}

/// Decodes any message, or says what is wrong with it.
fn reflected(message_name: &str, bytes: &[u8]) -> Result<Value, SchemaError> {
    let failed = |why: String| SchemaError::Bytes { message: message_name.to_owned(), why };
    let message = DynamicMessage::decode(descriptor(message_name)?, bytes).map_err(|why| failed(why.to_string()))?;
    let mut json = serde_json::to_value(&message).map_err(|why| failed(why.to_string()))?;
    restore_integers(&mut json);
    Ok(json)
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
    match plan(message_name)?.write(json) {
        Some(bytes) => Ok(bytes),
        None => reflecting(message_name, json, options),
    }
}

/// Encodes any message, or says what is wrong with it.
fn reflecting(message_name: &str, json: &Value, options: DeserializeOptions) -> Result<Vec<u8>, SchemaError> {
    let failed = |why: String| SchemaError::Json { message: message_name.to_owned(), why };
    let message = DynamicMessage::deserialize_with_options(descriptor(message_name)?, json, &options)
        .map_err(|e| failed(e.to_string()))?;
    in_order(&message).map_err(|e| failed(e.to_string()))
}

/// Encodes a message with the members of each `Struct` in alphabetical order. The map of a dynamic message has no order, and one message must be one byte string.
fn in_order(message: &DynamicMessage) -> Result<Vec<u8>, prost::DecodeError> {
    let mut bytes = Vec::new();
    for (field, value) in message.fields() {
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

/// All of them as a `google.protobuf.FileDescriptorSet`, for servers that offer reflection.
///
/// # Errors
/// [`SchemaError::Pool`]
pub fn file_descriptor_set() -> Result<Vec<u8>, SchemaError> {
    pool().map(DescriptorPool::encode_to_vec)
}

fn descriptor(message_name: &str) -> Result<MessageDescriptor, SchemaError> {
    pool()?.get_message_by_name(message_name).ok_or_else(|| SchemaError::UnknownMessage(message_name.to_owned()))
}

/// The plan of a message, which is made once.
fn plan(message_name: &str) -> Result<Arc<Plan>, SchemaError> {
    static PLANS: RwLock<BTreeMap<String, Arc<Plan>>> = RwLock::new(BTreeMap::new());
    if let Some(plan) = PLANS.read().unwrap_or_else(PoisonError::into_inner).get(message_name) {
        return Ok(Arc::clone(plan));
    }
    let plan = Arc::new(Plan::new(&descriptor(message_name)?));
    PLANS.write().unwrap_or_else(PoisonError::into_inner).insert(message_name.to_owned(), Arc::clone(&plan));
    Ok(plan)
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
    compiler.open_files(PROTOS.iter().map(|(name, _)| name))?;
    Ok(compiler.descriptor_pool())
}

struct Embedded;

impl FileResolver for Embedded {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let (name, source) =
            PROTOS.iter().find(|(known, _)| *known == name).ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{What, usual};
    use proptest::prelude::*;
    use serde_json::json;

    const START: &str = "zitadel.user.v2.RegisterPasskeyResponse";
    const VERIFY: &str = "zitadel.user.v2.VerifyPasskeyRegistrationRequest";
    const START_V1: &str = "zitadel.auth.v1.AddMyPasswordlessResponse";
    const VERIFY_V1: &str = "zitadel.auth.v1.VerifyMyPasswordlessRequest";

    fn strict() -> DeserializeOptions {
        DeserializeOptions::new().deny_unknown_fields(true)
    }

    /// The messages that a plan reads and writes in place of reflection.
    #[test]
    fn the_messages_of_an_enrolment_need_no_reflection() {
        let details =
            json!({ "sequence": "2", "changeDate": "2026-11-24T10:00:00.120Z", "resourceOwner": "69629023906488334" });
        let options = json!({ "publicKey": { "rp": { "id": "a" }, "timeout": 1, "pubKeyCredParams": [{ "alg": -7 }], "x": [null, true, 0.5] } });
        for (name, json) in [
            (START, json!({ "details": details, "passkeyId": "1", "publicKeyCredentialCreationOptions": options })),
            (VERIFY, json!({ "userId": "u", "passkeyId": "1", "publicKeyCredential": options, "passkeyName": "n" })),
            (START_V1, json!({ "key": { "publicKey": "eyJ9" }, "details": details })),
            (VERIFY_V1, json!({ "verification": { "publicKeyCredential": "eyJ9", "tokenName": "n" } })),
        ] {
            let plan = plan(name).expect("listed");
            let bytes = plan.write(&json).expect("written");
            assert_eq!(reflecting(name, &json, strict()), Ok(bytes.clone()), "{name}");
            let read = plan.read(&bytes).expect("read");
            assert_eq!(reflected(name, &bytes).expect("read").to_string(), read.to_string(), "{name}");
        }
    }

    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[0-9]{0,3}|[a-zA-Z0-9+/_=-]{0,9}|.{0,3}".prop_map(Value::from),
            "20[0-9]{2}-0[0-9]-[0-3][0-9]T00:00:00(\\.[0-9]{1,9})?Z".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-b]{0,2}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    /// A message with members of all kinds in all places, some by their names in the `.proto` files.
    fn messages() -> impl Strategy<Value = (&'static str, Value)> {
        const NAMES: [&str; 14] = [
            "details",
            "passkeyId",
            "passkey_id",
            "publicKeyCredentialCreationOptions",
            "userId",
            "publicKeyCredential",
            "passkeyName",
            "key",
            "verification",
            "sequence",
            "changeDate",
            "resourceOwner",
            "tokenName",
            "publicKey",
        ];
        let member = || (prop::sample::select(&NAMES[..]), anything());
        let inner = prop::collection::vec(member(), 0..3).prop_map(|members| members.into_iter().collect::<Value>());
        let member = (prop::sample::select(&NAMES[..]), prop_oneof![anything(), inner]);
        let message = prop::collection::vec(member, 0..5).prop_map(|members| members.into_iter().collect::<Value>());
        (prop::sample::select(&[START, VERIFY, START_V1, VERIFY_V1][..]), message)
    }

    proptest! {
        #[test]
        fn a_plan_agrees_with_reflection((name, json) in messages(), cut in any::<prop::sample::Index>(), other in any::<u8>()) {
            let plan = plan(name).expect("listed");
            if let Some(bytes) = plan.write(&json) {
                prop_assert_eq!(reflecting(name, &json, strict()), Ok(bytes));
            }
            let Ok(mut bytes) = encode_lenient(name, &json) else { return Ok(()) };
            for changed in [false, true] {
                if changed && !bytes.is_empty() {
                    let at = cut.index(bytes.len());
                    bytes[at] = other;
                }
                if let Some(read) = plan.read(&bytes) {
                    let expected = reflected(name, &bytes).map(|json| json.to_string());
                    prop_assert_eq!(expected, Ok(read.to_string()));
                }
            }
        }
    }

    #[test]
    fn every_endpoint_has_its_messages() {
        for endpoint in usual().endpoints() {
            let grpc = endpoint.grpc.as_ref().expect("a method");
            for name in [grpc.request, grpc.response] {
                assert!(descriptor(name).is_ok(), "{} names {name}", endpoint.name);
            }
            let service = pool().expect("compiles").get_service_by_name(grpc.service).expect("service");
            let method = service.methods().find(|m| m.name() == grpc.method).expect("method");
            assert_eq!(method.input().full_name(), grpc.request);
            assert_eq!(method.output().full_name(), grpc.response);
        }
    }

    #[test]
    fn documented_members_exist_in_the_request() {
        for endpoint in usual().endpoints() {
            let grpc = endpoint.grpc.as_ref().expect("a method");
            let request = descriptor(grpc.request).expect("listed");
            let named = endpoint.path_members().chain(endpoint.asks(What::FactorId).map(|slot| slot.name()));
            for member in named.chain(endpoint.limits.iter().filter_map(|limit| limit.member.split('/').nth(1))) {
                assert!(request.get_field_by_json_name(member).is_some(), "{} has no {member}", endpoint.name);
            }
        }
    }
}
