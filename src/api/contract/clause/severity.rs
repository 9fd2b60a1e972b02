//! How severe it is if a clause does not hold.

use serde::{Deserialize, Serialize};

proofmark_support::named! {
    /// How severe a broken statement is for the users of a target. The gravest is the smallest. The levels are those of the
    /// registration catalogue.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    pub enum Severity by name {
        /// Somebody gets into an account that is not theirs, or an attacker can prepare it.
        Critical = "critical",
        /// A protection is missing, users are kept out, or data are lost.
        High = "high",
        /// A wrong answer that programs have to work around, or a check that only helps others.
        Medium = "medium",
        /// An answer has another form than the documented one.
        Low = "low",
    }
}

use Severity::{Critical, High, Low, Medium};

/// Clauses and their severity. An entry also speaks for what is beneath it, unless that has an entry of its own.
#[rustfmt::skip]
pub const SEVERITIES: &[(&str, Severity)] = &[
    ("api/endpoint", High),
    ("api/status/ok", Medium),
    ("api/status/unauthenticated", Critical),
    ("api/status/permission-denied", Critical),
    ("api/status/not-found", Medium),
    ("api/status/default", High),
    ("api/request", Medium),
    ("api/request/bearer", Critical),
    ("api/request/user-id", High),
    ("api/request/factor-id", High),
    ("api/request/passkey-code", Critical),
    ("api/request/oauth-flow", High),
    ("api/limit", Low),
    ("api/limit/user-id", Medium),
    ("api/limit/factor-id", Medium),
    ("api/content-type", Low),
    ("api/grpc-status", Medium),
    ("api/grpc-web-framing", Medium),
    ("api/shape", Medium),
    ("api/shape/details", Low),
    ("api/shape/start/details", Low),
    ("api/shape/error", Low),
    ("api/details", Low),
    ("api/error-detail", Low),
    ("api/options", Medium),
    ("api/options/rp-id", High),
    ("api/authorization", Critical),
    ("api/enrol", High),
    ("api/last-added", High),
    ("api/several-factors", Medium),
    ("api/authenticator-kinds", Medium),
    ("api/transports-agree", Medium),
    ("api/robustness", Medium),
    ("api/no-leak", Medium),
    ("api/no-leak/token", Critical),
    ("api/no-leak/other-user", High),
    ("api/after-state", High),
    ("api/remove", High),
    ("api/state", High),
    ("api/state/owner", Critical),
    ("api/state/dead", Critical),
    ("api/state/ids", Medium),
    ("api/state/forward", Low),
    ("api/state/consistent", Medium),
    ("api/stored", Medium),
    ("api/stored/name", Low),
    ("api/stored/one-user", Critical),
    ("api/carriers", Medium),
    ("api/carriers/user-id", Critical),
    ("api/carriers/permission", Critical),
    ("api/carriers/factor-id", High),
    ("api/carriers/target", Critical),
    ("api/carriers/token", Critical),
    ("api/carriers/token-twice", Critical),
    ("api/carriers/token-alone", Critical),
    ("api/carriers/identity", Critical),
    ("api/carriers/organization", High),
    ("api/carriers/host", High),
    ("api/carriers/domain", High),
    ("api/carriers/user-handle", High),
    ("api/carriers/code", Critical),
    ("api/identifiers/factor-id", Medium),
    ("api/identifiers/no-user-oracle", Medium),

    ("webauthn/4/rp-id", Medium),
    ("webauthn/5.1/raw-id", Medium),
    ("webauthn/5.4.3/user-handle", High),
    ("webauthn/5.4.3/user-handle-personal", Medium),
    ("webauthn/5.4", Low),
    ("webauthn/5.4.4/require-resident-key", Low),
    ("webauthn/5.8.5/algorithms", Medium),
    ("webauthn/6.5.1/point", Medium),
    ("webauthn/13.4.3/challenge", Critical),
    ("webauthn/13.4.3/challenge-length", High),
    ("webauthn/13.4.3/challenge-expiry", Medium),
    ("webauthn/7.1/options", Medium),
    ("webauthn/7.1/create", Medium),
    ("webauthn/7.1/credential-json", Medium),
    ("webauthn/7.1/response", Medium),
    ("webauthn/7.1/client-extension-results", Low),
    ("webauthn/7.1/client-data-utf8", Low),
    ("webauthn/7.1/client-data-json", Medium),
    ("webauthn/7.1/type", High),
    ("webauthn/7.1/challenge", Critical),
    ("webauthn/7.1/origin", Critical),
    ("webauthn/7.1/cross-origin", High),
    ("webauthn/7.1/top-origin", Medium),
    ("webauthn/7.1/client-data-hash", High),
    ("webauthn/7.1/attestation-object", High),
    ("webauthn/7.1/rp-id-hash", Critical),
    ("webauthn/7.1/user-present", High),
    ("webauthn/7.1/user-verified", Critical),
    ("webauthn/7.1/backup-state", Medium),
    ("webauthn/7.1/backup-eligibility-policy", Low),
    ("webauthn/7.1/backup-state-policy", Low),
    ("webauthn/7.1/algorithm", High),
    ("webauthn/7.1/format", Medium),
    ("webauthn/7.1/attestation-statement", High),
    ("webauthn/7.1/trust-anchors", High),
    ("webauthn/7.1/attestation-trust", High),
    ("webauthn/7.1/credential-id-length", Medium),
    ("webauthn/7.1/credential-id-unique", Critical),
    ("webauthn/7.1/accept", High),
    ("webauthn/7.1/credential-record", High),
    ("webauthn/7.1/extensions", Medium),
    ("webauthn/7.1/extension-outputs", Low),

    ("webauthn/8.2", High),
    ("webauthn/8.2/knowledge", Low),
    ("webauthn/8.2.1", Medium),
    ("webauthn/8.2.1/aaguid-extension", Low),
    ("webauthn/8.3", High),
    ("webauthn/8.3/version", Medium),
    ("webauthn/8.3/aaguid", Medium),
    ("webauthn/8.3/extra-data", Critical),
    ("webauthn/8.3/public-key", Critical),
    ("webauthn/8.3.1", Medium),
    ("webauthn/8.4", High),
    ("webauthn/8.4/challenge", Critical),
    ("webauthn/8.4/public-key", Critical),
    ("webauthn/8.5", Low),
    ("webauthn/8.6", High),
    ("webauthn/8.6/one-certificate", Low),
    ("webauthn/8.6/knowledge", Low),
    ("webauthn/8.7", Medium),
    ("webauthn/8.8", High),
    ("webauthn/8.8/nonce", Critical),
    ("webauthn/8.8/public-key", Critical),
    ("webauthn/8.9", Medium),
    ("webauthn/8.9/statements", High),

    ("rfc4648/3.3/alphabet", Low),
    ("rfc8230/2/pss-salt", Low),
    ("http", Low),
    ("http/conditional", Medium),
    ("http/connection", Critical),
    ("http/framing", High),
    ("http/cache", High),
    ("http/path", High),
    ("http/cors/credentials", High),
    ("http/redirect", High),
    ("http/trace", Medium),
    ("grpc", Low),
];

