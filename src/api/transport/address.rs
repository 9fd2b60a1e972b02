//! Where a target is, and whom to trust there.

use http::{HeaderName, HeaderValue};

use super::proxy::Proxy;
use crate::wire::secret::Secret;

/// The port of a scheme where a URL names none: that of `https`, or else that of `http`.
pub fn default_port(scheme: Option<&str>) -> u16 {
    if scheme == Some("https") { 443 } else { 80 }
}

/// Where a target is.
#[derive(Debug, Clone, Default)]
pub struct Address {
    /// `http://host[:port][/prefix]` is plain HTTP/1.1 (REST, gRPC-Web) and HTTP/2 with prior knowledge (gRPC); `https://` is TLS with ALPN.
    /// Without credentials, query and fragment.
    pub base_url: String,
    /// Whom to trust; has no effect on `http://`.
    pub tls: TlsOptions,
    /// What connections go through; `None` for none.
    pub proxy: Option<Proxy>,
    /// Headers that every request has, unless the call has one of the same name.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

impl Address {
    /// An address with the system's trust anchors.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), ..Self::default() }
    }

    /// The values of headers that must not be shown.
    pub fn secrets(&self) -> Vec<Secret> {
        let values = self.headers.iter().map(|(_, value)| value).filter(|value| value.is_sensitive());
        values.filter_map(|value| value.to_str().ok()).map(Secret::new).collect()
    }
}

/// Whom to trust on `https://`.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// PEM certificates that are trusted in addition to the system's.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Accepts any certificate for any host.
    pub insecure: bool,
    /// The certificate that the client shows; `None` for none.
    pub client: Option<ClientCertificate>,
}

/// A certificate of the client, and its key.
#[derive(Debug, Clone)]
pub struct ClientCertificate {
    /// The certificate and those up to its CA, in PEM.
    pub chain_pem: Vec<u8>,
    /// The private key, in PEM.
    pub key_pem: Secret,
}
