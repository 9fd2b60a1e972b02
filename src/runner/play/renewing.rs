//! Sends calls; a token that has expired is renewed by the command of the target file, or by the provisioner that made it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::future::join_all;

use super::case_run::CaseRun;
use crate::provisioner::ProvidedSubject;
use crate::runner::memory::tokens::Holder;
use crate::runner::sending::attempts::{self, Line, Sent, Way};
use crate::runner::state::Shared;
use crate::runner::target::description::Subject;
use crate::runner::target::subject_source;
use crate::scenario::{Caller, RefusalClass, Step};
use crate::transport::{Call, Connection, Exchange, Reply, TransportError};
use crate::wire::secret::Secret;
use crate::wire::status::Code;

/// Renewals that may fail before no more are tried.
const MOST_FAILED: usize = 3;

/// Sends a call. If a token of the target file that should be good is refused, the token is renewed and the call is sent again, once.
/// Also gives the reason if there should have been a new token and there is none.
pub(crate) async fn send_renewing(
    run: &mut CaseRun<'_>,
    line: &Line,
    call: &mut Call,
    step: &Step,
) -> (Sent, Option<String>) {
    let sent = line.call(call, way(run, call)).await;
    let Some(holder) = holder(run, step).filter(|_| is_refused(&sent.result, step)) else { return (sent, None) };
    match renewed(run, holder, call).await {
        Ok(None) => (sent, None),
        Ok(Some(token)) => {
            call.authorization = Some(token.as_bearer());
            (line.call(call, way(run, call)).await, None)
        }
        Err(why) => (sent, Some(why)),
    }
}

/// Sends calls at the same time. Those whose tokens are refused and can be renewed are sent again, at the same time too.
pub(crate) async fn send_together(run: &mut CaseRun<'_>, calls: &mut [(Arc<Line>, Call)], steps: &[Step]) -> Vec<Sent> {
    let mut sent = join_all(calls.iter().map(|(line, call)| line.call(call, way(run, call)))).await;
    let mut again = Vec::new();
    for (index, ((_, call), step)) in calls.iter_mut().zip(steps).enumerate() {
        let Some(holder) = holder(run, step).filter(|_| is_refused(&sent[index].result, step)) else { continue };
        // If there is no new token, the finding about the refusal says so.
        if let Ok(Some(token)) = renewed(run, holder, call).await {
            call.authorization = Some(token.as_bearer());
            again.push(index);
        }
    }
    let answers = join_all(again.iter().map(|index| {
        let (line, call) = &calls[*index];
        line.call(call, way(run, call))
    }));
    for (index, answer) in again.iter().zip(answers.await) {
        sent[*index] = answer;
    }
    sent
}

/// The caller of a step, if it is in the target file and its token should be good.
fn holder(run: &CaseRun<'_>, step: &Step) -> Option<Holder> {
    match step.caller {
        // The administrator calls for a user with a locked token.
        Caller::Subject | Caller::Other if run.lease.is_locked(step.caller == Caller::Subject) => Some(Holder::Admin),
        Caller::Subject => Some(Holder::Subject(true)),
        Caller::Other => Some(Holder::Subject(false)),
        Caller::Admin => Some(Holder::Admin),
        Caller::NoRights => Some(Holder::NoRights),
        Caller::ReadOnly => Some(Holder::ReadOnly),
        Caller::Nobody | Caller::Malformed | Caller::OtherScheme | Caller::Unknown => None,
        Caller::Lengthened | Caller::Shortened | Caller::OtherCase | Caller::SmallScheme => None,
    }
}

/// A new token for the caller; `None` if there is no way to renew it.
async fn renewed(run: &mut CaseRun<'_>, holder: Holder, call: &Call) -> Result<Option<Secret>, String> {
    let shared = run.shared;
    let is_refused = |token: &Secret| call.authorization.as_ref() == Some(&token.as_bearer());
    let accounts = &shared.target.accounts;
    if let Holder::Subject(is_own) = holder {
        let subject = if is_own { Some(run.lease.own()) } else { run.lease.other() };
        let Some(subject) = subject.cloned() else { return Ok(None) };
        // A copy of the call has renewed it.
        if !is_refused(&subject.token) {
            return Ok(Some(subject.token));
        }
        let token = ask(shared, holder, Some(&subject)).await?;
        if let Some(token) = &token {
            run.lease.renew_token(is_own, token.clone());
        }
        return Ok(token);
    }
    let first = match holder {
        Holder::NoRights => &accounts.no_rights,
        Holder::ReadOnly => &accounts.read_only,
        Holder::Admin | Holder::Subject(_) => &accounts.admin,
    };
    let Some(first) = first else { return Ok(None) };
    let _alone = shared.tokens.flight.lock().await;
    let current = shared.tokens.current(holder, first);
    // Another test has renewed it meanwhile.
    if !is_refused(&current) {
        return Ok(Some(current));
    }
    let token = ask(shared, holder, None).await?;
    if let Some(token) = &token {
        shared.tokens.renew(holder, token);
    }
    Ok(token)
}

/// Has a token renewed, and masks it from now on. `None` if there is no way to renew it.
async fn ask(shared: &Shared, holder: Holder, subject: Option<&Subject>) -> Result<Option<Secret>, String> {
    let accounts = &shared.target.accounts;
    let provisioner = accounts.provisioner.as_ref().zip(subject);
    if accounts.refresh.is_empty() && provisioner.is_none() {
        return Ok(None);
    }
    if shared.tokens.failed.load(Ordering::SeqCst) >= MOST_FAILED {
        return Err(format!("after {MOST_FAILED} failed renewals no more are tried"));
    }
    let user_id = subject.map_or("", |subject| subject.user_id.as_str());
    let asked = match provisioner {
        _ if !accounts.refresh.is_empty() => {
            subject_source::refresh(&accounts.refresh, holder.name(), user_id).await.map_err(|error| error.to_string())
        }
        Some((provisioner, Subject { user_id, token })) => {
            let subject = ProvidedSubject { user_id: user_id.clone(), token: token.clone() };
            provisioner.renew(&subject).await.map_err(|error| error.to_string())
        }
        None => return Ok(None),
    };
    match asked {
        Ok(token) => {
            shared.masker.add(&token);
            shared.tokens.failed.store(0, Ordering::SeqCst);
            Ok(Some(token))
        }
        Err(why) => {
            shared.tokens.failed.fetch_add(1, Ordering::SeqCst);
            Err(shared.masker.mask(&why).into_owned())
        }
    }
}

/// Whether a token that the step expects to be good is refused.
fn is_refused(sent: &Result<Exchange, TransportError>, step: &Step) -> bool {
    // A call that gives one thing two values may be refused for that.
    let wanted = !step.also.is_empty()
        || step.expect.is_some_and(|expectation| expectation.class == Some(RefusalClass::Unauthenticated));
    let Ok(Exchange { reply: Reply::Refusal(refusal), .. }) = sent else { return false };
    !wanted && refusal.status.as_ref().is_some_and(|status| status.code == Code::UNAUTHENTICATED.number())
}

/// How a call of this case is sent. When the case is tried again, a call that must not be repeated gets its own connection, so that the
/// end of that connection is the target's doing.
pub(crate) fn way(run: &CaseRun<'_>, call: &Call) -> Way {
    let is_own = run.is_again && !attempts::may_be_repeated(call.endpoint.operation);
    let over = if is_own { Connection::New } else { Connection::Any };
    Way { over, about_limits: run.clause().starts_with("api/limit/") }
}
