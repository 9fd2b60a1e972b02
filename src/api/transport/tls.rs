//! The rustls configuration of a target.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WantsClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::address::{Address, TlsOptions};
use super::error::TransportError;

/// A client configuration without ALPN. The system's trust anchors are read only for `https://`, since that takes time.
///
/// # Errors
/// [`TransportError::Tls`] for certificates that cannot be read.
pub fn configuration(address: &Address) -> Result<ClientConfig, TransportError> {
    let failed = |why: String| TransportError::Tls { address: address.base_url.clone(), why };
    let provider = Arc::new(aws_lc_rs::default_provider());
    if address.tls.insecure {
        return lenient(provider, None, &address.tls).map(|(configuration, _)| configuration).map_err(failed);
    }
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| failed(e.to_string()))?;
    let is_tls = address.base_url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let roots = if is_tls { roots(&address.tls).map_err(failed)? } else { RootCertStore::empty() };
    identified(builder.with_root_certificates(roots), &address.tls).map_err(failed)
}

/// A configuration that accepts any certificate, and the verifier that reports afterwards whether it was trusted.
///
/// # Errors
/// [`TransportError::Tls`] for trust anchors that cannot be read.
pub(super) fn watching(address: &Address) -> Result<(ClientConfig, Arc<Lenient>), TransportError> {
    let failed = |why: String| TransportError::Tls { address: address.base_url.clone(), why };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let roots = Arc::new(roots(&address.tls).map_err(failed)?);
    let usual = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider));
    lenient(provider, Some(usual.build().map_err(|e| failed(e.to_string()))?), &address.tls).map_err(failed)
}

fn lenient(
    provider: Arc<CryptoProvider>,
    usual: Option<Arc<WebPkiServerVerifier>>,
    options: &TlsOptions,
) -> Result<(ClientConfig, Arc<Lenient>), String> {
    let lenient = Arc::new(Lenient { provider: Arc::clone(&provider), usual, seen: Mutex::default() });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| e.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(lenient.clone());
    Ok((identified(builder, options)?, lenient))
}

/// With the client's certificate, if there is one.
fn identified(
    builder: ConfigBuilder<ClientConfig, WantsClientCert>,
    options: &TlsOptions,
) -> Result<ClientConfig, String> {
    let Some(client) = &options.client else { return Ok(builder.with_no_client_auth()) };
    let chain = CertificateDer::pem_slice_iter(&client.chain_pem).collect::<Result<Vec<_>, _>>();
    let chain = chain.map_err(|e| format!("the client's certificate is not PEM: {e}"))?;
    if chain.is_empty() {
        return Err("the file of the client's certificate holds no certificate".to_owned());
    }
    // The key is not quoted.
    let key = PrivateKeyDer::from_pem_slice(client.key_pem.expose().as_bytes())
        .map_err(|_| "the client's key is not a private key in PEM".to_owned())?;
    builder.with_client_auth_cert(chain, key).map_err(|e| format!("the client's certificate and key: {e}"))
}

/// The system's trust anchors and the extra ones. Only the extra ones must all be readable.
fn roots(options: &TlsOptions) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = &options.extra_roots_pem {
        let extra = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let extra = extra.map_err(|e| format!("the extra trust anchors are not PEM: {e}"))?;
        if extra.is_empty() {
            return Err("the extra trust anchors hold no certificate".to_owned());
        }
        for certificate in extra {
            roots.add(certificate).map_err(|e| format!("an extra trust anchor cannot be used: {e}"))?;
        }
    }
    Ok(roots)
}

/// Accepts any certificate, but still demands that the server has its key. Remembers the result of the usual verifier, if it has one.
#[derive(Debug)]
pub(super) struct Lenient {
    provider: Arc<CryptoProvider>,
    usual: Option<Arc<WebPkiServerVerifier>>,
    seen: Mutex<Seen>,
}

/// Certificates in DER, the server's own first, and why it is not trusted.
pub(super) type Seen = (Vec<Vec<u8>>, Option<rustls::Error>);

impl Lenient {
    /// What was seen last.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(usual) = &self.usual {
            let verdict = usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
            let chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.as_ref().to_vec()).collect();
            *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = (chain, verdict.err());
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
