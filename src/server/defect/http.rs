//! HTTP and gRPC around the API: methods, caches, origins, codings, connections, statuses and trailers.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    GET_REMOVES = fails("http-get-removes", "api/request/method", "a GET at the path of a factor removes it", &["request"]),
    OPTIONS_STARTS = fails(
        "http-options-starts",
        "api/request/method",
        "OPTIONS at the path of a start starts a registration",
        &["request"],
    ),
    TRACE_ANSWERED = fails(
        "http-trace-answered",
        "api/no-leak/token",
        "TRACE is answered with the request, including its authorization",
        &["http/by-trace"],
    ),
    ALLOW_MISSING = fails("http-allow-missing", "http/allow", "a 405 comes without Allow", &["http/by-put"]),
    START_NOT_MODIFIED = fails(
        "http-start-not-modified",
        "http/conditional",
        "a start with If-None-Match is answered with 304",
        &["http/if-none-match"],
    ),
    START_CACHEABLE = deviates(
        "http-start-cacheable",
        "http/cache",
        "creation options may be kept by any cache for ten minutes",
        &["enrolment/good"],
    ),
    DATE_IN_ISO_FORM = fails("http-date-in-iso-form", "http/date", "Date is in the form of RFC 3339", &["enrolment/good"]),
    CORS_REFLECTS_ORIGIN = deviates(
        "http-cors-reflects-origin",
        "http/cors/credentials",
        "any origin may read replies, with credentials",
        &["http/foreign-origin"],
    ),
    CORS_TRUSTS_NULL = deviates(
        "http-cors-trusts-null",
        "http/cors/credentials",
        "the origin null may read replies, with credentials",
        &["http/null-origin"],
    ),
    GZIP_UNASKED = fails(
        "http-gzip-unasked",
        "api/status/ok",
        "replies are in gzip although the request does not mention it",
        &["http/identity"],
    ),
    GZIP_ALTHOUGH_REFUSED = fails(
        "http-gzip-although-refused",
        "api/status/ok",
        "replies are in gzip although the request gives it the weight zero",
        &["http/coding-excluded"],
    ),
    JSON_WITH_BYTE_ORDER_MARK = fails(
        "http-json-with-byte-order-mark",
        "api/status/ok",
        "successes over REST begin with a byte order mark",
        &["enrolment/good"],
    ),
    CONNECTION_REMEMBERS_CALLER = fails(
        "http-connection-remembers-caller",
        "http/connection",
        "a REST request without authorization gets that of the previous request on the same connection",
        &["http/connection-of-two"],
    ),
    GRPC_REFUSAL_BY_HTTP_STATUS = fails(
        "http-grpc-refusal-by-http-status",
        "grpc/http-status",
        "refusals over gRPC have the HTTP status that matches their code",
        &["client-data/challenge-other"],
    ),
    GRPC_STATUS_BEFORE_MESSAGE = fails(
        "http-grpc-status-before-message",
        "grpc/status-place",
        "over gRPC the status is in the headers, before the message",
        &["enrolment/good"],
    ),
    CHARSET_REFUSED = fails(
        "http-charset-refused",
        "api/request/json-mapping",
        "a content type with the parameter charset is refused",
        &["wire/content-type-charset"],
    ),
    GRPC_WEB_TRAILERS_IN_TITLE_CASE = fails(
        "http-grpc-web-trailers-in-title-case",
        "grpc/web-lower-case",
        "the names in the trailer frame of gRPC-Web are in title case",
        &["enrolment/good"],
    ),
    GRPC_CODING_UNKNOWN_AS_INTERNAL = fails(
        "http-grpc-coding-unknown-as-internal",
        "grpc/encoding-unknown",
        "a gRPC message in an unknown coding is answered as an internal error",
        &["http/grpc-encoding-unknown"],
    ),
    ERROR_PAGE_FOR_BROWSERS = fails(
        "http-error-page-for-browsers",
        "api/content-type/rest",
        "refusals over REST are HTML if Accept names it",
        &["http/accept-of-browsers"],
    ),
    EXPECT_REFUSED = fails(
        "http-expect-refused",
        "http/expect-continue",
        "a REST request with Expect is answered with 417",
        &["http/expect-continue"],
    ),
    GRPC_MESSAGE_RAW = fails(
        "http-grpc-message-raw",
        "grpc/message-encoded",
        "over gRPC characters beyond ASCII in the status message are not percent-encoded",
        &["client-data/overlong-utf8-type"],
    ),
    GRPC_FIRST_MESSAGE_COUNTS = deviates(
        "http-grpc-first-message-counts",
        "grpc/cardinality",
        "if a call over gRPC has several messages, the first one is used",
        &["http/grpc-message-twice"],
    ),
    SCHEME_EXACT = fails(
        "http-scheme-exact",
        "http/auth-scheme",
        "the scheme of an authorization header is accepted only in the letter case Bearer",
        &["http/scheme-in-small-letters"],
    ),
}
