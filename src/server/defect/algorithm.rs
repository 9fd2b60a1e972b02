//! Checks that hold for one algorithm, format, protocol or encoding, and not for the next.

use super::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "algorithm-es384-signature-unchecked",
        "webauthn/8.2/signature",
        "packed statements with an ES384 key are not verified",
        &["algorithms"],
    ),
    fails(
        "algorithm-ps256-signature-unchecked",
        "webauthn/8.2/signature",
        "packed statements with a PS256 key are not verified",
        &["algorithms"],
    ),
    fails(
        "algorithm-rsa-statement-algorithm-unchecked",
        "webauthn/8.2/algorithm",
        "alg of a packed self statement is not compared with that of an RSA key",
        &["algorithms"],
    ),
    deviates(
        "algorithm-eddsa-point-unchecked",
        "webauthn/6.5.1/point",
        "whether an EdDSA key is a point of its curve is not checked",
        &["algorithms"],
    ),
    deviates(
        "algorithm-es512-point-unchecked",
        "webauthn/6.5.1/point",
        "whether an ES512 key is a point of its curve is not checked",
        &["algorithms"],
    ),
    fails(
        "algorithm-esp256-accepted",
        "webauthn/7.1/algorithm",
        "ESP256 is accepted, which was not offered",
        &["algorithms"],
    ),
    fails("algorithm-ps512-refused", "webauthn/7.1/accept", "PS512 is offered and refused", &["algorithms"]),
    fails(
        "algorithm-packed-origin-unchecked",
        "webauthn/7.1/origin",
        "the origin is not checked with format packed",
        &["algorithms"],
    ),
    fails(
        "algorithm-u2f-rp-id-hash-unchecked",
        "webauthn/7.1/rp-id-hash",
        "the hash of the RP ID is not checked with format fido-u2f",
        &["algorithms"],
    ),
    fails(
        "algorithm-tpm-user-verified-unchecked",
        "webauthn/7.1/user-verified",
        "the flag UV is not checked with format tpm",
        &["algorithms"],
    ),
    fails(
        "algorithm-u2f-trust-unchecked",
        "webauthn/7.1/attestation-trust",
        "certificates of format fido-u2f need not lead to a trust anchor",
        &["algorithms"],
    ),
    fails(
        "algorithm-tpm-ecc-extra-data-unchecked",
        "webauthn/8.3/extra-data",
        "extraData in certInfo are not checked for elliptic keys",
        &["algorithms"],
    ),
    fails(
        "algorithm-rs256-backup-state-unchecked",
        "webauthn/7.1/backup-state",
        "BS without BE is accepted with an RS256 key",
        &["algorithms"],
    ),
    fails(
        "algorithm-eddsa-trailing-bytes-accepted",
        "webauthn/7.1/attestation-object",
        "bytes after the attestation object are accepted with an EdDSA key",
        &["algorithms"],
    ),
    fails(
        "algorithm-cross-origin-unchecked-over-grpc-web",
        "webauthn/7.1/cross-origin",
        "over gRPC-Web a cross-origin ceremony is accepted",
        &["algorithms"],
    ),
    fails(
        "algorithm-challenge-in-any-base64",
        "webauthn/7.1/challenge",
        "the challenge in the client data may be in any base64",
        &["algorithms"],
    ),
    fails(
        "algorithm-attestation-object-in-any-base64",
        "rfc4648/3.3/alphabet",
        "attestationObject may be in any base64",
        &["algorithms"],
    ),
    fails(
        "algorithm-client-data-in-any-base64",
        "rfc4648/3.3/alphabet",
        "clientDataJSON may be in any base64",
        &["algorithms"],
    ),
];
