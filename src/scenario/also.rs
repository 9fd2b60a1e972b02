//! What a call says a second time in a further place of its request, and whose state is looked at besides that of the subject.

use serde::{Deserialize, Serialize, Serializer};

use super::model::CaseEntry;
use super::step::Step;
use crate::contract::Protocol;
use crate::transport::carried::{Order, Place};

/// A value in a further place of a request.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Also {
    /// Where: `query:userId`, `header:X-User-Id`, or `each` for those of the entry's `carriers`.
    #[serde(rename = "in")]
    pub place: PlaceRef,
    /// What it is, of which the request has one already.
    pub what: Thing,
    /// Whose, or which.
    pub value: Which,
}

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
        if text == "each" { Ok(PlaceRef::Each) } else { text.parse().map(PlaceRef::Given) }
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

/// A place as suites write it.
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

/// What can travel twice.
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
    /// The handle of a user, as the options have it.
    UserHandle,
    /// A user as options have it, an object.
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
    /// One that nobody has.
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

/// A case that an entry with several carriers makes of one of them.
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
    /// Where it is; `None` as long as it stands for several.
    pub fn place(&self) -> Option<&Place> {
        match &self.place {
            PlaceRef::Given(place) => Some(place),
            PlaceRef::Each => None,
        }
    }
}

impl Step {
    /// Whether something in it is the other subject's.
    pub(super) fn concerns_other(&self) -> bool {
        let is_others = |also: &Also| also.value == Which::Other;
        self.hold == Some(Whom::Other) || self.untouched == Some(Whom::Other) || self.also.iter().any(is_others)
    }

    fn has_each(&self) -> bool {
        self.also.iter().any(|also| also.place == PlaceRef::Each)
    }

    /// Puts places where `each` stands.
    fn fill(&mut self, places: &[Place]) {
        let filled = |also: &Also| match &also.place {
            PlaceRef::Given(_) => vec![also.clone()],
            PlaceRef::Each => {
                let at = |place: &Place| Also { place: PlaceRef::Given(place.clone()), ..also.clone() };
                places.iter().map(at).collect()
            }
        };
        self.also = self.also.iter().flat_map(filled).collect();
    }
}

/// Stands in a title for the method of an entry that has several.
const METHOD: &str = "METHOD";
/// Stands in a step for it.
pub(super) const EACH: &str = "each";

impl CaseEntry {
    /// The entry once for each of its methods, as `<id>-<method>`; itself where it has none.
    pub(super) fn each_method(self) -> Vec<CaseEntry> {
        if self.methods.is_empty() {
            return vec![self];
        }
        let by = |method: &String| {
            let mut entry = self.clone();
            entry.id = format!("{}-{}", self.id, method.to_ascii_lowercase());
            entry.title = self.title.replace(METHOD, method);
            let steps = entry.steps.iter_mut().filter(|step| step.method.as_deref() == Some(EACH));
            steps.for_each(|step| step.method = Some(method.clone()));
            entry
        };
        self.methods.iter().map(by).collect()
    }
}

/// Stands in a title for the places.
const CARRIERS: &str = "CARRIERS";

impl CaseEntry {
    /// The entry with all its carriers at once, and once with each of them, as `<id>-<carrier>`; itself where it has none.
    pub(super) fn each_carrier(self) -> Vec<CaseEntry> {
        if self.carriers.is_empty() {
            return vec![self];
        }
        let with = |places: &[Place], id: String, words: &str| {
            let mut entry = CaseEntry { id, title: self.title.replace(CARRIERS, words), ..self.clone() };
            entry.steps.iter_mut().filter(|step| step.has_each()).for_each(|step| step.fill(places));
            entry
        };
        let together = with(&self.carriers, self.id.clone(), "one of several further places");
        let count = self.carriers.len();
        let singles = self.carriers.iter().enumerate().filter(|_| count > 1).map(|(index, place)| {
            let entry = with(std::slice::from_ref(place), format!("{}-{}", self.id, slug(place)), &place.to_string());
            CaseEntry { single: Some(Single { entry: self.id.clone(), index, count }), ..entry }
        });
        std::iter::once(together).chain(singles).collect()
    }

    /// The protocols over which a request has at least one of its further places.
    pub(super) fn carried_over(&self) -> Vec<Protocol> {
        let places = || self.steps.iter().flat_map(|step| &step.also).filter_map(Also::place);
        let has = |protocol: &Protocol| places().any(|place| place.protocols().contains(protocol));
        let all: Vec<Protocol> = Protocol::ALL.into_iter().filter(has).collect();
        if all.len() == Protocol::ALL.len() { Vec::new() } else { all }
    }
}

/// The end of a case's id: the kind of place and the name, in small letters.
fn slug(place: &Place) -> String {
    let text = place.to_string().to_ascii_lowercase();
    let plain = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect::<String>();
    let words: Vec<&str> = plain.split('-').filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use crate::contract::Protocol;
    use crate::scenario::parse_suite;

    fn suite(carriers: &str) -> String {
        format!(
            "suite: s\ncases:\n- id: s/user\n  title: it is not in CARRIERS\n  clauses: [api/status/ok]\n  carriers: [{carriers}]\n  \
             steps: [{{ call: start, also: [{{ in: each, what: user-id, value: other }}], expect: either }}]\n"
        )
    }

    #[test]
    fn an_entry_with_carriers_is_a_case_with_all_and_one_with_each() {
        let cases = parse_suite("s.yaml", &suite("'query:userId', 'header:X-User-Id'")).expect("valid");
        let seen: Vec<_> = cases.iter().map(|case| (case.id.as_str(), case.title.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("s/user", "it is not in one of several further places"),
                ("s/user-query-userid", "it is not in query userId"),
                ("s/user-header-x-user-id", "it is not in header x-user-id"),
            ]
        );
        assert_eq!(cases.iter().map(|case| case.steps[0].also.len()).collect::<Vec<_>>(), [2, 1, 1]);
        assert_eq!(cases[1].protocols, [Protocol::Rest], "a query is another path over gRPC");
        assert!(cases[2].protocols.is_empty() && cases[0].subjects() == 2);
        let single = parse_suite("s.yaml", &suite("'header:X-User-Id'")).expect("valid");
        assert_eq!(single.len(), 1, "one is all of them");
    }

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

    #[test]
    fn a_place_that_there_is_not_is_refused_with_what_to_write() {
        let error = |carriers: &str| parse_suite("s.yaml", &suite(carriers)).expect_err(carriers).to_string();
        assert!(error("'querry:userId'").contains("there is no place `querry:userId`"));
        assert!(error("'query'").contains("`query` lacks a name"));
        assert!(error("'authority:x'").contains("`authority:x` takes no name"));
        let bare = suite("").replace("  carriers: []\n", "");
        let error = parse_suite("s.yaml", &bare).expect_err("no carriers").to_string();
        assert!(error.contains("a step says `in: each`, but the case has no `carriers`"), "{error}");
    }
}
