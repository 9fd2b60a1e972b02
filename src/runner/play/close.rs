//! What a case presupposes of its subject is made true: that no registration is open.
//!
//! v1 names no registration, so that a verify without a start is answered otherwise where an earlier case, or an earlier run, has left
//! one open. A good enrolment ends it: its start replaces what is open, or joins it, and its verify finishes it.

use super::call::call_step;
use super::case_run::CaseRun;
use super::ceremony::CeremonyState;
use super::ledger::Ended;
use super::make::make_credential;
use crate::contract::Operation;
use crate::runner::state::Shared;
use crate::scenario::{Made, Sharing, Step, Test};

/// Whether a subject that others used is as good as one that nobody used: in v2 the case names a registration that nobody has, and in
/// v1 what is open can be finished. Not where the enrolment would lock the token that the case needs.
pub(crate) fn can_do_with_used(shared: &Shared, test: &Test) -> bool {
    !test.flow.locks_token() || !shared.target.accounts.u2f_locks_tokens
}

/// Finishes what others may have left open for the subject, if the case presupposes that nothing is.
pub(crate) async fn close_what_is_open(run: &mut CaseRun<'_>) -> Result<(), Ended> {
    let Test { flow, protocol, format, .. } = *run.test;
    let presupposes = run.test.case.sharing() == Sharing::Fresh && !flow.names_registration();
    if !presupposes || run.lease.is_new() || !can_do_with_used(run.shared, run.test) {
        return Ok(());
    }
    let own = (format, run.test.case.control_algorithm(format));
    run.good_form = run.shared.controls.known_form((flow, protocol), own);
    let step = Step::default();
    call_step(run, Operation::Start, &step).await?;
    make_credential(run, &step, Made::Good, &[])?;
    call_step(run, Operation::Verify, &step).await?;
    // The case begins with nothing.
    run.good_form = None;
    run.ceremony = CeremonyState::default();
    run.starts.clear();
    Ok(())
}
