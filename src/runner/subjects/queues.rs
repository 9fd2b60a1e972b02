//! The order in which subjects are leased: which test may follow which.

use std::collections::VecDeque;

use crate::scenario::{Demand, Sharing};

/// Subjects that wait for a test.
#[derive(Debug)]
pub(crate) struct Queues<T> {
    /// Unused subjects.
    fresh: VecDeque<T>,
    /// Used subjects, the longest idle first.
    used: VecDeque<T>,
    /// Subjects of tests that do not share, or did not pass: used again only if there are no others.
    aside: VecDeque<T>,
    /// The number of fresh subjects that later tests still need.
    kept_fresh: usize,
    /// The number of further subjects that are kept for tests that do not share, as long as there are others.
    kept_own: usize,
}

impl<T> Queues<T> {
    /// All of them fresh, for the demand of a plan.
    pub(crate) fn new(all: impl IntoIterator<Item = T>, demand: Demand) -> Queues<T> {
        let (used, aside) = (VecDeque::new(), VecDeque::new());
        Queues { fresh: all.into_iter().collect(), used, aside, kept_fresh: demand.fresh, kept_own: demand.own }
    }

    /// Takes so many for one test. `None` if there are not enough, or if the first has to be fresh and none is.
    pub(crate) fn take(&mut self, count: usize, sharing: Sharing) -> Option<Vec<T>> {
        let strict = usize::from(sharing == Sharing::Fresh).min(count);
        let enough = self.fresh.len() + self.used.len() + self.aside.len() >= count;
        if !enough || self.fresh.len() < strict {
            return None;
        }
        let mut taken: Vec<T> = self.fresh.drain(..strict).collect();
        self.kept_fresh = self.kept_fresh.saturating_sub(strict);
        let mut others = count - strict;
        let kept = self.kept_fresh + if sharing == Sharing::Shares { self.kept_own } else { 0 };
        if sharing != Sharing::Shares {
            self.kept_own = self.kept_own.saturating_sub(others);
        }
        let spare = self.fresh.len().saturating_sub(kept);
        // Subjects that are kept come last; they are given before a test has to wait.
        for (queue, most) in [(&mut self.fresh, spare), (&mut self.used, usize::MAX), (&mut self.aside, usize::MAX)] {
            let some = others.min(most).min(queue.len());
            taken.extend(queue.drain(..some));
            others -= some;
        }
        taken.extend(self.fresh.drain(..others.min(self.fresh.len())));
        Some(taken)
    }

    /// Takes them back.
    pub(crate) fn put(&mut self, items: impl IntoIterator<Item = T>, is_aside: bool) {
        let queue = if is_aside { &mut self.aside } else { &mut self.used };
        queue.extend(items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_ones_are_kept_for_those_that_need_them() {
        let mut queues = Queues::new(0..6, Demand { fresh: 1, own: 2, shared: 9 });
        assert_eq!(queues.take(1, Sharing::Shares), Some(vec![0]));
        queues.put([0], false);
        assert_eq!(queues.take(1, Sharing::Shares), Some(vec![1]), "the longest unused");
        assert_eq!(queues.take(1, Sharing::Shares), Some(vec![2]));
        assert_eq!(queues.take(1, Sharing::Shares), Some(vec![0]), "one that was used, although three are fresh");
        assert_eq!(queues.take(2, Sharing::Own), Some(vec![3, 4]));
        queues.put([3, 4], true);
        queues.put([1], false);
        assert_eq!(queues.take(2, Sharing::Fresh), Some(vec![5, 1]), "the first is fresh, the other any");
        assert_eq!(queues.take(1, Sharing::Fresh), None, "none will be fresh again");
    }

    #[test]
    fn what_was_set_aside_comes_last_but_before_what_is_kept() {
        let mut queues = Queues::new(0..4, Demand { fresh: 1, own: 0, shared: 0 });
        assert_eq!(queues.take(3, Sharing::Own), Some(vec![0, 1, 2]));
        queues.put([0], true);
        queues.put([1], false);
        assert_eq!(queues.take(1, Sharing::Shares), Some(vec![1]));
        assert_eq!(queues.take(1, Sharing::Shares), Some(vec![0]));
        assert_eq!(queues.take(1, Sharing::Shares), Some(vec![3]), "rather than to wait");
        assert_eq!(queues.take(1, Sharing::Shares), None);
    }
}
