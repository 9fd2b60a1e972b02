//! Values that a request can carry in two places: the server checks one place and acts on the other.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    USER_ID_OF_BODY_ACTS = fails(
        "carrier-user-id-of-body-acts",
        "api/carriers/user-id",
        "over REST the permission is checked for the user id in the path, but the call acts on the user id in the body",
        &["carriers/user-id-body-v2"],
    ),
    USER_ID_OF_QUERY_ACTS = fails(
        "carrier-user-id-of-query-acts",
        "api/carriers/user-id",
        "over REST the call acts on a user id in the query, whichever user the permission was checked for",
        &["carriers/user-id-start-v2"],
    ),
    USER_ID_OF_HEADER_ACTS = fails(
        "carrier-user-id-of-header-acts",
        "api/carriers/user-id",
        "over REST the call acts on a user id in the header X-User-Id, whichever user the permission was checked for",
        &["carriers/user-id-start-v2"],
    ),
    USER_ID_OF_METADATA_ACTS = fails(
        "carrier-user-id-of-metadata-acts",
        "api/carriers/user-id",
        "over gRPC and gRPC-Web the call acts on a user id in the metadata x-user-id, whichever user the permission was checked for",
        &["carriers/user-id-start-v2"],
    ),
    FACTOR_ID_OF_QUERY_REMOVED = fails(
        "carrier-factor-id-of-query-removed",
        "api/carriers/factor-id",
        "over REST the factor with the id in the query is removed, not the one with the id in the path",
        &["carriers/factor-id-own"],
    ),
    TOKEN_OF_QUERY_WINS = deviates(
        "carrier-token-of-query-wins",
        "api/carriers/token",
        "over REST access_token in the query is used in place of the authorization",
        &["carriers/token-start"],
    ),
    TOKEN_OF_COOKIE_WINS = deviates(
        "carrier-token-of-cookie-wins",
        "api/carriers/token",
        "over REST a cookie access_token is used in place of the authorization",
        &["carriers/token-start"],
    ),
    METHOD_OVERRIDE = fails(
        "carrier-method-override",
        "api/carriers/method",
        "the header X-HTTP-Method-Override replaces the method",
        &["carriers/method-remove-v2"],
    ),
    FORM_ACCEPTED = deviates(
        "carrier-form-accepted",
        "api/carriers/content-type",
        "a form is accepted where JSON is documented",
        &["carriers/content-type-form"],
    ),
    FORWARDED_HOST_IS_RP_ID = deviates(
        "carrier-forwarded-host-is-rp-id",
        "api/carriers/host",
        "the host in X-Forwarded-Host is used as the RP ID",
        &["carriers/host-start"],
    ),
    HOST_IS_ORIGIN = fails(
        "carrier-host-is-origin",
        "api/carriers/host",
        "the origin of the host that was called is accepted too",
        &["carriers/host-verify-authority", "carriers/host-verify-second-host"],
    ),
    DOMAIN_OF_QUERY_WINS = fails(
        "carrier-domain-of-query-wins",
        "api/carriers/domain",
        "over REST the domain in the query is used in place of the domain in the body",
        &["carriers/domain"],
    ),
    USER_HANDLE_GETS_CREDENTIAL = fails(
        "carrier-user-handle-gets-credential",
        "api/carriers/user-handle",
        "the credential is stored for the user whose handle is in response.userHandle",
        &["carriers/user-handle-credential"],
    ),
    REMOTE_USER_IS_CALLER = fails(
        "carrier-remote-user-is-caller",
        "api/carriers/identity",
        "if there is no token, the header X-Remote-User names the caller",
        &["carriers/identity-nobody"],
    ),
    ORIGINAL_URL_IS_PATH = fails(
        "carrier-original-url-is-path",
        "api/carriers/permission",
        "the header X-Original-URL replaces the path",
        &["carriers/permission-start-by-path"],
    ),
    AUTHENTICATOR_DATA_OF_ENVELOPE = fails(
        "carrier-authenticator-data-of-envelope",
        "webauthn/7.1/user-verified",
        "the flag UV is also read from response.authenticatorData, which is not signed",
        &["across/copy-user-verified"],
    ),
    ORIGIN_HEADER_IS_EXPECTED = fails(
        "carrier-origin-header-is-expected",
        "api/carriers/host",
        "the origin in the header Origin is accepted too",
        &["carriers/host-verify-header-origin"],
    ),
    PATH_DECODED_TWICE = fails(
        "carrier-path-decoded-twice",
        "http/path",
        "ids in paths are percent-decoded twice",
        &["http/encoded-end-twice"],
    ),
}
