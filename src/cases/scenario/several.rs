//! The cases that an entry with several methods or carriers makes.

use super::also::{Also, EACH, PlaceRef, Single};
use super::entry::CaseEntry;
use super::step::Step;
use crate::transport::carried::Place;

impl Step {
    fn has_each(&self) -> bool {
        self.also.iter().any(|also| also.place == PlaceRef::Each)
    }

    /// Replaces `each` with places.
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

/// In a title, stands for the method of an entry that has several.
const METHOD: &str = "METHOD";

impl CaseEntry {
    /// The entry once for each of its methods, as `<id>-<method>`; the entry itself if it has none.
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

/// In a title, stands for the places.
const CARRIERS: &str = "CARRIERS";

impl CaseEntry {
    /// The entry with all its carriers at once, and once with each of them, as `<id>-<carrier>`; the entry itself if it has none.
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
    fn a_place_that_there_is_not_is_refused_with_what_to_write() {
        let error = |carriers: &str| parse_suite("s.yaml", &suite(carriers)).expect_err(carriers).to_string();
        assert!(error("'querry:userId'").contains("a request has no place `querry:userId`"));
        assert!(error("'query'").contains("`query` lacks a name"));
        assert!(error("'authority:x'").contains("`authority:x` takes no name"));
        let bare = suite("").replace("  carriers: []\n", "");
        let error = parse_suite("s.yaml", &bare).expect_err("no carriers").to_string();
        assert!(error.contains("a step says `in: each`, but the case has no `carriers`"), "{error}");
    }
}
