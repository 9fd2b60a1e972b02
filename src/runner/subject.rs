//! The pool of subjects: each is leased to one permutation at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::target::Subject;

/// Subjects that wait for a permutation, the longest unused first.
#[derive(Debug, Clone)]
pub(super) struct SubjectPool {
    waiting: Arc<Mutex<VecDeque<Subject>>>,
    count: Arc<Semaphore>,
    size: usize,
}

/// Subjects of one permutation; they go back to the pool's end when it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    subjects: Vec<Subject>,
    waiting: Arc<Mutex<VecDeque<Subject>>>,
    // Dropped after the subjects were put back, since fields are dropped after `drop` ran.
    _permit: OwnedSemaphorePermit,
}

impl SubjectPool {
    pub(super) fn new(subjects: &[Subject]) -> SubjectPool {
        SubjectPool {
            waiting: Arc::new(Mutex::new(subjects.iter().cloned().collect())),
            count: Arc::new(Semaphore::new(subjects.len())),
            size: subjects.len(),
        }
    }

    /// Waits until `count` subjects are free. `None` if the pool is too small for ever.
    pub(super) async fn lease(&self, count: usize) -> Option<Lease> {
        if count > self.size {
            return None;
        }
        let permits = u32::try_from(count).ok()?;
        let permit = Arc::clone(&self.count).acquire_many_owned(permits).await.ok()?;
        let subjects = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).drain(..count).collect();
        Some(Lease { subjects, waiting: Arc::clone(&self.waiting), _permit: permit })
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
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(self.subjects.drain(..));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::secret::Secret;

    fn pool(size: usize) -> SubjectPool {
        let subject = |n: usize| Subject { user_id: n.to_string(), token: Secret::new(format!("token-{n}")) };
        SubjectPool::new(&(0..size).map(subject).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_subject_is_leased_to_one_at_a_time_and_comes_back_last() {
        let pool = pool(3);
        let first = pool.lease(2).await.expect("enough");
        assert_eq!((first.own().user_id.as_str(), first.other().map(|s| s.user_id.as_str())), ("0", Some("1")));
        let second = pool.lease(1).await.expect("enough");
        assert_eq!(second.own().user_id, "2");
        drop(first);
        drop(second);
        let ids: Vec<String> =
            pool.lease(3).await.expect("all back").subjects.iter().map(|s| s.user_id.clone()).collect();
        assert_eq!(ids, ["0", "1", "2"]);
        assert!(pool.lease(4).await.is_none());
    }
}
