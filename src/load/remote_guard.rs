//! Where load may be sent to: this machine, unless another host was named on purpose.

use std::net::IpAddr;

use thiserror::Error;

/// Load for a host that was not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{base_url} is not on this machine; if you may send load to it, say so with --allow-remote {host}{instead}")]
pub struct RemoteTarget {
    base_url: String,
    host: String,
    instead: String,
}

/// Lets loopback targets through (127.0.0.0/8, ::1 and the name localhost), and the one host that is allowed by name.
/// The name has to be the host of the URL as it is written there, without the port; case does not matter.
///
/// # Errors
/// [`RemoteTarget`], also for an allowed host that is not the target's, and for a text that is not a URL.
pub fn admit(base_url: &str, allowed: Option<&str>) -> Result<(), RemoteTarget> {
    let host = host(base_url).unwrap_or_default();
    let is_allowed = allowed.is_some_and(|allowed| !host.is_empty() && bare(allowed).eq_ignore_ascii_case(&host));
    if is_loopback(&host) || is_allowed {
        return Ok(());
    }
    let instead = allowed.map(|allowed| format!(" instead of {allowed}")).unwrap_or_default();
    let host = if host.is_empty() { "HOST".to_owned() } else { host };
    Err(RemoteTarget { base_url: base_url.to_owned(), host, instead })
}

fn host(base_url: &str) -> Option<String> {
    let uri: http::Uri = base_url.parse().ok()?;
    uri.host().map(|host| bare(host).to_owned())
}

/// An IPv6 address without its brackets.
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_needs_no_word() {
        for url in [
            "http://127.0.0.1:1",
            "https://127.9.8.7",
            "http://[::1]:80",
            "http://localhost:8080/x",
            "http://LOCALHOST",
        ] {
            assert_eq!(admit(url, None), Ok(()), "{url}");
        }
    }

    #[test]
    fn any_other_host_has_to_be_named() {
        for (url, host) in [
            ("https://id.example.org", "id.example.org"),
            ("http://128.0.0.1", "128.0.0.1"),
            ("http://localhost.example.org", "localhost.example.org"),
            ("http://127.0.0.1.example.org", "127.0.0.1.example.org"),
            ("http://127.0.0.1@example.org", "example.org"),
            ("http://0.0.0.0:80", "0.0.0.0"),
            ("http://[2001:db8::1]:80", "2001:db8::1"),
        ] {
            let refused = admit(url, None).expect_err(url).to_string();
            assert!(refused.ends_with(&format!("--allow-remote {host}")), "{refused}");
            assert_eq!(admit(url, Some(&host.to_uppercase())), Ok(()), "{url}");
            assert!(admit(url, Some("example.net")).is_err(), "{url}");
            assert!(admit(url, Some("")).is_err(), "{url}");
        }
        assert_eq!(admit("http://[2001:db8::1]:80", Some("[2001:db8::1]")), Ok(()));
        assert!(admit("no url at all", Some("no")).is_err());
    }
}
