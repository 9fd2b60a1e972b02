//! A request as a command line that a person can paste.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderName;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};

use super::address::default_port;
use super::carried::{OTHER_TOKEN, TOKEN};
use super::exchange::{Exchange, SentRequest};
use crate::contract::Protocol;
use crate::wire::{schema, shell};

/// Body bytes that are shown; a multiple of 3, so that cut base64 stays whole.
const MOST_BYTES: usize = 4095;

/// A `curl` command line that sends the exchange's request again, quoted for a POSIX shell.
///
/// The token is taken from the variable `TOKEN`. A JSON body is given as text, any other as base64 through a pipe. A body over 4 KB is cut, and a
/// comment at the end says so. Whoever runs it adds options about trust (`--cacert`, `--insecure`).
pub fn curl(exchange: &Exchange) -> String {
    let request = &exchange.request;
    let shown = cut(request);
    let text = std::str::from_utf8(shown).ok().filter(|text| !text.chars().any(char::is_control));
    let mut line = String::new();
    let data = match text {
        Some("") => String::new(),
        Some(text) => format!(" --data-raw {}", quote(text)),
        None => {
            let _ = write!(line, "printf '%s' '{}' | base64 -d | ", STANDARD.encode(shown));
            " --data-binary @-".to_owned()
        }
    };
    let _ = write!(line, "curl -sS -i{} -X {} {}", version(exchange), quote(&request.method), quote(&request.url));
    line.push_str(&headers(request));
    line.push_str(&data);
    if shown.len() < request.body.len() {
        let _ = write!(line, " # body cut: the first {} of {} bytes", shown.len(), request.body.len());
    }
    line
}

/// A `grpcurl` command line that sends the exchange's message to a gRPC address, whatever protocol had carried it; `None` where what was
/// sent was more, or less, than a message, or where it would be longer than 4 KB.
///
/// Run it where `proofmark list protos --export protos` was run; the token is taken from the variable `TOKEN`. `base_url` is `http://` or `https://` with host and port.
pub fn grpcurl(exchange: &Exchange, base_url: &str) -> Option<String> {
    let message = exchange.request.message.as_ref()?.to_string();
    let binding = exchange.endpoint.grpc.as_ref()?;
    let service = binding.service;
    let file = schema::file_of(service).filter(|_| message.len() <= MOST_BYTES)?;
    let (scheme, rest) = base_url.split_once("://")?;
    let host = rest.split('/').next().unwrap_or_default();
    let host = if host.rsplit_once(':').is_some_and(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit())) {
        host.to_owned()
    } else {
        format!("{host}:{}", default_port(Some(scheme)))
    };
    let plain = if scheme == "http" { " -plaintext" } else { "" };
    let token = if exchange.request.authorized { " -H \"authorization: Bearer $TOKEN\"" } else { "" };
    let message = quote(&message);
    let method = binding.method;
    let further = further_headers(&exchange.request);
    Some(format!(
        "grpcurl{plain} -import-path protos -proto {file}{token}{further} -d {message} {} {service}/{method}",
        quote(&host)
    ))
}

/// The options for headers that no protocol asks for. The last host is the one that is not the target's.
fn further_headers(request: &SentRequest) -> String {
    let is_usual = |name: &HeaderName| USUAL.contains(&name.as_str());
    let mut options = String::new();
    for (name, value) in request.headers.iter().filter(|(name, _)| !is_usual(name)) {
        let _ = write!(options, " -H {}", header(name, &String::from_utf8_lossy(value.as_bytes())));
    }
    if let Some(host) = request.headers.get_all(HOST).iter().next_back() {
        let _ = write!(options, " -authority {}", quote(&String::from_utf8_lossy(host.as_bytes())));
    }
    options
}

/// Headers that the tool sends by itself, and the host, which is an option of its own.
const USUAL: [&str; 7] = ["accept", "content-type", "te", "grpc-timeout", "x-grpc-web", "user-agent", "host"];

