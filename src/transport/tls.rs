//! The rustls configuration of a target.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::{Address, TlsOptions, TransportError};

/// A client configuration without ALPN. The system's trust anchors are read for `https://` alone, since that takes time.
///
/// # Errors
/// [`TransportError::Tls`] for certificates that cannot be read.
pub fn configuration(address: &Address) -> Result<ClientConfig, TransportError> {
    let failed = |why: String| TransportError::Tls { address: address.base_url.clone(), why };
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| failed(e.to_string()))?;
    if address.tls.insecure {
        return Ok(builder
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(AcceptAny(provider)))
            .with_no_client_auth());
    }
    let is_tls = address.base_url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let roots = if is_tls { roots(&address.tls).map_err(failed)? } else { RootCertStore::empty() };
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// The system's trust anchors and the extra ones. Only the extra ones must all be readable.
pub(super) fn roots(options: &TlsOptions) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(pem) = &options.extra_roots_pem {
        let extra = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let extra = extra.map_err(|e| format!("the extra trust anchors are no PEM: {e}"))?;
        if extra.is_empty() {
            return Err("the extra trust anchors hold no certificate".to_owned());
        }
        for certificate in extra {
            roots.add(certificate).map_err(|e| format!("an extra trust anchor cannot be used: {e}"))?;
        }
    }
    Ok(roots)
}

/// Accepts any certificate, but still wants the server to hold its key.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
