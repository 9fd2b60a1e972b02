//! What a sequence found is played again before it is said of the target, and then made as short as it can be.

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

/// The number of the first try that settles something; those before are tries of errors, and of what others may have caused.
const FIRST_TRY: u8 = 64;
/// Questions of one sequence that are looked into.
const MOST_QUESTIONS: u8 = 3;
/// Sequences played to make one shorter.
const MOST_TRIES: usize = 40;

/// What two sequences have in common that found the same.
type Cause = (String, Reason, Option<String>);

fn cause(shared: &Shared, test: &Test, record: &CaseRecord) -> Option<Cause> {
    let question = shared.facts.take_contradicted(&test.id);
    let finding = record.findings.first().filter(|_| record.verdict != Verdict::Error)?;
    let is_found = record.verdict == Verdict::Fail || finding.clause.starts_with("api/state/");
    let is_red = matches!(record.verdict, Verdict::Fail | Verdict::Deviation) && is_found;
    // What came in place of a reply is tried again elsewhere.
    (is_red && finding.check != breaker::TRANSPORT).then(|| {
        let question = question.filter(|_| finding.clause == CONSISTENT);
        (finding.clause.clone(), record.reason, question)
    })
}

/// The record of a sequence, once it is known whether what it found comes again.
pub(crate) async fn settled(shared: &Shared, test: &Test, first: CaseRecord) -> CaseRecord {
    let mut record = first;
    // What was there before does not explain it.
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

/// Whether the sequence that answered a question first answers it now as it did then. Where the case itself says the answer there
/// is none to ask.
async fn is_still_so(shared: &Shared, test: &Test, question: &str, attempt: u8) -> bool {
    if test.case.learnt.contains_key(question) {
        return true;
    }
    let Some(Fact { seen_in, .. }) = shared.facts.known(question) else { return false };
    let record = case::play(shared, &seen_in, attempt).await;
    let contradicted = shared.facts.take_contradicted(&seen_in.id);
    record.verdict != Verdict::Error && contradicted.as_deref() != Some(question)
}

/// What did not come again can't be told from what an earlier case, or somebody else, has left.
fn unclear(shared: &Shared, mut record: CaseRecord) -> CaseRecord {
    let seen = record.findings.first().map(|finding| finding.received.clone()).unwrap_or_default();
    let (clause, exchange) =
        record.findings.first().map(|finding| (finding.clause.clone(), finding.exchange)).unwrap_or_default();
    let expected = "the same when the sequence is played again on other subjects";
    let received = format!("another answer then; what was there before can't be told from a fault: {seen}");
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
    // What comes after the call that decided is not played.
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

/// A sequence as a case of its own that finds the same wherever it is played: with the earlier answer where it contradicts one.
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
