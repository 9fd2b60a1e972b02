use serde_json::json;

use super::*;
use crate::webauthn::attestation;
use crate::webauthn::authenticator_data::{AuthenticatorData, Flags};
use crate::webauthn::cbor::Form;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::webauthn::public_key::PublicKeyError;

fn options() -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions::from_json(&json!({
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "AAAA", "name": "a", "displayName": "A"},
        "challenge": "AAECAwQFBgcICQoLDA0ODw",
        "pubKeyCredParams": [{"type": "public-key", "alg": -257}, {"type": "public-key", "alg": -7}],
    }))
    .expect("options")
}

fn create(client: &Client, options: &PublicKeyCredentialCreationOptions) -> Result<CreatedCredential, ClientError> {
    client.create(options, &CreationRequest::new([1; 32], Format::None))
}

#[test]
fn one_seed_gives_one_credential() {
    let make = |seed: u8, format| {
        let request = CreationRequest::new([seed; 32], format);
        Client::new("https://example.org").create(&options(), &request).expect("created")
    };
    for format in Format::ALL {
        assert_eq!(make(1, format), make(1, format));
        assert_ne!(make(1, format).json, make(2, format).json);
        assert!(attestation::find(format.identifier()).is_some());
    }
}

#[test]
fn the_response_has_every_member_of_the_json_form() {
    let json = create(&Client::new("https://example.org"), &options()).expect("created").json;
    for path in ["/id", "/rawId", "/authenticatorAttachment", "/response/clientDataJSON", "/response/attestationObject"]
    {
        assert!(json.pointer(path).is_some_and(serde_json::Value::is_string), "{path}");
    }
    assert_eq!(json["type"], "public-key");
    assert_eq!(json["clientExtensionResults"], json!({}));
    assert_eq!(json["response"]["publicKeyAlgorithm"], -7);
    assert_eq!(json["response"]["transports"], json!(["usb"]));
    let spki = crate::webauthn::base64::decode_url(json["response"]["publicKey"].as_str().expect("text"));
    assert_eq!(spki.expect("base64url").len(), 91);
}

#[test]
fn excluded_credentials_are_honoured_unless_told_otherwise() {
    let mut client = Client::new("https://example.org");
    let mut options = options();
    options.exclude_credentials = vec![vec![1], vec![2]];
    let held = [vec![2]];
    let request = CreationRequest { held_credentials: &held, ..CreationRequest::new([1; 32], Format::None) };
    assert_eq!(client.create(&options, &request), Err(ClientError::InvalidState));
    assert!(create(&client, &options).is_ok());
    client.honours_exclude_credentials = false;
    assert!(client.create(&options, &request).is_ok());
}

#[test]
fn offered_algorithms_are_honoured_unless_told_otherwise() {
    let mut client = Client::new("https://example.org");
    let mut options = options();
    options.pub_key_cred_params = vec![-257];
    assert_eq!(create(&client, &options), Err(ClientError::NotSupported(CoseAlgorithm::ES256)));
    client.honours_algorithms = false;
    assert!(create(&client, &options).is_ok());
    client.honours_algorithms = true;
    options.pub_key_cred_params.clear();
    assert!(create(&client, &options).is_ok(), "an empty list stands for the defaults");
}

#[test]
fn the_rp_id_has_to_go_with_the_origin_unless_told_otherwise() {
    let mut options = options();
    let cases = [
        ("https://example.org", "example.org", true),
        ("https://example.org:8443", "example.org", true),
        ("https://login.example.org", "example.org", true),
        ("http://localhost:8080", "localhost", true),
        ("http://[::1]:8080", "[::1]", true),
        ("https://notexample.org", "example.org", false),
        ("https://example.org", "login.example.org", false),
        ("https://example.org", "org", false),
        ("https://example.org", ".example.org", false),
        ("https://example.org", "", false),
    ];
    for (origin, rp_id, good) in cases {
        options.rp.id = Some(rp_id.to_owned());
        let mut client = Client::new(origin);
        assert_eq!(create(&client, &options).is_ok(), good, "{rp_id:?} at {origin}");
        client.checks_rp_id = false;
        assert!(create(&client, &options).is_ok());
    }
    options.rp.id = None;
    assert!(create(&Client::new("https://example.org"), &options).is_ok());
    assert_eq!(create(&Client::new("example.org"), &options), Err(ClientError::Origin("example.org".to_owned())));
}

