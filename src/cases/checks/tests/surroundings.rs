//! What HTTP and gRPC ask of replies, beside what the API promises.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method};

use super::exchanges::{
    body, endpoint, error, refusal, rest, rest_text, rpc_refusal, success, with_header, with_trailers,
};
use super::{
    ALLOWED, BEARER, CACHE, CHALLENGED, CODING, CODING_NAMED, CONDITIONAL, CREDENTIALS, DATED, ENCODING_UNKNOWN,
    EXPOSED, Expected, FIELD_ONCE, FRAMING, HTTP_STATUS, JSON_UTF8, MESSAGE_ENCODED, REDIRECT, REFUSAL_CODE, Row,
    STATUS_PLACE, SUCCESS_STATUS, TRACE, UNKNOWN_METHOD, VARIES, WEB_LOWER_CASE, row,
};
use crate::contract::{Endpoint, Flow, Operation, Protocol};
use crate::transport::Exchange;
use crate::wire::framing;
use crate::wire::status::{GRPC_STATUS, Status};

const FOREIGN: &str = "https://attacker.example";

fn start() -> &'static Endpoint {
    endpoint(Flow::V2_U2F, Operation::Start)
}

fn good(protocol: Protocol) -> Exchange {
    success(start(), protocol, &body(start()))
}

fn asked(mut exchange: Exchange, name: &'static str, value: &'static str) -> Exchange {
    exchange.request.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    exchange
}

fn by(method: &Method, mut exchange: Exchange) -> Exchange {
    method.as_str().clone_into(&mut exchange.request.method);
    exchange
}

/// The exchange with these lines, `name: value`.
fn with(exchange: Exchange, lines: &[&str]) -> Exchange {
    let mut exchange = exchange;
    for line in lines {
        let (name, value) = line.split_once(": ").expect("a line");
        let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
        exchange.headers.append(name, HeaderValue::from_str(value).expect("visible"));
    }
    exchange
}

fn without(mut exchange: Exchange, name: &str) -> Exchange {
    exchange.headers.remove(name);
    exchange
}

fn rows(exchange: &Exchange, lines: &[&[&str]], expected: &[Expected]) -> Vec<Row> {
    lines.iter().map(|lines| row(lines.join(", "), with(exchange.clone(), lines), expected)).collect()
}

/// What no text forbids.
pub fn harmless() -> Vec<Row> {
    let mut found = Vec::new();
    for protocol in Protocol::ALL {
        let lines: &[&[&str]] = &[
            &["cache-control: no-store"],
            &["cache-control: private, max-age=60"],
            &[
                "cache-control: no-cache, no-store, max-age=0, must-revalidate",
                "pragma: no-cache",
                "expires: 0",
                "age: 0",
            ],
            &["access-control-allow-origin: *", "vary: accept", "vary: accept-encoding"],
            &["set-cookie: a=1", "set-cookie: b=2", "date: Mon, 25 Nov 2024 15:26:50 GMT"],
        ];
        found.extend(rows(&asked(good(protocol), "origin", FOREIGN), lines, &[]));
        let allowed: &[&[&str]] = &[
            &["access-control-allow-origin: https://attacker.example", "vary: Origin"],
            &["access-control-allow-origin: https://console.example", "access-control-allow-credentials: true"],
        ];
        found.extend(rows(&asked(good(protocol), "origin", FOREIGN), allowed, &[]));
        let own = ["access-control-allow-origin: https://login.example", "access-control-allow-credentials: true"];
        found.push(row("own origin", with(asked(good(protocol), "origin", "https://login.example:8443"), &own), &[]));
    }
    let refused = refusal(start(), Protocol::Rest, 401, 16);
    for challenge in
        ["Bearer", "bearer realm=x", "DPoP algs=\"ES256\", Bearer", "Basic realm=\"a\", bearer realm=\"b\""]
    {
        found.push(row(challenge, with_header(refused.clone(), "www-authenticate", challenge), &[]));
    }
    let get = by(&Method::GET, rest(start(), 405, &error(12)));
    for allow in ["POST", "POST, DELETE", "OPTIONS,POST"] {
        found.push(row(allow, with_header(get.clone(), "allow", allow), &[]).of_another_method());
    }
    found.push(row("a page", with_header(without(get, "allow"), "content-type", "text/html"), &[]).of_another_method());
    found
}

/// Replies with one thing wrong.
pub fn defective() -> Vec<Row> {
    [refusals(), fields(), sharing(), codings(), requests(), grpc()].into_iter().flatten().collect()
}

