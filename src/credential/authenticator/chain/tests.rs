use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Value, json};

use super::wanted::Wanted;
use super::*;
use crate::authenticator::{Client, ClientError, CreationRequest, CredentialKey, Format};
use crate::webauthn::attestation::AttestationObject;
use crate::webauthn::base64;
use crate::webauthn::cbor::{Form, member};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

const ORIGIN: &str = "https://example.org";

fn options() -> Value {
    json!({"publicKey": {
        "rp": {"id": "example.org", "name": "Example"},
        "user": {"id": "AAAA", "name": "a", "displayName": "A"},
        "challenge": "AAECAwQFBgcICQoLDA0ODw",
        "pubKeyCredParams": [{"type": "public-key", "alg": -257}, {"type": "public-key", "alg": -7}],
        "timeout": 60000,
        "excludeCredentials": [{"type": "public-key", "id": "AQID"}],
        "authenticatorSelection": {"userVerification": "required"},
        "attestation": "none",
    }})
}

/// The options with a member of `publicKey` replaced.
fn with(pointer: &str, value: Value) -> String {
    let mut options = options();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    let parent = options.pointer_mut(&format!("/publicKey{parent}")).expect(pointer);
    parent[name] = value;
    options.to_string()
}

#[test]
fn options_are_read_as_everywhere_else() {
    let inner = options()["publicKey"].to_string();
    let (text, null) = (options().to_string(), Value::Null);
    let mut texts = vec![
        text.clone(),
        format!("\n {text}\n"),
        format!("{text}x"),
        text.replace("example.org", "ex\\u0061mple.org"),
        text.replace("\"rp\":", "\"rp\":{\"id\":\"other.org\"},\"rp\":"),
        base64::encode_standard(text.as_bytes()),
        inner,
        format!("[{text}]"),
        String::new(),
        "{}".to_owned(),
        r#"{"publicKey":[{"id":"example.org"},{"id":"AAAA"},"AAAA"]}"#.to_owned(),
    ];
    let selection = |member: &str, value: &Value| with("/authenticatorSelection", json!({member: value}));
    for value in [&null, &json!("discouraged"), &json!("preferred"), &json!("platform"), &json!("\"\n"), &json!(1)] {
        texts.extend([selection("userVerification", value), selection("authenticatorAttachment", value)]);
    }
    for value in ["AAA", "AAA=", "AA+/", "AA-_", "A", "AB", "!", ""] {
        texts.extend([with("/challenge", json!(value)), with("/user/id", json!(value))]);
    }
    for pointer in ["/rp", "/rp/id", "/user", "/user/id", "/challenge", "/pubKeyCredParams", "/authenticatorSelection"]
    {
        texts.extend([&null, &json!(1), &json!([]), &json!([1])].map(|value| with(pointer, value.clone())));
    }
    for entry in [
        json!({"alg": -7}),
        json!({"type": "public-key", "alg": -7.0}),
        json!({"type": "other", "alg": -7}),
        json!({"type": null, "alg": -7}),
        json!({"type": "public-key", "alg": -8}),
        json!({"type": "public-key"}),
        json!({"type": "public-key", "alg": "-7"}),
    ] {
        texts.push(with("/pubKeyCredParams", json!([entry])));
    }
    for text in texts {
        let expected = PublicKeyCredentialCreationOptions::from_text(&text).map(Wanted::from);
        assert_eq!(Wanted::read(&text), expected, "{text}");
    }
}

#[test]
fn the_usual_form_of_options_is_not_copied() {
    let text = options().to_string();
    let wanted = Wanted::read(&text).expect("options");
    assert!(matches!((wanted.challenge, wanted.rp_id), (Cow::Borrowed(_), Some(Cow::Borrowed(_)))));
}

/// What the client makes of the same options with the key and the id that a bulk credential has.
fn reference(client: &Client, format: Format, options: &str, key: &ChainedKey, bulk: &Value) -> String {
    let id = base64::decode_url(bulk["id"].as_str().expect("an id")).expect("base64url");
    let request = CreationRequest {
        key: Some(CredentialKey::Private(&key.private_key())),
        credential_id: Some(id),
        ..CreationRequest::new([0; 32], format)
    };
    let options = PublicKeyCredentialCreationOptions::from_text(options).expect("options");
    String::from_utf8(client.create(&options, &request).expect("created").text).expect("UTF-8")
}

/// Takes the signature of a packed statement out of a credential.
fn without_signature(text: &str) -> (Value, Vec<u8>) {
    let mut credential: Value = serde_json::from_str(text).expect("JSON");
    let object = &mut credential["response"]["attestationObject"];
    let bytes = base64::decode_url(object.as_str().expect("text")).expect("base64url");
    let decoded = AttestationObject::decode(&bytes, Form::Canonical).expect("an attestation object");
    assert_eq!(decoded.encode(), bytes);
    let mut statement = decoded.statement.into_map().expect("a map");
    let signature = member(&statement, "sig").and_then(|sig| sig.as_bytes()).expect("a signature").clone();
    statement.retain(|(name, _)| name.as_text() != Some("sig"));
    *object = json!([decoded.format, format!("{statement:?}"), decoded.authenticator_data]);
    (credential, signature)
}

