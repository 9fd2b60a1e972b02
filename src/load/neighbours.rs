//! Others on the same subjects: registrations that this load did not make, seen in `excludeCredentials` of a start.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Credentials of a generation that are remembered. The load removes what it enrols, so that an older one is in no list any more.
const MOST: usize = 100_000;

/// The number of subjects that are remembered; a new one replaces one that shares its slot.
const SUBJECTS: usize = 1 << 16;

/// The registrations of this load, and how many other registrations each subject had. Texts are kept as 64 bits of a keyed hash.
pub(super) struct Neighbours {
    hashes: RandomState,
    /// All enrolled factors are kept, so that none may be forgotten.
    keeps: bool,
    state: Mutex<State>,
}

struct State {
    /// The generation that grows, and the one before.
    made: [HashSet<u64>; 2],
    /// By slot: a subject, and registrations of others that it had.
    others: Vec<Option<(u64, usize)>>,
    /// There are too many registrations to recognise all of them.
    is_over: bool,
}

impl Neighbours {
    /// For a load that removes what it enrols, or keeps it.
    pub(super) fn new(keeps: bool) -> Neighbours {
        let state = State { made: [HashSet::new(), HashSet::new()], others: vec![None; SUBJECTS], is_over: false };
        Neighbours { hashes: RandomState::new(), keeps, state: Mutex::new(state) }
    }

    /// Notes the id of a credential, in base64url, before it is sent.
    pub(super) fn made(&self, id: &str) {
        let print = self.print(id);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.made[0].len() >= MOST {
            state.is_over |= self.keeps;
            state.made.swap(0, 1);
            state.made[0].clear();
        }
        state.made[0].insert(print);
    }

    /// Looks at the creation options of a subject, of which 64 bits tell it from others. Whether somebody else has registered
    /// something for it since the last look.
    pub(super) fn see(&self, subject: u64, options: &Value) -> bool {
        let excluded =
            options.get("excludeCredentials").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let prints = excluded.iter().filter_map(|entry| Some(self.print(entry.get("id")?.as_str()?)));
        let prints: Vec<u64> = prints.collect();
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.is_over {
            return false;
        }
        let others = prints.iter().filter(|print| !state.made.iter().any(|made| made.contains(*print))).count();
        let slot = usize::try_from(subject >> 32).unwrap_or_default() % SUBJECTS;
        let before = state.others[slot].replace((subject, others));
        before.is_some_and(|(known, count)| known == subject && count < others)
    }

    fn print(&self, id: &str) -> u64 {
        self.hashes.hash_one(id.trim_end_matches('='))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Two subjects with slots of their own.
    const ONE: u64 = 1 << 32;
    const OTHER: u64 = 2 << 32;

    fn options(ids: &[&str]) -> Value {
        let excluded: Vec<Value> = ids.iter().map(|id| json!({ "type": "public-key", "id": id })).collect();
        json!({ "challenge": "c", "excludeCredentials": excluded })
    }

    #[test]
    fn only_what_others_register_meanwhile_is_seen() {
        let neighbours = Neighbours::new(false);
        assert!(!neighbours.see(ONE, &options(&["old"])), "the first look");
        neighbours.made("ours");
        assert!(!neighbours.see(ONE, &options(&["old", "ours=="])));
        assert!(!neighbours.see(OTHER, &options(&["ours"])), "shown to another user: the target's fault");
        assert!(neighbours.see(ONE, &options(&["old", "theirs", "more"])));
        assert!(!neighbours.see(ONE, &options(&["theirs"])), "fewer");
        assert!(!neighbours.see(ONE, &json!({ "challenge": "c" })));
        assert!(neighbours.see(ONE, &options(&["again"])));
    }

    #[test]
    fn what_was_forgotten_is_not_taken_for_somebody_elses() {
        let neighbours = Neighbours::new(true);
        assert!(!neighbours.see(ONE, &options(&[])));
        neighbours.made("first");
        for number in 0..2 * MOST {
            neighbours.made(&number.to_string());
        }
        assert!(!neighbours.see(ONE, &options(&["first"])));
    }
}
