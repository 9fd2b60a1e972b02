//! Tells a target that is gone from one that hangs, breaks connections or refuses in single cases.
//!
//! If one test after the other has no answer, the target may have faults, or it may be gone. The records of such tests are therefore
//! held back until a test that was begun later has an answer, or until a good enrolment was tried: then it is known.

use crate::outcome::{CaseRecord, Profile, Reason, StopCause, Stopped, Verdict};

/// The check of findings about a reply that is missing.
pub(crate) const TRANSPORT: &str = "transport";
/// The check of findings about a control that had no reply.
pub(crate) const CONTROL_LOST: &str = "control-unanswered";

/// Tests without an answer, one after the other, after which a good enrolment is tried.
const MOST: usize = 5;

/// Counts tests without an answer.
#[derive(Debug)]
pub(crate) struct Breaker {
    limit: usize,
    lost: Vec<Lost>,
    /// What is needed to decide about a record without an answer.
    profile: Profile,
}

/// A test without an answer.
#[derive(Debug)]
struct Lost {
    /// When that was seen, in seconds since 1970.
    at: u64,
    /// The number of the test that was begun next. Tests that were begun before may have had their answers before, too.
    next: u64,
    /// Its result, unless that is an error by itself.
    held: Option<Box<CaseRecord>>,
}

/// What is missing in a record: its last call had no answer, or its token was refused. `None` if the target answered.
pub(crate) fn lost(record: &CaseRecord) -> Option<StopCause> {
    let check = record.findings.first().map(|finding| finding.check.as_str());
    match record.reason {
        Reason::Auth => Some(StopCause::TokenRefused),
        Reason::TargetUnreachable => Some(StopCause::Unreachable),
        Reason::ControlFailed if check == Some(CONTROL_LOST) => Some(StopCause::Unanswered),
        reason if check == Some(TRANSPORT) => lost_by(reason),
        _ => None,
    }
}

/// What is missing if there was no reply for this reason; `None` if bytes came that can't be read.
pub(crate) fn lost_by(reason: Reason) -> Option<StopCause> {
    match reason {
        Reason::Hang => Some(StopCause::Unanswered),
        // A request with faulty bytes may be answered in this way.
        Reason::Crash | Reason::AlsoAllowed => Some(StopCause::BrokenOff),
        Reason::TargetUnreachable => Some(StopCause::Unreachable),
        // The server behind a gateway gives none.
        Reason::Gateway => Some(StopCause::Unanswered),
        _ => None,
    }
}

impl Breaker {
    /// For so many tests at a time: if they are few, each of them may take its whole time.
    pub(crate) fn new(concurrency: usize, profile: Profile) -> Breaker {
        let limit = concurrency.saturating_add(1).clamp(2, MOST);
        Breaker { limit, lost: Vec::new(), profile }
    }

    /// Takes the record of the test with a number, in the order in which they were begun; `next` is the number of the next one.
    /// Gives the records that are decided by now, in order.
    pub(crate) fn take(&mut self, record: CaseRecord, (number, next): (u64, u64), now: u64) -> Vec<CaseRecord> {
        if lost(&record).is_some() {
            // An error says nothing about the target.
            let is_error = record.verdict == Verdict::Error;
            let (held, told) = if is_error { (None, vec![record]) } else { (Some(Box::new(record)), Vec::new()) };
            self.lost.push(Lost { at: now, next, held });
            return told;
        }
        // If nothing was sent, or a rate limit was in the way, nothing is known.
        // The calls of a pass may be left out of its record.
        let was_sent = record.verdict == Verdict::Pass || !record.exchanges.is_empty();
        let is_answer = was_sent && record.reason != Reason::RateLimited;
        let mut told = self.answered(|lost| is_answer && lost.next <= number);
        told.push(record);
        told
    }

    /// Whether a good enrolment has to be tried, to find out whether the target is still there.
    pub(crate) fn is_due(&self) -> bool {
        self.lost.len() >= self.limit
    }

    /// Whether something is held back.
    pub(crate) fn is_in_doubt(&self) -> bool {
        self.lost.iter().any(|lost| lost.held.is_some())
    }

    /// The target is there: gives what was held back, unchanged. The next time it takes twice as many, so that a target with many faults
    /// is not asked for ever.
    pub(crate) fn there(&mut self) -> Vec<CaseRecord> {
        self.limit = self.limit.saturating_mul(2);
        self.answered(|_| true)
    }

    /// The target is gone: gives since when, and what was held back. These records say nothing about it any more.
    pub(crate) fn gone(&mut self, cause: StopCause, now: u64) -> (Stopped, Vec<CaseRecord>) {
        let stopped = Stopped { cause, at: self.lost.first().map_or(now, |lost| lost.at) };
        (stopped, self.without_verdict(Reason::TargetUnreachable, &stopped.to_string()))
    }

    /// The run ends, and it is not known whether the target is there: gives what was held back, without a verdict.
    pub(crate) fn unknown(&mut self) -> Vec<CaseRecord> {
        self.without_verdict(Reason::Aborted, "the run ended before it was known whether the target is still there")
    }

    /// Forgets the lost tests after which there was an answer, and gives their records.
    fn answered(&mut self, is_settled: impl Fn(&Lost) -> bool) -> Vec<CaseRecord> {
        let settled = self.lost.extract_if(.., |lost| is_settled(lost));
        settled.filter_map(|lost| lost.held).map(|record| *record).collect()
    }

