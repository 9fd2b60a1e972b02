//! Behaviour on broken input: crashes, hangs and leaks.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "robust-500-on-malformed-json",
        "api/robustness",
        "a body that is not JSON is answered as an internal error",
        &["request/not-json"],
    ),
    fails(
        "robust-500-on-wrong-type",
        "api/robustness",
        "a member of another type is answered as an internal error",
        &["request/wrong-member-type"],
    ),
    fails(
        "robust-panic-on-truncated",
        "api/robustness",
        "an attestation object that cannot be read makes the handler panic",
        &["att-obj/trailing-byte"],
    ),
    fails(
        "robust-panic-answered",
        "api/robustness",
        "an attestation object that cannot be read makes the handler panic, which is caught and answered as an internal error",
        &["att-obj/trailing-byte"],
    ),
    fails(
        "robust-hang-on-truncated",
        "api/robustness",
        "an attestation object that cannot be read is answered after a minute",
        &["v2/u2f/rest/att-obj/trailing-byte"],
    ),
    fails(
        "robust-reply-cut-off",
        "api/robustness",
        "the reply to a successful verify breaks off in the middle over REST",
        &["enrolment/good"],
    ),
    fails(
        "robust-token-echoed",
        "api/no-leak",
        "the message about a lack of permission echoes the token",
        &["authorization/no-rights"],
    ),
    fails(
        "robust-token-in-header",
        "api/no-leak",
        "a header of every REST reply to a start repeats the authorization",
        &["enrolment/start"],
    ),
    deviates(
        "robust-library-error",
        "api/no-leak/internals",
        "the message about a body that is not JSON comes from the library that read it",
        &["request/not-json"],
    ),
    deviates(
        "robust-file-and-line",
        "api/no-leak/internals",
        "the message about a wrong challenge names a source file and its line",
        &["client-data/challenge-other"],
    ),
    deviates(
        "robust-sql-error",
        "api/no-leak/internals",
        "the message about a credential id that is taken comes from the database",
        &["ceremony/same-credential-id"],
    ),
    fails(
        "robust-stack-trace",
        "api/no-leak",
        "the message about a refused credential is a stack trace",
        &["client-data/challenge-other"],
    ),
];
