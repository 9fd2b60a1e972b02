//! The verifier beside two independent libraries: webauthn_rp in its strict form, and webauthn-rs-core.
//!
//! Every good credential and every mutation is given to all three. They agree on accepting or refusing, except where
//! [`DISAGREEMENTS`] says otherwise, with the text that decides. `docs/disagreements.md` is the same list.

use std::collections::BTreeSet;
use std::time::Duration;

use proofmark::authenticator::{Args, Format, Mutation};
use proofmark::webauthn::base64::encode_url;
use proofmark::webauthn::options::PublicKeyCredentialCreationOptions;
use serde_json::{Value, json};

use crate::mutations::{Expected, ORIGIN, RP_ID, create, for_each_case, options, verify};

/// Cases in which a library's answer is not ours, for one reason.
struct Disagreement {
    library: &'static str,
    /// What the library answers; we answer the opposite.
    library_says: Says,
    /// Each a mutation and its arguments in JSON, after a format if it is only that one.
    cases: &'static [&'static str],
    /// The text that decides.
    text: &'static str,
    /// What follows from it, and what the library does instead.
    reading: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Accept,
    Refuse,
}

const RP: &str = "webauthn_rp";
const CORE: &str = "webauthn-rs-core";

const DISAGREEMENTS: &[Disagreement] = &[
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["challenge \"padded\""],
        text: "§7.1 step 8: the value of C.challenge equals the base64url encoding of the challenge; §3: base64url is without trailing '='.",
        reading: "MUST. The texts are compared, so padding is another value. The library compares decoded bytes.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["origin \"https://example.org/\""],
        text: "§7.1 step 9: the value of C.origin is an origin that the RP expects; §5.8.1: origin is the serialisation of an origin (no path).",
        reading: "A text with a path is no serialised origin; §13.5.9 speaks of being exactly equal to an element of a list. The library parses a URL and compares its parts.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["top-origin null", "client-data-member-value {\"topOrigin\":1}"],
        text: "§7.1 step 11: if C.topOrigin is present, the RP has to expect the use in a frame, and that top-level origin.",
        reading: "MUST. The library follows Level 2, which has no topOrigin. (A number is not even an origin.)",
    },
    Disagreement {
        library: RP,
        library_says: Says::Accept,
        cases: &["client-data-member-value {\"topOrigin\":1}"],
        text: "§7.1 step 11, as above; §5.8.1.2 (limited verification algorithm) ignores what follows the members it knows.",
        reading: "The library uses the limited verification, to which this is a further member. We parse JSON, so the member is present and unexpected.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &["client-data-member-missing \"crossOrigin\""],
        text: "§5.8.1: crossOrigin is not a required member; §7.1 step 10 applies only if it is present.",
        reading: "Accept. The library uses §5.8.1.2, which wants the serialisation of §5.8.1.1; that writes it always, older clients did not.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &["client-data-member-order null", "client-data-whitespace null"],
        text: "§5.8.1 note: when parsing it is critical to tolerate unknown keys and any order of the keys; §7.1 step 6 takes any JSON parser.",
        reading: "Accept. The library uses §5.8.1.2, which is meant for verifiers that cannot support a full JSON parser.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &["client-data-bom null"],
        text: "§7.1 step 5 note: any leading byte order mark has to be stripped.",
        reading: "MUST accept. The library uses §5.8.1.2, which compares the first bytes.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Refuse,
        cases: &["client-data-bom null"],
        text: "§7.1 step 5 note: any leading byte order mark has to be stripped.",
        reading: "MUST accept. The library gives the bytes to serde_json as they are.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Refuse,
        cases: &["client-data-not-utf8 \"within\""],
        text: "§7.1 step 5: UTF-8 decode (Encoding Standard), which replaces malformed sequences and does not fail.",
        reading: "By the letter accept, as nobody reads the member; no client makes such bytes, so refusing does no harm.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &["reserved-flag null", "reserved-flag 5"],
        text: "§6.1: bits 1 and 5 are reserved for future use; §7.1 has no step that looks at them.",
        reading: "Accept, so that a later use does not break RPs. Refusing is local policy.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &["extension-data null"],
        text: "§7.1 step 28: the RP MUST be prepared for extension outputs that it did not ask for, whether by ignoring them or by rejecting the attestation.",
        reading: "Both are allowed; we ignore. The strict form of the library refuses every extension it does not know.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["credential-id-length null"],
        text: "§7.1 step 25: the credentialId is at most 1023 bytes; with more the RP SHOULD fail the ceremony.",
        reading: "SHOULD refuse 1024. The library's limit is 4096.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &[
            "credential-id-mismatch null",
            "id-raw-id-mismatch \"id\"",
            "id-raw-id-mismatch \"rawId\"",
            "raw-id-encoding null",
            "raw-id-encoding \"hex\"",
        ],
        text: "§5.1: rawId is the identifier, id its base64url encoding; §5.1.3: the identifier is the credential id of the authenticator data. §7.1 has no step that compares them.",
        reading: "The response is not one that a client makes, so we refuse the envelope. The library never reads id and rawId, so accepting is safe there.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["credential-type null", "credential-type \"Public-Key\""],
        text: "§5.1: the type of a PublicKeyCredential is \"public-key\"; §5.8.2: the enumeration has no other value.",
        reading: "We refuse the envelope, as the FIDO conformance tools demand. The library does not read type.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["auth-data-trailing null", "auth-data-trailing \"oA\""],
        text: "§6.1: authenticator data end with the extensions if ED is set, else with the attested credential data.",
        reading: "MUST refuse: what follows has no meaning, and was signed. The library ignores it.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["cose-extra-parameter null"],
        text: "§6.5.1: the COSE_Key MUST NOT contain optional parameters other than alg.",
        reading: "A duty of the authenticator; refusing it is the RP's choice, and ours. The library ignores the parameter.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["none-statement-not-empty null", "none attestation-object-member-type \"attStmt\""],
        text: "§8.7: the syntax of attStmt for none is the empty map; §7.1 step 22: verify that attStmt is a correct attestation statement.",
        reading: "MUST refuse. The library does not look at the statement of none.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &["packed-statement-extra-member null"],
        text: "§8.2: the syntax of attStmt is a closed map; verification step 1: verify that attStmt conforms to the syntax.",
        reading: "We refuse. The library reads the members it knows.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &["attestation-object-extra-member null"],
        text: "§6.5.4: attObj is a closed map, yet CTAP adds members to it (epAtt, largeBlobKey); §7.1 step 13 takes three members from it.",
        reading: "Either. We ignore members that no step reads.",
    },
    Disagreement {
        library: CORE,
        library_says: Says::Accept,
        cases: &[
            "attestation-object-not-canonical null",
            "attestation-object-not-canonical \"indefinite\"",
            "attestation-object-not-canonical \"order\"",
        ],
        text: "§2.4: all decoders SHOULD reject CBOR that is not validly encoded in the CTAP2 canonical form.",
        reading: "SHOULD refuse. The library takes any CBOR (without duplicate keys).",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &[
            "credential-member-missing \"clientExtensionResults\"",
            "response-member-missing \"transports\"",
            "response-member-missing \"authenticatorData\"",
            "response-member-missing \"publicKey\"",
            "response-member-missing \"publicKeyAlgorithm\"",
        ],
        text: "§5.1 (RegistrationResponseJSON) has the members that a current client writes; §7.1 reads none of them from the response but transports and extension outputs, which may be empty.",
        reading: "Accept: Level 2 clients leave them out. The strict form of the library wants the whole dictionary (and publicKey for ES256).",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &["credential-member-value {\"path\":\"/response/transports\",\"value\":[\"carrier-pigeon\"]}"],
        text: "§5.2.1: RPs SHOULD accept and store unknown values of getTransports().",
        reading: "SHOULD accept. The strict form of the library knows six transports.",
    },
    Disagreement {
        library: RP,
        library_says: Says::Refuse,
        cases: &["credential-member-value {\"path\":\"/unknown\",\"value\":{\"y\":1}}"],
        text: "§5.1 defines a Web IDL dictionary, to which later levels add members.",
        reading: "Accept. The strict form of the library forbids unknown keys.",
    },
];

