//! A proxy between proofmark and a target. Everything goes through a tunnel (CONNECT, RFC 9110 section 9.3.6), also to `http://`: a proxy
//! that reads the calls could change what is judged.

use std::net::IpAddr;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use super::error::TransportError;

/// A proxy, with the credentials that it asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    uri: Uri,
    authorization: Option<HeaderValue>,
}

/// What the environment says of proxies, each empty if it says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProxyVariables {
    /// `HTTP_PROXY`
    pub http: String,
    /// `HTTPS_PROXY`
    pub https: String,
    /// `ALL_PROXY`
    pub all: String,
    /// `NO_PROXY`
    pub no: String,
}

impl ProxyVariables {
    /// Those of an environment. Names in small letters come first, as other programs read them.
    pub fn of(variable: &dyn Fn(&str) -> Option<String>) -> ProxyVariables {
        let read = |name: &str| {
            let small = variable(&name.to_ascii_lowercase()).filter(|text| !text.is_empty());
            small.or_else(|| variable(name)).unwrap_or_default()
        };
        ProxyVariables {
            http: read("HTTP_PROXY"),
            https: read("HTTPS_PROXY"),
            all: read("ALL_PROXY"),
            no: read("NO_PROXY"),
        }
    }

    /// The proxy for a URL. This machine is reached without one.
    pub fn proxy(&self, url: &str) -> Option<Proxy> {
        let uri: Uri = url.parse().ok()?;
        if is_loopback(&uri) {
            return None;
        }
        let (http, https, all) = (self.http.as_str(), self.https.as_str(), self.all.as_str());
        let matcher = Matcher::builder().all(all).http(http).https(https).no(self.no.as_str()).build();
        let found = matcher.intercept(&uri)?;
        Some(Proxy::of(&found))
    }
}

fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    let is_name = host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost");
    is_name || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Proxy {
    /// The proxy at a URL, which may hold a user name and a password.
    ///
    /// # Errors
    /// [`TransportError::Address`]; the URL is not quoted, since it may hold a password.
    pub fn new(url: &str) -> Result<Proxy, TransportError> {
        let bad = || TransportError::Address("the proxy: write a URL such as http://proxy.example.org:3128".to_owned());
        let uri: Uri = url.parse().map_err(|_| bad())?;
        if uri.scheme_str() != Some("http") || uri.host().is_none_or(str::is_empty) {
            return Err(bad());
        }
        let any = Uri::from_static("http://target.example");
        let found = Matcher::builder().all(url).build().intercept(&any).ok_or_else(bad)?;
        Ok(Proxy::of(&found))
    }

    fn of(found: &Intercept) -> Proxy {
        let mut authorization = found.basic_auth().cloned();
        authorization.iter_mut().for_each(|value| value.set_sensitive(true));
        Proxy { uri: found.uri().clone(), authorization }
    }

    /// Where it is, without credentials.
    pub fn shown(&self) -> String {
        let port = self.uri.port_u16().unwrap_or(80);
        format!("http://{}:{port}", self.uri.host().unwrap_or_default())
    }

    /// Where it is.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// The value of `Proxy-Authorization`.
    pub fn authorization(&self) -> Option<&HeaderValue> {
        self.authorization.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &'static [(&'static str, &'static str)]) -> ProxyVariables {
        ProxyVariables::of(&move |name| {
            pairs.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())
        })
    }

    #[test]
    fn the_environment_names_a_proxy_for_what_is_elsewhere() {
        let both = variables(&[
            ("HTTP_PROXY", "http://a:1"),
            ("https_proxy", "http://user:p%20w@b:2"),
            ("HTTPS_PROXY", "http://c:3"),
            ("NO_PROXY", "own.example,10.0.0.0/8"),
        ]);
        let shown = |url: &str| both.proxy(url).map(|proxy| proxy.shown());
        assert_eq!(shown("http://id.example.org").as_deref(), Some("http://a:1"));
        assert_eq!(shown("https://id.example.org:8443/x").as_deref(), Some("http://b:2"));
        let nobody = ["https://own.example", "https://x.own.example", "http://10.1.2.3", "http://localhost:1"];
        for url in nobody.into_iter().chain(["https://127.0.0.1", "https://[::1]:1", "http://a.localhost"]) {
            assert_eq!(shown(url), None, "{url}");
        }
        let proxy = both.proxy("https://id.example.org").expect("a proxy");
        assert!(proxy.authorization().is_some() && !proxy.shown().contains("user"));
        assert_eq!(
            variables(&[("ALL_PROXY", "http://d:4")]).proxy("http://x.example").map(|proxy| proxy.shown()).as_deref(),
            Some("http://d:4")
        );
        assert_eq!(variables(&[]).proxy("https://id.example.org"), None);
    }

    #[test]
    fn a_proxy_is_a_url_and_its_password_is_not_shown() {
        let proxy = Proxy::new("http://user:secret@proxy.example:3128").expect("a proxy");
        assert_eq!(proxy.shown(), "http://proxy.example:3128");
        assert_eq!(proxy.authorization().and_then(|value| value.to_str().ok()), Some("Basic dXNlcjpzZWNyZXQ="));
        for url in
            ["", "proxy.example:3128", "socks5://proxy.example", "http://", "https://proxy.example", "http://a b"]
        {
            let error = Proxy::new(url).expect_err(url).to_string();
            assert!(error.contains("http://proxy.example.org:3128"), "{error}");
        }
    }
}
