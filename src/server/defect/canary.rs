//! Data that belong to another user, to an earlier call, or only to the server, and that a reply shows.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "canary-list-of-everyone",
        "api/no-leak/other-user",
        "the list of a user's passkeys shows those of everyone",
        &["stored/two-users"],
    ),
    fails(
        "canary-exclude-of-another",
        "api/no-leak/other-user",
        "options list the credential that was enrolled last, whichever user it belongs to",
        &["stored/two-users"],
    ),
    fails(
        "canary-v1-list-from-memory",
        "api/no-leak/other-user",
        "for 250 ms the answer to a v1 list is given to every caller at the same path",
        &["stored/two-users"],
    ),
    fails(
        "canary-owner-named",
        "api/no-leak/other-user",
        "the message about a credential id that is taken names its user and the factor",
        &["ceremony/credential-id-of-another-user"],
    ),
    fails(
        "canary-denial-names-login",
        "api/no-leak/other-user",
        "the message about a lack of permission shows the login name of the user that the call names",
        &["canaries"],
    ),
    fails(
        "canary-earlier-caller-in-header",
        "api/no-leak/other-user",
        "a refusal of an unknown token over REST has the id of an earlier caller in a header",
        &["authorization"],
    ),
    fails(
        "canary-owner-of-earlier-call",
        "api/no-leak/other-user",
        "over gRPC resourceOwner is the id of an earlier caller",
        &["canaries"],
    ),
    fails(
        "canary-token-in-trailers",
        "api/no-leak/token",
        "over gRPC the trailers repeat the authorization",
        &["enrolment/good"],
    ),
    fails(
        "canary-token-in-cookie",
        "api/no-leak/token",
        "a start of v1 over REST sets a cookie with the token in base64",
        &["enrolment/good"],
    ),
    deviates(
        "canary-database-in-header",
        "api/no-leak/internals",
        "a 400 over REST has a header with the address of the database",
        &["client-data/challenge-other"],
    ),
    fails(
        "canary-foreign-factor-named",
        "api/no-leak/other-user",
        "the message about a factor that the user does not have shows its name if another user has it",
        &["authorization/foreign-token-own-user"],
    ),
    fails(
        "canary-challenge-echoes-token",
        "api/no-leak/token",
        "the WWW-Authenticate challenge of a 401 over REST repeats the unknown token",
        &["authorization/other-scheme"],
    ),
    deviates(
        "canary-debug-info-in-details",
        "api/no-leak/internals",
        "a 404 over REST has one more detail, with places in the source code",
        &["authorization/unknown-factor"],
    ),
    fails(
        "canary-display-name-of-earlier-start",
        "api/no-leak/other-user",
        "displayName in options is that of the previous start, which any caller may have made",
        &["enrolment/start", "enrolment/good"],
    ),
];
