//! The pool of subjects: each is leased to one test at a time.

use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::queues::Queues;
use crate::provisioner::{ProvidedSubject, Provisioner};
use crate::runner::target::description::{Accounts, Subject};
use crate::scenario::{Case, Demand, Sharing};
use crate::wire::secret::Secret;

/// The fewest subjects of a pool.
const LEAST: usize = 2;

/// Subjects that wait for a test.
#[derive(Debug, Clone)]
pub(crate) struct SubjectPool(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    waiting: Mutex<Queues<Waiting>>,
    count: Arc<Semaphore>,
    size: usize,
    /// Subjects whose tokens nobody can unlock.
    lost: Mutex<usize>,
    /// Whether they were made for this run alone.
    is_new: bool,
    u2f_locks_tokens: bool,
    provisioner: Option<Arc<dyn Provisioner>>,
}

#[derive(Debug)]
struct Waiting {
    subject: Subject,
    /// Whether its token has to be unlocked before it is leased.
    locked: bool,
}

/// Subjects of one test; they go back to the pool when it is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    subjects: Vec<Waiting>,
    /// Whether the first of them is unused, in this run and before.
    is_new: bool,
    is_aside: bool,
    pool: Arc<Pool>,
    // Dropped after the subjects were put back, because fields are dropped after `drop` ran.
    permit: OwnedSemaphorePermit,
}

/// Puts subjects that other runs may use too into this run's own order, so that the runs seldom use the same subject at the same time if
/// nothing else keeps them apart. The first, which the preflight tries, stays.
pub(crate) fn in_own_order(subjects: &mut [Subject], seed: u64) {
    let place =
        |subject: &Subject| Sha256::new_with_prefix(seed.to_be_bytes()).chain_update(&subject.user_id).finalize();
    if let [_, others @ ..] = subjects {
        others.sort_by_cached_key(place);
    }
}

impl SubjectPool {
    pub(crate) fn new(accounts: &Accounts, demand: Demand) -> SubjectPool {
        let waiting = |subject: &Subject| Waiting { subject: subject.clone(), locked: false };
        let subjects = &accounts.subjects;
        // The first is the one that the preflight tries.
        let (first, others) = subjects.split_at(subjects.len().min(1));
        let mut queues = Queues::new(others.iter().map(waiting), demand);
        queues.put(first.iter().map(waiting), false);
        SubjectPool(Arc::new(Pool {
            waiting: Mutex::new(queues),
            count: Arc::new(Semaphore::new(subjects.len())),
            size: subjects.len(),
            lost: Mutex::default(),
            is_new: accounts.listed_in.is_none() && accounts.provisioner.is_none(),
            u2f_locks_tokens: accounts.u2f_locks_tokens,
            provisioner: accounts.provisioner.clone(),
        }))
    }

    /// Waits until subjects for a test of a case are free, and unlocks tokens that a U2F enrolment has locked.
    /// `Err` says why there never will be.
    pub(crate) async fn lease(&self, case: &Case) -> Result<Lease, String> {
        self.lease_or_used(case, false).await
    }

    /// The same; with `takes_used` a case that needs an unused subject takes another if there are no more.
    pub(crate) async fn lease_or_used(&self, case: &Case, takes_used: bool) -> Result<Lease, String> {
        let (pool, count, sharing) = (&self.0, case.subjects(), case.sharing());
        let too_few = || "too few".to_owned();
        if count > pool.size {
            return Err(too_few());
        }
        let permits = u32::try_from(count).map_err(|_| too_few())?;
        let Ok(permit) = Arc::clone(&pool.count).acquire_many_owned(permits).await else {
            return Err(
                "every token is refused because its user has a U2F factor; add subjects, or use a provisioner that \
                        unlocks tokens"
                    .to_owned(),
            );
        };
        let (subjects, is_fresh) = {
            let mut waiting = pool.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh = waiting.take(count, sharing);
            let is_fresh = sharing == Sharing::Fresh && fresh.is_some();
            let used = || if takes_used { waiting.take(count, Sharing::Own) } else { None };
            (fresh.or_else(used).ok_or("no unused subject is left")?, is_fresh)
        };
        let (is_new, is_aside) = (is_fresh && pool.is_new, sharing != Sharing::Shares);
        let mut lease = Lease { subjects, is_new, is_aside, pool: Arc::clone(pool), permit };
        lease.unlock().await?;
        Ok(lease)
    }
}

