//! Takes leases, and gives them back.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use thiserror::Error;

use super::book::{self, Book, Entry, Holder, Opened};
use super::parts::{Census, Parts};

/// The request for a lease.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Who asks: the verb.
    pub what: String,
    /// The minimum number of subjects of a lease.
    pub least: usize,
    /// The number of subjects that is enough.
    pub most: usize,
    /// From this number on, half of the free subjects are left to others.
    pub enough: usize,
    /// Leases with the same word do not exclude each other: those of the shards of one load, which have different subjects anyway.
    pub together: Option<String>,
}

/// The answer to the request.
#[derive(Debug)]
pub enum Attempt {
    /// They are ours.
    Held(Lease),
    /// Too few are free.
    Busy {
        /// Subjects that are free.
        free: usize,
        /// Who has the others; empty as long as another process is writing into the book.
        holders: Vec<Holder>,
    },
}

/// Why there can be no leases here.
#[derive(Debug, Error)]
pub enum LeaseError {
    /// The book can't be written, or can't be locked.
    #[error("{path}: {cause}")]
    Book {
        /// The book.
        path: PathBuf,
        /// The error of the operating system.
        cause: std::io::Error,
    },
    /// A file of another kind has the book's name.
    #[error("{path} is not a book of leases")]
    Foreign {
        /// That file.
        path: PathBuf,
    },
}

/// Subjects that no other process uses, as long as this lives.
#[derive(Debug)]
pub struct Lease {
    book: PathBuf,
    sign: PathBuf,
    parts: Parts,
    /// Subjects in it.
    pub subjects: usize,
    /// Who has further subjects of the list at the same time.
    pub others: Vec<Holder>,
    // Locked until it is closed, when the process ends at the latest.
    _lock: File,
}

/// How often, at the end, a book is tried that another process is writing into, and how long to wait between two tries.
const TRIES: usize = 20;
const PAUSE: Duration = Duration::from_millis(5);

/// Distinguishes the leases of one process.
static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Tries once to take subjects of a list, in the order of the list.
///
/// # Errors
/// [`LeaseError`] where leases can't be had at all: the directory can't be written, or its file system has no locks.
pub fn take(list: &Path, census: &Census, wanted: &Wanted) -> Result<Attempt, LeaseError> {
    let list = list.canonicalize().unwrap_or_else(|_| list.to_owned());
    let path = book::path_of(&list);
    let failed = |cause| LeaseError::Book { path: path.clone(), cause };
    let mut book = match Book::open(&path).map_err(failed)? {
        Opened::Book(book) => book,
        Opened::Locked => return Ok(Attempt::Busy { free: 0, holders: Vec::new() }),
        Opened::Foreign => return Err(LeaseError::Foreign { path }),
    };
    let directory = path.parent().unwrap_or(Path::new(""));
    book.entries.retain(|entry| entry.is_alive(directory));
    let is_apart = |entry: &&Entry| wanted.together.is_none() || entry.together != wanted.together;
    let mut taken = Parts::default();
    book.entries.iter().filter(is_apart).for_each(|entry| taken.add_all(&entry.parts));
    let holders: Vec<Holder> = book.entries.iter().filter(is_apart).map(|entry| entry.holder.clone()).collect();
    let free: usize = census.of_free(&taken).map(|(_, count)| count).sum();
    if free < wanted.least {
        return Ok(Attempt::Busy { free, holders });
    }
    let most = wanted.most.min(wanted.enough.max(free / 2));
    let (mut parts, mut subjects) = (Parts::default(), 0);
    for (part, count) in census.of_free(&taken) {
        if subjects < most {
            subjects += count;
            parts.add(part);
        }
    }
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let process = std::process::id();
    let name = format!("{}-{process}-{number}", path.file_name().unwrap_or_default().to_string_lossy());
    let sign = directory.join(&name);
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&sign).map_err(failed)?;
    // A process of that number may have been on another machine: then it is not ours.
    match file.try_lock() {
        Ok(()) => {}
        Err(std::fs::TryLockError::WouldBlock) => return Ok(Attempt::Busy { free, holders }),
        Err(std::fs::TryLockError::Error(cause)) => return Err(failed(cause)),
    }
    let now = jiff::Timestamp::now();
    let since = now.round(jiff::Unit::Second).unwrap_or(now).to_string();
    let holder = Holder { what: wanted.what.clone(), process, since };
    book.entries.push(Entry { holder, sign: name, parts: parts.clone(), together: wanted.together.clone() });
    book.write().map_err(failed)?;
    Ok(Attempt::Held(Lease { book: path, sign, parts, subjects, others: holders, _lock: file }))
}

