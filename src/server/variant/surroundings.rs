//! HTTP and gRPC around replies: headers, codings and methods that the pages do not mention.

use super::entry::{Variant, variant};

/// Cases that see every kind of reply over REST.
const REST: &[&str] = &["*/*/rest/enrolment", "*/*/rest/authorization", "*/*/rest/client-data/challenge-other"];
/// The same over every protocol.
const REPLIES: &[&str] = &["enrolment", "authorization", "client-data/challenge-other"];

entries! {
    VARIANTS: Variant;
    HTTP_NO_STORE = variant(
        "http-no-store",
        "api/content-type",
        "replies have Cache-Control: no-store",
        "RFC 9111 section 5.2.2.5; a POST is not stored without it either",
        REPLIES,
    ),
    HTTP_CORS_ANY_ORIGIN = variant(
        "http-cors-any-origin",
        "api/content-type",
        "pages of any origin may read replies, without credentials",
        "the token is not a credential that a browser adds by itself (Fetch, CORS protocol)",
        REPLIES,
    ),
    HTTP_SECURITY_HEADERS = variant(
        "http-security-headers",
        "api/content-type",
        "replies have Strict-Transport-Security, Content-Security-Policy and the like",
        "unknown header fields are ignored (RFC 9110 section 5.1)",
        REPLIES,
    ),
    HTTP_REQUEST_ID = variant(
        "http-request-id",
        "api/content-type",
        "each reply has its own number in a header",
        "unknown header fields are ignored (RFC 9110 section 5.1)",
        REPLIES,
    ),
    HTTP_GZIP_IF_OFFERED = variant(
        "http-gzip-if-offered",
        "api/content-type",
        "replies are in gzip if the request offers it",
        "RFC 9110 section 12.5.3",
        REST,
    ),
    HTTP_HEAD_ANSWERED = variant(
        "http-head-answered",
        "api/request/method",
        "a HEAD at the path of a start is answered with 200 and starts nothing",
        "HEAD is a safe method (RFC 9110 section 9.3.2)",
        &["request/start-by-head", "request/by-head"],
    ),
    GRPC_FURTHER_METADATA = variant(
        "grpc-further-metadata",
        "api/grpc-status",
        "replies over gRPC have metadata that nobody asked for, and name the codings that the server understands",
        "gRPC over HTTP/2, Custom-Metadata and Message-Accept-Encoding",
        &["*/*/grpc/enrolment", "*/*/grpc/authorization"],
    ),
}