impl Lease {
    /// The subject of the case.
    pub(crate) fn own(&self) -> &Subject {
        &self.subjects[0].subject
    }

    /// Another subject, if two were leased.
    pub(crate) fn other(&self) -> Option<&Subject> {
        self.subjects.get(1).map(|waiting| &waiting.subject)
    }

    /// Whether the subject of the case was made for this run, and is unused.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Notes that a user has a U2F factor now, or may have one.
    pub(crate) fn enrolled_u2f(&mut self, is_own: bool) {
        if self.pool.u2f_locks_tokens
            && let Some(waiting) = self.subjects.get_mut(usize::from(!is_own))
        {
            waiting.locked = true;
        }
    }

    /// Gives the own subject, or the other one, a new token, which it keeps.
    pub(crate) fn renew_token(&mut self, is_own: bool, token: Secret) {
        if let Some(waiting) = self.subjects.get_mut(usize::from(!is_own)) {
            waiting.subject.token = token;
        }
    }

    /// Whether the token of the own subject, or of the other, is refused by now.
    pub(crate) fn is_locked(&self, is_own: bool) -> bool {
        self.subjects.get(usize::from(!is_own)).is_some_and(|waiting| waiting.locked)
    }

    /// Lets other tests use the subjects only if there are no others: their state is not known.
    pub(crate) fn set_aside(&mut self) {
        self.is_aside = true;
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
        self.pool.waiting.lock().unwrap_or_else(PoisonError::into_inner).put(good, self.is_aside);
        if lost.is_empty() {
            return;
        }
        if let Some(permits) = self.permit.split(lost.len()) {
            permits.forget();
        }
        let mut all_lost = self.pool.lost.lock().unwrap_or_else(PoisonError::into_inner);
        *all_lost += lost.len();
        if self.pool.size - *all_lost < LEAST {
            // Otherwise waiting tests would wait for ever.
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
    use crate::scenario::parse_suite;

    const SUITE: &str = "
suite: s
cases:
- { id: s/shares, title: t, clauses: [api/status/ok], expect: must-accept }
- { id: s/own, title: t, clauses: [api/status/ok], steps: [{ call: start, as: other, user: other }, { call: start, expect: must-accept }] }
- { id: s/fresh, title: t, clauses: [api/status/ok], steps: [{ call: remove, factor: unknown, expect: must-reject }] }
";

    /// One subject that is shared, two that are the case's own, one that nobody used.
    fn cases() -> [Case; 3] {
        let cases = parse_suite("s.yaml", SUITE).expect("valid");
        cases.try_into().expect("three cases")
    }

    fn pool(accounts: &Accounts) -> SubjectPool {
        SubjectPool::new(accounts, Demand::default())
    }

    fn accounts(size: usize) -> Accounts {
        let subject = |n: usize| Subject { user_id: n.to_string(), token: Secret::new(format!("token-{n}")) };
        Accounts { subjects: (0..size).map(subject).collect(), ..Accounts::default() }
    }

    fn ids(lease: &Lease) -> Vec<&str> {
        lease.subjects.iter().map(|waiting| waiting.subject.user_id.as_str()).collect()
    }

    #[test]
    fn two_seeds_have_two_orders_and_one_has_one() {
        let order = |seed| {
            let mut subjects = accounts(20).subjects;
            in_own_order(&mut subjects, seed);
            subjects
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
        assert!(order(1)[0] == order(2)[0], "the one that the preflight tries");
    }

    #[tokio::test]
    async fn a_subject_is_leased_to_one_at_a_time_and_comes_back() {
        let [shares, own, fresh] = &cases();
        let pool = pool(&accounts(3));
        let first = pool.lease(own).await.expect("enough");
        assert_eq!((first.own().user_id.as_str(), first.other().map(|s| s.user_id.as_str())), ("1", Some("2")));
        let mut second = pool.lease(shares).await.expect("enough");
        assert_eq!(ids(&second), ["0"], "the preflight has used it");
        second.set_aside();
        drop(first);
        drop(second);
        assert_eq!(ids(&pool.lease(shares).await.expect("back")), ["1"]);
        assert_eq!(pool.lease(fresh).await.expect_err("all were used"), "no unused subject is left");
        let used = pool.lease_or_used(fresh, true).await.expect("one that was used");
        assert!(!used.is_new() && self::pool(&accounts(3)).lease(fresh).await.expect("fresh").is_new());
        let listed = Accounts { listed_in: Some("pool.json".into()), ..accounts(3) };
        assert!(!self::pool(&listed).lease(fresh).await.expect("unused").is_new(), "an earlier run may have used it");
        let none = super::SubjectPool::new(&accounts(0), Demand::default());
        assert_eq!(none.lease(shares).await.expect_err("for ever"), "too few");
    }

    #[tokio::test]
    async fn a_locked_subject_that_nobody_unlocks_is_not_leased_again() {
        let [_, own, _] = &cases();
        let pool = pool(&Accounts { u2f_locks_tokens: true, ..accounts(3) });
        let mut lease = pool.lease(own).await.expect("enough");
        lease.enrolled_u2f(false);
        assert!(lease.is_locked(false) && !lease.is_locked(true));
        drop(lease);
        let mut lease = pool.lease(own).await.expect("two are left");
        assert_eq!(ids(&lease), ["0", "1"]);
        lease.enrolled_u2f(true);
        let waits = tokio::spawn({
            let (pool, [shares, ..]) = (pool.clone(), cases());
            async move { pool.lease(&shares).await.map(drop) }
        });
        tokio::task::yield_now().await;
        drop(lease);
        let why = waits.await.expect("no panic").expect_err("one is left, which is not a pool");
        assert!(why.contains("U2F"), "{why}");
    }

    #[tokio::test]
    async fn a_target_that_locks_nothing_loses_nobody() {
        let [_, own, _] = &cases();
        let pool = pool(&accounts(2));
        let mut lease = pool.lease(own).await.expect("enough");
        lease.enrolled_u2f(true);
        assert!(!lease.is_locked(true));
        drop(lease);
        assert!(pool.lease(own).await.is_ok());
    }

    /// Fails at first.
    #[derive(Debug, Default)]
    struct Second(AtomicUsize);

    #[async_trait]
    impl Provisioner for Second {
        async fn hold(&self, _: Tell<'_>) -> Result<(), ProvisionerError> {
            Ok(())
        }
        async fn release(&self) {}
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
            Err(ProvisionerError::new(format!("unlock {}", subject.user_id), "no", "again"))
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
        let [shares, own, _] = &cases();
        let provisioner = Arc::new(Second::default());
        let with = Accounts { u2f_locks_tokens: true, provisioner: Some(provisioner.clone()), ..accounts(2) };
        let pool = pool(&with);
        pool.lease(shares).await.expect("enough").enrolled_u2f(true);
        assert_eq!(ids(&pool.lease(shares).await.expect("another")), ["0"]);
        assert_eq!(provisioner.0.load(Ordering::SeqCst), 0, "nobody needed it yet");
        let why = pool.lease(shares).await.expect_err("the first try fails");
        assert!(why.contains("could not unlock 1: no"), "{why}");
        let lease = pool.lease(own).await.expect("the second does not");
        assert!(!lease.is_locked(true) && !lease.is_locked(false));
        assert_eq!(provisioner.0.load(Ordering::SeqCst), 2);
    }
}
