//! What surrounds the bodies: statuses, headers, trailers, frames; and what must not be in any of them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};
use serde_json::json;

use super::exchanges::{
    body, body_with, endpoint, endpoints, error, public_key, refusal, rest, rest_text, rpc, rpc_refusal, success,
    trailer_frame, with_header, with_trailers,
};
use super::{
    CONTENT_TYPE as WRONG_TYPE, ENDPOINT, ERROR_BODY, FACTOR, GRPC_MESSAGE, GRPC_STATUS, GRPC_WEB_FRAMING,
    NO_INTERNALS, NO_OTHER_USER, NO_SERVER_ERROR, NO_STACK_TRACE, NO_TOKEN, REFUSAL_STATUS, Row, SUCCESS_STATUS, TOKEN,
    row,
};
use crate::checks::internals::tests::{INTERNAL, LEGITIMATE};
use crate::contract::{Endpoint, Flow, Operation, Protocol};
use crate::transport::{Exchange, Refusal, Reply};
use crate::wire::framing::{self, FLAG_MESSAGE};
use crate::wire::percent;
use crate::wire::status::{GRPC_STATUS_DETAILS, Status};

fn start() -> &'static Endpoint {
    endpoint(Flow::V2_U2F, Operation::Start)
}

fn good_success(protocol: Protocol) -> Exchange {
    success(start(), protocol, &body(start()))
}

fn good_refusal(protocol: Protocol) -> Exchange {
    refusal(start(), protocol, 404, 5)
}

/// Documented replies, and departures from the examples that every protocol allows.
pub fn good() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in endpoints() {
        for protocol in Protocol::ALL {
            rows.push(row("200", success(endpoint, protocol, &body(endpoint)), &[]));
            for (http, code) in [(400, 3), (401, 16), (403, 7), (404, 5), (409, 6), (429, 8)] {
                rows.push(row(format!("code {code}"), refusal(endpoint, protocol, http, code), &[]));
            }
        }
    }
    for (protocol, content_type) in [
        (Protocol::Rest, "application/json; charset=utf-8"),
        (Protocol::Rest, "Application/JSON;charset=UTF-8"),
        (Protocol::Grpc, "application/grpc+proto"),
        (Protocol::GrpcWeb, "application/grpc-web"),
        (Protocol::GrpcWeb, "application/grpc-web+proto; charset=utf-8"),
    ] {
        rows.push(row(content_type, with_header(good_success(protocol), "content-type", content_type), &[]));
        rows.push(row(content_type, with_header(good_refusal(protocol), "content-type", content_type), &[]));
    }
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        for content_type in ["application/grpc", protocol.content_type()] {
            rows.push(row(content_type, in_headers(protocol, content_type), &[]));
        }
        let status = Status { code: 5, message: "über".to_owned(), details: Vec::new() };
        rows.push(row("without details", rpc_refusal(start(), protocol, &status), &[]));
    }
    rows
}

/// A refusal whose status is in the headers, without body and trailers.
fn in_headers(protocol: Protocol, content_type: &str) -> Exchange {
    let mut exchange = with_header(good_refusal(protocol), "content-type", content_type);
    let status = std::mem::take(&mut exchange.trailers);
    exchange.headers.extend(status);
    Exchange { body: Bytes::new(), ..exchange }
}

/// Replies with one defect in what surrounds the body.
pub fn defective() -> Vec<Row> {
    [
        server_errors(),
        content_types(),
        http_statuses(),
        nowhere(),
        grpc_statuses(),
        grpc_details(),
        frames(),
        messages(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Answers of a server that does not have the operation there.
fn nowhere() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in endpoints() {
        for (http, protocol) in
            [(405, Protocol::Rest), (501, Protocol::Rest), (200, Protocol::Grpc), (200, Protocol::GrpcWeb)]
        {
            rows.push(row("not implemented", refusal(endpoint, protocol, http, 12), &[ENDPOINT]));
        }
    }
    rows
}

fn server_errors() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in endpoints() {
        for (http, code) in [(500, 13), (500, 2), (503, 14), (500, 15)] {
            for protocol in Protocol::ALL {
                rows.push(row(format!("code {code}"), refusal(endpoint, protocol, http, code), &[NO_SERVER_ERROR]));
            }
        }
        rows.push(row("500 with code 3", rest(endpoint, 500, &error(3)), &[NO_SERVER_ERROR]));
        rows.push(row("400 with code 13", rest(endpoint, 400, &error(13)), &[NO_SERVER_ERROR]));
    }
    let page = with_header(rest_text(start(), 502, "<h1>Bad gateway</h1>"), "content-type", "text/html");
    rows.push(row("a proxy's page", page, &[NO_SERVER_ERROR, WRONG_TYPE, ERROR_BODY]));
    rows
}

fn content_types() -> Vec<Row> {
    let mut rows = Vec::new();
    for (protocol, wrong) in [
        (Protocol::Rest, ["text/plain", "application/grpc", "application/jsonp", "text/json; a=application/json"]),
        (Protocol::Grpc, ["application/json", "application/grpc-web+proto", "application/grpc+json", ""]),
        (
            Protocol::GrpcWeb,
            ["application/json", "application/grpc", "application/grpc-web-text", "application/grpc-web+json"],
        ),
    ] {
        for exchange in [good_success(protocol), good_refusal(protocol)] {
            let typed = |content_type| with_header(exchange.clone(), "content-type", content_type);
            rows.extend(wrong.map(|content_type| row(content_type, typed(content_type), &[WRONG_TYPE])));
            let mut untyped = exchange;
            untyped.headers.remove(CONTENT_TYPE);
            rows.push(row("no content type", untyped, &[WRONG_TYPE]));
        }
    }
    rows
}

fn http_statuses() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in endpoints() {
        rows.push(row("201", rest(endpoint, 201, &body(endpoint)), &[SUCCESS_STATUS]));
        rows.push(row("202 with an error", rest(endpoint, 202, &error(3)), &[REFUSAL_STATUS]));
        rows.push(row("302", rest_text(endpoint, 302, "{}"), &[SUCCESS_STATUS]));
        for http_status in [204, 307] {
            let mut empty = rest_text(endpoint, http_status, "");
            empty.headers.clear();
            rows.push(row("no content", empty, &[SUCCESS_STATUS]));
        }
    }
    rows
}

