//! Defects that need a condition that tests seldom meet: a caller, a domain, a protocol, a long body, calls at the same time.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    ORIGIN_UNCHECKED_FOR_ADMINISTRATOR = fails(
        "rare-origin-unchecked-for-administrator",
        "webauthn/7.1/origin",
        "the origin is not checked if the administrator makes the call",
        &["across/administrator-origin"],
    ),
    DOMAIN_FORGOTTEN_AT_VERIFY = fails(
        "rare-domain-forgotten-at-verify",
        "webauthn/7.1/accept",
        "the RP ID hash is compared with the server's own RP ID, although the start asked for another domain",
        &["enrolment/further-domain-finished"],
    ),
    CONFLICT_AS_500 = fails(
        "rare-conflict-as-500",
        "api/robustness",
        "if one caller makes two calls at the same time, one of them is answered as an internal error",
        &["ceremony/verify-race"],
    ),
    REMOVAL_BY_PLACE = fails(
        "rare-removal-by-place",
        "api/options/exclude-credentials",
        "if two removals come at the same time, the second one removes the factor after the one that it names",
        &["ceremony/removals-at-once"],
    ),
    LENGTHS_UNCHECKED_OVER_GRPC_WEB = fails(
        "rare-lengths-unchecked-over-grpc-web",
        "api/limit/token-name",
        "over gRPC-Web no length is checked",
        &["limits/name-201-ascii"],
    ),
    BODY_OF_A_MEBIBYTE = deviates(
        "rare-body-of-a-mebibyte",
        "api/limit/credential/v1",
        "a REST body of more than a mebibyte is refused",
        &["limits/credential-1048575-v1"],
    ),
    LONG_BODY_REFUSED_IN_TEXT = fails(
        "rare-long-body-refused-in-text",
        "api/content-type/rest",
        "a REST body that is too long is refused in plain text",
        &["limits/credential-json-4mib"],
    ),
    WRONG_TYPE_IN_CREDENTIAL_AS_500 = fails(
        "rare-wrong-type-in-credential-as-500",
        "api/robustness",
        "a text member of the credential that has another type is answered as an internal error",
        &["envelope/attestation-object-array"],
    ),
    REMOVAL_BY_ID_ALONE = fails(
        "rare-removal-by-id-alone",
        "api/authorization",
        "a removal removes the factor with the id in the path, whichever user has it",
        &["authorization/foreign-token-own-user"],
    ),
    LIST_UNCHECKED = deviates(
        "rare-list-unchecked",
        "api/no-leak",
        "every user may list every user's passkeys",
        &["sequences/list-without-token"],
    ),
    NAME_UNLIMITED_IN_V1_PASSWORDLESS = fails(
        "rare-name-unlimited-in-v1-passwordless",
        "api/limit/token-name/v1",
        "the name of a passkey that callers enrol for themselves may have any length",
        &["limits/name-201-ascii"],
    ),
    CHALLENGE_MISSING_FOR_UNKNOWN_TOKEN = fails(
        "rare-challenge-missing-for-unknown-token",
        "http/challenge",
        "a 401 for an unknown token has no WWW-Authenticate",
        &["authorization/unknown-token"],
    ),
    CONTENT_TYPE_REFUSED_WITH_CODE_ZERO = fails(
        "rare-content-type-refused-with-code-zero",
        "http/refusal-code",
        "the refusal of a content type over REST has code 0",
        &["request/*content-type*"],
    ),
    CREDENTIAL_TAKEN_TWICE_AT_ONCE = deviates(
        "rare-credential-taken-twice-at-once",
        "webauthn/7.1/credential-id-unique",
        "if two users verify one credential id at the same time, both get it",
        &["ceremony/credential-id-race"],
    ),
    NAME_OF_THE_LATER_CALL = fails(
        "rare-name-of-the-later-call",
        "api/stored/name",
        "if two verifies of one user come at the same time, both store the name of the later one",
        &["ceremony/kinds-at-once"],
    ),
}
