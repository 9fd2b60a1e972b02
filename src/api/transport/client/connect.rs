//! New connections: name resolution, TCP and TLS, each timed.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::uri::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiAddrs, GaiResolver, Name};
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::Service;

use super::early::EarlyReply;
use super::version::Version;
use crate::transport::address::{Address, default_port};
use crate::transport::error::{ConnectError, NoTunnel, TransportError};
use crate::transport::exchange::SetUp;
use crate::transport::proxy::Proxy;
use crate::transport::tls;

/// Connects to one target.
pub(super) struct Connector {
    uri: Uri,
    tls: Option<Secure>,
    version: Version,
    proxy: Option<Proxy>,
}

/// Makes the TLS of a connection.
pub(in crate::transport) struct Secure {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl Secure {
    /// With the host of a URL as the server's name, and with the ALPN of the HTTP version.
    pub fn new(mut configuration: ClientConfig, base: &Uri, version: Version) -> Result<Self, TransportError> {
        configuration.alpn_protocols = match version {
            Version::Negotiated => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            Version::Http2 => vec![b"h2".to_vec()],
        };
        let host = base.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name =
            ServerName::try_from(host.to_owned()).map_err(|e| TransportError::Address(format!("{base}: {e}")))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(configuration)), name })
    }

    /// The handshake.
    pub async fn over<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        self.connector.connect(self.name.clone(), stream).await
    }
}

/// A TCP connection to the host of a URL, through a proxy if there is one, and how long it took.
pub(in crate::transport) async fn dial(uri: &Uri, proxy: Option<&Proxy>) -> Result<(TcpStream, SetUp), ConnectError> {
    let resolver = Timed::default();
    let mut tcp = HttpConnector::new_with_resolver(resolver.clone());
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let began = Instant::now();
    let stream = match proxy {
        Some(proxy) => tunnel(proxy, tcp, uri).await?,
        None => tcp.call(uri.clone()).await?.into_inner(),
    };
    let resolve = resolver.0.get().copied();
    let connect = began.elapsed().saturating_sub(resolve.unwrap_or_default());
    Ok((stream, SetUp { resolve, connect, tls: None }))
}

/// A connection through a proxy, which sees none of the calls.
async fn tunnel(proxy: &Proxy, tcp: HttpConnector<Timed>, uri: &Uri) -> Result<TcpStream, ConnectError> {
    let mut parts = uri.clone().into_parts();
    if let (Some(host), None) = (uri.host(), uri.port()) {
        parts.authority = Some(format!("{host}:{}", default_port(uri.scheme_str())).parse()?);
    }
    let tunnel = Tunnel::new(proxy.uri().clone(), tcp);
    let mut tunnel = match proxy.authorization() {
        Some(value) => tunnel.with_auth(value.clone()),
        None => tunnel,
    };
    let opened = tunnel.call(Uri::from_parts(parts)?).await;
    Ok(opened.map_err(|cause| NoTunnel { proxy: proxy.shown(), cause: cause.into() })?.into_inner())
}

/// Whether HTTP/2 was agreed on.
pub(in crate::transport) fn agreed_on_http2<S>(stream: &TlsStream<S>) -> bool {
    stream.get_ref().1.alpn_protocol() == Some(b"h2")
}

/// A new connection.
pub(super) struct Connected {
    pub io: Io,
    /// Whether HTTP/2 is spoken on it.
    pub http2: bool,
    pub set_up: SetUp,
}

/// The bytes of a connection.
pub(super) enum Io {
    Plain(TokioIo<EarlyReply>),
    Tls(Box<TokioIo<TlsStream<EarlyReply>>>),
}

impl Connector {
    pub fn new(address: &Address, base: &Uri, version: Version) -> Result<Self, TransportError> {
        let is_tls = base.scheme_str() == Some("https");
        let secure = || Secure::new(tls::configuration(address)?, base, version);
        let proxy = address.proxy.clone();
        Ok(Self { uri: base.clone(), tls: is_tls.then(secure).transpose()?, version, proxy })
    }

    pub async fn connect(&self) -> Result<Connected, ConnectError> {
        let (stream, mut set_up) = dial(&self.uri, self.proxy.as_ref()).await?;
        let stream = EarlyReply::new(stream);
        let Some(secure) = &self.tls else {
            let http2 = self.version == Version::Http2;
            return Ok(Connected { io: Io::Plain(TokioIo::new(stream)), http2, set_up });
        };
        let began = Instant::now();
        let stream = secure.over(stream).await?;
        set_up.tls = Some(began.elapsed());
        let http2 = agreed_on_http2(&stream) || self.version == Version::Http2;
        Ok(Connected { io: Io::Tls(Box::new(TokioIo::new(stream))), http2, set_up })
    }
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("uri", &self.uri).field("version", &self.version).finish_non_exhaustive()
    }
}

/// The system's resolver, and how long it took; an address needs none.
#[derive(Clone, Default)]
struct Timed(Arc<OnceLock<Duration>>);

impl Service<Name> for Timed {
    type Response = GaiAddrs;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<GaiAddrs>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let took = Arc::clone(&self.0);
        Box::pin(async move {
            let began = Instant::now();
            let found = GaiResolver::new().call(name).await;
            took.get_or_init(|| began.elapsed());
            found
        })
    }
}
