//! The registration test vectors of WebAuthn Level 3, made and verified through the public API.

use std::sync::LazyLock;

use proofmark::authenticator::{Client, CreationRequest, CredentialKey, Format, VectorAttestation};
use proofmark::relying_party::{AttestationType, Ceremony, Refusal, Step, verify_registration};
use proofmark::webauthn::attestation::AttestationObject;
use proofmark::webauthn::authenticator_data::{Aaguid, AuthenticatorData, Flags};
use proofmark::webauthn::base64::encode_url;
use proofmark::webauthn::cbor::Form;
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::credential::{RegistrationResponse, ResponseDetails};
use proofmark::webauthn::options::{PublicKeyCredentialCreationOptions, RpEntity, UserEntity};
use proofmark::webauthn::x509::Certificate;
use serde_json::{Value, json};

static FILE: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../fixtures/vectors/registration.json")).expect("the vectors are JSON")
});

fn vectors() -> &'static [Value] {
    FILE["vectors"].as_array().expect("a list")
}

fn text<'a>(vector: &'a Value, pointer: &str) -> &'a str {
    vector.pointer(pointer).and_then(Value::as_str).expect(pointer)
}

fn hex(vector: &Value, pointer: &str) -> Vec<u8> {
    let digits = text(vector, pointer);
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex")).collect()
}

fn maybe(vector: &Value, pointer: &str) -> Option<Vec<u8>> {
    vector.pointer(pointer).map(|_there| hex(vector, pointer))
}

fn name(vector: &Value) -> &str {
    text(vector, "/name")
}

fn algorithm(vector: &Value) -> CoseAlgorithm {
    CoseAlgorithm(vector["alg"].as_i64().expect("alg"))
}

fn format(vector: &Value) -> Format {
    match text(vector, "/format") {
        "packed" if name(vector) != "packed-self.ES256" => Format::PackedX5c,
        "packed" => Format::PackedSelf,
        other => Format::from_slug(other).expect(other),
    }
}

fn options(vector: &Value) -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions {
        rp: RpEntity { id: Some(text(&FILE, "/rpId").to_owned()), name: "Example".to_owned() },
        user: UserEntity { id: vec![1], ..UserEntity::default() },
        challenge: hex(vector, "/inputs/challenge"),
        pub_key_cred_params: vec![algorithm(vector).0],
        ..PublicKeyCredentialCreationOptions::default()
    }
}

/// The member that the vectors append to the client data where they draw `extraData_random`.
fn extra(vector: &Value) -> Vec<(String, Value)> {
    let Some(random) = maybe(vector, "/inputs/extraData_random") else { return Vec::new() };
    let sentence = "clientDataJSON may be extended with additional fields in the future, such as this: ";
    vec![("extraData".to_owned(), json!(format!("{sentence}{}", encode_url(&random))))]
}

/// Accepts what the vector is about, cross-origin use included, and trusts the vectors' root.
fn verify(vector: &Value, credential: &Value) -> Result<AttestationType, Refusal> {
    let challenge = hex(vector, "/inputs/challenge");
    let root = Certificate::from_der(&hex(&FILE, "/attestation_root/certificate")).expect("a certificate");
    let ceremony = Ceremony {
        challenge: &challenge,
        rp_id: text(&FILE, "/rpId"),
        origins: &[text(&FILE, "/origin").to_owned()],
        top_origins: &["https://example.com".to_owned()],
        allow_cross_origin: vector["crossOrigin"] == true,
        user_verification_required: false,
        algorithms: &[algorithm(vector)],
        is_registered: &|_id| false,
        trust_anchors: &[root],
        now: 1_800_000_000,
    };
    verify_registration(&ceremony, credential).map(|done| done.attestation_type)
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

/// Ed448 keys can't be made (no maintained stable crate has them); that vector is parsed, verified and written again.
fn made() -> impl Iterator<Item = &'static Value> {
    vectors().iter().filter(|vector| algorithm(vector) != CoseAlgorithm::ED448)
}

#[test]
fn the_authenticator_makes_fourteen_of_fifteen_byte_for_byte() {
    for vector in made() {
        let client = Client {
            cross_origin: vector["crossOrigin"] == true,
            top_origin: vector["topOrigin"].as_str().map(str::to_owned),
            ..Client::new(text(&FILE, "/origin"))
        };
        let private = maybe(vector, "/inputs/credential_private_key").or_else(|| maybe(vector, "/inputs/private_key"));
        let primes = maybe(vector, "/inputs/private_key_p").zip(maybe(vector, "/inputs/private_key_q"));
        let key = match (&private, &primes) {
            (Some(private), _) => CredentialKey::Private(private),
            (None, Some((p, q))) => CredentialKey::Primes(p, q),
            (None, None) => panic!("{} has no key", name(vector)),
        };
        let serial = maybe(vector, "/inputs/attestation_cert_serial_number");
        let request = CreationRequest {
            algorithm: algorithm(vector),
            key: Some(key),
            credential_id: Some(hex(vector, "/inputs/credential_id")),
            aaguid: Some(Aaguid(hex(vector, "/inputs/aaguid").try_into().expect("16 bytes"))),
            flags: Some(Flags(hex(vector, "/flags")[0])),
            extra_client_data: extra(vector),
            vector_attestation: serial.map(|certificate_serial| VectorAttestation {
                authority_private_key: hex(&FILE, "/attestation_root/inputs/attestation_ca_key"),
                private_key: maybe(vector, "/inputs/attestation_private_key"),
                certificate_serial,
            }),
            ..CreationRequest::new([0; 32], format(vector))
        };
        let name = name(vector);
        let created = client.create(&options(vector), &request).expect(name);
        assert_eq!(created.client_data_json, hex(vector, "/outputs/clientDataJSON"), "{name}: clientDataJSON");
        assert_eq!(created.attestation_object, hex(vector, "/outputs/attestationObject"), "{name}: attestationObject");
        assert_eq!(created.credential_id, hex(vector, "/inputs/credential_id"), "{name}: credential id");
    }
    assert_eq!((vectors().len(), made().count()), (15, 14));
}

