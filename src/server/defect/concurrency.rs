//! Defects that show only when calls come at the same time, now and then, or after a long time.

use super::entry::{Defect, fails, under_load};

entries! {
    DEFECTS: Defect;
    DOUBLE_VERIFY = fails(
        "concurrency-double-verify",
        "webauthn/7.1/challenge",
        "if several verifies of one registration come at the same time, all are accepted",
        &["ceremony/verify-race"],
    ),
    ANSWERS_CROSSED = fails(
        "concurrency-answers-crossed",
        "webauthn/13.4.3/challenge",
        "if two starts come at the same time, both are answered with the options of one of them",
        &["ceremony/starts-at-once"],
    ),
    ONE_IN_TEN = fails(
        "concurrency-one-in-ten",
        "webauthn/7.1/accept",
        "every tenth good credential is refused",
        &["enrolment/good"],
    ),
    ONE_AT_A_TIME = under_load(
        "concurrency-one-at-a-time",
        "api/robustness",
        "calls wait for each other: each takes 10 ms, one after the other",
    ),
    SLOW_VERIFY = under_load("concurrency-slow-verify", "api/robustness", "a verify takes 300 ms longer than it needs to"),
    SLOW_WITH_DATA = under_load(
        "concurrency-slow-with-data",
        "api/robustness",
        "every start takes 5 ms longer for each start before it",
    ),
    SLOW_WITH_REGISTRATIONS = under_load(
        "concurrency-slow-with-registrations",
        "api/robustness",
        "every start takes 20 µs longer for each registration that there ever was",
    ),
    REGISTRATION_LOST = under_load(
        "concurrency-registration-lost",
        "api/options/exclude-credentials",
        "if two verifies end within 50 ms of each other, the registration of the first one is lost",
    ),
}
