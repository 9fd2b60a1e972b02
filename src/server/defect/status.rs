//! Wrong HTTP or gRPC statuses.

use super::entry::{Defect, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "status-not-found-as-500",
        "api/status/not-found",
        "a call for something that does not exist is answered as an internal error",
        &["authorization/unknown-factor"],
    ),
    fails(
        "status-unauthenticated-as-400",
        "api/status/unauthenticated",
        "a missing or invalid token is answered with 400",
        &["authorization/missing-token"],
    ),
    fails(
        "status-permission-denied-as-404",
        "api/status/permission-denied",
        "a lack of permission is answered with 404",
        &["authorization/no-rights"],
    ),
    fails(
        "status-limit-as-500",
        "api/robustness",
        "a member outside its limits is answered as an internal error",
        &["limits/name-201-ascii"],
    ),
    fails(
        "status-ceremony-refusal-as-200",
        "webauthn/7.1/challenge",
        "a refused credential is answered with 200 although nothing is stored",
        &["client-data/challenge-other"],
    ),
    fails(
        "status-ceremony-refusal-as-500",
        "api/robustness",
        "a refused credential is answered as an internal error",
        &["client-data/challenge-other"],
    ),
    fails(
        "status-rest-code-is-http",
        "api/status/not-found",
        "the member code of an error is the HTTP status over REST",
        &["authorization/unknown-factor"],
    ),
    fails(
        "status-grpc-not-found-as-unknown",
        "api/status/not-found",
        "a call for something that does not exist is answered with code 2 over gRPC",
        &["authorization/unknown-factor"],
    ),
    fails(
        "status-grpc-web-permission-denied-as-invalid-argument",
        "api/status/permission-denied",
        "a lack of permission is answered with code 3 over gRPC-Web",
        &["authorization/no-rights"],
    ),
    fails(
        "status-grpc-unauthenticated-as-permission-denied",
        "api/status/unauthenticated",
        "a missing or invalid token is answered with code 7 over gRPC",
        &["authorization/missing-token"],
    ),
    fails(
        "status-remove-unimplemented",
        "api/endpoint/v2/passkey/remove",
        "the removal of a user's passkey is answered as not implemented",
        &["v2/passkey/rest/enrolment/remove"],
    ),
    fails(
        "status-refusal-as-202",
        "api/status/default",
        "a refused credential is answered with 202 over REST",
        &["v2/u2f/rest/client-data/challenge-other"],
    ),
    fails("status-start-as-201", "api/status/ok", "a start is answered with 201 over REST", &["enrolment/start"]),
    fails(
        "status-verify-as-204",
        "api/status/ok",
        "a successful verify is answered with 204 and no body over REST",
        &["enrolment/good"],
    ),
];
