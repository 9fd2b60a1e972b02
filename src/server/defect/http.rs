//! The protocols around the API: methods, caches, origins, codings, connections, statuses and trailers.

use super::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails("http-get-removes", "api/request/method", "a GET at the path of a factor removes it", &["http"]),
    fails(
        "http-options-starts",
        "api/request/method",
        "OPTIONS at the path of a start starts a registration",
        &["http"],
    ),
    fails(
        "http-trace-answered",
        "api/no-leak/token",
        "TRACE is answered with the request, its authorization too",
        &["http"],
    ),
    fails("http-allow-missing", "api/request/method", "a 405 comes without Allow", &["http"]),
    fails("http-start-not-modified", "api/status/ok", "a start with If-None-Match is answered with 304", &["http"]),
    deviates(
        "http-start-cacheable",
        "api/no-leak/internals",
        "creation options may be kept by any cache for ten minutes",
        &["http"],
    ),
    fails("http-date-in-iso-form", "api/status/ok", "Date is in the form of RFC 3339", &["http"]),
    deviates(
        "http-cors-reflects-origin",
        "api/no-leak/internals",
        "any origin may read replies, with credentials",
        &["http"],
    ),
    deviates(
        "http-cors-trusts-null",
        "api/no-leak/internals",
        "the origin null may read replies, with credentials",
        &["http"],
    ),
    fails(
        "http-gzip-unasked",
        "api/content-type/rest",
        "replies are in gzip where the request does not speak of it",
        &["http"],
    ),
    deviates(
        "http-gzip-although-refused",
        "api/no-leak/internals",
        "replies are in gzip where the request gives it the weight zero",
        &["http"],
    ),
    fails(
        "http-json-with-byte-order-mark",
        "api/content-type/rest",
        "successes over REST begin with a byte order mark",
        &["http"],
    ),
    fails(
        "http-json-in-latin-1",
        "api/content-type/rest",
        "replies with a character beyond ASCII are in Latin-1",
        &["http"],
    ),
    fails("http-path-decoded-twice", "api/request/user-id", "members of a path are percent-decoded twice", &["http"]),
    fails(
        "http-connection-remembers-caller",
        "api/status/unauthenticated",
        "a REST request without authorization has that of the one before on its connection",
        &["http"],
    ),
    fails(
        "http-grpc-refusal-by-http-status",
        "api/grpc-status",
        "refusals over gRPC have the HTTP status of their code",
        &["http"],
    ),
    fails(
        "http-grpc-status-before-message",
        "api/grpc-status",
        "over gRPC the status is in the headers, before the message",
        &["http"],
    ),
];
