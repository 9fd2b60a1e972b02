//! Traces of others on the subjects of a run: registrations that this run did not make, and that a subject did not have when the run
//! first looked at it.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::contract::Flow;

/// The pause between two looks, while the run waits for traces of others.
const PAUSE: Duration = Duration::from_millis(50);

/// How long the run waits for traces of others. On a busy machine few looks fit into a given time, so the number of looks counts as well.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub least: Duration,
    /// Looks at subjects, including those by the run's ordinary calls.
    pub looks: usize,
    /// When the wait ends if the run does nothing else.
    pub most: Duration,
}

/// What the run knows about the registrations of its subjects.
#[derive(Debug, Default)]
pub(crate) struct Traces(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// Every credential id that this run made, whatever happened to it.
    made: HashSet<Vec<u8>>,
    /// What a user had on a flow when the run first looked, and what was seen of others since.
    known: HashMap<(String, Flow), HashSet<Vec<u8>>>,
    /// The user on whom others were first seen, and how often they were.
    others: Option<(String, usize)>,
    /// Looks at places that were looked at before.
    looks: usize,
}

impl Traces {
    /// Notes ids by which a target may know a credential that this run made.
    pub(crate) fn made(&self, ids: impl IntoIterator<Item = Vec<u8>>) {
        self.seen().made.extend(ids);
    }

    /// Whether this run has made a credential with this id.
    pub(crate) fn has_made(&self, id: &[u8]) -> bool {
        self.seen().made.contains(id)
    }

    /// Examines what a user has on a flow according to the target; gives how many of these credentials others have registered since the last look.
    pub(crate) fn look(&self, user_id: &str, flow: Flow, listed: &[Vec<u8>]) -> usize {
        let mut seen = self.seen();
        let Seen { made, known, others, looks } = &mut *seen;
        let place = (user_id.to_owned(), flow);
        let Some(known) = known.get_mut(&place) else {
            known.insert(place, listed.iter().cloned().collect());
            return 0;
        };
        // The first look at a place can't show others.
        *looks += 1;
        let is_new = |id: &&Vec<u8>| !made.contains(*id) && !known.contains(*id);
        let new: Vec<Vec<u8>> = listed.iter().filter(is_new).cloned().collect();
        let count = new.len();
        known.extend(new);
        if count > 0 {
            others.get_or_insert_with(|| (user_id.to_owned(), 0)).1 += count;
        }
        count
    }

    /// What was seen of others, in words; `None` if nothing was.
    pub(crate) fn words(&self) -> Option<String> {
        let seen = self.seen();
        let (user, count) = seen.others.as_ref()?;
        let registrations = if *count == 1 { "registration" } else { "registrations" };
        Some(format!("{count} {registrations} that this run did not make, the first of user {user}"))
    }

    /// The same, and waits for traces if nothing was seen yet.
    pub(crate) async fn words_within(&self, patience: Patience) -> Option<String> {
        let (begun, looks) = (Instant::now(), self.seen().looks);
        loop {
            let words = self.words();
            let is_enough = begun.elapsed() >= patience.least && self.seen().looks - looks >= patience.looks;
            if words.is_some() || is_enough || begun.elapsed() >= patience.most {
                return words;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(texts: &[&str]) -> Vec<Vec<u8>> {
        texts.iter().map(|text| text.as_bytes().to_vec()).collect()
    }

    #[test]
    fn what_was_there_and_what_was_made_is_no_trace() {
        let traces = Traces::default();
        assert_eq!(traces.look("1", Flow::V1_U2F, &ids(&["old"])), 0, "the first look");
        traces.made(ids(&["ours", "refused"]));
        assert_eq!(traces.look("1", Flow::V1_U2F, &ids(&["old", "ours", "refused"])), 0);
        assert_eq!(traces.look("2", Flow::V1_U2F, &ids(&["ours"])), 0, "shown to another user: the target's fault");
        assert_eq!(traces.look("2", Flow::V2_PASSKEY, &ids(&["x"])), 0, "another list");
        assert_eq!(traces.words(), None);
        assert_eq!(traces.look("1", Flow::V1_U2F, &ids(&["old", "ours", "theirs"])), 1);
        assert_eq!(traces.look("1", Flow::V1_U2F, &ids(&["theirs"])), 0, "seen already");
        let words = traces.words().expect("somebody was there");
        assert_eq!(words, "1 registration that this run did not make, the first of user 1");
    }

    #[tokio::test]
    async fn a_trace_is_waited_for_as_long_as_is_said() {
        let traces = Traces::default();
        let (none, long) = (Duration::ZERO, Duration::from_secs(60));
        assert_eq!(traces.words_within(Patience { least: none, looks: 0, most: long }).await, None);
        assert_eq!(traces.words_within(Patience { least: long, looks: 1, most: none }).await, None);
        let look = async |listed: &[&str]| {
            tokio::time::sleep(Duration::from_millis(1)).await;
            traces.look("1", Flow::V1_U2F, &ids(listed))
        };
        let two_looks = async { (look(&[]).await, look(&[]).await, look(&[]).await) };
        let (words, _) = tokio::join!(traces.words_within(Patience { least: none, looks: 2, most: long }), two_looks);
        assert_eq!(words, None, "it was looked twice after the first time, and nobody was there");
        let (words, _) =
            tokio::join!(traces.words_within(Patience { least: long, looks: 0, most: long }), look(&["theirs"]));
        assert!(words.is_some());
    }
}
