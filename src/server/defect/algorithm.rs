//! Checks that are made for one algorithm, format, protocol or encoding, and not for another.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "algorithm-es384-signature-unchecked",
        "webauthn/8.2/signature",
        "packed statements with an ES384 key are not verified",
        &["algorithms/signature-corrupted"],
    ),
    fails(
        "algorithm-ps256-signature-unchecked",
        "webauthn/8.2/signature",
        "packed statements with a PS256 key are not verified",
        &["algorithms/signature-corrupted"],
    ),
    fails(
        "algorithm-rsa-statement-algorithm-unchecked",
        "webauthn/8.2/algorithm",
        "alg of a packed self statement is not compared with the algorithm of an RSA key",
        &["algorithms/statement-algorithm"],
    ),
    deviates(
        "algorithm-eddsa-point-unchecked",
        "webauthn/7.1/algorithm",
        "the server does not check that an EdDSA key is a point on its curve",
        &["algorithms/key-invalid"],
    ),
    deviates(
        "algorithm-es512-point-unchecked",
        "webauthn/7.1/algorithm",
        "the server does not check that an ES512 key is a point on its curve",
        &["algorithms/key-invalid"],
    ),
    fails("algorithm-ps512-refused", "webauthn/7.1/accept", "PS512 is offered and refused", &["cose/alg-ps512"]),
    fails(
        "algorithm-packed-origin-unchecked",
        "webauthn/7.1/origin",
        "the origin is not checked with format packed",
        &["across/origin"],
    ),
    fails(
        "algorithm-tpm-user-verified-unchecked",
        "webauthn/7.1/user-verified",
        "the flag UV is not checked with format tpm",
        &["across/user-verified"],
    ),
    fails(
        "algorithm-tpm-ecc-extra-data-unchecked",
        "webauthn/8.3/extra-data",
        "extraData in certInfo is not checked for elliptic curve keys",
        &["tpm/extra-data-wrong"],
    ),
    fails(
        "algorithm-rs256-backup-state-unchecked",
        "webauthn/7.1/backup-state",
        "BS without BE is accepted with an RS256 key",
        &["across/backup-state"],
    ),
    fails(
        "algorithm-eddsa-trailing-bytes-accepted",
        "webauthn/7.1/attestation-object",
        "bytes after the attestation object are accepted with an EdDSA key",
        &["across/trailing-byte"],
    ),
    fails(
        "algorithm-cross-origin-unchecked-over-grpc-web",
        "webauthn/7.1/cross-origin",
        "over gRPC-Web a cross-origin ceremony is accepted",
        &["client-data/cross-origin-true"],
    ),
    fails(
        "algorithm-challenge-in-any-base64",
        "webauthn/7.1/challenge",
        "the challenge in the client data may be in any form of base64",
        &["encodings/challenge-standard-padded"],
    ),
    fails(
        "algorithm-attestation-object-in-any-base64",
        "rfc4648/3.3/alphabet",
        "attestationObject may be in any form of base64",
        &["envelope/attestation-object-not-base64url", "encodings"],
    ),
    fails(
        "algorithm-client-data-in-any-base64",
        "rfc4648/3.3/alphabet",
        "clientDataJSON may be in any form of base64",
        &["encodings/client-data-mixed"],
    ),
    fails(
        "algorithm-none-rp-id-hash-unchecked",
        "webauthn/7.1/rp-id-hash",
        "the hash of the RP ID is not checked with format none",
        &["auth-data/rpid-hash-of-subdomain"],
    ),
    fails(
        "algorithm-packed-certificate-signature-unchecked",
        "webauthn/8.2/signature",
        "the signature of a packed statement with certificates is not verified",
        &["packed-x5c/sig-*"],
    ),
    fails(
        "algorithm-user-verified-unchecked-in-v1",
        "webauthn/7.1/user-verified",
        "the flag UV is not checked in v1",
        &["auth-data/flags-uv-clear-required"],
    ),
    fails(
        "algorithm-byte-order-mark-refused",
        "webauthn/7.1/accept",
        "client data with a byte order mark are refused",
        &["client-data/bom"],
    ),
    deviates(
        "algorithm-credential-id-unique-by-kind",
        "webauthn/7.1/credential-id-unique",
        "a credential id of a second factor is accepted for a passkey, and the other way round",
        &["ceremony/credential-id-other-kind"],
    ),
    fails(
        "algorithm-origin-port-ignored",
        "webauthn/7.1/origin",
        "the port of the origin is not compared",
        &["client-data/origin-port-other"],
    ),
    fails(
        "algorithm-app-id-hash-accepted",
        "webauthn/7.1/rp-id-hash",
        "for second factors the hash of the origin, as in U2F, is accepted in place of the hash of the RP ID",
        &["auth-data/rpid-hash-of-origin"],
    ),
    fails(
        "algorithm-cross-origin-missing-refused",
        "webauthn/7.1/accept",
        "client data without crossOrigin are refused",
        &["client-data/cross-origin-absent"],
    ),
    fails(
        "algorithm-hybrid-transport-refused",
        "webauthn/7.1/accept",
        "a credential with a transport that level 2 does not have, such as hybrid, is refused",
        &["envelope/transports-all"],
    ),
    fails(
        "algorithm-intermediate-certificate-refused",
        "webauthn/7.1/accept",
        "attestation with an intermediate certificate is refused",
        &["android-key/valid"],
    ),
];