#[test]
fn bulk_credentials_are_those_of_the_client() {
    let texts = [
        options().to_string(),
        with("/challenge", json!("_-8")),
        with("/rp", json!({"name": "the origin's host"})),
        with(
            "/authenticatorSelection",
            json!({"userVerification": "discouraged", "authenticatorAttachment": "platform"}),
        ),
        with("/authenticatorSelection", json!({"authenticatorAttachment": "\"odd\"\n"})),
        with("/pubKeyCredParams", json!([])),
        options().to_string(),
    ];
    let mut framed = Client::new("https://login.example.org:8443");
    framed.cross_origin = true;
    framed.top_origin = Some("https://\"top\".example".to_owned());
    for client in [Client::new(ORIGIN), framed] {
        let mut chain = KeyChain::new(&[7; 32]);
        let mut none = BulkAuthenticator::with_client(client.clone(), Format::None, [7; 32]).expect("a format");
        let mut packed = BulkAuthenticator::with_client(client.clone(), Format::PackedSelf, [7; 32]).expect("a format");
        for text in &texts {
            let key = chain.next_key();
            let made = none.respond(text).expect("created");
            let bulk = serde_json::from_str(&made).expect("JSON");
            assert_eq!(made, reference(&client, Format::None, text, &key, &bulk));
            let options: Value = serde_json::from_str(text).expect("JSON");
            for options in [options.get("publicKey").unwrap_or(&options), &options] {
                let made = packed.clone().respond_to_json(options).map(|made| (made.id(), made.text(), made.to_json()));
                let (id, text, json) = made.expect("created");
                assert_eq!((&json["id"], json.to_string()), (&json!(id), text), "as JSON and as text");
            }
            let made = packed.respond(text).expect("created");
            let bulk = serde_json::from_str(&made).expect("JSON");
            let expected = reference(&client, Format::PackedSelf, text, &key, &bulk);
            let ((made, own), (expected, other)) = (without_signature(&made), without_signature(&expected));
            assert_eq!(made.to_string(), expected.to_string(), "the same members in the same order");
            assert_ne!(own, other, "the nonce is another");
        }
    }
}

#[test]
fn every_credential_has_an_id_of_its_own() {
    let mut authenticator = BulkAuthenticator::new(ORIGIN, Format::None, [1; 32]).expect("a format");
    let text = options().to_string();
    let mut made = || -> String {
        let json: Value = serde_json::from_str(&authenticator.respond(&text).expect("created")).expect("JSON");
        json["id"].as_str().expect("text").to_owned()
    };
    let ids: HashSet<String> = (0..1000).map(|_| made()).collect();
    assert_eq!(ids.len(), 1000);
    assert!(ids.iter().all(|id| id.starts_with("-_") && id.len() == 43));
}

#[test]
fn what_the_client_refuses_is_refused() {
    let refusal = |origin: &str, text: &str| {
        let mut authenticator = BulkAuthenticator::new(origin, Format::None, [1; 32]).expect("a format");
        authenticator.respond(text).expect_err("refused")
    };
    assert_eq!(refusal(ORIGIN, &with("/user/id", json!(""))), ClientError::UserId(0).into());
    let long = base64::encode_url(&[1; 65]);
    assert_eq!(refusal(ORIGIN, &with("/user/id", json!(long))), ClientError::UserId(65).into());
    let other = with("/pubKeyCredParams", json!([{"type": "public-key", "alg": -257}]));
    assert_eq!(refusal(ORIGIN, &other), ClientError::NotSupported(CoseAlgorithm::ES256).into());
    let unknown = with("/pubKeyCredParams", json!([{"type": "foo", "alg": -7}]));
    assert_eq!(refusal(ORIGIN, &unknown), ClientError::NotSupported(CoseAlgorithm::ES256).into());
    let elsewhere = refusal("https://elsewhere.test", &options().to_string());
    assert!(matches!(elsewhere, BulkError::Client(ClientError::Security { .. })));
    assert!(matches!(refusal("example.org", &options().to_string()), BulkError::Client(ClientError::Origin(_))));
    assert!(matches!(refusal(ORIGIN, "{}"), BulkError::Options(_)));
    let mut lenient = Client::new("https://elsewhere.test");
    (lenient.checks_rp_id, lenient.honours_algorithms) = (false, false);
    let mut authenticator = BulkAuthenticator::with_client(lenient, Format::None, [1; 32]).expect("a format");
    assert!(authenticator.respond(&other).is_ok());
}

#[test]
fn other_formats_are_not_made_in_bulk() {
    for format in Format::ALL {
        let made = BulkAuthenticator::new(ORIGIN, format, [1; 32]);
        assert_eq!(made.is_ok(), matches!(format, Format::None | Format::PackedSelf), "{format:?}");
    }
    let error = BulkAuthenticator::new(ORIGIN, Format::Tpm, [1; 32]).err().expect("refused");
    assert_eq!(error.to_string(), "format tpm can't be made in bulk, only none and packed-self can");
}
