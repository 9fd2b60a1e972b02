//! Load over TLS: what stands before a server takes it off.

use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use super::{run, server, target_file};

/// Takes TLS off, with a certificate for localhost, and hands on what is in it. Gives the base URL and the certificate as PEM.
async fn before(server: String) -> (String, String) {
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = certified.signing_key.serialize_der().try_into().expect("a key");
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
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
                let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    (base_url, certified.cert.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_protocol_is_loaded_over_tls() {
    let directory = tempfile::tempdir().expect("a directory");
    let server = server(&[], 3).await;
    let inner = server.base_url().trim_start_matches("http://").to_owned();
    let (base_url, pem) = before(inner).await;
    let target = target_file(directory.path(), &server, &base_url, 3);
    let target = target.to_str().expect("UTF-8");
    let common = ["--users", "3", "--duration", "1500ms", "--protocol", "rest=1,grpc=1,grpc-web=1", "--seed", "1"];
    let common = [&common[..], &["--generator-lag", "60s", "--target", target]].concat();
    let (code, out, err) = run(&common).await;
    assert_eq!(code, Some(5), "nobody vouches for the certificate: {out}{err}");
    assert!(err.contains("certificate") && err.contains("ca-file") && server.counts.started() == 0, "{err}");
    std::fs::write(directory.path().join("ca.pem"), pem).expect("written");
    let text = std::fs::read_to_string(target).expect("written");
    std::fs::write(target, format!("{text}[tls]\nca-file = \"ca.pem\"\n")).expect("written");
    let (code, out, err) = run(&common).await;
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("load on https://localhost:"), "{out}");
    for protocol in ["rest", "grpc", "grpc-web"] {
        assert!(out.lines().any(|line| line.starts_with(&format!("{protocol} cycle "))), "{protocol}: {out}");
    }
    assert_eq!(server.counts.verified(), server.counts.removed(), "{out}");
}
