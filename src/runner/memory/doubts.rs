//! What a run knows about others on its subjects: causes that came again, and tries in which others were seen.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::outcome::{CaseRecord, Reason};

/// How long a run waits in total for others to go. After that, anything that they may have caused is an error.
const UNTIL_THEY_GO: Duration = Duration::from_secs(30);

/// The causes that came again, and where others were seen.
#[derive(Debug, Default)]
pub(crate) struct Doubts(Mutex<State>);

impl Doubts {
    /// Notes that others were seen in a try of a test.
    pub(crate) fn met_others(&self, test: &str, attempt: u8) {
        self.state().met.insert((test.to_owned(), attempt));
    }

    pub(crate) fn has_met(&self, test: &str, attempt: u8) -> bool {
        self.state().met.contains(&(test.to_owned(), attempt))
    }

    pub(crate) fn is_confirmed(&self, record: &CaseRecord) -> bool {
        self.state().confirmed.contains(&cause(record))
    }

    pub(crate) fn confirm(&self, record: &CaseRecord) {
        self.state().confirmed.insert(cause(record));
    }

    /// Until when the run waits for others: all waiting in this run shares one time.
    pub(crate) fn wait_until(&self) -> Instant {
        *self.state().wait_until.get_or_insert_with(|| Instant::now() + UNTIL_THEY_GO)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct State {
    /// Causes that came again on a subject where nobody was: clause, reason and answer.
    confirmed: HashSet<(String, Reason, String)>,
    /// Tries in which others were seen: test and attempt.
    met: HashSet<(String, u8)>,
    /// Until when the run waits for others; not set as long as nothing has waited for them.
    wait_until: Option<Instant>,
}

fn cause(record: &CaseRecord) -> (String, Reason, String) {
    let clause = record.findings.first().map(|finding| finding.clause.clone()).unwrap_or_default();
    (clause, record.reason, record.observed.clone())
}

/// Whether somebody else on the same subject can cause this.
pub(crate) const fn can_be_of_others(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::AcceptedInvalid
            | Reason::RejectedValid
            | Reason::WrongStatus
            | Reason::StateChanged
            | Reason::ShouldUnmet
            | Reason::FidoUnmet
            | Reason::SecurityUnmet
            | Reason::DocVsServer
            | Reason::WrongReason
            | Reason::AlsoAllowed
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{Finding, Profile};

    fn failed() -> CaseRecord {
        let mut record = CaseRecord::empty("a", "a");
        let exchange = Some(3);
        record.findings = vec![
            Finding {
                exchange,
                ..Finding::new("expectation", "c", Reason::RejectedValid, "accepted", "refused: HTTP 400")
            },
            Finding::new("expectation", "c", Reason::Unattributed, "refused", "refused"),
        ];
        record.decide(Profile::default());
        record
    }

    #[test]
    fn a_cause_is_confirmed_once_for_its_clause_reason_and_answer() {
        let doubts = Doubts::default();
        doubts.confirm(&failed());
        assert!(doubts.is_confirmed(&failed()));
        assert!(!doubts.is_confirmed(&CaseRecord { observed: "accepted".to_owned(), ..failed() }));
        doubts.met_others("a", 2);
        assert!(doubts.has_met("a", 2) && !doubts.has_met("a", 3) && !doubts.has_met("b", 2));
    }
}
