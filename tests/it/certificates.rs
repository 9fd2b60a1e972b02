//! The certificates of all cases, read by a strict reader of DER of another author.

mod strict;

use std::collections::BTreeMap;

use proofmark::authenticator::{Stage, attestation_root};
use proofmark::runner::vector::Vector;
use proofmark::webauthn::attestation::AttestationObject;
use proofmark::webauthn::cbor::{Form, Value, member};

use crate::mutations::cases;

/// A credential's certificates.
struct Chain {
    name: String,
    /// Whether they are as they were issued: a change of the encoded statement may have put anything there.
    is_issued: bool,
    certificates: Vec<Vec<u8>>,
}

/// The certificates of `x5c`, also within the statements of a compound one.
fn certificates(statement: &Value) -> Vec<Vec<u8>> {
    if let Some(statements) = statement.as_array() {
        let inner = |one: &Value| one.as_map().and_then(|map| member(map, "attStmt")).map(certificates);
        return statements.iter().filter_map(inner).flatten().collect();
    }
    let chain = statement.as_map().and_then(|map| member(map, "x5c")).and_then(Value::as_array);
    chain.into_iter().flatten().filter_map(|one| one.as_bytes().cloned()).collect()
}

fn chain(vector: &Vector, is_issued: bool) -> Option<Chain> {
    let object = AttestationObject::decode(&vector.created.attestation_object, Form::Any).ok()?;
    let certificates = certificates(&object.statement);
    (!certificates.is_empty()).then(|| Chain { name: vector.name.clone(), is_issued, certificates })
}

/// The chains of all cases, and of their controls.
fn chains() -> Vec<Chain> {
    let mut chains = BTreeMap::new();
    for case in cases() {
        let edits = |stage: &Stage| matches!(stage, Stage::Encoded(_));
        let is_issued = !case.mutations(None).iter().any(|(mutation, _)| edits(&mutation.stage));
        for vector in Vector::of(&case, false).unwrap_or_else(|error| panic!("{}: {error}", case.id)) {
            let control = Vector::control(&case, vector.format).expect("a control");
            for chain in [chain(&control, true), chain(&vector, is_issued)].into_iter().flatten() {
                chains.insert(chain.name.clone(), chain);
            }
        }
    }
    chains.into_values().collect()
}

/// The cases that are about bytes which are not what they should be, each with the part that is not DER.
const NOT_DER: &[&str] = &[
    "android-key/extension-malformed",
    "apple/extension-bare-octets",
    "apple/extension-malformed",
    "packed-x5c/aaguid-extension-not-wrapped",
];

#[test]
fn every_certificate_is_der_except_where_a_case_is_about_that() {
    let (mut wrong, mut good) = (Vec::new(), 0);
    for chain in chains().iter().filter(|chain| chain.is_issued) {
        let read: Result<(), String> =
            chain.certificates.iter().take(3).try_for_each(|certificate| strict::certificate(certificate));
        good += usize::from(read.is_ok());
        if read.is_err() != NOT_DER.contains(&chain.name.as_str()) {
            wrong.push(format!("{}: {read:?}", chain.name));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(good > 150, "{good} chains");
    assert_eq!(strict::certificate(&attestation_root()), Ok(()));
}

/// A reader that takes everything would say nothing.
#[test]
fn the_strict_reader_refuses_what_is_not_der() {
    let hex = |digits: &str| -> Vec<u8> {
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex")).collect()
    };
    for (good, bad) in [
        ("3106020102020103", "3106020103020102"),
        ("0101ff", "010101"),
        ("02020080", "02020001"),
        ("03020780", "030207ff"),
        ("0403010203", "048103010203"),
        ("0500", "050000"),
    ] {
        assert_eq!(strict::element(&hex(good)), Ok(()), "{good}");
        assert!(strict::element(&hex(bad)).is_err(), "{bad}");
    }
}
