//! The attestation object and its statement, as they are encoded.

use serde_json::Value as Json;

use super::bits::keep;
use super::byte_expressions::Parts;
use super::given::Given;
use super::map_edit;
use super::stage::{Mutation, Stage};
use crate::authenticator::error::MutationError;
use crate::webauthn::cbor::{self, Form, Value};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::public_key::KeyKind;
use crate::words::hex;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "attestation-object",
        summary: "another attestation object: an edit of the map (set, remove, rename, append, order, header, prefix, suffix or replace); values fmt, attStmt, authData, object",
        stage: Stage::Encoded(|bytes, given| {
            let parts = ObjectParts { encoded: bytes.clone(), statement: false };
            map_edit::edit(bytes, &given.0, given, &parts)
        }),
    },
    Mutation {
        id: "statement",
        summary: "another attestation statement, unsigned: an edit of the map attStmt; values of its members, leaf, statement",
        stage: Stage::Encoded(|bytes, given| edit_statement(bytes, &given.0, given)),
    },
    Mutation {
        id: "statement-algorithm",
        summary: "another alg in the attestation statement, which no longer fits its signature: same-kind (an algorithm of the same kind of key, if there is another) or other-kind",
        stage: Stage::Encoded(|bytes, given| {
            let stated = stated_algorithm(bytes)?;
            let edit = serde_json::json!({ "set": [["alg", other_algorithm(stated, given.text()?)?.0]] });
            edit_statement(bytes, &edit, given)
        }),
    },
    Mutation {
        id: "attestation-object-keep",
        summary: "only the first bytes of the attestation object: how many",
        stage: Stage::Encoded(|bytes, given| keep(bytes, given.size()?)),
    },
];

struct ObjectParts {
    encoded: Vec<u8>,
    statement: bool,
}

impl Parts for ObjectParts {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        match name {
            "object" if !self.statement => Some(self.encoded.clone()),
            "statement" if self.statement => Some(self.encoded.clone()),
            "leaf" if self.statement => {
                let value = cbor::decode(&self.encoded, Form::Any).ok()?;
                cbor::member(value.as_map()?, "x5c")?.as_array()?.first()?.as_bytes().cloned()
            }
            _ => None,
        }
    }
}

const NO_STATEMENT: &str = "there is no statement to edit";

fn broken() -> MutationError {
    MutationError::Impossible(NO_STATEMENT.to_owned())
}

/// `attStmt`
fn statement(object: &[u8]) -> Result<Value, MutationError> {
    let object = cbor::decode(object, Form::Any).map_err(|_error| broken())?;
    object.as_map().and_then(|map| cbor::member(map, "attStmt")).cloned().ok_or_else(broken)
}

fn edit_statement(bytes: &mut Vec<u8>, edit: &Json, given: &Given<'_>) -> Result<(), MutationError> {
    let mut encoded = cbor::encode(&statement(bytes)?);
    let parts = ObjectParts { encoded: encoded.clone(), statement: true };
    map_edit::edit(&mut encoded, edit, given, &parts)?;
    let digits = hex(&encoded);
    let outer: Json = serde_json::json!({"set": [["attStmt", {"$raw": digits}]]});
    let parts = ObjectParts { encoded: bytes.clone(), statement: false };
    map_edit::edit(bytes, &outer, given, &parts)
}

/// `alg` of the statement.
fn stated_algorithm(object: &[u8]) -> Result<CoseAlgorithm, MutationError> {
    let statement = statement(object)?;
    let stated = statement.as_map().and_then(|map| cbor::member(map, "alg")).and_then(Value::as_integer);
    stated.and_then(|number| i64::try_from(number).ok()).map(CoseAlgorithm).ok_or_else(broken)
}

/// Another algorithm of the same kind of key, or one of another kind.
fn other_algorithm(stated: CoseAlgorithm, which: &str) -> Result<CoseAlgorithm, MutationError> {
    let (is_rsa, kind) = (stated.kind() == Some(KeyKind::Rsa), stated.kind());
    let other_kind = if is_rsa { CoseAlgorithm::ES256 } else { CoseAlgorithm::RS256 };
    let mut same = CoseAlgorithm::ALL.iter().filter(|(one, _, of)| Some(*of) == kind && *one != stated);
    match which {
        "same-kind" => Ok(same.next().map_or(other_kind, |(one, ..)| *one)),
        "other-kind" => Ok(other_kind),
        _ => Err(MutationError::Args("same-kind or other-kind")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leaf_is_the_first_certificate() {
        let x5c = Value::Array(vec![Value::Bytes(vec![1, 2]), Value::Bytes(vec![3])]);
        let encoded = cbor::encode(&Value::Map(vec![(Value::Text("x5c".to_owned()), x5c)]));
        let parts = ObjectParts { encoded, statement: true };
        assert_eq!(parts.value("leaf"), Some(vec![1, 2]));
        assert_eq!(parts.value("object"), None);
    }

    #[test]
    fn another_algorithm_is_of_the_same_kind_of_key_or_of_another() {
        use CoseAlgorithm as A;
        for (stated, same, other) in
            [(A::ES256, A::ESP256, A::RS256), (A::RS256, A::RS384, A::ES256), (A::ES256K, A::RS256, A::RS256)]
        {
            assert_eq!(other_algorithm(stated, "same-kind"), Ok(same));
            assert_eq!(other_algorithm(stated, "other-kind"), Ok(other));
        }
        assert!(other_algorithm(A::ES256, "none").is_err());
    }
}
