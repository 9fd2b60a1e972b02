//! The way to a target: a proxy, a certificate of the client, and headers that every request has. Each over all protocols.

use std::convert::Infallible;
use std::path::Path;
use std::sync::{Arc, Mutex};

use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use proofmark::contract::Protocol;
use proofmark::transport::{self, Address};
use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::cli::{Output, Served, command, finish, text};
use crate::hostile;

/// A host that no resolver knows: only a proxy gets there.
const ELSEWHERE: &str = "id.example.test";
/// `user:secret-of-the-proxy` in base64.
const CREDENTIALS: &str = "Basic dXNlcjpzZWNyZXQtb2YtdGhlLXByb3h5";

/// What a proxy was asked for: the lines of each CONNECT.
type Asked = Arc<Mutex<Vec<String>>>;

/// A proxy that connects everything to one server, or refuses. Gives its address.
async fn proxy(server: String, refusal: Option<&'static str>) -> (String, Asked) {
    let (listener, asked) = (TcpListener::bind("127.0.0.1:0").await.expect("a port"), Asked::default());
    let (place, log) = (listener.local_addr().expect("bound").to_string(), Arc::clone(&asked));
    tokio::spawn(async move {
        while let Ok((mut outer, _)) = listener.accept().await {
            let (server, log) = (server.clone(), Arc::clone(&log));
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") && outer.read_buf(&mut head).await.is_ok_and(|count| count > 0) {}
                log.lock().expect("whole").push(String::from_utf8_lossy(&head).into_owned());
                // The other side may hang up.
                let _ = match refusal {
                    Some(status) => outer.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await,
                    None => outer.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await,
                };
                let Ok(mut inner) = TcpStream::connect(server).await else { return };
                if refusal.is_none() {
                    let _ = copy_bidirectional(&mut outer, &mut inner).await;
                }
            });
        }
    });
    (place, asked)
}

/// The target file of a server, with another address and with more tables.
fn target(served: &Served, base_url: &str, tables: &str) -> String {
    let file = std::fs::read_to_string(served.target()).expect("there");
    let other =
        |line: &str| if line.starts_with("base-url") { format!("base-url = \"{base_url}\"") } else { line.to_owned() };
    let lines: Vec<String> = file.lines().map(other).collect();
    let path = served.path("other.toml");
    std::fs::write(&path, format!("{}\n{tables}", lines.join("\n"))).expect("written");
    text(&path)
}

fn server_of(served: &Served) -> String {
    let file = std::fs::read_to_string(served.target()).expect("there");
    let line = file.lines().find(|line| line.starts_with("base-url")).expect("an address");
    line.split('"').nth(1).and_then(|url| url.strip_prefix("http://")).expect("a URL").to_owned()
}

