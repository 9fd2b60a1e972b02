//! User handles, ways to tell who there is, and options that clients can't answer.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "identifier-handle-is-login-name-in-v1",
        "webauthn/5.4.3/user-handle-personal",
        "the user handle in v1 is the login name",
        &["enrolment/good"],
    ),
    deviates(
        "identifier-handle-by-kind",
        "webauthn/5.4.3/user-handle",
        "a user has a handle for each kind of factor",
        &["sequences/both-kinds-open"],
    ),
    deviates("identifier-handle-of-few", "webauthn/5.4.3/user-handle", "all users share eight handles", &["enrolment"]),
    deviates(
        "identifier-handle-changes-after-removal",
        "webauthn/5.4.3/user-handle",
        "after a removal a user has another handle",
        &["sequences/enrol-after-removal"],
    ),
    deviates(
        "identifier-oracle-status",
        "api/identifiers/no-user-oracle",
        "who may not act on others gets 404 for a user that does not exist, and 403 for one that does",
        &["identifiers/known-or-unknown-other"],
    ),
    deviates(
        "identifier-oracle-message",
        "api/identifiers/no-user-oracle",
        "the message about a lack of permission is another one where the user does not exist",
        &["identifiers/known-or-unknown-other"],
    ),
    deviates(
        "identifier-oracle-details",
        "api/identifiers/no-user-oracle",
        "the refusal for a lack of permission has a detail more where the user exists",
        &["identifiers/known-or-unknown-other"],
    ),
    deviates(
        "identifier-oracle-before-authentication",
        "api/identifiers/no-user-oracle",
        "over REST a user that does not exist is answered before the token is looked at",
        &["identifiers/known-or-unknown-nobody"],
    ),
    deviates("identifier-timeout-in-seconds", "webauthn/5.4/timeout", "timeout is in seconds", &["enrolment/good"]),
    fails("identifier-timeout-in-nanoseconds", "api/options/members", "timeout is in nanoseconds", &["enrolment/good"]),
    fails(
        "identifier-parameter-type-misspelt",
        "api/options/members",
        "the type in pubKeyCredParams is public_key, which clients ignore",
        &["enrolment/good"],
    ),
    deviates(
        "identifier-user-verification-misspelt",
        "webauthn/5.4/enumerations",
        "userVerification is REQUIRED, which clients ignore",
        &["enrolment/good"],
    ),
    deviates(
        "identifier-resident-key-contradicts",
        "webauthn/5.4.4/require-resident-key",
        "requireResidentKey is true, whatever residentKey is",
        &["enrolment/good"],
    ),
    fails(
        "identifier-exclude-at-most-two",
        "api/state/kept",
        "excludeCredentials has two credentials at most",
        &["sequences/three-factors"],
    ),
    deviates(
        "identifier-handle-of-caller",
        "webauthn/5.4.3/user-handle",
        "the user handle is that of the caller, for whomever the start is",
        &["enrolment/admin-starts", "enrolment/start"],
    ),
    fails(
        "identifier-restart-keeps-id",
        "api/state/ids",
        "a start that replaces another one has its id",
        &["sequences/start-twice"],
    ),
    fails(
        "identifier-domain-remembered",
        "api/options/rp-id",
        "a start without a domain has the RP ID of the domain that was named last, by whomever",
        &["enrolment/further-domain*"],
    ),
    deviates(
        "identifier-cross-platform-lost",
        "api/options/attachment",
        "options do not name the kind of authenticator where a start asks for a cross-platform one",
        &["enrolment/cross-platform-authenticator"],
    ),
    fails(
        "identifier-exclude-transports-null",
        "api/options/members",
        "descriptors in excludeCredentials have transports that are null, at which clients throw",
        &["enrolment/good"],
    ),
    fails(
        "identifier-appid-at-creation",
        "webauthn/5.4/extensions",
        "options of second factors ask for the extension appid, at which clients throw",
        &["enrolment/start"],
    ),
    deviates(
        "identifier-oracle-of-factors",
        "api/identifiers/no-user-oracle",
        "who may not act on others gets 404 for a factor that does not exist, and 403 for one that does",
        &["identifiers/known-or-unknown-factor"],
    ),
    fails(
        "identifier-oracle-of-registrations",
        "api/status/permission-denied",
        "who may not act on others gets 404 for a verify where no registration is open, and 403 where one is",
        &["identifiers/open-or-closed-registration"],
    ),
];
