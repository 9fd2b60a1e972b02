//! The state after a case: an accepted credential is there once, a refused one is not there, and the user can still enrol.

use super::call::call_step;
use super::carriers::end_acted_on;
use super::case_run::CaseRun;
use super::factor_state::AFTER_STATE;
use super::ledger::Ended;
use super::make::make_credential;
use super::stored;
use crate::contract::Operation;
use crate::outcome::{Finding, Profile, Reason, Verdict};
use crate::runner::memory::controls::SIMPLE;
use crate::scenario::{Caller, Expectation, FlowRef, Made, Step, Test, Whom};
use crate::transport::Reply;

/// The state is examined in the same way under every profile, so that a recorded run can be judged again under another profile.
const AS_ALWAYS: Profile = Profile::Webauthn;
const EXCLUDE: &str = "api/options/exclude-credentials";

/// Starts once more, and reads what the user has now according to the target. Does nothing if no registration was finished.
pub(crate) async fn settle(run: &mut CaseRun<'_>) -> Result<(), Ended> {
    let worst = run.ledger.gravest(AS_ALWAYS).map_or(Verdict::Pass, |worst| worst.verdict(AS_ALWAYS));
    // A refusal for another reason must not store anything either; a wrong acceptance is judged elsewhere.
    let is_of_lists =
        run.ledger.findings().iter().all(|finding| finding.reason.is_pass() || finding.check == stored::CHECK);
    let is_refusal = !run.ledger.is_accepted();
    let settled = worst == Verdict::Pass || (worst == Verdict::Deviation && (is_refusal || is_of_lists));
    let touched = !run.state.enrolled.is_empty() || !run.state.absent.is_empty();
    let Some(next) = next_start(run).filter(|_| settled && touched) else { return Ok(()) };
    let answer = std::mem::take(&mut run.ledger.answer);
    // The case's requirements do not matter for a good enrolment.
    run.unmet = false;
    let result = look(run, next).await;
    run.ledger.answer = answer;
    result
}

/// The start that shows the state. If a U2F enrolment has locked the user's token, the administrator makes the start for the user. In v1
/// nobody can do that, so the start is one of v2, which shows the same factors. `None` if the target does not offer v2.
fn next_start(run: &CaseRun<'_>) -> Option<Step> {
    let next = Step { expect: Some(Expectation::KEPT), about: Some(AFTER_STATE), ..Step::default() };
    let flow = run.test.flow;
    if !run.lease.is_locked(true) || flow.names_user() {
        return Some(next);
    }
    let (target, other) = (&run.shared.target, flow.of_other_family());
    let can_look = target.accounts.admin.is_some() && other.is_some_and(|other| target.flows.contains(&other));
    // The flow for passkeys shows no U2F factors.
    (can_look && flow.is_u2f()).then(|| Step { flow: FlowRef::OtherVersion, caller: Caller::Admin, ..next })
}

async fn look(run: &mut CaseRun<'_>, next: Step) -> Result<(), Ended> {
    call_step(run, Operation::Start, &next).await?;
    let listed = run.ceremony.options.as_ref().map(|options| options.exclude_credentials.clone()).unwrap_or_default();
    let times = |id: &Vec<u8>| listed.iter().filter(|known| *known == id).count();
    let missing = run.state.enrolled.iter().find(|id| times(id) != 1).map(|id| (times(id), EXCLUDE));
    let enrolled = &run.state.enrolled;
    let left = run.state.absent.iter().find(|(id, _)| !enrolled.contains(id) && times(id) > 0);
    let left = left.map(|(_, clause)| *clause);
    if !run.state.enrolled.is_empty() {
        run.ledger.look_at([EXCLUDE]);
    }
    run.ledger.look_at(run.state.absent.iter().map(|(_, clause)| *clause));
    run.ledger.look_at([AFTER_STATE]);
    if run.ledger.has_carried() && (missing.is_some() || left.is_some()) {
        let left = left.map(|_| "a credential that was refused, removed or not sent is listed".to_owned());
        let received = missing.map(|(count, _)| format!("its credential is listed {count} times"));
        return end_acted_on(run, Whom::Own, &left.or(received).unwrap_or_default());
    }
    if let Some((count, clause)) = missing {
        let expected = "the accepted credential once in excludeCredentials of the next start";
        return run.end("after-state", clause, Reason::StateChanged, expected, format!("{count} times"));
    }
    if let Some(clause) = left {
        let expected = "no trace of the refused or removed credential in excludeCredentials of the next start";
        return run.end("after-state", clause, Reason::StateChanged, expected, "it is listed");
    }
    run.find(Finding::new("after-state", AFTER_STATE, Reason::Met, "the state fits the answer", "it does"));
    if run.state.refused { enrol_again(run, &next).await } else { Ok(()) }
}

/// A good enrolment in a form that the target is known to accept: it may refuse the form of the case. If no control has shown such a form
/// yet, the simplest forms are tried.
async fn enrol_again(run: &mut CaseRun<'_>, next: &Step) -> Result<(), Ended> {
    let Test { flow, protocol, format, .. } = *run.test;
    let own = (format, run.test.case.control_algorithm(format));
    run.good_form = run.shared.controls.known_form((flow, protocol), own);
    if run.good_form.is_none() {
        let [first, second] = SIMPLE;
        run.good_form = Some(first);
        make_credential(run, &Step::default(), Made::Good, &[])?;
        let either = Step { expect: Some(Expectation::EITHER), ..next.clone() };
        if let Reply::Success(_) = call_step(run, Operation::Verify, &either).await? {
            return Ok(());
        }
        run.good_form = Some(second);
        call_step(run, Operation::Start, next).await?;
    }
    make_credential(run, &Step::default(), Made::Good, &[])?;
    call_step(run, Operation::Verify, next).await.map(drop)
}
