//! Headers in a suite.

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::name::NameSpec;

/// Headers of a request by their names: `{ origin: "https://elsewhere.example" }`. A list of values makes a line for each value, a map is
/// a text that is repeated (as for names of factors), and null leaves out a header that is sent by default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Headers(Vec<(HeaderName, Option<HeaderValue>)>);

impl Headers {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a header that is sent by default is left out.
    pub fn leaves_out(&self, name: &HeaderName) -> bool {
        self.0.iter().any(|(known, value)| known == name && value.is_none())
    }

    /// A line for each value; `None` for a header that is left out.
    pub fn lines(&self) -> Vec<(HeaderName, Option<HeaderValue>)> {
        self.0.clone()
    }
}

impl From<Headers> for Value {
    fn from(headers: Headers) -> Value {
        let mut members = serde_json::Map::new();
        for (name, value) in headers.0 {
            let text = value.map(|value| Value::from(String::from_utf8_lossy(value.as_bytes()).into_owned()));
            let values = members.entry(name.as_str()).or_insert(Value::Null);
            match (text, &mut *values) {
                (None, _) => {}
                (Some(text), Value::Array(values)) => values.push(text),
                (Some(text), _) => *values = Value::Array(vec![text]),
            }
        }
        Value::Object(members)
    }
}

impl TryFrom<Value> for Headers {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let Value::Object(members) = value else {
            return Err(format!("headers have to be a map of names to values, not {value}"));
        };
        let mut lines = Vec::new();
        for (name, value) in members {
            let header =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is not the name of a header"))?;
            let values = match value {
                Value::Null => vec![None],
                Value::Array(values) => {
                    values.into_iter().map(|value| text(&name, value).map(Some)).collect::<Result<_, _>>()?
                }
                value => vec![Some(text(&name, value)?)],
            };
            lines.extend(values.into_iter().map(|value| (header.clone(), value)));
        }
        Ok(Headers(lines))
    }
}

fn text(name: &str, value: Value) -> Result<HeaderValue, String> {
    let text = match value {
        Value::String(text) => text,
        other => {
            serde_json::from_value::<NameSpec>(other).map_err(|error| format!("the header {name}: {error}"))?.text("")
        }
    };
    HeaderValue::from_str(&text).map_err(|_| format!("the value of {name} cannot be sent as a header"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_a_text_several_or_none() {
        let headers = Headers::try_from(json!({"Origin": "null", "te": null, "x-a": ["1", "2"], "x-b": {"times": 3}}));
        let lines: Vec<_> = headers.expect("valid").lines();
        let shown: Vec<(&str, Option<&str>)> = lines
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_ref().and_then(|value| value.to_str().ok())))
            .collect();
        let expected =
            [("origin", Some("null")), ("te", None), ("x-a", Some("1")), ("x-a", Some("2")), ("x-b", Some("nnn"))];
        assert_eq!(shown, expected);
        for wrong in [json!([]), json!({"a b": "x"}), json!({"a": "\n"}), json!({"a": 1}), json!({"a": {"size": 1}})] {
            assert!(Headers::try_from(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
