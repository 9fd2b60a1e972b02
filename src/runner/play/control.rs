//! Controls: a negative is judged only if the same steps, unmutated, were accepted in this run.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::case_run::CaseRun;
use super::others::look_once_more;
use super::steps::run_steps;
use crate::outcome::Reason;
use crate::runner::judge::breaker;
use crate::runner::judge::played::Lines;
use crate::runner::memory::controls::{Failed, Key};
use crate::runner::state::Shared;
use crate::scenario::{Expectation, Made, OperationRef, Step, Test};

/// Whether the control was accepted; otherwise why not. If it did not reach the target, the next test that needs it tries again: the
/// target may be back. Tests that waited meanwhile take the result.
pub(crate) async fn accepted(shared: &Shared, key: Key) -> Result<(), Failed> {
    let asked = Instant::now();
    let control =
        Arc::clone(shared.controls.tried.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default());
    let mut tried = control.lock().await;
    if let Some((at, outcome)) = &*tried {
        // The target may be back, and others may have come between.
        let may_pass = |failed: &Failed| failed.reason.is_of_the_network() || shared.traces.words().is_some();
        let is_passing = outcome.as_ref().is_err_and(may_pass);
        if !is_passing || *at >= asked {
            return outcome.clone();
        }
    }
    let mut outcome = enrol_once(shared, key, 0).await;
    if outcome.is_err() {
        // One bad moment of the target should not cost every negative of its kind.
        outcome = enrol_once(shared, key, 1).await;
    }
    if outcome.is_ok() {
        shared.controls.note_accepted(key.0, key.1);
    }
    *tried = Some((Instant::now(), outcome.clone()));
    outcome
}

/// A control: one good enrolment on a subject of its own; `attempt` is 0 for the first.
pub(crate) async fn enrol_once(shared: &Shared, (flow, protocol, control): Key, attempt: u8) -> Result<(), Failed> {
    let call = |operation, expect| Step { call: Some(operation), expect: Some(expect), ..Step::default() };
    let steps = vec![
        call(OperationRef::Start, Expectation::ACCEPT),
        Step { make: Some(Made::Credential), ..Step::default() },
        call(OperationRef::Verify, Expectation::ACCEPT),
    ];
    let test = Test::single(control.case(steps), flow, protocol, control.format);
    let none = |why: String| {
        let why = format!("there is no subject for the control: {why}");
        Failed { reason: Reason::Setup, why, lines: Lines::default(), lost: None, answered: false }
    };
    let lease = shared.pool.lease(&test.case).await.map_err(none)?;
    let mut run = CaseRun::new(shared, &test, lease, attempt);
    let ended = run_steps(&mut run).await;
    let accepted = run.ledger.is_accepted() && ended.is_ok();
    if accepted {
        return Ok(());
    }
    run.lease.set_aside();
    look_once_more(&mut run).await;
    let why = run.ledger.findings().last().map_or_else(String::new, |finding| finding.received.clone());
    let reason = run.ledger.gravest(shared.target.profile).map_or(Reason::ControlFailed, |finding| finding.reason);
    let last = run.ledger.findings().last().filter(|finding| finding.check == breaker::TRANSPORT);
    let lost = last.and_then(|finding| breaker::lost_by(finding.reason));
    let answered = run.ledger.exchanges().iter().any(|played| played.context.is_some());
    Err(Failed { reason, why, lines: run.lines(), lost, answered })
}
