//! The expected result of a call: a map from what happens to what it means.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::outcome::{Expected, Reason};

/// The kinds of refusal that the documents name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalClass {
    /// 401, code 16.
    Unauthenticated,
    /// 403, code 7.
    PermissionDenied,
    /// 404, code 5.
    NotFound,
}

impl RefusalClass {
    /// Every kind.
    pub const ALL: [RefusalClass; 3] =
        [RefusalClass::Unauthenticated, RefusalClass::PermissionDenied, RefusalClass::NotFound];

    /// HTTP status and gRPC code.
    pub const fn codes(self) -> (u16, i32) {
        match self {
            RefusalClass::Unauthenticated => (401, 16),
            RefusalClass::PermissionDenied => (403, 7),
            RefusalClass::NotFound => (404, 5),
        }
    }
}

/// What acceptance and refusal mean, and which kind of refusal is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Expectation {
    /// What it means when the call succeeds.
    pub accepted: Reason,
    /// What it means when the call is refused (with the right class, if one is documented).
    pub refused: Reason,
    /// The documented kind of refusal; another kind is a wrong status.
    pub class: Option<RefusalClass>,
}

impl Expectation {
    /// Must be accepted.
    pub const ACCEPT: Expectation = Expectation { accepted: Reason::Met, refused: Reason::RejectedValid, class: None };
    /// Must be refused, with whatever refusal.
    pub const REJECT: Expectation =
        Expectation { accepted: Reason::AcceptedInvalid, refused: Reason::Met, class: None };
    /// The call prepares the case: a refusal says nothing about the clause.
    pub const SETUP: Expectation = Expectation { accepted: Reason::Met, refused: Reason::Setup, class: None };
    /// The documents leave it open; only shapes, robustness and agreement are judged.
    pub const EITHER: Expectation = Expectation { accepted: Reason::Met, refused: Reason::Met, class: None };

    /// Should be refused: a recommendation, FIDO's tools or safety demand it, as the case's basis says.
    pub const SHOULD_REJECT: Expectation =
        Expectation { accepted: Reason::ShouldUnmet, refused: Reason::Met, class: None };
    /// Should be accepted, in the same sense.
    pub const SHOULD_ACCEPT: Expectation =
        Expectation { accepted: Reason::Met, refused: Reason::ShouldUnmet, class: None };
    /// Refusing is expected; accepting is allowed too.
    pub const MAY_ACCEPT: Expectation =
        Expectation { accepted: Reason::AlsoAllowed, refused: Reason::Met, class: None };
    /// Accepting is expected; refusing is allowed too.
    pub const MAY_REJECT: Expectation =
        Expectation { accepted: Reason::Met, refused: Reason::AlsoAllowed, class: None };

    /// Has to be accepted still: a refusal means that something else has changed the state.
    pub const KEPT: Expectation = Expectation { refused: Reason::StateChanged, ..Expectation::ACCEPT };

    const fn class(class: RefusalClass) -> Expectation {
        Expectation { class: Some(class), ..Expectation::REJECT }
    }

    /// The names that scenarios use.
    pub const NAMED: [(&'static str, Expectation); 12] = [
        ("must-accept", Expectation::ACCEPT),
        ("must-reject", Expectation::REJECT),
        ("should-accept", Expectation::SHOULD_ACCEPT),
        ("should-reject", Expectation::SHOULD_REJECT),
        ("may-accept", Expectation::MAY_ACCEPT),
        ("may-reject", Expectation::MAY_REJECT),
        ("may", Expectation::EITHER),
        ("either", Expectation::EITHER),
        ("setup", Expectation::SETUP),
        ("unauthenticated", Expectation::class(RefusalClass::Unauthenticated)),
        ("permission-denied", Expectation::class(RefusalClass::PermissionDenied)),
        ("not-found", Expectation::class(RefusalClass::NotFound)),
    ];

    /// The expectation in a record.
    pub fn of(expected: &Expected) -> Expectation {
        let Expected { accepted, refused, class, .. } = *expected;
        let class = RefusalClass::ALL.into_iter().find(|known| Some(known.codes()) == class);
        Expectation { accepted, refused, class }
    }

    /// Whether a refusal is expected, so that its reason matters.
    pub fn must_refuse(&self) -> bool {
        !self.accepted.is_pass()
    }

    /// The words of reports.
    pub fn words(&self) -> &'static str {
        match (self.class, self.accepted, self.refused) {
            (Some(RefusalClass::Unauthenticated), ..) => "refused as unauthenticated: HTTP 401, code 16",
            (Some(RefusalClass::PermissionDenied), ..) => "refused as not permitted: HTTP 403, code 7",
            (Some(RefusalClass::NotFound), ..) => "refused as not found: HTTP 404, code 5",
            (None, Reason::Met, Reason::Met) => "accepted or refused, without a server error",
            (None, Reason::Met, _) => "accepted",
            (None, ..) => "refused",
        }
    }
}

impl Serialize for Expectation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let named = Expectation::NAMED.into_iter().find(|(_, known)| known == self).map(|(name, _)| Value::from(name));
        let map = || json!({ "accepted": self.accepted, "refused": self.refused });
        named.unwrap_or_else(map).serialize(serializer)
    }
}

impl TryFrom<Value> for Expectation {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let names = || Expectation::NAMED.map(|(name, _)| name).join(", ");
        match value {
            Value::String(name) => Expectation::NAMED
                .into_iter()
                .find(|(known, _)| *known == name)
                .map(|(_, expectation)| expectation)
                .ok_or_else(|| format!("there is no expectation `{name}`; write one of {}", names())),
            Value::Object(map) => {
                if let Some(unknown) = map.keys().find(|key| !["accepted", "refused"].contains(&key.as_str())) {
                    return Err(format!("`{unknown}` is not a part of an expectation; write `accepted` and `refused`"));
                }
                let reason = |key: &str| {
                    let value = map.get(key).cloned().ok_or(format!("the expectation lacks `{key}`"))?;
                    serde_json::from_value(value.clone())
                        .map_err(|_| format!("`{key}: {value}` does not name a known reason"))
                };
                Ok(Expectation { accepted: reason("accepted")?, refused: reason("refused")?, class: None })
            }
            other => Err(format!(
                "an expectation has to be one of {}, or a map with accepted and refused; not {other}",
                names()
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_and_maps_are_read_and_all_else_is_refused() {
        assert_eq!(Expectation::try_from(json!("must-reject")), Ok(Expectation::REJECT));
        let map = Expectation::try_from(json!({"accepted": "met", "refused": "doc-vs-server"})).expect("valid");
        assert_eq!(map.refused, Reason::DocVsServer);
        for wrong in
            [json!("must-fail"), json!({"accepted": "met"}), json!({"accepted": "met", "refused": "no"}), json!(1)]
        {
            assert!(Expectation::try_from(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
