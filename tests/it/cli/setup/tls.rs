//! A server behind TLS: what is wrong with a certificate, and its own fix.

use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;

use super::super::{Served, proofmark, text};
use super::{base_url, checked};

/// TLS in front of a server. Gives its port, and the certificate as PEM.
fn front(runtime: &Runtime, upstream: &str, params: CertificateParams) -> (u16, String) {
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.serialize_der().try_into().expect("a key"))
        .expect("a certificate and its key");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let upstream = upstream.replace("http://", "");
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
    let port = listener.local_addr().expect("bound").port();
    runtime.spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, upstream) = (acceptor.clone(), upstream.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut server = TcpStream::connect(upstream).await.expect("it listens");
                let _ = tokio::io::copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    (port, certificate.pem())
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a name")
}

#[test]
fn each_fault_of_a_certificate_has_its_fix() {
    let served = Served::with(&[]);
    let runtime = Runtime::new().expect("a runtime");
    let url = base_url(&served);
    let good = std::fs::read_to_string(served.path("target.toml")).expect("written");
    let mut expired = params("localhost");
    (expired.not_before, expired.not_after) = (date_time_ymd(2019, 1, 1), date_time_ymd(2020, 1, 1));
    let mut early = params("localhost");
    (early.not_before, early.not_after) = (date_time_ymd(2090, 1, 1), date_time_ymd(2091, 1, 1));
    let cases = [
        (params("localhost"), true, "", ""),
        (params("localhost"), false, "tls-unknown-authority", "`ca-file` under [tls]"),
        (params("other.example"), true, "tls-other-name", "give the server a certificate for localhost"),
        (expired, true, "tls-expired", "renew the server's certificate"),
        (early, true, "tls-not-yet-valid", "set the clocks of both machines"),
    ];
    for (params, is_trusted, id, fix) in cases {
        let (port, pem) = front(&runtime, &url, params);
        let https = format!("https://localhost:{port}");
        std::fs::write(served.path("ca.pem"), pem).expect("written");
        let ca = if is_trusted { "[tls]\nca-file = \"ca.pem\"\n" } else { "" };
        let path = served.path("tls.toml");
        std::fs::write(&path, format!("{}\n{ca}", good.replace(&url, &https))).expect("written");
        let (bad, output) = checked(&path, if id.is_empty() { 0 } else { 5 });
        if id.is_empty() {
            assert!(
                bad.is_empty() && output.out.contains("the certificate is trusted, for localhost"),
                "{}",
                output.out
            );
            continue;
        }
        assert!(bad.iter().any(|(found, words)| found == id && words.contains(fix)), "{id}: {}", output.out);
        // A run does not begin.
        let run = proofmark(&["run", "enrolment/good", "--target", &text(&path)]).exits(5);
        run.says(&["rest does not answer at https://localhost", "certificate"]);
        // Without a token there is nothing to lose: what is behind the certificate is looked at all the same.
        let out = text(&served.path("made.toml"));
        let pool = text(&served.path("target.subjects.json"));
        let made = proofmark(&["init", &https, "--force", "--out", &out, "--subjects-file", &pool]).exits(0);
        assert!(made.out.contains("problem  tls"), "{}", made.out);
        if !is_trusted {
            assert!(made.out.contains("ok       grpc             answers the start"), "{}", made.out);
            assert!(std::fs::read_to_string(&out).expect("written").contains("# ca-file ="), "a hint");
        }
    }
    let plain = good.replace(&url, &format!("http://localhost:{}", front(&runtime, &url, params("localhost")).0));
    let path = served.path("plain.toml");
    std::fs::write(&path, plain).expect("written");
    let (bad, output) = checked(&path, 5);
    assert!(bad.iter().any(|(id, fix)| id == "speaks-tls" && fix.contains("https://")), "{}", output.out);
}