    fn without_verdict(&mut self, reason: Reason, why: &str) -> Vec<CaseRecord> {
        let mut records = self.answered(|_| true);
        for record in &mut records {
            for finding in record.findings.iter_mut().filter(|finding| finding.check == TRANSPORT) {
                finding.reason = reason;
                finding.received = format!("{}; {why}", finding.received);
            }
            record.decide(self.profile);
        }
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{ExchangeRecord, Finding};

    fn record(id: &str, check: &str, reason: Reason) -> CaseRecord {
        let mut record = CaseRecord::empty(id, "s/c");
        record.findings = vec![Finding::new(check, "api/robustness", reason, "a reply", "none")];
        let (operation, none) = ("Start".to_owned(), String::new());
        record.exchanges = vec![ExchangeRecord {
            large_request: None,
            operation,
            request: none.clone(),
            request_body: none.clone(),
            status: none.clone(),
            response_body: none,
            duration_us: 1,
            evidence: None,
            tries: Vec::new(),
        }];
        record.decide(Profile::default());
        record
    }

    fn ids(records: &[CaseRecord]) -> Vec<(&str, Reason)> {
        records.iter().map(|record| (record.id.as_str(), record.reason)).collect()
    }

    #[test]
    fn what_is_lost_is_held_until_an_answer_comes() {
        let mut breaker = Breaker::new(16, Profile::default());
        assert!(breaker.take(record("a", "transport", Reason::Hang), (1, 5), 7).is_empty());
        assert!(breaker.take(record("b", "transport", Reason::AlsoAllowed), (2, 6), 8).is_empty());
        let told = breaker.take(record("c", "transport", Reason::TargetUnreachable), (3, 7), 9);
        assert_eq!(ids(&told).len(), 1, "it has no verdict");
        let mut unsent = record("d", "setup", Reason::NotDeclared);
        unsent.exchanges.clear();
        assert_eq!(ids(&breaker.take(unsent, (8, 9), 9)), [("d", Reason::NotDeclared)]);
        // It was begun before the target may have gone.
        let told = breaker.take(record("before", "expectation", Reason::Met), (4, 9), 9);
        assert_eq!(ids(&told), [("before", Reason::Met)]);
        assert!(breaker.is_in_doubt() && !breaker.is_due());
        let told = breaker.take(record("between", "expectation", Reason::Met), (5, 9), 9);
        assert_eq!(ids(&told), [("a", Reason::Hang), ("between", Reason::Met)]);
        assert!(breaker.is_in_doubt());
        let told = breaker.take(record("e", "expectation", Reason::Met), (7, 9), 9);
        assert_eq!(ids(&told), [("b", Reason::AlsoAllowed), ("e", Reason::Met)]);
        assert!(!breaker.is_in_doubt());
        // An internal error is an answer, also where the try before it had none. A limit in the way says nothing, and a gateway's error that what
        // is behind it gives no answer.
        let flaky = CaseRecord { flaky: true, ..record("f", "no-internal-error", Reason::Crash) };
        assert_eq!(breaker.take(flaky, (9, 10), 9).len(), 1);
        breaker.take(record("g", "transport", Reason::Hang), (10, 11), 9);
        assert_eq!(breaker.take(record("h", "transport", Reason::RateLimited), (11, 12), 9).len(), 1);
        assert!(breaker.is_in_doubt());
        assert_eq!(lost(&record("i", "transport", Reason::Gateway)), Some(StopCause::Unanswered));
    }

    #[test]
    fn a_target_that_is_gone_has_no_fails_of_its_last_calls() {
        let mut breaker = Breaker::new(16, Profile::default());
        let lost = [
            ("transport", Reason::Crash),
            ("transport", Reason::Hang),
            (CONTROL_LOST, Reason::ControlFailed),
            ("expectation", Reason::Auth),
            ("transport", Reason::TargetUnreachable),
        ];
        for (at, (check, reason)) in (100..).zip(lost) {
            assert!(!breaker.is_due());
            breaker.take(record(&at.to_string(), check, reason), (at, at + 1), at);
        }
        assert!(breaker.is_due());
        let (stopped, records) = breaker.gone(StopCause::Unreachable, 200);
        assert_eq!(stopped, Stopped { cause: StopCause::Unreachable, at: 100 });
        let unreachable = Reason::TargetUnreachable;
        assert_eq!(ids(&records), [("100", unreachable), ("101", unreachable)]);
        let words = "none; the target went away at 00:01:40 UTC (no connection can be made any more)";
        assert_eq!((records[0].verdict, records[0].findings[0].received.as_str()), (Verdict::Error, words));
        assert!(!breaker.is_due() && !breaker.is_in_doubt());
    }

    #[test]
    fn a_target_that_is_there_is_asked_more_and_more_rarely() {
        let mut breaker = Breaker::new(1, Profile::default());
        let mut asked = Vec::new();
        for count in 1..=100 {
            breaker.take(record("a", "transport", Reason::Hang), (count, count + 1), count);
            if breaker.is_due() {
                asked.push(count);
                let told = breaker.there();
                assert!(told.iter().all(|record| record.reason == Reason::Hang));
            }
        }
        assert_eq!(asked, [2, 6, 14, 30, 62]);
        assert_eq!(breaker.unknown()[0].reason, Reason::Aborted);
    }
}
