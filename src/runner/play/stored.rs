//! Reads back what a case has stored: the lists have to show each factor with the id, name and kind that it was enrolled with.
//!
//! Lists may lag behind what was written. If a lag may explain a problem, the list is read again, and the problem is never a fail: a
//! factor is not there yet, is not ready or has no name yet, or is still there. A problem that a lag can't explain is reported at once.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::call::call_step;
use super::case_run::CaseRun;
use super::ledger::Ended;
use super::listed::{self, Asked, Entry, ID, KIND, LISTED, Listed, NAME, Problem, READY, STATE};
use super::notes::acted_on;
use crate::contract::Operation;
use crate::outcome::{Finding, Reason};
use crate::scenario::{Expectation, FlowRef, OperationRef, Step};
use crate::transport::Reply;

/// The check of its findings.
pub(crate) const CHECK: &str = "stored";

/// How long to wait for a list that lags behind.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait after a list was behind for that long in this run.
const LITTLE_PATIENCE: Duration = Duration::from_secs(1);
/// Between the first two looks; each further pause is twice as long, up to the longest.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// The pause before one more look, at a problem that the entries of others may explain.
const SECOND_LOOK: Duration = Duration::from_secs(2);

/// Before a case that reads back in v1, where a start's answer has no id: notes what the list shows already.
pub(crate) async fn look_before(run: &mut CaseRun<'_>) -> Result<(), Ended> {
    let case = &run.test.case;
    let lists = case.steps.iter().any(|step| step.call == Some(OperationRef::List));
    if !lists || case.watch.is_some() || run.test.flow.names_registration() {
        return Ok(());
    }
    if let Some(listed) = look_at_list(run, &Step::default()).await? {
        run.before = listed.entries.into_iter().map(|entry| entry.id).collect();
    }
    Ok(())
}

