//! The registration test vectors of WebAuthn Level 3, made and verified through the public API.

use std::sync::LazyLock;

use proofmark::authenticator::{Client, CreationRequest, Format};
use proofmark::relying_party::{AttestationType, Ceremony, Step, verify_registration};
use proofmark::webauthn::authenticator_data::{Aaguid, Flags};
use proofmark::webauthn::base64::encode_url;
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::credential::{RegistrationResponse, ResponseDetails};
use proofmark::webauthn::options::{PublicKeyCredentialCreationOptions, RpEntity, UserEntity};
use serde_json::{Value, json};

static FILE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/vectors/registration.json")).expect("the vectors are JSON")
});

fn vectors() -> &'static [Value] {
    FILE["vectors"].as_array().expect("a list")
}

fn vector(name: &str) -> &'static Value {
    vectors().iter().find(|vector| vector["name"] == name).expect(name)
}

fn text<'a>(vector: &'a Value, pointer: &str) -> &'a str {
    vector.pointer(pointer).and_then(Value::as_str).expect(pointer)
}

fn hex(vector: &Value, pointer: &str) -> Vec<u8> {
    let digits = text(vector, pointer);
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex")).collect()
}

fn flags(vector: &Value) -> Flags {
    Flags(hex(vector, "/flags")[0])
}

fn options(vector: &Value) -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions {
        rp: RpEntity { id: Some(text(&FILE, "/rpId").to_owned()), name: "Example".to_owned() },
        user: UserEntity { id: vec![1], ..UserEntity::default() },
        challenge: hex(vector, "/inputs/challenge"),
        pub_key_cred_params: vec![-7],
        ..PublicKeyCredentialCreationOptions::default()
    }
}

/// The member that the vectors append to the client data where they draw `extraData_random`.
fn extra(vector: &Value) -> Vec<(String, Value)> {
    let Some(random) = vector.pointer("/inputs/extraData_random") else { return Vec::new() };
    assert!(random.is_string());
    let sentence = "clientDataJSON may be extended with additional fields in the future, such as this: ";
    vec![("extraData".to_owned(), json!(format!("{sentence}{}", encode_url(&hex(vector, "/inputs/extraData_random")))))]
}

/// Accepts what the vector is about, cross-origin use included.
fn verify(vector: &Value, credential: &Value) -> Result<AttestationType, Step> {
    let challenge = hex(vector, "/inputs/challenge");
    let ceremony = Ceremony {
        challenge: &challenge,
        rp_id: text(&FILE, "/rpId"),
        origins: &[text(&FILE, "/origin").to_owned()],
        top_origins: &["https://example.com".to_owned()],
        allow_cross_origin: vector["crossOrigin"] == true,
        user_verification_required: false,
        algorithms: &[CoseAlgorithm(vector["alg"].as_i64().expect("alg"))],
        is_registered: &|_id| false,
    };
    verify_registration(&ceremony, credential).map(|done| done.attestation_type).map_err(|refusal| refusal.step)
}

/// The vector's own bytes in an envelope.
fn envelope(vector: &Value) -> Value {
    let response = RegistrationResponse {
        raw_id: hex(vector, "/inputs/credential_id"),
        client_data_json: hex(vector, "/outputs/clientDataJSON"),
        attestation_object: hex(vector, "/outputs/attestationObject"),
    };
    response.to_json(&ResponseDetails::default())
}

const MADE: [(&str, Format); 5] = [
    ("none.ES256", Format::None),
    ("packed-self.ES256", Format::PackedSelf),
    ("none.ES256.long-credential-id", Format::None),
    ("none.ES256.crossOrigin", Format::None),
    ("none.ES256.topOrigin", Format::None),
];

#[test]
fn the_authenticator_makes_them_byte_for_byte() {
    for (name, format) in MADE {
        let vector = vector(name);
        let client = Client {
            cross_origin: vector["crossOrigin"] == true,
            top_origin: vector["topOrigin"].as_str().map(str::to_owned),
            ..Client::new(text(&FILE, "/origin"))
        };
        let request = CreationRequest {
            private_key: Some(hex(vector, "/inputs/credential_private_key").try_into().expect("32 bytes")),
            credential_id: Some(hex(vector, "/inputs/credential_id")),
            aaguid: Some(Aaguid(hex(vector, "/inputs/aaguid").try_into().expect("16 bytes"))),
            flags: Some(flags(vector)),
            extra_client_data: extra(vector),
            ..CreationRequest::new([0; 32], format)
        };
        let created = client.create(&options(vector), &request).expect(name);
        assert_eq!(created.client_data_json, hex(vector, "/outputs/clientDataJSON"), "{name}: clientDataJSON");
        assert_eq!(created.attestation_object, hex(vector, "/outputs/attestationObject"), "{name}: attestationObject");
        assert_eq!(created.credential_id, hex(vector, "/inputs/credential_id"), "{name}: credential id");
        assert!(verify(vector, &created.json).is_ok(), "{name}");
    }
}

#[test]
fn the_verifier_accepts_what_it_supports() {
    for (name, format) in MADE {
        let expected = match format {
            Format::None => AttestationType::None,
            Format::PackedSelf => AttestationType::SelfAttestation,
        };
        assert_eq!(verify(vector(name), &envelope(vector(name))), Ok(expected), "{name}");
    }
}

/// What is not implemented yet is refused at a step that says so, and nothing else is wrong before it.
#[test]
fn the_verifier_names_what_it_does_not_support() {
    for vector in vectors().iter().filter(|vector| MADE.iter().all(|(name, _)| vector["name"] != *name)) {
        let expected = if vector["alg"] == -7 { Step::Format } else { Step::Algorithm };
        assert_eq!(verify(vector, &envelope(vector)), Err(expected), "{}", vector["name"]);
    }
    assert_eq!(vectors().len(), 15);
}
