//! How replies are written.

use super::entry::{Variant, variant};

/// Cases that see every kind of reply.
const REPLIES: &[&str] = &["enrolment", "authorization", "client-data/challenge-other", "limits/name-201-ascii"];
/// The same over REST alone.
const REST: &[&str] = &[
    "*/*/rest/enrolment",
    "*/*/rest/authorization",
    "*/*/rest/client-data/challenge-other",
    "*/*/rest/limits/name-201-ascii",
];
const GRPC: &[&str] = &["*/*/grpc/enrolment", "*/*/grpc/authorization", "*/*/grpc/client-data/challenge-other"];
const GRPC_WEB: &[&str] =
    &["*/*/grpc-web/enrolment", "*/*/grpc-web/authorization", "*/*/grpc-web/client-data/challenge-other"];

entries! {
    VARIANTS: Variant;
    JSON_MEMBER_ORDER = variant(
        "json-member-order",
        "api/shape/verify",
        "the members of JSON objects come in another order",
        "an object is an unordered collection (RFC 8259 section 1); the pages' own examples differ in the order",
        REST,
    ),
    JSON_FURTHER_MEMBERS = variant(
        "json-further-members",
        "api/shape/verify",
        "objects in REST replies have members that no page has",
        "the schemas do not close their objects, and page 001's details have one member more than page 004's",
        REST,
    ),
    JSON_WHITE_SPACE = variant(
        "json-white-space",
        "api/shape/verify",
        "JSON is written over several lines, indented",
        "white space between tokens has no meaning (RFC 8259 section 2)",
        REST,
    ),
    JSON_ESCAPES = variant(
        "json-escapes",
        "api/shape/verify",
        "slashes in JSON strings are escaped",
        "any character may be escaped (RFC 8259 section 7)",
        REST,
    ),
    JSON_NUMBERS_AS_DOUBLES = variant(
        "json-numbers-as-doubles",
        "api/options/members",
        "numbers in v2's creation options are written with a fraction of zero, such as -7.0",
        "the options are a protobuf Struct, whose numbers are doubles; in JSON both are the same number (RFC 8259 section 6)",
        REST,
    ),
    DATES_OFFSET = variant(
        "dates-offset",
        "api/shape/details",
        "dates in REST have an offset of two hours in place of Z",
        "the schema says date-time; RFC 3339 section 5.6 has time-numoffset",
        REST,
    ),
    DATES_WHOLE_SECONDS = variant(
        "dates-whole-seconds",
        "api/shape/details",
        "dates in REST have no fraction of a second",
        "the fraction is optional (RFC 3339 section 5.6)",
        REST,
    ),
    DATES_NANOSECONDS = variant(
        "dates-nanoseconds",
        "api/shape/details",
        "dates in REST have a fraction of a second with nine digits",
        "any number of digits is allowed (RFC 3339 section 5.6)",
        REST,
    ),
    DETAILS_WITHOUT_CREATION_DATE = variant(
        "details-without-creation-date",
        "api/shape/details",
        "details have no creationDate",
        "page 004's example of an answer has none, page 001's has both",
        REPLIES,
    ),
    SEQUENCE_GREATEST = variant(
        "sequence-greatest",
        "api/shape/details",
        "sequence is greater than the integers that a double represents exactly",
        "it is a uint64, and therefore a string in JSON",
        REPLIES,
    ),
    RESOURCE_OWNER_UUID = variant(
        "resource-owner-uuid",
        "api/shape/details",
        "resourceOwner is a UUID",
        "it is a string; the digits in the examples are not binding",
        REPLIES,
    ),
    IDS_UUID = variant(
        "ids-uuid",
        "api/shape/start",
        "the ids of factors are UUIDs",
        "a string of 1 to 200 characters (page 001); the digits in the example are not binding",
        REPLIES,
    ),
    IDS_200_CHARACTERS = variant(
        "ids-200-characters",
        "api/limit/factor-id",
        "the ids of factors have 200 characters, some of which have to be escaped in a path",
        "page 001 allows 1 to 200 characters and does not say which ones",
        &["v2/*/*/enrolment", "v2/*/*/authorization", "v2/*/*/ceremony/stale-challenge"],
    ),
    CONTENT_TYPE_CHARSET = variant(
        "content-type-charset",
        "api/content-type",
        "the content type of REST replies has the parameter charset",
        "parameters do not change the media type (RFC 9110 section 8.3.1)",
        REST,
    ),
    CONTENT_TYPE_CASE = variant(
        "content-type-case",
        "api/content-type",
        "the content type of REST replies is in other letter case",
        "type and subtype are case-insensitive (RFC 9110 section 8.3.1)",
        REST,
    ),
    HTTP_CONNECTION_CLOSE = variant(
        "http-connection-close",
        "api/robustness",
        "the connection is closed after each HTTP/1.1 reply",
        "a server may close it if it says so (RFC 9112 section 9.6)",
        &["*/*/rest/enrolment", "*/*/grpc-web/enrolment", "*/*/rest/authorization", "v2/*/rest/ceremony/verify-race"],
    ),
    HTTP_CHUNKED = variant(
        "http-chunked",
        "api/content-type",
        "REST replies are chunked, without a length in the headers",
        "the transfer coding is the server's choice (RFC 9112 section 7.1)",
        REST,
    ),
    HTTP_HEADER_CASE = variant(
        "http-header-case",
        "api/content-type",
        "names of HTTP/1.1 headers are in title case",
        "field names are case-insensitive (RFC 9110 section 5.1)",
        &["*/*/rest/enrolment", "*/*/grpc-web/enrolment", "*/*/rest/authorization", "*/*/grpc-web/authorization"],
    ),
    HTTP_FURTHER_HEADERS = variant(
        "http-further-headers",
        "api/content-type",
        "replies have headers that nobody asked for, one of them twice",
        "unknown header fields are ignored (RFC 9110 section 5.1)",
        REPLIES,
    ),
    GRPC_CONTENT_TYPE_PROTO = variant(
        "grpc-content-type-proto",
        "api/content-type",
        "replies over gRPC are application/grpc+proto",
        "gRPC over HTTP/2: Content-Type is application/grpc, with +proto or without",
        GRPC,
    ),
    GRPC_REFUSAL_AFTER_HEADERS = variant(
        "grpc-refusal-after-headers",
        "api/grpc-status",
        "refusals over gRPC have the status in trailers after headers, not in one block",
        "gRPC over HTTP/2: a response is headers, messages and trailers, or trailers alone",
        GRPC,
    ),
    GRPC_WEB_REFUSAL_IN_TRAILER_FRAME = variant(
        "grpc-web-refusal-in-trailer-frame",
        "api/grpc-web-framing",
        "refusals over gRPC-Web have the status in a trailer frame, not in the headers",
        "gRPC-Web: trailers are the last frame of the body; those of an empty reply may be in the headers",
        GRPC_WEB,
    ),
    GRPC_WEB_CONTENT_TYPE_SHORT = variant(
        "grpc-web-content-type-short",
        "api/content-type",
        "replies over gRPC-Web are application/grpc-web",
        "gRPC-Web: application/grpc-web, with +proto or without",
        GRPC_WEB,
    ),
}
