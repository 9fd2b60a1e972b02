//! Traces of others on the subjects of a run: registrations that this run did not make, and that a subject did not have when the run
//! first looked at it.

use super::call::prepared;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::case_run::CaseRun;
use super::ceremony::MadeCredential;
use super::doubt;
use crate::checks;
use crate::contract::{Endpoint, Flow, Operation};
use crate::outcome::Reason;
use crate::scenario::{Step, Whom};
use crate::transport::{Reply, Transport as _};
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// How often is looked whether somebody left a trace, while that is waited for.
const PAUSE: Duration = Duration::from_millis(50);

/// How long traces of others are waited for. On a busy machine little is looked at in a given time, so that looks count as well.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    pub least: Duration,
    /// Looks at subjects, by whatever the run does meanwhile.
    pub looks: usize,
    /// The end where the run does nothing else.
    pub most: Duration,
}

/// What the run knows of the registrations of its subjects.
#[derive(Debug, Default)]
pub(super) struct Traces(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// Every credential id that this run made, whatever became of it.
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
    pub(super) fn made(&self, ids: impl IntoIterator<Item = Vec<u8>>) {
        self.seen().made.extend(ids);
    }

    /// Whether this run has made a credential with this id.
    pub(super) fn has_made(&self, id: &[u8]) -> bool {
        self.seen().made.contains(id)
    }

    /// Looks at what a user is said to have on a flow; gives how much of it others have registered since the last look.
    pub(super) fn look(&self, user_id: &str, flow: Flow, listed: &[Vec<u8>]) -> usize {
        let mut seen = self.seen();
        let Seen { made, known, others, looks } = &mut *seen;
        let place = (user_id.to_owned(), flow);
        let Some(known) = known.get_mut(&place) else {
            known.insert(place, listed.iter().cloned().collect());
            return 0;
        };
        // The first look at a place shows nothing of others.
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
    pub(super) fn words(&self) -> Option<String> {
        let seen = self.seen();
        let (user, count) = seen.others.as_ref()?;
        let registrations = if *count == 1 { "registration" } else { "registrations" };
        Some(format!("{count} {registrations} that this run did not make, the first of user {user}"))
    }

    /// The same, and waits for it if nothing was seen yet.
    pub(super) async fn words_within(&self, patience: Patience) -> Option<String> {
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

/// Every id by which a target may know a credential: those of the envelope, and the one in the authenticator data.
pub(super) fn ids_of(made: &MadeCredential) -> impl Iterator<Item = Vec<u8>> + '_ {
    // RP ID hash, flags, counter and AAGUID come before its length (WebAuthn L3 section 6.1). What follows may be wrong on purpose.
    const LENGTH_AT: usize = 53;
    let data = &made.created.authenticator_data;
    let length =
        data.get(LENGTH_AT..LENGTH_AT + 2).map_or(0, |bytes| usize::from(bytes[0]) << 8 | usize::from(bytes[1]));
    let attested = data.get(LENGTH_AT + 2..LENGTH_AT + 2 + length).map(<[u8]>::to_vec);
    made.ids.iter().cloned().chain(attested)
}

/// Looks for traces of others in the options of a start.
pub(super) fn notice_listed(
    run: &mut CaseRun<'_>,
    step: &Step,
    endpoint: &Endpoint,
    options: &PublicKeyCredentialCreationOptions,
) {
    let subject = match step.acts_on(endpoint.flow) {
        Some(Whom::Own) => Some(run.lease.own()),
        Some(Whom::Other) => run.lease.other(),
        None => None,
    };
    let Some(subject) = subject else { return };
    run.foreign += run.shared.traces.look(&subject.user_id, endpoint.flow, &options.exclude_credentials);
}

/// Looks once more for others, where the case came to something that they may have caused; notes whether they were seen.
pub(super) async fn look_for_others(run: &mut CaseRun<'_>, attempt: u8) {
    let worst = run.ledger.gravest(run.shared.target.profile).map(|finding| finding.reason);
    if worst.is_some_and(|reason| doubt::can_be_of_others(reason) || reason == Reason::Setup) {
        look_once_more(run).await;
    }
    if run.foreign > 0 {
        run.shared.doubts.met_others(&run.permutation.id, attempt);
    }
}

/// Looks once more at the subject of the case, for traces that came since its last start. Nothing of it is judged or recorded.
pub(super) async fn look_once_more(run: &mut CaseRun<'_>) {
    let findings = run.ledger.findings().len();
    let step = Step::default();
    let prepared = prepared(run, Operation::Start, &step);
    run.ledger.forget_from(findings);
    let Ok((transport, call)) = prepared else { return };
    let Ok(exchange) = transport.send(&call).await else { return };
    let Reply::Success(body) = &exchange.reply else { return };
    if let Some(Ok(options)) = checks::creation_options(exchange.endpoint, body) {
        notice_listed(run, &step, exchange.endpoint, &options);
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
