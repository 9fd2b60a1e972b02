//! A sequence that found something is played again before the result counts for the target, and then made as short as possible.

use super::shorten;
use crate::authenticator::Format;
use crate::contract::Protocol;
use crate::outcome::{CaseRecord, Finding, Reason, Verdict};
use crate::runner::judge::breaker;
use crate::runner::memory::facts::Fact;
use crate::runner::model::clauses::{CHECK, CONSISTENT};
use crate::runner::model::machine::{self, words};
use crate::runner::play::case;
use crate::runner::state::Shared;
use crate::scenario::{Step, Test};

/// The number of the first try here: lower numbers are for tries after errors, and for results that others may have caused.
const FIRST_TRY: u8 = 64;
/// The most questions of one sequence that are examined.
const MOST_QUESTIONS: u8 = 3;
/// The most sequences that are played to make one shorter.
const MOST_TRIES: usize = 40;

/// What two sequences have in common if they found the same.
type Cause = (String, Reason, Option<String>);

fn cause(shared: &Shared, test: &Test, record: &CaseRecord) -> Option<Cause> {
    let question = shared.facts.take_contradicted(&test.id);
    let finding = record.findings.first().filter(|_| record.verdict != Verdict::Error)?;
    let is_found = record.verdict == Verdict::Fail || finding.clause.starts_with("api/state/");
    let is_red = matches!(record.verdict, Verdict::Fail | Verdict::Deviation) && is_found;
    // A missing reply is tried again elsewhere.
    (is_red && finding.check != breaker::TRANSPORT).then(|| {
        let question = question.filter(|_| finding.clause == CONSISTENT);
        (finding.clause.clone(), record.reason, question)
    })
}

/// The record of a sequence, once it is known whether its finding comes again.
pub(crate) async fn settled(shared: &Shared, test: &Test, first: CaseRecord) -> CaseRecord {
    let mut record = first;
    // The earlier state of the subject does not explain it.
    if record.reason == Reason::Leak {
        return record;
    }
    for round in 0..MOST_QUESTIONS {
        let Some(found) = cause(shared, test, &record) else { return record };
        let attempt = FIRST_TRY + 2 * round;
        let again = case::play(shared, test, attempt).await;
        if again.verdict == Verdict::Error {
            return again;
        }
        let is_again = cause(shared, test, &again).as_ref() == Some(&found);
        match &found.2 {
            None if is_again => return shortest(shared, test, record, &found).await,
            None => return unclear(shared, record),
            Some(question) => {
                if is_again && is_still_so(shared, test, question, attempt + 1).await {
                    return shortest(shared, test, record, &found).await;
                }
                shared.facts.unsettle(question);
                record = case::play(shared, test, attempt + 1).await;
            }
        }
    }
    record
}

/// Whether the sequence that first answered a question still gives the same answer. If the case itself states the answer, there is no
/// such sequence.
async fn is_still_so(shared: &Shared, test: &Test, question: &str, attempt: u8) -> bool {
    if test.case.learnt.contains_key(question) {
        return true;
    }
    let Some(Fact { seen_in, .. }) = shared.facts.known(question) else { return false };
    let record = case::play(shared, &seen_in, attempt).await;
    let contradicted = shared.facts.take_contradicted(&seen_in.id);
    record.verdict != Verdict::Error && contradicted.as_deref() != Some(question)
}

/// The record if a finding did not come again: an earlier case, or somebody else, may have left something that explains it.
fn unclear(shared: &Shared, mut record: CaseRecord) -> CaseRecord {
    let seen = record.findings.first().map(|finding| finding.received.clone()).unwrap_or_default();
    let (clause, exchange) =
        record.findings.first().map(|finding| (finding.clause.clone(), finding.exchange)).unwrap_or_default();
    let expected = "the same result when the sequence is played again on other subjects";
    let received = format!("another answer then; this may be a fault, or something that was there before: {seen}");
    record.findings.retain(|finding| finding.verdict(shared.target.profile) == Verdict::Pass);
    let finding = Finding::new(CHECK, &clause, Reason::Setup, expected, received);
    record.findings.push(Finding { exchange, ..finding });
    record.decide(shared.target.profile);
    record
}

/// The record of the shortest sequence that finds the same, under the name of the first.
async fn shortest(shared: &Shared, test: &Test, first: CaseRecord, found: &Cause) -> CaseRecord {
    if !shared.facts.is_worth_shortening(&found.0, found.1) {
        return first;
    }
    let protocols = &shared.target.protocols;
    let whole = &test.case.steps;
    let mut best = (with_steps(test, whole.clone(), protocols, found, shared), first);
    // Calls after the one that decided are not played.
    let played = shared.facts.take_played(&test.id).unwrap_or(usize::MAX);
    let mut candidates = vec![shorten::first_calls(whole, played)];
    candidates.extend(shorten::simpler(whole, protocols));
    let (mut at, mut in_vain) = (0, 0);
    for _ in 0..MOST_TRIES {
        if in_vain >= candidates.len() {
            break;
        }
        at %= candidates.len();
        let candidate = with_steps(test, candidates[at].clone(), protocols, found, shared);
        let record = case::play(shared, &candidate, FIRST_TRY).await;
        if cause(shared, &candidate, &record).as_ref() == Some(found) {
            candidates = shorten::simpler(&candidate.case.steps, protocols);
            best = (candidate, record);
            in_vain = 0;
        } else {
            at += 1;
            in_vain += 1;
        }
    }
    let (shortest, record) = best;
    shared.facts.set_shortest(&test.id, shortest);
    CaseRecord { id: test.id.clone(), case: test.case.id.clone(), ..record }
}

/// A sequence as its own case that finds the same wherever it is played: with the earlier answer, if it contradicts one.
fn with_steps(
    test: &Test,
    steps: Vec<Step>,
    protocols: &[Protocol],
    (clause, _, question): &Cause,
    shared: &Shared,
) -> Test {
    let (flow, protocol) = shorten::place(&steps, protocols).unwrap_or((test.flow, test.protocol));
    let mut case = (*test.case).clone();
    case.id = format!("model/{}", machine::digest(&steps));
    case.title = words(&steps, flow);
    case.clauses = vec![clause.clone()];
    case.basis = crate::contract::clause::find(clause).map(|clause| clause.basis);
    (case.flows, case.protocols) = (vec![flow.slug().to_owned()], vec![protocol]);
    if let Some(question) = question
        && let Some(fact) = shared.facts.known(question)
    {
        case.learnt.insert(question.clone(), fact.answer);
    }
    case.steps = steps;
    Test::single(case, flow, protocol, Format::None)
}