#[test]
fn the_verifier_accepts_all_fifteen_up_to_the_vectors_root() {
    for vector in vectors() {
        let expected = match format(vector) {
            Format::None => AttestationType::None,
            Format::PackedSelf => AttestationType::SelfAttestation,
            _ => AttestationType::Certified,
        };
        assert_eq!(verify(vector, &envelope(vector)), Ok(expected), "{}", name(vector));
    }
}

#[test]
fn every_structure_of_a_vector_is_written_as_it_was_read() {
    for vector in vectors() {
        let bytes = hex(vector, "/outputs/attestationObject");
        let object = AttestationObject::decode(&bytes, Form::Canonical).expect("canonical");
        assert_eq!(object.encode(), bytes, "{}", name(vector));
        let data = AuthenticatorData::decode(&object.authenticator_data, Form::Canonical).expect("canonical");
        assert_eq!(data.encode(), object.authenticator_data, "{}", name(vector));
        let key = &data.attested.expect("attested").public_key;
        assert_eq!(key.algorithm(), Some(algorithm(vector)), "{}", name(vector));
        assert_eq!(key.require_usable(), Ok(()), "{}", name(vector));
    }
}

/// Strict servers refuse some vectors, for properties that the credentials of the suites therefore do not share.
#[test]
fn the_suites_own_credentials_are_more_usual_than_the_vectors() {
    let (client, seed) = (Client::new(text(&FILE, "/origin")), [5; 32]);
    let vector = &vectors()[0];
    let create = |format, algorithm: CoseAlgorithm| {
        let request = CreationRequest { algorithm, ..CreationRequest::new(seed, format) };
        let mut options = options(vector);
        options.pub_key_cred_params = vec![algorithm.0];
        let created = client.create(&options, &request).unwrap_or_else(|error| panic!("{}: {error}", format.slug()));
        let object = AttestationObject::decode(&created.attestation_object, Form::Canonical).expect("canonical");
        let data = AuthenticatorData::decode(&object.authenticator_data, Form::Canonical).expect("canonical");
        (object, data.attested.expect("attested"))
    };
    let leaf = |object: &AttestationObject| {
        let members = object.statement.as_map().expect("a map");
        let chain = proofmark::webauthn::cbor::member(members, "x5c").and_then(|x5c| x5c.as_array()).expect("x5c");
        Certificate::from_der(chain[0].as_bytes().expect("bytes")).expect("a certificate")
    };
    let (u2f, attested) = create(Format::FidoU2f, CoseAlgorithm::ES256);
    assert_eq!(attested.aaguid, Aaguid::ZERO, "CTAP asks for a zero AAGUID with U2F");
    assert_eq!(u2f.format, "fido-u2f");
    let (packed, attested) = create(Format::PackedX5c, CoseAlgorithm::ES256);
    let certificate = leaf(&packed);
    assert_eq!(certificate.subject("2.5.4.6"), ["CH"], "an assigned country");
    assert_eq!(certificate.subject("2.5.4.11"), ["Authenticator Attestation"]);
    let (critical, extension) = certificate.extension("1.3.6.1.4.1.45724.1.1.4").expect("the AAGUID extension");
    assert_eq!((critical, &extension[2..]), (false, &attested.aaguid.0[..]));
    let (tpm, attested) = create(Format::Tpm, CoseAlgorithm::RS256);
    let certificate = leaf(&tpm);
    let (_, name) = certificate.extension("2.5.29.17").expect("a subject alternative name");
    let vendor = b"id:49465800";
    assert!(name.windows(vendor.len()).any(|window| window == vendor), "a vendor of the TCG registry");
    assert!(certificate.extension("2.5.29.37").is_some(), "the extended key usage");
    let modulus = attested.public_key.get(-1).and_then(|n| n.as_bytes()).expect("n");
    assert_eq!(modulus.len(), 256, "2,048 bits");
    let (android, _) = create(Format::AndroidKey, CoseAlgorithm::ES256);
    let certificate = leaf(&android);
    let (_, description) = certificate.extension("1.3.6.1.4.1.11129.2.1.17").expect("a key description");
    // [702] origin GENERATED and [1] purpose SIGN.
    for field in [&[0xbf, 0x85, 0x3e, 0x03, 0x02, 0x01, 0x00][..], &[0xa1, 0x05, 0x31, 0x03, 0x02, 0x01, 0x02]] {
        assert!(description.windows(field.len()).any(|window| window == field), "{field:02x?}");
    }
}

#[test]
fn another_root_does_not_vouch_for_the_vectors() {
    let vector = vectors().iter().find(|vector| name(vector) == "packed.ES256").expect("packed");
    let challenge = hex(vector, "/inputs/challenge");
    let root = Certificate::from_der(&proofmark::authenticator::attestation_root()).expect("a certificate");
    let ceremony = Ceremony {
        challenge: &challenge,
        rp_id: text(&FILE, "/rpId"),
        origins: &[text(&FILE, "/origin").to_owned()],
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: false,
        algorithms: &[algorithm(vector)],
        is_registered: &|_id| false,
        trust_anchors: &[root],
        now: 1_800_000_000,
    };
    let refusal = verify_registration(&ceremony, &envelope(vector)).expect_err("another root");
    assert_eq!(refusal.step, Step::AttestationTrust);
}
