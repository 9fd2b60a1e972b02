//! How a target is reached: name, connection, certificate, clock; and why a call had no reply.

use http::Method;
use jiff::{SignedDuration, Timestamp};

use super::line::{Grade, Line};
use crate::contract::Protocol;
use crate::transport::probe::{self, Answer, Distrust, Handshake, Place, Question, Shown};
use crate::transport::{Address, Limits, Phase, TlsOptions, TransportError};
use crate::webauthn::x509::Certificate;

/// A certificate that expires within so many days gets a note.
const SOON: i64 = 14;
/// Clocks may differ by so many seconds.
const SKEW: i64 = 60;
/// Names and addresses that are listed.
const LISTED: usize = 6;

/// What was found at an address.
pub(crate) struct Reached {
    /// Whether calls can be made.
    pub is_open: bool,
    /// Whether its certificate is not trusted, and nothing else is wrong with it.
    pub is_distrusted: bool,
    /// What answers a plain request, if anything.
    pub answer: Option<Answer>,
}

const CLOSED: Reached = Reached { is_open: false, is_distrusted: false, answer: None };

/// Examines an address step by step and reports each step; ends at the first step that fails. `only` is set if the address serves just
/// this protocol.
pub(crate) async fn look(
    address: &Address,
    only: Option<Protocol>,
    limits: &Limits,
    tell: &mut dyn FnMut(Line),
) -> Reached {
    let place = match Place::of(address) {
        Ok(place) => place,
        Err(error) => {
            tell(Line::problem("address", "address", error.to_string(), "write a URL such as https://id.example.org"));
            return CLOSED;
        }
    };
    if !is_named(address, &place, (only, limits), tell).await {
        return CLOSED;
    }
    if let Err(cause) = probe::connect(address, limits).await {
        tell(no_reply("connect", only, (address, limits), &cause).await);
        return CLOSED;
    }
    tell(Line::ok("connect", "connect", format!("{} port {} takes connections", place.host, place.port)));
    let mut is_distrusted = false;
    if place.is_tls {
        let line = tls(address, limits).await;
        is_distrusted =
            matches!(line.id, "tls-expired" | "tls-not-yet-valid" | "tls-other-name" | "tls-unknown-authority");
        let is_closed = line.grade == Grade::Problem;
        tell(line);
        if is_closed {
            return Reached { is_distrusted, ..CLOSED };
        }
    }
    let answer = hello(address, limits).await;
    if let Some(answer) = &answer {
        clock(answer, tell);
    }
    Reached { is_open: true, is_distrusted, answer }
}

/// A request for the root, over the version of HTTP that answers.
async fn hello(address: &Address, limits: &Limits) -> Option<Answer> {
    for http2 in [false, true] {
        let question = Question { method: Method::GET, path: "/", http2, ..Question::default() };
        if let Ok(answer) = probe::ask(address, limits, &question).await {
            return Some(answer);
        }
    }
    None
}

fn clock(answer: &Answer, tell: &mut dyn FnMut(Line)) {
    if let Some(via) = answer.headers.get("via").and_then(|via| via.to_str().ok()) {
        tell(Line::note("proxy", "proxy", format!("answers come through a proxy (via: {via})")));
    }
    let date = answer.headers.get("date").and_then(|date| date.to_str().ok());
    let Some(theirs) = date.and_then(|date| jiff::fmt::rfc2822::parse(date).ok()) else {
        tell(Line::note("clock", "clock-unknown", "there is no `date` header, so the target's clock is unknown"));
        return;
    };
    tell(skew(theirs.timestamp().duration_since(Timestamp::now())));
}

fn skew(skew: SignedDuration) -> Line {
    let seconds = skew.as_secs();
    match seconds.abs() {
        // A header has whole seconds.
        0..=2 => Line::ok("clock", "clock", "its clock and ours agree"),
        off => {
            let text = format!("its clock is {off} s {} ours", if seconds > 0 { "ahead of" } else { "behind" });
            if off <= SKEW {
                return Line::note("clock", "clock-skew", text);
            }
            let fix = "set both clocks (NTP): certificates, tokens and `changeDate` are judged by the time";
            Line::problem("clock", "clock-skew", text, fix)
        }
    }
}

/// Whether the certificate is good.
async fn tls(address: &Address, limits: &Limits) -> Line {
    match probe::handshake(address, limits).await {
        Err(cause) => Line::problem("tls", "tls", cause.to_string(), "correct [tls] in the target file"),
        Ok(handshake) => {
            let host = Place::of(address).map(|place| place.host).unwrap_or_default();
            judged(&handshake, &host, address.tls.insecure, Timestamp::now().as_second())
        }
    }
}

