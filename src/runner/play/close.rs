//! Makes sure that the subject has no open registration, for cases that presuppose this.
//!
//! A verify in v1 does not name its registration, so a verify without a start has another answer if an earlier case or run has left a
//! registration open. A good enrolment ends it: its start replaces the open registration, or joins it, and its verify finishes it.

use super::call::call_step;
use super::case_run::CaseRun;
use super::ceremony::CeremonyState;
use super::ledger::Ended;
use super::make::make_credential;
use crate::contract::Operation;
use crate::runner::state::Shared;
use crate::scenario::{Made, Sharing, Step, Test};

/// Whether a subject that other cases used is as good as an unused one: in v2 the case names a registration that does not exist, and in
/// v1 an open registration can be finished. It is not if the enrolment would lock the token that the case needs.
pub(crate) fn can_do_with_used(shared: &Shared, test: &Test) -> bool {
    !test.flow.locks_token() || !shared.target.accounts.u2f_locks_tokens
}

/// Finishes a registration that others may have left open for the subject, if the case presupposes that none is open.
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
