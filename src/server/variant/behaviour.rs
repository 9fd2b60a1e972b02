//! What the server does where the documents leave a choice.

use super::{Variant, variant};

/// Cases of several calls, without those that are long.
const SEQUENCES: &[&str] = &[
    "enrolment",
    "v2/passkey/rest/ceremony",
    "v2/u2f/grpc/ceremony",
    "v1/u2f/rest/ceremony",
    "v1/passwordless/grpc-web/ceremony",
];

pub(super) const VARIANTS: &[Variant] = &[
    variant(
        "registrations-several",
        "webauthn/7.1/challenge",
        "a user may have several registrations open; a new start leaves the old ones alone",
        "no page says how many there may be, or what a start does to the one before",
        SEQUENCES,
    ),
    variant(
        "refused-verify-keeps-registration",
        "webauthn/7.1/challenge",
        "a refused verify leaves the registration open",
        "no page says that an attempt spends it; section 7.1 speaks of one response",
        SEQUENCES,
    ),
    variant(
        "remove-only-enrolled",
        "api/remove",
        "a registration that waits can't be removed",
        "the remove operations speak of factors; one that was not finished need not be one",
        SEQUENCES,
    ),
    variant(
        "token-padding-ignored",
        "api/request/bearer",
        "equals signs at the end of a token are ignored",
        "in RFC 6750 section 2.1 they are padding; whoever decodes tokens from base64 sees the same bytes without them",
        &["authorization"],
    ),
    variant(
        "code-empty-is-none",
        "api/request/passkey-code",
        "a registration code with neither id nor code counts as none",
        "no page tells an empty message from one that is left out",
        &["authorization/registration-code-*"],
    ),
    variant(
        "raw-id-optional",
        "webauthn/5.1/raw-id",
        "a credential without rawId is accepted, and its id stands for it",
        "no step of WebAuthn L3 section 7.1 reads rawId; one that is there is compared",
        &["envelope/raw-id-missing", "envelope/raw-id-differs-from-id", "envelope/id-differs-from-auth-data"],
    ),
    variant(
        "list-v1-only",
        "api/endpoint/v2/passkey/list",
        "v2 has no operation that lists passkeys",
        "only the overview names one; no page describes it, and enrolment does not need it",
        &["v2/passkey/*/enrolment"],
    ),
    variant(
        "domain-own-only",
        "webauthn/4/rp-id",
        "a start refuses every domain but the server's own and those that the target file names",
        "page 004 does not say which domains are served",
        &["limits/domain-*", "v2/*/*/enrolment", "ceremony/origin-any"],
    ),
    variant(
        "http-get-lists",
        "api/request/method",
        "a GET at the path of a start answers a list",
        "no page says what another method does there; a GET that reads is safe (RFC 9110 section 9.2.1)",
        &["request/start-by-get", "request/start-by-head"],
    ),
    variant(
        "http-options-answered",
        "api/request/method",
        "OPTIONS is answered with 204 and the methods of the API, at every path",
        "no page speaks of it; RFC 9110 section 9.3.7",
        &["request/start-by-options", "request/by-options"],
    ),
    variant(
        "json-last-of-duplicates",
        "api/request/json-mapping",
        "of a JSON member that is there twice the last one counts",
        "RFC 8259 section 4 leaves it open",
        &["*/*/rest/request", "v2/*/rest/envelope", "v1/*/rest/envelope/duplicate-*"],
    ),
    variant(
        "json-further-members-refused",
        "api/request/json-mapping",
        "a JSON request with a member that the message does not have is refused",
        "the protobuf JSON mapping has parsers refuse them by default, and lets them ignore them",
        &["*/*/rest/wire", "*/*/rest/enrolment", "*/*/rest/request"],
    ),
];
