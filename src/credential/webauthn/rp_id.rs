//! RP IDs (WebAuthn L3 section 5.1.3).

use std::net::Ipv4Addr;

/// Whether an RP ID is the host of an origin, or a registrable domain above it ("is a registrable domain suffix of or is equal to",
/// HTML). An address has nothing above it, and a name without a dot is nobody's to register. Which other names anybody can
/// register under is not known here.
pub fn is_rp_id_of(host: &str, rp_id: &str) -> bool {
    let is_address = host.starts_with('[') || host.parse::<Ipv4Addr>().is_ok();
    let is_above = || host.strip_suffix(rp_id).is_some_and(|rest| rest.ends_with('.')) && !rp_id.starts_with('.');
    !rp_id.is_empty() && (host == rp_id || (!is_address && rp_id.contains('.') && is_above()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_rp_id_is_the_host_or_a_domain_above_it() {
        for (host, rp_id) in [
            ("id.example.org", "id.example.org"),
            ("id.example.org", "example.org"),
            ("localhost", "localhost"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
        ] {
            assert!(is_rp_id_of(host, rp_id), "{rp_id} of {host}");
        }
        for (host, rp_id) in [
            ("example.org", "id.example.org"),
            ("id.example.org", "ample.org"),
            ("id.example.org", ".example.org"),
            ("id.example.org", "example.com"),
            ("id.example.org", "org"),
            ("localhost.", ""),
            ("127.0.0.1", "0.0.1"),
            ("127.0.0.1", "1"),
        ] {
            assert!(!is_rp_id_of(host, rp_id), "{rp_id} of {host}");
        }
    }
}
