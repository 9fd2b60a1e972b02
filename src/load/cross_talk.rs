//! Remembers, in a fixed space, what the target has sent to whom: an answer for another user is recognised by its user handle
//! or its challenge.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::contract::dialect::member;

/// The number of user handles that are remembered; a new one replaces one that shares its slot.
const HANDLES: usize = 1 << 16;

/// The number of challenges that are remembered.
const CHALLENGES: usize = 1 << 18;

/// The fault of creation options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crossed {
    /// The user handle belongs to another user.
    Handle,
    /// The challenge was sent to another user before.
    Challenge,
    /// The challenge was sent to the same user before.
    Repeated,
}

impl Crossed {
    /// The end of the class, and the text with expected and received.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Crossed::Handle => {
                ("cross-talk/user-handle", "expected the user's own handle, received one that was sent to another user")
            }
            Crossed::Challenge => (
                "cross-talk/challenge",
                "expected a challenge for this user only, received one that was sent to another user",
            ),
            Crossed::Repeated => (
                "check/challenge-fresh",
                "expected a challenge that was never sent before, received one that was sent to this user before",
            ),
        }
    }
}

/// The memory. Texts are kept as 64 bits of a keyed hash, so that a target can't aim at slots.
pub(super) struct Witness {
    hashes: RandomState,
    handles: Mutex<Vec<(u64, u64)>>,
    challenges: Mutex<Vec<(u64, u64)>>,
}

impl Witness {
    pub(super) fn new() -> Witness {
        let slots = |count| Mutex::new(vec![(0, 0); count]);
        Witness { hashes: RandomState::new(), handles: slots(HANDLES), challenges: slots(CHALLENGES) }
    }

    /// Looks at creation options (the value of `publicKey`) that were sent to a subject; subjects are distinguished by 64 bits.
    pub(super) fn see(&self, subject: u64, options: &Value) -> Option<Crossed> {
        // The checks report options that can't be read.
        let told = |path| Some(self.hashes.hash_one(member(options, path)?.as_str()?));
        let (handle, challenge) = (told("/user/id")?, told("/challenge")?);
        let handle = remember(&self.handles, handle, subject);
        let challenge = remember(&self.challenges, challenge, subject);
        match (handle, challenge) {
            (Some(other), _) if other != subject => Some(Crossed::Handle),
            (_, Some(other)) if other != subject => Some(Crossed::Challenge),
            (_, Some(_)) => Some(Crossed::Repeated),
            _ => None,
        }
    }
}

/// Who got a text before, if that is still known; the first one is kept.
fn remember(slots: &Mutex<Vec<(u64, u64)>>, print: u64, subject: u64) -> Option<u64> {
    let mut slots = slots.lock().unwrap_or_else(PoisonError::into_inner);
    let count = slots.len();
    let slot = slots.get_mut(usize::try_from(print >> 32).unwrap_or_default() % count)?;
    if slot.0 == print {
        return Some(slot.1);
    }
    *slot = (print, subject);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn options(challenge: &str, user: &str) -> Value {
        json!({ "rp": {}, "user": { "id": user, "name": "n" }, "challenge": challenge })
    }

    #[test]
    fn what_is_another_users_is_known_again() {
        let witness = Witness::new();
        for (subject, challenge, user, expected) in [
            (1, "a", "one", None),
            (2, "b", "two", None),
            (1, "c", "one", None),
            (1, "d", "two", Some(Crossed::Handle)),
            (2, "a", "two", Some(Crossed::Challenge)),
            (1, "c", "one", Some(Crossed::Repeated)),
            // A server may give a user more than one handle; that is not cross-talk.
            (1, "e", "uno", None),
            (2, "f", "uno", Some(Crossed::Handle)),
        ] {
            assert_eq!(witness.see(subject, &options(challenge, user)), expected, "{subject} {challenge} {user}");
        }
        assert_eq!(witness.see(9, &json!("no options")), None);
    }
}
