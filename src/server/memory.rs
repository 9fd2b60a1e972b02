//! What defects remember of earlier calls of any caller.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::store::{Factor, Kind};

/// How long a list is answered from memory.
const FRESH: Duration = Duration::from_millis(250);

/// Slots that a correct server leaves empty, and the number of a variant's events.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Id of the latest caller that was known.
    pub caller: Slot<String>,
    /// Id of the latest caller over gRPC.
    pub grpc_caller: Slot<String>,
    /// The latest domain that a start named.
    pub domain: Slot<String>,
    /// The latest display name that options had.
    pub display_name: Slot<String>,
    /// Whose calls are under way.
    pub busy: Busy,
    /// The latest factor, with the index of its user.
    factor: Slot<(u64, Factor)>,
    lists: Mutex<HashMap<&'static str, (Instant, Value)>>,
    /// The name that a verify of each user had last, by the user's id.
    names: Mutex<HashMap<String, Value>>,
    /// The user for whom a caller made the last start, by caller and kind.
    begun: Mutex<HashMap<(String, Kind), String>>,
    events: AtomicU64,
}

impl Memory {
    /// Keeps a factor until the next one is enrolled.
    pub(super) fn keep_factor(&self, user: u64, factor: &Factor) {
        self.factor.swap((user, factor.clone()));
    }

    /// The latest factor, if it is another user's.
    pub(super) fn factor_of_another(&self, user: u64) -> Option<Factor> {
        self.factor.get().filter(|(owner, _)| *owner != user).map(|(_, factor)| factor)
    }

    /// The list as it was answered to any caller a moment ago.
    pub(super) fn list(&self, operation: &'static str, now: Value) -> Value {
        let mut lists = lock(&self.lists);
        let (at, list) = lists.entry(operation).or_insert_with(|| (Instant::now(), now.clone()));
        if at.elapsed() >= FRESH {
            (*at, *list) = (Instant::now(), now);
        }
        list.clone()
    }

    /// Keeps the user for whom a caller has started; gives the user of the start before.
    pub(super) fn keep_begun(&self, caller: &str, kind: Kind, user_id: &str) -> Option<String> {
        lock(&self.begun).insert((caller.to_owned(), kind), user_id.to_owned())
    }

    /// Keeps the name that a verify of the user has.
    pub(super) fn keep_name(&self, user_id: &str, name: Value) {
        lock(&self.names).insert(user_id.to_owned(), name);
    }

    /// The name that a verify of the user had last.
    pub(super) fn latest_name(&self, user_id: &str) -> Option<Value> {
        lock(&self.names).get(user_id).cloned()
    }

    /// The number of the next event, of any user.
    pub(super) fn next_event(&self) -> u64 {
        self.events.fetch_add(1, Ordering::Relaxed) + 1
    }
}

/// Users whose calls are under way.
#[derive(Debug, Default)]
pub(super) struct Busy(Mutex<HashSet<String>>);

impl Busy {
    /// Whether no other call of the user was under way; from now on one is.
    pub(super) fn enter(&self, user_id: &str) -> bool {
        lock(&self.0).insert(user_id.to_owned())
    }

    /// Ends the user's call.
    pub(super) fn leave(&self, user_id: &str) {
        lock(&self.0).remove(user_id);
    }
}

/// One thing that is remembered.
#[derive(Debug)]
pub(super) struct Slot<T>(Mutex<Option<T>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot(Mutex::new(None))
    }
}

impl<T: Clone> Slot<T> {
    /// Puts something in the place of what was there.
    pub(super) fn swap(&self, new: T) -> Option<T> {
        lock(&self.0).replace(new)
    }

    /// What is there.
    pub(super) fn get(&self) -> Option<T> {
        lock(&self.0).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
