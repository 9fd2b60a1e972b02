//! Checks that are made for one algorithm, format, protocol or encoding, and not for another.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    ES384_SIGNATURE_UNCHECKED = fails(
        "algorithm-es384-signature-unchecked",
        "webauthn/8.2/signature",
        "packed statements with an ES384 key are not verified",
        &["algorithms/signature-corrupted"],
    ),
    PS256_SIGNATURE_UNCHECKED = fails(
        "algorithm-ps256-signature-unchecked",
        "webauthn/8.2/signature",
        "packed statements with a PS256 key are not verified",
        &["algorithms/signature-corrupted"],
    ),
    RSA_STATEMENT_ALGORITHM_UNCHECKED = fails(
        "algorithm-rsa-statement-algorithm-unchecked",
        "webauthn/8.2/algorithm",
        "alg of a packed self statement is not compared with the algorithm of an RSA key",
        &["algorithms/statement-algorithm"],
    ),
    EDDSA_POINT_UNCHECKED = deviates(
        "algorithm-eddsa-point-unchecked",
        "webauthn/7.1/algorithm",
        "the server does not check that an EdDSA key is a point on its curve",
        &["algorithms/key-invalid"],
    ),
    ES512_POINT_UNCHECKED = deviates(
        "algorithm-es512-point-unchecked",
        "webauthn/7.1/algorithm",
        "the server does not check that an ES512 key is a point on its curve",
        &["algorithms/key-invalid"],
    ),
    PS512_REFUSED = fails("algorithm-ps512-refused", "webauthn/7.1/accept", "PS512 is offered and refused", &["cose/alg-ps512"]),
    PACKED_ORIGIN_UNCHECKED = fails(
        "algorithm-packed-origin-unchecked",
        "webauthn/7.1/origin",
        "the origin is not checked with format packed",
        &["across/origin"],
    ),
    TPM_USER_VERIFIED_UNCHECKED = fails(
        "algorithm-tpm-user-verified-unchecked",
        "webauthn/7.1/user-verified",
        "the flag UV is not checked with format tpm",
        &["across/user-verified"],
    ),
    TPM_ECC_EXTRA_DATA_UNCHECKED = fails(
        "algorithm-tpm-ecc-extra-data-unchecked",
        "webauthn/8.3/extra-data",
        "extraData in certInfo is not checked for elliptic curve keys",
        &["tpm/extra-data-wrong"],
    ),
    RS256_BACKUP_STATE_UNCHECKED = fails(
        "algorithm-rs256-backup-state-unchecked",
        "webauthn/7.1/backup-state",
        "BS without BE is accepted with an RS256 key",
        &["across/backup-state"],
    ),
    EDDSA_TRAILING_BYTES_ACCEPTED = fails(
        "algorithm-eddsa-trailing-bytes-accepted",
        "webauthn/7.1/attestation-object",
        "bytes after the attestation object are accepted with an EdDSA key",
        &["across/trailing-byte"],
    ),
    CROSS_ORIGIN_UNCHECKED_OVER_GRPC_WEB = fails(
        "algorithm-cross-origin-unchecked-over-grpc-web",
        "webauthn/7.1/cross-origin",
        "over gRPC-Web a cross-origin ceremony is accepted",
        &["client-data/cross-origin-true"],
    ),
    CHALLENGE_IN_ANY_BASE64 = fails(
        "algorithm-challenge-in-any-base64",
        "webauthn/7.1/challenge",
        "the challenge in the client data may be in any form of base64",
        &["encodings/challenge-standard-padded"],
    ),
    ATTESTATION_OBJECT_IN_ANY_BASE64 = fails(
        "algorithm-attestation-object-in-any-base64",
        "rfc4648/3.3/alphabet",
        "attestationObject may be in any form of base64",
        &["envelope/attestation-object-not-base64url", "encodings"],
    ),
    CLIENT_DATA_IN_ANY_BASE64 = fails(
        "algorithm-client-data-in-any-base64",
        "rfc4648/3.3/alphabet",
        "clientDataJSON may be in any form of base64",
        &["encodings/client-data-mixed"],
    ),
    NONE_RP_ID_HASH_UNCHECKED = fails(
        "algorithm-none-rp-id-hash-unchecked",
        "webauthn/7.1/rp-id-hash",
        "the hash of the RP ID is not checked with format none",
        &["auth-data/rpid-hash-of-subdomain"],
    ),
    PACKED_CERTIFICATE_SIGNATURE_UNCHECKED = fails(
        "algorithm-packed-certificate-signature-unchecked",
        "webauthn/8.2/signature",
        "the signature of a packed statement with certificates is not verified",
        &["packed-x5c/sig-*"],
    ),
    USER_VERIFIED_UNCHECKED_IN_V1 = fails(
        "algorithm-user-verified-unchecked-in-v1",
        "webauthn/7.1/user-verified",
        "the flag UV is not checked in v1",
        &["auth-data/flags-uv-clear-required"],
    ),
    BYTE_ORDER_MARK_REFUSED = fails(
        "algorithm-byte-order-mark-refused",
        "webauthn/7.1/accept",
        "client data with a byte order mark are refused",
        &["client-data/bom"],
    ),
    CREDENTIAL_ID_UNIQUE_BY_KIND = deviates(
        "algorithm-credential-id-unique-by-kind",
        "webauthn/7.1/credential-id-unique",
        "a credential id of a second factor is accepted for a passkey, and the other way round",
        &["ceremony/credential-id-other-kind"],
    ),
    ORIGIN_PORT_IGNORED = fails(
        "algorithm-origin-port-ignored",
        "webauthn/7.1/origin",
        "the port of the origin is not compared",
        &["client-data/origin-port-other"],
    ),
    APP_ID_HASH_ACCEPTED = fails(
        "algorithm-app-id-hash-accepted",
        "webauthn/7.1/rp-id-hash",
        "for second factors the hash of the origin, as in U2F, is accepted in place of the hash of the RP ID",
        &["auth-data/rpid-hash-of-origin"],
    ),
    CROSS_ORIGIN_MISSING_REFUSED = fails(
        "algorithm-cross-origin-missing-refused",
        "webauthn/7.1/accept",
        "client data without crossOrigin are refused",
        &["client-data/cross-origin-absent"],
    ),
    HYBRID_TRANSPORT_REFUSED = fails(
        "algorithm-hybrid-transport-refused",
        "webauthn/7.1/accept",
        "a credential with a transport that level 2 does not have, such as hybrid, is refused",
        &["envelope/transports-all"],
    ),
    INTERMEDIATE_CERTIFICATE_REFUSED = fails(
        "algorithm-intermediate-certificate-refused",
        "webauthn/7.1/accept",
        "attestation with an intermediate certificate is refused",
        &["android-key/valid"],
    ),
}
