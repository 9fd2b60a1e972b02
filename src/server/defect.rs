//! Faults on demand: each entry is one realistic bug, switched on by its id and sitting in exactly one place of the server.
//!
//! A run against a server with one defect has to be red for the defect's clause; that is how the judge is judged.

/// What kind of promise a defect breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// Wrong HTTP or gRPC status.
    Status,
    /// A reply that lacks or mistypes a documented member.
    Shape,
    /// A documented length limit that is off, missing or counted in another unit.
    Limit,
    /// A challenge that is weak, reused or not bound to its ceremony.
    Challenge,
    /// A step of the registration ceremony (WebAuthn L3 §7.1) that is left out.
    Verification,
    /// One protocol's framing, headers or trailers, or protocols that disagree.
    Transport,
    /// Who may do what.
    Authorization,
    /// What is stored afterwards.
    State,
    /// Behaviour on broken input: crashes, hangs and leaks.
    Robustness,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 9] = [
        Class::Status,
        Class::Shape,
        Class::Limit,
        Class::Challenge,
        Class::Verification,
        Class::Transport,
        Class::Authorization,
        Class::State,
        Class::Robustness,
    ];
}

/// One fault that the server can be told to have.
#[derive(Debug, PartialEq, Eq)]
pub struct Defect {
    /// Permanent slug, such as `limit-token-name-201`.
    pub id: &'static str,
    /// The kind of promise that it breaks.
    pub class: Class,
    /// What the server does wrong, in one line.
    pub summary: &'static str,
    /// Id of the clause that it violates.
    pub clause: &'static str,
}

impl Defect {
    /// The defect with this id.
    pub fn find(id: &str) -> Option<&'static Defect> {
        DEFECTS.iter().find(|defect| defect.id == id)
    }
}

