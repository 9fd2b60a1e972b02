//! Things that can travel twice: checked in one place, and acted on in the other.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "carrier-user-id-of-body-acts",
        "api/carriers/user-id",
        "over REST permission is asked for the user of the path, and the user of the body is acted on",
        &["carriers/user-id-body-v2"],
    ),
    fails(
        "carrier-user-id-of-query-acts",
        "api/carriers/user-id",
        "over REST a user id in the query is acted on, whoever was permitted",
        &["carriers/user-id-start-v2"],
    ),
    fails(
        "carrier-user-id-of-header-acts",
        "api/carriers/user-id",
        "over REST a user id in the header X-User-Id is acted on, whoever was permitted",
        &["carriers/user-id-start-v2"],
    ),
    fails(
        "carrier-user-id-of-metadata-acts",
        "api/carriers/user-id",
        "over gRPC and gRPC-Web a user id in the metadata x-user-id is acted on, whoever was permitted",
        &["carriers/user-id-start-v2"],
    ),
    fails(
        "carrier-factor-id-of-query-removed",
        "api/carriers/factor-id",
        "over REST a factor id in the query is removed in place of that of the path",
        &["carriers/factor-id-own"],
    ),
    deviates(
        "carrier-token-of-query-wins",
        "api/carriers/token",
        "over REST access_token in the query counts in place of the authorization",
        &["carriers/token-start"],
    ),
    deviates(
        "carrier-token-of-cookie-wins",
        "api/carriers/token",
        "over REST a cookie access_token counts in place of the authorization",
        &["carriers/token-start"],
    ),
    fails(
        "carrier-method-override",
        "api/carriers/method",
        "X-HTTP-Method-Override is the method",
        &["carriers/method-remove-v2"],
    ),
    deviates(
        "carrier-form-accepted",
        "api/carriers/content-type",
        "a form is read where JSON is documented",
        &["carriers/content-type-form"],
    ),
    deviates(
        "carrier-forwarded-host-is-rp-id",
        "api/carriers/host",
        "the host of X-Forwarded-Host is the RP ID",
        &["carriers/host-start"],
    ),
    fails(
        "carrier-host-is-origin",
        "api/carriers/host",
        "the origin of the host that was called is accepted too",
        &["carriers/host-verify-authority", "carriers/host-verify-second-host"],
    ),
    fails(
        "carrier-domain-of-query-wins",
        "api/carriers/domain",
        "over REST the domain in the query counts in place of that in the body",
        &["carriers/domain"],
    ),
    fails(
        "carrier-user-handle-gets-credential",
        "api/carriers/user-handle",
        "the user whose handle response.userHandle names gets the credential",
        &["carriers/user-handle-credential"],
    ),
    fails(
        "carrier-remote-user-is-caller",
        "api/carriers/identity",
        "the header X-Remote-User names the caller where there is no token",
        &["carriers/identity-nobody"],
    ),
    fails(
        "carrier-original-url-is-path",
        "api/carriers/permission",
        "X-Original-URL is the path",
        &["carriers/permission-start-by-path"],
    ),
    fails(
        "carrier-authenticator-data-of-envelope",
        "webauthn/7.1/user-verified",
        "the flag UV is read in response.authenticatorData too, which nothing signs",
        &["across/copy-user-verified"],
    ),
    fails(
        "carrier-origin-header-is-expected",
        "api/carriers/host",
        "the origin of the header Origin is expected too",
        &["carriers/host-verify-header-origin"],
    ),
    fails(
        "carrier-path-decoded-twice",
        "http/path",
        "ids in paths are percent-decoded twice",
        &["http/encoded-end-twice"],
    ),
];
