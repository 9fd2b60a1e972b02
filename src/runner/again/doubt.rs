//! A result that others may have caused is played again, on other subjects, before it counts for the target.
//!
//! If two runs use one user at the same time, a start of one run ends the registration of the other, and a good credential is refused. A
//! fault of the target also shows on a subject where nobody interferes. So a fail or a deviation stands if it comes again there. If it does
//! not come again, and registrations of others were seen on the run's subjects, it is an error: interference.

use std::time::{Duration, Instant};

use crate::authenticator::Format;
use crate::checks;
use crate::contract::{Flow, Protocol};
use crate::outcome::{CaseRecord, Finding, Profile, Reason, Verdict};
use crate::runner::judge::{agreement, breaker, verdict};
use crate::runner::memory::doubts::can_be_of_others;
use crate::runner::memory::traces::Patience;
use crate::runner::play::case;
use crate::runner::state::Shared;
use crate::runner::target::description::Subject;
use crate::scenario::{Case, Test};
use crate::transport::{Call, Reply, Transport};
use crate::webauthn::cose::CoseAlgorithm;

/// Tries after the first while others are at work, each of which has to have the same result; the numbers for a cause that came again
/// before, and for a comparison.
const TRIES: u8 = 8;
const TRIES_OF_KNOWN: u8 = 3;
/// How often it has to come again if no others are seen. Two runs that begin together can meet more than once before either has left a
/// trace.
const ENOUGH: u8 = 2;
/// The number of the first of these tries: lower numbers are for tries after errors, hangs, and faults of the network.
const FIRST_TRY: u8 = case::FIRST_OF_DOUBT;
/// How long to wait for traces if something did not come again.
const PATIENCE: Patience = Patience { least: Duration::from_secs(1), looks: 100, most: Duration::from_secs(8) };
/// How long to wait for traces before a cause counts as the target's.
const BEFORE_IT_STANDS: Patience =
    Patience { least: Duration::from_millis(300), looks: 30, most: Duration::from_millis(1500) };
/// The tries that decide once the others are gone; each has to have the same result. The others may try again at the same time.
const LAST_TRIES: std::ops::Range<u8> = FIRST_TRY + TRIES..FIRST_TRY + TRIES + 5;
/// The subjects that this run does not use meanwhile, and how long they are watched for others.
const WATCHED: usize = 4;
const WATCH: Duration = Duration::from_millis(700);

/// The record of a test, once it is known whether the target caused its result.
pub(crate) async fn settled(shared: &Shared, test: &Test, first: CaseRecord) -> CaseRecord {
    let is_seen = || shared.traces.words().is_some();
    if first.verdict == Verdict::Error {
        return of_error(shared, test, first);
    }
    let is_without_reply = first.findings.first().is_some_and(|finding| finding.check == breaker::TRANSPORT);
    let is_known = shared.doubts.is_confirmed(&first);
    // Nobody else has subjects that were made for this run.
    let has_others = shared.target.accounts.listed_in.is_some();
    if !has_others || !can_be_of_others(first.reason) || is_without_reply || (is_known && !is_seen()) {
        return first;
    }
    let tries = if is_known { TRIES_OF_KNOWN } else { TRIES };
    let mut came_again = 0;
    for attempt in FIRST_TRY..FIRST_TRY + tries {
        let again = case::play(shared, test, attempt).await;
        if again.verdict == Verdict::Error {
            // It says nothing. A result that others can't have caused would come again.
            let is_of_others = matches!(again.reason, Reason::Setup | Reason::ControlFailed);
            if is_seen() && is_of_others {
                continue;
            }
            break;
        }
        if !is_same(&again, &first) {
            if shared.traces.words_within(PATIENCE).await.is_none() {
                // Nobody else was there: the target's answers vary.
                return CaseRecord { flaky: true, ..first };
            }
            came_again = 0;
            break;
        }
        came_again += 1;
        if came_again >= ENOUGH && shared.traces.words_within(BEFORE_IT_STANDS).await.is_none() {
            break;
        }
    }
    let is_met = (0..FIRST_TRY + tries).any(|attempt| shared.doubts.has_met(&test.id, attempt));
    // Somebody was there, or the target shows credentials that nobody registered.
    let is_of_others = came_again == 0 || (is_met && are_others_at_work(shared).await);
    match shared.traces.words().filter(|_| is_of_others) {
        Some(others) if !comes_again_alone(shared, test, &first).await => {
            interference(first, &others, shared.target.profile)
        }
        _ => {
            shared.doubts.confirm(&first);
            first
        }
    }
}

fn is_same(again: &CaseRecord, first: &CaseRecord) -> bool {
    (again.verdict, again.reason) == (first.verdict, first.reason)
}

/// Waits for the others to go, as long as the run still has time for that, and plays the test a few times more.
async fn comes_again_alone(shared: &Shared, test: &Test, first: &CaseRecord) -> bool {
    while are_others_at_work(shared).await {
        if Instant::now() >= shared.doubts.wait_until() {
            return false;
        }
    }
    for attempt in LAST_TRIES {
        let again = case::play(shared, test, attempt).await;
        if !is_same(&again, first) || shared.doubts.has_met(&test.id, attempt) {
            return false;
        }
    }
    true
}

