//! Who may do what.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    MISSING_TOKEN_ACCEPTED = fails(
        "authorization-missing-token-accepted",
        "api/status/unauthenticated",
        "a call without a token acts as the administrator",
        &["authorization/missing-token"],
    ),
    UNKNOWN_TOKEN_ACCEPTED = fails(
        "authorization-unknown-token-accepted",
        "api/status/unauthenticated",
        "any token acts as the administrator",
        &["authorization/unknown-token"],
    ),
    MALFORMED_ACCEPTED = fails(
        "authorization-malformed-accepted",
        "api/status/unauthenticated",
        "a call whose authorization header has no token acts as the administrator",
        &["authorization/malformed-token"],
    ),
    ANY_SCHEME = fails(
        "authorization-any-scheme",
        "api/status/unauthenticated",
        "a token is accepted after any scheme, such as Basic",
        &["authorization/other-scheme"],
    ),
    TOKEN_LENGTHENED_ACCEPTED = fails(
        "authorization-token-lengthened-accepted",
        "api/status/unauthenticated",
        "a token that begins with an issued token is accepted",
        &["authorization/token-lengthened"],
    ),
    TOKEN_SHORTENED_ACCEPTED = fails(
        "authorization-token-shortened-accepted",
        "api/status/unauthenticated",
        "the beginning of a token is accepted in place of the whole token",
        &["authorization/token-shortened"],
    ),
    TOKEN_ANY_CASE = fails(
        "authorization-token-any-case",
        "api/status/unauthenticated",
        "tokens are compared without regard to letter case",
        &["authorization/token-other-case"],
    ),
    CODE_UNCHECKED = fails(
        "authorization-code-unchecked",
        "api/request/passkey-code",
        "the registration code in the start of a passkey is not checked",
        &["authorization/registration-code-made-up"],
    ),
    CODE_PERMITS = fails(
        "authorization-code-permits",
        "api/authorization",
        "a caller who sends a registration code, good or not, may start a passkey for any user",
        &["authorization/registration-code-of-a-stranger"],
    ),
    FOREIGN_TOKEN_ACCEPTED = fails(
        "authorization-foreign-token-accepted",
        "api/authorization",
        "every user may act on every user",
        &["authorization/foreign-token"],
    ),
    REMOVE_UNCHECKED = fails(
        "authorization-remove-unchecked",
        "api/authorization",
        "every user may remove every user's factors",
        &["authorization/foreign-token"],
    ),
    NO_RIGHTS_ACCEPTED = fails(
        "authorization-no-rights-accepted",
        "api/status/permission-denied",
        "a user without rights may act on every user",
        &["authorization/no-rights"],
    ),
    READ_ONLY_ACCEPTED = fails(
        "authorization-read-only-accepted",
        "api/status/permission-denied",
        "a user whose role may only read may act on every user",
        &["authorization/read-only"],
    ),
    ADMINISTRATOR_DENIED = deviates(
        "authorization-administrator-denied",
        "api/authorization",
        "the administrator may not act on others",
        &["enrolment/admin-starts"],
    ),
}
