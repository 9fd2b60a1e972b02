//! Where a target is, and whom to trust there.

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
}

impl Address {
    /// An address with the system's trust anchors.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self { base_url: base_url.into(), tls: TlsOptions::default() }
    }
}

/// Whom to trust on `https://`.
#[derive(Debug, Clone, Default)]
pub struct TlsOptions {
    /// PEM certificates that are trusted in addition to the system's.
    pub extra_roots_pem: Option<Vec<u8>>,
    /// Accepts any certificate for any host.
    pub insecure: bool,
}
