//! User handles, ways to tell who there is, and options that clients can't answer.

use super::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    deviates(
        "identifier-handle-is-login-name-in-v1",
        "webauthn/5.4.3/user-handle",
        "the user handle in v1 is the login name",
        &["identifiers"],
    ),
    deviates(
        "identifier-handle-by-kind",
        "webauthn/5.4.3/user-handle",
        "a user has a handle for each kind of factor",
        &["identifiers"],
    ),
    deviates(
        "identifier-handle-of-few",
        "webauthn/5.4.3/user-handle",
        "all users share eight handles",
        &["identifiers"],
    ),
    deviates(
        "identifier-handle-changes-after-removal",
        "webauthn/5.4.3/user-handle",
        "after a removal a user has another handle",
        &["identifiers"],
    ),
    fails(
        "identifier-oracle-status",
        "api/status/permission-denied",
        "who may not act on others gets 404 for a user that does not exist, and 403 for one that does",
        &["identifiers"],
    ),
    fails(
        "identifier-oracle-message",
        "api/status/permission-denied",
        "the message about a lack of permission is another one where the user does not exist",
        &["identifiers"],
    ),
    fails(
        "identifier-oracle-details",
        "api/status/permission-denied",
        "the refusal for a lack of permission has a detail more where the user exists",
        &["identifiers"],
    ),
    fails(
        "identifier-oracle-time",
        "api/status/permission-denied",
        "the refusal for a lack of permission takes 150 ms longer where the user exists",
        &["identifiers"],
    ),
    fails(
        "identifier-oracle-before-authentication",
        "api/status/unauthenticated",
        "over REST a user that does not exist is answered before the token is looked at",
        &["identifiers"],
    ),
    fails("identifier-timeout-in-seconds", "api/options/members", "timeout is in seconds", &["identifiers"]),
    fails("identifier-timeout-in-nanoseconds", "api/options/members", "timeout is in nanoseconds", &["identifiers"]),
    fails(
        "identifier-parameter-type-misspelt",
        "api/options/members",
        "the type in pubKeyCredParams is public_key, which clients ignore",
        &["identifiers"],
    ),
    fails(
        "identifier-user-verification-misspelt",
        "api/options/members",
        "userVerification is REQUIRED, which clients ignore",
        &["identifiers"],
    ),
    fails(
        "identifier-resident-key-contradicts",
        "api/options/members",
        "requireResidentKey is true, whatever residentKey is",
        &["identifiers"],
    ),
    fails(
        "identifier-exclude-at-most-two",
        "api/options/exclude-credentials",
        "excludeCredentials has two credentials at most",
        &["identifiers"],
    ),
    fails(
        "identifier-exclude-not-with-attachment",
        "api/options/exclude-credentials",
        "excludeCredentials is empty where a start asks for a kind of authenticator",
        &["identifiers"],
    ),
];