/// A short run over every protocol, in a process of its own.
async fn run(
    target: String,
    variables: &'static [(&'static str, &'static str)],
    more: Vec<(String, String)>,
) -> Output {
    let play = move || {
        let mut command = command(&["run", "--target", &target, "--seed", "7", "enrolment/good", "--retries", "0"]);
        finish(command.envs(variables.iter().copied()).envs(more))
    };
    tokio::task::spawn_blocking(play).await.expect("it ran")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_protocol_goes_through_a_proxy() {
    let served = Served::with(&[]);
    let (place, asked) = proxy(server_of(&served), None).await;
    let file = target(&served, &format!("http://{ELSEWHERE}"), "[network]\nproxy = \"${PROXY}\"\n");
    let url = format!("http://user:secret-of-the-proxy@{place}");
    let output = run(file, &[], vec![("PROXY".to_owned(), url.clone())]).await.exits(0);
    assert!(output.out.contains("32 pass"), "24 tests over three protocols, and 8 comparisons: {}", output.out);
    let lines = asked.lock().expect("whole").clone();
    assert!(lines.len() >= 3, "{lines:?}");
    let wanted = format!("CONNECT {ELSEWHERE}:80 HTTP/1.1");
    assert!(lines.iter().all(|head| head.starts_with(&wanted) && head.contains(CREDENTIALS)), "{lines:?}");
    // The environment does the same, and says where not.
    let file = target(&served, &format!("http://{ELSEWHERE}"), "");
    let before = asked.lock().expect("whole").len();
    run(file.clone(), &[], vec![("HTTP_PROXY".to_owned(), url.clone())]).await.exits(0);
    assert!(asked.lock().expect("whole").len() > before);
    let output = run(file, &[("NO_PROXY", ELSEWHERE)], vec![("HTTP_PROXY".to_owned(), url.clone())]).await.exits(5);
    assert!(output.err.contains("resolve") && !output.err.contains("secret-of-the-proxy"), "{}", output.err);
    // This machine needs none, and `none` overrules the environment.
    let before = asked.lock().expect("whole").len();
    run(served.target(), &[], vec![("ALL_PROXY".to_owned(), url)]).await.exits(0);
    assert_eq!(asked.lock().expect("whole").len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_proxy_refuses_is_not_the_targets() {
    let served = Served::with(&[]);
    for (refusal, words) in [
        ("407 Proxy Authentication Required", "proxy authorization required"),
        ("403 Forbidden", "unsuccessful"),
        ("502 Bad Gateway", "unsuccessful"),
    ] {
        let (place, _) = proxy(server_of(&served), Some(refusal)).await;
        let file = target(&served, &format!("http://{ELSEWHERE}"), "[network]\nproxy = \"${PROXY}\"\n");
        let url = format!("http://user:secret-of-the-proxy@{place}");
        let output = run(file, &[], vec![("PROXY".to_owned(), url)]).await.exits(5);
        let said = output.err.replace('\n', " ");
        assert!(said.contains(&format!("the proxy http://{place} opened no tunnel")) && said.contains(words), "{said}");
        assert!(!output.out.contains("FAIL") && !(output.out + &output.err).contains("secret-of-the-proxy"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_proxy_is_named() {
    let served = Served::with(&[]);
    let port = TcpListener::bind("127.0.0.1:0").await.expect("a port").local_addr().expect("bound").port();
    let tables = format!("[network]\nproxy = \"http://127.0.0.1:{port}\"\n");
    let file = target(&served, &format!("http://{ELSEWHERE}"), &tables);
    let output = run(file, &[], Vec::new()).await.exits(5);
    assert!(output.err.replace('\n', " ").contains(&format!("the proxy http://127.0.0.1:{port}")), "{}", output.err);
}

/// A CA of our own, with a certificate that it has issued.
struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a certificate");
        Authority { certificate, issuer: Issuer::new(params, key) }
    }

    /// A certificate and its key, in DER and PEM.
    fn issue(&self, name: &str) -> (Certificate, KeyPair) {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new([name.to_owned()]).expect("a name");
        (params.signed_by(&key, &self.issuer).expect("issued"), key)
    }
}

/// TLS before a server that wants a certificate of the client. Gives the base URL.
async fn guarded(server: String, authority: &Authority) -> String {
    let (certificate, key) = authority.issue("localhost");
    let mut roots = RootCertStore::empty();
    roots.add(authority.certificate.der().clone()).expect("a CA");
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_client_cert_verifier(verifier.build().expect("a verifier"))
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().expect("a key"))
        .expect("a certificate and its key");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base_url = format!("https://localhost:{}", listener.local_addr().expect("bound").port());
    tokio::spawn(async move {
        while let Ok((outer, _)) = listener.accept().await {
            let (acceptor, server) = (acceptor.clone(), server.clone());
            tokio::spawn(async move {
                let (Ok(mut outer), Ok(mut inner)) = tokio::join!(acceptor.accept(outer), TcpStream::connect(server))
                else {
                    return;
                };
                // Either side may hang up.
                let _ = copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    base_url
}

fn write(path: &Path, content: &str) {
    std::fs::write(path, content).expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_the_client_is_shown_over_every_protocol() {
    let served = Served::with(&[]);
    let authority = Authority::new();
    let base_url = guarded(server_of(&served), &authority).await;
    let (certificate, key) = authority.issue("proofmark");
    let (_, other) = authority.issue("other");
    write(&served.path("ca.pem"), &authority.certificate.pem());
    write(&served.path("client.pem"), &certificate.pem());
    write(&served.path("client.key"), &key.serialize_pem());
    write(&served.path("other.key"), &other.serialize_pem());
    let tls = |client: &str| format!("[tls]\nca-file = \"ca.pem\"\n{client}");
    let both = tls("client-cert = \"client.pem\"\nclient-key = \"client.key\"\n");
    let output = run(target(&served, &base_url, &both), &[], Vec::new()).await.exits(0);
    assert!(output.out.contains("conformant") || output.out.contains("partial"), "{}", output.out);
    // The server ends connections without a certificate: that is the set-up.
    let output = run(target(&served, &base_url, &tls("")), &[], Vec::new()).await.exits(5);
    assert!(output.err.contains("error: configuration: ") && !output.out.contains("FAIL"), "{}", output.err);
    for (client, words) in [
        ("client-cert = \"client.pem\"\n", "client-key = \"client.key\""),
        ("client-key = \"client.key\"\n", "client-cert = \"client.pem\""),
        ("client-cert = \"client.pem\"\nclient-key = \"nowhere.key\"\n", "nowhere.key"),
        ("client-cert = \"client.pem\"\nclient-key = \"ca.pem\"\n", "private key"),
        ("client-cert = \"client.key\"\nclient-key = \"client.key\"\n", "no certificate"),
        ("client-cert = \"client.pem\"\nclient-key = \"other.key\"\n", "certificate and key"),
    ] {
        let output = run(target(&served, &base_url, &tls(client)), &[], Vec::new()).await.exits(3);
        assert!(output.err.contains(words) && !output.err.contains("BEGIN"), "{client}: {}", output.err);
    }
}

#[tokio::test]
async fn headers_are_sent_over_every_protocol() {
    let seen: Arc<Mutex<Vec<(String, String)>>> = Arc::default();
    let log = Arc::clone(&seen);
    let base_url = hostile::server::raw(move |stream| {
        let log = Arc::clone(&log);
        async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let of = |name: &str| {
                    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
                };
                log.lock().expect("whole").push((of("x-tenant"), of("authorization")));
                async { Ok::<_, Infallible>(Response::new(Empty::<bytes::Bytes>::new())) }
            });
            let _ = auto::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        }
    })
    .await;
    let headers = vec![(HeaderName::from_static("x-tenant"), HeaderValue::from_static("blue"))];
    let address = Address { headers, ..Address::new(base_url) };
    for protocol in Protocol::ALL {
        let transport = transport::connect(protocol, &address, &hostile::limits()).expect("usable");
        // What it answers does not matter.
        let _ = transport.send(&hostile::call()).await;
    }
    let seen = seen.lock().expect("whole").clone();
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert!(seen.iter().all(|(tenant, token)| tenant == "blue" && !token.is_empty()), "{seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_of_a_target_file_are_checked_and_their_secrets_masked() {
    let served = Served::with(&["--defect", "robust-token-echoed"]);
    let base_url = format!("http://{}", server_of(&served));
    let tables = "[headers]\nx-tenant = \"blue\"\nx-api-key = \"${API_KEY}\"\n";
    let key = || vec![("API_KEY".to_owned(), "secret-of-the-gateway".to_owned())];
    let output = run(target(&served, &base_url, tables), &[], key()).await;
    assert!(!(output.out + &output.err).contains("secret-of-the-gateway"));
    for (line, words) in [
        ("authorization = \"x\"", "proofmark sets `authorization` itself"),
        ("Content-Length = \"1\"", "proofmark sets `Content-Length` itself"),
        ("grpc-timeout = \"1S\"", "proofmark sets `grpc-timeout` itself"),
        ("\"x y\" = \"1\"", "is not the name of a header"),
        ("x-api-key = \"${NOT_SET}\"", "NOT_SET is not set"),
    ] {
        let file = target(&served, &base_url, &format!("[headers]\n{line}\n"));
        let output = run(file, &[], Vec::new()).await.exits(3);
        assert!(output.err.contains(words), "{line}: {}", output.err);
    }
    let file = target(&served, &base_url, "[network]\nproxy = \"http://user:in-clear@proxy.example\"\n");
    let output = run(file, &[], Vec::new()).await.exits(3);
    assert!(
        output.err.contains("must not be written in this file") && !output.err.contains("in-clear"),
        "{}",
        output.err
    );
}
