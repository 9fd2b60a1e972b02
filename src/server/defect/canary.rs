//! Data that belong to another user, to an earlier call, or only to the server, and that a reply shows.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    LIST_OF_EVERYONE = fails(
        "canary-list-of-everyone",
        "api/no-leak/other-user",
        "the list of a user's passkeys shows those of everyone",
        &["stored/two-users"],
    ),
    EXCLUDE_OF_ANOTHER = fails(
        "canary-exclude-of-another",
        "api/no-leak/other-user",
        "options list the credential that was enrolled last, whichever user it belongs to",
        &["stored/two-users"],
    ),
    V1_LIST_FROM_MEMORY = fails(
        "canary-v1-list-from-memory",
        "api/no-leak/other-user",
        "for 250 ms the answer to a v1 list is given to every caller at the same path",
        &["stored/two-users"],
    ),
    OWNER_NAMED = fails(
        "canary-owner-named",
        "api/no-leak/other-user",
        "the message about a credential id that is taken names its user and the factor",
        &["ceremony/credential-id-of-another-user"],
    ),
    DENIAL_NAMES_LOGIN = fails(
        "canary-denial-names-login",
        "api/no-leak/other-user",
        "the message about a lack of permission shows the login name of the user that the call names",
        &["canaries"],
    ),
    EARLIER_CALLER_IN_HEADER = fails(
        "canary-earlier-caller-in-header",
        "api/no-leak/other-user",
        "a refusal of an unknown token over REST has the id of an earlier caller in a header",
        &["authorization"],
    ),
    OWNER_OF_EARLIER_CALL = fails(
        "canary-owner-of-earlier-call",
        "api/no-leak/other-user",
        "over gRPC resourceOwner is the id of an earlier caller",
        &["canaries"],
    ),
    TOKEN_IN_TRAILERS = fails(
        "canary-token-in-trailers",
        "api/no-leak/token",
        "over gRPC the trailers repeat the authorization",
        &["enrolment/good"],
    ),
    TOKEN_IN_COOKIE = fails(
        "canary-token-in-cookie",
        "api/no-leak/token",
        "a start of v1 over REST sets a cookie with the token in base64",
        &["enrolment/good"],
    ),
    DATABASE_IN_HEADER = deviates(
        "canary-database-in-header",
        "api/no-leak/internals",
        "a 400 over REST has a header with the address of the database",
        &["client-data/challenge-other"],
    ),
    FOREIGN_FACTOR_NAMED = fails(
        "canary-foreign-factor-named",
        "api/no-leak/other-user",
        "the message about a factor that the user does not have shows its name if another user has it",
        &["authorization/foreign-token-own-user"],
    ),
    CHALLENGE_ECHOES_TOKEN = fails(
        "canary-challenge-echoes-token",
        "api/no-leak/token",
        "the WWW-Authenticate challenge of a 401 over REST repeats the unknown token",
        &["authorization/other-scheme"],
    ),
    DEBUG_INFO_IN_DETAILS = deviates(
        "canary-debug-info-in-details",
        "api/no-leak/internals",
        "a 404 over REST has one more detail, with places in the source code",
        &["authorization/unknown-factor"],
    ),
    DISPLAY_NAME_OF_EARLIER_START = fails(
        "canary-display-name-of-earlier-start",
        "api/no-leak/other-user",
        "displayName in options is that of the previous start, which any caller may have made",
        &["enrolment/start", "enrolment/good"],
    ),
}
