//! Compares what a list, or the options of a start, show of a user with the model.

use serde_json::Value;

use super::book::{Book, Entry, State, is_kind};
use super::clauses::{IDS, KEPT, LISTED, OWNER, REFUSED, REMOVED};
use crate::contract::dialect::ListEntry;
use crate::contract::{Flow, Operation};
use crate::words::beginning;

/// A list with so many entries may be one page of several: an entry that is missing may be on another page.
const PAGE: usize = 50;

/// The flow that is examined, and for whom: the case's own user (`true`) or the other user.
pub(crate) type View = (bool, Flow);

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mismatch {
    pub clause: &'static str,
    pub expected: String,
    pub received: String,
}

/// What one look shows about a question that the documents leave open.
pub(crate) type Answers = Vec<Answer>;

/// The answer to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub question: String,
    pub holds: bool,
    /// Whether it may hold in a moment, because a list may lag.
    pub may_come: bool,
}

impl Answer {
    fn new(question: String, holds: bool) -> Answer {
        Answer { question, holds, may_come: false }
    }
}

/// A factor as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub id: String,
    pub name: Option<String>,
    /// Whether it is a finished factor: the list does not say anything else.
    pub is_ready: bool,
}

/// The factors in the answer of a list.
pub(crate) fn shown(flow: Flow, body: &Value) -> Vec<Shown> {
    let one = |entry: ListEntry<'_>| {
        let is_other = |state: &str| state.contains("NOT_READY") || state.contains("REMOVED");
        let is_ready = !entry.state.is_some_and(is_other);
        let name = entry.name.filter(|name| !name.is_empty()).map(str::to_owned);
        Some(Shown { id: entry.id?.to_owned(), name, is_ready })
    };
    flow.endpoint(Operation::List).into_iter().flat_map(|list| list.entries(body)).filter_map(one).collect()
}

fn wrong<T>(clause: &'static str, expected: impl Into<String>, received: impl Into<String>) -> Result<T, Mismatch> {
    Err(Mismatch { clause, expected: expected.into(), received: received.into() })
}

/// Cut and quoted, so that a hostile target can't flood a report.
pub(crate) fn brief(text: &str) -> String {
    format!("{:?}", beginning(text, 80))
}

impl Book {
    /// Compares a list with the model; gives what it shows about open questions.
    /// If lists lag behind, a new entry may come from an earlier case.
    pub(crate) fn listed_fits(&self, (is_own, flow): View, items: &[Shown], lags: bool) -> Result<Answers, Mismatch> {
        let mut answers = Answers::new();
        // An entry that an earlier case has left twice is reported for that case.
        let of_case = |item: &&Shown| self.of(is_own).any(|(_, entry)| is_it(entry, item));
        let is_twice = |item: &&Shown| items.iter().filter(|other| other.id == item.id).count() > 1;
        if let Some(twice) = items.iter().filter(of_case).find(is_twice) {
            return wrong(LISTED, "each factor once", format!("the id {} twice", brief(&twice.id)));
        }
        for (index, entry) in self.of(is_own).filter(|(_, entry)| is_kind(entry.flow, flow)) {
            self.entry_fits((index, entry), flow, items, &mut answers)?;
        }
        let of_other = |item: &&Shown| self.of(!is_own).any(|(_, entry)| is_it(entry, item));
        if let Some(item) = items.iter().find(of_other) {
            return wrong(OWNER, "no factor of another user", format!("the other user's {}", words(item)));
        }
        self.rest_fits((is_own, flow), items, lags)?;
        Ok(answers)
    }

