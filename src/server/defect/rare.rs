//! What goes wrong under a condition that tests seldom meet: a caller, a domain, a protocol, a long body, calls that come together.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "rare-origin-unchecked-for-administrator",
        "webauthn/7.1/origin",
        "the origin is not checked where the administrator calls",
        &["across/administrator-origin"],
    ),
    fails(
        "rare-domain-forgotten-at-verify",
        "webauthn/7.1/accept",
        "the RP ID hash is held against the server's own RP ID where the start asked for another domain",
        &["enrolment/further-domain-finished"],
    ),
    fails(
        "rare-conflict-as-500",
        "api/robustness",
        "of two calls of one caller at the same time one is answered as an internal error",
        &["ceremony/verify-race"],
    ),
    fails(
        "rare-removal-by-place",
        "api/options/exclude-credentials",
        "of two removals at the same time the second takes the factor behind the one that it names",
        &["ceremony/removals-at-once"],
    ),
    fails(
        "rare-lengths-unchecked-over-grpc-web",
        "api/limit/token-name",
        "over gRPC-Web no length is checked",
        &["limits/name-201-ascii"],
    ),
    deviates(
        "rare-body-of-a-mebibyte",
        "api/limit/credential/v1",
        "a REST body of more than a mebibyte is refused",
        &["limits/credential-1048575-v1"],
    ),
    fails(
        "rare-long-body-refused-in-text",
        "api/content-type/rest",
        "a REST body that is too long is refused in plain text",
        &["limits/credential-json-4mib"],
    ),
    fails(
        "rare-wrong-type-in-credential-as-500",
        "api/robustness",
        "a text of the credential that is of another type is answered as an internal error",
        &["envelope/attestation-object-array"],
    ),
    fails(
        "rare-removal-by-id-alone",
        "api/authorization",
        "a removal takes the factor with the id of the path, whoever has it",
        &["authorization/foreign-token-own-user"],
    ),
    deviates(
        "rare-list-unchecked",
        "api/no-leak",
        "every user may list every user's passkeys",
        &["sequences/list-without-token"],
    ),
    fails(
        "rare-name-unlimited-in-v1-passwordless",
        "api/limit/token-name/v1",
        "the name of a passkey of one's own may have any length",
        &["limits/name-201-ascii"],
    ),
    fails(
        "rare-challenge-missing-for-unknown-token",
        "http/challenge",
        "a 401 about a token that is not known has no WWW-Authenticate",
        &["authorization/unknown-token"],
    ),
    fails(
        "rare-content-type-refused-with-code-zero",
        "http/refusal-code",
        "the refusal of a content type over REST has code 0",
        &["request/*content-type*"],
    ),
    deviates(
        "rare-credential-taken-twice-at-once",
        "webauthn/7.1/credential-id-unique",
        "of two users who verify one credential id at the same time both get it",
        &["ceremony/credential-id-race"],
    ),
    fails(
        "rare-name-of-the-later-call",
        "api/stored/name",
        "of two verifies of one user at the same time both store the name of the later one",
        &["ceremony/kinds-at-once"],
    ),
];