/// What webauthn_rp refuses because its strict form compares `authenticatorData` and `publicKey` with the attestation
/// object before it decodes that, or cannot do without them. We agree, but its refusal says nothing of the object.
const ONLY_COPIES_JUDGED: &[&str] = &[
    "attestation-object-duplicate-member null",
    "attestation-object-member-type \"authData\"",
    "attestation-object-missing-member \"authData\"",
    "attestation-object-not-canonical \"indefinite\"",
    "attestation-object-not-canonical \"order\"",
    "attestation-object-replaced \"gA\"",
    "attestation-object-replaced 0",
    "attestation-object-trailing 65536",
    "attestation-object-trailing null",
    "attestation-object-truncated 50",
    "attestation-object-truncated null",
    "cose-point-off-curve null",
];

fn looks_at_copies(reason: &str) -> bool {
    reason.contains("expected authenticator data to match") || reason.contains("missing field `publicKey`")
}

/// Answers of a library: the accepted or the reason of the refusal.
type Answer = Result<(), String>;

mod rp {
    use webauthn_rp::request::register::{
        CoseAlgorithmIdentifier, CoseAlgorithmIdentifiers, Extension, PublicKeyCredentialCreationOptions,
        RegistrationVerificationOptions, UserHandle64,
    };
    use webauthn_rp::request::{AsciiDomain, RpId};
    use webauthn_rp::{Registration, RegistrationServerState};

