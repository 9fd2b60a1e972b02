//! Credentials in bulk: their keys and signatures under another implementation, and the whole beside the ordinary client.

use std::collections::HashSet;
use std::thread;

use proofmark::authenticator::{
    BulkAuthenticator, ChainedKey, Client, CreationRequest, CredentialKey, Format, KeyChain,
};
use proofmark::relying_party::{AttestationType, Ceremony, Registration, verify_registration};
use proofmark::webauthn::base64::{decode_url, encode_url};
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::options::{PublicKeyCredentialCreationOptions, RpEntity, UserEntity};
use serde_json::Value;

const ORIGIN: &str = "https://login.example.org";
const RP_ID: &str = "example.org";

/// Enough for every batch border that there is, and for a few short numbers in signatures.
const MANY: u32 = 100_000;

struct Signed {
    key: ChainedKey,
    message: [u8; 4],
    signature: Vec<u8>,
}

impl Signed {
    /// The number r of the signature: the x coordinate of the nonce's point.
    fn r(&self) -> &[u8] {
        &self.signature[4..4 + usize::from(self.signature[3])]
    }
}

#[test]
fn a_hundred_thousand_keys_and_nonces_differ_and_every_signature_verifies() {
    let mut chain = KeyChain::new(&[5; 32]);
    let sign = |number: u32| {
        let (key, message) = (chain.next_key(), number.to_be_bytes());
        Signed { signature: chain.sign(&key, &message), key, message }
    };
    let signed: Vec<Signed> = (0..MANY).map(sign).collect();
    let keys: HashSet<Vec<u8>> = signed.iter().map(|signed| signed.key.public_key().bytes).collect();
    let nonces: HashSet<&[u8]> = signed.iter().map(Signed::r).collect();
    assert_eq!((keys.len(), nonces.len()), (signed.len(), signed.len()));
    // By AWS-LC, which has nothing in common with what signed.
    let verify = |part: &[Signed]| {
        for Signed { key, message, signature } in part {
            assert_eq!(key.public_key().verify(CoseAlgorithm::ES256, message, signature), Ok(()));
        }
    };
    let (first, second) = signed.split_at(signed.len() / 2);
    thread::scope(|scope| {
        scope.spawn(|| verify(first));
        verify(second);
    });
}

fn options(challenge: &[u8]) -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions {
        rp: RpEntity { id: Some(RP_ID.to_owned()), name: "Example".to_owned() },
        user: UserEntity { id: vec![1; 16], name: "alice".to_owned(), display_name: "Alice".to_owned() },
        challenge: challenge.to_vec(),
        pub_key_cred_params: vec![-7, -257],
        user_verification: Some("required".to_owned()),
        ..PublicKeyCredentialCreationOptions::default()
    }
}

fn verify(challenge: &[u8], credential: &Value, is_registered: &dyn Fn(&[u8]) -> bool) -> Registration {
    let ceremony = Ceremony {
        challenge,
        rp_id: RP_ID,
        origins: &[ORIGIN.to_owned()],
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: true,
        algorithms: &[CoseAlgorithm::ES256, CoseAlgorithm::RS256],
        is_registered,
        trust_anchors: &[],
        now: 1_800_000_000,
    };
    verify_registration(&ceremony, credential).expect("verified")
}

/// What the ordinary client writes for the key and the id of a bulk credential.
fn ordinary(options: &PublicKeyCredentialCreationOptions, format: Format, key: &ChainedKey, id: &[u8]) -> Value {
    let request = CreationRequest {
        key: Some(CredentialKey::Private(&key.private_key())),
        credential_id: Some(id.to_vec()),
        ..CreationRequest::new([0; 32], format)
    };
    Client::new(ORIGIN).create(options, &request).expect("created").json
}

/// The members with their paths in the order in which they stand.
fn members(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(object) if !object.is_empty() => {
            object.iter().for_each(|(name, value)| members(value, &format!("{path}/{name}"), found));
        }
        leaf => found.push((path.to_owned(), leaf.clone())),
    }
}

#[test]
fn a_bulk_credential_verifies_and_is_the_ordinary_one_member_by_member() {
    for (format, attestation_type) in
        [(Format::None, AttestationType::None), (Format::PackedSelf, AttestationType::SelfAttestation)]
    {
        let mut authenticator = BulkAuthenticator::new(ORIGIN, format, [9; 32]).expect("a bulk format");
        // The same seed gives the same keys.
        let mut chain = KeyChain::new(&[9; 32]);
        let mut ids = HashSet::new();
        for number in 0..400_u16 {
            let challenge = [&[0xfb; 16][..], &number.to_be_bytes()].concat();
            let (options, key) = (options(&challenge), chain.next_key());
            let text = authenticator.respond(&options.to_json().to_string()).expect("created");
            let credential: Value = serde_json::from_str(&text).expect("JSON");
            let registration = verify(&challenge, &credential, &|id| ids.contains(id));
            assert_eq!(registration.public_key.public_key(), Ok(key.public_key()));
            assert_eq!(registration.attestation_type, attestation_type);
            let ordinary = ordinary(&options, format, &key, &registration.credential_id);
            assert_same(&credential, &ordinary, format);
            assert_eq!(text, credential.to_string(), "as serde_json writes it");
            ids.insert(registration.credential_id);
        }
    }
}

/// The same members in the same order with the same values, but for the signature in the attestation object.
fn assert_same(bulk: &Value, ordinary: &Value, format: Format) {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    members(bulk, "", &mut own);
    members(ordinary, "", &mut other);
    assert_eq!(own.len(), other.len());
    for ((path, own), (other_path, other)) in own.into_iter().zip(other) {
        assert_eq!(path, other_path);
        if format == Format::PackedSelf && path == "/response/attestationObject" {
            let (own, other) = (around_signature(&own), around_signature(&other));
            assert_eq!(own, other, "{path}");
        } else {
            assert_eq!(own, other, "{path}");
        }
    }
}

/// A packed attestation object before the length of the signature, and behind the signature.
fn around_signature(object: &Value) -> [String; 2] {
    let bytes = decode_url(object.as_str().expect("text")).expect("base64url");
    let start = bytes.windows(4).position(|window| window == b"sig\x58").expect("a signature") + 4;
    let end = start + 1 + usize::from(bytes[start]);
    [encode_url(&bytes[..start]), encode_url(&bytes[end..])]
}
