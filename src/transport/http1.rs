//! The HTTP client of REST and gRPC-Web: HTTP/1.1, and over TLS what ALPN says.

use reqwest::{Client, redirect, retry};

use super::attempt::{Attempt, Received};
use super::outgoing::{self, Outgoing};
use super::{Address, Limits, TransportError, tls};

/// A client with its target and bounds.
#[derive(Debug)]
pub(super) struct HttpClient {
    client: Client,
    base_url: String,
    limits: Limits,
}

impl HttpClient {
    /// A client that follows no redirect (the token must not follow), uses no proxy, retries nothing and decompresses nothing.
    pub fn new(address: &Address, limits: &Limits) -> Result<Self, TransportError> {
        let base_url = outgoing::base_url(address)?;
        let mut tls = tls::configuration(address)?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let client = Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(redirect::Policy::none())
            .retry(retry::never())
            .referer(false)
            .no_proxy()
            // Whether the client could is decided by the features of all crates of the build together.
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate()
            .user_agent(concat!("proofmark/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect_timeout)
            .http2_max_header_list_size(outgoing::http2_header_bytes(limits))
            .build()
            .map_err(|e| TransportError::Other(format!("the HTTP client cannot be set up: {e}")))?;
        Ok(Self { client, base_url, limits: limits.clone() })
    }

    /// The checked base URL, without a slash at its end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Starts the clock of a call.
    pub fn attempt(&self) -> Attempt<'_> {
        Attempt::start(&self.base_url, &self.limits)
    }

    /// Sends a request and reads the reply.
    pub async fn run(&self, attempt: &Attempt<'_>, outgoing: &Outgoing) -> Result<Received, TransportError> {
        let path = outgoing.request.uri().path().to_owned();
        let request = reqwest::Request::try_from(outgoing.request.clone())
            .map_err(|e| TransportError::Address(format!("{}: {e}", outgoing.sent.url)))?;
        // The URL type of the client resolves segments such as `..`, which would send the call to another endpoint.
        if request.url().path() != path {
            return Err(TransportError::Address(format!(
                "{path:?} cannot be sent: its dot segments would be resolved"
            )));
        }
        attempt.run(async { self.client.execute(request).await.map(http::Response::from) }).await
    }
}