    use super::*;

    /// The library draws the challenge itself, so the credential is made from its options.
    pub fn judge(make: impl FnOnce(&super::PublicKeyCredentialCreationOptions) -> Value) -> Answer {
        let rp_id = RpId::Domain(AsciiDomain::try_from(RP_ID.to_owned()).expect("a domain"));
        let user = UserHandle64::new();
        let (state, sent) = start(&rp_id, &user);
        let sent = super::PublicKeyCredentialCreationOptions::from_json(&sent).expect("readable options");
        let text = make(&sent).to_string();
        let registration: Registration = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let options = RegistrationVerificationOptions::<&str, &str> {
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        state.verify(&rp_id, &registration, &options).map(drop).map_err(|error| error.to_string())
    }

    fn start(rp_id: &RpId, user: &UserHandle64) -> (RegistrationServerState<64>, Value) {
        let mut options = PublicKeyCredentialCreationOptions::first_passkey_with_blank_user_info(rp_id, user);
        options.extensions = Extension::default();
        options.pub_key_cred_params = CoseAlgorithmIdentifiers::default()
            .remove(CoseAlgorithmIdentifier::Eddsa)
            .remove(CoseAlgorithmIdentifier::Es384)
            .remove(CoseAlgorithmIdentifier::Rs256);
        let (state, client) = options.start_ceremony().expect("good options");
        let sent = serde_json::to_value(&client).expect("JSON");
        (state, sent)
    }
}

mod core {
    use webauthn_rs_core::WebauthnCore;
    use webauthn_rs_core::proto::{
        COSEAlgorithm, RegisterPublicKeyCredential, RegistrationState, UserVerificationPolicy,
    };

    use super::*;

    const CHALLENGE: [u8; 32] = [0xc3; 32];

