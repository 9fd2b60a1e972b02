//! What a run has learnt about its target where the documents leave it open.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::outcome::Reason;
use crate::scenario::Test;

/// The successive pauses before a list is read again, until it shows what was done: lists may lag behind.
const PAUSES: [Duration; 6] = [
    Duration::from_millis(30),
    Duration::from_millis(100),
    Duration::from_millis(300),
    Duration::from_millis(700),
    Duration::from_millis(1_000),
    Duration::from_millis(2_000),
];
/// How many of these pauses are enough for an entry that need not be shown.
pub(crate) const SOME: usize = 4;
/// How many of these pauses are enough after waiting was in vain before and has never helped.
const FEW: usize = 1;
/// How many sequences of one clause and reason are made shorter.
const MOST_OF_A_CAUSE: usize = 2;
/// The same for all causes together.
const MOST_SHORTENED: usize = 10;

/// An answer, and where it was first seen.
#[derive(Debug, Clone)]
pub(crate) struct Fact {
    pub answer: bool,
    pub seen_in: Test,
}

/// What all sequences of a run share.
#[derive(Debug, Default)]
pub(crate) struct Facts(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    known: BTreeMap<String, Fact>,
    /// Questions that one sequence has answered in two ways.
    unsettled: HashSet<String>,
    /// By test: the question to which its answer differed from an earlier one.
    contradicted: HashMap<String, String>,
    /// By test: how many calls of its steps were played.
    played: HashMap<String, usize>,
    /// The shortest form of each test that found something.
    shortest: HashMap<String, Test>,
    causes: HashMap<(String, Reason), usize>,
    waited_in_vain: bool,
    waiting_helped: bool,
}

impl Facts {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a question, where one is known.
    pub(crate) fn known(&self, question: &str) -> Option<Fact> {
        self.state().known.get(question).cloned()
    }

    /// Keeps an answer. `Err` is the earlier one, if it differs.
    pub(crate) fn learn(&self, question: &str, answer: bool, seen_in: &Test) -> Result<(), Box<Fact>> {
        let mut state = self.state();
        if state.unsettled.contains(question) {
            return Ok(());
        }
        let fact = || Fact { answer, seen_in: seen_in.clone() };
        let known = state.known.entry(question.to_owned()).or_insert_with(fact);
        if known.answer == answer { Ok(()) } else { Err(Box::new(known.clone())) }
    }

    /// Notes that a test's answer to a question differed from that of an earlier test.
    pub(crate) fn contradict(&self, test: &str, question: &str) {
        self.state().contradicted.insert(test.to_owned(), question.to_owned());
    }

    /// The question to which a test's answer differed, since the last time this was called.
    pub(crate) fn take_contradicted(&self, test: &str) -> Option<String> {
        self.state().contradicted.remove(test)
    }

    /// Draws no more conclusions from a question.
    pub(crate) fn unsettle(&self, question: &str) {
        let mut state = self.state();
        state.known.remove(question);
        state.unsettled.insert(question.to_owned());
    }

    /// Everything that was learnt.
    pub(crate) fn all(&self) -> BTreeMap<String, bool> {
        self.state().known.iter().map(|(question, fact)| (question.clone(), fact.answer)).collect()
    }

    /// How long to wait for a list.
    pub(crate) fn pauses(&self) -> &'static [Duration] {
        let state = self.state();
        if state.waited_in_vain && !state.waiting_helped { &PAUSES[..FEW] } else { &PAUSES }
    }

    /// Whether a list was behind at least once.
    pub(crate) fn lists_lag(&self) -> bool {
        self.state().waiting_helped
    }

    /// Notes whether a list showed in the end what it did not show at first.
    pub(crate) fn waited(&self, helped: bool) {
        let mut state = self.state();
        if helped {
            state.waiting_helped = true;
        } else {
            state.waited_in_vain = true;
        }
    }

    /// Whether one more sequence of a cause is made shorter.
    pub(crate) fn is_worth_shortening(&self, clause: &str, reason: Reason) -> bool {
        let mut state = self.state();
        if state.causes.values().sum::<usize>() >= MOST_SHORTENED {
            return false;
        }
        let count = state.causes.entry((clause.to_owned(), reason)).or_default();
        let is_worth = *count < MOST_OF_A_CAUSE;
        *count += usize::from(is_worth);
        is_worth
    }

    /// Notes how many calls of a test's steps were played when it found something.
    pub(crate) fn note_played(&self, test: &str, calls: usize) {
        self.state().played.insert(test.to_owned(), calls);
    }

    pub(crate) fn take_played(&self, test: &str) -> Option<usize> {
        self.state().played.remove(test)
    }

    pub(crate) fn set_shortest(&self, test: &str, shortest: Test) {
        self.state().shortest.insert(test.to_owned(), shortest);
    }

    pub(crate) fn take_shortest(&self, test: &str) -> Option<Test> {
        self.state().shortest.remove(test)
    }
}