impl Lease {
    /// Whether a user of the list is in it.
    pub fn has(&self, user_id: &str) -> bool {
        self.parts.has_user(user_id)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Without its sign an entry is not valid any more. If it can't be removed now, the next process removes it.
        std::fs::remove_file(&self.sign).unwrap_or_default();
        for _ in 0..TRIES {
            match Book::open(&self.book) {
                Ok(Opened::Book(mut book)) => {
                    let directory = self.book.parent().unwrap_or(Path::new(""));
                    book.entries.retain(|entry| entry.is_alive(directory));
                    return book.write().unwrap_or_default();
                }
                Ok(Opened::Locked) => std::thread::sleep(PAUSE),
                _ => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(directory: &Path) -> (PathBuf, Vec<String>, Census) {
        let path = directory.join("pool.json");
        std::fs::write(&path, "{}").expect("writable");
        let users: Vec<String> = (0..100).map(|n| format!("user-{n}")).collect();
        let census = Census::of(users.iter().map(String::as_str));
        (path, users, census)
    }

    fn wanted(what: &str, least: usize, most: usize) -> Wanted {
        Wanted { what: what.to_owned(), least, most, enough: usize::MAX, together: None }
    }

    fn held(attempt: Result<Attempt, LeaseError>) -> Lease {
        match attempt.expect("possible") {
            Attempt::Held(lease) => lease,
            Attempt::Busy { free, .. } => panic!("only {free} are free"),
        }
    }

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).expect("readable").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn two_have_different_subjects_and_a_third_is_told_who() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, users, census) = list(directory.path());
        let first = held(take(&path, &census, &wanted("run", 60, 60)));
        assert!(users[..50].iter().all(|user| first.has(user)), "those that stand first");
        let second = held(take(&path, &census, &wanted("load", 20, 100)));
        assert_eq!(first.subjects + second.subjects, 100);
        assert!(users.iter().all(|user| first.has(user) != second.has(user)));
        assert_eq!(second.others.iter().map(|holder| holder.what.as_str()).collect::<Vec<_>>(), ["run"]);
        let Attempt::Busy { free: 0, holders } = take(&path, &census, &wanted("run", 2, 9)).expect("possible") else {
            panic!("all are taken");
        };
        assert_eq!(holders.len(), 2);
        assert!(holders.iter().all(|holder| holder.process == std::process::id() && holder.since.ends_with('Z')));
        drop(first);
        assert!(held(take(&path, &census, &wanted("run", 60, 60))).subjects >= 60);
        drop(second);
        assert_eq!(names(directory.path()), ["pool.json"], "nothing is left behind");
    }

    #[test]
    fn who_has_enough_leaves_half_to_others() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, _, census) = list(directory.path());
        let take =
            |most, enough| held(super::take(&path, &census, &Wanted { enough, ..wanted("run", 2, most) })).subjects;
        assert_eq!(take(90, 2), 50);
        assert_eq!(
            (take(90, 70), take(9, 2), take(90, 99)),
            (70, 9, 90),
            "what is enough, what is wanted, and no more"
        );
    }

    #[test]
    fn who_is_not_alive_has_nothing_and_other_users_are_nobodys() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, _, census) = list(directory.path());
        let lease = held(take(&path, &census, &wanted("run", 100, 100)));
        let others = Census::of(["somebody", "else"]);
        let book = std::fs::read_to_string(directory.path().join("pool.json.leases")).expect("there");
        drop(lease);
        // As a process leaves it that was killed: the entry is there, and its sign without a lock.
        std::fs::write(directory.path().join("pool.json.leases"), &book).expect("writable");
        let sign = format!("pool.json.leases-{}-", std::process::id());
        let entry: Entry = serde_json::from_str(book.lines().nth(1).expect("an entry")).expect("JSON");
        assert!(entry.sign.starts_with(&sign), "{}", entry.sign);
        std::fs::write(directory.path().join(&entry.sign), "").expect("writable");
        let lease = held(take(&path, &census, &wanted("run", 100, 100)));
        assert_eq!(lease.subjects, 100);
        let beside = held(take(&path, &others, &wanted("run", 2, 2)));
        assert_eq!(beside.subjects, 2, "made by a command, for example");
        drop((lease, beside));
        assert_eq!(names(directory.path()), ["pool.json"]);
    }

    #[test]
    fn shards_of_one_load_have_the_list_together() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, _, census) = list(directory.path());
        let shard = |word: &str| Wanted { together: Some(word.to_owned()), ..wanted("load", 100, 100) };
        let one = held(take(&path, &census, &shard("a")));
        let two = held(take(&path, &census, &shard("a")));
        assert_eq!((one.subjects, two.subjects, two.others.len()), (100, 100, 0));
        assert!(matches!(take(&path, &census, &shard("b")), Ok(Attempt::Busy { free: 0, .. })));
        assert!(matches!(take(&path, &census, &wanted("run", 2, 2)), Ok(Attempt::Busy { free: 0, .. })));
    }

    #[test]
    fn where_nothing_can_be_written_it_says_so() {
        let directory = tempfile::tempdir().expect("a directory");
        let (path, _, census) = list(directory.path());
        let nowhere = directory.path().join("not-there").join("pool.json");
        assert!(matches!(take(&nowhere, &census, &wanted("run", 2, 2)), Err(LeaseError::Book { .. })));
        std::fs::write(directory.path().join("pool.json.leases"), "somebody's notes").expect("writable");
        let error = take(&path, &census, &wanted("run", 2, 2)).expect_err("not ours").to_string();
        assert!(error.contains("pool.json.leases is not a book of leases"), "{error}");
        assert_eq!(
            std::fs::read_to_string(directory.path().join("pool.json.leases")).expect("kept"),
            "somebody's notes"
        );
    }
}
