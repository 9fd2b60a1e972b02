//! The forms of base64 in creation options.

use serde_json::{Value, json};

use super::exchanges::{body_with, endpoint, public_key, success};
use super::{ENCODING, Expected, Row, row};
use crate::contract::{Flow, Operation, Protocol};

/// Sixteen and more bytes, in every form but the right one.
const OTHERS: [&str; 4] = [
    "XaMYwWOZ5hj6pwtwJJlpcI+ExkO5TxevBMG4R8DoKQQ=",
    "XaMYwWOZ5hj6pwtwJJlpcI+ExkO5TxevBMG4R8DoKQQ",
    "XaMYwWOZ5hj6pwtwJJlpcI-ExkO5TxevBMG4R8DoKQQ=",
    "XaMYwWOZ5hj6pwtwJJlpcI/ExkO5TxevBMG4R8DoKQQ",
];

/// Options with one member in a form.
fn options(form: &str) -> [(String, Value); 3] {
    [("challenge", "/challenge"), ("user.id", "/user/id"), ("excludeCredentials", "/excludeCredentials/1/id")].map(
        |(name, pointer)| {
            let mut options = public_key();
            let right = "XaMYwWOZ5hj6pwtwJJlpcI-ExkO5TxevBMG4R8DoKQQ";
            options["excludeCredentials"] =
                json!([{ "type": "public-key", "id": right }, { "type": "public-key", "id": right }]);
            *options.pointer_mut(pointer).expect("there") = json!(form);
            (format!("{name}: {form}"), json!({ "publicKey": options }))
        },
    )
}

fn rows(names_user: bool, forms: &[&str], expected: &[Expected]) -> Vec<Row> {
    let mut rows = Vec::new();
    for flow in Flow::ALL.into_iter().filter(|flow| flow.names_user() == names_user) {
        let start = endpoint(flow, Operation::Start);
        for (name, options) in forms.iter().flat_map(|form| options(form)) {
            let over = Protocol::ALL.map(|protocol| success(start, protocol, &body_with(start, &options)));
            rows.extend(over.map(|exchange| row(name.clone(), exchange, expected)));
        }
    }
    rows
}

pub fn defective() -> Vec<Row> {
    rows(true, &OTHERS, &[ENCODING])
}

/// v1's page shows another form, and what has neither padding nor a sign that differs is the same in both alphabets.
pub fn harmless() -> Vec<Row> {
    let same = ["AAAAAAAAAAAAAAAAAAAAAA", "XaMYwWOZ5hj6pwtwJJlpcI-ExkO5TxevBMG4R8DoKQQ"];
    let mut harmless = rows(false, &OTHERS, &[]);
    harmless.extend(rows(false, &same, &[]));
    harmless.extend(rows(true, &same, &[]));
    harmless
}
