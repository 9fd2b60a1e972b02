//! Values in creation options, and what a user handle tells.

use serde_json::{Value, json};

use super::exchanges::{body_with, endpoint, public_key, success};
use super::{ALGORITHMS, ENUMERATIONS, EXTENSIONS, Expected, PERSONAL, RESIDENT_KEY, Row, TIMEOUT, row};
use crate::contract::{Flow, Operation, Protocol};

/// Options with one member another.
fn with(pointer: &str, value: Value) -> Value {
    let mut options = public_key();
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    options.pointer_mut(parent).expect("there")[name] = value;
    options
}

fn rows(changes: &[(&str, Value, &[Expected])]) -> Vec<Row> {
    let mut rows = Vec::new();
    for flow in Flow::ALL {
        let start = endpoint(flow, Operation::Start);
        for (pointer, value, expected) in changes {
            let options = json!({ "publicKey": with(pointer, value.clone()) });
            let over = Protocol::ALL.map(|protocol| success(start, protocol, &body_with(start, &options)));
            rows.extend(over.map(|exchange| row(format!("{pointer}: {value}"), exchange, expected)));
        }
    }
    rows
}

pub fn defective() -> Vec<Row> {
    let algorithms = |numbers: &[i64]| numbers.iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
    rows(&[
        ("/timeout", json!(0), &[TIMEOUT]),
        ("/timeout", json!(300), &[TIMEOUT]),
        ("/timeout", json!(300_000_000), &[TIMEOUT]),
        ("/attestation", json!("packed"), &[ENUMERATIONS]),
        ("/attestation", json!("None"), &[ENUMERATIONS]),
        ("/authenticatorSelection/userVerification", json!("true"), &[ENUMERATIONS]),
        ("/authenticatorSelection/residentKey", json!("yes"), &[ENUMERATIONS]),
        ("/authenticatorSelection/authenticatorAttachment", json!("crossPlatform"), &[ENUMERATIONS]),
        ("/authenticatorSelection/requireResidentKey", json!(true), &[RESIDENT_KEY]),
        ("/authenticatorSelection", json!({ "residentKey": "required", "requireResidentKey": false }), &[RESIDENT_KEY]),
        ("/pubKeyCredParams", algorithms(&[-7, 7]), &[ALGORITHMS]),
        ("/pubKeyCredParams", algorithms(&[-7, 4_294_967_289]), &[ALGORITHMS]),
        ("/pubKeyCredParams", algorithms(&[-70_000]), &[ALGORITHMS]),
        ("/extensions", json!({ "appid": "https://login.example" }), &[EXTENSIONS]),
        ("/extensions", json!({ "largeBlob": { "read": true } }), &[EXTENSIONS]),
        ("/extensions", json!({ "prf": { "evalByCredential": {} } }), &[EXTENSIONS]),
        // minnie@mouse.example, and Minnie
        ("/user/id", json!("bWlubmllQG1vdXNlLmV4YW1wbGU"), &[PERSONAL]),
        ("/user/id", json!("TWlubmll"), &[PERSONAL]),
    ])
}

pub fn harmless() -> Vec<Row> {
    rows(&[
        ("/timeout", json!(30_000), &[]),
        ("/timeout", json!(300_000.0), &[]),
        ("/timeout", json!(86_400_000), &[]),
        ("/attestation", json!("enterprise"), &[]),
        ("/authenticatorSelection", json!({ "requireResidentKey": true }), &[]),
        ("/authenticatorSelection", json!({ "residentKey": "required" }), &[]),
        ("/authenticatorSelection", json!({ "residentKey": "required", "requireResidentKey": true }), &[]),
        ("/authenticatorSelection", json!({ "residentKey": "discouraged", "requireResidentKey": false }), &[]),
        ("/pubKeyCredParams", json!([{ "type": "public-key", "alg": -48 }]), &[]),
        (
            "/pubKeyCredParams",
            json!([{ "type": "public-key", "alg": -70_000 }, { "type": "public-key", "alg": -8 }]),
            &[],
        ),
        ("/pubKeyCredParams", json!([]), &[]),
        ("/extensions", json!({ "credProps": true, "appidExclude": "https://login.example", "appid": null }), &[]),
        ("/extensions", json!({ "largeBlob": { "support": "preferred" }, "prf": { "eval": { "first": "AA" } } }), &[]),
        ("/user/displayName", json!(""), &[]),
    ])
}