fn with_status(protocol: Protocol, value: Option<&str>, reply: Reply) -> Exchange {
    let mut headers = HeaderMap::new();
    if let Some(value) = value {
        headers.insert("grpc-status", HeaderValue::from_str(value).expect("visible"));
    }
    let mut exchange = good_success(protocol);
    exchange.body = framing::frame(FLAG_MESSAGE, b"");
    Exchange { reply, ..with_trailers(exchange, headers) }
}

fn grpc_statuses() -> Vec<Row> {
    let mut rows = Vec::new();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        for value in [None, Some(""), Some("five"), Some("0x5"), Some("5.0")] {
            let exchange =
                with_status(protocol, value, Reply::Unreadable("no grpc-status that is a number".to_owned()));
            rows.push(row(format!("grpc-status {value:?}"), exchange, &[GRPC_STATUS]));
        }
        for (value, code) in [("17", 17), ("-1", -1), ("+5", 5), ("99999", 99_999)] {
            let status = Status { code, ..Status::default() };
            let reply = Reply::Refusal(Refusal { json: Some(status.to_json()), status: Some(status) });
            rows.push(row(format!("grpc-status {value}"), with_status(protocol, Some(value), reply), &[GRPC_STATUS]));
        }
    }
    rows
}

fn grpc_details() -> Vec<Row> {
    let other =
        Status::from_json(&error(13)).to_headers().expect("known details").remove(GRPC_STATUS_DETAILS).expect("there");
    let broken = [("not base64!", "not base64"), ("/w", "no google.rpc.Status")];
    let broken = broken.map(|(value, name)| (HeaderValue::from_static(value), name));
    let mut rows = Vec::new();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        for (value, name) in broken.iter().cloned().chain([(other.clone(), "details with another code")]) {
            for mut exchange in
                [good_success(protocol), good_refusal(protocol), in_headers(protocol, protocol.content_type())]
            {
                let place = if exchange.trailers.is_empty() { &mut exchange.headers } else { &mut exchange.trailers };
                place.insert(GRPC_STATUS_DETAILS, value.clone());
                rows.push(row(name, exchange, &[GRPC_STATUS]));
            }
        }
    }
    rows
}

fn frames() -> Vec<Row> {
    let message = framing::frame(FLAG_MESSAGE, b"");
    let (answered, refused) = (good_success(Protocol::GrpcWeb), good_refusal(Protocol::GrpcWeb));
    let trailers = trailer_frame(&refused.trailers);
    let cut = trailers.slice(..trailers.len() - 1);
    let mut rows = Vec::new();
    for (name, body) in [
        ("two trailer frames", vec![&trailers, &trailers]),
        ("a message after the trailers", vec![&trailers, &message]),
        ("a cut frame", vec![&cut]),
        ("bytes after the frames", vec![&message, &trailers, &Bytes::from_static(b"\0\0")]),
    ] {
        let body: Bytes = body.into_iter().flatten().copied().collect();
        rows.push(row(name, Exchange { body: body.clone(), ..refused.clone() }, &[GRPC_WEB_FRAMING]));
        rows.push(row(name, Exchange { body, ..answered.clone() }, &[GRPC_WEB_FRAMING]));
    }
    let unreadable = Reply::Unreadable("no grpc-status in headers or trailers".to_owned());
    let missing = Exchange { body: message.clone(), trailers: HeaderMap::new(), reply: unreadable, ..answered };
    rows.push(row("no trailer frame", missing, &[GRPC_WEB_FRAMING, GRPC_STATUS]));
    let both = Exchange { body: message, ..in_headers(Protocol::GrpcWeb, Protocol::GrpcWeb.content_type()) };
    rows.push(row("a status in the headers of a reply with a message", both, &[GRPC_WEB_FRAMING]));
    rows
}

