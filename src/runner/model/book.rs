//! The reference model: what the users of a watched case have after the calls so far, and what follows for the next call.
//!
//! The model expects only what a text says. What the documents leave open is a question: a sentence that is true or false of the target.

use std::collections::{HashMap, HashSet};

use super::clauses::{CONSISTENT, DEAD, ENROL_AGAIN, LISTED, OPEN, OWNER, REMOVED};
use crate::contract::{Flow, Operation};
use crate::outcome::Reason;
use crate::scenario::Expectation;

/// The clause of calls by callers that may not make them.
const AUTHORIZATION: &str = "api/authorization";
/// The clause that a spoiled credential breaks.
const ORIGIN: &str = "webauthn/7.1/origin";

/// The right by which a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Right {
    /// By the user that it acts on.
    Owner,
    /// By the administrator.
    Admin,
    /// By another user, or nobody.
    Stranger,
}

/// Which credential a verify sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    /// A new one, made from the options of its start.
    Good,
    /// The same for another origin.
    Spoiled,
    /// One that was enrolled and removed before, with the options of this start.
    Removed,
}

/// A call, as the model sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub operation: Operation,
    pub flow: Flow,
    pub right: Right,
    /// Whether it acts on the case's own user, and not on the other.
    pub is_own: bool,
    /// The start that it is about, by its index.
    pub about: Option<usize>,
    pub sent: Sent,
}

/// The result that a call has to have, and the clause that says so.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Predicted {
    pub expect: Expectation,
    pub about: &'static str,
    /// The question that this call answers, if the documents leave it open.
    pub question: Option<String>,
}

/// A start, and its state.
#[derive(Debug)]
pub(crate) struct Entry {
    pub is_own: bool,
    pub flow: Flow,
    pub by_admin: bool,
    pub state: State,
    /// The id of the registration, and then of the factor. v1 does not answer it: it is learnt from a list.
    pub id: Option<String>,
    /// The name that a verify gave it.
    pub name: Option<String>,
    /// The credential that was made last, and those before it.
    pub credential: Option<Vec<u8>>,
    pub spoiled: Vec<Vec<u8>>,
    /// Where it was listed.
    pub seen: HashSet<Flow>,
}

/// The state of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State {
    /// It was refused.
    Refused,
    /// It is open. Holds the events since then in the user's registrations of this kind, unless a text says that they do not matter.
    Open(Vec<String>),
    /// It is not known whether it is open.
    Unknown,
    /// It was finished, on this flow.
    Enrolled(Flow),
    /// It was removed, after it was finished (`true`) or before.
    Gone(bool),
}

/// The model of one case.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) entries: Vec<Entry>,
    /// What else each list had when it was first looked at: names by id.
    pub(crate) listed: HashMap<(bool, Flow), HashMap<String, Option<String>>>,
    /// What else the excludeCredentials of each flow had then.
    pub(crate) excluded: HashMap<(bool, Flow), HashSet<Vec<u8>>>,
    /// What names of this case's factors end with.
    pub(crate) tag: String,
    /// Calls of the case's steps.
    pub(crate) calls: usize,
    /// How many looks there were.
    pub(crate) looks: usize,
}

/// Whether two flows are of one kind of factor.
pub(crate) fn is_kind(a: Flow, b: Flow) -> bool {
    a.is_u2f() == b.is_u2f()
}

impl Entry {
    pub(crate) fn new(is_own: bool, flow: Flow, by_admin: bool, state: State) -> Entry {
        let (id, name, credential, spoiled) = (None, None, None, Vec::new());
        Entry { is_own, flow, by_admin, state, id, name, credential, spoiled, seen: HashSet::new() }
    }

    /// How it came to be, in words.
    pub(crate) fn origin(&self) -> String {
        let by = if self.by_admin { " by the administrator" } else { "" };
        match self.state {
            State::Enrolled(on) if on != self.flow => format!("was started on {}{by} and finished on {on}", self.flow),
            State::Enrolled(_) => format!("was enrolled on {}", self.flow),
            _ => format!("was started on {}{by}", self.flow),
        }
    }

    /// Whether only calls of this flow have made the factor.
    pub(crate) fn is_of(&self, flow: Flow) -> bool {
        self.flow == flow && self.state == State::Enrolled(flow)
    }
}

impl Predicted {
    fn new(expect: Expectation, about: &'static str) -> Predicted {
        Predicted { expect, about, question: None }
    }

