//! The cases that the libraries judge otherwise, and why.

/// Cases in which a library's answer is not ours, for one reason.
pub struct Disagreement {
    pub library: &'static str,
    /// What the library answers. Unless it panics, we answer the opposite.
    pub library_says: Says,
    /// Ids, with the format behind them where a case has several.
    pub cases: &'static [&'static str],
    /// The text that decides.
    pub text: &'static str,
    /// What follows from it, and what the library does instead.
    pub reading: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Says {
    Accepts,
    Refuses,
    /// No answer: a refusal of its own kind, since a server that does not catch it sends nothing.
    Panics,
}

pub const RP: &str = "webauthn_rp";
pub const CORE: &str = "webauthn-rs-core";

pub const DISAGREEMENTS: &[Disagreement] = &[
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &["client-data/challenge-padded", "encodings/challenge-standard-padded"],
        text: "§7.1 step 8: C.challenge equals the base64url encoding of the challenge; §3: base64url has no trailing \
               '='.",
        reading: "MUST refuse. The texts are compared, so padding makes another value. The library compares decoded \
                  bytes, which does not allow a forgery.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &["client-data/top-origin-without-cross"],
        text: "§7.1 step 11: if C.topOrigin is present, the RP has to expect the use in a frame, and that top-level \
               origin.",
        reading: "MUST refuse, whatever crossOrigin says. The library follows Level 2, which has no topOrigin.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &[
            "envelope/raw-id-differs-from-id",
            "envelope/id-differs-from-auth-data",
            "encodings/raw-id-hex",
            "encodings/raw-id-double",
        ],
        text: "§5.1: rawId is the credential id. No step of §7.1 compares it with the authenticator data.",
        reading: "Should refuse, since a server that stores rawId registers a credential that can never sign in. The library takes the id \
                  from the authenticator data, and ignores the other.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuses,
        cases: &["client-data/cross-origin-absent"],
        text: "§5.8.1: crossOrigin is not a required member; §7.1 step 10 applies only if it is present.",
        reading: "MUST accept, with a JSON parser. The library uses the limited verification of §5.8.1.2, which demands \
                  the serialisation of §5.8.1.1. That serialisation always writes the member; older clients did not.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuses,
        cases: &[
            "client-data/key-order-reversed",
            "client-data/unknown-key-first",
            "client-data/whitespace",
            "client-data/escaped-type",
            "client-data/escaped-key",
            "client-data/escaped-challenge",
            "client-data/escaped-origin-slash",
        ],
        text: "§5.8.1 note: when parsing it is critical to tolerate unknown keys and any order of the keys; §7.1 step \
               6 takes any JSON parser, to which white space and escapes (RFC 8259 §2, §7) make no difference.",
        reading: "MUST accept, with a JSON parser. The library uses §5.8.1.2, which compares bytes and is meant for \
                  verifiers that cannot support a full parser.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuses,
        cases: &["client-data/whitespace-trailing"],
        text: "RFC 8259 §2: white space may follow the value; §5.8.1.2 looks at the one byte after the known members, \
               and at no byte after it.",
        reading: "MUST accept, by a JSON parser and by the limited verification alike. The library demands a brace as \
                  last byte.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Accepts,
        cases: &["client-data/trailing-comma", "client-data/number-nan"],
        text: "§7.1 step 6 takes a JSON parser, and no JSON has a comma before the closing brace (RFC 8259 §4) or a \
               NaN (§6); §5.8.1.2 is content with a comma after the known members.",
        reading: "We refuse, as a JSON parser does, and the cases presuppose one. The library uses the limited \
                  verification, which may accept both.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuses,
        cases: &["client-data/bom"],
        text: "§7.1 step 5 note: any leading byte order mark has to be stripped.",
        reading: "MUST accept, with a JSON parser. The library uses §5.8.1.2, which compares the first bytes.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Refuses,
        cases: &["client-data/bom"],
        text: "§7.1 step 5 note: any leading byte order mark has to be stripped.",
        reading: "MUST accept. The library gives the bytes to its JSON parser as they are.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &["att-obj/byte-string-keys", "att-obj/fmt-bytes"],
        text: "§6.5.4: the keys of attObj and the value of fmt are text strings; in CBOR a byte string is of another \
               type (RFC 8949 §3.1).",
        reading: "MUST refuse. The library's decoder accepts a byte string in place of a text.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &[
            "none/stmt-packed-full",
            "none/stmt-unknown-key",
            "att-obj/attstmt-bytes",
            "att-obj/attstmt-text",
            "att-obj/attstmt-integer",
            "att-obj/attstmt-null",
            "att-obj/attstmt-array",
        ],
        text: "§8.7: the syntax of attStmt for none is the empty map; §7.1 step 22: verify that attStmt is a correct \
               attestation statement.",
        reading: "No step of §8.7 reads it, and FIDO's tools demand the refusal (Resp-7 F-1, Resp-3 F-5). The library does not \
                  look at the statement of none, nor at its type, as it may by the text.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &[
            "auth-data/trailing-byte",
            "auth-data/trailing-1k",
            "auth-data/trailing-second-key",
            "auth-data/ed-clear-data",
            "auth-data/ed-ext-trailing",
            "auth-data/ed-ext-two-maps",
        ],
        text: "§6.1: authenticator data end with the one map of extensions if ED is set, else with the attested \
               credential data.",
        reading: "No step looks behind them, and FIDO's tools do (Resp-3 F-12): what follows has no meaning, and was signed. The \
                  library ignores it, as it may by the text.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuses,
        cases: &["auth-data/ed-set-credprotect"],
        text: "§7.1 step 28 note: the RP MUST be prepared for extension outputs that it did not ask for, whether by \
               ignoring them or by rejecting the attestation.",
        reading: "Both are allowed; we ignore, and the case presupposes that. The library, told to ignore them, still \
                  refuses hmac-secret without the client's output for prf.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &["auth-data/credid-length-1024", "auth-data/credid-length-2048"],
        text: "§7.1 step 25: the credentialId has at most 1023 bytes; with more the RP SHOULD fail the ceremony.",
        reading: "SHOULD refuse. The library's limit is 4096, on purpose.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Refuses,
        cases: &["cose/rsa-n-4096-bit"],
        text: "RFC 8812 §2, which defines RS256 (§5.8.5): keys have 2048 bits or more.",
        reading: "MUST accept where RS256 is offered. The library reads moduli of 2048 bits only.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &["packed-x5c/alg-mismatch-key-type"],
        text: "§8.2 verification procedure, step 2: verify sig with the key in attestnCert and the algorithm that alg \
               names.",
        reading: "MUST refuse: RS256 cannot be verified with a key on P-256. The library takes the algorithm from the \
                  certificate and compares alg with nothing.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Refuses,
        cases: &["packed-x5c/valid-eddsa-attestation"],
        text: "§8.2 verification procedure, step 2, as above; no step ties alg to the algorithms that were offered.",
        reading: "We accept: the signature is valid. The library does not know Ed25519 and calls it invalid; an \
                  RP may choose which algorithms it supports in certificates.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &["fido-u2f/leaf-rsa"],
        text: "§8.6 verification procedure, step 2: if the key of the certificate is not on P-256, terminate with an \
               error.",
        reading: "MUST refuse. The library checks this for the credential key instead, and verifies with whatever key the \
                  certificate has.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &["envelope/id-not-base64url", "envelope/id-empty"],
        text: "§5.1: id is the base64url encoding of the credential's identifier. §7.1 has no step that reads it.",
        reading: "A client does not make such a response, so we refuse the envelope, as the FIDO conformance \
                  tools demand. The library takes the identifier from the authenticator data, so accepting is safe \
                  there.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accepts,
        cases: &["envelope/type-wrong", "envelope/type-case", "envelope/type-empty"],
        text: "§5.1: the type of a PublicKeyCredential is \"public-key\"; §5.8.2: the enumeration has no other value.",
        reading: "We refuse the envelope, as the FIDO conformance tools demand. The library does not read type.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuses,
        cases: &["envelope/attachment-unknown"],
        text: "§5.1: authenticatorAttachment is a string, and RPs SHOULD treat an unknown value as if it were null.",
        reading: "SHOULD accept. The strict form of the library knows two values.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuses,
        cases: &["envelope/transports-unknown"],
        text: "§5.2.1: RPs SHOULD accept and store unknown values of getTransports().",
        reading: "SHOULD accept. The strict form of the library knows six transports.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuses,
        cases: &[
            "envelope/unknown-member-top",
            "envelope/unknown-member-response",
            "envelope/proto-member",
            "envelope/user-handle-present",
        ],
        text: "§5.1 defines RegistrationResponseJSON as a Web IDL dictionary, to which later levels add members and \
               whose conversion ignores unknown ones; §7.1 reads none of these.",
        reading: "MUST accept. The strict form of the library forbids unknown members.",
    },
];
