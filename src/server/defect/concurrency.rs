//! Defects that show only when calls come at the same time, now and then, or after a long time.

use super::entry::{Defect, fails, under_load};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "concurrency-double-verify",
        "webauthn/7.1/challenge",
        "if several verifies of one registration come at the same time, all are accepted",
        &["ceremony/verify-race"],
    ),
    fails(
        "concurrency-answers-crossed",
        "webauthn/13.4.3/challenge",
        "if two starts come at the same time, both are answered with the options of one of them",
        &["ceremony/starts-at-once"],
    ),
    fails(
        "concurrency-one-in-ten",
        "webauthn/7.1/accept",
        "every tenth good credential is refused",
        &["enrolment/good"],
    ),
    under_load(
        "concurrency-one-at-a-time",
        "api/robustness",
        "calls wait for each other: each takes 10 ms, one after the other",
    ),
    under_load("concurrency-slow-verify", "api/robustness", "a verify takes 300 ms longer than it needs to"),
    under_load(
        "concurrency-slow-with-data",
        "api/robustness",
        "every start takes 5 ms longer for each start before it",
    ),
    under_load(
        "concurrency-slow-with-registrations",
        "api/robustness",
        "every start takes 20 µs longer for each registration that there ever was",
    ),
    under_load(
        "concurrency-registration-lost",
        "api/options/exclude-credentials",
        "if two verifies end within 50 ms of each other, the registration of the first one is lost",
    ),
];
