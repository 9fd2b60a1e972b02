//! The floor over gRPC and gRPC-Web: messages by prost, one channel of tonic's for all workers, or HTTP/1.1 with frames.

use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use http::uri::PathAndQuery;
use proofmark::contract::{Flow, Operation};
use proofmark::wire::framing;
use prost::Message;
use prost_types::value::Kind;
use serde_json::Value;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Request, Status};

use super::floor::Worker;

#[derive(Clone, PartialEq, Message)]
struct Start {
    #[prost(string, tag = "1")]
    user_id: String,
}

#[derive(Clone, PartialEq, Message)]
struct Started {
    #[prost(string, tag = "2")]
    factor_id: String,
    #[prost(message, optional, tag = "3")]
    options: Option<prost_types::Struct>,
}

#[derive(Clone, PartialEq, Message)]
struct Verify {
    #[prost(string, tag = "1")]
    user_id: String,
    #[prost(string, tag = "2")]
    factor_id: String,
    #[prost(message, optional, tag = "3")]
    credential: Option<prost_types::Struct>,
    #[prost(string, tag = "4")]
    name: String,
}

/// v1's start has nothing in it; its reply has the options' text.
#[derive(Clone, PartialEq, Message)]
struct StartedV1 {
    #[prost(message, optional, tag = "1")]
    key: Option<Key>,
}

#[derive(Clone, PartialEq, Message)]
struct Key {
    #[prost(bytes = "vec", tag = "1")]
    public_key: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
struct VerifyV1 {
    #[prost(message, optional, tag = "1")]
    verification: Option<Verification>,
}

#[derive(Clone, PartialEq, Message)]
struct Verification {
    #[prost(bytes = "vec", tag = "1")]
    credential: Vec<u8>,
    #[prost(string, tag = "2")]
    name: String,
}

/// v2's passkey over gRPC: the credential is a Struct.
pub async fn v2(worker: &mut Worker) {
    let start = Start { user_id: worker.user.id.clone() }.encode_to_vec();
    let started = unary(worker, Flow::V2_PASSKEY, Operation::Start, start.into()).await;
    let verify = verification(worker, &started);
    unary(worker, Flow::V2_PASSKEY, Operation::Verify, verify.into()).await;
}

/// v1's passwordless over gRPC: the credential is bytes.
pub async fn v1(worker: &mut Worker) {
    let started = unary(worker, Flow::V1_PASSWORDLESS, Operation::Start, Bytes::new()).await;
    let started = StartedV1::decode(started).expect("a message").key.expect("options").public_key;
    let options = std::str::from_utf8(&started).expect("UTF-8");
    let credential = worker.authenticator.respond(options).expect("created").into_bytes();
    let verification = Some(Verification { credential, name: "floor".to_owned() });
    let verify = VerifyV1 { verification }.encode_to_vec();
    unary(worker, Flow::V1_PASSWORDLESS, Operation::Verify, verify.into()).await;
}

/// v2's passkey over gRPC-Web.
pub async fn web(worker: &mut Worker) {
    let start = Start { user_id: worker.user.id.clone() }.encode_to_vec();
    let started = framed(worker, Operation::Start, &start).await;
    let verify = verification(worker, &started);
    framed(worker, Operation::Verify, &verify).await;
}

fn verification(worker: &mut Worker, started: &[u8]) -> Vec<u8> {
    let started = Started::decode(started).expect("a message");
    let options = Value::Object(object(started.options.expect("options"))).to_string();
    let credential = worker.authenticator.respond(&options).expect("created");
    let Value::Object(credential) = serde_json::from_str(&credential).expect("JSON") else { panic!("an object") };
    let (user_id, factor_id) = (worker.user.id.clone(), started.factor_id);
    Verify { user_id, factor_id, credential: Some(structure(credential)), name: "floor".to_owned() }.encode_to_vec()
}

fn path(flow: Flow, operation: Operation) -> String {
    flow.endpoint(operation).expect("an operation of the flow").grpc.as_ref().expect("a method").path()
}

async fn unary(worker: &Worker, flow: Flow, operation: Operation, message: Bytes) -> Bytes {
    let mut request = Request::new(message);
    let authorization = worker.user.authorization.parse().expect("a header");
    request.metadata_mut().insert("authorization", authorization);
    let path: PathAndQuery = path(flow, operation).parse().expect("a path");
    let mut client = tonic::client::Grpc::new(worker.channel.clone());
    client.ready().await.expect("a channel");
    client.unary(request, path, Raw).await.expect("a reply").into_inner()
}

async fn framed(worker: &Worker, operation: Operation, message: &[u8]) -> Bytes {
    let url = format!("{}{}", worker.base_url, path(Flow::V2_PASSKEY, operation));
    let body = framing::frame(framing::FLAG_MESSAGE, message);
    let mut reply = worker.post(&url, "application/grpc-web+proto", body).await;
    assert_eq!(reply.get_u8(), framing::FLAG_MESSAGE);
    let length = usize::try_from(reply.get_u32()).expect("64 bits");
    let message = reply.split_to(length);
    assert!(reply.windows(13).any(|part| part == b"grpc-status:0"), "{reply:?}");
    message
}

/// Messages that are bytes already.
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Raw;
    type Decoder = Raw;

    fn encoder(&mut self) -> Raw {
        Raw
    }

    fn decoder(&mut self) -> Raw {
        Raw
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, message: Bytes, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put(message);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        let mut message = BytesMut::with_capacity(buffer.remaining());
        message.put(buffer);
        Ok(Some(message.freeze()))
    }
}

fn object(of: prost_types::Struct) -> serde_json::Map<String, Value> {
    of.fields.into_iter().map(|(name, value)| (name, json(value))).collect()
}

fn json(value: prost_types::Value) -> Value {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(flag)) => flag.into(),
        // Options have whole numbers only.
        Some(Kind::NumberValue(number)) => (number as i64).into(),
        Some(Kind::StringValue(text)) => text.into(),
        Some(Kind::ListValue(list)) => list.values.into_iter().map(json).collect(),
        Some(Kind::StructValue(of)) => Value::Object(object(of)),
    }
}

fn structure(of: serde_json::Map<String, Value>) -> prost_types::Struct {
    prost_types::Struct { fields: of.into_iter().map(|(name, value)| (name, protobuf(value))).collect() }
}

fn protobuf(value: Value) -> prost_types::Value {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text),
        Value::Array(list) => {
            Kind::ListValue(prost_types::ListValue { values: list.into_iter().map(protobuf).collect() })
        }
        Value::Object(of) => Kind::StructValue(structure(of)),
    };
    prost_types::Value { kind: Some(kind) }
}
