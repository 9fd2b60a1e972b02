use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, Signature, SigningKey};

use super::*;
use crate::webauthn::cbor::Form;

fn pair(scalar: u8) -> (SigningKey, CoseKey) {
    let key = SigningKey::from_slice(&[scalar; 32]).expect("a scalar");
    let point = key.verifying_key().to_sec1_point(false);
    let public = PublicKey { kind: KeyKind::P256, bytes: point.as_bytes().to_vec() };
    (key, CoseKey::new(CoseAlgorithm::ES256, &public))
}

#[test]
fn an_encoded_key_is_canonical_and_comes_back() {
    let (_, key) = pair(1);
    let value = cbor::decode(&key.encode(), Form::Canonical).expect("canonical");
    assert_eq!(CoseKey::from_value(value), Ok(key));
    assert_eq!(CoseKey::from_value(Value::Null), Err(CoseError::NotMap));
}

#[test]
fn a_signature_stands_for_its_key_algorithm_and_message_only() {
    let ((secret, key), (_, other)) = (pair(1), pair(2));
    let signature: DerSignature = secret.sign(b"message");
    let signature = signature.as_bytes();
    assert_eq!(key.verify(CoseAlgorithm::ES256, b"message", signature), Ok(()));
    assert_eq!(key.verify(CoseAlgorithm::ES256, b"massage", signature), Err(CoseError::Key(PublicKeyError::Signature)));
    assert_eq!(
        other.verify(CoseAlgorithm::ES256, b"message", signature),
        Err(CoseError::Key(PublicKeyError::Signature))
    );
    let wrong = CoseError::UnsupportedAlgorithm(CoseAlgorithm::RS256);
    assert_eq!(key.verify(CoseAlgorithm::RS256, b"message", signature), Err(wrong));
}

/// WebAuthn asks for no low s, so both halves of a signature's pair stand.
#[test]
fn either_s_of_a_signature_is_accepted() {
    let (secret, key) = pair(1);
    let signature: Signature = secret.sign(b"message");
    let (r, s) = signature.split_scalars();
    let negated = Signature::from_scalars(r.to_bytes(), (-*s).to_bytes()).expect("a signature");
    assert_ne!(negated, signature);
    for signature in [signature, negated] {
        assert_eq!(key.verify(CoseAlgorithm::ES256, b"message", signature.to_der().as_bytes()), Ok(()));
    }
}

#[test]
fn a_public_key_in_der_ends_with_its_point() {
    let (secret, key) = pair(3);
    let der = key.to_spki_der().expect("usable");
    assert_eq!(der.len(), 91);
    assert_eq!(&der[26..], secret.verifying_key().to_sec1_point(false).as_bytes());
}
