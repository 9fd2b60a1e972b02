//! One protocol's framing, headers or trailers, how requests are read, and protocols that disagree.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    GRPC_STATUS_ALWAYS_OK = fails(
        "transport-grpc-status-always-ok",
        "api/grpc-status",
        "refusals over gRPC carry grpc-status 0",
        &["authorization/missing-token"],
    ),
    GRPC_STATUS_ALWAYS_OK_WEB = fails(
        "transport-grpc-status-always-ok-web",
        "api/grpc-status",
        "refusals over gRPC-Web carry grpc-status 0",
        &["authorization/missing-token"],
    ),
    GRPC_STATUS_17 = fails(
        "transport-grpc-status-17",
        "api/grpc-status",
        "refusals over gRPC carry a grpc-status that does not exist",
        &["client-data/challenge-other"],
    ),
    GRPC_DETAILS_OTHER_CODE = fails(
        "transport-grpc-details-other-code",
        "api/grpc-status",
        "grpc-status-details-bin has another code than grpc-status",
        &["client-data/challenge-other"],
    ),
    GRPC_MISSING_DETAILS = fails(
        "transport-grpc-missing-details",
        "api/transports-agree",
        "refusals come without grpc-status-details-bin",
        &["client-data/challenge-other"],
    ),
    GRPC_WITHOUT_MESSAGE = fails(
        "transport-grpc-without-message",
        "api/grpc-status",
        "a successful verify over gRPC-Web has status 0 and no message",
        &["enrolment/good"],
    ),
    GRPC_WEB_TRAILER_MISSING = fails(
        "transport-grpc-web-trailer-missing",
        "api/grpc-web-framing",
        "replies over gRPC-Web end without the trailer frame",
        &["enrolment/good"],
    ),
    GRPC_WEB_TRAILER_UNMARKED = fails(
        "transport-grpc-web-trailer-unmarked",
        "api/grpc-web-framing",
        "the trailer frame of gRPC-Web has the flags of a message",
        &["enrolment/good"],
    ),
    GRPC_WEB_LENGTH_OFF_BY_ONE = fails(
        "transport-grpc-web-length-off-by-one",
        "api/grpc-web-framing",
        "the length in a gRPC-Web frame is one byte more than the frame has",
        &["enrolment/good"],
    ),
    REST_CONTENT_TYPE = fails("transport-rest-content-type", "api/content-type", "200 over REST is text/plain", &["enrolment/good"]),
    REST_ERROR_CONTENT_TYPE = fails(
        "transport-rest-error-content-type",
        "api/content-type",
        "refusals over REST are text/html",
        &["authorization/missing-token"],
    ),
    GRPC_CONTENT_TYPE = fails(
        "transport-grpc-content-type",
        "api/content-type",
        "replies over gRPC are application/grpc+json",
        &["enrolment/good"],
    ),
    GRPC_WEB_CONTENT_TYPE = fails(
        "transport-grpc-web-content-type",
        "api/content-type",
        "replies over gRPC-Web are application/octet-stream",
        &["enrolment/good"],
    ),
    REST_DISAGREES = fails(
        "transport-rest-disagrees",
        "api/transports-agree",
        "over REST, and only there, the origin is not checked",
        &["client-data/origin-other-site"],
    ),
    UNPADDED_BASE64_REFUSED = fails(
        "transport-unpadded-base64-refused",
        "api/request/json-mapping",
        "bytes in base64 without padding are refused over REST",
        &["wire/bytes-std-unpadded"],
    ),
    ORIGINAL_NAMES_REFUSED = fails(
        "transport-original-names-refused",
        "api/request/json-mapping",
        "JSON members with their original protobuf names are refused over REST",
        &["wire/field-name-snake"],
    ),
    REQUEST_GET_STARTS = fails(
        "request-get-starts",
        "api/request/method",
        "a GET at the path of a start starts a registration",
        &["request/start-by-get"],
    ),
    REQUEST_HEAD_REMOVES = fails(
        "request-head-removes",
        "api/request/method",
        "a HEAD at the path of a factor removes it",
        &["request/by-head"],
    ),
    REQUEST_PATCH_VERIFIES = fails(
        "request-patch-verifies",
        "api/request/method",
        "a PATCH at the path of a verify finishes a registration",
        &["request/by-patch"],
    ),
    REQUEST_GRPC_ANY_METHOD = fails(
        "request-grpc-any-method",
        "api/request/method",
        "over gRPC the HTTP method is not checked",
        &["request/start-by-get"],
    ),
    JSON_TRAILING_ACCEPTED = deviates(
        "transport-json-trailing-accepted",
        "api/request/malformed",
        "text after the JSON object is ignored",
        &["request/json-trailing"],
    ),
    ANY_CONTENT_TYPE = deviates(
        "transport-any-content-type",
        "api/request/malformed",
        "the content type of a REST request is not checked",
        &["request/content-type"],
    ),
}
