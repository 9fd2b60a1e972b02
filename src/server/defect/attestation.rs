//! Attestation statements: formats that are not verified at all, and single checks of their procedures (WebAuthn L3 §8)
//! that are left out.

use super::entry::{Defect, deviates, fails};

pub(super) const DEFECTS: &[Defect] = &[
    fails(
        "attestation-trusts-sent-root",
        "webauthn/7.1/attestation-trust",
        "a chain may end in a root that was sent with it",
        &["packed-x5c/chain-attacker-root"],
    ),
    deviates(
        "attestation-unchecked-none",
        "webauthn/8.7/empty-map",
        "statements of format none are not verified",
        &["none/stmt-unknown-key"],
    ),
    fails(
        "attestation-unchecked-packed",
        "webauthn/8.2/signature",
        "statements of format packed are not verified",
        &["packed-self/sig-corrupted"],
    ),
    fails(
        "attestation-unchecked-tpm",
        "webauthn/8.3/signature",
        "statements of format tpm are not verified",
        &["tpm/sig-corrupted"],
    ),
    fails(
        "attestation-unchecked-android-key",
        "webauthn/8.4/signature",
        "statements of format android-key are not verified",
        &["android-key/sig-corrupted"],
    ),
    fails(
        "attestation-unchecked-apple",
        "webauthn/8.8/nonce",
        "statements of format apple are not verified",
        &["apple/nonce-wrong"],
    ),
    fails(
        "attestation-unchecked-fido-u2f",
        "webauthn/8.6/signature",
        "statements of format fido-u2f are not verified",
        &["fido-u2f/sig-corrupted"],
    ),
    fails(
        "attestation-unchecked-compound",
        "webauthn/8.9/statements",
        "statements of format compound are not verified",
        &["compound/all-invalid"],
    ),
    fails(
        "attestation-skips-packed-version",
        "webauthn/8.2.1/version",
        "a packed attestation certificate may be of version 1",
        &["packed-x5c/cert-version-1"],
    ),
    fails(
        "attestation-skips-packed-subject",
        "webauthn/8.2.1/subject",
        "the subject of a packed attestation certificate is not checked",
        &["packed-x5c/subject-ou-wrong"],
    ),
    fails(
        "attestation-skips-packed-basic-constraints",
        "webauthn/8.2.1/basic-constraints",
        "a packed attestation certificate may be a CA certificate",
        &["packed-x5c/basic-constraints-ca-true"],
    ),
    fails(
        "attestation-skips-packed-aaguid-extension",
        "webauthn/8.2.1/aaguid-extension",
        "the form of the AAGUID extension is not checked",
        &["packed-x5c/aaguid-extension-critical"],
    ),
    fails(
        "attestation-skips-packed-aaguid",
        "webauthn/8.2/aaguid",
        "the AAGUID in a packed attestation certificate is not compared",
        &["packed-x5c/aaguid-extension-mismatch"],
    ),
    fails(
        "attestation-skips-packed-algorithm",
        "webauthn/8.2/algorithm",
        "alg of a packed self statement is not compared with the algorithm of the key",
        &["packed-self/alg-mismatch"],
    ),
    fails(
        "attestation-skips-tpm-magic",
        "webauthn/8.3/magic",
        "magic in certInfo is not checked",
        &["tpm/magic-wrong"],
    ),
    fails(
        "attestation-skips-tpm-extra-data",
        "webauthn/8.3/extra-data",
        "extraData in certInfo is not checked",
        &["tpm/extra-data-wrong"],
    ),
    fails(
        "attestation-skips-tpm-name",
        "webauthn/8.3/name",
        "the name in certInfo is not compared",
        &["tpm/attested-name-wrong"],
    ),
    fails(
        "attestation-skips-tpm-public-key",
        "webauthn/8.3/public-key",
        "the key in pubArea is not compared",
        &["tpm/pub-area-other-key"],
    ),
    fails(
        "attestation-skips-tpm-subject",
        "webauthn/8.3.1/subject",
        "an AIK certificate may have a subject",
        &["tpm/aik-subject-not-empty"],
    ),
    fails(
        "attestation-skips-tpm-alternative-name",
        "webauthn/8.3.1/subject-alternative-name",
        "the alternative name of an AIK certificate is not checked",
        &["tpm/aik-san-missing"],
    ),
    fails(
        "attestation-skips-tpm-key-usage",
        "webauthn/8.3.1/extended-key-usage",
        "the purpose of an AIK certificate is not checked",
        &["tpm/aik-eku-other"],
    ),
    fails(
        "attestation-skips-tpm-basic-constraints",
        "webauthn/8.3.1/basic-constraints",
        "an AIK certificate may be a CA certificate",
        &["tpm/aik-ca-true"],
    ),
    fails(
        "attestation-skips-tpm-aaguid",
        "webauthn/8.3/aaguid",
        "the AAGUID in an AIK certificate is not compared",
        &["tpm/aik-aaguid-mismatch"],
    ),
    fails(
        "attestation-skips-android-challenge",
        "webauthn/8.4/challenge",
        "attestationChallenge is not compared",
        &["android-key/challenge-wrong"],
    ),
    fails(
        "attestation-skips-android-public-key",
        "webauthn/8.4/public-key",
        "the key of the Android certificate is not compared",
        &["android-key/public-key-mismatch"],
    ),
    fails(
        "attestation-skips-android-all-applications",
        "webauthn/8.4/all-applications",
        "a key for all applications is accepted",
        &["android-key/all-applications-tee"],
    ),
    fails(
        "attestation-skips-android-origin",
        "webauthn/8.4/origin",
        "an imported key is accepted",
        &["android-key/origin-imported"],
    ),
    fails(
        "attestation-skips-apple-public-key",
        "webauthn/8.8/public-key",
        "the key of the Apple certificate is not compared",
        &["apple/public-key-mismatch"],
    ),
    fails(
        "attestation-skips-u2f-certificates",
        "webauthn/8.6/one-certificate",
        "a U2F statement may have two certificates",
        &["fido-u2f/x5c-two"],
    ),
    fails(
        "attestation-skips-u2f-key",
        "webauthn/8.6/certificate-key",
        "the curve of the U2F certificate's key is not checked",
        &["fido-u2f/leaf-p384"],
    ),
];
