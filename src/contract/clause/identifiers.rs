//! How users and registrations are called, and what options say in numbers and names.

use super::statement::{Clause, doc, must, security, should};

/// The clauses of this topic.
#[rustfmt::skip]
pub const CLAUSES: &[Clause] = &[
    must("webauthn/5.4.3/user-handle-personal",
        "The user handle says nothing of the user: it holds no name and no e-mail address, and is not a hash of one that anybody can make.",
        "WebAuthn L3 section 5.4.3, id; section 14.6.1"),
    should("webauthn/5.4/timeout",
        "The time-out is in milliseconds and leaves a user the time for the ceremony: a second at least, and no more than a day.",
        "WebAuthn L3 section 5.4, timeout; section 15.1"),
    should("webauthn/5.4/enumerations",
        "attestation, userVerification, residentKey and authenticatorAttachment have one of the values of their enumerations.",
        "WebAuthn L3 section 5.4, attestation; section 5.4.4"),
    must("webauthn/5.4/extensions",
        "Options have no extension input with which clients end the registration: appid, and those of largeBlob and prf for authentication.",
        "WebAuthn L3 sections 10.1.1, 10.1.4 and 10.1.5: NotSupportedError"),
    should("webauthn/5.4.4/require-resident-key",
        "requireResidentKey is true if, and only if, residentKey is required.",
        "WebAuthn L3 section 5.4.4, requireResidentKey"),
    should("webauthn/5.8.5/algorithms",
        "What the options offer are signature algorithms, and one of them at least is known to clients.",
        "WebAuthn L3 section 5.8.5, COSEAlgorithmIdentifier; section 5.4, pubKeyCredParams"),
    doc("api/identifiers/factor-id",
        "The id of a registration that is started is not that of a factor which the user has.",
        "API page 001, u2fId; API page 004, response schema: u2fId"),
    security("api/identifiers/no-user-oracle",
        "Who may not act on other users is not told which users there are: the answer is the same, and takes as long.",
        "OWASP ASVS 4.0.3, 8.3.4 and 4.2.1; CWE-204; CWE-208"),
];
