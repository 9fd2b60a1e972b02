//! Wrong HTTP or gRPC statuses.

use super::entry::{Defect, fails};

entries! {
    DEFECTS: Defect;
    NOT_FOUND_AS_500 = fails(
        "status-not-found-as-500",
        "api/status/not-found",
        "a call for something that does not exist is answered as an internal error",
        &["authorization/unknown-factor"],
    ),
    UNAUTHENTICATED_AS_400 = fails(
        "status-unauthenticated-as-400",
        "api/status/unauthenticated",
        "a missing or invalid token is answered with 400",
        &["authorization/missing-token"],
    ),
    PERMISSION_DENIED_AS_404 = fails(
        "status-permission-denied-as-404",
        "api/status/permission-denied",
        "a lack of permission is answered with 404",
        &["authorization/no-rights"],
    ),
    LIMIT_AS_500 = fails(
        "status-limit-as-500",
        "api/robustness",
        "a member outside its limits is answered as an internal error",
        &["limits/name-201-ascii"],
    ),
    CEREMONY_REFUSAL_AS_200 = fails(
        "status-ceremony-refusal-as-200",
        "webauthn/7.1/challenge",
        "a refused credential is answered with 200 although nothing is stored",
        &["client-data/challenge-other"],
    ),
    CEREMONY_REFUSAL_AS_500 = fails(
        "status-ceremony-refusal-as-500",
        "api/robustness",
        "a refused credential is answered as an internal error",
        &["client-data/challenge-other"],
    ),
    REST_CODE_IS_HTTP = fails(
        "status-rest-code-is-http",
        "api/status/not-found",
        "the member code of an error is the HTTP status over REST",
        &["authorization/unknown-factor"],
    ),
    GRPC_NOT_FOUND_AS_UNKNOWN = fails(
        "status-grpc-not-found-as-unknown",
        "api/status/not-found",
        "a call for something that does not exist is answered with code 2 over gRPC",
        &["authorization/unknown-factor"],
    ),
    GRPC_WEB_PERMISSION_DENIED_AS_INVALID_ARGUMENT = fails(
        "status-grpc-web-permission-denied-as-invalid-argument",
        "api/status/permission-denied",
        "a lack of permission is answered with code 3 over gRPC-Web",
        &["authorization/no-rights"],
    ),
    GRPC_UNAUTHENTICATED_AS_PERMISSION_DENIED = fails(
        "status-grpc-unauthenticated-as-permission-denied",
        "api/status/unauthenticated",
        "a missing or invalid token is answered with code 7 over gRPC",
        &["authorization/missing-token"],
    ),
    REMOVE_UNIMPLEMENTED = fails(
        "status-remove-unimplemented",
        "api/endpoint/v2/passkey/remove",
        "the removal of a user's passkey is answered as not implemented",
        &["v2/passkey/rest/enrolment/remove"],
    ),
    REFUSAL_AS_202 = fails(
        "status-refusal-as-202",
        "api/status/default",
        "a refused credential is answered with 202 over REST",
        &["v2/u2f/rest/client-data/challenge-other"],
    ),
    START_AS_201 = fails("status-start-as-201", "api/status/ok", "a start is answered with 201 over REST", &["enrolment/start"]),
    VERIFY_AS_204 = fails(
        "status-verify-as-204",
        "api/status/ok",
        "a successful verify is answered with 204 and no body over REST",
        &["enrolment/good"],
    ),
}