fn judged(handshake: &Handshake, host: &str, insecure: bool, now: i64) -> Line {
    let shown = match handshake {
        Handshake::Plain => {
            let fix = "write http:// in place of https://, or write the port that speaks TLS";
            return Line::problem("tls", "tls-plain", "the port does not speak TLS", fix);
        }
        Handshake::Failed(why) => {
            let fix = "check the server's TLS settings: proofmark speaks TLS 1.2 and 1.3";
            return Line::problem("tls", "tls", format!("the handshake fails: {why}"), fix);
        }
        Handshake::Made(shown) => shown,
    };
    let certificate = shown.certificates.first().and_then(|der| Certificate::from_der(der).ok());
    let until = certificate.as_ref().and_then(|one| i64::try_from(one.valid_until()).ok());
    let names = certificate.as_ref().map(Certificate::host_names).unwrap_or_default();
    match &shown.distrust {
        None => trusted(&names, until, now),
        Some(why) => {
            let (id, text, fix) = distrusted(why, shown, certificate.as_ref(), (host, until));
            if insecure {
                return Line::note(
                    "tls",
                    id,
                    format!("{text}; accepted all the same, because of `insecure` under [tls]"),
                );
            }
            Line::problem("tls", id, text, fix)
        }
    }
}

fn trusted(names: &[String], until: Option<i64>, now: i64) -> Line {
    let days = until.map_or(0, |until| (until - now) / 86_400);
    let text = format!("the certificate is trusted, for {}, until {}", list(names), day(until));
    if days < SOON {
        return Line::note("tls", "tls-ends-soon", format!("{text}: it expires in {days} days"));
    }
    Line::ok("tls", "tls", text)
}

fn distrusted(
    why: &Distrust,
    shown: &Shown,
    certificate: Option<&Certificate>,
    (host, until): (&str, Option<i64>),
) -> (&'static str, String, String) {
    let names = certificate.map(Certificate::host_names).unwrap_or_default();
    let for_tests = "(on a test machine `insecure = true` under [tls] accepts any certificate)";
    match why {
        Distrust::Expired => (
            "tls-expired",
            format!("the certificate has expired: it was valid until {}", day(until)),
            format!("renew the server's certificate {for_tests}"),
        ),
        Distrust::NotYetValid => (
            "tls-not-yet-valid",
            "the certificate is not valid yet".to_owned(),
            format!("set the clocks of both machines, or renew the certificate {for_tests}"),
        ),
        Distrust::OtherName => (
            "tls-other-name",
            format!("the certificate is not for {host}, but for {}", list(&names)),
            format!("write one of these names in the URL, or give the server a certificate for {host}"),
        ),
        Distrust::UnknownAuthority => {
            let issuer = shown.certificates.last().and_then(|der| Certificate::from_der(der).ok());
            let issuer = issuer.map(|one| one.issuer()).unwrap_or_default();
            (
                "tls-unknown-authority",
                format!("the certificate is from an authority that is not trusted here ({issuer})"),
                format!(
                    "write the authority's certificate (PEM) as `ca-file` under [tls] in the target file {for_tests}"
                ),
            )
        }
        Distrust::Other(why) => (
            "tls-distrusted",
            format!("the certificate is not trusted: {why}"),
            "renew the server's certificate".to_owned(),
        ),
    }
}

fn list(names: &[String]) -> String {
    match names {
        [] => "no name at all".to_owned(),
        names if names.len() <= LISTED => names.join(", "),
        names => format!("{} and {} more", names[..LISTED].join(", "), names.len() - LISTED),
    }
}

fn day(seconds: Option<i64>) -> String {
    let at = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    at.map_or_else(|| "an unknown day".to_owned(), |at| at.to_string().chars().take(10).collect())
}

/// Why a call over a protocol had no reply, as far as one more connection shows, and the fix.
pub(crate) async fn silent(protocol: Protocol, address: &Address, limits: &Limits, cause: &TransportError) -> Line {
    let line = no_reply(protocol.slug(), Some(protocol), (address, limits), cause).await;
    Line { text: format!("{protocol} does not answer at {}: {}", address.base_url, line.text), ..line }
}