    /// The state is data, so it can be given our challenge.
    pub fn judge(make: impl FnOnce(&super::PublicKeyCredentialCreationOptions) -> Value) -> Answer {
        let origins = vec![ORIGIN.parse().expect("a URL")];
        let timeout = Duration::from_secs(60);
        let library = WebauthnCore::new_unsafe_experts_only("Example", RP_ID, origins, timeout, None, None);
        let builder = library.new_challenge_register_builder(&[7; 16], "a", "A").expect("a user");
        let builder = builder
            .user_verification_policy(UserVerificationPolicy::Required)
            .credential_algorithms(vec![COSEAlgorithm::ES256]);
        let (_sent, state) = library.generate_challenge_register(builder).expect("good options");
        let mut state = serde_json::to_value(&state).expect("JSON");
        state["challenge"] = json!(encode_url(&CHALLENGE));
        let state: RegistrationState = serde_json::from_value(state).expect("a state");
        let text = make(&options(&CHALLENGE)).to_string();
        let credential: RegisterPublicKeyCredential = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        library.register_credential(&credential, &state, None).map(drop).map_err(|error| format!("{error:?}"))
    }
}

type Library = fn(&dyn Fn(&PublicKeyCredentialCreationOptions) -> Value) -> Answer;

const LIBRARIES: [(&str, Library); 2] = [(RP, |make| rp::judge(make)), (CORE, |make| core::judge(make))];

fn made(
    format: Format,
    mutation: Option<(&'static Mutation, &Args)>,
) -> impl Fn(&PublicKeyCredentialCreationOptions) -> Value {
    move |sent| create(sent, format, mutation).json
}

#[test]
fn good_credentials_are_accepted_by_all() {
    for format in Format::ALL {
        let json = create(&options(&[1; 32]), format, None).json;
        assert!(verify(&[1; 32], &json, None).is_ok());
        for (name, judge) in LIBRARIES {
            assert_eq!(judge(&made(format, None)), Ok(()), "{name}: {}", format.slug());
        }
    }
}

#[test]
fn mutated_credentials_are_judged_alike_except_as_listed() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let mut copies = BTreeSet::new();
    for_each_case(|name, format, mutation, args, expected| {
        let we_accept = expected == Expected::Accept;
        let case = format!("{} {}", mutation.id, args.0);
        for (library, judge) in LIBRARIES {
            let stands_in = |entry: &&Disagreement| entry.cases.iter().any(|listed| *listed == case || *listed == name);
            let listed = DISAGREEMENTS.iter().filter(|entry| entry.library == library).find(stands_in);
            let answer = judge(&made(format, Some((mutation, args))));
            if answer.is_ok() != listed.map_or(we_accept, |entry| entry.library_says == Says::Accept) {
                wrong.push(format!("{library}: {name}: we say {expected:?}, it says {answer:?}"));
            }
            if library == RP && !we_accept && answer.as_ref().is_err_and(|reason| looks_at_copies(reason)) {
                copies.insert(case.clone());
            }
            if listed.is_some_and(|entry| (entry.library_says == Says::Accept) != we_accept) {
                seen.insert((library, case.clone()));
                seen.insert((library, name.to_owned()));
            }
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(copies, ONLY_COPIES_JUDGED.iter().map(|case| (*case).to_owned()).collect());
    for entry in DISAGREEMENTS {
        for case in entry.cases {
            assert!(seen.contains(&(entry.library, (*case).to_owned())), "no disagreement: {} {case}", entry.library);
        }
    }
}

#[test]
fn the_documented_list_is_this_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/disagreements.md");
    let expected = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, &expected).expect("docs/ is writable");
    }
    let found = std::fs::read_to_string(path).expect("docs/disagreements.md is there");
    assert!(found == expected, "docs/disagreements.md differs: run the tests with UPDATE_DOCS=1");
}

fn document() -> String {
    let mut out = String::from(
        "# Where independent libraries judge otherwise

Every good credential and every mutation is given to our verifier, to webauthn_rp 0.3 (strict form) and to
webauthn-rs-core 0.6 (`tests/it/independent.rs`, which holds this list). They agree except for the cases below. Sections are
those of WebAuthn Level 3; its text is paraphrased.

Both libraries can be given every object that is made here. webauthn_rp draws its own challenges (16 bytes), so its credentials
are made from its options. Its strict form compares the convenience copies `authenticatorData` and `publicKey` with the
attestation object before decoding that, so in the cases listed at the end its refusal says nothing of the object itself.
",
    );
    for entry in DISAGREEMENTS {
        let says = if entry.library_says == Says::Accept { "accepts" } else { "refuses" };
        let we = if entry.library_says == Says::Accept { "refuse" } else { "accept" };
        let cases: Vec<_> = entry.cases.iter().map(|case| format!("`{}`", case.trim_end_matches(" null"))).collect();
        out += &format!("\n## {} {says}, we {we}: {}\n\n", entry.library, cases.join(", "));
        out += &format!("- Text: {}\n- Reading: {}\n", entry.text, entry.reading);
    }
    let copies: Vec<_> =
        ONLY_COPIES_JUDGED.iter().map(|case| format!("`{}`", case.trim_end_matches(" null"))).collect();
    out += &format!("\n## Refused by all, by webauthn_rp only for its copies\n\n{}\n", copies.join(", "));
    out
}
