//! What goes wrong only when calls come together, now and then, or in the long run.

use super::entry::{Defect, fails, under_load};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "concurrency-double-verify",
        "webauthn/7.1/challenge",
        "verifies of one registration at the same time are all accepted",
        &["ceremony/verify-race"],
    ),
    fails(
        "concurrency-answers-crossed",
        "webauthn/13.4.3/challenge",
        "of two starts at the same time both are answered with the options of one",
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
    under_load("concurrency-slow-with-data", "api/robustness", "every start takes 5 ms more for each start before"),
    under_load(
        "concurrency-slow-with-registrations",
        "api/robustness",
        "every start takes 20 µs more for each registration that there ever was",
    ),
    under_load(
        "concurrency-registration-lost",
        "api/options/exclude-credentials",
        "of two verifies that end within 50 ms of each other the first one's registration is lost",
    ),
];