    fn of(&self, is_own: bool) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().filter(move |(_, entry)| entry.is_own == is_own)
    }

    /// One start, in a list of its user and kind.
    fn entry_fits(
        &self,
        (index, entry): (usize, &Entry),
        flow: Flow,
        items: &[Shown],
        answers: &mut Answers,
    ) -> Result<(), Mismatch> {
        let found: Vec<&Shown> = items.iter().filter(|item| is_it(entry, item)).collect();
        let number = index + 1;
        match &entry.state {
            State::Enrolled(_) => {
                if found.len() > 1 {
                    return wrong(KEPT, format!("the factor of start {number} once"), format!("{} times", found.len()));
                }
                let is_own = entry.is_of(flow);
                if !is_own {
                    let question = format!("the list of {flow} shows what {}", entry.origin());
                    answers.push(Answer { may_come: found.is_empty(), ..Answer::new(question, !found.is_empty()) });
                }
                match found.first() {
                    Some(item) => factor_fits(number, entry, item),
                    None if is_own && items.len() < PAGE && can_be_told(entry, items) => {
                        let expected = format!("the factor of start {number} in the list of {flow}");
                        wrong(Book::missing(entry, flow), expected, "it is not in the list")
                    }
                    None => Ok(()),
                }
            }
            State::Gone(_) if found.iter().any(|item| item.is_ready) => {
                wrong(REMOVED, format!("no factor of start {number}, because it was removed"), "it is listed")
            }
            State::Open(_) | State::Unknown | State::Refused => {
                let named = found.iter().find(|item| item.is_ready && item.name.is_some() && item.name == entry.name);
                if let Some(item) = named {
                    let expected = format!("no factor of start {number}, whose verify was refused");
                    return wrong(REFUSED, expected, words(item));
                }
                // v1 does not answer the id, so an entry that is not listed under this id may be listed under another.
                let is_open = entry.state == State::Open(Vec::new()) && entry.id.is_some() && items.len() < PAGE;
                if is_open {
                    let shows = format!("the list of {flow} shows an open registration that {}", entry.origin());
                    answers.push(Answer::new(shows, !found.is_empty()));
                }
                Ok(())
            }
            State::Gone(_) => Ok(()),
        }
    }

    /// Checks the entries that are not this case's.
    fn rest_fits(&self, view: View, items: &[Shown], lags: bool) -> Result<(), Mismatch> {
        let (is_own, flow) = view;
        let is_known = |item: &&Shown| !self.entries.iter().any(|entry| is_it(entry, item));
        let rest: Vec<&Shown> = items.iter().filter(is_known).collect();
        let is_tagged = |item: &&&Shown| item.name.as_deref().is_some_and(|name| name.contains(&self.tag));
        if let Some(item) = rest.iter().find(is_tagged) {
            return wrong(LISTED, "only factors that a call has made", words(item));
        }
        let Some(before) = self.listed.get(&view) else { return Ok(()) };
        for (id, name) in before {
            match items.iter().find(|item| item.id == *id) {
                None if items.len() >= PAGE => {}
                None => return wrong(KEPT, format!("the factor {} that was there before", brief(id)), "it is gone"),
                Some(item) if item.name != *name => {
                    let name = name.as_deref().unwrap_or_default();
                    return wrong(KEPT, format!("{} under its name {}", brief(id), brief(name)), words(item));
                }
                Some(_) => {}
            }
        }
        // A registration of v1 has no id until it is finished.
        let waiting = |(_, entry): &(usize, &Entry)| is_kind(entry.flow, flow) && !is_finished(entry);
        let may_be = self.of(is_own).filter(waiting).count();
        let new: Vec<&&Shown> = rest.iter().filter(|item| item.is_ready && !before.contains_key(&item.id)).collect();
        match new.first() {
            Some(item) if new.len() > may_be && !lags => {
                wrong(LISTED, "only factors that a call has made", words(item))
            }
            _ => Ok(()),
        }
    }

    /// Takes in a list that fits the model: ids that v1 did not answer, and entries that are not this case's.
    pub(crate) fn take_listed(&mut self, view: View, items: &[Shown]) {
        let (is_own, flow) = view;
        for item in items {
            let is_its = |entry: &&mut Entry| {
                entry.is_own == is_own && is_kind(entry.flow, flow) && is_finished(entry) && is_it(entry, item)
            };
            if let Some(entry) = self.entries.iter_mut().find(is_its) {
                entry.id.get_or_insert_with(|| item.id.clone());
                entry.seen.insert(flow);
            }
        }
        let is_own_making = |item: &&Shown| self.entries.iter().any(|entry| is_it(entry, item));
        let rest = items.iter().filter(|item| item.is_ready && !is_own_making(item));
        let rest = rest.map(|item| (item.id.clone(), item.name.clone())).collect();
        self.listed.entry(view).or_insert(rest);
    }

    /// Compares the excludeCredentials of a start with the model; gives what they show about open questions. `is_ours` tells
    /// whether this run has made a credential.
    pub(crate) fn excluded_fits(
        &self,
        (is_own, flow): View,
        listed: &[Vec<u8>],
        is_ours: &dyn Fn(&[u8]) -> bool,
    ) -> Result<Answers, Mismatch> {
        let mut answers = Answers::new();
        let times = |id: &Vec<u8>| listed.iter().filter(|known| *known == id).count();
        let is_enrolled = |id: &Vec<u8>| {
            self.of(is_own).any(|(_, entry)| is_finished(entry) && entry.credential.as_ref() == Some(id))
        };
        for (index, entry) in self.of(is_own) {
            let Some(credential) = &entry.credential else { continue };
            if entry.spoiled.iter().any(|id| times(id) > 0) {
                let expected = format!("excludeCredentials without the refused credential of start {}", index + 1);
                return wrong(REFUSED, expected, "it is there");
            }
            let (count, number) = (times(credential), index + 1);
            let where_it_is = format!("in excludeCredentials of {flow}");
            match &entry.state {
                State::Enrolled(_) if entry.is_of(flow) && count != 1 => {
                    let expected = format!("the credential of start {number} once {where_it_is}");
                    return wrong(KEPT, expected, format!("{count} times"));
                }
                State::Enrolled(_) if count > 1 => {
                    return wrong(KEPT, format!("the credential of start {number} once"), format!("{count} times"));
                }
                State::Enrolled(_) if count == 0 && entry.seen.contains(&flow) => {
                    let expected =
                        format!("the credential of start {number} {where_it_is}, because the list of {flow} has it");
                    return wrong(KEPT, expected, "it is not there");
                }
                State::Enrolled(_) if !entry.is_of(flow) => {
                    let question = format!("excludeCredentials of {flow} has what {}", entry.origin());
                    answers.push(Answer::new(question, count > 0));
                }
                State::Enrolled(_) => {}
                _ if count == 0 || is_enrolled(credential) => {}
                State::Gone(true) => {
                    let expected = format!("no credential of start {number} {where_it_is}, because it was removed");
                    return wrong(REMOVED, expected, "it is there");
                }
                _ => {
                    let expected = format!("no credential of start {number} {where_it_is}, because it was refused");
                    return wrong(REFUSED, expected, "it is there");
                }
            }
        }
        self.rest_excluded((is_own, flow), listed, is_ours)?;
        Ok(answers)
    }

    fn rest_excluded(&self, view: View, listed: &[Vec<u8>], is_ours: &dyn Fn(&[u8]) -> bool) -> Result<(), Mismatch> {
        let of = |is_own: bool, id: &Vec<u8>| self.of(is_own).any(|(_, entry)| entry.credential.as_ref() == Some(id));
        if listed.iter().any(|id| of(!view.0, id) && !of(view.0, id)) {
            return wrong(OWNER, "no credential of another user", "a credential of the other user");
        }
        let Some(before) = self.excluded.get(&view) else { return Ok(()) };
        if before.iter().any(|id| !listed.contains(id)) {
            return wrong(
                KEPT,
                "every credential that the user had before in excludeCredentials",
                "one of them is missing",
            );
        }
        let is_new = |id: &&Vec<u8>| !before.contains(*id) && !of(view.0, id) && is_ours(id);
        match listed.iter().find(is_new) {
            Some(_) => wrong(OWNER, "no credential of another user", "a credential that was made for another user"),
            None => Ok(()),
        }
    }

    /// Takes in the credentials in the options that are not this case's.
    pub(crate) fn take_excluded(&mut self, view: View, listed: &[Vec<u8>]) {
        let is_own_making = |id: &&Vec<u8>| self.entries.iter().any(|entry| entry.credential.as_ref() == Some(*id));
        let rest = listed.iter().filter(|id| !is_own_making(id)).cloned().collect();
        self.excluded.entry(view).or_insert(rest);
    }

    /// Checks that the id of a start is new.
    pub(crate) fn id_fits(&self, id: &str) -> Result<(), Mismatch> {
        let is_taken = self.entries.iter().any(|entry| entry.id.as_deref() == Some(id))
            || self.listed.values().any(|listed| listed.contains_key(id));
        if is_taken {
            wrong(IDS, "an id that nothing else has", format!("{}, which was used before", brief(id)))
        } else {
            Ok(())
        }
    }
}