fn refusals() -> Vec<Row> {
    let refused = refusal(start(), Protocol::Rest, 401, 16);
    let mut found = vec![row("no challenge", without(refused.clone(), "www-authenticate"), &[CHALLENGED])];
    for (challenge, expected) in
        [("", &[CHALLENGED, BEARER][..]), ("Basic realm=\"Bearer\"", &[BEARER]), ("auth header missing", &[BEARER])]
    {
        found.push(row(challenge, with_header(refused.clone(), "www-authenticate", challenge), expected));
    }
    let get = by(&Method::GET, rest(start(), 405, &error(12)));
    found.push(row("no Allow", without(get.clone(), "allow"), &[ALLOWED]).of_another_method());
    for allow in ["", "GET", "PUT, DELETE", "GET, POST"] {
        found.push(row(allow, with_header(get.clone(), "allow", allow), &[ALLOWED]).of_another_method());
    }
    found
}

fn fields() -> Vec<Row> {
    let mut found = Vec::new();
    let dates: &[&[&str]] = &[
        &["date: 2024-11-25T15:26:50Z"],
        &["date: Mon, 25 Nov 2024 15:26:50 +0000"],
        &["date: Monday, 25-Nov-24 15:26:50 GMT"],
        &["date: yesterday"],
    ];
    found.extend(rows(&rest(start(), 404, &error(5)), dates, &[DATED]));
    let twice: &[&[&str]] = &[
        &["content-type: application/json"],
        &["etag: \"a\"", "etag: \"b\""],
        &["access-control-allow-origin: *", "access-control-allow-origin: *"],
    ];
    found.extend(rows(&good(Protocol::Rest), twice, &[FIELD_ONCE]));
    let both: &[&[&str]] = &[&["transfer-encoding: chunked", "content-length: 2"]];
    found.extend(rows(&good(Protocol::Rest), both, &[FRAMING]));
    found.push(row("surplus", Exchange { has_surplus: true, ..good(Protocol::Rest) }, &[FRAMING]));
    let head = by(&Method::HEAD, good(Protocol::Rest));
    found.push(row("content after HEAD", head, &[FRAMING]).of_another_method());
    for text in ["\u{feff}{\"code\":5,\"message\":\"\",\"details\":[]}", "\u{feff}{}"] {
        found.push(row("a mark", rest_text(start(), 404, text), &[super::ERROR_BODY, JSON_UTF8]));
        found.push(row("a mark", rest_text(start(), 404, text), &[JSON_UTF8]).of_another_method());
    }
    for text in ["{\"code\":0,\"message\":\"a\",\"details\":[]}", "{\"code\":\"OK\"}"] {
        found.push(row("a code of success", rest_text(start(), 415, text), &[REFUSAL_CODE]).of_another_method());
    }
    found
}

fn sharing() -> Vec<Row> {
    let lines: &[&[&str]] = &[
        &["cache-control: public, max-age=60"],
        &["cache-control: max-age=60", "cache-control: s-maxage=60"],
        &["cache-control: no-store", "cdn-cache-control: max-age=60"],
        &["surrogate-control: max-age=60"],
        &["age: 12"],
    ];
    let mut found = Vec::new();
    for protocol in Protocol::ALL {
        found.extend(rows(&good(protocol), lines, &[CACHE]));
        let credentials: &[&[&str]] = &[
            &[
                "access-control-allow-origin: https://attacker.example",
                "access-control-allow-credentials: true",
                "vary: origin",
            ],
            &["access-control-allow-origin: *", "access-control-allow-credentials: true"],
            &["access-control-allow-origin: null", "access-control-allow-credentials: true"],
        ];
        found.extend(rows(&asked(good(protocol), "origin", FOREIGN), credentials, &[CREDENTIALS]));
        let reflected: &[&[&str]] = &[
            &["access-control-allow-origin: https://attacker.example"],
            &["access-control-allow-origin: https://attacker.example", "vary: accept-encoding"],
        ];
        found.extend(rows(&asked(good(protocol), "origin", FOREIGN), reflected, &[VARIES]));
    }
    let mut in_headers = asked(refusal(start(), Protocol::GrpcWeb, 404, 5), "origin", FOREIGN);
    in_headers.headers.extend(std::mem::take(&mut in_headers.trailers));
    in_headers.body = Bytes::new();
    let hidden: &[&[&str]] = &[
        &["access-control-allow-origin: *"],
        &["access-control-allow-origin: *", "access-control-expose-headers: grpc-status, date"],
    ];
    found.extend(rows(&in_headers, hidden, &[EXPOSED]));
    found
}

