//! The only code that reads and builds messages: by the slots of endpoints.

use serde_json::{Map, Value};

use super::flow::Endpoint;
use super::slot::{Slot, What};

impl Slot {
    /// The value of a message there.
    pub fn of<'m>(&self, message: &'m Value) -> Option<&'m Value> {
        member(message, self.at)
    }

    /// The value of a message there, if it is a text.
    pub fn text<'m>(&self, message: &'m Value) -> Option<&'m str> {
        self.of(message)?.as_str()
    }

    /// Takes the value of a message there, and leaves null.
    pub fn take(&self, message: &mut Value) -> Option<Value> {
        self.parts().try_fold(message, |value, part| value.get_mut(part)).map(Value::take)
    }

    /// Sets the value there. Objects that are missing on the way are made.
    pub fn put(&self, message: &mut Value, value: Value) {
        let place = self.parts().fold(message, |place, part| {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            &mut place[part]
        });
        *place = value;
    }

    fn parts(&self) -> impl Iterator<Item = &'static str> {
        self.at.split('/').skip(1)
    }
}

impl Endpoint {
    /// The text of a request.
    pub fn asked<'m>(&self, what: What, message: &'m Value) -> Option<&'m str> {
        self.asks(what)?.text(message)
    }

    /// The value of a response.
    pub fn answered<'m>(&self, what: What, body: &'m Value) -> Option<&'m Value> {
        self.answers(what)?.of(body)
    }

    /// Sets a value in a request, if the endpoint has a place for it.
    pub fn say(&self, what: What, message: &mut Value, value: impl Into<Value>) {
        if let Some(slot) = self.asks(what) {
            slot.put(message, value.into());
        }
    }

    /// Sets a value in a response, if the endpoint has a place for it.
    pub fn answer(&self, what: What, body: &mut Value, value: impl Into<Value>) {
        if let Some(slot) = self.answers(what) {
            slot.put(body, value.into());
        }
    }

    /// The factors of the flow's kind in the answer of a list.
    pub fn entries<'m>(&self, body: &'m Value) -> impl Iterator<Item = ListEntry<'m>> {
        let entries = self.answered(What::Entries, body).and_then(Value::as_array).map(Vec::as_slice);
        let of_kind = self.answers(What::Entry);
        let slots = [What::EntryId, What::EntryName, What::EntryState].map(|what| self.answers(what));
        let own = entries.unwrap_or_default().iter();
        let own = own.filter(move |entry| of_kind.is_none_or(|kind| kind.of(entry).is_some()));
        own.map(move |entry| {
            let [id, name, state] = slots.map(|slot| slot.and_then(|slot| slot.text(entry)));
            ListEntry { id, name, state }
        })
    }
}

/// The member at a path such as `/rp/id`: a JSON pointer of plain names, which need not be unescaped for every look.
pub fn member<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('/').skip(1).try_fold(value, |value, name| value.get(name))
}

/// A factor as a list shows it; a value that is not a text is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListEntry<'m> {
    pub id: Option<&'m str>,
    /// Its display name.
    pub name: Option<&'m str>,
    pub state: Option<&'m str>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::contract::{Flow, Operation};

    #[test]
    fn a_path_of_names_is_a_json_pointer() {
        let value = json!({"rp": {"id": "host"}, "list": [1]});
        for path in ["", "/rp", "/rp/id", "/rp/none", "/none/id", "/rp/id/deeper", "/"] {
            assert_eq!(member(&value, path), value.pointer(path), "{path}");
        }
    }

    #[test]
    fn what_is_said_is_read_again() {
        let verify = Flow::V1_U2F.endpoint(Operation::Verify).expect("listed");
        let mut message = json!({});
        for what in [What::Credential, What::FactorName, What::User] {
            verify.say(what, &mut message, "x");
        }
        assert_eq!(message, json!({ "verification": { "publicKeyCredential": "x", "tokenName": "x" } }));
        assert_eq!(verify.asked(What::FactorName, &message), Some("x"));
        assert_eq!(verify.asked(What::FactorName, &json!({ "verification": { "tokenName": 1 } })), None);
        let taken = verify.asks(What::Credential).and_then(|slot| slot.take(&mut message));
        assert_eq!((taken, &message["verification"]["publicKeyCredential"]), (Some(json!("x")), &Value::Null));
    }

    #[test]
    fn entries_are_those_of_the_kind() {
        let list = Flow::V1_U2F.endpoint(Operation::List).expect("listed");
        let body = json!({ "result": [{ "state": "S", "u2f": { "id": "1", "name": "a" } }, { "otp": {} }, 7] });
        let entry = ListEntry { id: Some("1"), name: Some("a"), state: Some("S") };
        assert_eq!(list.entries(&body).collect::<Vec<_>>(), [entry]);
        assert_eq!(list.entries(&json!({ "result": {} })).count(), 0);
    }
}
