//! Steps of the registration ceremony (WebAuthn L3 §7.1) that are left out, and good credentials that are refused.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    ORIGIN_BY_SUFFIX = fails(
        "verification-origin-by-suffix",
        "webauthn/7.1/origin",
        "every origin that ends in the RP ID is accepted",
        &["client-data/origin-prefix-lookalike"],
    ),
    OMITS_RAW_ID = deviates(
        "verification-omits-raw-id",
        "webauthn/5.1/raw-id",
        "rawId is not compared with the credential id in the authenticator data",
        &["envelope/id-differs-from-auth-data"],
    ),
    OMITS_POINT = deviates(
        "verification-omits-point",
        "webauthn/6.5.1/point",
        "the server does not check that a credential public key is a point on its curve",
        &["cose/point-not-on-curve", "cose/point-zero"],
    ),
    SKIPS_CREDENTIAL_JSON = deviates(
        "verification-skips-credential-json",
        "webauthn/7.1/credential-json",
        "the envelope's id, rawId and type are not checked",
        &["envelope/type-wrong"],
    ),
    SKIPS_CLIENT_DATA_UTF8 = fails(
        "verification-skips-client-data-utf8",
        "webauthn/7.1/client-data-utf8",
        "client data in UTF-16 are read too",
        &["client-data/utf16"],
    ),
    SKIPS_CLIENT_DATA_JSON = deviates(
        "verification-skips-client-data-json",
        "webauthn/7.1/client-data-json",
        "bytes after the client data are accepted",
        &["client-data/trailing-second-object"],
    ),
    SKIPS_TYPE = fails(
        "verification-skips-type",
        "webauthn/7.1/type",
        "the type of the client data is not checked",
        &["client-data/type-get"],
    ),
    SKIPS_CHALLENGE = fails(
        "verification-skips-challenge",
        "webauthn/7.1/challenge",
        "the challenge of the client data is not checked",
        &["client-data/challenge-other"],
    ),
    SKIPS_ORIGIN = fails(
        "verification-skips-origin",
        "webauthn/7.1/origin",
        "the origin is not checked",
        &["client-data/origin-other-site"],
    ),
    SKIPS_CROSS_ORIGIN = fails(
        "verification-skips-cross-origin",
        "webauthn/7.1/cross-origin",
        "a cross-origin ceremony is accepted",
        &["client-data/cross-origin-true"],
    ),
    SKIPS_TOP_ORIGIN = fails(
        "verification-skips-top-origin",
        "webauthn/7.1/top-origin",
        "a foreign top origin is accepted",
        &["client-data/top-origin-without-cross"],
    ),
    SKIPS_ATTESTATION_OBJECT = fails(
        "verification-skips-attestation-object",
        "webauthn/7.1/attestation-object",
        "bytes after the attestation object are accepted",
        &["att-obj/trailing-byte"],
    ),
    SKIPS_RP_ID_HASH = fails(
        "verification-skips-rp-id-hash",
        "webauthn/7.1/rp-id-hash",
        "the hash of the RP ID is not checked",
        &["auth-data/rpid-hash-other-rp"],
    ),
    SKIPS_USER_PRESENT = fails(
        "verification-skips-user-present",
        "webauthn/7.1/user-present",
        "the flag UP is not checked",
        &["auth-data/flags-up-clear"],
    ),
    SKIPS_USER_VERIFIED = fails(
        "verification-skips-user-verified",
        "webauthn/7.1/user-verified",
        "the flag UV is not checked although it is required",
        &["auth-data/flags-uv-clear-required"],
    ),
    SKIPS_BACKUP_STATE = fails(
        "verification-skips-backup-state",
        "webauthn/7.1/backup-state",
        "BS without BE is accepted",
        &["auth-data/flags-bs-without-be"],
    ),
    SKIPS_ALGORITHM = fails(
        "verification-skips-algorithm",
        "webauthn/7.1/algorithm",
        "an algorithm that was not offered is accepted",
        &["cose/alg-unknown"],
    ),
    SKIPS_FORMAT = fails(
        "verification-skips-format",
        "webauthn/7.1/format",
        "an attestation statement of an unknown format is accepted",
        &["att-obj/fmt-unknown"],
    ),
    SKIPS_ATTESTATION_STATEMENT = fails(
        "verification-skips-attestation-statement",
        "webauthn/7.1/attestation-statement",
        "the attestation statement is not verified",
        &["att-obj/fmt-swap-packed-as-tpm"],
    ),
    SKIPS_ATTESTATION_TRUST = fails(
        "verification-skips-attestation-trust",
        "webauthn/7.1/attestation-trust",
        "attestation certificates need not lead to a trust anchor",
        &["packed-x5c/leaf-expired"],
    ),
    SKIPS_CREDENTIAL_ID_LENGTH = deviates(
        "verification-skips-credential-id-length",
        "webauthn/7.1/credential-id-length",
        "a credential id of more than 1023 bytes is accepted",
        &["auth-data/credid-length-1024"],
    ),
    SKIPS_CREDENTIAL_ID_UNIQUE = deviates(
        "verification-skips-credential-id-unique",
        "webauthn/7.1/credential-id-unique",
        "a credential id is accepted a second time",
        &["ceremony/same-credential-id"],
    ),
    REFUSES_UNKNOWN_CLIENT_DATA = fails(
        "verification-refuses-unknown-client-data",
        "webauthn/7.1/accept",
        "client data with an additional member are refused",
        &["client-data/unknown-key-last"],
    ),
    REFUSES_SELF_ATTESTATION = fails(
        "verification-refuses-self-attestation",
        "webauthn/7.1/accept",
        "packed self attestation is refused",
        &["packed-self/valid"],
    ),
    REFUSES_SECOND_ALGORITHM = fails(
        "verification-refuses-second-algorithm",
        "webauthn/7.1/accept",
        "only ES256 is accepted, although more algorithms are offered",
        &["cose/alg-es384"],
    ),
}
