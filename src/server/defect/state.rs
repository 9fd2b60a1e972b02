//! The state that is stored afterwards, and what the next options show of it.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    STORED_AFTER_REFUSAL = fails(
        "state-stored-after-refusal",
        "api/after-state",
        "a refused credential is stored anyway",
        &["client-data/challenge-other"],
    ),
    BLOCKED_AFTER_REFUSAL = fails(
        "state-blocked-after-refusal",
        "api/after-state",
        "after a refused verify the user cannot start another registration",
        &["client-data/challenge-other"],
    ),
    NOT_STORED = fails(
        "state-not-stored",
        "api/options/exclude-credentials",
        "an accepted credential is not stored",
        &["enrolment/good"],
    ),
    STORED_TWICE = fails(
        "state-stored-twice",
        "api/options/exclude-credentials",
        "an accepted credential is stored twice",
        &["enrolment/good"],
    ),
    SECOND_FACTOR_REFUSED = fails(
        "state-second-factor-refused",
        "webauthn/7.1/accept",
        "a user who has a factor can't enrol another of its kind",
        &["enrolment/second-factor"],
    ),
    REMOVE_KEEPS = fails("state-remove-keeps", "api/remove", "remove answers 200 and keeps the factor", &["enrolment/remove"]),
    REMOVE_UNKNOWN_ACCEPTED = fails(
        "state-remove-unknown-accepted",
        "api/status/default",
        "v1's removal of a factor that does not exist is answered with 200",
        &["authorization/unknown-factor-v1"],
    ),
    EXCLUDE_CREDENTIALS_MISSING = fails(
        "state-exclude-credentials-missing",
        "api/options/exclude-credentials",
        "options do not list the credentials that the user has",
        &["enrolment/good"],
    ),
    EXCLUDE_ONLY_LATEST = fails(
        "state-exclude-only-latest",
        "api/options/exclude-credentials",
        "options list only the last credential of the user",
        &["enrolment/second-factor"],
    ),
    DUPLICATE_OF_ANOTHER_USER = deviates(
        "state-duplicate-of-another-user",
        "webauthn/7.1/credential-id-unique",
        "a credential id is only compared with those of the same user",
        &["ceremony/credential-id-of-another-user"],
    ),
    CREDENTIAL_MOVES = fails(
        "state-credential-moves",
        "api/options/exclude-credentials",
        "a credential that another user has is accepted, and is taken away from that user",
        &["ceremony/credential-of-two-users"],
    ),
}
