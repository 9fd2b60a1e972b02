//! Exchanges made by hand: a good reply of each kind, to be broken by the rows.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderMap, HeaderName};
use serde_json::{Value, json};

use crate::contract::{Endpoint, Flow, Form, Operation, Protocol, What};
use crate::transport::{Exchange, Refusal, Reply, SentRequest, Timings};
use crate::webauthn::base64;
use crate::wire::framing::{self, FLAG_MESSAGE, FLAG_TRAILERS};
use crate::wire::schema;
use crate::wire::status::Status;

/// An endpoint under test.
pub fn endpoint(flow: Flow, operation: Operation) -> &'static Endpoint {
    flow.endpoint(operation).expect("every flow has it")
}

/// Every endpoint under test.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    Flow::ALL.into_iter().flat_map(|flow| Operation::ALL.map(|operation| endpoint(flow, operation)))
}

/// `publicKey` with every member that the documents show.
pub fn public_key() -> Value {
    json!({
        "rp": {"id": "login.example", "name": "Login"},
        "user": {"id": "MTY0ODQw", "name": "minnie@mouse.example", "displayName": "Minnie"},
        "challenge": "XaMYwWOZ5hj6pwtwJJlpcI-ExkO5TxevBMG4R8DoKQQ",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
        "timeout": 60000,
        "excludeCredentials": [{"type": "public-key", "id": "tVp1QfYhT8DkyEHVrv7blnpAo2YJzbZgZNBf7zPs6CI"}],
        "authenticatorSelection": {"userVerification": "required", "residentKey": "preferred"},
        "attestation": "none",
    })
}

/// The documented body of a 200.
pub fn body(endpoint: &Endpoint) -> Value {
    body_with(endpoint, &json!({ "publicKey": public_key() }))
}

/// The documented body with these options, if it is a start's.
pub fn body_with(endpoint: &Endpoint, options: &Value) -> Value {
    let details =
        json!({"sequence": "2", "changeDate": "2024-11-25T15:26:50.405Z", "resourceOwner": "69629023906488334"});
    let mut body = json!({ "details": details });
    endpoint.answer(What::FactorId, &mut body, "163840776835432705");
    if let Some(slot) = endpoint.answers(What::Options) {
        slot.put(
            &mut body,
            match slot.form {
                Form::Base64 => base64::encode_standard(options.to_string().as_bytes()).into(),
                Form::Json => options.clone(),
            },
        );
    }
    body
}

/// The documented error body.
pub fn error(code: i32) -> Value {
    let detail = json!({"@type": "type.googleapis.com/zitadel.v1.ErrorDetail", "id": "X-1", "message": "why"});
    json!({"code": code, "message": "refused: why", "details": [detail]})
}

fn exchange(endpoint: &'static Endpoint, protocol: Protocol, body: Bytes, reply: Reply) -> Exchange {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(protocol.content_type()));
    let (method, path) = match protocol {
        Protocol::Rest => (endpoint.rest.method, endpoint.rest.path.replace(['{', '}'], "")),
        _ => ("POST", endpoint.grpc.as_ref().expect("a method").path()),
    };
    let request = SentRequest {
        method: method.to_owned(),
        url: format!("http://localhost{path}"),
        headers: HeaderMap::new(),
        authorized: true,
        body: Bytes::new(),
        message: None,
    };
    let (trailers, timings) = (HeaderMap::new(), Timings::default());
    Exchange {
        protocol,
        endpoint,
        request,
        http_status: 200,
        headers,
        trailers,
        body,
        is_http2: false,
        has_surplus: false,
        reply,
        timings,
    }
}

/// A REST reply, read as the transport reads it.
pub fn rest_text(endpoint: &'static Endpoint, http_status: u16, text: &str) -> Exchange {
    let json = serde_json::from_str::<Value>(text).ok();
    let reply = match (http_status, json) {
        (200, Some(body @ Value::Object(_))) => Reply::Success(body),
        (200, _) => Reply::Unreadable("the body is not a JSON object".to_owned()),
        (_, json) => {
            let status = json.as_ref().filter(|json| json.is_object()).map(Status::from_json);
            Reply::Refusal(Refusal { status, json })
        }
    };
    let body = Bytes::copy_from_slice(text.as_bytes());
    let exchange = Exchange { http_status, ..exchange(endpoint, Protocol::Rest, body, reply) };
    match http_status {
        401 => with_header(exchange, "www-authenticate", "Bearer realm=\"a, b\", error=\"invalid_token\""),
        405 => with_header(exchange, "allow", "GET"),
        _ => exchange,
    }
}

/// A REST reply with a JSON body.
pub fn rest(endpoint: &'static Endpoint, http_status: u16, body: &Value) -> Exchange {
    rest_text(endpoint, http_status, &body.to_string())
}

/// A success over gRPC or gRPC-Web. `body` is what the reply says; its members that the schema knows are in the bytes.
pub fn rpc(endpoint: &'static Endpoint, protocol: Protocol, body: &Value) -> Exchange {
    let message = schema::encode(endpoint.grpc.as_ref().expect("a method").response, body).unwrap_or_default();
    let frame = framing::frame(FLAG_MESSAGE, &message);
    let exchange = exchange(endpoint, protocol, frame, Reply::Success(body.clone()));
    with_trailers(exchange, Status::default().to_headers().expect("no details"))
}

/// A refusal over gRPC or gRPC-Web, in trailers.
pub fn rpc_refusal(endpoint: &'static Endpoint, protocol: Protocol, status: &Status) -> Exchange {
    let reply = Reply::Refusal(Refusal { status: Some(status.clone()), json: Some(status.to_json()) });
    let exchange = exchange(endpoint, protocol, Bytes::new(), reply);
    with_trailers(exchange, status.to_headers().expect("known details"))
}

/// The success or refusal with these trailers: for gRPC-Web, with the frame that carries them.
pub fn with_trailers(mut exchange: Exchange, trailers: HeaderMap) -> Exchange {
    if exchange.protocol == Protocol::GrpcWeb {
        exchange.body = [exchange.body, trailer_frame(&trailers)].concat().into();
    }
    Exchange { trailers, ..exchange }
}

/// gRPC-Web's frame of trailers.
pub fn trailer_frame(trailers: &HeaderMap) -> Bytes {
    framing::frame(FLAG_TRAILERS, &framing::encode_trailers(trailers))
}

/// A good success over any protocol.
pub fn success(endpoint: &'static Endpoint, protocol: Protocol, body: &Value) -> Exchange {
    match protocol {
        Protocol::Rest => rest(endpoint, 200, body),
        _ => rpc(endpoint, protocol, body),
    }
}

/// A good refusal over any protocol, or one with another code.
pub fn refusal(endpoint: &'static Endpoint, protocol: Protocol, http_status: u16, code: i32) -> Exchange {
    match protocol {
        Protocol::Rest => rest(endpoint, http_status, &error(code)),
        _ => rpc_refusal(endpoint, protocol, &Status::from_json(&error(code))),
    }
}

/// The exchange with a header added or replaced.
pub fn with_header(mut exchange: Exchange, name: &'static str, value: &str) -> Exchange {
    exchange.headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value).expect("visible"));
    exchange
}