#[test]
fn a_user_handle_has_1_to_64_bytes() {
    let mut options = options();
    for (length, good) in [(0, false), (1, true), (64, true), (65, false)] {
        options.user.id = vec![1; length];
        assert_eq!(create(&Client::new("https://example.org"), &options).is_ok(), good, "{length} bytes");
    }
}

#[test]
fn user_verification_follows_the_options_or_the_request() {
    let mut options = options();
    for (wanted, answer, expected) in [
        (None, None, true),
        (Some("preferred"), None, true),
        (Some("required"), None, true),
        (Some("discouraged"), None, false),
        (Some("discouraged"), Some(true), true),
        (Some("required"), Some(false), false),
    ] {
        options.user_verification = wanted.map(str::to_owned);
        let request = CreationRequest { user_verified: answer, ..CreationRequest::new([1; 32], Format::None) };
        let created = Client::new("https://example.org").create(&options, &request).expect("created");
        let data = AuthenticatorData::decode(&created.authenticator_data, Form::Canonical).expect("good");
        assert_eq!(data.flags.has(Flags::USER_VERIFIED), expected, "{wanted:?} {answer:?}");
    }
}

#[test]
fn values_of_the_request_are_used() {
    let request = CreationRequest {
        credential_id_length: 1023,
        backup_eligible: true,
        backup_state: true,
        sign_count: 7,
        ..CreationRequest::new([1; 32], Format::None)
    };
    let created = Client::new("https://example.org").create(&options(), &request).expect("created");
    let data = AuthenticatorData::decode(&created.authenticator_data, Form::Canonical).expect("good");
    assert_eq!((data.flags, data.sign_count), (Flags(0x5d), 7));
    assert_eq!(data.attested.expect("attested").credential_id, created.credential_id);
    assert_eq!(created.credential_id.len(), 1023);
    let request = CreationRequest {
        key: Some(CredentialKey::Private(&[0xff; 32])),
        ..CreationRequest::new([1; 32], Format::None)
    };
    assert_eq!(Client::new("https://example.org").create(&options(), &request), Err(ClientError::PrivateKey));
}

#[test]
fn a_mutation_of_what_a_format_does_not_have_or_with_other_arguments_is_an_error() {
    let create = |id: &str, args: serde_json::Value, format| {
        let mutations = [(Mutation::find(id).expect(id), Args(args))];
        let request = CreationRequest { mutations: &mutations, ..CreationRequest::new([1; 32], format) };
        Client::new("https://example.org").create(&options(), &request).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(
        create("signature", json!(null), Format::None),
        Err("mutation signature: it does not apply to format none".to_owned())
    );
    assert!(create("tpm-cert-info", json!({"magic": 1}), Format::PackedX5c).is_err());
    assert!(create("tpm-cert-info", json!({"magic": 1}), Format::Tpm).is_ok());
    assert_eq!(
        create("sign-count", json!("x"), Format::None),
        Err("mutation sign-count: its arguments must be a whole number".to_owned())
    );
}

#[test]
fn every_rsa_key_of_the_file_can_be_made_and_signs() {
    let names: Vec<&str> = keys::RsaKey::names().collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        let pair = keys::KeyPair::Rsa(keys::RsaKey::named(name).expect(name));
        let signature = pair.sign(CoseAlgorithm::RS256, b"message");
        // RFC 8812, section 2: RS256 is for 2048 bits and more.
        let verified = if name == "rsa-1024" { Err(PublicKeyError::Invalid) } else { Ok(()) };
        assert_eq!(pair.public_key().verify(CoseAlgorithm::RS256, b"message", &signature), verified, "{name}");
    }
}

/// Our signatures by the crates of RustCrypto, verified by AWS-LC.
#[test]
fn every_algorithm_signs_what_another_implementation_verifies() {
    for (algorithm, name, kind) in CoseAlgorithm::ALL {
        let Some(pair) = keys::KeyPair::derive(kind, &[9; 32], "key") else {
            assert_eq!(algorithm, CoseAlgorithm::ED448);
            continue;
        };
        let key = pair.cose_key(algorithm);
        assert_eq!(key.require_usable(), Ok(()), "{name}");
        let signature = pair.sign(algorithm, b"message");
        assert_eq!(key.verify(algorithm, b"message", &signature), Ok(()), "{name}");
        assert!(key.verify(algorithm, b"massage", &signature).is_err(), "{name}");
        assert_eq!(signature, pair.sign(algorithm, b"message"), "{name} is deterministic");
        let spki = crate::webauthn::public_key::PublicKey::from_spki_der(&key.to_spki_der().expect("usable"));
        assert_eq!(spki, Ok(pair.public_key()), "{name}");
    }
}
