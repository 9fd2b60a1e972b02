//! Who enrols: a pool of subjects that take turns, each used by one cycle at a time.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::LoadError;
use super::shard::share_of;
use super::subject_file::{self, Feed, Kept};
use super::user::{LoadUser, Subject};
use crate::outcome::Shard;
use crate::wire::secret::{Masker, Secret};

/// Up to this number of subjects the whole pool is in memory, and every token is masked; of larger pools only the subjects in use.
const MOST_HELD: usize = 10_000;

/// Where subjects come from.
#[derive(Debug, Clone)]
pub enum Subjects {
    /// All of them.
    Listed(Vec<LoadUser>),
    /// A file as `reports/schemas/subjects.schema.json` has it. A large one is read along as subjects are needed, over and over, so
    /// that memory does not grow with it. Unlike `run`, it does not check whether an id is there twice.
    File(PathBuf),
    /// Some of the subjects of a file.
    FilePart(PathBuf, Kept),
}

/// Subjects that take turns: the one that waited longest is next.
pub(super) struct Pool {
    source: Source,
    state: Mutex<State>,
    /// Of the whole pool, not only of the shard.
    pub(super) count: u64,
    /// What the masker hides besides tokens.
    further: Vec<Secret>,
}

enum Source {
    Listed(Vec<Arc<Subject>>),
    File(Feed),
}

#[derive(Default)]
struct State {
    free: VecDeque<usize>,
    leased: HashMap<u64, Arc<Subject>>,
}

/// A subject that nobody else uses as long as this lives.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    pub(super) subject: Arc<Subject>,
}

impl Pool {
    /// The pool of a shard, which has at least one subject for each of its workers.
    pub(super) fn open(subjects: &Subjects, shard: Option<Shard>, workers: u64) -> Result<Pool, LoadError> {
        Self::open_within(MOST_HELD, subjects, shard, workers)
    }

    fn open_within(most: usize, subjects: &Subjects, shard: Option<Shard>, workers: u64) -> Result<Pool, LoadError> {
        let (own, shards) = share_of(shard);
        let prints = RandomState::new();
        let subject = move |(index, user): (u64, LoadUser)| Subject {
            index,
            print: prints.hash_one(&user.user_id),
            user_id: user.user_id,
            authorization: user.token.as_bearer(),
            token: user.token,
        };
        let is_own = move |index: &u64| index % shards == own;
        let held = |users: Vec<LoadUser>| {
            let users = (0..).zip(users).filter(|(index, _)| is_own(index));
            Source::Listed(users.map(|user| Arc::new(subject(user))).collect())
        };
        let (source, count) = match subjects {
            Subjects::Listed(users) => (held(users.clone()), subjects.listed()),
            Subjects::File(path) => {
                return Self::open_within(most, &Subjects::FilePart(path.clone(), Kept::default()), shard, workers);
            }
            Subjects::FilePart(path, kept) => match subject_file::survey(path, kept, most)? {
                (count, Some(users)) => (held(users), count),
                (count, None) => {
                    let make = move |index, user| Arc::new(subject((index, user)));
                    (Source::File(Feed::start((path.clone(), kept.clone()), is_own, make)?), count)
                }
            },
        };
        let free = match &source {
            Source::Listed(listed) => (0..listed.len()).collect(),
            Source::File(_) => VecDeque::new(),
        };
        let of_shard = count / shards + u64::from(count % shards > own);
        if of_shard < workers {
            let advice = "add subjects, or write a smaller --users";
            return Err(LoadError::Plan(format!(
                "there are {of_shard} subjects, and each of the {workers} workers needs one of its own: {advice}"
            )));
        }
        Ok(Pool { source, state: Mutex::new(State { free, ..State::default() }), count, further: Vec::new() })
    }

    /// The same pool, whose masker also hides these.
    pub(super) fn hiding(self, further: Vec<Secret>) -> Pool {
        Pool { further, ..self }
    }

