//! Simultaneous calls.

use super::call::{answered, prepared};
use super::case_run::CaseRun;
use super::ceremony::Started;
use super::expected::{expectation, expected};
use super::ledger::{Ended, Observed};
use super::renewing::send_together;
use super::starts::remember_of_start;
use crate::contract::Operation;
use crate::outcome::{Finding, Reason};
use crate::runner::judge::verdict;
use crate::scenario::{Caller, CredentialRef, Expectation, FactorRef, Race, Step, UserRef};
use crate::transport::Reply;

// UNRESOLVED ?offline_case|play/expected|play/oracle judge::expected

/// How many copies of one call race.
const COPIES: usize = 32;
/// Of so many calls, one may get lost on the way.
const LOST: usize = 4;

/// Sends the calls of several steps at the same time. Each has to have the answer that it would have alone.
pub(crate) async fn together(run: &mut CaseRun<'_>, steps: &[Step]) -> Result<(), Ended> {
    let mut calls = Vec::new();
    for (step, operation) in steps.iter().filter_map(|step| Some((step, step.call?))) {
        calls.push(prepared(run, run.test.operation(operation), step)?);
    }
    let sent = send_together(run, &mut calls, steps).await;
    for ((sent, (line, call)), step) in sent.into_iter().zip(&calls).zip(steps) {
        let operation = call.endpoint.operation;
        if operation == Operation::Start {
            run.starts.push(Started::default());
        }
        let reply = answered(run, line, call, step, sent)?;
        remember_of_start(run, operation, &reply);
    }
    Ok(())
}

/// Sends the calls of a race and judges how many were accepted; the step's expectation says what a second one means.
pub(crate) async fn race_verifies(run: &mut CaseRun<'_>, race: Race, step: &Step) -> Result<(), Ended> {
    // Each single call may be accepted or refused.
    let alone = Step { expect: Some(Expectation::EITHER), race: None, ..step.clone() };
    let steps = match race {
        Race::Copies => vec![alone; COPIES],
        Race::TwoUsers => {
            let (caller, user) = (Caller::Other, UserRef::Other);
            let (credential, factor) = (CredentialRef::First, FactorRef::First);
            let others = Step { caller, user, credential, factor, ..alone.clone() };
            vec![others, alone]
        }
    };
    let calls = steps.iter().map(|step| prepared(run, Operation::Verify, step));
    let mut calls = calls.collect::<Result<Vec<_>, Ended>>()?;
    let sent = send_together(run, &mut calls, &steps).await;
    let mut accepted = 0;
    let lost = sent.iter().filter(|sent| sent.fault.is_some()).count();
    let leaves_out = lost > 0 && lost * LOST <= calls.len();
    let mut left_out = None;
    for ((sent, (transport, call)), step) in sent.into_iter().zip(&calls).zip(&steps) {
        if leaves_out && sent.fault.is_some() {
            left_out = Some((sent, transport, call, step));
            continue;
        }
        let reply = answered(run, transport.as_ref(), call, step, sent)?;
        accepted += usize::from(matches!(reply, Reply::Success(_)));
    }
    // The lost call may be the one that was accepted.
    if let Some((sent, transport, call, step)) = left_out.filter(|_| accepted == 0) {
        answered(run, transport.as_ref(), call, step, sent)?;
    }
    run.state.enrolled.dedup();
    let reason = match accepted {
        0 => Reason::RejectedValid,
        1 => Reason::Met,
        _ => expectation(run, step).accepted,
    };
    let without = if leaves_out { format!("; {lost} did not reach the target") } else { String::new() };
    let received = format!("{accepted} of {} accepted{without}", calls.len());
    let expected = expected(run, step);
    // If none is accepted, another promise is broken than if two are.
    let about = if accepted == 0 { verdict::ACCEPT } else { &expected.clause };
    let finding = Finding::new("race", about, reason, "exactly one of the calls accepted", received);
    let finding = match expected.basis.filter(|_| accepted > 1) {
        Some(basis) => finding.resting_on(reason, basis, expected.source.clone()),
        None => finding,
    };
    run.find(finding);
    run.ledger.answer.observed = Observed::Accepted;
    let enrolled = run.state.enrolled.clone();
    run.state.absent.retain(|(id, _)| !enrolled.contains(id));
    if reason == Reason::Met { Ok(()) } else { Err(Ended) }
}