fn is_finished(entry: &Entry) -> bool {
    matches!(entry.state, State::Enrolled(_))
}

/// Whether an entry belongs to a start: by its id, or, if v1 did not answer the id, by its name.
fn is_it(entry: &Entry, item: &Shown) -> bool {
    let is_named = entry.name.is_some() && entry.name == item.name;
    entry.id.as_ref() == Some(&item.id) || is_named
}

/// Whether a list shows which factor is which: by ids, or, if v1 did not answer them, by names.
fn can_be_told(entry: &Entry, items: &[Shown]) -> bool {
    entry.id.is_some() || items.iter().all(|item| item.name.is_some())
}

/// Checks what a list shows of a finished factor.
fn factor_fits(number: usize, entry: &Entry, item: &Shown) -> Result<(), Mismatch> {
    if entry.id.as_ref().is_some_and(|id| *id != item.id) {
        let id = brief(entry.id.as_deref().unwrap_or_default());
        return wrong(LISTED, format!("the factor of start {number} under its id {id}"), words(item));
    }
    if item.name.is_some() && item.name != entry.name {
        let name = brief(entry.name.as_deref().unwrap_or_default());
        return wrong(LISTED, format!("the factor of start {number} under its name {name}"), words(item));
    }
    if !item.is_ready {
        return wrong(
            LISTED,
            format!("the factor of start {number} as ready"),
            format!("{} is not ready", words(item)),
        );
    }
    Ok(())
}

