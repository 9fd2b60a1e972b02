//! Defects that need a condition that tests seldom meet: a caller, a domain, a protocol, a long body, calls at the same time.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "rare-origin-unchecked-for-administrator",
        "webauthn/7.1/origin",
        "the origin is not checked if the administrator makes the call",
        &["across/administrator-origin"],
    ),
    fails(
        "rare-domain-forgotten-at-verify",
        "webauthn/7.1/accept",
        "the RP ID hash is compared with the server's own RP ID, although the start asked for another domain",
        &["enrolment/further-domain-finished"],
    ),
    fails(
        "rare-conflict-as-500",
        "api/robustness",
        "if one caller makes two calls at the same time, one of them is answered as an internal error",
        &["ceremony/verify-race"],
    ),
    fails(
        "rare-removal-by-place",
        "api/options/exclude-credentials",
        "if two removals come at the same time, the second one removes the factor after the one that it names",
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
        "a text member of the credential that has another type is answered as an internal error",
        &["envelope/attestation-object-array"],
    ),
    fails(
        "rare-removal-by-id-alone",
        "api/authorization",
        "a removal removes the factor with the id in the path, whichever user has it",
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
        "the name of a passkey that callers enrol for themselves may have any length",
        &["limits/name-201-ascii"],
    ),
    fails(
        "rare-challenge-missing-for-unknown-token",
        "http/challenge",
        "a 401 for an unknown token has no WWW-Authenticate",
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
        "if two users verify one credential id at the same time, both get it",
        &["ceremony/credential-id-race"],
    ),
    fails(
        "rare-name-of-the-later-call",
        "api/stored/name",
        "if two verifies of one user come at the same time, both store the name of the later one",
        &["ceremony/kinds-at-once"],
    ),
];