fn messages() -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in endpoints() {
        for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
            let reply = Reply::Unreadable("0 messages in a reply that has one".to_owned());
            rows.push(row(
                "no message",
                Exchange { reply, ..rpc(endpoint, protocol, &body(endpoint)) },
                &[GRPC_MESSAGE],
            ));
        }
    }
    rows
}

/// Replies that show what they must not.
pub fn leaks() -> Vec<Row> {
    let mut rows = Vec::new();
    for form in [
        TOKEN.to_owned(),
        format!("your header was `Bearer {TOKEN}`"),
        percent::encode_component(TOKEN),
        STANDARD.encode(TOKEN),
        STANDARD.encode(format!("Bearer {TOKEN}")),
        URL_SAFE_NO_PAD.encode(format!("?{TOKEN}!")),
    ] {
        rows.extend(showing(&form).map(|(name, exchange)| row(format!("{form} in {name}"), exchange, &[NO_TOKEN])));
    }
    for trace in [
        "goroutine 57 [running]:\nmain.main()",
        "thread 'main' panicked at src/main.rs:2:5:",
        "Traceback (most recent call last):\n  File \"a.py\", line 1",
        "java.lang.NullPointerException\n\tat java.base/java.util.Objects.requireNonNull(Objects.java:233)",
        "TypeError: x\n    at Object.<anonymous> (/srv/app.js:1:7)",
        "Error: y\n    at node:events:1\n    at emit (node:internal/process:2:3)",
    ] {
        rows.extend(
            showing(trace).map(|(name, exchange)| row(format!("{trace} in {name}"), exchange, &[NO_STACK_TRACE])),
        );
    }
    for (_, text) in INTERNAL {
        let told = showing(text);
        rows.extend(told.map(|(name, exchange)| row(format!("{text} in {name}"), exchange, &[NO_INTERNALS])));
    }
    let mut told = body(start());
    told["trace"] = "sql: no rows in result set".into();
    rows.push(row("a success with an error of a database", success(start(), Protocol::Rest, &told), &[NO_INTERNALS]));
    rows
}

/// Replies that show the name of another user's factor.
pub fn others() -> Vec<Row> {
    let mut rows = Vec::new();
    for form in [
        FACTOR.to_owned(),
        format!("taken by `{FACTOR}`."),
        percent::encode_component(FACTOR),
        STANDARD.encode(format!("[\"{FACTOR}\"]")),
    ] {
        // A header is ASCII.
        let told = showing(&form).into_iter().filter(|(name, _)| form.is_ascii() || *name != "a header");
        rows.extend(told.map(|(name, exchange)| row(format!("{form} in {name}"), exchange, &[NO_OTHER_USER])));
    }
    let start = endpoint(Flow::V1_U2F, Operation::Start);
    let mut options = public_key();
    options["user"]["displayName"] = FACTOR.into();
    let wrapped = body_with(start, &json!({ "publicKey": options }));
    let list = endpoint(Flow::V2_PASSKEY, Operation::List);
    let listed = json!({ "result": [{ "id": "1", "state": "AUTH_FACTOR_STATE_READY", "name": FACTOR }] });
    for protocol in Protocol::ALL {
        let shown = success(start, protocol, &wrapped);
        let place = if protocol == Protocol::Rest { "the creation options" } else { "the message" };
        rows.push(row(format!("{FACTOR} in {place}"), shown, &[NO_OTHER_USER]));
        rows.push(row(format!("{FACTOR} in a list"), success(list, protocol, &listed), &[NO_OTHER_USER]));
    }
    rows
}

/// Refusals in the API's own words.
pub fn in_own_words() -> Vec<Row> {
    let told = LEGITIMATE.iter().flat_map(|text| showing(text).map(|(name, exchange)| (text, name, exchange)));
    told.map(|(text, name, exchange)| row(format!("{text} in {name}"), exchange, &[])).collect()
}

/// A text in a REST body, in a header, and in the message of a gRPC and a gRPC-Web refusal.
fn showing(text: &str) -> [(&'static str, Exchange); 4] {
    let mut body = error(3);
    body["message"] = text.into();
    let status = Status::from_json(&body);
    let header = text.replace('\n', " ");
    [
        ("a body", rest(start(), 400, &body)),
        ("a header", with_header(good_success(Protocol::Rest), "x-debug", &header)),
        ("a gRPC message", rpc_refusal(start(), Protocol::Grpc, &status)),
        ("a gRPC-Web message", rpc_refusal(start(), Protocol::GrpcWeb, &status)),
    ]
}
