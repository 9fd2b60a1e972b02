//! Mutations in a suite.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Mutations of one credential: none, `{ origin: "https://attacker.example" }`, or a list of such.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Mutations(pub Vec<MutationUse>);

impl From<Mutations> for Value {
    fn from(mutations: Mutations) -> Value {
        mutations.0.into_iter().map(|MutationUse { id, args }| Value::from_iter([(id, args)])).collect()
    }
}

impl TryFrom<Value> for Mutations {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let one = |value: Value| match value {
            Value::Object(map) => MutationUse::try_from(map),
            other => Err(format!("a mutation has to be a map from its id to its arguments, not {other}")),
        };
        match value {
            Value::Array(list) => list.into_iter().map(one).collect::<Result<_, _>>().map(Mutations),
            value => Ok(Mutations(vec![one(value)?])),
        }
    }
}

/// A mutation by id with its arguments: `{ origin: "https://attacker.example" }`.
#[derive(Debug, Clone, PartialEq)]
pub struct MutationUse {
    /// Id in the mutation registry.
    pub id: String,
    /// Arguments as written.
    pub args: Value,
}

impl TryFrom<Map<String, Value>> for MutationUse {
    type Error = String;

    fn try_from(map: Map<String, Value>) -> Result<Self, String> {
        let count = map.len();
        let mut entries = map.into_iter();
        match (entries.next(), count) {
            (Some((id, args)), 1) => Ok(MutationUse { id, args }),
            _ => Err(format!(
                "this map mutates a credential in {count} ways, and exactly one is allowed; write a list for several"
            )),
        }
    }
}