    /// The next subject; `None` if there are no more, which does not happen with a complete pool.
    pub(super) async fn lease(&self) -> Option<Lease<'_>> {
        match &self.source {
            Source::Listed(subjects) => {
                let mut state = self.state();
                let subject = subjects.get(state.free.pop_front()?)?.clone();
                state.leased.insert(subject.index, Arc::clone(&subject));
                drop(state);
                Some(Lease { pool: self, subject })
            }
            Source::File(feed) => loop {
                let subject = feed.next().await?;
                let mut state = self.state();
                // One that is still in use is left out this time.
                if let std::collections::hash_map::Entry::Vacant(place) = state.leased.entry(subject.index) {
                    place.insert(Arc::clone(&subject));
                    drop(state);
                    return Some(Lease { pool: self, subject });
                }
            },
        }
    }

    /// Masks the tokens of all subjects, of a large pool of those in use, and what else is secret.
    pub(super) fn masker(&self) -> Masker {
        match &self.source {
            Source::Listed(subjects) if subjects.len() <= MOST_HELD => {
                Masker::new(subjects.iter().map(|subject| &subject.token).chain(&self.further))
            }
            _ => {
                let leased: Vec<_> = self.state().leased.values().cloned().collect();
                Masker::new(leased.iter().map(|subject| &subject.token).chain(&self.further))
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held leaves whole values behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.leased.remove(&self.subject.index);
        if let Source::Listed(subjects) = &self.pool.source {
            // In order of the index; a shard's are some of them.
            let place = subjects.binary_search_by_key(&self.subject.index, |subject| subject.index);
            state.free.extend(place.ok());
        }
    }
}

impl Subjects {
    fn listed(&self) -> u64 {
        match self {
            Subjects::Listed(users) => u64::try_from(users.len()).unwrap_or(u64::MAX),
            Subjects::File(_) | Subjects::FilePart(..) => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn users(count: usize) -> Vec<LoadUser> {
        let user = |n: usize| LoadUser { user_id: format!("user-{n}"), token: Secret::new(format!("token-of-{n:04}")) };
        (0..count).map(user).collect()
    }

    fn file(directory: &std::path::Path, count: usize) -> PathBuf {
        let entry = |user: LoadUser| serde_json::json!({ "userId": user.user_id, "token": user.token.expose() });
        let entries: Vec<_> = users(count).into_iter().map(entry).collect();
        let path = directory.join("subjects.json");
        let text = serde_json::json!({ "adminToken": "an-admins-token", "subjects": entries });
        std::fs::write(&path, text.to_string()).expect("a writable directory");
        path
    }

    async fn turns(most: usize, subjects: &Subjects, shard: Option<Shard>) -> Vec<String> {
        let pool = Pool::open_within(most, subjects, shard, 2).expect("enough");
        let mut ids = Vec::new();
        let held = pool.lease().await.expect("one");
        for _ in 0..8 {
            let lease = pool.lease().await.expect("one");
            assert_ne!(lease.subject.user_id, held.subject.user_id, "two cycles have one subject");
            ids.push(lease.subject.user_id.clone());
        }
        ids
    }

    #[tokio::test]
    async fn subjects_take_turns_from_a_list_and_from_a_file() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = Subjects::File(file(directory.path(), 5));
        let expected = ["1", "2", "3", "4", "1", "2", "3", "4"].map(|n| format!("user-{n}"));
        for (most, subjects) in [(0, Subjects::Listed(users(5))), (4, file.clone()), (5, file.clone())] {
            assert_eq!(turns(most, &subjects, None).await, expected);
            let shard = Some(Shard { index: 2, count: 2 });
            assert_eq!(turns(most, &subjects, shard).await, vec!["user-3"; 8]);
            if let Subjects::File(path) = &subjects {
                let half =
                    Subjects::FilePart(path.clone(), Kept { slice: Some(Shard { index: 1, count: 2 }), lease: None });
                let expected = ["2", "4", "2", "4", "2", "4", "2", "4"].map(|n| format!("user-{n}"));
                assert_eq!(turns(most, &half, None).await, expected);
            }
            let refused = Pool::open(&subjects, shard, 3).err().map(|error| error.to_string());
            assert!(refused.is_some_and(|text| text.contains("there are 2 subjects") && text.contains("3 workers")));
        }
    }

    #[tokio::test]
    async fn tokens_in_use_are_masked() {
        let pool = Pool::open(&Subjects::Listed(users(3)), None, 1).expect("enough");
        assert_eq!(pool.masker().mask("x token-of-0002 y"), "x $TOKEN y");
        let directory = tempfile::tempdir().expect("a directory");
        let pool = Pool::open_within(2, &Subjects::File(file(directory.path(), 3)), None, 1).expect("enough");
        let _lease = pool.lease().await;
        assert_eq!(pool.masker().mask("x token-of-0000 y"), "x $TOKEN y");
    }
}