/// The bytes to show: all, or as many as fit without breaking a character of UTF-8.
fn cut(request: &SentRequest) -> &[u8] {
    let body = &request.body;
    let Some(shown) = body.get(..MOST_BYTES).filter(|_| body.len() > MOST_BYTES) else {
        return body;
    };
    let whole = shown.utf8_chunks().next().map_or(0, |chunk| chunk.valid().len());
    if std::str::from_utf8(body).is_ok() { shown.get(..whole).unwrap_or(shown) } else { shown }
}

fn version(exchange: &Exchange) -> &'static str {
    match exchange.protocol {
        Protocol::Grpc if exchange.request.url.starts_with("http://") => " --http2-prior-knowledge",
        Protocol::Grpc => " --http2",
        Protocol::Rest | Protocol::GrpcWeb => "",
    }
}

fn headers(request: &SentRequest) -> String {
    let mut headers = String::new();
    for (name, value) in &request.headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        let _ = write!(headers, " -H {}", header(name, &value));
    }
    if !request.headers.contains_key(CONTENT_TYPE) && !request.body.is_empty() {
        // An empty value keeps curl from adding its own.
        headers.push_str(" -H 'content-type:'");
    }
    if request.authorized {
        headers.push_str(" -H \"authorization: Bearer $TOKEN\"");
    }
    headers
}

/// A header line as one word. An authorization that is shown among other lines has a variable in place of the token.
fn header(name: &HeaderName, value: &str) -> String {
    let line = format!("{name}: {value}");
    if *name != AUTHORIZATION {
        return quote(&line);
    }
    let begins = |at: &usize| !line[*at..].starts_with(OTHER_TOKEN);
    match line.find(TOKEN).filter(begins) {
        Some(at) => format!("{}\"{TOKEN}\"{}", quote(&line[..at]), quoted_rest(&line[at + TOKEN.len()..])),
        None => quote(&line),
    }
}

/// A text as one word, in which the variable for a token in a further place is also a shell variable.
fn quote(text: &str) -> String {
    match text.split_once(OTHER_TOKEN) {
        Some((before, after)) => {
            format!("{}\"{OTHER_TOKEN}\"{}", shell::word(before, PLAIN), quoted_rest(after))
        }
        None => shell::word(text, PLAIN),
    }
}

/// The text that follows in the same word; empty if none follows.
fn quoted_rest(text: &str) -> String {
    if text.is_empty() { String::new() } else { quote(text) }
}

