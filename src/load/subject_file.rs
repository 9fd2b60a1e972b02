//! A file of subjects. One pass counts and checks; of a large one a thread reads the passes after it as subjects are needed.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::error::LoadError;
use super::user::{LoadUser, Subject};
use crate::lease::{Census, Lease};
use crate::outcome::Shard;
use crate::wire::secret::{LEAST_SECRET_LENGTH, Secret};

/// Subjects that are read in advance.
const READ_AHEAD: usize = 256;

/// Which subjects of a file are used.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// A part of the file, chosen by hand: every second one, for example.
    pub slice: Option<Shard>,
    /// Those that this process has leased.
    pub lease: Option<Arc<Lease>>,
}

impl Kept {
    /// Whether the subject at a place of the file, from 0, is used.
    fn has(&self, place: u64, user_id: &str) -> bool {
        let in_slice = |slice: &Shard| place % u64::from(slice.count.max(1)) + 1 == u64::from(slice.index);
        self.slice.as_ref().is_none_or(in_slice) && self.lease.as_ref().is_none_or(|lease| lease.has(user_id))
    }
}

/// Counts the subjects of a file for a lease.
///
/// # Errors
/// [`LoadError::Subjects`]
pub fn census(path: &Path, slice: Option<Shard>) -> Result<Census, LoadError> {
    let mut census = Census::default();
    let read = each(path, &Kept { slice, lease: None }, &mut |user| {
        census.count(&user.user_id);
        true
    });
    read.map(|()| census).map_err(|why| LoadError::Subjects { path: path.to_owned(), why })
}

/// Subjects from a file, over and over.
pub(super) struct Feed(flume::Receiver<Arc<Subject>>);

impl Feed {
    /// Reads the subjects whose index is wanted. The thread ends when this is dropped, or when the file is gone.
    pub(super) fn start(
        (path, kept): (PathBuf, Kept),
        is_wanted: impl Fn(&u64) -> bool + Send + 'static,
        make: impl Fn(u64, LoadUser) -> Arc<Subject> + Send + 'static,
    ) -> Result<Feed, LoadError> {
        let (sender, receiver) = flume::bounded(READ_AHEAD);
        let read = move || {
            let mut index = 0;
            let mut send = |user: LoadUser| {
                let own = index;
                index += 1;
                !is_wanted(&own) || sender.send(make(own, user)).is_ok()
            };
            each(&path, &kept, &mut send).map(|()| sender.is_disconnected())
        };
        thread::Builder::new().name("subjects".to_owned()).spawn(move || while let Ok(false) = read() {})?;
        Ok(Feed(receiver))
    }

    pub(super) async fn next(&self) -> Option<Arc<Subject>> {
        self.0.recv_async().await.ok()
    }
}

/// How many subjects there are, and all of them if they are not more than a maximum. Each of them is checked.
pub(super) fn survey(path: &Path, kept: &Kept, most: usize) -> Result<(u64, Option<Vec<LoadUser>>), LoadError> {
    let (mut count, mut held, mut wrong) = (0, Some(Vec::new()), None);
    let read = each(path, kept, &mut |user| {
        if user.user_id.is_empty() || user.token.expose().len() < LEAST_SECRET_LENGTH {
            wrong =
                Some(format!("subjects[{count}] has no id, or a token of less than {LEAST_SECRET_LENGTH} characters"));
        }
        count += 1;
        held = held.take().filter(|users| users.len() < most);
        held.iter_mut().for_each(|users| users.push(user.clone()));
        wrong.is_none()
    });
    match wrong.map_or(read, Err) {
        Ok(()) => Ok((count, held)),
        Err(why) => Err(LoadError::Subjects { path: path.to_owned(), why }),
    }
}

/// Hands over each subject of a file that is used, until the receiver does not take one.
fn each(path: &Path, kept: &Kept, take: &mut dyn FnMut(LoadUser) -> bool) -> Result<(), String> {
    let mut place = 0;
    let take = &mut |user: LoadUser| {
        place += 1;
        !kept.has(place - 1, &user.user_id) || take(user)
    };
    let file = File::open(path).map_err(|why| why.to_string())?;
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(1 << 16, file));
    let ended = Cell::new(false);
    match (Whole { take, ended: &ended }).deserialize(&mut json).and_then(|()| json.end()) {
        Err(why) if !ended.get() => Err(why.to_string()),
        _ => Ok(()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    user_id: String,
    token: String,
}

/// The file: members other than `subjects` are skipped.
struct Whole<'a> {
    take: &'a mut dyn FnMut(LoadUser) -> bool,
    ended: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Whole<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Whole<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with subjects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<String>()? {
            if name == "subjects" {
                map.next_value_seed(List { take: &mut *self.take, ended: self.ended })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

struct List<'a> {
    take: &'a mut dyn FnMut(LoadUser) -> bool,
    ended: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for List<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of subjects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(Entry { user_id, token }) = list.next_element()? {
            if !(self.take)(LoadUser { user_id, token: Secret::new(token) }) {
                self.ended.set(true);
                return Err(A::Error::custom("enough"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_surveyed_and_what_is_wrong_with_it_is_said() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("pool.json");
        let good = r#"{"userId":"1","token":"a-long-token"}"#;
        for (text, expected) in [
            (format!(r#"{{"subjects":[{good},{good}],"adminToken":null}}"#), Ok(2)),
            ("{}".to_owned(), Ok(0)),
            (format!(r#"{{"subjects":[{good},{{"userId":"2","token":"short"}}]}}"#), Err("subjects[1]")),
            (format!(r#"{{"subjects":[{good}"#), Err("EOF")),
            ("[]".to_owned(), Err("an object with subjects")),
            (r#"{"subjects":[{"userId":"1"}]}"#.to_owned(), Err("token")),
        ] {
            std::fs::write(&path, &text).expect("writable");
            match (survey(&path, &Kept::default(), 1).map_err(|error| error.to_string()), expected) {
                (Ok((counted, held)), Ok(expected)) => {
                    assert_eq!(
                        (counted, held.map(|users| users.len())),
                        (expected, (expected == 0).then_some(0)),
                        "{text}"
                    );
                }
                (Err(error), Err(says)) => assert!(error.contains(says) && error.contains("pool.json"), "{error}"),
                (counted, expected) => panic!("{text}: {counted:?}, not {expected:?}"),
            }
        }
        assert!(survey(&directory.path().join("none.json"), &Kept::default(), 1).is_err());
        std::fs::write(&path, format!(r#"{{"subjects":[{good},{good}]}}"#)).expect("writable");
        let all = Kept::default();
        assert_eq!(survey(&path, &all, 2).expect("subjects").1.map(|users| users.len()), Some(2));
        let second = Kept { slice: Some(Shard { index: 2, count: 2 }), lease: None };
        assert_eq!(survey(&path, &second, 2).expect("subjects").0, 1);
        assert_eq!(census(&path, second.slice).expect("subjects").all, 1);
    }
}
