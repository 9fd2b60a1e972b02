//! The pool of subjects: each is leased to one permutation at a time.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::queues::Queues;
use super::target::Subject;
use crate::scenario::{Case, Demand, Sharing};

/// Subjects that wait for a permutation.
#[derive(Debug, Clone)]
pub(super) struct SubjectPool {
    waiting: Arc<Mutex<Queues<Subject>>>,
    count: Arc<Semaphore>,
    size: usize,
}

/// Subjects of one permutation; they go back to the pool when it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    subjects: Vec<Subject>,
    is_aside: bool,
    waiting: Arc<Mutex<Queues<Subject>>>,
    // Dropped after the subjects were put back, since fields are dropped after `drop` ran.
    _permit: OwnedSemaphorePermit,
}

impl SubjectPool {
    pub(super) fn new(subjects: &[Subject], demand: Demand) -> SubjectPool {
        // The first is the one that the preflight tries.
        let (first, others) = subjects.split_at(subjects.len().min(1));
        let mut queues = Queues::new(others.iter().cloned(), demand);
        queues.put(first.iter().cloned(), false);
        SubjectPool {
            waiting: Arc::new(Mutex::new(queues)),
            count: Arc::new(Semaphore::new(subjects.len())),
            size: subjects.len(),
        }
    }

    /// Waits until subjects for a permutation of a case are free. `Err` says why there never will be.
    pub(super) async fn lease(&self, case: &Case) -> Result<Lease, String> {
        let (count, sharing) = (case.subjects(), case.sharing());
        let too_few = || "too few".to_owned();
        if count > self.size {
            return Err(too_few());
        }
        let permits = u32::try_from(count).map_err(|_| too_few())?;
        let permit = Arc::clone(&self.count).acquire_many_owned(permits).await.map_err(|_| too_few())?;
        let taken = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take(count, sharing);
        let subjects = taken.ok_or("none is left that nobody used yet")?;
        let is_aside = sharing != Sharing::Shares;
        Ok(Lease { subjects, is_aside, waiting: Arc::clone(&self.waiting), _permit: permit })
    }
}

impl Lease {
    /// The subject of the case.
    pub(super) fn own(&self) -> &Subject {
        &self.subjects[0]
    }

    /// Another subject, where two were leased.
    pub(super) fn other(&self) -> Option<&Subject> {
        self.subjects.get(1)
    }

    /// Has others use the subjects only where there are no more: what happened to them is not known.
    pub(super) fn set_aside(&mut self) {
        self.is_aside = true;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.put(self.subjects.drain(..), self.is_aside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::parse_suite;
    use crate::wire::secret::Secret;

    const SUITE: &str = "
suite: s
cases:
- { id: s/shares, title: t, clauses: [api/status/ok], expect: must-accept }
- { id: s/own, title: t, clauses: [api/status/ok], steps: [{ call: start, as: other, user: other }, { call: start, expect: must-accept }] }
- { id: s/fresh, title: t, clauses: [api/status/ok], steps: [{ call: remove, factor: unknown, expect: must-reject }] }
";

    fn pool(size: usize) -> SubjectPool {
        let subject = |n: usize| Subject { user_id: n.to_string(), token: Secret::new(format!("token-{n}")) };
        SubjectPool::new(&(0..size).map(subject).collect::<Vec<_>>(), Demand::default())
    }

    fn ids(lease: &Lease) -> Vec<&str> {
        lease.subjects.iter().map(|subject| subject.user_id.as_str()).collect()
    }

    #[tokio::test]
    async fn a_subject_is_leased_to_one_at_a_time_and_comes_back() {
        let cases = parse_suite("s.yaml", SUITE).expect("valid");
        let [shares, own, fresh] = cases.as_slice() else { panic!("three cases") };
        let pool = pool(3);
        let first = pool.lease(own).await.expect("enough");
        assert_eq!((first.own().user_id.as_str(), first.other().map(|s| s.user_id.as_str())), ("1", Some("2")));
        let mut second = pool.lease(shares).await.expect("enough");
        assert_eq!(ids(&second), ["0"], "the preflight has used it");
        second.set_aside();
        drop(first);
        drop(second);
        assert_eq!(ids(&pool.lease(shares).await.expect("back")), ["1"]);
        assert_eq!(pool.lease(fresh).await.expect_err("all were used"), "none is left that nobody used yet");
        let none = SubjectPool::new(&[], Demand::default());
        assert_eq!(none.lease(shares).await.expect_err("for ever"), "too few");
    }
}
