use serde_json::Value;

use super::*;
use crate::webauthn::authenticator_data::Flags;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::credential::{RegistrationResponse, ResponseDetails};

/// The W3C vector `none.ES256`.
fn vector() -> (Vec<u8>, Value) {
    let file: Value = serde_json::from_str(include_str!("../../../fixtures/vectors/registration.json")).expect("JSON");
    let vector = &file["vectors"][0];
    let hex = |pointer: &str| -> Vec<u8> {
        let digits = vector.pointer(pointer).and_then(Value::as_str).expect(pointer);
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex")).collect()
    };
    let response = RegistrationResponse {
        raw_id: hex("/inputs/credential_id"),
        client_data_json: hex("/outputs/clientDataJSON"),
        attestation_object: hex("/outputs/attestationObject"),
    };
    (hex("/inputs/challenge"), response.to_json(&ResponseDetails::default()))
}

fn verify(change: impl for<'a> FnOnce(Ceremony<'a>) -> Ceremony<'a>) -> Result<Registration, Step> {
    let (challenge, credential) = vector();
    let origins = ["https://example.org".to_owned()];
    let ceremony = change(Ceremony {
        challenge: &challenge,
        rp_id: "example.org",
        origins: &origins,
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: false,
        algorithms: &[CoseAlgorithm::RS256, CoseAlgorithm::ES256],
        is_registered: &|_id| false,
        trust_anchors: &[],
        now: 1_800_000_000,
    });
    verify_registration(&ceremony, &credential).map_err(|refusal| refusal.step)
}

#[test]
fn the_registration_tells_what_the_vector_holds() {
    let registration = verify(|ceremony| ceremony).expect("the vector is good");
    assert_eq!(registration.flags, Flags(0x59));
    assert_eq!(registration.aaguid.to_string(), "8446ccb9-ab1d-b374-750b-2367ff6f3a1f");
    assert_eq!(registration.format, "none");
    assert_eq!(registration.attestation_type, AttestationType::None);
    assert_eq!(registration.sign_count, 0);
    assert_eq!(registration.public_key.algorithm(), Some(CoseAlgorithm::ES256));
    assert_eq!(registration.credential_id.len(), 32);
}

#[test]
fn every_value_of_the_ceremony_counts() {
    assert_eq!(verify(|ceremony| Ceremony { challenge: &[0; 32], ..ceremony }), Err(Step::Challenge));
    assert_eq!(verify(|ceremony| Ceremony { origins: &[], ..ceremony }), Err(Step::Origin));
    assert_eq!(verify(|ceremony| Ceremony { rp_id: "example.com", ..ceremony }), Err(Step::RpIdHash));
    // The vector's UV flag is clear.
    assert_eq!(verify(|ceremony| Ceremony { user_verification_required: true, ..ceremony }), Err(Step::UserVerified));
    assert_eq!(verify(|ceremony| Ceremony { algorithms: &[CoseAlgorithm::RS256], ..ceremony }), Err(Step::Algorithm));
    assert_eq!(verify(|ceremony| Ceremony { is_registered: &|_id| true, ..ceremony }), Err(Step::CredentialIdUnique));
}

#[test]
fn what_the_relying_party_knows_decides_on_uniqueness() {
    let (_, credential) = vector();
    let id = crate::webauthn::base64::decode_url(credential["id"].as_str().expect("text")).expect("base64url");
    assert_eq!(
        verify(|ceremony| Ceremony { is_registered: &|_other| false, ..ceremony }).map(|done| done.credential_id),
        Ok(id)
    );
}

#[test]
fn steps_are_in_the_order_of_the_specification() {
    let numbers: Vec<_> = REGISTRATION.steps.iter().filter_map(|(_, number)| *number).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b));
    assert_eq!(numbers.len(), REGISTRATION.steps.len() - 1);
    assert!(REGISTRATION.steps.is_sorted() && REGISTRATION.steps.len() == Step::ALL.len());
    for step in Step::ALL {
        assert_eq!(Step::from_slug(step.slug()), Some(step));
    }
}

#[test]
fn hostile_text_is_shortened_and_escaped_in_details() {
    let (challenge, mut credential) = vector();
    let long = format!("{{\"type\":\"\\u001b[31m{}\"}}", "x".repeat(10_000));
    credential["response"]["clientDataJSON"] = crate::webauthn::base64::encode_url(long.as_bytes()).into();
    let ceremony = Ceremony {
        challenge: &challenge,
        rp_id: "example.org",
        origins: &[],
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: false,
        algorithms: &[],
        is_registered: &|_id| false,
        trust_anchors: &[],
        now: 1_800_000_000,
    };
    let refusal = verify_registration(&ceremony, &credential).expect_err("another type");
    assert_eq!(refusal.step, Step::Type);
    assert!(refusal.detail.len() < 200 && !refusal.detail.contains('\u{1b}'), "{}", refusal.detail);
}
