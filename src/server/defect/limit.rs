//! Documented length limits that are off, missing or counted in another unit.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    TOKEN_NAME_201 = fails(
        "limit-token-name-201",
        "api/limit/token-name",
        "a name of 201 characters is accepted",
        &["limits/name-201-ascii"],
    ),
    TOKEN_NAME_199 = fails(
        "limit-token-name-199",
        "api/limit/token-name",
        "a name of 200 characters is refused",
        &["limits/name-200-ascii"],
    ),
    TOKEN_NAME_EMPTY = fails("limit-token-name-empty", "api/limit/token-name", "an empty name is accepted", &["limits/name-empty"]),
    TOKEN_NAME_MIN_2 = fails(
        "limit-token-name-min-2",
        "api/limit/token-name",
        "a name of 1 character is refused",
        &["limits/name-1-ascii"],
    ),
    TOKEN_NAME_BYTES = fails(
        "limit-token-name-bytes",
        "api/limit/token-name",
        "a name is measured in UTF-8 bytes",
        &["limits/name-200-4-byte"],
    ),
    TOKEN_NAME_UTF16 = fails(
        "limit-token-name-utf16",
        "api/limit/token-name",
        "a name is measured in units of UTF-16",
        &["limits/name-101-surrogate-pairs"],
    ),
    CREDENTIAL_MIN = deviates(
        "limit-credential-min",
        "api/limit/credential",
        "a credential of length 54 is not refused for its length and reaches the ceremony",
        &["limits/credential-54"],
    ),
    CREDENTIAL_MIN_56 = deviates(
        "limit-credential-min-56",
        "api/limit/credential",
        "a credential of length 55 is refused for its length",
        &["limits/credential-55"],
    ),
    CREDENTIAL_MAX = fails(
        "limit-credential-max",
        "api/limit/credential",
        "a credential of length 1048576 is refused",
        &["v2/u2f/rest/limits/credential-1048576-v2"],
    ),
    CREDENTIAL_OVER = fails(
        "limit-credential-over",
        "api/limit/credential",
        "a credential of length 1048577 is accepted",
        &["v1/u2f/rest/limits/credential-1048577"],
    ),
    CREDENTIAL_BASE64_TEXT = deviates(
        "limit-credential-base64-text",
        "api/limit/credential",
        "v1's credential is measured in characters of base64",
        &["v1/u2f/rest/limits/credential-1048576-v1"],
    ),
    USER_ID_EMPTY = fails(
        "limit-user-id-empty",
        "api/limit/user-id",
        "an empty user id is read as the caller's own",
        &["limits/user-id-empty"],
    ),
    USER_ID_MIN_2 = deviates(
        "limit-user-id-min-2",
        "api/limit/user-id",
        "a user id of 1 character is refused for its length",
        &["limits/user-id-1"],
    ),
    USER_ID_199 = fails(
        "limit-user-id-199",
        "api/limit/user-id",
        "a user id of 200 characters is refused for its length",
        &["limits/user-id-200"],
    ),
    USER_ID_201 = deviates(
        "limit-user-id-201",
        "api/limit/user-id",
        "a user id of 201 characters is looked up",
        &["limits/user-id-201"],
    ),
    USER_ID_BYTES = deviates(
        "limit-user-id-bytes",
        "api/limit/user-id",
        "a user id is measured in UTF-8 bytes",
        &["limits/user-id-200-4-byte"],
    ),
    FACTOR_ID_EMPTY = fails(
        "limit-factor-id-empty",
        "api/limit/factor-id",
        "an empty factor id is read as that of the open registration",
        &["limits/registration-id-empty"],
    ),
    FACTOR_ID_MIN_2 = deviates(
        "limit-factor-id-min-2",
        "api/limit/factor-id",
        "a factor id of 1 character is refused for its length",
        &["limits/registration-id-1"],
    ),
    FACTOR_ID_199 = fails(
        "limit-factor-id-199",
        "api/limit/factor-id",
        "a factor id of 200 characters is refused for its length",
        &["limits/factor-id-200"],
    ),
    FACTOR_ID_201 = deviates(
        "limit-factor-id-201",
        "api/limit/factor-id",
        "a factor id of 201 characters is looked up",
        &["limits/factor-id-201"],
    ),
    FACTOR_ID_BYTES = deviates(
        "limit-factor-id-bytes",
        "api/limit/factor-id",
        "a factor id is measured in UTF-8 bytes",
        &["limits/registration-id-200-4-byte"],
    ),
}
