//! Things that can travel twice: checked in one place, and acted on in the other.

use super::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "carrier-user-id-of-body-acts",
        "api/authorization",
        "over REST permission is asked for the user of the path, and the user of the body is acted on",
        &["carriers"],
    ),
    fails(
        "carrier-user-id-of-query-acts",
        "api/authorization",
        "over REST a user id in the query is acted on, whoever was permitted",
        &["carriers"],
    ),
    fails(
        "carrier-user-id-of-header-acts",
        "api/authorization",
        "over REST a user id in the header X-User-Id is acted on, whoever was permitted",
        &["carriers"],
    ),
    fails(
        "carrier-user-id-of-metadata-acts",
        "api/authorization",
        "over gRPC and gRPC-Web a user id in the metadata x-user-id is acted on, whoever was permitted",
        &["carriers"],
    ),
    fails(
        "carrier-factor-id-of-query-removed",
        "api/remove",
        "over REST a factor id in the query is removed in place of that of the path",
        &["carriers"],
    ),
    fails(
        "carrier-factor-id-of-body-wins",
        "api/request/factor-id",
        "over REST a factor id in the body is verified in place of that of the path",
        &["carriers"],
    ),
    fails(
        "carrier-token-of-query-wins",
        "api/request/bearer",
        "over REST access_token in the query counts in place of the authorization",
        &["carriers"],
    ),
    fails(
        "carrier-token-of-cookie-wins",
        "api/request/bearer",
        "over REST a cookie access_token counts in place of the authorization",
        &["carriers"],
    ),
    fails(
        "carrier-token-of-body-counts",
        "api/status/unauthenticated",
        "over REST a member access_token of the body counts where there is no authorization",
        &["carriers"],
    ),
    fails(
        "carrier-second-authorization-wins",
        "api/request/bearer",
        "of two authorization headers the second counts",
        &["carriers"],
    ),
    fails("carrier-method-override", "api/request/method", "X-HTTP-Method-Override is the method", &["carriers"]),
    fails("carrier-path-override", "api/authorization", "X-Original-URL is the path", &["carriers"]),
    deviates(
        "carrier-form-accepted",
        "api/request/malformed",
        "a form is read where JSON is documented",
        &["carriers"],
    ),
    fails(
        "carrier-forwarded-host-is-rp-id",
        "api/options/rp-id",
        "the host of X-Forwarded-Host is the RP ID",
        &["carriers"],
    ),
    fails(
        "carrier-host-is-origin",
        "webauthn/7.1/origin",
        "the origin of the host that was called is accepted too",
        &["carriers"],
    ),
];
