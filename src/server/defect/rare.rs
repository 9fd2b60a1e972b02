//! What goes wrong under a condition that tests seldom meet: a caller, a domain, a protocol, a long body, calls that come together.

use super::{Defect, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "rare-origin-unchecked-for-administrator",
        "webauthn/7.1/origin",
        "the origin is not checked where the administrator calls",
        &["client-data"],
    ),
    fails(
        "rare-domain-forgotten-at-verify",
        "webauthn/7.1/accept",
        "the RP ID hash is held against the server's own RP ID where the start asked for another domain",
        &["enrolment"],
    ),
    fails(
        "rare-conflict-as-500",
        "api/robustness",
        "of two calls of one caller at the same time one is answered as an internal error",
        &["ceremony"],
    ),
    fails(
        "rare-removal-by-place",
        "api/state/kept",
        "of two removals at the same time the second takes the factor behind the one that it names",
        &["sequences"],
    ),
    fails(
        "rare-lengths-unchecked-over-grpc-web",
        "api/limit/token-name",
        "over gRPC-Web no length is checked",
        &["limits"],
    ),
    fails(
        "rare-body-of-a-mebibyte",
        "api/limit/credential/v1",
        "a REST body of more than a mebibyte is refused",
        &["limits"],
    ),
    fails(
        "rare-long-body-refused-in-text",
        "api/shape/error",
        "a REST body that is too long is refused in plain text",
        &["request"],
    ),
    fails(
        "rare-wrong-type-in-credential-as-500",
        "api/robustness",
        "a text of the credential that is of another type is answered as an internal error",
        &["envelope"],
    ),
];
