//! The expected verdict of proofmark's own verifier on a credential.

use serde::{Deserialize, Serialize, Serializer};

use crate::contract::clause;

/// The expected verdict of proofmark's own verifier on a credential, before it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum OracleVerdict {
    /// Every step passes.
    Accept,
    /// Refused at this step of section 7.1 or check of section 8: `7.1/origin`, `8.3/magic`.
    RefuseAt(String),
}

impl OracleVerdict {
    /// Whether it equals a verdict of the verifier, or includes it: step 22 of section 7.1 includes every check of section 8.
    pub fn includes(&self, said: &OracleVerdict) -> bool {
        match (self, said) {
            (OracleVerdict::RefuseAt(wanted), OracleVerdict::RefuseAt(said)) => {
                clause::includes(&format!("webauthn/{wanted}"), &format!("webauthn/{said}"))
            }
            (wanted, said) => wanted == said,
        }
    }
}

impl Serialize for OracleVerdict {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            OracleVerdict::Accept => serializer.serialize_str("accept"),
            OracleVerdict::RefuseAt(check) => serializer.serialize_str(check),
        }
    }
}

impl From<String> for OracleVerdict {
    fn from(text: String) -> Self {
        match text.as_str() {
            "accept" => OracleVerdict::Accept,
            check if check.contains('/') => OracleVerdict::RefuseAt(text),
            _ => OracleVerdict::RefuseAt(format!("7.1/{text}")),
        }
    }
}
