//! Plays the steps of a case in order.

use super::call::call_step;
use super::carriers::learn_factor_of_latest;
use super::case_run::CaseRun;
use super::expiry::wait_for_expiry;
use super::hold::{hold_factor, see_untouched};
use super::ledger::Ended;
use super::make::make_credential;
use super::race::{race_verifies, together};
use super::stored::{learn_factor_id, listed, look_before, read_back};
use super::twins::compare_twins;
use super::watched::{leaves_out_make, watched_step};
use crate::contract::Operation;
use crate::scenario::{Made, OperationRef, Step, When};

pub(crate) async fn run_steps(run: &mut CaseRun<'_>) -> Result<(), Ended> {
    let test = run.test;
    look_before(run).await?;
    let mut following = test.case.steps.as_slice();
    for group in following.split_inclusive(|step| !step.with_next) {
        following = &following[group.len()..];
        let [step] = group else {
            together(run, group).await?;
            continue;
        };
        if step.when == When::Accepted && !run.ledger.is_accepted() {
            continue;
        }
        for _ in 0..step.times {
            if let Some(operation) = step.prepare {
                prepare(run, test.operation(operation)).await?;
            } else if step.make.is_some() && leaves_out_make(run, step) {
                continue;
            } else if let Some(made) = step.make {
                loop {
                    let before = run.unlucky;
                    make_credential(run, step, made, following)?;
                    if run.unlucky == before {
                        break;
                    }
                    call_step(run, Operation::Start, &Step::default()).await?;
                }
            } else if let Some(whom) = step.hold {
                hold_factor(run, whom).await?;
            } else if let Some(whom) = step.untouched {
                see_untouched(run, whom).await?;
            } else if step.wait.is_some() {
                wait_for_expiry(run).await?;
            } else if let Some(race) = step.race {
                race_verifies(run, race, step).await?;
            } else if step.call == Some(OperationRef::List) && test.case.watch.is_none() {
                read_back(run, step).await?;
            } else if let (Some(_), Some(operation)) = (step.twin, step.call) {
                compare_twins(run, test.operation(operation), step).await?;
            } else if let Some(operation) = step.call {
                let operation = test.operation(operation);
                if test.case.watch.is_some() {
                    watched_step(run, operation, step).await?;
                } else {
                    call_step(run, operation, step).await?;
                }
            }
        }
    }
    Ok(())
}

async fn prepare(run: &mut CaseRun<'_>, operation: Operation) -> Result<(), Ended> {
    if operation == Operation::Start {
        return Ok(());
    }
    // The subject may have factors of earlier cases.
    let setup = Step::default();
    let before = if operation == Operation::Remove { listed(run, &setup).await? } else { Vec::new() };
    call_step(run, Operation::Start, &setup).await?;
    make_credential(run, &setup, Made::Good, &[])?;
    if operation == Operation::Remove {
        call_step(run, Operation::Verify, &setup).await?;
        learn_factor_id(run, &before, &setup).await?;
        learn_factor_of_latest(run);
    }
    Ok(())
}
