//! Creation options that a client can't read, or that belong to another user or relying party.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "shape-options-without-challenge",
        "api/options/members",
        "creation options come without a challenge",
        &["enrolment/start"],
    ),
    fails(
        "shape-options-without-public-key",
        "api/options/members",
        "creation options are not wrapped in publicKey",
        &["enrolment/start"],
    ),
    fails(
        "options-challenge-as-numbers",
        "api/options/members",
        "the challenge is an array of numbers",
        &["enrolment/start"],
    ),
    fails("options-rp-name-missing", "api/options/members", "rp comes without a name", &["enrolment/start"]),
    fails(
        "options-user-id-in-clear",
        "api/options/members",
        "user.id is text with a character that base64url does not have",
        &["enrolment/start"],
    ),
    fails("options-user-id-65", "api/options/members", "user.id has 65 bytes", &["enrolment/start"]),
    fails("options-parameters-missing", "api/options/members", "pubKeyCredParams are missing", &["enrolment/start"]),
    fails(
        "options-algorithm-as-text",
        "api/options/members",
        "alg in pubKeyCredParams is a text such as \"-7\"",
        &["enrolment/start"],
    ),
    fails(
        "options-exclude-as-texts",
        "api/options/members",
        "excludeCredentials hold ids in place of descriptors",
        &["enrolment/good"],
    ),
    deviates(
        "options-v2-padded",
        "api/options/encoding",
        "bytes in v2's options are base64url with padding",
        &["enrolment/start"],
    ),
    deviates(
        "options-v2-standard-base64",
        "api/options/encoding",
        "bytes in v2's options are standard base64 without padding",
        &["enrolment/second-factor"],
    ),
    fails("options-timeout-as-text", "api/options/members", "timeout is a text", &["enrolment/start"]),
    fails("options-rp-id-other", "api/options/rp-id", "rp.id is another host", &["enrolment/start"]),
    fails(
        "options-domain-ignored",
        "api/options/rp-id",
        "rp.id is always the server's own, whatever domain a start asks for",
        &["enrolment/further-domain"],
    ),
    deviates(
        "options-authenticator-ignored",
        "api/options/attachment",
        "the kind of authenticator that a start asks for is not in the options",
        &["enrolment/platform-authenticator"],
    ),
    fails(
        "options-domain-unchecked",
        "webauthn/4/rp-id",
        "a start accepts any text as a domain",
        &["limits/domain-with-path"],
    ),
    deviates(
        "options-user-handle-random",
        "webauthn/5.4.3/user-handle",
        "a user gets another user handle at each start",
        &["enrolment/start-twice"],
    ),
    deviates(
        "options-user-handle-shared",
        "webauthn/5.4.3/user-handle",
        "all users have the same user handle",
        &["ceremony/user-handle-unique"],
    ),
];
