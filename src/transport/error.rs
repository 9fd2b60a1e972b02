//! What kept a reply from being had.

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use super::Limits;
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
        /// What TLS complains about.
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
    /// The body is longer than [`Limits::max_body`], or says that it is.
    #[error("the reply of {address} is longer than {limit} bytes")]
    BodyTooLarge {
        /// Base URL of the target.
        address: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// Headers or trailers are longer than [`Limits::max_header_bytes`], or more than the protocol library takes.
    #[error("the headers of the reply of {address} are longer than {limit} bytes")]
    HeadersTooLarge {
        /// Base URL of the target.
        address: String,
        /// The limit in bytes.
        limit: usize,
    },
    /// The bytes are no HTTP, or not the version of it that was agreed on.
    #[error("{address} broke the rules of HTTP: {why}")]
    NotHttp {
        /// Base URL of the target.
        address: String,
        /// What is wrong with them.
        why: String,
    },
    /// The body of a gRPC or gRPC-Web reply is no sequence of plain frames.
    #[error("{address} answered with a broken gRPC frame: {why}")]
    BadFrame {
        /// Base URL of the target.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The URL cannot be used: ours, before anything was sent.
    #[error("bad address: {0}")]
    Address(String),
    /// The message cannot be encoded: ours, before anything was sent.
    #[error("cannot encode the request: {0}")]
    Encode(#[from] SchemaError),
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
            TransportError::TimedOut { .. } => "timed-out",
            TransportError::BodyTooLarge { .. } => "body-too-large",
            TransportError::HeadersTooLarge { .. } => "headers-too-large",
            TransportError::NotHttp { .. } => "not-http",
            TransportError::BadFrame { .. } => "bad-frame",
            TransportError::Address(_) => "address",
            TransportError::Encode(_) => "encode",
            TransportError::Other(_) => "other",
        }
    }
}

/// Reads the cause out of an error that `during` places.
pub(super) fn classify(error: &(dyn Error + 'static), during: Phase, address: &str, limits: &Limits) -> TransportError {
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
        Kind::Reset => TransportError::Reset { address, during, why },
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
    Reset,
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
    if cause.is::<rustls::Error>() {
        return Some(Kind::Tls);
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return io_kind(error, during);
    }
    if let Some(error) = cause.downcast_ref::<hyper::Error>() {
        return hyper_kind(error);
    }
    // The types of these are private, or belong to crates that are none of our dependencies.
    let message = cause.to_string();
    match message.as_str() {
        "dns error" => Some(Kind::Resolve),
        m if m.starts_with("stream error detected") || m.starts_with("connection error detected") => {
            Some(Kind::NotHttp)
        }
        m if m.starts_with("stream error") || m.starts_with("connection error") => Some(Kind::Reset),
        _ => None,
    }
}

fn io_kind(error: &io::Error, during: Phase) -> Option<Kind> {
    match error.kind() {
        // It wraps what the next cause says better.
        _ if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => None,
        io::ErrorKind::TimedOut => Some(Kind::TimedOut),
        io::ErrorKind::ConnectionRefused if during == Phase::Connect => None,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => Some(Kind::Reset),
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
    (error.is_incomplete_message() || error.is_closed() || error.is_canceled()).then_some(Kind::Reset)
}
