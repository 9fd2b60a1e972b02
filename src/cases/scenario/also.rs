//! Values that a call repeats in a further place of its request, and whose state is examined in addition to that of the subject.

use serde::{Deserialize, Serialize, Serializer};

use crate::transport::carried::{Order, Place};

/// A value in a further place of a request.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Also {
    /// Where: `query:userId`, `header:X-User-Id`, or `each` for those of the entry's `carriers`.
    #[serde(rename = "in")]
    pub place: PlaceRef,
    /// What it is; the request has one already.
    pub what: Thing,
    /// Whose, or which.
    pub value: Which,
}

/// In a step, stands for a place, or a method, of an entry that has several.
pub(super) const EACH: &str = "each";

/// A place as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum PlaceRef {
    /// Those of the entry.
    Each,
    /// This one.
    Given(Place),
}

impl TryFrom<String> for PlaceRef {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == EACH { Ok(PlaceRef::Each) } else { text.parse().map(PlaceRef::Given) }
    }
}

impl Serialize for PlaceRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            PlaceRef::Each => serializer.serialize_str(EACH),
            PlaceRef::Given(place) => serializer.serialize_str(&notation(place)),
        }
    }
}

/// The text of a place in suites.
fn notation(place: &Place) -> String {
    let kind = match place {
        Place::Query(_) => "query",
        Place::Header(_) => "header",
        Place::Cookie(_) => "cookie",
        Place::Member(_, Order::Last) => "body",
        Place::Member(_, Order::First) => "body-first",
        Place::Credential(_) => "credential",
        Place::Form(_) => "form",
        Place::Field(_, Order::Last) => "field",
        Place::Field(_, Order::First) => "field-first",
        Place::Authorization(Order::Last) => "authorization",
        Place::Authorization(Order::First) => "authorization-first",
        Place::Joined => "authorization-joined",
        Place::Authority => "authority",
        Place::SecondHost => "second-host",
        Place::Length => "content-length",
        Place::Chunked => "chunked",
    };
    if place.name().is_empty() { kind.to_owned() } else { format!("{kind}:{}", place.name()) }
}

/// The things that a request can have twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Thing {
    /// The user that is acted on.
    UserId,
    /// The factor or registration that is acted on.
    FactorId,
    /// The token of the caller.
    Token,
    /// The documented path, with everything in it.
    Path,
    /// The host that the target is reached by.
    Host,
    /// The domain that a start asks for.
    Domain,
    /// The handle of a user, as in the options.
    UserHandle,
    /// A user as in the options, an object.
    User,
    /// The organization of a user.
    Organization,
    /// The credential.
    Credential,
    /// Anything else.
    Text,
}

/// Which value a further place has.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Which {
    /// That of the subject of the case.
    Own,
    /// That of the other subject; the factor that it holds.
    Other,
    /// Of a credential: the first that was made. Of a factor: that of the first start.
    First,
    /// One that does not exist.
    Unknown,
    /// This text.
    Text(String),
}

/// Places in a request, each by its name.
pub(super) fn places<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Place>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts.iter().map(|text| text.parse().map_err(serde::de::Error::custom)).collect()
}

/// One of the two subjects of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Whom {
    /// The subject of the case.
    Own,
    /// The other one.
    Other,
}

/// When a step is done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// In any case.
    #[default]
    Always,
    /// If the call that was judged last was accepted.
    Accepted,
}

/// The case that an entry with several carriers makes for one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Single {
    /// The entry's id.
    pub entry: String,
    /// Which of them.
    pub index: usize,
    /// How many there are.
    pub count: usize,
}

impl Also {
    /// Where it is; `None` if it stands for several places.
    pub fn place(&self) -> Option<&Place> {
        match &self.place {
            PlaceRef::Given(place) => Some(place),
            PlaceRef::Each => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_place_is_written_as_it_is_read() {
        let named =
            ["query:a", "header:b", "cookie:c", "body:d.e", "body-first:f", "form:g", "field:h", "field-first:i"];
        let bare = ["authorization", "authorization-first", "authorization-joined", "authority", "second-host"];
        for text in named.into_iter().chain(bare).chain(["content-length", "chunked"]) {
            let place = super::PlaceRef::try_from(text.to_owned()).expect(text);
            assert_eq!(serde_json::to_value(&place).expect("a text"), text);
        }
    }
}
