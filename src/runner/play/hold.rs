//! What a subject holds while a case is about something else: a factor, and an open registration. Afterwards both have to be as they
//! were, and the subject must have nothing of the other subject.

use serde_json::Value;

use super::call::call_step;
use super::carriers::{end_acted_on, user};
use super::case_run::CaseRun;
use super::factor_state::{AFTER_STATE, Held};
use super::ledger::Ended;
use super::make::make_credential;
use super::stored::{learn_factor_id, listed};
use crate::contract::{Operation, clause};
use crate::outcome::Reason;
use crate::scenario::{Caller, Expectation, FactorRef, Made, Step, Thing, UserRef, Which, Whom};
use crate::transport::Reply;

/// A step of a subject's own.
fn by(whom: Whom) -> Step {
    match whom {
        Whom::Own => Step::default(),
        Whom::Other => Step { caller: Caller::Other, user: UserRef::Other, ..Step::default() },
    }
}

/// Gives a subject a factor and an open registration. Afterwards the case begins as if nothing had been done.
pub(crate) async fn hold_factor(run: &mut CaseRun<'_>, whom: Whom) -> Result<(), Ended> {
    let kept = std::mem::take(&mut run.ceremony);
    let result = make_held(run, whom).await;
    run.ceremony = kept;
    result.map(|held| run.held.push(held))
}

async fn make_held(run: &mut CaseRun<'_>, whom: Whom) -> Result<Held, Ended> {
    let step = by(whom);
    let before = if needs_held_id(run) { listed(run, &step).await? } else { Vec::new() };
    call_step(run, Operation::Start, &step).await?;
    make_credential(run, &step, Made::Good, &[])?;
    let credential_id = latest_id(run)?;
    let reply = call_step(run, Operation::Verify, &step).await?;
    if needs_held_id(run) {
        learn_factor_id(run, &before, &step).await?;
    }
    let factor_id = run.ceremony.factor_id.clone();
    call_step(run, Operation::Start, &step).await?;
    make_credential(run, &step, Made::Good, &[])?;
    let Some(open) = run.ceremony.credential.take() else { return Err(Ended) };
    Ok(Held { whom, credential_id, factor_id, owner: owner(&reply), open, open_id: run.ceremony.factor_id.take() })
}

/// Whether a step names the factor that is held. v1 shows its id in lists only.
fn needs_held_id(run: &CaseRun<'_>) -> bool {
    let names = |step: &Step| {
        let is_held = |also: &crate::scenario::Also| {
            matches!(also.what, Thing::FactorId | Thing::Path) && also.value == Which::Other
        };
        step.factor == FactorRef::Held || step.also.iter().any(is_held)
    };
    !run.test.flow.names_registration() && run.test.case.steps.iter().any(names)
}

fn latest_id(run: &CaseRun<'_>) -> Result<Vec<u8>, Ended> {
    run.ceremony.credential.as_ref().map(|made| made.created.credential_id.clone()).ok_or(Ended)
}

/// Finishes the registration that a subject held open, and checks in its next start that the subject has this credential and the factor,
/// and nothing of the other subject. If that can't be checked, the case ends; the state of its own subject is examined all the same.
pub(crate) async fn see_untouched(run: &mut CaseRun<'_>, whom: Whom) -> Result<(), Ended> {
    let Some(at) = run.held.iter().rposition(|held| held.whom == whom) else { return Ok(()) };
    let held = run.held.remove(at);
    let answer = run.ledger.answer.clone();
    let result = look_at(run, &held).await;
    run.ledger.answer = answer;
    result
}

async fn look_at(run: &mut CaseRun<'_>, held: &Held) -> Result<(), Ended> {
    let about = clause::find(run.clause()).map(|clause| clause.id);
    let step = Step { expect: Some(Expectation::KEPT), about, ..by(held.whom) };
    run.ceremony.credential = Some(held.open.clone());
    run.ceremony.factor_id.clone_from(&held.open_id);
    let found = run.ledger.findings().len();
    let finished = call_step(run, Operation::Verify, &step).await;
    for finding in run.ledger.findings_from(found).iter_mut().filter(|finding| finding.reason == Reason::StateChanged) {
        let what = "was acted on: its open registration can't be finished";
        finding.received = format!("{} {what}: {}", user(held.whom), finding.received);
    }
    finished?;
    call_step(run, Operation::Start, &step).await?;
    let listed = run.ceremony.options.as_ref().map(|options| options.exclude_credentials.clone()).unwrap_or_default();
    let times = |id: &[u8]| listed.iter().filter(|known| *known == id).count();
    let own = [&held.credential_id, &held.open.created.credential_id];
    let (theirs, absent) = match held.whom {
        Whom::Other => (&run.state.enrolled, &run.state.absent),
        Whom::Own => (&run.state.elsewhere, &run.state.absent),
    };
    let absent = absent.iter().filter(|(_, clause)| *clause == AFTER_STATE).map(|(id, _)| id);
    let foreign = theirs.iter().chain(absent).find(|id| times(id) > 0 && !own.contains(id));
    let wrong = match own.iter().map(|id| times(id)).find(|count| *count != 1) {
        Some(count) => Some(format!("its factor is listed {count} times in excludeCredentials of its next start")),
        None => {
            foreign.map(|_| "a credential of the other user is listed in excludeCredentials of its start".to_owned())
        }
    };
    wrong.map_or(Ok(()), |wrong| end_acted_on(run, held.whom, &wrong))
}

fn owner(reply: &Reply) -> Option<String> {
    let Reply::Success(body) = reply else { return None };
    body.pointer("/details/resourceOwner").and_then(Value::as_str).map(str::to_owned)
}
