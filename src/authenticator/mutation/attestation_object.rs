//! The attestation object and its statement, as they are encoded.

use serde_json::Value as Json;

use super::client_data::keep;
use super::map_edit;
use super::notation::Parts;
use super::{Given, Mutation, MutationError, Stage};
use crate::webauthn::cbor::{self, Form};

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
        stage: Stage::Encoded(statement),
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

fn statement(bytes: &mut Vec<u8>, given: &Given<'_>) -> Result<(), MutationError> {
    let broken = || MutationError::Impossible("there is no statement to edit".to_owned());
    let object = cbor::decode(bytes, Form::Any).map_err(|_error| broken())?;
    let value = object.as_map().and_then(|map| cbor::member(map, "attStmt")).ok_or_else(broken)?;
    let mut encoded = cbor::encode(value);
    let parts = ObjectParts { encoded: encoded.clone(), statement: true };
    map_edit::edit(&mut encoded, &given.0, given, &parts)?;
    let digits: String = encoded.iter().map(|byte| format!("{byte:02x}")).collect();
    let outer: Json = serde_json::json!({"set": [["attStmt", {"$raw": digits}]]});
    let parts = ObjectParts { encoded: bytes.clone(), statement: false };
    map_edit::edit(bytes, &outer, given, &parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webauthn::cbor::Value;

    #[test]
    fn the_leaf_is_the_first_certificate() {
        let x5c = Value::Array(vec![Value::Bytes(vec![1, 2]), Value::Bytes(vec![3])]);
        let encoded = cbor::encode(&Value::Map(vec![(Value::Text("x5c".to_owned()), x5c)]));
        let parts = ObjectParts { encoded, statement: true };
        assert_eq!(parts.value("leaf"), Some(vec![1, 2]));
        assert_eq!(parts.value("object"), None);
    }
}
