//! A signature in another encoding is a good signature in that encoding, and is refused for it alone.

use proofmark::authenticator::{Args, CreatedCredential, Format, Mutation, attestation_root};
use proofmark::relying_party::{Ceremony, verify_registration};
use proofmark::runner::offline_case::{NOW, ORIGIN, RP_ID};
use proofmark::webauthn::attestation::AttestationObject;
use proofmark::webauthn::base64::encode_url;
use proofmark::webauthn::cbor::{Form, Value};
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::der;
use proofmark::webauthn::x509::Certificate;
use serde_json::json;

use super::{cases, create_from, options};

/// Big-endian without its leading zeros.
fn trimmed(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().copied().skip_while(|byte| *byte == 0).collect()
}

fn pair(r: &[u8], s: &[u8]) -> Vec<u8> {
    der::sequence(&[der::unsigned(r), der::unsigned(s)])
}

/// The contents of the two integers, however they are encoded.
fn contents(signature: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let outer = der::read(signature).expect("an element").content;
    let numbers = der::read_all(outer).expect("elements");
    (numbers[0].content.to_vec(), numbers[1].content.to_vec())
}

/// `a - b` for numbers of P-256, `a` not below `b`.
fn difference(a: &[u8], b: &[u8]) -> Vec<u8> {
    let wide = |number: &[u8]| [&vec![0; 40 - number.len()], number].concat();
    let mut borrow = 0_i16;
    let mut out: Vec<u8> = Vec::new();
    for (a, b) in wide(a).into_iter().rev().zip(wide(b).into_iter().rev()) {
        let digit = i16::from(a) - i16::from(b) - borrow;
        borrow = i16::from(digit < 0);
        out.push(digit.to_le_bytes()[0]);
    }
    assert_eq!(borrow, 0, "not below");
    out.reverse();
    trimmed(&out)
}

/// The order of P-256 (FIPS 186-5).
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

/// Undoes what a mutation says that it does; the assertions are what it says.
fn undone(kind: &str, signature: &[u8]) -> Vec<u8> {
    let order: Vec<u8> =
        (0..64).step_by(2).map(|at| u8::from_str_radix(&ORDER[at..at + 2], 16).expect("hex")).collect();
    match kind {
        "bit-flip" | "first-bit-flip" => {
            let mut bytes = signature.to_vec();
            let changed = if kind == "bit-flip" { bytes.last_mut() } else { bytes.first_mut() };
            *changed.expect("not empty") ^= 1;
            bytes
        }
        "raw-rs" => {
            assert_eq!(signature.len(), 64);
            pair(&signature[..32], &signature[32..])
        }
        "der-trailing" => {
            assert_eq!(signature.last(), Some(&0));
            signature[..signature.len() - 1].to_vec()
        }
        "der-padded-integer" => {
            let (r, s) = contents(signature);
            assert!(r[0] == 0 && (r[1] < 0x80 || r[1] == 0 && r[2] >= 0x80), "one zero byte too many: {r:02x?}");
            pair(&trimmed(&r), &trimmed(&s))
        }
        "ber-long-length" => {
            assert_eq!(signature[..2], [0x30, 0x81]);
            [&[0x30], &signature[2..]].concat()
        }
        "ber-indefinite" => {
            assert_eq!((&signature[..2], &signature[signature.len() - 2..]), (&[0x30, 0x80][..], &[0, 0][..]));
            der::element(der::SEQUENCE, &signature[2..signature.len() - 2])
        }
        "der-negative" => {
            let (r, s) = contents(signature);
            assert!(r.len() == 32 && r[0] >= 0x80, "r is negative: {r:02x?}");
            pair(&r, &trimmed(&s))
        }
        "s-plus-n" => {
            let (r, s) = contents(signature);
            pair(&trimmed(&r), &difference(&trimmed(&s), &order))
        }
        "high-s" => {
            let (r, s) = contents(signature);
            let low = difference(&order, &trimmed(&s));
            assert!(difference(&trimmed(&s), &low).len() <= 32, "s is the greater one");
            pair(&trimmed(&r), &low)
        }
        other => panic!("{other}"),
    }
}

fn accepts(credential: &serde_json::Value) -> bool {
    let options = options();
    let roots: Vec<Certificate> = Certificate::from_der(&attestation_root()).into_iter().collect();
    let ceremony = Ceremony {
        challenge: &options.challenge,
        rp_id: RP_ID,
        origins: &[ORIGIN.to_owned()],
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: true,
        algorithms: &[CoseAlgorithm::ES256],
        is_registered: &|_id| false,
        trust_anchors: &roots,
        now: NOW,
    };
    verify_registration(&ceremony, credential).is_ok()
}

/// The credential with another signature in its statement.
fn with_signature(created: &CreatedCredential, change: impl FnOnce(&[u8]) -> Vec<u8>) -> serde_json::Value {
    let mut object = AttestationObject::decode(&created.attestation_object, Form::Any).expect("an object");
    let Value::Map(members) = &mut object.statement else { panic!("a map") };
    let (_, signature) = members.iter_mut().find(|(name, _)| name.as_text() == Some("sig")).expect("sig");
    let old = signature.as_bytes().cloned().expect("bytes");
    *signature = Value::Bytes(change(&old));
    let mut json = created.json.clone();
    json["response"]["attestationObject"] = encode_url(&object.encode()).into();
    json
}

#[test]
fn a_signature_in_another_encoding_is_good_but_for_that() {
    const KINDS: [&str; 10] = [
        "bit-flip",
        "first-bit-flip",
        "raw-rs",
        "der-trailing",
        "der-padded-integer",
        "ber-long-length",
        "ber-indefinite",
        "der-negative",
        "s-plus-n",
        "high-s",
    ];
    let mutation = Mutation::find("signature").expect("listed");
    let case = cases().find(|case| case.id == "packed-self/valid").expect("a case");
    for kind in KINDS {
        for seed in 0..40 {
            let made = create_from(Format::PackedSelf, &case, &[(mutation, Args(json!(kind)))], seed);
            let made = made.unwrap_or_else(|error| panic!("{kind} {seed}: {error}"));
            assert_eq!(accepts(&made.json), kind == "high-s", "{kind} {seed}");
            assert!(accepts(&with_signature(&made, |signature| undone(kind, signature))), "{kind} {seed}: undone");
        }
    }
}
