//! Behaviour on broken input: crashes, hangs and leaks.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    ROBUST_500_ON_MALFORMED_JSON = fails(
        "robust-500-on-malformed-json",
        "api/robustness",
        "a body that is not JSON is answered as an internal error",
        &["request/not-json"],
    ),
    ROBUST_500_ON_WRONG_TYPE = fails(
        "robust-500-on-wrong-type",
        "api/robustness",
        "a member of another type is answered as an internal error",
        &["request/wrong-member-type"],
    ),
    ROBUST_PANIC_ON_TRUNCATED = fails(
        "robust-panic-on-truncated",
        "api/robustness",
        "an attestation object that cannot be read makes the handler panic",
        &["att-obj/trailing-byte"],
    ),
    ROBUST_PANIC_ANSWERED = fails(
        "robust-panic-answered",
        "api/robustness",
        "an attestation object that cannot be read makes the handler panic, which is caught and answered as an internal error",
        &["att-obj/trailing-byte"],
    ),
    ROBUST_HANG_ON_TRUNCATED = fails(
        "robust-hang-on-truncated",
        "api/robustness",
        "an attestation object that cannot be read is answered after a minute",
        &["v2/u2f/rest/att-obj/trailing-byte"],
    ),
    ROBUST_REPLY_CUT_OFF = fails(
        "robust-reply-cut-off",
        "api/robustness",
        "the reply to a successful verify breaks off in the middle over REST",
        &["enrolment/good"],
    ),
    ROBUST_TOKEN_ECHOED = fails(
        "robust-token-echoed",
        "api/no-leak",
        "the message about a lack of permission echoes the token",
        &["authorization/no-rights"],
    ),
    ROBUST_TOKEN_IN_HEADER = fails(
        "robust-token-in-header",
        "api/no-leak",
        "a header of every REST reply to a start repeats the authorization",
        &["enrolment/start"],
    ),
    ROBUST_LIBRARY_ERROR = deviates(
        "robust-library-error",
        "api/no-leak/internals",
        "the message about a body that is not JSON comes from the library that read it",
        &["request/not-json"],
    ),
    ROBUST_FILE_AND_LINE = deviates(
        "robust-file-and-line",
        "api/no-leak/internals",
        "the message about a wrong challenge names a source file and its line",
        &["client-data/challenge-other"],
    ),
    ROBUST_SQL_ERROR = deviates(
        "robust-sql-error",
        "api/no-leak/internals",
        "the message about a credential id that is taken comes from the database",
        &["ceremony/same-credential-id"],
    ),
    ROBUST_STACK_TRACE = fails(
        "robust-stack-trace",
        "api/no-leak",
        "the message about a refused credential is a stack trace",
        &["client-data/challenge-other"],
    ),
}
