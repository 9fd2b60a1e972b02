//! Who may do what.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "authorization-missing-token-accepted",
        "api/status/unauthenticated",
        "a call without a token acts as the administrator",
        &["authorization/missing-token"],
    ),
    fails(
        "authorization-unknown-token-accepted",
        "api/status/unauthenticated",
        "any token acts as the administrator",
        &["authorization/unknown-token"],
    ),
    fails(
        "authorization-malformed-accepted",
        "api/status/unauthenticated",
        "a call whose authorization header has no token acts as the administrator",
        &["authorization/malformed-token"],
    ),
    fails(
        "authorization-any-scheme",
        "api/status/unauthenticated",
        "a token is accepted after any scheme, such as Basic",
        &["authorization/other-scheme"],
    ),
    fails(
        "authorization-token-lengthened-accepted",
        "api/status/unauthenticated",
        "a token that begins with an issued token is accepted",
        &["authorization/token-lengthened"],
    ),
    fails(
        "authorization-token-shortened-accepted",
        "api/status/unauthenticated",
        "the beginning of a token is accepted in place of the whole token",
        &["authorization/token-shortened"],
    ),
    fails(
        "authorization-token-any-case",
        "api/status/unauthenticated",
        "tokens are compared without regard to letter case",
        &["authorization/token-other-case"],
    ),
    fails(
        "authorization-code-unchecked",
        "api/request/passkey-code",
        "the registration code in the start of a passkey is not checked",
        &["authorization/registration-code-made-up"],
    ),
    fails(
        "authorization-code-permits",
        "api/authorization",
        "a caller who sends a registration code, good or not, may start a passkey for any user",
        &["authorization/registration-code-of-a-stranger"],
    ),
    fails(
        "authorization-foreign-token-accepted",
        "api/authorization",
        "every user may act on every user",
        &["authorization/foreign-token"],
    ),
    fails(
        "authorization-remove-unchecked",
        "api/authorization",
        "every user may remove every user's factors",
        &["authorization/foreign-token"],
    ),
    fails(
        "authorization-no-rights-accepted",
        "api/status/permission-denied",
        "a user without rights may act on every user",
        &["authorization/no-rights"],
    ),
    fails(
        "authorization-read-only-accepted",
        "api/status/permission-denied",
        "a user whose role may only read may act on every user",
        &["authorization/read-only"],
    ),
    deviates(
        "authorization-administrator-denied",
        "api/authorization",
        "the administrator may not act on others",
        &["enrolment/admin-starts"],
    ),
];