/// The severity of a broken clause; `None` for an id that the catalogue of clauses does not have, such as that of another version.
pub fn severity(id: &str) -> Option<Severity> {
    let speaks = |general: &str| general == id || id.strip_prefix(general).is_some_and(|rest| rest.starts_with('/'));
    let entries = SEVERITIES.iter().filter(|(general, _)| speaks(general));
    entries.max_by_key(|(general, _)| general.len()).map(|(_, severity)| *severity)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::registry::all;
    use super::*;

    #[test]
    fn every_clause_has_a_severity_and_every_entry_a_clause() {
        for clause in all() {
            assert!(severity(clause.id).is_some(), "{} has no severity", clause.id);
        }
        let mut seen = HashSet::new();
        for (id, own) in SEVERITIES {
            assert!(seen.insert(id), "{id} is there twice");
            let general = id.rsplit_once('/').and_then(|(general, _)| severity(general));
            assert!(general != Some(*own), "{id}: the entry above it says the same");
            let beneath = |clause: &str| clause == *id || clause.starts_with(&format!("{id}/"));
            assert!(all().any(|clause| beneath(clause.id)), "there is no clause {id}");
        }
        assert_eq!(severity("api/authorization/v2"), Some(Severity::Critical));
        assert_eq!(severity("api/no-leak/internals"), Some(Severity::Medium));
        assert_eq!(severity("own/clause"), None);
    }

    #[test]
    fn the_gravest_is_the_smallest() {
        assert!(Severity::ALL.is_sorted() && Severity::Critical < Severity::Low);
        assert_eq!(serde_json::to_value(Severity::High).expect("a name"), Severity::High.name());
    }
}
