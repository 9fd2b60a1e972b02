//! What a target can do to one operation, one entry each, and what has to be said of it over each protocol.

use std::sync::LazyLock;

use bytes::Bytes;
use proofmark::wire::framing;

use super::frames::{self, END_STREAM};
use super::proxy::{Act as Act2, Ending};
use crate::misbehaving::proxy::Act as Act1;
use crate::misbehaving::{http, json};

/// One behaviour.
pub struct Behaviour {
    pub name: &'static str,
    /// Whether it takes the whole time limit.
    pub hangs: bool,
    /// What a process may take at its peak. The product promises 300.
    pub megabytes: u64,
    /// At how many calls over each protocol it does so; afterwards it answers as it should.
    pub times: usize,
    /// Another case than the usual ones.
    pub case: Option<&'static str>,
    pub rest: Option<(Act1, &'static str)>,
    pub grpc: Option<(Act2, &'static str)>,
    /// Whether the same is said of it where REST travels by HTTP/2 and TLS, as it would with gRPC.
    pub is_by_http2: bool,
    pub web: Option<(Act1, &'static str)>,
}

impl Behaviour {
    fn new(name: &'static str) -> Behaviour {
        Behaviour {
            name,
            hangs: false,
            megabytes: 150,
            times: usize::MAX,
            case: None,
            rest: None,
            grpc: None,
            is_by_http2: false,
            web: None,
        }
    }

    fn hanging(name: &'static str) -> Behaviour {
        Behaviour { hangs: true, ..Behaviour::new(name) }
    }

    /// At the first call only.
    fn once(name: &'static str) -> Behaviour {
        Behaviour { times: 1, ..Behaviour::new(name) }
    }

    /// Over both protocols that travel by HTTP/1.1.
    fn http1(self, act: Act1, expected: &'static str) -> Behaviour {
        Behaviour { rest: Some((act.clone(), expected)), web: Some((act, expected)), ..self }
    }

    fn rest(self, act: Act1, expected: &'static str) -> Behaviour {
        Behaviour { rest: Some((act, expected)), ..self }
    }

    fn web(self, body: Vec<u8>, expected: &'static str) -> Behaviour {
        let act = http("200 OK", "content-type: application/grpc-web+proto\r\n", body);
        Behaviour { web: Some((act, expected)), ..self }
    }

    fn web_act(self, act: Act1, expected: &'static str) -> Behaviour {
        Behaviour { web: Some((act, expected)), ..self }
    }

    fn http2(self, act: Act2, expected: &'static str) -> Behaviour {
        Behaviour { grpc: Some((act, expected)), ..self }
    }

    /// Of REST too, where that travels by HTTP/2.
    fn by_http2(self) -> Behaviour {
        Behaviour { is_by_http2: true, ..self }
    }

    /// A reply that the bytes end, or whose stream stays open.
    fn grpc(self, bytes: fn(u32) -> Vec<u8>, expected: &'static str) -> Behaviour {
        self.http2(Act2::Raw(bytes, Ending::Open), expected)
    }
}

/// The behaviours of one operation that have this name in common.
pub fn group(name: &str) -> Vec<Behaviour> {
    let by_http2 = |behaviours: Vec<Behaviour>| behaviours.into_iter().map(Behaviour::by_http2).collect();
    match name {
        "connections" => by_http2(connections()),
        "between" => by_http2(between()),
        "early" => early(),
        "bodies" => bodies(),
        "texts" => texts(),
        "headers" => headers(),
        "http2" => by_http2(http2()),
        "frames" => frames_of_grpc(),
        "statuses" => statuses(),
        _ => Vec::new(),
    }
}

// What is said of several.
const CLOSED_EARLY: &str = "fail(crash): closed the connection before the headers of the reply";
const CLOSED_LATE: &str = "fail(crash): closed the connection in the body of the reply";
const HUNG_EARLY: &str = "fail(hang): (before the headers of the reply)";
const HUNG_LATE: &str = "fail(hang): (in the body of the reply)";
const TOO_LONG: &str = "fail(wrong-shape): is longer than 4194304 bytes";
const NOT_HTTP: &str = "fail(wrong-shape): broke the rules of HTTP";
const COMPRESSED: &str = "fail(wrong-shape): a compressed frame, though no compression was offered";
const BAD_FRAME: &str = "fail(wrong-shape): broken gRPC frame";
const NO_MESSAGE: &str = "fail(wrong-shape): VerifyPasskeyRegistrationResponse";
const REDIRECTED: &str = "fail(wrong-shape): HTTP 307 without grpc-status";

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const HALF: &str = "HTTP/1.1 200 OK\r\ncontent-ty";
/// A frame of which the stated length leaves three bytes.
const CUT: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 3\r\n\r\n\0\0\0\0\x02\x0a\0";
const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
const GRPC: (&str, &str) = ("content-type", "application/grpc");
const OK: (&str, &str) = ("grpc-status", "0");
const EXHAUSTED: [(&str, &str); 3] = [GRPC, ("grpc-status", "8"), ("grpc-message", "over the limit")];

/// `details {}`: all members are optional to a reader of messages.
const MESSAGE: &[u8] = b"\x0a\x00";

fn said(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

/// The first part of a body that says that it is longer.
fn begun() -> Bytes {
    said(&format!("{HEAD}content-length: 99\r\n\r\n{{"))
}

/// The beginning of a frame with headers.
fn half_a_frame(stream: u32) -> Vec<u8> {
    frames::reply(stream, &[GRPC]).split_at(14).0.to_vec()
}

fn head(stream: u32) -> Vec<u8> {
    frames::reply(stream, &[GRPC])
}

fn begun_frame(stream: u32) -> Vec<u8> {
    [head(stream), frames::data(0, stream, b"\0\0\0\0\x09\x0a")].concat()
}

fn connections() -> Vec<Behaviour> {
    let raw = Act2::Raw;
    vec![
        Behaviour::new("closes the connection before the headers")
            .http1(Act1::Say(Bytes::new()), CLOSED_EARLY)
            .http2(raw(|_| Vec::new(), Ending::Closed), CLOSED_EARLY),
        Behaviour::new("closes it in the headers")
            .http1(Act1::Say(said(HALF)), CLOSED_EARLY)
            .http2(raw(half_a_frame, Ending::Closed), CLOSED_EARLY),
        Behaviour::new("closes it in the body")
            .http1(Act1::Say(begun()), CLOSED_LATE)
            .http2(raw(begun_frame, Ending::Closed), CLOSED_LATE),
        Behaviour::new("resets it before the headers")
            .http1(Act1::Reset(Bytes::new()), CLOSED_EARLY)
            .http2(raw(|_| Vec::new(), Ending::Reset), CLOSED_EARLY),
        Behaviour::new("resets it in the headers")
            .http1(Act1::Reset(said(HALF)), CLOSED_EARLY)
            .http2(raw(half_a_frame, Ending::Reset), CLOSED_EARLY),
        Behaviour::new("resets it in the body")
            .http1(Act1::Reset(begun()), CLOSED_LATE)
            .http2(raw(begun_frame, Ending::Reset), CLOSED_LATE),
        Behaviour::hanging("hangs before the headers").http1(Act1::Hang, HUNG_EARLY).grpc(|_| Vec::new(), HUNG_EARLY),
        Behaviour::hanging("hangs in the headers")
            .http1(Act1::Stall(said(HALF)), HUNG_EARLY)
            .grpc(half_a_frame, HUNG_EARLY),
        Behaviour::hanging("hangs after the headers")
            .http1(Act1::Stall(said(&format!("{HEAD}content-length: 9\r\n\r\n"))), HUNG_LATE)
            .grpc(head, HUNG_LATE),
        Behaviour::hanging("hangs in the body").http1(Act1::Stall(begun()), HUNG_LATE).grpc(begun_frame, HUNG_LATE),
        Behaviour::hanging("drips a byte a second")
            .http1(Act1::Drip(begun()), HUNG_LATE)
            .http2(Act2::Drip(begun_frame), HUNG_LATE),
    ]
}

const PASSED: &str = "pass(met): ";
const LIMITED: &str = "error(rate-limited): HTTP 429";
const GATEWAY: &str = "error(gateway): HTTP 503 of a gateway";
const GONE: &str = "error(target-unreachable): did not process the request (GOAWAY)";
const REFUSED: &str = "error(target-unreachable): did not process the request (RST_STREAM, REFUSED_STREAM)";

/// What stands between, and says nothing of the target.
fn between() -> Vec<Behaviour> {
    let limited = || http("429 Too Many Requests", "retry-after: 0\r\n", "");
    let gateway = || http("503 Service Unavailable", "content-type: text/html\r\nserver: nginx\r\n", "<html>");
    let no_reply = || Act1::Say(Bytes::new());
    let raw = Act2::Raw;
    let limited2 = |stream| frames::reply_with(stream, "429", &[("retry-after", "0")]);
    let gateway2 = |stream| frames::reply_with(stream, "503", &[("server", "nginx")]);
    vec![
        Behaviour::new("answers 429 with Retry-After").http1(limited(), LIMITED).grpc(limited2, LIMITED),
        Behaviour::once("answers 429 with Retry-After, once").http1(limited(), PASSED).grpc(limited2, PASSED),
        Behaviour::new("a gateway answers 503").http1(gateway(), GATEWAY).grpc(gateway2, GATEWAY),
        Behaviour::once("a gateway answers 503, once").http1(gateway(), PASSED).grpc(gateway2, PASSED),
        Behaviour::once("closes the connection before the headers, once")
            .http1(no_reply(), PASSED)
            .http2(raw(|_| Vec::new(), Ending::Closed), PASSED),
    ]
}

/// A refusal that does not wait for the body. What comes of a long one is in `hostile/faults.rs`.
fn early() -> Vec<Behaviour> {
    let body = r#"{"code": 3, "message": "enough", "details": []}"#;
    let head = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: application/json\r\n";
    let rest = Act1::Early(said(&format!("{head}content-length: {}\r\n\r\n{body}", body.len())));
    let web = Act1::Early(said(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/grpc-web+proto\r\ngrpc-status: 3\r\n\
         grpc-message: enough\r\ncontent-length: 0\r\n\r\n",
    ));
    let grpc = |stream| {
        let refusal = frames::trailers_only(stream, &[GRPC, ("grpc-status", "3"), ("grpc-message", "enough")]);
        [refusal, frames::reset(stream, frames::NO_ERROR)].concat()
    };
    let refused = "fail(rejected-valid): code 3: enough";
    vec![
        Behaviour::new("refuses before it has read the request, and closes")
            .rest(rest, refused)
            .http2(Act2::Early(grpc), refused)
            .web_act(web, refused),
    ]
}

/// Bodies that are long, or lie about it. Several come at a time, each up to our own bound.
fn bodies() -> Vec<Behaviour> {
    let long = Bytes::from_static(b"HTTP/1.1 200 OK\r\ncontent-length: 209715200\r\n\r\n{");
    let gzip = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    let bodies = vec![
        Behaviour::new("sends chunks without end")
            .http1(Act1::Chunks(CHUNKED, 1 << 40), TOO_LONG)
            .http2(Act2::Flood(b"\0\x7f\xff\xff\xff", 1 << 40), TOO_LONG)
            .by_http2(),
        Behaviour::new("sends a body of 200 MB")
            .http1(Act1::Flood(200 << 20), TOO_LONG)
            .http2(Act2::Flood(b"\0\x0c\x80\0\0", 200 << 20), TOO_LONG)
            .by_http2(),
        Behaviour::new("states a length of 200 MB")
            .http1(Act1::Stall(long), TOO_LONG)
            .grpc(|stream| frames::reply(stream, &[GRPC, ("content-length", "209715200")]), TOO_LONG)
            .by_http2(),
        Behaviour::new("states more bytes than it sends")
            .http1(Act1::Say(begun()), CLOSED_LATE)
            .grpc(|stream| lengthy(stream, "99"), NOT_HTTP)
            .by_http2(),
        Behaviour::new("states fewer bytes than it sends")
            .rest(Act1::Say(said(&format!("{HEAD}content-length: 2\r\n\r\n{{}}}}garbage"))), "fail(wrong-shape): ")
            .grpc(|stream| lengthy(stream, "2"), NOT_HTTP)
            .by_http2()
            .web_act(Act1::Say(said(CUT)), BAD_FRAME),
        Behaviour::new("inflates: 1 MB of gzip that is 200 MB")
            .rest(http("200 OK", gzip, &*BOMB), "fail(wrong-shape): the body is not UTF-8")
            .grpc(bomb_frames, COMPRESSED)
            .web(framed(&[(1, &BOMB), (0x80, b"grpc-status:0\r\n")]), COMPRESSED),
    ];
    bodies.into_iter().map(|behaviour| Behaviour { megabytes: 200, ..behaviour }).collect()
}

/// A success with that content length.
fn lengthy(stream: u32, length: &str) -> Vec<u8> {
    let headers = frames::reply(stream, &[GRPC, ("content-length", length)]);
    let message = framing::frame(0, MESSAGE);
    [headers, frames::data(0, stream, &message), frames::trailers(END_STREAM, stream, &[OK])].concat()
}

fn framed(parts: &[(u8, &[u8])]) -> Vec<u8> {
    parts.iter().flat_map(|(flags, payload)| framing::frame(*flags, payload)).collect()
}

fn bomb_frames(stream: u32) -> Vec<u8> {
    let head = frames::reply(stream, &[GRPC, ("grpc-encoding", "gzip")]);
    let body = frames::data(0, stream, &framing::frame(1, &BOMB));
    [head, body, frames::trailers(END_STREAM, stream, &[OK])].concat()
}

/// 200 MB of zeros as a gzip file: one block of fixed codes (RFC 1951), in which each 13 bits repeat the byte before 258 times.
static BOMB: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut bits = Vec::new();
    let mut put = |code: u32, length: u32| bits.extend((0..length).rev().map(|bit| code >> bit & 1 == 1));
    // Last block, fixed codes (their number has its lower bit first); a literal zero.
    put(0b110, 3);
    put(0b0011_0000, 8);
    for _ in 0..(200 << 20) / 258 {
        // Length 258, distance 1.
        put(0b1100_0101, 8);
        put(0, 5);
    }
    put(0, 7);
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    let deflated: Vec<u8> = bits.chunks(8).map(byte).collect();
    // No checksum: nobody should come so far.
    [&b"\x1f\x8b\x08\0\0\0\0\0\0\xff"[..], &deflated].concat()
});

fn texts() -> Vec<Behaviour> {
    let object = |body: &[u8]| json("200 OK", body);
    let ok: (u8, &[u8]) = (0x80, b"grpc-status:0\r\n");
    vec![
        Behaviour::new("invalid UTF-8")
            .rest(object(b"{\"details\": {\"resourceOwner\": \"\xff\"}}"), "fail(wrong-shape): the body is not UTF-8")
            .grpc(|stream| success(stream, INVALID_TEXT), NO_MESSAGE)
            .web(framed(&[(0, INVALID_TEXT), ok]), NO_MESSAGE),
        Behaviour::new("nests 100,000 levels deep")
            .rest(object(&b"[".repeat(100_000)), "fail(wrong-shape): recursion limit")
            .grpc(|stream| success(stream, &[0x2b; 100_000]), "fail(wrong-shape): recursion limit")
            .web(framed(&[(0, &[0x2b; 100_000]), ok]), "fail(wrong-shape): recursion limit"),
        Behaviour::new("a number beyond 64 bits")
            .rest(
                Act1::Edit(|body| replaced(body, "\"sequence\":\"", "\"sequence\":\"99999999999999999999")),
                "fail(wrong-shape): sequence",
            )
            .grpc(|stream| success(stream, LONG_NUMBER), NO_MESSAGE)
            .web(framed(&[(0, LONG_NUMBER), ok]), NO_MESSAGE),
        Behaviour::new("a number beyond a double")
            .rest(object(b"{\"details\": {\"sequence\": 1e999}}"), "fail(wrong-shape): number out of range"),
        Behaviour::new("the same member twice")
            .rest(Act1::Edit(|body| replaced(body, "{\"details\":", "{\"details\":7,\"details\":")), "pass(met): ")
            .http2(Act2::Edit(doubled), "pass(met): ")
            .web_act(Act1::Edit(doubled), "pass(met): "),
    ]
}

/// `details { resource_owner: "\xff" }`
const INVALID_TEXT: &[u8] = b"\x0a\x03\x1a\x01\xff";
/// `details { sequence: … }` with eleven bytes of a number.
const LONG_NUMBER: &[u8] = b"\x0a\x0c\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f";

fn success(stream: u32, message: &[u8]) -> Vec<u8> {
    answered(stream, &framing::frame(0, message), &[OK])
}

fn answered(stream: u32, body: &[u8], trailers: &[(&str, &str)]) -> Vec<u8> {
    [head(stream), frames::data(0, stream, body), frames::trailers(END_STREAM, stream, trailers)].concat()
}

fn replaced(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    assert!(text.contains(from), "{text}");
    text.replacen(from, to, 1).into_bytes()
}

/// The first message with every member twice: protobuf takes the last, or joins them.
fn doubled(body: &[u8]) -> Vec<u8> {
    let length = usize::try_from(u32::from_be_bytes(body[1..5].try_into().expect("four bytes"))).expect("short");
    let (message, rest) = body[5..].split_at(length);
    [&framing::frame(0, &message.repeat(2))[..], rest].concat()
}

/// A redirect to whoever must not learn of the token.
fn elsewhere() -> String {
    format!("http://{}/", super::ELSEWHERE.0)
}

fn moved(stream: u32, location: &str) -> Vec<u8> {
    frames::reply_with(stream, "307", &[GRPC, ("location", location)])
}

fn headers() -> Vec<Behaviour> {
    let to = |location: &str| http("307 Temporary Redirect", &format!("location: {location}\r\n"), "");
    let big = format!("x-big: {}\r\n", "a".repeat(10 << 20));
    vec![
        Behaviour::new("a header of 10 MB")
            .http1(http("200 OK", &big, "{}"), "fail(wrong-shape): headers of the reply")
            .grpc(
                |stream| frames::continued(stream, &[GRPC, ("x-big", &"a".repeat(10 << 20))]),
                "fail(wrong-shape): headers of the reply",
            )
            .by_http2(),
        Behaviour::new("redirects to another host (which hears nothing)")
            .rest(to(&elsewhere()), "fail(wrong-status): HTTP 307")
            .grpc(|stream| moved(stream, &elsewhere()), REDIRECTED)
            .web_act(to(&elsewhere()), REDIRECTED),
        Behaviour::new("redirects to itself")
            .rest(to("?again"), "fail(wrong-status): HTTP 307")
            .grpc(|stream| moved(stream, "?again"), REDIRECTED)
            .web_act(to("?again"), REDIRECTED),
    ]
}

fn http2() -> Vec<Behaviour> {
    vec![
        Behaviour::new("HTTP/2: GOAWAY in place of a reply")
            .http2(Act2::Raw(|_| frames::go_away(0, frames::NO_ERROR), Ending::Closed), GONE),
        Behaviour::once("HTTP/2: GOAWAY in place of a reply, once")
            .http2(Act2::Raw(|_| frames::go_away(0, frames::NO_ERROR), Ending::Closed), PASSED),
        Behaviour::new("HTTP/2: GOAWAY, ENHANCE_YOUR_CALM, in place of a reply").http2(
            Act2::Raw(|_| frames::go_away(0, frames::ENHANCE_YOUR_CALM), Ending::Closed),
            "error(rate-limited): GOAWAY, ENHANCE_YOUR_CALM",
        ),
        Behaviour::new("HTTP/2: REFUSED_STREAM").grpc(|stream| frames::reset(stream, frames::REFUSED_STREAM), REFUSED),
        Behaviour::once("HTTP/2: REFUSED_STREAM, once")
            .grpc(|stream| frames::reset(stream, frames::REFUSED_STREAM), PASSED),
        Behaviour::new("HTTP/2: GOAWAY in the body").http2(
            Act2::Raw(
                |stream| [begun_frame(stream), frames::go_away(stream, frames::ENHANCE_YOUR_CALM)].concat(),
                Ending::Closed,
            ),
            CLOSED_LATE,
        ),
        Behaviour::new("HTTP/2: RST_STREAM in place of a reply")
            .grpc(|stream| frames::reset(stream, frames::ENHANCE_YOUR_CALM), CLOSED_EARLY),
        Behaviour::new("HTTP/2: RST_STREAM in the body").grpc(
            |stream| [begun_frame(stream), frames::reset(stream, frames::ENHANCE_YOUR_CALM)].concat(),
            CLOSED_LATE,
        ),
        Behaviour::new("HTTP/2: RST_STREAM without an error in the body")
            .grpc(|stream| [begun_frame(stream), frames::reset(stream, frames::NO_ERROR)].concat(), CLOSED_LATE),
        Behaviour {
            megabytes: 200,
            case: Some("limits/credential-1048575-v2"),
            ..Behaviour::hanging("HTTP/2: no window for the rest of the request")
        }
        .http2(Act2::Starve, HUNG_EARLY),
        Behaviour::new("HTTP/2: a frame of no stream").grpc(|_| frames::data(0, 0, b"x"), NOT_HTTP),
    ]
}

fn frames_of_grpc() -> Vec<Behaviour> {
    let ok: (u8, &[u8]) = (0x80, b"grpc-status:0\r\n");
    let lying = [&b"\0\0\0\0\x63\x0a\0"[..], &framed(&[ok])].concat();
    vec![
        Behaviour::new("gRPC: a frame that promises more than it has")
            .grpc(|stream| answered(stream, b"\0\0\0\0\x63\x0a\0", &[OK]), "fail(wrong-shape): states 99 bytes")
            .web(lying, "fail(wrong-shape): states 99 bytes"),
        Behaviour::new("gRPC: a frame that promises less")
            .grpc(|stream| answered(stream, b"\0\0\0\0\x01\x0a\0", &[OK]), BAD_FRAME)
            .web([&b"\0\0\0\0\x01\x0a\0"[..], &framed(&[ok])].concat(), BAD_FRAME),
        Behaviour::new("gRPC: an unknown compression")
            .grpc(
                |stream| {
                    let head = frames::reply(stream, &[GRPC, ("grpc-encoding", "x-unheard-of")]);
                    let body = frames::data(0, stream, &framing::frame(1, MESSAGE));
                    [head, body, frames::trailers(END_STREAM, stream, &[OK])].concat()
                },
                COMPRESSED,
            )
            .web(framed(&[(1, MESSAGE), ok]), COMPRESSED),
        Behaviour::new("gRPC: no trailers")
            .grpc(
                |stream| [head(stream), frames::data(END_STREAM, stream, &framing::frame(0, MESSAGE))].concat(),
                "fail(wrong-shape): no grpc-status",
            )
            .web(framed(&[(0, MESSAGE)]), "fail(wrong-shape): 0 of them trailer frames"),
        Behaviour::new("gRPC: trailers twice")
            .grpc(
                |stream| {
                    let body = frames::data(0, stream, &framing::frame(0, MESSAGE));
                    let once = frames::trailers(0, stream, &[OK]);
                    [head(stream), body, once, frames::trailers(END_STREAM, stream, &[OK])].concat()
                },
                NOT_HTTP,
            )
            .web(framed(&[(0, MESSAGE), ok, ok]), "fail(wrong-shape): flags 0x80"),
    ]
}

fn statuses() -> Vec<Behaviour> {
    let web = |headers: &str| http("200 OK", &format!("content-type: application/grpc-web+proto\r\n{headers}"), "");
    let block = |text: &'static str| framed(&[(0x80, text.as_bytes())]);
    let bad = "grpc-status:9\r\ngrpc-status-details-bin:!!\r\n";
    vec![
        Behaviour::new("gRPC: RESOURCE_EXHAUSTED without details")
            .grpc(
                |stream| frames::trailers_only(stream, &EXHAUSTED),
                "error(rate-limited): code 8 (RESOURCE_EXHAUSTED)",
            )
            .web_act(
                web("grpc-status: 8\r\ngrpc-message: over the limit\r\n"),
                "error(rate-limited): code 8 (RESOURCE_EXHAUSTED)",
            ),
        Behaviour::new("gRPC: a refusal in the headers, which is legal")
            .grpc(
                |stream| frames::trailers_only(stream, &[GRPC, ("grpc-status", "9"), ("grpc-message", "no")]),
                "fail(rejected-valid): code 9",
            )
            .web_act(web("grpc-status: 9\r\ngrpc-message: no\r\n"), "fail(rejected-valid): code 9"),
        Behaviour::new("gRPC: a refusal in the trailers, which is legal")
            .grpc(|stream| answered(stream, b"", &[("grpc-status", "9")]), "fail(rejected-valid): code 9")
            .web(block("grpc-status:9\r\n"), "fail(rejected-valid): code 9"),
        Behaviour::new("gRPC: a status out of range")
            .grpc(|stream| answered(stream, b"", &[("grpc-status", "17")]), "fail(wrong-shape): grpc-status \"17\"")
            .web(block("grpc-status:17\r\n"), "fail(wrong-shape): grpc-status \"17\""),
        Behaviour::new("gRPC: a status beyond 64 bits")
            .grpc(
                |stream| answered(stream, b"", &[("grpc-status", "99999999999999999999")]),
                "fail(wrong-shape): grpc-status \"99999999999999999999\"",
            )
            .web(
                block("grpc-status:99999999999999999999\r\n"),
                "fail(wrong-shape): grpc-status \"99999999999999999999\"",
            ),
        Behaviour::new("gRPC: details that cannot be read")
            .grpc(
                |stream| answered(stream, b"", &[("grpc-status", "9"), ("grpc-status-details-bin", "!!")]),
                "fail(wrong-shape): base64",
            )
            .web(block(bad), "fail(wrong-shape): base64"),
    ]
}
