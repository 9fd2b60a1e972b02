//! W3C WebAuthn Level 3: the registration ceremony of section 7.1.

use super::{Clause, Level};

/// The clauses of this source.
pub const CLAUSES: &[Clause] = &[
    Clause {
        id: "webauthn/13.4.3/challenge",
        level: Level::Must,
        text: "The challenge can't be guessed and is never the same twice.",
        source: "WebAuthn L3 section 13.4.3, cryptographic challenges",
    },
    Clause {
        id: "webauthn/13.4.3/challenge-length",
        level: Level::Should,
        text: "The challenge has at least 16 bytes.",
        source: "WebAuthn L3 section 13.4.3, cryptographic challenges",
    },
    Clause {
        id: "webauthn/7.1/credential-json",
        level: Level::Must,
        text: "The credential is a RegistrationResponseJSON: id and rawId the same base64url text, type public-key, response with clientDataJSON and attestationObject.",
        source: "WebAuthn L3 section 5.1.8 and 7.1, step 3",
    },
    Clause {
        id: "webauthn/7.1/client-data-utf8",
        level: Level::Must,
        text: "clientDataJSON is UTF-8 text.",
        source: "WebAuthn L3 section 7.1, step 5",
    },
    Clause {
        id: "webauthn/7.1/client-data-json",
        level: Level::Must,
        text: "The client data is JSON with the members of CollectedClientData; members that are not known are ignored.",
        source: "WebAuthn L3 section 7.1, step 6",
    },
    Clause {
        id: "webauthn/7.1/type",
        level: Level::Must,
        text: "The client data's type is webauthn.create.",
        source: "WebAuthn L3 section 7.1, step 7",
    },
    Clause {
        id: "webauthn/7.1/challenge",
        level: Level::Must,
        text: "The client data's challenge is the base64url form of the challenge that the server sent for this ceremony.",
        source: "WebAuthn L3 section 7.1, step 8",
    },
    Clause {
        id: "webauthn/7.1/origin",
        level: Level::Must,
        text: "The client data's origin is one that the relying party expects.",
        source: "WebAuthn L3 section 7.1, step 9",
    },
    Clause {
        id: "webauthn/7.1/cross-origin",
        level: Level::Must,
        text: "A credential made in a cross-origin frame is refused unless the relying party expects that.",
        source: "WebAuthn L3 section 7.1, step 10",
    },
    Clause {
        id: "webauthn/7.1/top-origin",
        level: Level::Must,
        text: "A topOrigin in the client data is one that the relying party expects.",
        source: "WebAuthn L3 section 7.1, step 11",
    },
    Clause {
        id: "webauthn/7.1/attestation-object",
        level: Level::Must,
        text: "The attestation object is CBOR with fmt, attStmt and authData, and its authenticator data has the length and layout that its flags state.",
        source: "WebAuthn L3 section 7.1, step 13; section 6.1",
    },
    Clause {
        id: "webauthn/7.1/rp-id-hash",
        level: Level::Must,
        text: "rpIdHash is the SHA-256 of the RP ID.",
        source: "WebAuthn L3 section 7.1, step 14",
    },
    Clause {
        id: "webauthn/7.1/user-present",
        level: Level::Must,
        text: "The user present flag is set.",
        source: "WebAuthn L3 section 7.1, step 15",
    },
    Clause {
        id: "webauthn/7.1/user-verified",
        level: Level::Must,
        text: "The user verified flag is set when user verification was required.",
        source: "WebAuthn L3 section 7.1, step 16",
    },
    Clause {
        id: "webauthn/7.1/backup-state",
        level: Level::Must,
        text: "Backup state is not set without backup eligibility.",
        source: "WebAuthn L3 section 7.1, step 17",
    },
    Clause {
        id: "webauthn/7.1/algorithm",
        level: Level::Must,
        text: "The credential key's algorithm is one that the options offered, and the key is well formed.",
        source: "WebAuthn L3 section 7.1, step 20; section 5.8.5",
    },
    Clause {
        id: "webauthn/7.1/format",
        level: Level::Must,
        text: "The attestation statement format is one that the relying party supports.",
        source: "WebAuthn L3 section 7.1, step 21",
    },
    Clause {
        id: "webauthn/7.1/attestation-statement",
        level: Level::Must,
        text: "The attestation statement verifies by its format's procedure over the authenticator data and the client data's hash.",
        source: "WebAuthn L3 section 7.1, step 22; sections 8.2 and 8.7",
    },
    Clause {
        id: "webauthn/7.1/attestation-trust",
        level: Level::Must,
        text: "The attestation is as trustworthy as the relying party's policy demands.",
        source: "WebAuthn L3 section 7.1, steps 23 and 24",
    },
    Clause {
        id: "webauthn/7.1/credential-id-length",
        level: Level::Should,
        text: "The credential id has at most 1023 bytes.",
        source: "WebAuthn L3 section 7.1, step 25",
    },
    Clause {
        id: "webauthn/7.1/credential-id-unique",
        level: Level::Should,
        text: "A credential id that is already registered, for this or another user, is not registered again.",
        source: "WebAuthn L3 section 7.1, step 26",
    },
    Clause {
        id: "webauthn/4/rp-id",
        level: Level::Must,
        text: "An RP ID is a valid domain string.",
        source: "WebAuthn L3 section 4, RP ID",
    },
    Clause {
        id: "webauthn/5.4.3/user-handle",
        level: Level::Should,
        text: "The user handle is the same for one user every time, and another for another user.",
        source: "WebAuthn L3 section 5.4.3",
    },
    Clause {
        id: "webauthn/7.1/accept",
        level: Level::Must,
        text: "A response that passes every step is registered.",
        source: "WebAuthn L3 section 7.1, steps 27 and 29",
    },
    Clause {
        id: "webauthn/7.1/extensions",
        level: Level::Must,
        text: "The relying party is prepared for extension outputs that it did not ask for: it ignores them or refuses, and does not fail.",
        source: "WebAuthn L3 section 7.1, step 28",
    },
];