    /// The expectation for a question: either answer as long as it is not known, and after that the same answer again.
    fn asks(question: String, known: Option<bool>) -> Predicted {
        let unmet = Reason::SecurityUnmet;
        let expect = match known {
            None => Expectation::EITHER,
            Some(true) => Expectation { accepted: Reason::Met, refused: unmet, class: None },
            Some(false) => Expectation { accepted: unmet, refused: Reason::Met, class: None },
        };
        Predicted { expect, about: CONSISTENT, question: Some(question) }
    }
}

impl Book {
    /// The result that a call has to have, given what is known about the target.
    pub(crate) fn predict(&self, asked: &Asked, known: &dyn Fn(&str) -> Option<bool>) -> Predicted {
        let asks = |question: String| {
            let answer = known(&question);
            Predicted::asks(question, answer)
        };
        let Asked { operation, flow, right, .. } = *asked;
        match (operation, right) {
            (Operation::List, Right::Stranger) => Predicted::new(Expectation::EITHER, OWNER),
            (_, Right::Stranger) => Predicted::new(Expectation::REJECT, AUTHORIZATION),
            (Operation::Start, Right::Owner) => Predicted::new(Expectation::ACCEPT, "api/status/ok"),
            (Operation::Start, Right::Admin) => asks(format!("the administrator may start on {flow}")),
            (Operation::List, Right::Owner) => asks(format!("{flow} has a list")),
            (Operation::List, Right::Admin) => asks(format!("the administrator may list on {flow}")),
            (Operation::Verify | Operation::Remove, _) => {
                let Some(entry) = asked.about.and_then(|index| self.entries.get(index)) else {
                    return Predicted::new(Expectation::EITHER, OPEN);
                };
                if entry.is_own != asked.is_own {
                    return Predicted::new(Expectation::REJECT, AUTHORIZATION);
                }
                let predicted =
                    if operation == Operation::Verify { verify(entry, asked) } else { remove(entry, asked) };
                predicted.unwrap_or_else(asks)
            }
        }
    }

    /// Takes in the result of a call.
    pub(crate) fn note(&mut self, asked: &Asked, accepted: bool) {
        if asked.right == Right::Stranger {
            return;
        }
        let Asked { flow, is_own, .. } = *asked;
        let by = if asked.right == Right::Admin { " by the administrator" } else { "" };
        let about = asked.about.filter(|index| self.entries.get(*index).is_some_and(|entry| entry.is_own == is_own));
        match (asked.operation, accepted) {
            (Operation::Start, true) => self.happened(asked, about, &format!("a start on {flow}{by}")),
            (Operation::Verify, true) => {
                self.set(about, State::Enrolled(flow));
                self.happened(asked, about, &format!("another was finished on {flow}{by}"));
            }
            (Operation::Verify, false) => self.refused_verify(asked, about),
            (Operation::Remove, true) => {
                let state = about.map(|index| self.entries[index].state.clone());
                let was_enrolled = matches!(state, Some(State::Enrolled(_) | State::Gone(true)));
                self.set(about, State::Gone(was_enrolled));
                if !was_enrolled {
                    self.happened(asked, about, &format!("another was removed on {flow}{by}"));
                }
            }
            _ => {}
        }
    }

    /// Takes in that a credential was made from a start's options.
    pub(crate) fn made(&mut self, index: usize, credential_id: &[u8]) {
        if let Some(entry) = self.entries.get_mut(index) {
            let before = entry.credential.replace(credential_id.to_vec());
            entry.spoiled.extend(before);
        }
    }

    /// Whether something with this id belongs to a user, by an accepted start, or by the contents of a list at first.
    pub(crate) fn is_of_user(&self, is_own: bool, id: &str) -> bool {
        let of_entry = |entry: &Entry| entry.is_own == is_own && entry.id.as_deref() == Some(id);
        let of_list = |((whose, _), listed): (&(bool, Flow), &HashMap<String, Option<String>>)| {
            *whose == is_own && listed.contains_key(id)
        };
        self.entries.iter().any(of_entry) || self.listed.iter().any(of_list)
    }

    /// Whether a start's credential was removed, and was not made for another start that it may belong to.
    pub(crate) fn is_free(&self, index: usize) -> bool {
        let Some(entry) = self.entries.get(index).filter(|entry| entry.state == State::Gone(true)) else {
            return false;
        };
        let others = self.entries.iter().filter(|other| !matches!(other.state, State::Gone(_)));
        others.filter(|other| other.credential.is_some()).all(|other| other.credential != entry.credential)
    }

