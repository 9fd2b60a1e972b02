//! How the server refuses.

use super::entry::{Variant, variant};

/// Cases in which something is refused.
const REFUSED: &[&str] = &[
    "authorization",
    "ceremony/replayed-response",
    "ceremony/stale-challenge",
    "ceremony/same-credential-id",
    "client-data/challenge-other",
    "att-obj/fmt-unknown",
    "limits/name-201-ascii",
    "limits/name-empty",
    "limits/credential-54",
    "limits/user-id-201",
];

entries! {
    VARIANTS: Variant;
    TEXTS = variant(
        "refusal-texts",
        "api/shape/error",
        "messages of refusals are in another language, with characters beyond ASCII and line breaks",
        "the message is a string for people",
        REFUSED,
    ),
    TEXTS_TECHNICAL = variant(
        "refusal-texts-technical",
        "api/no-leak/internals",
        "messages of refusals name members, sections, numbers and an address with a port",
        "these messages are about the request, and not about the inside of the server",
        REFUSED,
    ),
    IDS = variant(
        "refusal-ids",
        "api/shape/error",
        "the ids of refusals are numbers without a meaning",
        "no page names the ids",
        REFUSED,
    ),
    WITHOUT_DETAILS = variant(
        "refusal-without-details",
        "api/shape/error",
        "refusals have no details, over any protocol",
        "the list may be empty; google.rpc.Status may be left out of a gRPC reply",
        REFUSED,
    ),
    FAILED_PRECONDITION = variant(
        "refusal-failed-precondition",
        "api/status/default",
        "a credential that the ceremony refuses is answered with code 9 in place of 3",
        "the pages name no status for it (default)",
        REFUSED,
    ),
    ALREADY_EXISTS = variant(
        "refusal-already-exists",
        "api/status/default",
        "a credential id that is taken is answered with 409 and code 6",
        "the pages name no status for it (default)",
        &["ceremony"],
    ),
    OUT_OF_RANGE = variant(
        "refusal-out-of-range",
        "api/status/default",
        "a member outside its limits is answered with code 11 in place of 3",
        "the pages name no status for it (default)",
        REFUSED,
    ),
    BODY_422 = variant(
        "refusal-body-422",
        "api/status/default",
        "a credential that the ceremony refuses is answered with HTTP 422",
        "the pages name no status for it (default); what counts is the code, which is the same over all protocols",
        REFUSED,
    ),
    METHOD_404 = variant(
        "refusal-method-404",
        "api/request/malformed",
        "a method that a path does not have is answered with 404 in place of 405",
        "no page says how another method is answered",
        &["request", "wire/method-get"],
    ),
    CONTENT_TYPE_400 = variant(
        "refusal-content-type-400",
        "api/request/malformed",
        "a content type that is not documented is answered with 400 in place of 415",
        "no page says how it is answered",
        &["request", "*/*/rest/wire"],
    ),
    UNREADABLE_INTERNAL = variant(
        "refusal-unreadable-internal",
        "api/request/malformed",
        "a message over gRPC or gRPC-Web that can't be read is answered with code 13",
        "by gRPC's document about status codes, its libraries answer that",
        &["request", "*/*/grpc/wire", "*/*/grpc-web/wire"],
    ),
    METHOD_501 = variant(
        "refusal-method-501",
        "api/request/malformed",
        "a method that a path does not have is answered with 501 in place of 405",
        "501 is for a method that is not supported at all (RFC 9110 section 15.6.2); no page says how such a method is answered",
        &["request", "wire/method-get"],
    ),
    TWO_CHALLENGES = variant(
        "refusal-two-challenges",
        "api/status/unauthenticated",
        "a 401 has further challenges, of other schemes",
        "a reply may have several (RFC 9110 section 11.6.1)",
        &["authorization"],
    ),
}
