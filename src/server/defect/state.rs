//! The state that is stored afterwards, and what the next options show of it.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "state-stored-after-refusal",
        "api/after-state",
        "a refused credential is stored anyway",
        &["client-data/challenge-other"],
    ),
    fails(
        "state-blocked-after-refusal",
        "api/after-state",
        "after a refused verify the user cannot start another registration",
        &["client-data/challenge-other"],
    ),
    fails(
        "state-not-stored",
        "api/options/exclude-credentials",
        "an accepted credential is not stored",
        &["enrolment/good"],
    ),
    fails(
        "state-stored-twice",
        "api/options/exclude-credentials",
        "an accepted credential is stored twice",
        &["enrolment/good"],
    ),
    fails(
        "state-second-factor-refused",
        "webauthn/7.1/accept",
        "a user who has a factor can't enrol another of its kind",
        &["enrolment/second-factor"],
    ),
    fails("state-remove-keeps", "api/remove", "remove answers 200 and keeps the factor", &["enrolment/remove"]),
    fails(
        "state-remove-unknown-accepted",
        "api/status/default",
        "v1's removal of a factor that does not exist is answered with 200",
        &["authorization/unknown-factor-v1"],
    ),
    fails(
        "state-exclude-credentials-missing",
        "api/options/exclude-credentials",
        "options do not list the credentials that the user has",
        &["enrolment/good"],
    ),
    fails(
        "state-exclude-only-latest",
        "api/options/exclude-credentials",
        "options list only the last credential of the user",
        &["enrolment/second-factor"],
    ),
    deviates(
        "state-duplicate-of-another-user",
        "webauthn/7.1/credential-id-unique",
        "a credential id is only compared with those of the same user",
        &["ceremony/credential-id-of-another-user"],
    ),
    fails(
        "state-credential-moves",
        "api/options/exclude-credentials",
        "a credential that another user has is accepted, and is taken away from that user",
        &["ceremony/credential-of-two-users"],
    ),
];