    /// Whether a verify of a user's registrations was refused.
    pub(crate) fn has_refused(&self, is_own: bool) -> bool {
        let is_left = |entry: &Entry| entry.name.is_some() && matches!(entry.state, State::Open(_) | State::Unknown);
        self.entries.iter().any(|entry| entry.is_own == is_own && (is_left(entry) || !entry.spoiled.is_empty()))
    }

    fn set(&mut self, index: Option<usize>, state: State) {
        if let Some(entry) = index.and_then(|index| self.entries.get_mut(index)) {
            entry.state = state;
        }
    }

    /// Notes an event that may matter for the user's other open registrations of the kind.
    fn happened(&mut self, asked: &Asked, but: Option<usize>, what: &str) {
        for (_, entry) in self.entries.iter_mut().enumerate().filter(|(index, _)| Some(*index) != but) {
            if let State::Open(events) = &mut entry.state
                && entry.is_own == asked.is_own
                && is_kind(entry.flow, asked.flow)
            {
                events.push(what.to_owned());
            }
        }
    }

    /// A refused verify may use up the registration that it is about. v1 names none, so it may be any of several, and even
    /// one that an earlier case has left open.
    fn refused_verify(&mut self, asked: &Asked, about: Option<usize>) {
        let flow = asked.flow;
        if let Some(State::Open(events)) = about.map(|index| &mut self.entries[index].state) {
            events.push(format!("a refused verify on {flow}"));
        }
        if flow.names_registration() {
            return self.happened(asked, about, &format!("a refused verify of another on {flow}"));
        }
        for (_, entry) in self.entries.iter_mut().enumerate().filter(|(index, _)| Some(*index) != about) {
            if entry.is_own == asked.is_own && is_kind(entry.flow, flow) && matches!(entry.state, State::Open(_)) {
                entry.state = State::Unknown;
            }
        }
    }

    /// The clause about the first look at a factor in a list, and the clause about a later look.
    pub(crate) fn missing(entry: &Entry, flow: Flow) -> &'static str {
        if entry.seen.contains(&flow) { crate::runner::model::clauses::KEPT } else { LISTED }
    }
}

/// The result that a verify has to have; the question if that is open.
fn verify(entry: &Entry, asked: &Asked) -> Result<Predicted, String> {
    let events = match &entry.state {
        _ if !is_kind(entry.flow, asked.flow) => return Ok(Predicted::new(Expectation::EITHER, OPEN)),
        _ if asked.sent == Sent::Spoiled => return Ok(Predicted::new(Expectation::REJECT, ORIGIN)),
        State::Refused | State::Unknown => return Ok(Predicted::new(Expectation::EITHER, OPEN)),
        State::Enrolled(_) | State::Gone(_) => return Ok(Predicted::new(Expectation::REJECT, DEAD)),
        State::Open(events) => events,
    };
    let is_plain = asked.right == Right::Owner && !entry.by_admin && asked.flow == entry.flow && events.is_empty();
    match (is_plain, asked.sent) {
        (true, Sent::Removed) => Ok(Predicted::new(Expectation::SHOULD_ACCEPT, ENROL_AGAIN)),
        (true, _) => Ok(Predicted::new(Expectation::ACCEPT, OPEN)),
        (false, Sent::Removed) => Ok(Predicted::new(Expectation::EITHER, OPEN)),
        (false, _) => Err(open_question(entry, asked, events, "finished")),
    }
}

/// The result that a removal has to have; the question if that is open.
fn remove(entry: &Entry, asked: &Asked) -> Result<Predicted, String> {
    let (flow, is_owner) = (asked.flow, asked.right == Right::Owner);
    match &entry.state {
        _ if !is_kind(entry.flow, flow) => Ok(Predicted::new(Expectation::EITHER, REMOVED)),
        State::Refused | State::Unknown => Ok(Predicted::new(Expectation::EITHER, REMOVED)),
        State::Enrolled(_) if entry.is_of(flow) && is_owner => Ok(Predicted::new(Expectation::ACCEPT, REMOVED)),
        State::Enrolled(_) => Err(format!("what {} can be removed on {flow}{}", entry.origin(), by(asked))),
        State::Open(events) => Err(open_question(entry, asked, events, "removed")),
        State::Gone(was_enrolled) => {
            let what = if *was_enrolled { "a factor" } else { "an open registration" };
            Err(format!("{what} of {} that was removed can be removed again on {flow}{}", entry.flow, by(asked)))
        }
    }
}

