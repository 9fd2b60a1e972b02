//! Every mutation, applied to a good credential of each format, is refused at the step it is meant for, or accepted.

use std::collections::BTreeSet;

use proofmark::authenticator::{Args, Client, CreatedCredential, CreationRequest, Format, MUTATIONS, Mutation};
use proofmark::relying_party::{
    Ceremony, Refusal, Registration, Step, verify_registration, verify_registration_skipping,
};
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::options::{PublicKeyCredentialCreationOptions, RpEntity, UserEntity};
use serde_json::{Value, json};

pub const ORIGIN: &str = "https://example.org";
pub const RP_ID: &str = "example.org";

/// What the verifier makes of a mutated credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Accept,
    Refuse(Step),
}

use Expected::{Accept, Refuse};

/// Every mutation with every form of its arguments, and the slug of the step that refuses it, or "accept".
#[rustfmt::skip]
const TABLE: &[(&str, &str, &str)] = &[
    ("challenge", "null", "challenge"),
    ("challenge", r#""bit-flip""#, "challenge"),
    ("challenge", r#""truncated""#, "challenge"),
    ("challenge", r#""extended""#, "challenge"),
    ("challenge", r#""empty""#, "challenge"),
    ("challenge", r#""missing""#, "challenge"),
    ("challenge", r#""padded""#, "challenge"),
    ("challenge", r#"{"text": "!!!"}"#, "challenge"),
    ("type", "null", "type"),
    ("type", r#""WebAuthn.Create""#, "type"),
    ("origin", "null", "origin"),
    ("origin", r#""missing""#, "origin"),
    ("origin", r#""http://example.org""#, "origin"),
    ("origin", r#""https://example.org/""#, "origin"),
    ("origin", r#""https://sub.example.org""#, "origin"),
    ("cross-origin", "null", "cross-origin"),
    ("cross-origin", "false", "accept"),
    ("top-origin", "null", "top-origin"),
    ("client-data-member-missing", r#""type""#, "type"),
    ("client-data-member-missing", r#""challenge""#, "challenge"),
    ("client-data-member-missing", r#""origin""#, "origin"),
    ("client-data-member-missing", r#""crossOrigin""#, "accept"),
    ("client-data-extra-member", "null", "accept"),
    ("client-data-member-value", r#"{"type": 1}"#, "type"),
    ("client-data-member-value", r#"{"challenge": ["AAAA"]}"#, "challenge"),
    ("client-data-member-value", r#"{"origin": null}"#, "origin"),
    ("client-data-member-value", r#"{"crossOrigin": "true"}"#, "cross-origin"),
    ("client-data-member-value", r#"{"topOrigin": 1}"#, "top-origin"),
    ("client-data-member-order", "null", "accept"),
    ("client-data-not-utf8", "null", "client-data-utf8"),
    ("client-data-not-utf8", r#""within""#, "accept"),
    ("client-data-not-json", "null", "client-data-json"),
    ("client-data-not-json", r#""""#, "client-data-json"),
    ("client-data-not-json", r#""[]""#, "client-data-json"),
    ("client-data-trailing", "null", "client-data-json"),
    ("client-data-bom", "null", "accept"),
    ("client-data-bom", "2", "client-data-json"),
    ("client-data-whitespace", "null", "accept"),
    ("rp-id-hash", "null", "rp-id-hash"),
    ("rp-id-hash", r#""attacker.example""#, "rp-id-hash"),
    ("user-present", "null", "user-present"),
    ("user-verified", "null", "user-verified"),
    ("user-verified", "true", "accept"),
    ("backup-state-without-eligibility", "null", "backup-state"),
    ("flags", "69", "accept"),
    ("flags", "77", "accept"),
    ("flags", "93", "accept"),
    ("flags", "68", "user-present"),
    ("flags", "255", "attestation-object"),
    ("reserved-flag", "null", "accept"),
    ("reserved-flag", "5", "accept"),
    ("attested-credential-data", "null", "attestation-object"),
    ("attested-credential-data", r#""drop""#, "attestation-object"),
    ("extension-data-flag", "null", "attestation-object"),
    ("extension-data", "null", "accept"),
    ("sign-count", "4294967295", "accept"),
    ("aaguid", r#""AAECAwQFBgcICQoLDA0ODw""#, "accept"),
    ("credential-id-length", "16", "accept"),
    ("credential-id-length", "1023", "accept"),
    ("credential-id-length", "null", "credential-id-length"),
    ("credential-id-length", "65535", "credential-id-length"),
    ("credential-id-length-field", "65535", "attestation-object"),
    ("credential-id-length-field", "31", "attestation-object"),
    ("credential-id-length-field", "33", "attestation-object"),
    ("credential-id-mismatch", "null", "credential-json"),
    ("auth-data-truncated", "null", "attestation-object"),
    ("auth-data-truncated", "100", "attestation-object"),
    ("auth-data-trailing", "null", "attestation-object"),
    ("auth-data-trailing", r#""oA""#, "attestation-object"),
    ("cose-alg", "null", "algorithm"),
    ("cose-alg", "-8", "algorithm"),
    ("cose-alg", "7", "algorithm"),
    ("cose-kty", "null", "algorithm"),
    ("cose-crv", "null", "algorithm"),
    ("cose-missing-parameter", r#""kty""#, "algorithm"),
    ("cose-missing-parameter", r#""alg""#, "algorithm"),
    ("cose-missing-parameter", r#""crv""#, "algorithm"),
    ("cose-missing-parameter", r#""x""#, "algorithm"),
    ("cose-missing-parameter", r#""y""#, "algorithm"),
    ("cose-extra-parameter", "null", "algorithm"),
    ("cose-point-off-curve", "null", "algorithm"),
    ("cose-point-compressed", "null", "algorithm"),
    ("cose-coordinate-length", "null", "algorithm"),
    ("cose-coordinate-length", "33", "algorithm"),
    ("format", "null", "format"),
    ("format", r#""None""#, "format"),
    ("format", r#""tpm""#, "format"),
    ("none-statement-not-empty", "null", "attestation-statement"),
    ("packed-signature", "null", "attestation-statement"),
    ("packed-signature", r#""other-key""#, "attestation-statement"),
    ("packed-signature", r#""other-client-data""#, "attestation-statement"),
    ("packed-signature", r#""trailing-byte""#, "attestation-statement"),
    ("packed-signature", r#""empty""#, "attestation-statement"),
    ("packed-alg", "null", "attestation-statement"),
    ("packed-statement-missing-member", r#""alg""#, "attestation-statement"),
    ("packed-statement-missing-member", r#""sig""#, "attestation-statement"),
    ("packed-statement-extra-member", "null", "attestation-statement"),
    ("packed-x5c-empty", "null", "attestation-statement"),
    ("attestation-object-truncated", "null", "attestation-object"),
    ("attestation-object-truncated", "50", "attestation-object"),
    ("attestation-object-trailing", "null", "attestation-object"),
    ("attestation-object-trailing", "65536", "attestation-object"),
    ("attestation-object-missing-member", r#""fmt""#, "attestation-object"),
    ("attestation-object-missing-member", r#""attStmt""#, "attestation-object"),
    ("attestation-object-missing-member", r#""authData""#, "attestation-object"),
    ("attestation-object-member-type", r#""fmt""#, "attestation-object"),
    ("attestation-object-member-type", r#""attStmt""#, "attestation-object"),
    ("attestation-object-member-type", r#""authData""#, "attestation-object"),
    ("attestation-object-extra-member", "null", "accept"),
    ("attestation-object-duplicate-member", "null", "attestation-object"),
    ("attestation-object-not-canonical", "null", "attestation-object"),
    ("attestation-object-not-canonical", r#""indefinite""#, "attestation-object"),
    ("attestation-object-not-canonical", r#""order""#, "attestation-object"),
    ("attestation-object-replaced", r#""gA""#, "attestation-object"),
    ("attestation-object-replaced", "0", "attestation-object"),
    ("id-raw-id-mismatch", r#""id""#, "credential-json"),
    ("id-raw-id-mismatch", r#""rawId""#, "credential-json"),
    ("credential-type", "null", "credential-json"),
    ("credential-type", r#""Public-Key""#, "credential-json"),
    ("raw-id-encoding", "null", "credential-json"),
    ("raw-id-encoding", r#""standard""#, "credential-json"),
    ("raw-id-encoding", r#""line-breaks""#, "credential-json"),
    // Hex digits are base64url too, of other bytes.
    ("raw-id-encoding", r#""hex""#, "credential-json"),
    ("raw-id-encoding", r#""invalid""#, "credential-json"),
    ("client-data-encoding", "null", "credential-json"),
    ("client-data-encoding", r#""line-breaks""#, "credential-json"),
    ("attestation-object-encoding", "null", "credential-json"),
    ("attestation-object-encoding", r#""standard""#, "credential-json"),
    ("attestation-object-encoding", r#""line-breaks""#, "credential-json"),
    ("credential-member-missing", r#""id""#, "credential-json"),
    ("credential-member-missing", r#""rawId""#, "credential-json"),
    ("credential-member-missing", r#""type""#, "credential-json"),
    ("credential-member-missing", r#""response""#, "credential-json"),
    ("credential-member-missing", r#""clientExtensionResults""#, "accept"),
    ("credential-member-missing", r#""authenticatorAttachment""#, "accept"),
    ("response-member-missing", r#""clientDataJSON""#, "credential-json"),
    ("response-member-missing", r#""attestationObject""#, "credential-json"),
    ("response-member-missing", r#""transports""#, "accept"),
    ("response-member-missing", r#""authenticatorData""#, "accept"),
    ("response-member-missing", r#""publicKey""#, "accept"),
    ("response-member-missing", r#""publicKeyAlgorithm""#, "accept"),
    ("credential-member-value", r#"{"path": "/id", "value": 1}"#, "credential-json"),
    ("credential-member-value", r#"{"path": "/response/transports", "value": ["carrier-pigeon"]}"#, "accept"),
    ("credential-member-value", r#"{"path": "/unknown", "value": {"y": 1}}"#, "accept"),
    ("none-pad-json-to", "4096", "accept"),
    ("none-pad-json-to", "1048576", "accept"),
    ("credential-replace", "54", "credential-json"),
    ("credential-replace", r#"{"value": [1]}"#, "credential-json"),
    ("credential-replace", r#""x""#, "credential-json"),
];

pub fn table() -> impl Iterator<Item = (&'static str, Value, Expected)> {
    TABLE.iter().map(|(id, args, expected)| {
        let args = serde_json::from_str(args).unwrap_or_else(|error| panic!("{args}: {error}"));
        let step = || Step::from_slug(expected).unwrap_or_else(|| panic!("there is no step {expected}"));
        (*id, args, if *expected == "accept" { Accept } else { Refuse(step()) })
    })
}

pub fn options(challenge: &[u8]) -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions {
        rp: RpEntity { id: Some(RP_ID.to_owned()), name: "Example".to_owned() },
        user: UserEntity { id: vec![7; 16], name: "a".to_owned(), display_name: "A".to_owned() },
        challenge: challenge.to_vec(),
        pub_key_cred_params: vec![-7],
        user_verification: Some("required".to_owned()),
        ..PublicKeyCredentialCreationOptions::default()
    }
}

pub fn create(
    options: &PublicKeyCredentialCreationOptions,
    format: Format,
    mutation: Option<(&'static Mutation, &Args)>,
) -> CreatedCredential {
    let request = CreationRequest { mutation, ..CreationRequest::new([3; 32], format) };
    Client::new(ORIGIN).create(options, &request).unwrap_or_else(|error| panic!("{error}"))
}

pub fn verify(challenge: &[u8], credential: &Value, skip: Option<Step>) -> Result<Registration, Refusal> {
    let ceremony = Ceremony {
        challenge,
        rp_id: RP_ID,
        origins: &[ORIGIN.to_owned()],
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: true,
        algorithms: &[CoseAlgorithm::ES256],
        is_registered: &|_id| false,
    };
    match skip {
        None => verify_registration(&ceremony, credential),
        Some(_) => verify_registration_skipping(&ceremony, credential, skip),
    }
}

fn judge(result: &Result<Registration, Refusal>) -> Expected {
    result.as_ref().map_or_else(|refusal| Refuse(refusal.step), |_done| Accept)
}

/// Calls `judge` with each applicable row of the table and format.
pub fn for_each_case(mut judge: impl FnMut(&str, Format, &'static Mutation, &Args, Expected)) {
    for (id, args, expected) in table() {
        let mutation = Mutation::find(id).unwrap_or_else(|| panic!("there is no mutation {id}"));
        for format in Format::ALL.into_iter().filter(|format| mutation.applies_to(*format)) {
            let name = format!("{} {id} {args}", format.slug());
            judge(&name, format, mutation, &Args(args.clone()), expected);
        }
    }
}

const CHALLENGE: [u8; 32] = [0xc3; 32];

#[test]
fn each_is_refused_at_its_step_or_accepted() {
    let mut wrong = Vec::new();
    for_each_case(|name, format, mutation, args, expected| {
        let created = create(&options(&CHALLENGE), format, Some((mutation, args)));
        let result = verify(&CHALLENGE, &created.json, None);
        if judge(&result) != expected {
            wrong.push(format!("{name}: {expected:?} expected, {:?}", result.map_err(|refusal| refusal.to_string())));
        }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_stands_in_the_table_and_changes_something() {
    let listed: BTreeSet<_> = TABLE.iter().map(|(id, _, _)| *id).collect();
    let all: BTreeSet<_> = MUTATIONS.iter().map(|mutation| mutation.id).collect();
    assert_eq!(listed, all);
    assert_eq!(all.len(), MUTATIONS.len(), "ids are unique");
    let unchanged = ["cross-origin false", "user-verified true", "flags 69"];
    for_each_case(|name, format, mutation, args, _expected| {
        let good = create(&options(&CHALLENGE), format, None);
        let changed = create(&options(&CHALLENGE), format, Some((mutation, args)));
        assert_eq!(good.json == changed.json, unchanged.iter().any(|end| name.ends_with(end)), "{name}");
    });
}

/// A verifier without the step accepts what only that step refuses, except where nothing can be read any more.
#[test]
fn skipping_the_step_accepts_what_only_it_refuses() {
    let skippable = [
        ("challenge", Value::Null),
        ("type", Value::Null),
        ("origin", Value::Null),
        ("cross-origin", Value::Null),
        ("top-origin", Value::Null),
        ("client-data-trailing", Value::Null),
        ("rp-id-hash", Value::Null),
        ("user-present", Value::Null),
        ("user-verified", Value::Null),
        ("backup-state-without-eligibility", Value::Null),
        ("cose-alg", json!(-65_000)),
        ("format", Value::Null),
        ("packed-alg", Value::Null),
        ("none-statement-not-empty", Value::Null),
        ("attestation-object-trailing", Value::Null),
        ("auth-data-trailing", Value::Null),
        ("credential-id-length", json!(1024)),
        ("credential-id-mismatch", Value::Null),
        ("id-raw-id-mismatch", Value::Null),
        ("raw-id-encoding", Value::Null),
        ("credential-type", Value::Null),
    ];
    for (id, args) in skippable {
        let mutation = Mutation::find(id).expect(id);
        let format = if mutation.applies_to(Format::None) { Format::None } else { Format::PackedSelf };
        let created = create(&options(&CHALLENGE), format, Some((mutation, &Args(args))));
        let refusal = verify(&CHALLENGE, &created.json, None).expect_err(id);
        let result = verify(&CHALLENGE, &created.json, Some(refusal.step));
        assert!(result.is_ok(), "{id} without {}: {:?}", refusal.step, result.err());
    }
}

#[test]
fn a_padded_credential_has_the_exact_length() {
    let mutation = Mutation::find("none-pad-json-to").expect("listed");
    let length = |json: &Value| json.to_string().chars().count();
    let format = Format::None;
    let good = length(&create(&options(&CHALLENGE), format, None).json);
    for wanted in (good + 26..good + 60).chain([1_048_575, 1_048_576, 1_048_577]) {
        let created = create(&options(&CHALLENGE), format, Some((mutation, &Args(json!(wanted)))));
        assert_eq!(length(&created.json), wanted);
        assert!(verify(&CHALLENGE, &created.json, None).is_ok(), "{wanted}");
    }
    for wanted in [0, 55, good - 1, good + 1, good + 5] {
        let args = Args(json!(wanted));
        let request = CreationRequest { mutation: Some((mutation, &args)), ..CreationRequest::new([3; 32], format) };
        let error = Client::new(ORIGIN).create(&options(&CHALLENGE), &request).expect_err("too short");
        assert!(error.to_string().contains(&format!("{wanted} characters")), "{error}");
    }
}

#[test]
fn a_replacement_has_the_exact_length() {
    let mutation = Mutation::find("credential-replace").expect("listed");
    for wanted in [9, 54, 55, 56] {
        let created = create(&options(&CHALLENGE), Format::None, Some((mutation, &Args(json!(wanted)))));
        assert_eq!(created.json.to_string().len(), wanted);
    }
}

proptest::proptest! {
    /// One changed byte anywhere in the attestation object never panics; in a signed one it is never accepted.
    #[test]
    fn a_changed_byte_is_no_panic_and_no_way_around_the_signature(at in 0_usize..4096, bits in 1_u8..=255) {
        for format in Format::ALL {
            let created = create(&options(&CHALLENGE), format, None);
            let mut bytes = created.attestation_object.clone();
            let at = at % bytes.len();
            bytes[at] ^= bits;
            let mut json = created.json.clone();
            json["response"]["attestationObject"] = json!(proofmark::webauthn::base64::encode_url(&bytes));
            let result = verify(&CHALLENGE, &json, None);
            proptest::prop_assert!(format == Format::None || result.is_err(), "byte {at} ^ {bits:#x} was accepted");
        }
    }
}
