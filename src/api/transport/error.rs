//! Why there is no reply.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use super::limits::Limits;
use crate::wire::schema::SchemaError;

/// How deep a chain of causes is followed.
const MOST_CAUSES: usize = 16;

/// Why there is no reply. Texts can quote the target and are hostile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection, for example because it was refused.
    #[error("cannot connect to {address}: {why}")]
    Unreachable {
        /// Base URL of the target.
        address: String,
        /// The operating system's reason.
        why: String,
    },
    /// The host's name has no address.
    #[error("cannot resolve the host of {address}: {why}")]
    Resolve {
        /// Base URL of the target.
        address: String,
        /// The resolver's reason.
        why: String,
    },
    /// TLS failed, for example because the certificate is not trusted; also trust anchors that cannot be read.
    #[error("TLS with {address} failed: {why}")]
    Tls {
        /// Base URL of the target.
        address: String,
        /// The error of TLS.
        why: String,
    },
    /// The connection or stream ended before the reply did.
    #[error("{address} closed the connection {during}: {why}")]
    Reset {
        /// Base URL of the target.
        address: String,
        /// How far the reply was.
        during: Phase,
        /// What was seen.
        why: String,
    },
    /// A connection that was kept from an earlier call ended before the headers of the reply. It is unknown whether the target had read the
    /// request, or was just closing a connection that it considered idle (RFC 9112 section 9.6).
    #[error("{address} closed a connection that was kept from an earlier call {}: {why}", Phase::Headers)]
    Stale {
        /// Base URL of the target.
        address: String,
        /// What was seen.
        why: String,
    },
    /// The target said, by the rules of HTTP/2, that it did not process the request.
    #[error("{address} did not process the request ({by}): {why}")]
    NotProcessed {
        /// Base URL of the target.
        address: String,
        /// How it said so.
        by: Unprocessed,
        /// What was seen.
        why: String,
    },
    /// A deadline passed.
    #[error("{address} gave no reply within {after:?} ({during})")]
    TimedOut {
        /// Base URL of the target.
        address: String,
        /// The limit.
        after: Duration,
        /// How far the reply was.
        during: Phase,
    },
    /// The body is longer than [`Limits::max_body`], or its stated length is.
    #[error("the reply of {address} is longer than {limit} bytes")]
    BodyTooLarge {
        /// Base URL of the target.
        address: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// Headers or trailers are longer than [`Limits::max_header_bytes`], or more than the protocol library accepts.
    #[error("the headers of the reply of {address} are longer than {limit} bytes")]
    HeadersTooLarge {
        /// Base URL of the target.
        address: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes are not HTTP, or not the HTTP version that was agreed on.
    #[error("{address} broke the rules of HTTP: {why}")]
    NotHttp {
        /// Base URL of the target.
        address: String,
        /// What is wrong with them.
        why: String,
    },
    /// The body of a gRPC or gRPC-Web reply is not a sequence of plain frames.
    #[error("{address} answered with a broken gRPC frame: {why}")]
    BadFrame {
        /// Base URL of the target.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The URL cannot be used. This is our error, before anything was sent.
    #[error("bad address: {0}")]
    Address(String),
    /// The message cannot be encoded. This is our error, before anything was sent.
    #[error("cannot encode the request: {0}")]
    Encode(#[from] SchemaError),
    /// The connection to this target can't carry a value of the call. This is our error, before anything was sent.
    #[error("the connection cannot carry {0}")]
    NotCarried(String),
    /// Anything else.
    #[error("the call failed: {0}")]
    Other(String),
}

/// How far a call had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Phase {
    /// No connection yet.
    Connect,
    /// Connected, no response headers yet.
    Headers,
    /// Headers came, the body or the trailers did not end.
    Body,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Phase::Connect => "while connecting",
            Phase::Headers => "before the headers of the reply",
            Phase::Body => "in the body of the reply",
        })
    }
}

/// How a server of HTTP/2 says that it did not process a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unprocessed {
    /// GOAWAY whose last stream is before that of the request (RFC 9113 section 6.8).
    GoAway,
    /// The same with the code ENHANCE_YOUR_CALM (RFC 9113 section 7): there are too many calls.
    Calm,
    /// RST_STREAM with the code REFUSED_STREAM (RFC 9113 section 8.7).
    RefusedStream,
}

impl fmt::Display for Unprocessed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unprocessed::GoAway => "GOAWAY",
            Unprocessed::Calm => "GOAWAY, ENHANCE_YOUR_CALM",
            Unprocessed::RefusedStream => "RST_STREAM, REFUSED_STREAM",
        })
    }
}

impl TransportError {
    /// Whether it is a connection that could not be made.
    pub fn is_without_connection(&self) -> bool {
        match self {
            TransportError::Unreachable { .. } | TransportError::Resolve { .. } | TransportError::Tls { .. } => true,
            TransportError::TimedOut { during, .. } | TransportError::Reset { during, .. } => *during == Phase::Connect,
            _ => false,
        }
    }

    /// A stable kebab-case name of the cause, for reports and known deviations.
    pub fn cause(&self) -> &'static str {
        match self {
            TransportError::Unreachable { .. } => "unreachable",
            TransportError::Resolve { .. } => "resolve",
            TransportError::Tls { .. } => "tls",
            TransportError::Reset { .. } => "reset",
            TransportError::Stale { .. } => "stale",
            TransportError::NotProcessed { .. } => "not-processed",
            TransportError::TimedOut { .. } => "timed-out",
            TransportError::BodyTooLarge { .. } => "body-too-large",
            TransportError::HeadersTooLarge { .. } => "headers-too-large",
            TransportError::NotHttp { .. } => "not-http",
            TransportError::BadFrame { .. } => "bad-frame",
            TransportError::Address(_) => "address",
            TransportError::Encode(_) => "encode",
            TransportError::NotCarried(_) => "not-carried",
            TransportError::Other(_) => "other",
        }
    }
}

