//! Creation options that a client can't read, or that belong to another user or relying party.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    SHAPE_OPTIONS_WITHOUT_CHALLENGE = fails(
        "shape-options-without-challenge",
        "api/options/members",
        "creation options come without a challenge",
        &["enrolment/start"],
    ),
    SHAPE_OPTIONS_WITHOUT_PUBLIC_KEY = fails(
        "shape-options-without-public-key",
        "api/options/members",
        "creation options are not wrapped in publicKey",
        &["enrolment/start"],
    ),
    CHALLENGE_AS_NUMBERS = fails(
        "options-challenge-as-numbers",
        "api/options/members",
        "the challenge is an array of numbers",
        &["enrolment/start"],
    ),
    RP_NAME_MISSING = fails("options-rp-name-missing", "api/options/members", "rp comes without a name", &["enrolment/start"]),
    USER_ID_IN_CLEAR = fails(
        "options-user-id-in-clear",
        "api/options/members",
        "user.id is text with a character that base64url does not have",
        &["enrolment/start"],
    ),
    USER_ID_65 = fails("options-user-id-65", "api/options/members", "user.id has 65 bytes", &["enrolment/start"]),
    PARAMETERS_MISSING = fails("options-parameters-missing", "api/options/members", "pubKeyCredParams are missing", &["enrolment/start"]),
    ALGORITHM_AS_TEXT = fails(
        "options-algorithm-as-text",
        "api/options/members",
        "alg in pubKeyCredParams is a text such as \"-7\"",
        &["enrolment/start"],
    ),
    EXCLUDE_AS_TEXTS = fails(
        "options-exclude-as-texts",
        "api/options/members",
        "excludeCredentials hold ids in place of descriptors",
        &["enrolment/good"],
    ),
    V2_PADDED = deviates(
        "options-v2-padded",
        "api/options/encoding",
        "bytes in v2's options are base64url with padding",
        &["enrolment/start"],
    ),
    V2_STANDARD_BASE64 = deviates(
        "options-v2-standard-base64",
        "api/options/encoding",
        "bytes in v2's options are standard base64 without padding",
        &["enrolment/second-factor"],
    ),
    TIMEOUT_AS_TEXT = fails("options-timeout-as-text", "api/options/members", "timeout is a text", &["enrolment/start"]),
    RP_ID_OTHER = fails("options-rp-id-other", "api/options/rp-id", "rp.id is another host", &["enrolment/start"]),
    DOMAIN_IGNORED = fails(
        "options-domain-ignored",
        "api/options/rp-id",
        "rp.id is always the server's own, whatever domain a start asks for",
        &["enrolment/further-domain"],
    ),
    AUTHENTICATOR_IGNORED = deviates(
        "options-authenticator-ignored",
        "api/options/attachment",
        "the kind of authenticator that a start asks for is not in the options",
        &["enrolment/platform-authenticator"],
    ),
    DOMAIN_UNCHECKED = fails(
        "options-domain-unchecked",
        "webauthn/4/rp-id",
        "a start accepts any text as a domain",
        &["limits/domain-with-path"],
    ),
    USER_HANDLE_RANDOM = deviates(
        "options-user-handle-random",
        "webauthn/5.4.3/user-handle",
        "a user gets another user handle at each start",
        &["enrolment/start-twice"],
    ),
    USER_HANDLE_SHARED = deviates(
        "options-user-handle-shared",
        "webauthn/5.4.3/user-handle",
        "all users have the same user handle",
        &["ceremony/user-handle-unique"],
    ),
}