fn codings() -> Vec<Row> {
    let mut found = Vec::new();
    for (accepted, coding) in [("identity", "br"), ("gzip, br;q=0", "br"), ("zstd", "BR")] {
        let exchange = asked(good(Protocol::Rest), "accept-encoding", accepted);
        found.push(row(accepted, with_header(exchange, "content-encoding", coding), &[CODING]));
    }
    let named = with_header(good(Protocol::Rest), "content-encoding", "gzip");
    found.push(row("not what it says", named, &[CODING_NAMED]));
    let mut compressed = rest_text(start(), 404, "");
    compressed.body = Bytes::from_static(b"\x1f\x8b\x08\0\0\0");
    compressed.headers.insert("content-type", HeaderValue::from_static("application/octet-stream"));
    found.push(row("without a name", compressed, &[CODING_NAMED]).of_another_method());
    found
}

fn requests() -> Vec<Row> {
    let mut found = Vec::new();
    for http_status in [206, 304] {
        let exchange = rest(start(), http_status, &body(start()));
        found.push(row(http_status.to_string(), exchange, &[SUCCESS_STATUS, CONDITIONAL]));
    }
    found.push(row("416", rest(start(), 416, &error(11)), &[CONDITIONAL]));
    for location in ["https://attacker.example/", "//v2/users"] {
        let exchange = with_header(rest_text(start(), 308, ""), "location", location);
        found.push(row(location, exchange, &[REDIRECT]).of_another_method());
    }
    let mut traced = by(&Method::TRACE, rest_text(start(), 200, ""));
    traced.body = Bytes::from_static(b"TRACE / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\n\r\n");
    found.push(row("repeated", traced, &[TRACE]).of_another_method());
    found
}

fn grpc() -> Vec<Row> {
    let mut found = Vec::new();
    for protocol in [Protocol::Grpc, Protocol::GrpcWeb] {
        let refused = refusal(start(), protocol, 404, 5);
        found.push(row("HTTP 404", Exchange { http_status: 404, ..refused.clone() }, &[HTTP_STATUS]));
        let zero = HeaderMap::from_iter([(GRPC_STATUS, HeaderValue::from_static("00"))]);
        let mut exchange = good(protocol);
        exchange.body = framing::parse(&exchange.body)
            .expect("frames")
            .first()
            .map(|frame| framing::frame(0, &frame.payload))
            .expect("one");
        found.push(row("00", with_trailers(exchange, zero), &[STATUS_PLACE]));
        for message in ["100% of it", "\u{fc}ber", "a %4"] {
            let mut exchange = rpc_refusal(start(), protocol, &Status { code: 5, ..Status::default() });
            exchange.trailers.insert("grpc-message", HeaderValue::from_bytes(message.as_bytes()).expect("visible"));
            found.push(row(message, exchange, &[MESSAGE_ENCODED]));
        }
        let mut elsewhere = refused;
        elsewhere.request.url = "http://localhost/a.Service/Nothing".to_owned();
        found.push(row("code 5", elsewhere, &[UNKNOWN_METHOD]).of_another_method());
    }
    let mut early = good(Protocol::Grpc);
    early.headers.extend(std::mem::take(&mut early.trailers));
    found.push(row("in the headers, with a message", early, &[STATUS_PLACE]));
    let mut refused = asked(refusal(start(), Protocol::Grpc, 200, 13), "grpc-encoding", "made-up");
    refused.request.body = framing::frame(1, b"");
    found.push(row("code 13", refused, &[super::NO_SERVER_ERROR, ENCODING_UNKNOWN]));
    let mut refused = asked(refusal(start(), Protocol::Grpc, 200, 12), "grpc-encoding", "made-up");
    refused.request.body = framing::frame(1, b"");
    let named = with_header(refused, "grpc-accept-encoding", "gzip,made-up");
    found.push(row("named", named, &[ENCODING_UNKNOWN]).of_another_method());
    let mut web = good(Protocol::GrpcWeb);
    let message =
        framing::parse(&web.body).expect("frames").first().map(|frame| framing::frame(0, &frame.payload)).expect("one");
    web.body = [message, framing::frame(0x80, b"Grpc-Status: 0\r\n")].concat().into();
    found.push(row("capitals", web, &[WEB_LOWER_CASE]));
    found
}