/// The answer of v1's start has no id. The id is that of the entry with the name that was sent last, or else of the only new entry. If
/// there are several new entries, it is not known whose they are, and a factor that may be somebody else's is not removed.
pub(crate) async fn learn_factor_id(run: &mut CaseRun<'_>, before: &[String], step: &Step) -> Result<(), Ended> {
    let (begun, mut pause, mut seen) = (Instant::now(), PAUSE, None);
    while run.ceremony.factor_id.is_none() {
        let expected = "a list with the enrolled factor's id and no other new id";
        let Some(listed) = look_at_list(run, step).await? else {
            return run.end("setup", run.clause(), Reason::Setup, expected, run.ledger.answer.observed.to_string());
        };
        let own = |entry: &&Entry| run.sent.last().is_some_and(|sent| sent.has_name(&entry.name));
        let named = listed.entries.iter().find(own).map(|entry| entry.id.clone());
        let new: BTreeSet<String> = listed.entries.into_iter().map(|entry| entry.id).collect();
        let new: Vec<String> = new.into_iter().filter(|id| !before.contains(id)).collect();
        let only = new.first().filter(|_| new.len() == 1).cloned();
        // In a list that lags, a new entry may belong to another case.
        run.ceremony.factor_id = named.or_else(|| only.clone().filter(|_| seen == only));
        if run.ceremony.factor_id.is_none() && (new.len() > 1 || begun.elapsed() >= patience_with_lists(run)) {
            let received = format!("the list has {} new ids", new.len());
            return run.end("setup", run.clause(), Reason::Setup, expected, received);
        }
        seen = only;
        if run.ceremony.factor_id.is_none() {
            tokio::time::sleep(if seen.is_some() { SECOND_LOOK } else { pause }).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
    if run.ceremony.first_factor_id.is_none() {
        run.ceremony.first_factor_id.clone_from(&run.ceremony.factor_id);
    }
    Ok(())
}

/// How long to wait for a list that lags.
fn patience_with_lists(run: &CaseRun<'_>) -> Duration {
    if run.shared.lists_lag.load(Ordering::Relaxed) { LITTLE_PATIENCE } else { PATIENCE }
}

/// A step that lists: the list has to show the case's factors as they were sent.
pub(crate) async fn read_back(run: &mut CaseRun<'_>, step: &Step) -> Result<(), Ended> {
    let begun = Instant::now();
    let mut pause = PAUSE;
    let mut is_confirmed = false;
    loop {
        let Some(listed) = look_at_list(run, step).await? else {
            let expected = "a list of the user's factors";
            let received = format!("the target does not have such a list: {}", run.ledger.answer.observed);
            return run.end(CHECK, LISTED, Reason::NotDeclared, expected, received);
        };
        let problems = problems_of(run, step, &listed);
        if !is_confirmed && problems.iter().any(|problem| problem.is_in_doubt) {
            is_confirmed = true;
            tokio::time::sleep(SECOND_LOOK).await;
            continue;
        }
        let is_late = begun.elapsed() >= patience_with_lists(run);
        if problems.iter().all(|problem| problem.may_pass) && !problems.is_empty() && !is_late {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            continue;
        }
        if problems.iter().any(|problem| problem.may_pass) {
            run.shared.lists_lag.store(true, Ordering::Relaxed);
        }
        return report_problems(run, problems, begun.elapsed());
    }
}

/// One look; `None` where there is no such list.
async fn look_at_list(run: &mut CaseRun<'_>, step: &Step) -> Result<Option<Listed>, Ended> {
    let step =
        Step { call: Some(OperationRef::List), expect: Some(Expectation::EITHER), about: Some(LISTED), ..step.clone() };
    let flow = run.flow(&step);
    let answer = run.ledger.answer.clone();
    let reply = call_step(run, Operation::List, &step).await?;
    Ok(match reply {
        // The case is about the earlier calls.
        Reply::Success(body) => {
            run.ledger.answer = answer;
            Some(listed::read(flow, &body))
        }
        Reply::Refusal(_) | Reply::Unreadable(_) => None,
    })
}

fn problems_of(run: &mut CaseRun<'_>, step: &Step, listed: &Listed) -> Vec<Problem> {
    let flow = run.flow(step);
    let Some(endpoint) = flow.endpoint(Operation::List) else { return Vec::new() };
    let Some(user_id) = acted_on(run, endpoint, step).map(str::to_owned) else { return Vec::new() };
    let known = |entry: &&Entry| run.shared.canaries.knows(&entry.id) || run.shared.canaries.knows(&entry.name);
    let earlier = listed.entries.iter().filter(known).map(|entry| entry.id.clone());
    let before: Vec<String> = run.before.iter().cloned().chain(earlier).collect();
    let asked = Asked { user_id: &user_id, is_u2f: flow.is_u2f(), before: &before };
    let mut problems = listed::compare(&asked, &run.sent, listed);
    if step.flow == FlowRef::Own
        && flow.names_registration()
        && let Some(open) = open_registration(run, &asked, listed)
    {
        problems.push(open);
    }
    problems
}

/// The problem if the last start's registration is listed as a ready factor although nothing has finished it.
fn open_registration(run: &CaseRun<'_>, asked: &Asked<'_>, listed: &Listed) -> Option<Problem> {
    let id = run.ceremony.factor_id.as_ref().filter(|_| run.lease.own().user_id == asked.user_id)?;
    let is_finished = run.sent.iter().any(|kept| kept.id.as_ref() == Some(id));
    let is_ready = listed.entries.iter().any(|entry| entry.id == *id && entry.state == READY);
    let problem = || {
        Problem::stays(LISTED, "a registration that was not finished is not listed as ready", "it is listed as ready")
    };
    (!is_finished && is_ready).then(problem)
}

/// Records what was seen; a case whose list is wrong ends.
fn report_problems(run: &mut CaseRun<'_>, problems: Vec<Problem>, waited: Duration) -> Result<(), Ended> {
    run.ledger.look_at([NAME, ID, KIND, LISTED, STATE]);
    let binds = run.test.case.basis().binds();
    let is_wrong = !problems.is_empty();
    for Problem { clause, reason, expected, received, may_pass, .. } in problems {
        // If the case leaves the answer open, a difference from the documents is at most a deviation.
        let reason = if clause == NAME && !binds { Reason::DocVsServer } else { reason };
        let late = if may_pass { format!(", {} s after the first request", waited.as_secs()) } else { String::new() };
        run.find(Finding::new(CHECK, clause, reason, expected, format!("{received}{late}")));
    }
    if is_wrong { Err(Ended) } else { Ok(()) }
}

/// Ids of a subject's factors, for flows whose starts do not answer them; none for other flows.
pub(crate) async fn listed(run: &mut CaseRun<'_>, step: &Step) -> Result<Vec<String>, Ended> {
    let flow = run.test.flow;
    let Some(list) = flow.endpoint(Operation::List).filter(|_| !flow.names_registration()) else {
        return Ok(Vec::new());
    };
    let reply = call_step(run, list.operation, step).await?;
    let Reply::Success(body) = &reply else { return Ok(Vec::new()) };
    Ok(list.entries(body).filter_map(|entry| entry.id).map(str::to_owned).collect())
}
