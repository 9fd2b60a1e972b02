//! User handles, ways to find out which users exist, and options that clients can't answer.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    HANDLE_IS_LOGIN_NAME_IN_V1 = fails(
        "identifier-handle-is-login-name-in-v1",
        "webauthn/5.4.3/user-handle-personal",
        "the user handle in v1 is the login name",
        &["enrolment/good"],
    ),
    HANDLE_BY_KIND = deviates(
        "identifier-handle-by-kind",
        "webauthn/5.4.3/user-handle",
        "a user has a different user handle for each kind of factor",
        &["sequences/both-kinds-open"],
    ),
    HANDLE_OF_FEW = deviates(
        "identifier-handle-of-few",
        "webauthn/5.4.3/user-handle",
        "all users share eight user handles",
        &["enrolment"],
    ),
    HANDLE_CHANGES_AFTER_REMOVAL = deviates(
        "identifier-handle-changes-after-removal",
        "webauthn/5.4.3/user-handle",
        "after a removal a user has another user handle",
        &["sequences/enrol-after-removal"],
    ),
    ORACLE_STATUS = deviates(
        "identifier-oracle-status",
        "api/identifiers/no-user-oracle",
        "a caller who may not act on others gets 404 for a user that does not exist, and 403 for one that exists",
        &["identifiers/known-or-unknown-other"],
    ),
    ORACLE_MESSAGE = deviates(
        "identifier-oracle-message",
        "api/identifiers/no-user-oracle",
        "the message about a lack of permission is different if the user does not exist",
        &["identifiers/known-or-unknown-other"],
    ),
    ORACLE_DETAILS = deviates(
        "identifier-oracle-details",
        "api/identifiers/no-user-oracle",
        "the refusal for a lack of permission has one more detail if the user exists",
        &["identifiers/known-or-unknown-other"],
    ),
    ORACLE_BEFORE_AUTHENTICATION = deviates(
        "identifier-oracle-before-authentication",
        "api/identifiers/no-user-oracle",
        "over REST the server answers that a user does not exist before it checks the token",
        &["identifiers/known-or-unknown-nobody"],
    ),
    TIMEOUT_IN_SECONDS = deviates("identifier-timeout-in-seconds", "webauthn/5.4/timeout", "timeout is in seconds", &["enrolment/good"]),
    TIMEOUT_IN_NANOSECONDS = fails("identifier-timeout-in-nanoseconds", "api/options/members", "timeout is in nanoseconds", &["enrolment/good"]),
    PARAMETER_TYPE_MISSPELT = fails(
        "identifier-parameter-type-misspelt",
        "api/options/members",
        "the type in pubKeyCredParams is public_key, which clients ignore",
        &["enrolment/good"],
    ),
    USER_VERIFICATION_MISSPELT = deviates(
        "identifier-user-verification-misspelt",
        "webauthn/5.4/enumerations",
        "userVerification is REQUIRED, which clients ignore",
        &["enrolment/good"],
    ),
    RESIDENT_KEY_CONTRADICTS = deviates(
        "identifier-resident-key-contradicts",
        "webauthn/5.4.4/require-resident-key",
        "requireResidentKey is true, whatever residentKey is",
        &["enrolment/good"],
    ),
    EXCLUDE_AT_MOST_TWO = fails(
        "identifier-exclude-at-most-two",
        "api/state/kept",
        "excludeCredentials has at most two credentials",
        &["sequences/three-factors"],
    ),
    HANDLE_OF_CALLER = deviates(
        "identifier-handle-of-caller",
        "webauthn/5.4.3/user-handle",
        "the user handle is that of the caller, whichever user the start is for",
        &["enrolment/admin-starts", "enrolment/start"],
    ),
    RESTART_KEEPS_ID = fails(
        "identifier-restart-keeps-id",
        "api/state/ids",
        "a start that replaces another one keeps the id of the replaced one",
        &["sequences/start-twice"],
    ),
    DOMAIN_REMEMBERED = fails(
        "identifier-domain-remembered",
        "api/options/rp-id",
        "a start without a domain gets the RP ID of the domain that any caller named last",
        &["enrolment/further-domain*"],
    ),
    CROSS_PLATFORM_LOST = deviates(
        "identifier-cross-platform-lost",
        "api/options/attachment",
        "if a start asks for a cross-platform authenticator, the options do not name a kind of authenticator",
        &["enrolment/cross-platform-authenticator"],
    ),
    EXCLUDE_TRANSPORTS_NULL = fails(
        "identifier-exclude-transports-null",
        "api/options/members",
        "descriptors in excludeCredentials have transports that are null, which makes clients throw",
        &["enrolment/good"],
    ),
    APPID_AT_CREATION = fails(
        "identifier-appid-at-creation",
        "webauthn/5.4/extensions",
        "options of second factors ask for the extension appid, which makes clients throw",
        &["enrolment/start"],
    ),
    ORACLE_OF_FACTORS = deviates(
        "identifier-oracle-of-factors",
        "api/identifiers/no-user-oracle",
        "a caller who may not act on others gets 404 for a factor that does not exist, and 403 for one that exists",
        &["identifiers/known-or-unknown-factor"],
    ),
    ORACLE_OF_REGISTRATIONS = fails(
        "identifier-oracle-of-registrations",
        "api/status/permission-denied",
        "a caller who may not act on others gets 404 for a verify if no registration is open, and 403 if one is open",
        &["identifiers/open-or-closed-registration"],
    ),
    VERIFY_IGNORES_ID = fails(
        "identifier-verify-ignores-id",
        "api/request/factor-id",
        "the verify does not compare the id in the path with that of the open registration",
        &["authorization/verify-at-other-id", "limits/factor-id-200"],
    ),
}
