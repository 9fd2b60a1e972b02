//! The pool of subjects: each is leased to one permutation at a time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::target::{Accounts, Subject};
use crate::provisioner::{ProvidedSubject, Provisioner};

/// A pool with fewer subjects is none.
const LEAST: usize = 2;

/// Subjects that wait for a permutation, the longest unused first.
#[derive(Debug, Clone)]
pub(super) struct SubjectPool(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    waiting: Mutex<VecDeque<Waiting>>,
    count: Arc<Semaphore>,
    size: usize,
    /// Subjects whose tokens nobody can make good again.
    lost: Mutex<usize>,
    u2f_locks_tokens: bool,
    provisioner: Option<Arc<dyn Provisioner>>,
}

#[derive(Debug)]
struct Waiting {
    subject: Subject,
    /// Whether its token has to be made good again before it is leased.
    locked: bool,
}

/// Subjects of one permutation; they go back to the pool's end when it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    subjects: Vec<Waiting>,
    pool: Arc<Pool>,
    // Dropped after the subjects were put back, since fields are dropped after `drop` ran.
    permit: OwnedSemaphorePermit,
}

impl SubjectPool {
    pub(super) fn new(accounts: &Accounts) -> SubjectPool {
        let waiting = |subject: &Subject| Waiting { subject: subject.clone(), locked: false };
        SubjectPool(Arc::new(Pool {
            waiting: Mutex::new(accounts.subjects.iter().map(waiting).collect()),
            count: Arc::new(Semaphore::new(accounts.subjects.len())),
            size: accounts.subjects.len(),
            lost: Mutex::default(),
            u2f_locks_tokens: accounts.u2f_locks_tokens,
            provisioner: accounts.provisioner.clone(),
        }))
    }

    /// Waits until `count` subjects are free, and makes the tokens good again that a U2F enrolment has locked. `Err` says why
    /// there are none.
    pub(super) async fn lease(&self, count: usize) -> Result<Lease, String> {
        let pool = &self.0;
        if count > pool.size {
            return Err("too few".to_owned());
        }
        let permits = u32::try_from(count).map_err(|_| "too few".to_owned())?;
        let Ok(permit) = Arc::clone(&pool.count).acquire_many_owned(permits).await else {
            return Err(
                "every token is refused since its user has a U2F factor; more subjects, or a provisioner that \
                        makes them good again, would help"
                    .to_owned(),
            );
        };
        let subjects = pool.waiting.lock().unwrap_or_else(PoisonError::into_inner).drain(..count).collect();
        let mut lease = Lease { subjects, pool: Arc::clone(pool), permit };
        lease.unlock().await?;
        Ok(lease)
    }
}

impl Lease {
    /// The subject of the case.
    pub(super) fn own(&self) -> &Subject {
        &self.subjects[0].subject
    }

    /// Another subject, where two were leased.
    pub(super) fn other(&self) -> Option<&Subject> {
        self.subjects.get(1).map(|waiting| &waiting.subject)
    }

    /// Notes that a user has a U2F factor now, or may have one.
    pub(super) fn enrolled_u2f(&mut self, is_own: bool) {
        if self.pool.u2f_locks_tokens
            && let Some(waiting) = self.subjects.get_mut(usize::from(!is_own))
        {
            waiting.locked = true;
        }
    }

    /// Whether the token of the own subject, or of the other, is refused by now.
    pub(super) fn is_locked(&self, is_own: bool) -> bool {
        self.subjects.get(usize::from(!is_own)).is_some_and(|waiting| waiting.locked)
    }

