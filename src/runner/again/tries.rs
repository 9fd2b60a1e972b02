//! Plays a test, and plays it again if the target may not have caused the result.

use std::sync::Arc;

use super::{doubt, narrow, sequence};
use crate::outcome::{CaseRecord, Finding, Reason, Verdict};
use crate::runner::judge::breaker;
use crate::runner::play::case;
use crate::runner::state::Shared;
use crate::scenario::Test;

/// Plays a test. After a fault of the network it is tried again with other keys and another subject, as often as one call would be and
/// within the same budget. After any other error, a hang, or a connection that ended in place of a reply, it is tried again once.
pub(crate) async fn play(shared: Arc<Shared>, test: Test) -> CaseRecord {
    let mut earlier: Vec<Finding> = Vec::new();
    loop {
        let attempt = u8::try_from(earlier.len()).unwrap_or(u8::MAX);
        let record = case::play(&shared, &test, attempt).await;
        let is_again = match record.findings.first() {
            Some(finding) if is_worth_another_try(&record, finding) => {
                let is_first = earlier.iter().all(|finding| finding.reason.is_of_the_network());
                let of_network = finding.reason.is_of_the_network();
                let may = usize::try_from(shared.attempts.retries()).unwrap_or(usize::MAX).max(1);
                if of_network {
                    earlier.is_empty() || (earlier.len() < may && shared.attempts.spend())
                } else {
                    is_first
                }
            }
            _ => false,
        };
        match record.findings.first().filter(|_| is_again) {
            // The finding is about calls that are not kept.
            Some(finding) => earlier.push(Finding { exchange: None, ..finding.clone() }),
            None => {
                let profile = shared.target.profile;
                let flaky = earlier.iter().any(|finding| finding.verdict(profile) != record.verdict);
                let mut record = CaseRecord { flaky, earlier, ..record };
                if test.case.watch.is_some() {
                    record = sequence::settled(&shared, &test, record).await;
                }
                let record = doubt::settled(&shared, &test, record).await;
                return narrow::narrowed(&shared, &test, record).await;
            }
        }
    }
}

fn is_worth_another_try(record: &CaseRecord, finding: &Finding) -> bool {
    let is_cut_off = record.reason == Reason::Crash && finding.check == breaker::TRANSPORT;
    record.verdict == Verdict::Error || record.reason == Reason::Hang || is_cut_off
}
