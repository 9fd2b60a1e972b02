use proptest::prelude::*;

use super::*;

fn sample() -> Value {
    json!({
        "rp": {"name": "Example", "id": "example.org"},
        "user": {"id": "++//AQ==", "name": "a", "displayName": "b"},
        "challenge": "--__AQ",
        "pubKeyCredParams": [{"type": "public-key", "alg": -7.0}, {"type": "other", "alg": 1}, {"type": "public-key", "alg": -257}],
        "timeout": 60000.0,
        "excludeCredentials": [{"type": "public-key", "id": "--__AQ=="}],
        "authenticatorSelection": {"userVerification": "required"},
        "attestation": "none"
    })
}

#[test]
fn both_documented_forms_give_the_same_options() {
    let inner = PublicKeyCredentialCreationOptions::from_json(&sample()).expect("inner object");
    assert_eq!(inner.challenge, [0xfb, 0xef, 0xff, 0x01]);
    assert_eq!(inner.user.id, inner.challenge);
    assert_eq!(inner.exclude_credentials, std::slice::from_ref(&inner.challenge));
    assert_eq!(inner.pub_key_cred_params, [-7, -257]);
    assert_eq!(inner.timeout, Some(60_000));
    let outer = json!({"publicKey": sample()}).to_string();
    for text in [outer.clone(), base64::encode_url(outer.as_bytes()), base64::encode_standard(outer.as_bytes())] {
        assert_eq!(PublicKeyCredentialCreationOptions::from_text(&text).expect("options"), inner);
    }
    let quoted = json!(base64::encode_standard(outer.as_bytes())).to_string();
    assert_eq!(PublicKeyCredentialCreationOptions::from_text(&quoted).expect("options"), inner);
}

#[test]
fn errors_name_the_member() {
    let error = |path: &str, value: Value| {
        let mut options = sample();
        *options.pointer_mut(path).expect(path) = value;
        PublicKeyCredentialCreationOptions::from_json(&options).expect_err(path).to_string()
    };
    assert_eq!(error("/challenge", Value::Null), "the creation options have no challenge");
    assert_eq!(error("/challenge", json!("!")), "challenge of the creation options is not base64 or base64url");
    assert_eq!(error("/rp", json!(1)), "rp of the creation options is not an object");
    assert_eq!(
        error("/pubKeyCredParams/0/alg", json!(-7.5)),
        "pubKeyCredParams.alg of the creation options is not a whole number"
    );
    assert_eq!(error("/timeout", json!(-1)), "timeout of the creation options is not a duration in ms");
}

#[test]
fn what_is_neither_json_nor_base64_is_refused() {
    for text in ["", "{", "!!!", "AAAA", "[]", "1"] {
        assert!(PublicKeyCredentialCreationOptions::from_text(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(
        challenge in proptest::collection::vec(any::<u8>(), 0..70), id in ".*", algorithms in proptest::collection::vec(any::<i64>(), 0..5),
        excluded in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..4), timeout in any::<Option<u32>>(),
    ) {
        let options = PublicKeyCredentialCreationOptions {
            rp: RpEntity { id: Some(id.clone()), name: id.clone() },
            user: UserEntity { id: challenge.clone(), name: id.clone(), display_name: id },
            challenge, pub_key_cred_params: algorithms, exclude_credentials: excluded, timeout: timeout.map(u64::from),
            attestation: Some("direct".to_owned()), user_verification: Some("preferred".to_owned()), ..Default::default()
        };
        let text = options.to_json().to_string();
        prop_assert_eq!(PublicKeyCredentialCreationOptions::from_text(&text), Ok(options));
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = PublicKeyCredentialCreationOptions::from_text(&text);
    }
}