    async fn unlock(&mut self) -> Result<(), String> {
        let Some(provisioner) = &self.pool.provisioner else { return Ok(()) };
        for waiting in self.subjects.iter_mut().filter(|waiting| waiting.locked) {
            let Subject { user_id, token } = waiting.subject.clone();
            provisioner.unlock(&ProvidedSubject { user_id, token }).await.map_err(|error| error.to_string())?;
            waiting.locked = false;
        }
        Ok(())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let can_unlock = self.pool.provisioner.is_some();
        let (good, lost): (Vec<_>, Vec<_>) = self.subjects.drain(..).partition(|waiting| can_unlock || !waiting.locked);
        self.pool.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(good);
        if lost.is_empty() {
            return;
        }
        if let Some(permits) = self.permit.split(lost.len()) {
            permits.forget();
        }
        let mut all_lost = self.pool.lost.lock().unwrap_or_else(PoisonError::into_inner);
        *all_lost += lost.len();
        if self.pool.size - *all_lost < LEAST {
            // Who waits would wait for ever.
            self.pool.count.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::provisioner::{Account, Provided, ProvisionerError, Removed, Tell};
    use crate::wire::secret::Secret;

    fn accounts(size: usize) -> Accounts {
        let subject = |n: usize| Subject { user_id: n.to_string(), token: Secret::new(format!("token-{n}")) };
        Accounts { subjects: (0..size).map(subject).collect(), ..Accounts::default() }
    }

    fn ids(lease: &Lease) -> Vec<&str> {
        lease.subjects.iter().map(|waiting| waiting.subject.user_id.as_str()).collect()
    }

    #[tokio::test]
    async fn a_subject_is_leased_to_one_at_a_time_and_comes_back_last() {
        let pool = SubjectPool::new(&accounts(3));
        let first = pool.lease(2).await.expect("enough");
        assert_eq!((first.own().user_id.as_str(), first.other().map(|s| s.user_id.as_str())), ("0", Some("1")));
        let second = pool.lease(1).await.expect("enough");
        assert_eq!(second.own().user_id, "2");
        drop(first);
        drop(second);
        assert_eq!(ids(&pool.lease(3).await.expect("all back")), ["0", "1", "2"]);
        assert!(pool.lease(4).await.is_err());
    }

    #[tokio::test]
    async fn a_locked_subject_that_nobody_unlocks_is_not_leased_again() {
        let pool = SubjectPool::new(&Accounts { u2f_locks_tokens: true, ..accounts(3) });
        let mut lease = pool.lease(2).await.expect("enough");
        lease.enrolled_u2f(false);
        assert!(lease.is_locked(false) && !lease.is_locked(true));
        drop(lease);
        let mut lease = pool.lease(2).await.expect("two are left");
        assert_eq!(ids(&lease), ["2", "0"]);
        lease.enrolled_u2f(true);
        let waits = tokio::spawn({
            let pool = pool.clone();
            async move { pool.lease(1).await.map(drop) }
        });
        tokio::task::yield_now().await;
        drop(lease);
        let why = waits.await.expect("no panic").expect_err("one is left, which is no pool");
        assert!(why.contains("U2F"), "{why}");
    }

    #[tokio::test]
    async fn a_target_that_locks_nothing_loses_nobody() {
        let pool = SubjectPool::new(&accounts(2));
        let mut lease = pool.lease(2).await.expect("enough");
        lease.enrolled_u2f(true);
        assert!(!lease.is_locked(true));
        drop(lease);
        assert!(pool.lease(2).await.is_ok());
    }

    /// Fails at first.
    #[derive(Debug, Default)]
    struct Second(AtomicUsize);

    #[async_trait]
    impl Provisioner for Second {
        async fn provide(&self, _: usize, _: Tell<'_>) -> Result<Provided, ProvisionerError> {
            Ok(Provided::default())
        }
        fn u2f_locks_tokens(&self) -> bool {
            true
        }
        async fn unlock(&self, subject: &ProvidedSubject) -> Result<(), ProvisionerError> {
            if self.0.fetch_add(1, Ordering::SeqCst) > 0 {
                return Ok(());
            }
            let (doing, answer) = (format!("unlock {}", subject.user_id), "no".to_owned());
            Err(ProvisionerError { doing, answer, mend: "again".to_owned() })
        }
        async fn remove(&self, _: Tell<'_>) -> Removed {
            Removed::default()
        }
        async fn found(&self) -> Result<Vec<Account>, ProvisionerError> {
            Ok(Vec::new())
        }
        async fn remove_one(&self, _: &Account) -> Result<bool, ProvisionerError> {
            Ok(false)
        }
    }

    #[tokio::test]
    async fn a_locked_subject_is_unlocked_before_it_is_leased_again() {
        let provisioner = Arc::new(Second::default());
        let with = Accounts { u2f_locks_tokens: true, provisioner: Some(provisioner.clone()), ..accounts(2) };
        let pool = SubjectPool::new(&with);
        pool.lease(1).await.expect("enough").enrolled_u2f(true);
        assert_eq!(ids(&pool.lease(1).await.expect("another")), ["1"]);
        assert_eq!(provisioner.0.load(Ordering::SeqCst), 0, "nobody needed it yet");
        let why = pool.lease(1).await.expect_err("the first try fails");
        assert!(why.contains("could not unlock 0: no"), "{why}");
        let lease = pool.lease(2).await.expect("the second does not");
        assert!(!lease.is_locked(true) && !lease.is_locked(false));
        assert_eq!(provisioner.0.load(Ordering::SeqCst), 2);
    }
}
