//! Examines a target step by step: its name, its connection, its certificate, and its answer to a simple request. Sends no token.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{Method, Request, Uri};
use rustls::CertificateError;

use super::address::{Address, default_port};
use super::attempt::{Attempt, Received};
use super::carrier::Connection;
use super::client::{self, Client, Secure, Version};
use super::error::{Phase, TransportError};
use super::limits::Limits;
use super::{outgoing, tls};

/// Host and port of a base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name or address, without the brackets of IPv6.
    pub host: String,
    /// Port; the scheme's default if the URL does not name one.
    pub port: u16,
    /// Whether it is `https://`.
    pub is_tls: bool,
    uri: Uri,
}

impl Place {
    /// Of an address.
    ///
    /// # Errors
    /// [`TransportError::Address`]
    pub fn of(address: &Address) -> Result<Place, TransportError> {
        let base_url = outgoing::base_url(address)?;
        let uri: Uri = base_url.parse().map_err(|error| TransportError::Address(format!("{base_url}: {error}")))?;
        let is_tls = uri.scheme() == Some(&Scheme::HTTPS);
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let port = uri.port_u16().unwrap_or(default_port(uri.scheme_str()));
        Ok(Place { host, port, is_tls, uri })
    }

    /// Host and port as they stand in the URL.
    pub fn authority(&self) -> &str {
        self.uri.authority().map_or("", Authority::as_str)
    }

    /// The path of the URL, without a slash at its end.
    pub fn path(&self) -> String {
        self.uri.path().trim_end_matches('/').to_owned()
    }
}

/// The addresses that the host's name has.
///
/// # Errors
/// [`TransportError::Resolve`], and [`TransportError::TimedOut`] where the resolver does not answer.
pub async fn resolve(address: &Address, limits: &Limits) -> Result<Vec<SocketAddr>, TransportError> {
    let place = Place::of(address)?;
    let failed = |why: String| TransportError::Resolve { address: address.base_url.clone(), why };
    let found = tokio::net::lookup_host((place.host.as_str(), place.port));
    let found = within(limits.connect_timeout, address, found).await?.map_err(|error| failed(error.to_string()))?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() { Err(failed("no address".to_owned())) } else { Ok(found) }
}

/// Connects, and closes the connection again.
///
/// # Errors
/// [`TransportError::Unreachable`], [`TransportError::TimedOut`]
pub async fn connect(address: &Address, limits: &Limits) -> Result<(), TransportError> {
    let place = Place::of(address)?;
    Attempt::start(&address.base_url, limits)
        .connecting(client::dial(&place.uri, address.proxy.as_ref()))
        .await
        .map(drop)
}

async fn within<T>(limit: Duration, address: &Address, future: impl Future<Output = T>) -> Result<T, TransportError> {
    let timed_out =
        |_| TransportError::TimedOut { address: address.base_url.clone(), after: limit, during: Phase::Connect };
    tokio::time::timeout(limit, future).await.map_err(timed_out)
}

/// The result of a TLS handshake, whether the certificate is trusted or not.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Certificates in DER, the server's own first.
    pub certificates: Vec<Vec<u8>>,
    /// Why the certificate is not trusted; `None` if it is.
    pub distrust: Option<Distrust>,
    /// Whether HTTP/2 was agreed on.
    pub offers_http2: bool,
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    /// It is over.
    Expired,
    /// It has not begun.
    NotYetValid,
    /// It is for other names.
    OtherName,
    /// It does not lead to a CA that is known here.
    UnknownAuthority,
    /// Anything else, in the words of the TLS library.
    Other(String),
}

/// The outcome of a handshake.
#[derive(Debug, Clone)]
pub enum Handshake {
    /// It was made.
    Made(Shown),
    /// The server does not answer with TLS.
    Plain,
    /// It failed.
    Failed(String),
}

/// Makes a TLS handshake on the port, whatever the URL's scheme, and closes the connection. No request is sent.
///
/// # Errors
/// As [`connect`], and [`TransportError::Tls`] for trust anchors that can't be read.
pub async fn handshake(address: &Address, limits: &Limits) -> Result<Handshake, TransportError> {
    let place = Place::of(address)?;
    let (configuration, watcher) = tls::watching(address)?;
    let secure = Secure::new(configuration, &place.uri, Version::Negotiated)?;
    let attempt = Attempt::start(&address.base_url, limits);
    let (stream, _) = attempt.connecting(client::dial(&place.uri, address.proxy.as_ref())).await?;
    Ok(match attempt.connecting(async { Ok(secure.over(stream).await) }).await? {
        Ok(stream) => {
            let (certificates, why) = watcher.seen();
            let offers_http2 = client::agreed_on_http2(&stream);
            Handshake::Made(Shown { certificates, distrust: why.map(distrust), offers_http2 })
        }
        Err(error) if is_plain(&error) => Handshake::Plain,
        Err(error) => Handshake::Failed(error.to_string()),
    })
}

/// Whether the first bytes were of another protocol.
fn is_plain(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidMessage(_)))
}

fn distrust(error: rustls::Error) -> Distrust {
    let rustls::Error::InvalidCertificate(why) = &error else { return Distrust::Other(error.to_string()) };
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Distrust::OtherName,
        CertificateError::UnknownIssuer => Distrust::UnknownAuthority,
        // Not issued by a CA: a self-signed certificate that is marked as a CA certificate.
        CertificateError::Other(other) if other.0.to_string().contains("CaUsedAsEndEntity") => {
            Distrust::UnknownAuthority
        }
        _ => Distrust::Other(error.to_string()),
    }
}

/// A request without a token.
#[derive(Debug, Clone, Default)]
pub struct Question<'a> {
    /// HTTP method.
    pub method: Method,
    /// Path, from the root of the host.
    pub path: &'a str,
    /// Headers other than the host.
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// Body.
    pub body: Bytes,
    /// HTTP/2 with prior knowledge, or by ALPN; otherwise HTTP/1.1, or over TLS what ALPN says.
    pub http2: bool,
    /// Another host name for the same connection.
    pub host: Option<&'a str>,
}

/// A reply that is not interpreted.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// HTTP trailers.
    pub trailers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// Sends it on a connection of its own. No redirect is followed.
///
/// # Errors
/// [`TransportError`] if there is no whole reply within the limits.
pub async fn ask(address: &Address, limits: &Limits, question: &Question<'_>) -> Result<Answer, TransportError> {
    let place = Place::of(address)?;
    let request =
        request(&place, question).map_err(|error| TransportError::Address(format!("{}: {error}", address.base_url)))?;
    let version = if question.http2 { Version::Http2 } else { Version::Negotiated };
    let client = Client::new(address, limits, version)?;
    let Received { http_status, headers, trailers, body, .. } =
        client.run(&client.attempt(), request, Connection::Any).await?;
    Ok(Answer { status: http_status, headers, trailers, body })
}

fn request(place: &Place, question: &Question<'_>) -> Result<Request<Bytes>, http::Error> {
    let authority = question.host.unwrap_or(place.authority());
    let scheme = if place.is_tls { "https" } else { "http" };
    let uri = Uri::builder().scheme(scheme).authority(authority).path_and_query(question.path).build()?;
    let mut request = Request::builder().method(question.method.clone()).uri(uri);
    if let Some(host) = question.host {
        request = request.header(HOST, host);
    }
    for (name, value) in question.headers {
        request = request.header(name, value);
    }
    request.body(question.body.clone())
}