fn open_question(entry: &Entry, asked: &Asked, events: &[String], what: &str) -> String {
    let after = if events.is_empty() { String::new() } else { format!(" after {}", events.join(", then ")) };
    format!("a registration that {} can be {what} on {}{}{after}", entry.origin(), asked.flow, by(asked))
}

fn by(asked: &Asked) -> &'static str {
    if asked.right == Right::Admin { " by the administrator" } else { "" }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(in crate::runner::model) fn asked(operation: Operation, flow: Flow, about: Option<usize>) -> Asked {
        Asked { operation, flow, right: Right::Owner, is_own: true, about, sent: Sent::Good }
    }

    pub(in crate::runner::model) fn started(flow: Flow) -> Entry {
        let state = State::Open(Vec::new());
        Entry::new(true, flow, false, state)
    }

    fn begin(book: &mut Book, flow: Flow) {
        book.note(&asked(Operation::Start, flow, None), true);
        book.entries.push(started(flow));
    }

    fn nothing(_: &str) -> Option<bool> {
        None
    }

    #[test]
    fn what_a_text_says_is_expected_and_the_rest_is_asked() {
        let mut book = Book::default();
        begin(&mut book, Flow::V2_U2F);
        let verify = asked(Operation::Verify, Flow::V2_U2F, Some(0));
        let remove = asked(Operation::Remove, Flow::V2_U2F, Some(0));
        assert_eq!(book.predict(&verify, &nothing).expect, Expectation::ACCEPT);
        // Another kind of factor, and another user, change nothing.
        begin(&mut book, Flow::V2_PASSKEY);
        book.note(&Asked { right: Right::Stranger, ..verify }, false);
        book.note(&Asked { is_own: false, ..verify }, false);
        assert_eq!(book.predict(&verify, &nothing).expect, Expectation::ACCEPT);
        begin(&mut book, Flow::V1_U2F);
        let open = book.predict(&verify, &nothing);
        assert_eq!(
            open.question.as_deref(),
            Some("a registration that was started on v2/u2f can be finished on v2/u2f after a start on v1/u2f")
        );
        assert_eq!((open.expect, open.about), (Expectation::EITHER, CONSISTENT));
        let known = book.predict(&verify, &|_| Some(false)).expect;
        assert_eq!((known.accepted, known.refused), (Reason::SecurityUnmet, Reason::Met));
        book.note(&verify, true);
        assert_eq!(book.predict(&verify, &nothing), Predicted::new(Expectation::REJECT, DEAD));
        assert_eq!(book.predict(&remove, &nothing), Predicted::new(Expectation::ACCEPT, REMOVED));
        book.note(&remove, true);
        assert_eq!(book.predict(&verify, &nothing).about, DEAD);
        assert!(book.predict(&remove, &nothing).question.is_some_and(|question| question.contains("removed again")));
        assert_eq!(book.predict(&Asked { is_own: false, ..remove }, &nothing).expect, Expectation::REJECT);
    }

    #[test]
    fn a_removed_credential_is_free_until_it_is_made_again() {
        let mut book = Book::default();
        begin(&mut book, Flow::V1_U2F);
        begin(&mut book, Flow::V2_U2F);
        book.made(0, &[1; 16]);
        book.note(&asked(Operation::Verify, Flow::V1_U2F, Some(0)), true);
        assert!(!book.is_free(0) && !book.is_free(1) && !book.is_free(9));
        book.note(&asked(Operation::Remove, Flow::V1_U2F, Some(0)), true);
        assert!(book.is_free(0));
        book.made(1, &[1; 16]);
        assert!(!book.is_free(0), "the second start has it");
        book.note(&asked(Operation::Remove, Flow::V2_U2F, Some(1)), true);
        assert!(book.is_free(0));
    }

    #[test]
    fn a_refused_verify_of_v1_may_be_about_any_registration() {
        let mut book = Book::default();
        begin(&mut book, Flow::V1_U2F);
        begin(&mut book, Flow::V1_U2F);
        begin(&mut book, Flow::V1_PASSWORDLESS);
        book.note(&asked(Operation::Verify, Flow::V1_U2F, Some(0)), false);
        assert_eq!(book.entries[1].state, State::Unknown);
        assert_eq!(book.entries[2].state, State::Open(Vec::new()), "another kind");
        let State::Open(events) = &book.entries[0].state else { panic!("it is the one that was meant") };
        assert_eq!(events, &["a start on v1/u2f", "a refused verify on v1/u2f"]);
    }
}
