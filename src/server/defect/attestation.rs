//! Attestation statements: formats that are not verified at all, and single checks of their procedures (WebAuthn L3 §8)
//! that are left out.

use super::entry::{Defect, deviates, fails};

entries! {
    DEFECTS: Defect;
    TRUSTS_SENT_ROOT = fails(
        "attestation-trusts-sent-root",
        "webauthn/7.1/attestation-trust",
        "a chain may end in a root that was sent with it",
        &["packed-x5c/chain-attacker-root"],
    ),
    UNCHECKED_NONE = deviates(
        "attestation-unchecked-none",
        "webauthn/8.7/empty-map",
        "statements of format none are not verified",
        &["none/stmt-unknown-key"],
    ),
    UNCHECKED_PACKED = fails(
        "attestation-unchecked-packed",
        "webauthn/8.2/signature",
        "statements of format packed are not verified",
        &["packed-self/sig-corrupted"],
    ),
    UNCHECKED_TPM = fails(
        "attestation-unchecked-tpm",
        "webauthn/8.3/signature",
        "statements of format tpm are not verified",
        &["tpm/sig-corrupted"],
    ),
    UNCHECKED_ANDROID_KEY = fails(
        "attestation-unchecked-android-key",
        "webauthn/8.4/signature",
        "statements of format android-key are not verified",
        &["android-key/sig-corrupted"],
    ),
    UNCHECKED_APPLE = fails(
        "attestation-unchecked-apple",
        "webauthn/8.8/nonce",
        "statements of format apple are not verified",
        &["apple/nonce-wrong"],
    ),
    UNCHECKED_FIDO_U2F = fails(
        "attestation-unchecked-fido-u2f",
        "webauthn/8.6/signature",
        "statements of format fido-u2f are not verified",
        &["fido-u2f/sig-corrupted"],
    ),
    UNCHECKED_COMPOUND = fails(
        "attestation-unchecked-compound",
        "webauthn/8.9/statements",
        "statements of format compound are not verified",
        &["compound/all-invalid"],
    ),
    SKIPS_PACKED_VERSION = fails(
        "attestation-skips-packed-version",
        "webauthn/8.2.1/version",
        "a packed attestation certificate may be of version 1",
        &["packed-x5c/cert-version-1"],
    ),
    SKIPS_PACKED_SUBJECT = fails(
        "attestation-skips-packed-subject",
        "webauthn/8.2.1/subject",
        "the subject of a packed attestation certificate is not checked",
        &["packed-x5c/subject-ou-wrong"],
    ),
    SKIPS_PACKED_BASIC_CONSTRAINTS = fails(
        "attestation-skips-packed-basic-constraints",
        "webauthn/8.2.1/basic-constraints",
        "a packed attestation certificate may be a CA certificate",
        &["packed-x5c/basic-constraints-ca-true"],
    ),
    SKIPS_PACKED_AAGUID_EXTENSION = fails(
        "attestation-skips-packed-aaguid-extension",
        "webauthn/8.2.1/aaguid-extension",
        "the form of the AAGUID extension is not checked",
        &["packed-x5c/aaguid-extension-critical"],
    ),
    SKIPS_PACKED_AAGUID = fails(
        "attestation-skips-packed-aaguid",
        "webauthn/8.2/aaguid",
        "the AAGUID in a packed attestation certificate is not compared",
        &["packed-x5c/aaguid-extension-mismatch"],
    ),
    SKIPS_PACKED_ALGORITHM = fails(
        "attestation-skips-packed-algorithm",
        "webauthn/8.2/algorithm",
        "alg of a packed self statement is not compared with the algorithm of the key",
        &["packed-self/alg-mismatch"],
    ),
    SKIPS_TPM_MAGIC = fails(
        "attestation-skips-tpm-magic",
        "webauthn/8.3/magic",
        "magic in certInfo is not checked",
        &["tpm/magic-wrong"],
    ),
    SKIPS_TPM_EXTRA_DATA = fails(
        "attestation-skips-tpm-extra-data",
        "webauthn/8.3/extra-data",
        "extraData in certInfo is not checked",
        &["tpm/extra-data-wrong"],
    ),
    SKIPS_TPM_NAME = fails(
        "attestation-skips-tpm-name",
        "webauthn/8.3/name",
        "the name in certInfo is not compared",
        &["tpm/attested-name-wrong"],
    ),
    SKIPS_TPM_PUBLIC_KEY = fails(
        "attestation-skips-tpm-public-key",
        "webauthn/8.3/public-key",
        "the key in pubArea is not compared",
        &["tpm/pub-area-other-key"],
    ),
    SKIPS_TPM_SUBJECT = fails(
        "attestation-skips-tpm-subject",
        "webauthn/8.3.1/subject",
        "an AIK certificate may have a subject",
        &["tpm/aik-subject-not-empty"],
    ),
    SKIPS_TPM_ALTERNATIVE_NAME = fails(
        "attestation-skips-tpm-alternative-name",
        "webauthn/8.3.1/subject-alternative-name",
        "the alternative name of an AIK certificate is not checked",
        &["tpm/aik-san-missing"],
    ),
    SKIPS_TPM_KEY_USAGE = fails(
        "attestation-skips-tpm-key-usage",
        "webauthn/8.3.1/extended-key-usage",
        "the purpose of an AIK certificate is not checked",
        &["tpm/aik-eku-other"],
    ),
    SKIPS_TPM_BASIC_CONSTRAINTS = fails(
        "attestation-skips-tpm-basic-constraints",
        "webauthn/8.3.1/basic-constraints",
        "an AIK certificate may be a CA certificate",
        &["tpm/aik-ca-true"],
    ),
    SKIPS_TPM_AAGUID = fails(
        "attestation-skips-tpm-aaguid",
        "webauthn/8.3/aaguid",
        "the AAGUID in an AIK certificate is not compared",
        &["tpm/aik-aaguid-mismatch"],
    ),
    SKIPS_ANDROID_CHALLENGE = fails(
        "attestation-skips-android-challenge",
        "webauthn/8.4/challenge",
        "attestationChallenge is not compared",
        &["android-key/challenge-wrong"],
    ),
    SKIPS_ANDROID_PUBLIC_KEY = fails(
        "attestation-skips-android-public-key",
        "webauthn/8.4/public-key",
        "the key of the Android certificate is not compared",
        &["android-key/public-key-mismatch"],
    ),
    SKIPS_ANDROID_ALL_APPLICATIONS = fails(
        "attestation-skips-android-all-applications",
        "webauthn/8.4/all-applications",
        "a key for all applications is accepted",
        &["android-key/all-applications-tee"],
    ),
    SKIPS_ANDROID_ORIGIN = fails(
        "attestation-skips-android-origin",
        "webauthn/8.4/origin",
        "an imported key is accepted",
        &["android-key/origin-imported"],
    ),
    SKIPS_APPLE_PUBLIC_KEY = fails(
        "attestation-skips-apple-public-key",
        "webauthn/8.8/public-key",
        "the key of the Apple certificate is not compared",
        &["apple/public-key-mismatch"],
    ),
    SKIPS_U2F_CERTIFICATES = fails(
        "attestation-skips-u2f-certificates",
        "webauthn/8.6/one-certificate",
        "a U2F statement may have two certificates",
        &["fido-u2f/x5c-two"],
    ),
    SKIPS_U2F_KEY = fails(
        "attestation-skips-u2f-key",
        "webauthn/8.6/certificate-key",
        "the curve of the U2F certificate's key is not checked",
        &["fido-u2f/leaf-p384"],
    ),
}