/// A call that prepares a case can be refused because of others too, and so can a control.
fn of_error(shared: &Shared, test: &Test, record: CaseRecord) -> CaseRecord {
    let is_refused = record.findings.first().is_some_and(|finding| finding.check == verdict::CHECK);
    let is_met = || (0..FIRST_TRY).any(|attempt| shared.doubts.has_met(&test.id, attempt));
    let is_of_others = match record.reason {
        Reason::Setup => is_refused || is_met(),
        reason => reason == Reason::ControlFailed,
    };
    match shared.traces.words().filter(|_| is_of_others) {
        Some(others) => interference(record, &others, shared.target.profile),
        None => record,
    }
}

/// A comparison of protocols that found a difference, once it is known whether the difference comes again.
pub(crate) async fn compared(shared: &Shared, tests: &[Test], first: CaseRecord) -> CaseRecord {
    let answers = |record: &CaseRecord| record.findings.first().map(|finding| finding.received.clone());
    for attempt in FIRST_TRY..FIRST_TRY + TRIES_OF_KNOWN {
        let mut records = Vec::new();
        for test in tests {
            records.push(case::play(shared, test, attempt).await);
        }
        match agreement::compare(&first.id, records, shared.target.profile) {
            // If a protocol had no verdict, nothing is compared.
            None => {}
            Some(again) if answers(&again) != answers(&first) => {
                return match shared.traces.words_within(PATIENCE).await {
                    Some(others) => interference(first, &others, shared.target.profile),
                    None => unclear(first, shared.target.profile),
                };
            }
            // The first tries that passed have left out their calls.
            Some(again) if shared.traces.words().is_none() => return again,
            Some(_) => {}
        }
    }
    first
}

/// Watches subjects that this run leaves alone meanwhile, whether others register something for them.
async fn are_others_at_work(shared: &Shared) -> bool {
    let rest = shared.transport(Protocol::Rest).or_else(|| shared.transports.values().next()).cloned();
    let Some(transport) = rest else { return false };
    let case = Case::control(Vec::new(), Format::None, CoseAlgorithm::ES256);
    let mut leases = Vec::new();
    for _ in 0..WATCHED.min(shared.target.accounts.subjects.len() / 2) {
        let lease = tokio::time::timeout(WATCH, shared.pool.lease(&case)).await;
        leases.extend(lease.into_iter().flatten());
    }
    let mut found = 0;
    for pause in [Duration::ZERO, WATCH] {
        tokio::time::sleep(pause).await;
        for lease in leases.iter().filter(|lease| !lease.is_locked(true)) {
            for flow in &shared.target.flows {
                let new = registered_meanwhile(shared, transport.as_ref(), lease.own(), *flow).await;
                // Registrations before the watch may be from this run itself.
                found += if pause.is_zero() { 0 } else { new };
            }
        }
    }
    found > 0
}

/// What others have registered for a subject since the last look.
async fn registered_meanwhile(shared: &Shared, transport: &dyn Transport, subject: &Subject, flow: Flow) -> usize {
    let Some(call) = Call::start(flow, &subject.user_id, Some(&subject.token)) else { return 0 };
    let Ok(exchange) = transport.send(&call).await else { return 0 };
    let Reply::Success(body) = &exchange.reply else { return 0 };
    let options = checks::creation_options(exchange.endpoint, body).and_then(Result::ok);
    options.map_or(0, |options| shared.traces.look(&subject.user_id, flow, &options.exclude_credentials))
}

/// The record in place of a result that others may have caused.
fn interference(mut record: CaseRecord, others: &str, profile: Profile) -> CaseRecord {
    let expected = "subjects that nobody else uses during the run";
    let seen = record.findings.first().map(|finding| finding.received.clone()).unwrap_or_default();
    let received = format!(
        "{others}; and the result here did not come again on other subjects, or could not be tried again: {seen}"
    );
    in_place(&mut record, Finding::new("interference", "", Reason::Interference, expected, received), profile);
    record
}

/// The record of a difference that nobody else seems to have caused, and that did not come again.
fn unclear(mut record: CaseRecord, profile: Profile) -> CaseRecord {
    let expected = "the same difference when it is played again on other subjects";
    let seen = record.findings.first().map(|finding| finding.received.clone()).unwrap_or_default();
    let received =
        format!("another answer then; this may be a fault, or something that an earlier run left on a subject: {seen}");
    in_place(&mut record, Finding::new("agreement", "", Reason::Setup, expected, received), profile);
    record
}

fn in_place(record: &mut CaseRecord, finding: Finding, profile: Profile) {
    let clause = record.findings.first().map(|finding| finding.clause.clone()).unwrap_or_default();
    let exchange = record.findings.first().and_then(|finding| finding.exchange);
    record.findings.retain(|finding| finding.verdict(profile) == Verdict::Pass);
    record.findings.push(Finding { clause, exchange, ..finding });
    record.flaky = false;
    record.decide(profile);
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn interference_takes_the_place_of_what_was_found() {
        let record = interference(
            failed(),
            "2 registrations that this run did not make, the first of user 7",
            Profile::default(),
        );
        assert_eq!((record.verdict, record.reason), (Verdict::Error, Reason::Interference));
        let finding = &record.findings[0];
        assert!(finding.received.contains("user 7") && finding.received.contains("HTTP 400"), "{}", finding.received);
        assert_eq!((finding.clause.as_str(), finding.exchange, record.findings.len()), ("c", Some(3), 2));
        assert_eq!(unclear(failed(), Profile::default()).reason, Reason::Setup);
    }
}