async fn no_reply(
    about: &str,
    protocol: Option<Protocol>,
    (address, limits): (&Address, &Limits),
    cause: &TransportError,
) -> Line {
    let host = Place::of(address).map(|place| place.host).unwrap_or_default();
    let take_out = protocol.map(|protocol| format!(", or take {protocol} out of `protocols`")).unwrap_or_default();
    let elsewhere = match protocol {
        Some(Protocol::Grpc) => {
            format!("write the address of gRPC (HTTP/2) as `grpc-url`, or correct the port{take_out}")
        }
        _ => format!("correct the port or the path in the target file{take_out}"),
    };
    let problem = |id, fix| Line::problem(about, id, cause.to_string(), fix);
    match cause {
        TransportError::Resolve { .. } => problem(
            "no-address",
            format!("correct the host name in the target file, or make {host} resolvable (DNS, hosts file)"),
        ),
        TransportError::Unreachable { .. } | TransportError::TimedOut { during: Phase::Connect, .. } => problem(
            "no-connection",
            format!("start the server, correct the URL in the target file (host and port){take_out}"),
        ),
        TransportError::TimedOut { .. } => problem(
            "no-reply-in-time",
            format!("raise `timeout-seconds` in the target file if the server is slow; otherwise {elsewhere}"),
        ),
        TransportError::Tls { .. } => match probe::handshake(address, limits).await {
            Ok(Handshake::Made(shown)) if shown.distrust.is_none() && !shown.offers_http2 => {
                Line::problem(about, "no-http2", "the server does not offer HTTP/2 there (ALPN)", elsewhere)
            }
            Ok(handshake) => {
                let line = judged(&handshake, &host, false, Timestamp::now().as_second());
                // If the second connection finds nothing, the first error stands.
                let is_found = line.grade == Grade::Problem;
                if is_found { Line { about: about.to_owned(), ..line } } else { problem("tls", elsewhere) }
            }
            Err(_) => problem("tls", elsewhere),
        },
        _ if speaks_tls(address, limits).await => {
            Line::problem(about, "speaks-tls", "the port speaks TLS", "write https:// in place of http://")
        }
        _ => problem("not-spoken", elsewhere),
    }
}

/// Whether the host has an address. A proxy finds it by itself.
async fn is_named(
    address: &Address,
    place: &Place,
    (only, limits): (Option<Protocol>, &Limits),
    tell: &mut dyn FnMut(Line),
) -> bool {
    if let Some(proxy) = &address.proxy {
        tell(Line::ok("proxy", "proxy", format!("{} is reached through the proxy {}", place.host, proxy.shown())));
        return true;
    }
    match probe::resolve(address, limits).await {
        Ok(found) => {
            let found: Vec<String> = found.iter().take(LISTED).map(|one| one.ip().to_string()).collect();
            if found != [place.host.clone()] {
                tell(Line::ok("name", "name", format!("{} is {}", place.host, found.join(", "))));
            }
            true
        }
        Err(cause) => {
            tell(no_reply("name", only, (address, limits), &cause).await);
            false
        }
    }
}

/// Whether a port that should be without TLS speaks TLS.
async fn speaks_tls(address: &Address, limits: &Limits) -> bool {
    let is_plain = Place::of(address).is_ok_and(|place| !place.is_tls);
    let any = Address { tls: TlsOptions::default(), ..address.clone() };
    is_plain && matches!(probe::handshake(&any, limits).await, Ok(Handshake::Made(_)))
}

/// Whether something else than "not found" answers a start at the same place under another host name, without a token.
pub(crate) async fn answers_to(address: &Address, limits: &Limits, path: &str, host: &str) -> bool {
    let headers = [(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"))];
    let question = Question {
        method: Method::POST,
        path,
        headers: &headers,
        body: "{}".into(),
        host: Some(host),
        ..Question::default()
    };
    matches!(probe::ask(address, limits, &question).await, Ok(answer) if !matches!(answer.status, 404 | 421))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_by_more_than_a_minute_are_a_problem() {
        let line = |seconds| skew(SignedDuration::from_secs(seconds));
        assert_eq!([0, 2, -2].map(|seconds| line(seconds).id), ["clock"; 3]);
        assert_eq!((line(30).grade, line(-30).grade), (Grade::Note, Grade::Note));
        assert_eq!(line(61).text, "its clock is 61 s ahead of ours");
        assert_eq!(line(-3600).text, "its clock is 3600 s behind ours");
        assert_eq!((line(61).grade, line(-3600).grade), (Grade::Problem, Grade::Problem));
    }

    #[test]
    fn a_certificate_that_ends_soon_is_worth_a_note() {
        let names = ["a.example".to_owned()];
        let now = 1_700_000_000;
        let line = trusted(&names, Some(now + 86_400 * 20), now);
        assert_eq!(
            (line.id, line.text.as_str()),
            ("tls", "the certificate is trusted, for a.example, until 2023-12-04")
        );
        assert_eq!(trusted(&names, Some(now + 86_400 * 13), now).id, "tls-ends-soon");
    }
}
