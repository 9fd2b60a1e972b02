//! Origin and RP ID: each by itself, and whether they go together.

use http::Uri;
use thiserror::Error;
use toml::Spanned;

use super::place::{Source, TargetFileError};
use crate::transport::default_port;
use crate::webauthn::rp_id::is_rp_id_of;

/// An origin, or an RP ID for it, that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdentityError {
    /// It has a user name or a password. It is not quoted.
    #[error("the origin has a user name or password in it; an origin has none")]
    Credentials,
    /// It is not an origin as browsers write one.
    #[error("origin `{origin}` {why}")]
    Origin {
        /// The origin.
        origin: String,
        /// What is wrong with it, and what to write instead.
        why: String,
    },
    /// The RP ID belongs to another site.
    #[error(
        "rp-id `{rp_id}` is neither the host of the origin `{origin}` nor a suffix of it; write for example \"{host}\""
    )]
    RpId {
        /// The RP ID.
        rp_id: String,
        /// The origin.
        origin: String,
        /// Its host.
        host: String,
    },
}

impl Source {
    /// The further domains of a file.
    pub(crate) fn domains(&self, written: &[Spanned<String>]) -> Result<Vec<String>, TargetFileError> {
        let read = |domain: &Spanned<String>| {
            let text = domain.get_ref();
            if is_domain(text) {
                return Ok(text.clone());
            }
            let message = format!("domains: `{text}` is not a domain; write for example \"login.example.net\"");
            Err(self.error(domain.span().start, message))
        };
        written.iter().map(read).collect()
    }
}

/// Whether a text is a domain as browsers write it: labels of small letters, digits and hyphens.
fn is_domain(text: &str) -> bool {
    let is_label_byte = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.split('.').all(|label| !label.is_empty() && label.bytes().all(is_label_byte))
}

/// Checks that an origin has the form that browsers write (HTML section 7.1.1), and that an RP ID belongs to it.
///
/// # Errors
/// [`IdentityError`]
pub fn identity(origin: &str, rp_id: &str) -> Result<(), IdentityError> {
    if has_credentials(origin) {
        return Err(IdentityError::Credentials);
    }
    let fail = |why: &str| IdentityError::Origin { origin: origin.to_owned(), why: why.to_owned() };
    let parsed: Uri = origin.parse().map_err(|_| fail("is not a URL; write for example \"https://example.org\""))?;
    let Some(host) = parsed.host().filter(|_| matches!(parsed.scheme_str(), Some("http" | "https"))) else {
        return Err(fail(&format!("is not an origin; write for example \"https://{rp_id}\"")));
    };
    if origin.ends_with('/') || parsed.path() != "/" || parsed.query().is_some() || origin.contains('#') {
        return Err(fail("has a path; write scheme, host and port only"));
    }
    if !port_is_valid(&parsed) || parsed.port_u16() == Some(default_port(parsed.scheme_str())) {
        return Err(fail("has a port that browsers don't write; leave out the default one"));
    }
    let lower = origin.to_ascii_lowercase();
    if lower != *origin {
        return Err(fail(&format!("has capital letters; write \"{lower}\" as browsers do")));
    }
    if is_rp_id_of(host, rp_id) {
        return Ok(());
    }
    Err(IdentityError::RpId { rp_id: rp_id.to_owned(), origin: origin.to_owned(), host: host.to_owned() })
}

/// Scheme, host and port of a URL, as browsers write an origin.
pub fn origin_of(url: &str) -> Option<String> {
    let parsed: Uri = url.parse().ok()?;
    let (scheme, host) = (parsed.scheme_str()?, parsed.host()?.to_ascii_lowercase());
    let port = parsed.port_u16().filter(|port| *port != default_port(Some(scheme)));
    Some(format!("{scheme}://{host}{}", port.map(|port| format!(":{port}")).unwrap_or_default()))
}

/// The host of an origin; empty if there is none.
pub fn host_of(origin: &str) -> String {
    origin.parse::<Uri>().ok().and_then(|origin| origin.host().map(str::to_owned)).unwrap_or_default()
}

/// Whether there is an `@` before the path.
pub(crate) fn has_credentials(url: &str) -> bool {
    let authority = url.split_once("//").map_or(url, |(_, rest)| rest);
    authority.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@'))
}

/// Whether there is no port, or a valid port number.
pub(crate) fn port_is_valid(url: &http::Uri) -> bool {
    let authority = url.authority().map_or("", http::uri::Authority::as_str);
    let host = url.host().unwrap_or_default();
    authority.len() == host.len() || url.port_u16().is_some_and(|port| port > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_written_as_browsers_do() {
        for (url, origin, host) in [
            ("https://ID.example.org/path", "https://id.example.org", "id.example.org"),
            ("https://id.example.org:443", "https://id.example.org", "id.example.org"),
            ("http://localhost:8080/", "http://localhost:8080", "localhost"),
            ("http://[::1]:80", "http://[::1]", "[::1]"),
            ("http://[::1]:81", "http://[::1]:81", "[::1]"),
        ] {
            let written = origin_of(url).expect("a URL");
            assert_eq!((written.as_str(), host_of(&written).as_str()), (origin, host));
        }
        assert_eq!((origin_of("id.example.org"), origin_of("no url")), (None, None));
        assert_eq!(host_of("no url"), "");
    }

    #[test]
    fn a_domain_has_neither_scheme_nor_port_nor_capitals() {
        for domain in ["login.example.net", "localhost", "xn--bcher-kva.example", "a-1.example"] {
            assert!(is_domain(domain), "{domain}");
        }
        for text in [
            "",
            ".",
            "https://login.example.net",
            "login.example.net:443",
            "Login.example",
            "b\u{fc}cher.example",
            "a..b",
        ] {
            assert!(!is_domain(text), "{text}");
        }
    }
}
