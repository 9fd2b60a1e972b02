//! No statement and no certificate makes the verifier panic.

use std::sync::LazyLock;

use proofmark::authenticator::{Format, attestation_root};
use proofmark::runner::offline_case::NOW;
use proofmark::webauthn::attestation::{AttestationObject, FORMATS, Statement, find};
use proofmark::webauthn::authenticator_data::{Aaguid, AttestedCredentialData, AuthenticatorData};
use proofmark::webauthn::cbor::{Form, Value};
use proofmark::webauthn::cose::CoseKey;
use proofmark::webauthn::x509::{Certificate, oid, validate_path};
use proptest::prelude::*;
use proptest::sample::Index;

use super::encodings::{scalar_values, values};
use super::{Setting, anchors};

/// A good credential of every format, taken apart.
struct Good {
    object: AttestationObject,
    data: AuthenticatorData,
    attested: AttestedCredentialData,
    client_data_hash: [u8; 32],
}

static GOOD: LazyLock<Vec<Good>> = LazyLock::new(|| {
    let take_apart = |format| {
        let made = Setting::of(format).create();
        let object = AttestationObject::decode(&made.attestation_object, Form::Canonical).expect("good");
        let mut data = AuthenticatorData::decode(&object.authenticator_data, Form::Canonical).expect("good");
        let attested = data.attested.take().expect("attested");
        let client_data_hash = sha256(&made.client_data_json);
        Good { object, data, attested, client_data_hash }
    };
    Format::ALL.map(take_apart).into()
});

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}

impl Good {
    fn statement(&self) -> Statement<'_> {
        Statement {
            value: &self.object.statement,
            authenticator_data: &self.object.authenticator_data,
            data: &self.data,
            attested: &self.attested,
            client_data_hash: &self.client_data_hash,
        }
    }

    /// The certificates of the statement, wherever they are in it.
    fn certificates(&self) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        let mut statement = self.object.statement.clone();
        for place in 0..places(&statement) {
            let node = node(&mut statement, &mut { place }).expect("there");
            found.extend(node.as_bytes().filter(|bytes| Certificate::from_der(bytes).is_ok()).cloned());
        }
        found
    }
}

/// How many items a value has, itself and keys included.
fn places(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(places).sum(),
        Value::Map(map) => map.iter().map(|(key, value)| places(key) + places(value)).sum(),
        _ => 0,
    }
}

/// The item at a place, counted from the outside.
fn node<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| node(item, place)),
        Value::Map(map) => map.iter_mut().flat_map(|(key, value)| [key, value]).find_map(|item| node(item, place)),
        _ => None,
    }
}

/// What is done to a real value.
#[derive(Debug, Clone)]
enum Change {
    Replace(Value),
    Remove,
    Add(Value),
    SetByte(Index, u8),
    Cut(Index),
}

fn changes() -> impl Strategy<Value = Change> {
    prop_oneof![
        values().prop_map(Change::Replace),
        Just(Change::Remove),
        values().prop_map(Change::Add),
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::SetByte(at, byte)),
        any::<Index>().prop_map(Change::Cut),
    ]
}

impl Change {
    fn apply(&self, value: &mut Value) {
        match (self, value) {
            (Change::Replace(new), value) => *value = new.clone(),
            (Change::Remove, Value::Map(map)) => drop(map.pop()),
            (Change::Remove, Value::Array(items)) => drop(items.pop()),
            (Change::Add(new), Value::Map(map)) => map.push((new.clone(), new.clone())),
            (Change::Add(new), Value::Array(items)) => items.push(new.clone()),
            (Change::SetByte(at, byte), Value::Bytes(bytes)) if !bytes.is_empty() => {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            (Change::Cut(at), Value::Bytes(bytes)) if !bytes.is_empty() => bytes.truncate(at.index(bytes.len())),
            (_, value) => *value = Value::Null,
        }
    }
}

/// Everything that can be asked of a certificate and of a path with it.
fn use_certificate(bytes: &[u8]) {
    let Ok(certificate) = Certificate::from_der(bytes) else { return };
    let _ = (certificate.version(), certificate.has_empty_subject(), certificate.basic_constraints());
    let _ = (certificate.subject(oid::COMMON_NAME), certificate.extension(oid::FIDO_AAGUID));
    let _ = certificate.public_key().map(|key| key.require_valid());
    let anchors = anchors();
    let root = &anchors[0];
    let paths = [
        vec![certificate.clone()],
        vec![certificate.clone(), root.clone()],
        vec![root.clone(), certificate.clone()],
        vec![certificate.clone(), certificate.clone(), root.clone()],
    ];
    for path in paths {
        let _ = validate_path(&path, &anchors, NOW);
        let _ = validate_path(&path, std::slice::from_ref(&certificate), NOW);
    }
}

/// The certificates of all formats, and the root.
static CERTIFICATES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let mut all: Vec<Vec<u8>> = GOOD.iter().flat_map(Good::certificates).collect();
    all.push(attestation_root());
    all.sort();
    all.dedup();
    all
});

#[test]
fn the_good_statements_verify() {
    for good in &*GOOD {
        let format = find(&good.object.format).expect("implemented");
        assert!(format.verify(&good.statement()).is_ok(), "{}", good.object.format);
    }
    // That of packed is in compound too; that of fido-u2f has no AAGUID. TPM, Android and Apple have an intermediate each.
    assert_eq!(CERTIFICATES.len(), 8);
}

proptest! {
    /// A value that has nothing to do with the format, over bytes that have nothing to do with it.
    #[test]
    fn no_statement_makes_a_format_panic(
        value in values(),
        authenticator_data in proptest::collection::vec(any::<u8>(), 0..200),
        client_data_hash in any::<[u8; 32]>(),
        parameters in proptest::collection::vec((scalar_values(), scalar_values()), 0..6),
        aaguid in any::<[u8; 16]>(),
        credential_id in proptest::collection::vec(any::<u8>(), 0..40),
    ) {
        let public_key = CoseKey { parameters };
        let attested = AttestedCredentialData { aaguid: Aaguid(aaguid), credential_id, public_key };
        let data = &GOOD[0].data;
        let statement = Statement { value: &value, authenticator_data: &authenticator_data, data, attested: &attested, client_data_hash: &client_data_hash };
        for format in FORMATS {
            let _ = format.verify(&statement);
        }
        for good in &*GOOD {
            let format = find(&good.object.format).expect("implemented");
            let _ = format.verify(&Statement { value: &good.object.statement, ..statement });
            let _ = format.verify(&Statement { attested: &attested, ..good.statement() });
        }
    }

    /// A real statement with one item replaced, removed, added, overwritten or cut off, wherever it is.
    #[test]
    fn no_changed_statement_makes_a_format_panic(place in any::<Index>(), change in changes()) {
        for good in &*GOOD {
            let mut value = good.object.statement.clone();
            let place = place.index(places(&value));
            change.apply(node(&mut value, &mut { place }).expect("there"));
            for format in FORMATS {
                let _ = format.verify(&Statement { value: &value, ..good.statement() });
            }
        }
    }

    #[test]
    fn no_bytes_make_a_certificate_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        use_certificate(&bytes);
    }

    #[test]
    fn no_changed_certificate_makes_it_panic(at in any::<Index>(), byte in any::<u8>()) {
        for certificate in &*CERTIFICATES {
            let mut bytes = certificate.clone();
            bytes[at.index(certificate.len())] = byte;
            use_certificate(&bytes);
            use_certificate(&certificate[..at.index(certificate.len())]);
        }
    }
}
