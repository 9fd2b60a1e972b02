//! Whom the transports trust.

use std::net::SocketAddr;
use std::sync::Arc;

use proofmark::contract::Protocol;
use proofmark::transport::{self, Address, Exchange, Limits, Phase, Reply, TlsOptions, TransportError};
use proofmark::wire::framing::frame;
use rcgen::{CertificateParams, KeyPair};
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use super::server::{Answer, connection, hanging, raw, reply};
use super::{PATIENCE, call, limits};

/// `{"u2fId": "7"}`
const MESSAGE: &[u8] = b"\x12\x017";

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy)]
pub enum Certificate {
    Expired,
    OtherHost,
    Unknown,
}

/// A server with such a certificate. Gives its base URL, and what has to be trusted to see nothing else wrong.
pub async fn certified(certificate: Certificate) -> (String, Vec<u8>) {
    let both: &[&[u8]] = &[b"h2", b"http/1.1"];
    match certificate {
        Certificate::Expired => {
            let mut params = parameters("localhost");
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
            serve_with(params, both).await
        }
        Certificate::OtherHost => serve("other.example", both).await,
        Certificate::Unknown => (serve("localhost", both).await.0, Vec::new()),
    }
}

fn parameters(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a name")
}

/// A server whose certificate is for this name. Gives its base URL at `localhost` and its certificate as PEM.
pub async fn serve(name: &str, alpn: &[&[u8]]) -> (String, Vec<u8>) {
    serve_with(parameters(name), alpn).await
}

/// TLS and HTTP/2 in front of a server that has neither certificate nor key. Gives what [`serve`] does.
pub async fn front(upstream: SocketAddr) -> (String, Vec<u8>) {
    let (acceptor, pem) = acceptor(parameters("localhost"), &[b"h2"]);
    let base_url = raw(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let mut server = TcpStream::connect(upstream).await.expect("it listens");
            // Whichever side ends it ends the other.
            let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
        }
    })
    .await;
    (at_localhost(&base_url), pem)
}

async fn serve_with(params: CertificateParams, alpn: &[&[u8]]) -> (String, Vec<u8>) {
    let (acceptor, pem) = acceptor(params, alpn);
    let base_url = raw(move |stream| {
        let acceptor = acceptor.clone();
        async move {
            if let Ok(stream) = acceptor.accept(stream).await {
                connection(stream, Answer::ok(frame(0, MESSAGE))).await;
            }
        }
    })
    .await;
    (at_localhost(&base_url), pem)
}

pub fn at_localhost(base_url: &str) -> String {
    format!("https://localhost:{}", base_url.rsplit(':').next().expect("a port"))
}

/// For `localhost`, with its certificate as PEM.
pub fn accepting(alpn: &[&[u8]]) -> (TlsAcceptor, Vec<u8>) {
    acceptor(parameters("localhost"), alpn)
}

/// With a certificate that signs itself; gives it as PEM too.
fn acceptor(params: CertificateParams, alpn: &[&[u8]]) -> (TlsAcceptor, Vec<u8>) {
    let signing_key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&signing_key).expect("a certificate");
    let key = signing_key.serialize_der().try_into().expect("a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate and its key");
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    (TlsAcceptor::from(Arc::new(config)), certificate.pem().into_bytes())
}

async fn send(protocol: Protocol, base_url: &str, tls: TlsOptions) -> Result<Exchange, TransportError> {
    let address = Address { tls, ..Address::new(base_url) };
    transport::connect(protocol, &address, &limits())?.send(&call()).await
}

fn trusting(pem: &[u8]) -> TlsOptions {
    TlsOptions { extra_roots_pem: Some(pem.to_vec()), ..TlsOptions::default() }
}

#[tokio::test]
async fn an_unknown_authority_is_refused() {
    let (base_url, _) = serve("localhost", &[b"h2", b"http/1.1"]).await;
    for protocol in Protocol::ALL {
        let error = send(protocol, &base_url, TlsOptions::default()).await.expect_err("not trusted");
        assert_eq!(error.cause(), "tls", "{protocol}: {error}");
        assert!(error.to_string().contains("certificate") && error.to_string().contains(&base_url), "{error}");
    }
}

#[tokio::test]
async fn an_extra_root_is_trusted_for_its_host_alone() {
    let (base_url, pem) = serve("localhost", &[b"h2", b"http/1.1"]).await;
    let (elsewhere, other_pem) = serve("other.example", &[b"h2", b"http/1.1"]).await;
    for protocol in Protocol::ALL {
        let exchange = send(protocol, &base_url, trusting(&pem)).await.expect("trusted");
        assert_eq!(exchange.http_status, 200, "{protocol}");
        let error = send(protocol, &elsewhere, trusting(&other_pem)).await.expect_err("wrong host");
        assert_eq!(error.cause(), "tls", "{protocol}: {error}");
        let error = send(protocol, &base_url, trusting(&other_pem)).await.expect_err("wrong root");
        assert_eq!(error.cause(), "tls", "{protocol}: {error}");
    }
}

#[tokio::test]
async fn insecure_accepts_any_certificate() {
    let (base_url, _) = serve("other.example", &[b"h2", b"http/1.1"]).await;
    let insecure = || TlsOptions { insecure: true, ..TlsOptions::default() };
    for protocol in Protocol::ALL {
        assert!(send(protocol, &base_url, insecure()).await.is_ok(), "{protocol}");
    }
}

#[tokio::test]
async fn alpn_chooses_the_version() {
    let (both, both_pem) = serve("localhost", &[b"h2", b"http/1.1"]).await;
    let exchange = send(Protocol::Grpc, &both, trusting(&both_pem)).await.expect("a reply");
    assert_eq!(exchange.reply, Reply::Success(json!({"u2fId": "7"})));
    let (old, old_pem) = serve("localhost", &[b"http/1.1"]).await;
    assert!(send(Protocol::GrpcWeb, &old, trusting(&old_pem)).await.is_ok());
    let error = send(Protocol::Grpc, &old, trusting(&old_pem)).await.expect_err("no HTTP/2");
    assert_eq!(error.cause(), "tls", "{error}");
}

#[tokio::test]
async fn roots_that_cannot_be_read_are_refused_at_once() {
    for pem in [&b""[..], b"nonsense", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        for protocol in Protocol::ALL {
            let address = Address { tls: trusting(pem), ..Address::new("https://localhost:1") };
            let error = transport::connect(protocol, &address, &limits()).expect_err("unreadable");
            assert_eq!(error.cause(), "tls", "{error}");
        }
    }
}

#[tokio::test]
async fn plain_and_tls_do_not_mix() {
    let plain = raw(|mut stream| async move {
        let _ = stream.write_all(&reply("400 Bad Request", "", b"")).await;
        std::future::pending::<()>().await;
    });
    let plain = plain.await.replace("http://", "https://");
    for protocol in Protocol::ALL {
        let error = send(protocol, &plain, TlsOptions::default()).await.expect_err("no TLS");
        assert_eq!(error.cause(), "tls", "{protocol}: {error}");
    }
}

#[tokio::test]
async fn a_handshake_that_hangs_ends_at_its_deadline() {
    let base_url = hanging(b"").await.replace("http://", "https://");
    let impatient = Limits { connect_timeout: PATIENCE, ..limits() };
    for protocol in Protocol::ALL {
        let transport = transport::connect(protocol, &Address::new(&base_url), &impatient).expect("a good address");
        let error = transport.send(&call()).await.expect_err("hangs");
        let expected = TransportError::TimedOut { address: base_url.clone(), after: PATIENCE, during: Phase::Connect };
        assert_eq!(error, expected, "{protocol}");
    }
}
