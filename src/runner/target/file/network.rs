//! The way to a target: TLS, a proxy, and headers that every request has.

use std::collections::BTreeMap;
use std::path::PathBuf;

use http::{HeaderName, HeaderValue, header};
use serde::Deserialize;
use toml::Spanned;

use super::accounts::{Surroundings, TokenSource, read_token};
use super::place::{Source, TargetFileError};
use crate::contract::Protocol;
use crate::transport::{self, Address, ClientCertificate, Limits, Proxy, ProxyVariables, TlsOptions, TransportError};
use crate::wire::secret::Secret;

/// `[tls]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TlsTable {
    ca_file: Option<Spanned<PathBuf>>,
    #[serde(default)]
    insecure: bool,
    client_cert: Option<Spanned<PathBuf>>,
    client_key: Option<Spanned<PathBuf>>,
}

/// `[network]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct NetworkTable {
    proxy: Option<Spanned<TokenSource>>,
}

/// The name in `proxy` that stands for no proxy, whatever the environment says.
const NO_PROXY: &str = "none";

/// Headers that proofmark sets, and those that say how a message is carried.
const OWN: [HeaderName; 12] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// How targets are reached, the same for each of their URLs.
#[derive(Debug)]
pub(crate) struct Way {
    tls: TlsOptions,
    proxy: Chosen,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Values of headers that must not appear in a report.
    pub secrets: Vec<Secret>,
}

/// Which proxy is used.
#[derive(Debug)]
enum Chosen {
    /// That of the environment, if it names one for the URL.
    OfEnvironment(ProxyVariables),
    /// This one, or none.
    Written(Option<Proxy>),
}

impl Way {
    /// The address of a URL.
    pub fn to(&self, base_url: &str) -> Address {
        let proxy = match &self.proxy {
            Chosen::OfEnvironment(variables) => variables.proxy(base_url),
            Chosen::Written(proxy) => proxy.clone(),
        };
        Address { base_url: base_url.to_owned(), tls: self.tls.clone(), proxy, headers: self.headers.clone() }
    }
}

type Tables<'a> = (&'a TlsTable, &'a NetworkTable, &'a BTreeMap<String, Spanned<TokenSource>>);

impl Source {
    /// The way to the target.
    pub(crate) fn way(
        &self,
        (tls, network, headers): Tables<'_>,
        surroundings: &Surroundings<'_>,
    ) -> Result<Way, TargetFileError> {
        let mut way = Way {
            tls: self.tls(tls)?,
            proxy: Chosen::OfEnvironment(ProxyVariables::of(surroundings.variable)),
            headers: Vec::new(),
            secrets: Vec::new(),
        };
        if let Some(written) = &network.proxy {
            let (text, secret) = read_value(self, "network.proxy", written, surroundings)?;
            if secret.is_none() && text.contains('@') {
                // Not quoted: it holds a password.
                let fix = "write \"${NAME}\" and set that environment variable, or { file = \"path\" }";
                let message = format!("network.proxy: a password must not be written in this file; {fix}");
                return Err(self.error(written.span().start, message));
            }
            let proxy = (text != NO_PROXY).then(|| Proxy::new(&text)).transpose();
            let proxy = proxy
                .map_err(|error| self.error(written.span().start, format!("network.proxy: {error}; or \"none\"")))?;
            way.proxy = Chosen::Written(proxy);
            way.secrets.extend(secret);
        }
        for (name, written) in headers {
            let fail = |message: String| self.error(written.span().start, format!("headers: {message}"));
            let parsed: HeaderName = name
                .parse()
                .map_err(|_| fail(format!("`{name}` is not the name of a header; write a name such as x-api-key")))?;
            if OWN.contains(&parsed) || name.to_ascii_lowercase().starts_with("grpc-") {
                return Err(fail(format!(
                    "proofmark sets `{name}` itself; take it out (tokens belong under [accounts])"
                )));
            }
            let (text, secret) = read_value(self, name, written, surroundings)?;
            let mut value = HeaderValue::from_str(&text).map_err(|_| {
                fail(format!("the value of `{name}` cannot be sent as an HTTP header; write it in one line"))
            })?;
            value.set_sensitive(secret.is_some());
            way.headers.push((parsed, value));
            way.secrets.extend(secret);
        }
        Ok(way)
    }

    fn tls(&self, tls: &TlsTable) -> Result<TlsOptions, TargetFileError> {
        let mut options = TlsOptions { insecure: tls.insecure, ..TlsOptions::default() };
        if let Some(file) = &tls.ca_file {
            let form = "the file has to hold PEM certificates";
            options.extra_roots_pem = Some(self.contents("tls.ca-file", file, form)?);
            self.probe(&options).map_err(|why| self.wrong("tls.ca-file", file, &why, form))?;
        }
        let (certificate, key) = match (&tls.client_cert, &tls.client_key) {
            (None, None) => return Ok(options),
            (Some(certificate), Some(key)) => (certificate, key),
            (Some(one), None) => {
                return Err(
                    self.error(one.span().start, "tls.client-cert needs its key; write client-key = \"client.key\"")
                );
            }
            (None, Some(one)) => {
                return Err(self.error(
                    one.span().start,
                    "tls.client-key needs its certificate; write client-cert = \"client.pem\"",
                ));
            }
        };
        let form = "the files have to hold a certificate and its private key in PEM";
        let chain_pem = self.contents("tls.client-cert", certificate, form)?;
        let key_pem = String::from_utf8(self.contents("tls.client-key", key, form)?)
            .map_err(|_| self.wrong("tls.client-key", key, "it is not text", form))?;
        options.client = Some(ClientCertificate { chain_pem, key_pem: Secret::new(key_pem) });
        self.probe(&options).map_err(|why| self.wrong("tls.client-cert", certificate, &why, form))?;
        Ok(options)
    }

    fn contents(&self, key: &str, file: &Spanned<PathBuf>, form: &str) -> Result<Vec<u8>, TargetFileError> {
        std::fs::read(self.beside(file.get_ref())).map_err(|cause| self.wrong(key, file, &cause.to_string(), form))
    }

    fn wrong(&self, key: &str, file: &Spanned<PathBuf>, why: &str, form: &str) -> TargetFileError {
        let path = self.beside(file.get_ref());
        self.error(file.span().start, format!("{key} {}: {why}; {form}", path.display()))
    }

    /// Why certificates can't be used. This makes no connection; it only reads them.
    fn probe(&self, options: &TlsOptions) -> Result<(), String> {
        let address = Address { tls: options.clone(), ..Address::new("https://localhost") };
        match transport::connect(Protocol::Rest, &address, &Limits::default()) {
            Err(TransportError::Tls { why, .. }) => Err(why),
            _ => Ok(()),
        }
    }
}

/// A value, and the same as a secret if it is from a variable or a file.
fn read_value(
    source: &Source,
    key: &str,
    written: &Spanned<TokenSource>,
    surroundings: &Surroundings<'_>,
) -> Result<(String, Option<Secret>), TargetFileError> {
    match written.get_ref() {
        TokenSource::Text(text) if !text.contains("${") => Ok((text.clone(), None)),
        _ => {
            let secret = read_token(source, key, written, surroundings)?;
            Ok((secret.expose().to_owned(), Some(secret)))
        }
    }
}
