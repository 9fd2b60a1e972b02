//! Parts of all users, which are leased. A user's part follows from its id only, so that lists in another order, or of other users,
//! agree about it.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The number of parts: large enough that few users share one.
const PARTS: usize = 1 << 16;
const WORD: usize = 64;

/// The part of a user.
pub(super) fn part_of(user_id: &str) -> u16 {
    let hash = Sha256::digest(user_id);
    u16::from_be_bytes([hash[0], hash[1]])
}

/// A set of parts. As text it is numbers and ranges: `3,17-20`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Parts(Vec<u64>);

impl Default for Parts {
    fn default() -> Parts {
        Parts(vec![0; PARTS / WORD])
    }
}

impl Parts {
    /// Whether a user is in one of them.
    pub fn has_user(&self, user_id: &str) -> bool {
        self.has(part_of(user_id))
    }

    pub(super) fn has(&self, part: u16) -> bool {
        let part = usize::from(part);
        self.0[part / WORD] >> (part % WORD) & 1 == 1
    }

    pub(super) fn add(&mut self, part: u16) {
        let part = usize::from(part);
        self.0[part / WORD] |= 1 << (part % WORD);
    }

    pub(super) fn add_all(&mut self, others: &Parts) {
        self.0.iter_mut().zip(&others.0).for_each(|(own, other)| *own |= other);
    }
}

impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = (0..=u16::MAX).filter(|part| self.has(*part)).peekable();
        let mut separator = "";
        while let Some(first) = parts.next() {
            let mut last = first;
            while let Some(next) = parts.next_if(|next| *next == last + 1) {
                last = next;
            }
            match last - first {
                0 => write!(f, "{separator}{first}")?,
                _ => write!(f, "{separator}{first}-{last}")?,
            }
            separator = ",";
        }
        Ok(())
    }
}

/// Text that is not a set of parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a list of numbers and ranges")]
pub struct NoParts;

impl FromStr for Parts {
    type Err = NoParts;

    fn from_str(text: &str) -> Result<Parts, NoParts> {
        let mut parts = Parts::default();
        for range in text.split(',').filter(|range| !range.is_empty()) {
            let (first, last) = range.split_once('-').unwrap_or((range, range));
            let (first, last): (u16, u16) = (first.parse().map_err(|_| NoParts)?, last.parse().map_err(|_| NoParts)?);
            (first..=last).for_each(|part| parts.add(part));
        }
        Ok(parts)
    }
}

impl TryFrom<String> for Parts {
    type Error = NoParts;

    fn try_from(text: String) -> Result<Parts, NoParts> {
        text.parse()
    }
}

impl From<Parts> for String {
    fn from(parts: Parts) -> String {
        parts.to_string()
    }
}

/// How many users of a list are in which part.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// Parts as they came, so that the first users of a list are taken first.
    order: Vec<u16>,
    counts: HashMap<u16, usize>,
    /// Users.
    pub all: usize,
}

impl Census {
    /// Of these users.
    pub fn of<'a>(user_ids: impl IntoIterator<Item = &'a str>) -> Census {
        let mut census = Census::default();
        user_ids.into_iter().for_each(|user_id| census.count(user_id));
        census
    }

    /// The parts that nobody has taken, with their users, in the order of the list.
    pub(super) fn of_free<'c>(&'c self, taken: &'c Parts) -> impl Iterator<Item = (u16, usize)> + 'c {
        let count = |part: &u16| (*part, self.counts.get(part).copied().unwrap_or_default());
        self.order.iter().filter(|part| !taken.has(**part)).map(count)
    }

    /// Counts a user.
    pub fn count(&mut self, user_id: &str) {
        let part = part_of(user_id);
        let count = self.counts.entry(part).or_default();
        if *count == 0 {
            self.order.push(part);
        }
        *count += 1;
        self.all += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_written_and_read_again() {
        for text in ["", "3", "3,17-20,65535", "0-65535"] {
            assert_eq!(text.parse::<Parts>().map(|parts| parts.to_string()), Ok(text.to_owned()));
        }
        for wrong in ["a", "70000", "1-", "-3"] {
            assert_eq!(wrong.parse::<Parts>(), Err(NoParts), "{wrong}");
        }
    }

    #[test]
    fn a_users_part_never_changes() {
        // Processes of several versions read one book.
        assert_eq!((part_of("659184569000000002"), part_of("")), (part_of("659184569000000002"), 0xe3b0));
        let census = Census::of(["a", "b", "a"]);
        assert_eq!((census.all, census.order.len(), census.counts[&part_of("a")]), (3, 2, 2));
    }
}