fn words(item: &Shown) -> String {
    match &item.name {
        Some(name) => format!("{} with the name {}", brief(&item.id), brief(name)),
        None => format!("{} without a name", brief(&item.id)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::book::Entry;
    use super::*;

    const OWN: View = (true, Flow::V2_PASSKEY);

    /// A finished passkey of the own user, under the id 1 and the name a, with the credential c.
    fn book() -> Book {
        let mut entry = Entry::new(true, Flow::V2_PASSKEY, false, State::Enrolled(Flow::V2_PASSKEY));
        (entry.id, entry.name) = (Some("1".to_owned()), Some("a tag".to_owned()));
        entry.credential = Some(b"c".to_vec());
        Book { entries: vec![entry], tag: "tag".to_owned(), ..Book::default() }
    }

    fn item(id: &str, name: &str) -> Shown {
        Shown { id: id.to_owned(), name: Some(name.to_owned()), is_ready: true }
    }

    fn clause(book: &Book, items: &[Shown]) -> Option<&'static str> {
        book.listed_fits(OWN, items, false).err().map(|mismatch| mismatch.clause)
    }

    #[test]
    fn lists_are_read_in_both_forms() {
        let v1 = json!({ "result": [
            { "state": "AUTH_FACTOR_STATE_READY", "otp": {} },
            { "state": "AUTH_FACTOR_STATE_NOT_READY", "u2f": { "id": "1", "name": "" } },
            { "u2f": { "id": "2", "name": "b" } },
        ] });
        let open = Shown { id: "1".to_owned(), name: None, is_ready: false };
        assert_eq!(shown(Flow::V1_U2F, &v1), [open, item("2", "b")]);
        let v2 = json!({ "result": [{ "id": "3", "state": "AUTH_FACTOR_STATE_READY", "name": "c" }, { "id": 4 }] });
        assert_eq!(shown(Flow::V2_PASSKEY, &v2), [item("3", "c")]);
        assert!(shown(Flow::V2_PASSKEY, &json!({})).is_empty());
    }

    #[test]
    fn a_list_shows_each_factor_once_and_nothing_else() {
        let mut book = book();
        let good = [item("1", "a tag")];
        assert_eq!(clause(&book, &good), None);
        assert_eq!(clause(&book, &[]), Some(LISTED));
        assert_eq!(clause(&book, &[item("1", "a tag"), item("1", "a tag")]), Some(LISTED));
        assert_eq!(clause(&book, &[item("1", "a tag"), item("8", "x"), item("8", "x")]), None, "of an earlier case");
        assert_eq!(clause(&book, &[item("1", "a tag"), item("2", "a tag")]), Some(KEPT), "twice");
        assert_eq!(clause(&book, &[item("1", "b")]), Some(LISTED), "another name");
        assert_eq!(clause(&book, &[item("1", "a tag"), item("2", "b tag")]), Some(LISTED), "what nobody has made");
        book.take_listed(OWN, &good);
        assert_eq!(clause(&book, &[]), Some(KEPT), "it was there");
        assert_eq!(clause(&book, &[item("1", "a tag"), item("9", "x")]), Some(LISTED), "it was not there at first");
        assert_eq!(book.listed_fits(OWN, &[item("1", "a tag"), item("9", "x")], true), Ok(Vec::new()), "lists lag");
        book.entries[0].state = State::Gone(true);
        assert_eq!(clause(&book, &good), Some(REMOVED));
        book.entries[0].state = State::Open(vec!["a refused verify".to_owned()]);
        assert_eq!(clause(&book, &good), Some(REFUSED));
        book.entries[0].state = State::Enrolled(Flow::V2_PASSKEY);
        book.entries[0].is_own = false;
        assert_eq!(clause(&book, &good), Some(OWNER));
    }

    #[test]
    fn what_was_there_before_stays() {
        let mut book = book();
        book.take_listed(OWN, &[item("1", "a tag"), item("old", "x")]);
        assert_eq!(clause(&book, &[item("1", "a tag"), item("old", "x")]), None);
        assert_eq!(clause(&book, &[item("1", "a tag")]), Some(KEPT));
        assert_eq!(clause(&book, &[item("1", "a tag"), item("old", "y")]), Some(KEPT));
        assert!(book.id_fits("old").is_err() && book.id_fits("1").is_err() && book.id_fits("2").is_ok());
    }

    #[test]
    fn options_exclude_what_the_user_has_once() {
        let (mut book, ours) = (book(), |_: &[u8]| true);
        let clause = |book: &Book, ids: &[&[u8]]| {
            let ids: Vec<Vec<u8>> = ids.iter().map(|id| id.to_vec()).collect();
            book.excluded_fits(OWN, &ids, &ours).err().map(|mismatch| mismatch.clause)
        };
        assert_eq!(clause(&book, &[b"c"]), None);
        assert_eq!(clause(&book, &[]), Some(KEPT));
        assert_eq!(clause(&book, &[b"c", b"c"]), Some(KEPT));
        book.take_excluded(OWN, &[b"c".to_vec(), b"old".to_vec()]);
        assert_eq!(clause(&book, &[b"c"]), Some(KEPT), "what was there before");
        assert_eq!(clause(&book, &[b"c", b"old", b"new"]), Some(OWNER));
        book.entries[0].state = State::Gone(true);
        assert_eq!(clause(&book, &[b"c", b"old"]), Some(REMOVED));
        book.entries[0].is_own = false;
        assert_eq!(clause(&book, &[b"c", b"old"]), Some(OWNER));
        // On another flow it is asked whether it is there.
        let other = self::book().excluded_fits((true, Flow::V1_PASSWORDLESS), &[], &ours);
        assert_eq!(other.map(|answers| answers.len()), Ok(1));
    }
}
