//! What ends with which eight bytes.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The maximum number of things with the same end; further ones are ignored.
const MOST_ALIKE: usize = 32;

/// Things by their last eight bytes. Nearly all ends are of one thing, so that a list for each would be most of a run's memory.
#[derive(Debug)]
pub(super) struct Ends<T> {
    first: HashMap<u64, T>,
    further: HashMap<u64, Vec<T>>,
}

impl<T> Default for Ends<T> {
    fn default() -> Ends<T> {
        Ends { first: HashMap::new(), further: HashMap::new() }
    }
}

impl<T> Ends<T> {
    pub fn add(&mut self, end: u64, thing: T) {
        if let Entry::Vacant(place) = self.first.entry(end) {
            place.insert(thing);
            return;
        }
        let alike = self.further.entry(end).or_default();
        if alike.len() + 1 < MOST_ALIKE {
            alike.push(thing);
        }
    }

    /// In the order in which they came.
    pub fn of(&self, end: u64) -> impl Iterator<Item = &T> {
        let first = self.first.get(&end);
        let further = first.and_then(|_| self.further.get(&end));
        first.into_iter().chain(further.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_with_one_end_are_all_there_up_to_a_bound() {
        let mut ends = Ends::default();
        (0..40).for_each(|thing| ends.add(7, thing));
        ends.add(8, 100);
        assert_eq!(ends.of(7).copied().collect::<Vec<i32>>(), (0..32).collect::<Vec<i32>>());
        assert_eq!(ends.of(8).copied().collect::<Vec<i32>>(), [100]);
        assert_eq!(ends.of(9).count(), 0);
    }
}