/// The defects that a server was started with.
#[derive(Debug, Clone, Default)]
pub(super) struct Faults(Vec<&'static Defect>);

impl Faults {
    pub(super) fn new(defects: &[&'static Defect]) -> Self {
        Self(defects.to_vec())
    }

    /// Whether the defect is switched on. Without defects this costs one comparison.
    pub(super) fn has(&self, id: &str) -> bool {
        debug_assert!(Defect::find(id).is_some(), "unlisted defect {id}");
        self.0.iter().any(|defect| defect.id == id)
    }

    /// The slug of the ceremony's step that is left out.
    pub(super) fn skipped_step(&self) -> Option<&'static str> {
        self.0.iter().find_map(|defect| defect.id.strip_prefix(SKIPS_PREFIX))
    }
}

const fn defect(id: &'static str, class: Class, clause: &'static str, summary: &'static str) -> Defect {
    Defect { id, class, summary, clause }
}

/// The prefix of the defects that leave out one step of the ceremony; the step's slug follows.
const SKIPS_PREFIX: &str = "verification-skips-";

use Class::{Authorization, Challenge, Limit, Robustness, Shape, State, Status, Transport, Verification};

/// Every fault, in the order in which they are listed.
pub const DEFECTS: &[Defect] = &[
    defect(
        "status-not-found-as-500",
        Status,
        "api/status/not-found",
        "what does not exist is answered as an internal error",
    ),
    defect(
        "status-unauthenticated-as-400",
        Status,
        "api/status/unauthenticated",
        "a missing or invalid token is answered with 400",
    ),
    defect(
        "status-permission-denied-as-404",
        Status,
        "api/status/permission-denied",
        "a lack of permission is answered with 404",
    ),
    defect(
        "status-limit-as-500",
        Status,
        "api/robustness",
        "a member outside its limits is answered as an internal error",
    ),
    defect(
        "status-ceremony-refusal-as-200",
        Status,
        "webauthn/7.1/challenge",
        "a refused credential is answered with 200 although nothing is stored",
    ),
    defect("shape-details-missing", Shape, "api/shape/verify", "a successful verify is answered without details"),
    defect(
        "shape-remove-details-missing",
        Shape,
        "api/shape/remove",
        "a successful remove is answered without details",
    ),
    defect("shape-resource-owner-missing", Shape, "api/shape/details", "details come without resourceOwner"),
    defect("shape-sequence-number", Shape, "api/shape/details", "details.sequence is a JSON number over REST"),
    defect(
        "shape-change-date-not-rfc3339",
        Shape,
        "api/shape/details",
        "details.changeDate is no RFC 3339 date over REST",
    ),
    defect("shape-error-without-type", Shape, "api/shape/error", "details of an error lack @type over REST"),
    defect("shape-error-code-string", Shape, "api/shape/error", "code of an error is a string over REST"),
    defect("shape-error-details-not-list", Shape, "api/shape/error", "details of an error are an object over REST"),
    defect(
        "shape-options-without-challenge",
        Shape,
        "api/options/members",
        "creation options come without a challenge",
    ),
    defect(
        "shape-options-without-public-key",
        Shape,
        "api/options/members",
        "creation options are not wrapped in publicKey",
    ),
    defect("shape-factor-id-missing", Shape, "api/shape/start", "a v2 start is answered without the factor's id"),
    defect("limit-token-name-201", Limit, "api/limit/token-name", "a name of 201 characters is accepted"),
    defect("limit-token-name-199", Limit, "api/limit/token-name", "a name of 200 characters is refused"),
    defect("limit-token-name-bytes", Limit, "api/limit/token-name", "a name is measured in UTF-8 bytes"),
    defect("limit-token-name-empty", Limit, "api/limit/token-name", "an empty name is accepted"),
    defect(
        "limit-credential-min",
        Limit,
        "api/limit/credential",
        "54 are enough: a credential that short gets as far as the ceremony",
    ),
    defect("limit-credential-max", Limit, "api/limit/credential", "a credential of 1048576 is refused"),
    defect("limit-credential-over", Limit, "api/limit/credential", "a credential of 1048577 is accepted"),
    defect("limit-user-id-201", Limit, "api/limit/user-id", "a user id of 201 characters is looked up"),
    defect("limit-factor-id-201", Limit, "api/limit/factor-id", "a factor id of 201 characters is looked up"),
    defect("challenge-constant", Challenge, "webauthn/13.4.3/challenge", "every start hands out the same challenge"),
    defect("challenge-short", Challenge, "webauthn/13.4.3/challenge-length", "a challenge has 8 bytes"),
    defect(
        "challenge-not-one-time",
        Challenge,
        "webauthn/7.1/challenge",
        "a registration stays open after verify, so a reply can be replayed",
    ),
    defect(
        "challenge-not-bound-to-user",
        Challenge,
        "webauthn/7.1/challenge",
        "a challenge that was issued to another user is accepted",
    ),
    defect(
        "challenge-of-earlier-start-accepted",
        Challenge,
        "webauthn/7.1/challenge",
        "the challenge of a start that was replaced is accepted",
    ),
    defect(
        "verification-skips-credential-json",
        Verification,
        "webauthn/7.1/credential-json",
        "the envelope's id, rawId and type are not checked",
    ),
    defect(
        "verification-skips-client-data-json",
        Verification,
        "webauthn/7.1/client-data-json",
        "bytes after the client data are accepted",
    ),
    defect("verification-skips-type", Verification, "webauthn/7.1/type", "the type of the client data is not checked"),
    defect(
        "verification-skips-challenge",
        Verification,
        "webauthn/7.1/challenge",
        "the challenge of the client data is not checked",
    ),
    defect("verification-skips-origin", Verification, "webauthn/7.1/origin", "the origin is not checked"),
    defect(
        "verification-skips-cross-origin",
        Verification,
        "webauthn/7.1/cross-origin",
        "a cross-origin ceremony is accepted",
    ),
    defect(
        "verification-skips-top-origin",
        Verification,
        "webauthn/7.1/top-origin",
        "a foreign top origin is accepted",
    ),
    defect(
        "verification-skips-attestation-object",
        Verification,
        "webauthn/7.1/attestation-object",
        "bytes after the attestation object are accepted",
    ),
    defect(
        "verification-skips-rp-id-hash",
        Verification,
        "webauthn/7.1/rp-id-hash",
        "the hash of the RP ID is not checked",
    ),
    defect("verification-skips-user-present", Verification, "webauthn/7.1/user-present", "the flag UP is not checked"),
    defect(
        "verification-skips-user-verified",
        Verification,
        "webauthn/7.1/user-verified",
        "the flag UV is not checked where it is required",
    ),
    defect("verification-skips-backup-state", Verification, "webauthn/7.1/backup-state", "BS without BE is accepted"),
    defect(
        "verification-skips-algorithm",
        Verification,
        "webauthn/7.1/algorithm",
        "an algorithm that was not offered is accepted",
    ),
    defect(
        "verification-skips-format",
        Verification,
        "webauthn/7.1/format",
        "an attestation statement of an unknown format is accepted",
    ),
    defect(
        "verification-skips-attestation-statement",
        Verification,
        "webauthn/7.1/attestation-statement",
        "the attestation statement is not verified",
    ),
    defect(
        "verification-skips-attestation-trust",
        Verification,
        "webauthn/7.1/attestation-trust",
        "attestation certificates need not lead to a trust anchor",
    ),
    defect(
        "verification-skips-credential-id-length",
        Verification,
        "webauthn/7.1/credential-id-length",
        "a credential id of more than 1023 bytes is accepted",
    ),
    defect(
        "verification-skips-credential-id-unique",
        Verification,
        "webauthn/7.1/credential-id-unique",
        "a credential id is accepted a second time",
    ),
    defect("transport-grpc-status-always-ok", Transport, "api/grpc-status", "refusals over gRPC carry grpc-status 0"),
    defect(
        "transport-grpc-status-always-ok-web",
        Transport,
        "api/grpc-status",
        "refusals over gRPC-Web carry grpc-status 0",
    ),
    defect(
        "transport-grpc-web-trailer-missing",
        Transport,
        "api/grpc-web-framing",
        "replies over gRPC-Web end without the trailer frame",
    ),
    defect(
        "transport-grpc-missing-details",
        Transport,
        "api/transports-agree",
        "refusals come without grpc-status-details-bin",
    ),
    defect("transport-rest-content-type", Transport, "api/content-type", "200 over REST is text/plain"),
    defect("transport-rest-disagrees", Transport, "api/transports-agree", "over REST alone the origin is not checked"),
    defect(
        "authorization-missing-token-accepted",
        Authorization,
        "api/status/unauthenticated",
        "a call without a token acts as the administrator",
    ),
    defect(
        "authorization-any-scheme",
        Authorization,
        "api/status/unauthenticated",
        "a token is accepted after any scheme, such as Basic",
    ),
    defect(
        "authorization-foreign-token-accepted",
        Authorization,
        "api/authorization",
        "every user may act on every user",
    ),
    defect("state-stored-after-refusal", State, "api/after-state", "a refused credential is stored all the same"),
    defect("state-not-stored", State, "api/options/exclude-credentials", "an accepted credential is not stored"),
    defect("state-remove-keeps", State, "api/remove", "remove answers 200 and keeps the factor"),
    defect(
        "state-exclude-credentials-missing",
        State,
        "api/options/exclude-credentials",
        "options do not list what the user has",
    ),
    defect(
        "robust-500-on-malformed-json",
        Robustness,
        "api/robustness",
        "a body that is no JSON is answered as an internal error",
    ),
    defect(
        "robust-hang-on-truncated",
        Robustness,
        "api/robustness",
        "an attestation object that cannot be read is answered after a minute",
    ),
    defect("robust-token-echoed", Robustness, "api/no-leak", "the message about a lack of permission echoes the token"),
    defect(
        "status-remove-unimplemented",
        Status,
        "api/endpoint/v2/passkey/remove",
        "the removal of a user's passkey is answered as not implemented",
    ),
    defect(
        "status-refusal-as-202",
        Status,
        "api/status/default",
        "a refused credential is answered with 202 over REST",
    ),
    defect("shape-start-details-missing", Shape, "api/shape/start/details", "a start is answered without details"),
    defect("shape-start-options-missing", Shape, "api/shape/start/options", "a start is answered without options"),
    defect("shape-error-message-missing", Shape, "api/shape/error/message", "an error over REST has no message"),
    defect("shape-error-text", Shape, "api/shape/error", "an error over REST is its message alone"),
    defect(
        "shape-creation-date-not-rfc3339",
        Shape,
        "api/shape/details/creation-date",
        "details.creationDate is a day without a time over REST",
    ),
    defect("shape-change-date-zero", Shape, "api/details/change-date", "details.changeDate is the beginning of 1970"),
    defect(
        "shape-creation-date-local-time",
        Shape,
        "api/details/creation-date",
        "details.creationDate is the local time of a zone east of Greenwich, said to be UTC",
    ),
    defect("shape-sequence-constant", Shape, "api/details/sequence", "details.sequence is the same in every answer"),
    defect(
        "shape-resource-owner-of-event",
        Shape,
        "api/details/resource-owner",
        "details.resourceOwner is the id of the event",
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ids_are_unique_and_found() {
        let ids: BTreeSet<_> = DEFECTS.iter().map(|defect| defect.id).collect();
        assert_eq!(ids.len(), DEFECTS.len());
        for defect in DEFECTS {
            assert!(
                defect.id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                defect.id
            );
            assert_eq!(Defect::find(defect.id), Some(defect));
        }
        assert_eq!(Defect::find("no-such-defect"), None);
    }

    #[test]
    fn every_class_has_a_defect() {
        for class in [Status, Shape, Limit, Challenge, Verification, Transport, Authorization, State, Robustness] {
            assert!(DEFECTS.iter().any(|defect| defect.class == class), "{class:?}");
        }
    }

    #[test]
    fn faults_know_only_what_was_switched_on() {
        let faults = Faults::new(&[&DEFECTS[0]]);
        assert!(faults.has(DEFECTS[0].id));
        assert!(!faults.has(DEFECTS[1].id));
        assert!(!Faults::default().has(DEFECTS[0].id));
    }

    /// Each defect is consulted in exactly one place, except those that are derived from the slugs of the steps.
    #[test]
    fn every_defect_sits_in_one_place() {
        let sources = [
            include_str!("site.rs"),
            include_str!("service.rs"),
            include_str!("ceremony.rs"),
            include_str!("limits.rs"),
            include_str!("options.rs"),
            include_str!("rest.rs"),
            include_str!("grpc.rs"),
        ];
        for defect in DEFECTS.iter().filter(|defect| !defect.id.starts_with(SKIPS_PREFIX)) {
            let needle = format!("has(\"{}\")", defect.id);
            let places: usize = sources.iter().map(|source| source.matches(&needle).count()).sum();
            assert_eq!(places, 1, "{}", defect.id);
        }
    }
}
