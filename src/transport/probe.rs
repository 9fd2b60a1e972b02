//! Looks at a target step by step: its name, its connection, its certificate, and what answers a request of any kind. Sends no token.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, Scheme};
use http::{Method, Request, Uri};
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

use super::attempt::{Attempt, Received};
use super::error::{self, Phase};
use super::{Address, Limits, TransportError, outgoing, tls};

/// Host and port of a base URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name or address, without the brackets of IPv6.
    pub host: String,
    /// Port, the scheme's own where the URL names none.
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
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
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
    dial(&Place::of(address)?, address, limits).await.map(drop)
}

async fn dial(place: &Place, address: &Address, limits: &Limits) -> Result<TcpStream, TransportError> {
    let dialled = TcpStream::connect((place.host.as_str(), place.port));
    let dialled = within(limits.connect_timeout, address, dialled).await?;
    dialled.map_err(|error| TransportError::Unreachable { address: address.base_url.clone(), why: error.to_string() })
}

async fn within<T>(limit: Duration, address: &Address, future: impl Future<Output = T>) -> Result<T, TransportError> {
    let timed_out =
        |_| TransportError::TimedOut { address: address.base_url.clone(), after: limit, during: Phase::Connect };
    tokio::time::timeout(limit, future).await.map_err(timed_out)
}

/// What a TLS handshake shows, whether the certificate is trusted or not.
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
    /// It leads to no authority that is known here.
    UnknownAuthority,
    /// Anything else, as the TLS library says it.
    Other(String),
}

/// What became of a handshake.
#[derive(Debug, Clone)]
pub enum Handshake {
    /// It was made.
    Made(Shown),
    /// What answers is no TLS.
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
    let failed = |why: String| TransportError::Tls { address: address.base_url.clone(), why };
    let looker = Arc::new(Looker::new(address).map_err(failed)?);
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.to_string()))?
        .dangerous()
        .with_custom_certificate_verifier(looker.clone())
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = ServerName::try_from(place.host.clone()).map_err(|error| failed(error.to_string()))?;
    let stream = dial(&place, address, limits).await?;
    let made = TlsConnector::from(Arc::new(config)).connect(name, stream);
    Ok(match within(limits.connect_timeout, address, made).await? {
        Ok(stream) => {
            let (certificates, distrust) = looker.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let offers_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            Handshake::Made(Shown { certificates, distrust, offers_http2 })
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

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// Lets every certificate pass, and remembers what the usual verifier would have said.
#[derive(Debug)]
struct Looker {
    usual: Arc<WebPkiServerVerifier>,
    seen: Mutex<(Vec<Vec<u8>>, Option<Distrust>)>,
}

impl Looker {
    fn new(address: &Address) -> Result<Looker, String> {
        let roots = Arc::new(tls::roots(&address.tls)?);
        let usual = WebPkiServerVerifier::builder_with_provider(roots, provider());
        Ok(Looker { usual: usual.build().map_err(|error| error.to_string())?, seen: Mutex::default() })
    }
}

impl ServerCertVerifier for Looker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.as_ref().to_vec()).collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = (chain, verdict.err().map(distrust));
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.usual.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

fn distrust(error: rustls::Error) -> Distrust {
    let rustls::Error::InvalidCertificate(why) = &error else { return Distrust::Other(error.to_string()) };
    match why {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Distrust::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Distrust::NotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Distrust::OtherName,
        CertificateError::UnknownIssuer => Distrust::UnknownAuthority,
        // What is no authority's and stands for itself: a self-signed certificate that was made as one of an authority.
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
    /// Headers beside the host.
    pub headers: &'a [(HeaderName, HeaderValue)],
    /// Body.
    pub body: Bytes,
    /// HTTP/2 with prior knowledge, or by ALPN; otherwise HTTP/1.1.
    pub http2: bool,
    /// Another host name for the same connection.
    pub host: Option<&'a str>,
}

/// A reply that nobody has interpreted.
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

/// Asks on a connection of its own. No redirect is followed.
///
/// # Errors
/// [`TransportError`] if there is no whole reply within the limits.
pub async fn ask(address: &Address, limits: &Limits, question: &Question<'_>) -> Result<Answer, TransportError> {
    let place = Place::of(address)?;
    let stream = dial(&place, address, limits).await?;
    if !place.is_tls {
        return exchange(stream, &place, (address, limits), question).await;
    }
    let failed = |why: String| TransportError::Tls { address: address.base_url.clone(), why };
    let mut config = tls::configuration(address)?;
    config.alpn_protocols = vec![if question.http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
    let name = ServerName::try_from(place.host.clone()).map_err(|error| failed(error.to_string()))?;
    let made = TlsConnector::from(Arc::new(config)).connect(name, stream);
    let stream = within(limits.connect_timeout, address, made).await?.map_err(|error| failed(error.to_string()))?;
    exchange(stream, &place, (address, limits), question).await
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    place: &Place,
    (address, limits): (&Address, &Limits),
    question: &Question<'_>,
) -> Result<Answer, TransportError> {
    let request =
        request(place, question).map_err(|error| TransportError::Address(format!("{}: {error}", address.base_url)))?;
    let attempt = Attempt::start(&address.base_url, limits);
    let failed = |error: hyper::Error| error::classify(&error, Phase::Headers, &address.base_url, limits);
    let stream = TokioIo::new(stream);
    let received = if question.http2 {
        let made = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream);
        let (mut sender, connection) = within(limits.connect_timeout, address, made).await?.map_err(failed)?;
        let _open = Open::new(connection);
        attempt.run(sender.send_request(request)).await
    } else {
        let made = hyper::client::conn::http1::handshake(stream);
        let (mut sender, connection) = within(limits.connect_timeout, address, made).await?.map_err(failed)?;
        let _open = Open::new(connection);
        attempt.run(sender.send_request(request)).await
    };
    let Received { http_status, headers, trailers, body, .. } = received?;
    Ok(Answer { status: http_status, headers, trailers, body })
}

fn request(place: &Place, question: &Question<'_>) -> Result<Request<Full<Bytes>>, http::Error> {
    let authority = question.host.unwrap_or(place.authority());
    let mut request = Request::builder().method(question.method.clone());
    request = if question.http2 {
        let scheme = if place.is_tls { "https" } else { "http" };
        request.uri(Uri::builder().scheme(scheme).authority(authority).path_and_query(question.path).build()?)
    } else {
        request.uri(question.path).header(HOST, authority)
    };
    for (name, value) in question.headers {
        request = request.header(name, value);
    }
    request.body(Full::new(question.body.clone()))
}

/// A connection that is driven until this is dropped.
struct Open(JoinHandle<()>);

impl Open {
    fn new<E>(connection: impl Future<Output = Result<(), E>> + Send + 'static) -> Open {
        // Its error is told by the call that it ends.
        Open(tokio::spawn(async move { drop(connection.await) }))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.abort();
    }
}
