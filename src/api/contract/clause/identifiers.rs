//! How users and registrations are called, what options say in numbers and names, and sentences of texts that WebAuthn builds on and
//! that no step of WebAuthn repeats.

use super::statement::{Clause, doc, must, rfc, security, should};

#[rustfmt::skip]
pub const CLAUSES: &[Clause] = &[
    must("webauthn/5.4.3/user-handle-personal",
        "The user handle reveals nothing about the user: it contains no name and no e-mail address, and is not a hash of one that anybody can compute.",
        "WebAuthn L3 section 5.4.3, id; section 14.6.1"),
    should("webauthn/5.4/timeout",
        "The time-out is in milliseconds and gives a user enough time for the ceremony: at least a second, and at most a day.",
        "WebAuthn L3 section 5.4, timeout; section 15.1"),
    should("webauthn/5.4/enumerations",
        "attestation, userVerification, residentKey and authenticatorAttachment have one of the values of their enumerations.",
        "WebAuthn L3 section 5.4, attestation; section 5.4.4"),
    must("webauthn/5.4/extensions",
        "Options have no extension input that makes clients end the registration: appid, and those of largeBlob and prf for authentication.",
        "WebAuthn L3 sections 10.1.1, 10.1.4 and 10.1.5: NotSupportedError"),
    should("webauthn/5.4.4/require-resident-key",
        "requireResidentKey is true if, and only if, residentKey is required.",
        "WebAuthn L3 section 5.4.4, requireResidentKey"),
    should("webauthn/5.8.5/algorithms",
        "The options offer signature algorithms, and clients know at least one of them.",
        "WebAuthn L3 section 5.8.5, COSEAlgorithmIdentifier; section 5.4, pubKeyCredParams"),
    doc("api/identifiers/factor-id",
        "The id of a started registration is not that of a factor that the user has.",
        "API page 001, u2fId; API page 004, response schema: u2fId"),
    security("api/identifiers/no-user-oracle",
        "A caller who may not act on other users does not learn which users exist: the answer is the same, and takes as long.",
        "OWASP ASVS 4.0.3, 8.3.4 and 4.2.1; CWE-204; CWE-208"),

    rfc("rfc4648/3.3/alphabet",
        "Base64 with a character outside its alphabet, such as a line break or a character of the other alphabet, is refused.",
        "RFC 4648 section 3.3; the alphabet is that of WebAuthn L3 section 3, base64url encoding"),
    rfc("rfc8230/2/pss-salt",
        "The salt of a signature with PS256, PS384 or PS512 is as long as the hash.",
        "RFC 8230 section 2; for WebAuthn L3 section 8.2, verification steps 2 and 3"),
];