/// Why a connection could not be made.
pub(super) type ConnectError = Box<dyn Error + Send + Sync>;

/// The proxy can't be reached, or refuses. Whatever it does, it is not the target.
#[derive(Debug, thiserror::Error)]
#[error("the proxy {proxy} opened no tunnel")]
pub(super) struct NoTunnel {
    /// Without credentials.
    pub proxy: String,
    /// What it did.
    #[source]
    pub cause: ConnectError,
}

/// Reads the cause out of an error that `during` places; `is_kept` says whether the connection was there before the call.
pub(super) fn classify(
    error: &(dyn Error + 'static),
    (during, is_kept): (Phase, bool),
    address: &str,
    limits: &Limits,
) -> TransportError {
    let causes = chain(error);
    let (address, why) = (address.to_owned(), text(&causes));
    match causes.iter().find_map(|cause| kind(*cause, during)).unwrap_or(Kind::Unknown) {
        Kind::Tls => TransportError::Tls { address, why },
        Kind::Resolve => TransportError::Resolve { address, why },
        Kind::TimedOut if during == Phase::Connect => {
            TransportError::TimedOut { address, after: limits.connect_timeout, during }
        }
        Kind::TimedOut => TransportError::TimedOut { address, after: limits.timeout, during },
        Kind::HeadersTooLarge => TransportError::HeadersTooLarge { address, limit: limits.max_header_bytes },
        Kind::NotHttp => TransportError::NotHttp { address, why },
        Kind::Unprocessed(by) => TransportError::NotProcessed { address, by, why },
        Kind::Ended if is_kept && during == Phase::Headers => TransportError::Stale { address, why },
        Kind::Ended | Kind::Reset => TransportError::Reset { address, during, why },
        Kind::Unknown if during == Phase::Connect => TransportError::Unreachable { address, why },
        Kind::Unknown => TransportError::Other(format!("{address}: {why}")),
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Tls,
    Resolve,
    TimedOut,
    HeadersTooLarge,
    NotHttp,
    /// The connection is gone.
    Ended,
    /// The stream is gone, and the connection stays.
    Reset,
    Unprocessed(Unprocessed),
    Unknown,
}

/// The error and its causes, outermost first. `io::Error` hides the error that it wraps from `source`.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let wrapped = |error: &'e (dyn Error + 'static)| -> Option<&'e (dyn Error + 'static)> {
        error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
            .map(|inner| inner as _)
            .or_else(|| error.source())
    };
    std::iter::successors(Some(error), |error| wrapped(*error)).take(MOST_CAUSES).collect()
}

/// The messages of a chain, without those that their predecessor already quotes.
fn text(causes: &[&(dyn Error + 'static)]) -> String {
    causes.iter().fold(String::new(), |mut text, cause| {
        let message = cause.to_string();
        if !text.contains(&message) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&message);
        }
        text
    })
}

fn kind(cause: &(dyn Error + 'static), during: Phase) -> Option<Kind> {
    if cause.is::<NoTunnel>() {
        return Some(Kind::Unknown);
    }
    if cause.is::<rustls::Error>() {
        return Some(Kind::Tls);
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return io_kind(error, during);
    }
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return hyper_kind(error);
    }
    if let Some(error) = cause.downcast_ref::<h2::Error>() {
        return h2_kind(error, during);
    }
    match cause.to_string().as_str() {
        // The type of this is private.
        "dns error" => Some(Kind::Resolve),
        // HTTP/2 that ends within a frame, or within a stream: what h2 says by an error of the system's, which hyper hands on.
        "bytes remaining on stream" | "stream closed because of a broken pipe" => Some(Kind::Ended),
        _ => None,
    }
}

/// An error of h2 comes from the target, or is a rule of HTTP/2 that h2 finds broken.
fn h2_kind(error: &h2::Error, during: Phase) -> Option<Kind> {
    if let Some(error) = error.get_io() {
        // The connection is gone, whatever the text is, such as "bytes remaining on stream".
        return io_kind(error, during).or(Some(Kind::Ended));
    }
    if error.to_string().contains("too_many_continuations") {
        return Some(Kind::HeadersTooLarge);
    }
    if error.is_library() {
        return Some(Kind::NotHttp);
    }
    let code = error.reason().filter(|_| error.is_remote())?;
    Some(match (error.is_go_away(), code) {
        // A stream gets GOAWAY only if it is after the last one that the target processes.
        (true, h2::Reason::ENHANCE_YOUR_CALM) if during == Phase::Headers => Kind::Unprocessed(Unprocessed::Calm),
        (true, _) if during == Phase::Headers => Kind::Unprocessed(Unprocessed::GoAway),
        (false, h2::Reason::REFUSED_STREAM) if during == Phase::Headers => {
            Kind::Unprocessed(Unprocessed::RefusedStream)
        }
        _ => Kind::Reset,
    })
}

fn io_kind(error: &io::Error, during: Phase) -> Option<Kind> {
    match error.kind() {
        // It wraps the next cause, whose text is better.
        _ if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => None,
        io::ErrorKind::TimedOut => Some(Kind::TimedOut),
        io::ErrorKind::ConnectionRefused if during == Phase::Connect => None,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(Kind::Ended),
        _ => None,
    }
}

fn hyper_kind(error: &hyper::Error) -> Option<Kind> {
    if error.is_parse_too_large() {
        return Some(Kind::HeadersTooLarge);
    }
    if error.is_parse() {
        return Some(Kind::NotHttp);
    }
    (error.is_incomplete_message() || error.is_closed() || error.is_canceled()).then_some(Kind::Ended)
}