/// Characters that need no quotes, in addition to letters and digits.
const PLAIN: &str = "-._/:";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Flow, Operation};
    use crate::transport::{Reply, Timings};
    use bytes::Bytes;
    use http::{HeaderMap, HeaderValue};
    use std::process::Command;

    fn exchange(protocol: Protocol, body: impl Into<Bytes>) -> Exchange {
        let url = "http://host/it's?a=$HOME&b=`id`".to_owned();
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let message = Some(serde_json::json!({ "userId": "it's" }).into());
        let request =
            SentRequest { method: "POST".to_owned(), url, headers, authorized: true, body: body.into(), message };
        Exchange {
            protocol,
            endpoint: Flow::V2_U2F.endpoint(Operation::Start).expect("listed"),
            request,
            http_status: 200,
            headers: HeaderMap::new(),
            trailers: HeaderMap::new(),
            body: Bytes::new(),
            is_http2: false,
            has_surplus: false,
            reply: Reply::Unreadable(String::new()),
            timings: Timings::default(),
        }
    }

    /// Runs the line with a `curl` that prints its arguments, one in angle brackets each, and then its input.
    fn run(line: &str) -> Vec<u8> {
        let script = format!("curl() {{ for a in \"$@\"; do printf '<%s>' \"$a\"; done; cat; }}\n{line}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).env("TOKEN", "t'k").stdin(std::process::Stdio::null());
        shell.output().expect("a shell").stdout
    }

    #[test]
    fn a_shell_gives_curl_what_was_sent() {
        let body = r#"{"name":"it's \"$(id)\" \\ ü"}"#;
        let printed = run(&curl(&exchange(Protocol::Rest, body)));
        let expected = format!(
            "<-sS><-i><-X><POST><http://host/it's?a=$HOME&b=`id`><-H><content-type: application/json>\
             <-H><authorization: Bearer t'k><--data-raw><{body}>"
        );
        assert_eq!(String::from_utf8_lossy(&printed), expected);
    }

    #[test]
    fn binary_bodies_go_through_a_pipe() {
        let line = curl(&exchange(Protocol::Grpc, &b"\0\0\0\0\x01\xff"[..]));
        assert!(
            line.starts_with("printf '%s' 'AAAAAAH/' | base64 -d | curl -sS -i --http2-prior-knowledge "),
            "{line}"
        );
        assert!(line.ends_with("--data-binary @-"), "{line}");
        assert!(run(&line).ends_with(b"<--data-binary><@->\0\0\0\0\x01\xff"));
    }

    #[test]
    fn long_bodies_are_cut_and_say_so() {
        let text = "ü".repeat(5000);
        let line = curl(&exchange(Protocol::Rest, text));
        assert!(line.ends_with("' # body cut: the first 4094 of 10000 bytes"), "{}", &line[line.len() - 60..]);
        let line = curl(&exchange(Protocol::GrpcWeb, vec![0xff; 5000]));
        assert!(line.ends_with("@- # body cut: the first 4095 of 5000 bytes"));
        assert!(line.len() < 6000);
    }

    #[test]
    fn grpcurl_is_given_the_message() {
        let mut exchange = exchange(Protocol::Rest, "");
        assert_eq!(
            grpcurl(&exchange, "https://host/prefix").as_deref(),
            Some(
                "grpcurl -import-path protos -proto zitadel/user/v2/user_service.proto \
                 -H \"authorization: Bearer $TOKEN\" -d '{\"userId\":\"it'\\''s\"}' host:443 \
                 zitadel.user.v2.UserService/RegisterU2F"
            )
        );
        let plain = grpcurl(&exchange, "http://127.0.0.1:8080").expect("a line");
        assert!(plain.starts_with("grpcurl -plaintext ") && plain.contains(" 127.0.0.1:8080 "), "{plain}");
        exchange.request.message = None;
        assert_eq!(grpcurl(&exchange, "http://host"), None);
    }

    #[test]
    fn a_shell_fills_in_both_tokens() {
        let mut exchange = exchange(Protocol::Rest, "{\"t\":\"$OTHER_TOKEN\"}");
        exchange.request.authorized = false;
        exchange.request.url = "http://host/p?access_token=$OTHER_TOKEN&x=1".to_owned();
        exchange.request.headers =
            HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static("Bearer $TOKEN, Bearer $OTHER_TOKEN"))]);
        let line = curl(&exchange);
        let script = format!("curl() {{ printf '<%s>' \"$@\"; }}\n{line}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &script]).env("TOKEN", "t'1").env("OTHER_TOKEN", "t$2");
        let printed = String::from_utf8(shell.output().expect("a shell").stdout).expect("text");
        let expected = "<http://host/p?access_token=t$2&x=1><-H><authorization: Bearer t'1, Bearer t$2>";
        assert!(printed.contains(expected) && printed.ends_with("<{\"t\":\"t$2\"}>"), "{printed}");
        let grpc = grpcurl(&exchange, "http://host").expect("a line");
        assert!(grpc.contains("-H 'authorization: Bearer '\"$TOKEN\"', Bearer '\"$OTHER_TOKEN\" -d"), "{grpc}");
    }

    #[test]
    fn an_empty_body_is_left_out() {
        let mut exchange = exchange(Protocol::Rest, "");
        exchange.request.authorized = false;
        exchange.request.headers.clear();
        assert_eq!(curl(&exchange), "curl -sS -i -X POST 'http://host/it'\\''s?a=$HOME&b=`id`'");
        exchange.request.body = Bytes::from_static(b"{}");
        assert!(curl(&exchange).ends_with(" -H 'content-type:' --data-raw '{}'"));
    }
}
