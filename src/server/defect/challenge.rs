//! Challenges that are weak, reused or not bound to their ceremony.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    CONSTANT = fails(
        "challenge-constant",
        "webauthn/13.4.3/challenge",
        "every start hands out the same challenge",
        &["enrolment/start-twice"],
    ),
    REUSED = fails(
        "challenge-reused",
        "webauthn/13.4.3/challenge",
        "a second start hands out the challenge of the registration that is already open",
        &["enrolment/start-twice"],
    ),
    SHORT = deviates("challenge-short", "webauthn/13.4.3/challenge-length", "a challenge has 8 bytes", &["enrolment/start"]),
    COUNTER = fails("challenge-counter", "webauthn/13.4.3/challenge", "a challenge is a counter, in 32 bytes", &["enrolment"]),
    MOSTLY_CONSTANT = fails(
        "challenge-mostly-constant",
        "webauthn/13.4.3/challenge",
        "28 of a challenge's 32 bytes are the same every time",
        &["enrolment"],
    ),
    TIME_PREFIX = deviates(
        "challenge-time-prefix",
        "webauthn/13.4.3/challenge-length",
        "the first eight of a challenge's 16 bytes are the time",
        &["enrolment"],
    ),
    NEVER_EXPIRES = deviates(
        "challenge-never-expires",
        "webauthn/13.4.3/challenge-expiry",
        "a registration can be finished at any time after its start",
        &["*/*/rest/ceremony/expired-challenge"],
    ),
    NOT_ONE_TIME = fails(
        "challenge-not-one-time",
        "webauthn/7.1/challenge",
        "a registration stays open after verify, so a response can be replayed",
        &["ceremony/replayed-response"],
    ),
    NOT_BOUND_TO_USER = fails(
        "challenge-not-bound-to-user",
        "webauthn/7.1/challenge",
        "a challenge that was issued to another user is accepted",
        &["ceremony/another-users-challenge"],
    ),
    NOT_BOUND_TO_KIND = fails(
        "challenge-not-bound-to-kind",
        "webauthn/7.1/challenge",
        "the challenge of the user's other kind of factor is accepted",
        &["ceremony/other-factor-challenge"],
    ),
    OF_EARLIER_START_ACCEPTED = fails(
        "challenge-of-earlier-start-accepted",
        "webauthn/7.1/challenge",
        "the challenge of a start that was replaced is accepted",
        &["ceremony/stale-challenge"],
    ),
    ACCEPTED_AFTER_REMOVE = fails(
        "challenge-accepted-after-remove",
        "api/remove",
        "a registration that was removed before it was finished can be finished",
        &["ceremony/verify-after-remove-pending"],
    ),
    EMPTY_WITHOUT_START = fails(
        "challenge-empty-without-start",
        "webauthn/7.1/challenge",
        "if no registration is open, an empty challenge is expected",
        &["ceremony/verify-empty-challenge-without-start"],
    ),
}
