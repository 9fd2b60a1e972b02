//! What belongs to another user, to an earlier call, or to the server alone, and shows in a reply.

use super::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "canary-list-of-everyone",
        "api/stored/one-user",
        "the list of a user's passkeys shows those of everyone",
        &["stored"],
    ),
    fails(
        "canary-exclude-of-another",
        "api/state/owner",
        "options list the credential that was enrolled last, whoever has it",
        &["stored"],
    ),
    fails(
        "canary-v1-list-from-memory",
        "api/stored/one-user",
        "a list of v1 is answered for 250 ms to whomever asks at its path",
        &["stored"],
    ),
    fails(
        "canary-owner-named",
        "api/no-leak/other-user",
        "the message about a credential id that is taken names its user and the factor",
        &["stored"],
    ),
    fails(
        "canary-denial-names-login",
        "api/no-leak/other-user",
        "the message about a lack of permission shows the login name of the user that was named",
        &["stored"],
    ),
    fails(
        "canary-earlier-caller-in-header",
        "api/no-leak/other-user",
        "a refusal of an unknown token over REST has the id of an earlier caller in a header",
        &["stored"],
    ),
    fails(
        "canary-name-of-earlier-start-over-grpc-web",
        "api/no-leak/other-user",
        "over gRPC-Web options have the display name of the user of an earlier start",
        &["stored"],
    ),
    fails(
        "canary-owner-of-earlier-call",
        "api/no-leak/other-user",
        "over gRPC resourceOwner is the id of an earlier caller",
        &["stored"],
    ),
    fails(
        "canary-token-in-trailers",
        "api/no-leak/token",
        "over gRPC the trailers repeat the authorization",
        &["stored"],
    ),
    fails(
        "canary-token-in-cookie",
        "api/no-leak/token",
        "a start of v1 over REST sets a cookie with the token in base64",
        &["stored"],
    ),
    deviates(
        "canary-database-in-header",
        "api/no-leak/internals",
        "a 400 over REST has a header with the address of the database",
        &["stored"],
    ),
];
