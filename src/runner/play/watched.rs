//! Plays the calls of a watched case. The result of each call is compared with the model, and then what it shows about the users.

use serde_json::Value;

use super::call::call_step;
use super::case_run::CaseRun;
use super::ceremony::Started;
use super::ledger::Ended;
use crate::contract::{Flow, Operation, clause};
use crate::outcome::{Finding, Reason};
use crate::runner::judge::verdict;
use crate::runner::memory::facts::{Fact, SOME};
use crate::runner::model::book::{Asked, Entry, Predicted, Right, Sent, State};
use crate::runner::model::clauses::{CHECK, CONSISTENT, IDS, KEPT, LISTED, OWNER, REFUSED};
use crate::runner::model::view::{self, Answers, Mismatch, View};
use crate::scenario::{Caller, FlowRef, NameSpec, OperationRef, ProtocolRef, Step, UserRef, Watch};
use crate::transport::Reply;
use crate::words::hex;

/// Whether a step of a watched case can't be played, because it needs a result that earlier calls did not have, or something that the
/// target or its accounts do not have.
fn asked(run: &CaseRun<'_>, operation: Operation, step: &Step) -> Option<Asked> {
    let flow = step.flow.of(run.test.flow);
    let target = &run.shared.target;
    let is_offered = target.flows.contains(&flow) && flow.endpoint(operation).is_some();
    if !is_offered || run.shared.transport(run.protocol(step)).is_none() {
        return None;
    }
    let names_user = flow.names_user();
    let is_own = if names_user { step.user == UserRef::Own } else { step.caller != Caller::Other };
    let acts_on_itself = match step.caller {
        Caller::Subject => is_own || !names_user,
        Caller::Other => !is_own || !names_user,
        _ => false,
    };
    let right = match step.caller {
        Caller::Admin => Right::Admin,
        _ if acts_on_itself => Right::Owner,
        _ => Right::Stranger,
    };
    let has_admin = target.accounts.admin.is_some() && names_user;
    let is_locked = match step.caller {
        Caller::Subject => run.lease.is_locked(true),
        Caller::Other => run.lease.is_locked(false),
        _ => false,
    };
    let may_call = if right == Right::Admin || (is_locked && right == Right::Owner) { has_admin } else { !is_locked };
    let about = step.of.map(|number| number - 1);
    let sent = match about.and_then(|index| run.starts.get(index)) {
        None => Sent::Good,
        Some(start) if !is_there(operation, flow, start) => return None,
        Some(start) => start.sent(),
    };
    may_call.then_some(Asked { operation, flow, right, is_own, about, sent })
}

/// Whether a credential can't be made: its start was refused, or the credential that it repeats may be a user's.
pub(crate) fn leaves_out_make(run: &CaseRun<'_>, step: &Step) -> bool {
    let is_refused = |number: usize| run.book.entries.get(number - 1).is_none_or(|e| e.state == State::Refused);
    let is_free = |number: usize| run.book.is_free(number - 1);
    run.test.case.watch.is_some() && (step.of.is_some_and(is_refused) || !step.from.is_none_or(is_free))
}

/// Plays a step of a watched case that calls, and notes where the case ends.
pub(crate) async fn watched_step(run: &mut CaseRun<'_>, operation: Operation, step: &Step) -> Result<(), Ended> {
    run.book.calls += 1;
    let ended = watched(run, operation, step).await;
    if ended.is_err() {
        run.shared.facts.note_played(&run.test.id, run.book.calls);
    }
    ended
}

/// Plays a call of a watched case.
async fn watched(run: &mut CaseRun<'_>, operation: Operation, step: &Step) -> Result<(), Ended> {
    if run.book.tag.is_empty() {
        run.book.tag = hex(&run.seed[..4]);
    }
    let Some(asked) = asked(run, operation, step) else {
        if operation == Operation::Start {
            run.starts.push(Started::default());
            run.book.entries.push(Entry::new(true, run.test.flow, false, State::Refused));
        }
        return Ok(());
    };
    let predicted = predicted(run, &asked);
    let call = as_predicted(run, step, &asked, &predicted);
    let reply = match call_step(run, operation, &call).await {
        Ok(reply) => reply,
        Err(ended) => {
            name_earlier(run, &predicted);
            return Err(ended);
        }
    };
    let is_accepted = matches!(reply, Reply::Success(_));
    looked_at(run, &call, &asked, &[predicted.about]);
    follow(run, &asked, is_accepted);
    if let Some(question) = &predicted.question {
        learn_fact(run, question, is_accepted)?;
    }
    match &reply {
        Reply::Success(_) if operation == Operation::Start => compare_start(run, &asked, &call)?,
        Reply::Success(body) if operation == Operation::List => compare_list(run, &asked, &call, body).await?,
        _ => {}
    }
    let always = run.test.case.watch == Some(Watch::Always) && operation != Operation::List;
    if always { look_at_lists(run).await } else { Ok(()) }
}

/// Notes that clauses were examined, if that was over the protocol of the record.
fn looked_at(run: &mut CaseRun<'_>, call: &Step, asked: &Asked, clauses: &[&'static str]) {
    let Some(endpoint) = asked.flow.endpoint(asked.operation) else { return };
    let protocol = run.protocol(call);
    if protocol == run.test.protocol {
        run.ledger.look_at(clauses.iter().map(|clause| clause::at(clause, endpoint, protocol)));
    }
}

/// The same for what a user has, which also shows what refused calls have changed.
fn looked_at_user(run: &mut CaseRun<'_>, call: &Step, asked: &Asked, clauses: &[&'static str]) {
    looked_at(run, call, asked, clauses);
    if run.book.has_refused(asked.is_own) {
        looked_at(run, call, asked, &[REFUSED]);
    }
}

fn predicted(run: &CaseRun<'_>, asked: &Asked) -> Predicted {
    let learnt = &run.test.case.learnt;
    let known = |question: &str| {
        learnt.get(question).copied().or_else(|| run.shared.facts.known(question).map(|fact| fact.answer))
    };
    run.book.predict(asked, &known)
}

/// The step with its expected result, unless it states one itself, and with a unique name.
fn as_predicted(run: &mut CaseRun<'_>, step: &Step, asked: &Asked, predicted: &Predicted) -> Step {
    let mut call = step.clone();
    if call.expect.is_none() {
        (call.expect, call.about) = (Some(predicted.expect), Some(predicted.about));
        // If several things are wrong at once, a target may name any of them.
        call.reason = vec![verdict::ANY.to_owned()];
    }
    if asked.operation == Operation::Verify
        && let Some(number) = step.of
    {
        let name = format!("key {number} {}", run.book.tag);
        call.name = Some(NameSpec { text: name.clone(), times: 1, then: String::new(), or: Vec::new() });
        if let Some(entry) = run.book.entries.get_mut(number - 1) {
            entry.name = Some(name);
        }
    }
    call
}

/// Takes in the result of a call.
fn follow(run: &mut CaseRun<'_>, asked: &Asked, is_accepted: bool) {
    run.book.note(asked, is_accepted);
    if asked.operation == Operation::Start {
        let state = if is_accepted { State::Open(Vec::new()) } else { State::Refused };
        let by_admin = asked.right == Right::Admin;
        run.book.entries.push(Entry::new(asked.is_own, asked.flow, by_admin, state));
    }
}

/// Keeps an answer to a question that the documents leave open, and reports it if it differs from an earlier one.
fn learn_fact(run: &mut CaseRun<'_>, question: &str, answer: bool) -> Result<(), Ended> {
    if let Some(known) = run.test.case.learnt.get(question) {
        if *known == answer {
            return Ok(());
        }
        run.shared.facts.contradict(&run.test.id, question);
        return inconsistent(run, question, answer, "as the case says");
    }
    let Err(fact) = run.shared.facts.learn(question, answer, run.test) else { return Ok(()) };
    run.shared.facts.contradict(&run.test.id, question);
    inconsistent(run, question, answer, &place(&fact))
}

fn inconsistent(run: &mut CaseRun<'_>, question: &str, answer: bool, before: &str) -> Result<(), Ended> {
    let (expected, received) = (answered(question, !answer), if answer { "now it is so" } else { "now it is not so" });
    run.end(CHECK, CONSISTENT, Reason::SecurityUnmet, format!("{expected}, {before}"), received)
}

/// If a call had another answer than an earlier one, names that one and notes it.
fn name_earlier(run: &mut CaseRun<'_>, predicted: &Predicted) {
    let Some(question) = &predicted.question else { return };
    let Some(finding) = run.ledger.last_finding().filter(|finding| finding.reason == Reason::SecurityUnmet) else {
        return;
    };
    let fact = run.shared.facts.known(question);
    let known = run.test.case.learnt.get(question).copied();
    let before = fact.as_ref().map_or_else(|| "as the case says".to_owned(), place);
    if let Some(answer) = known.or_else(|| fact.map(|fact| fact.answer)) {
        finding.expected = format!("{}: {}, {before}", finding.expected, answered(question, answer));
        run.shared.facts.contradict(&run.test.id, question);
    }
}

fn differs<T>(run: &mut CaseRun<'_>, mismatch: Mismatch) -> Result<T, Ended> {
    let Mismatch { clause, expected, received } = mismatch;
    // A clause that rests on no text is not reported as broken.
    let reason = if clause == REFUSED { Reason::SecurityUnmet } else { Reason::StateChanged };
    run.end(CHECK, clause, reason, expected, received)
}

/// Looks at the options of the start that was just accepted.
fn compare_start(run: &mut CaseRun<'_>, asked: &Asked, call: &Step) -> Result<(), Ended> {
    let Some(start) = run.starts.last() else { return Ok(()) };
    let (id, options) = (start.factor_id.clone(), start.options.clone());
    let view = (asked.is_own, asked.flow);
    looked_at_user(run, call, asked, &[KEPT, OWNER]);
    if let Some(id) = id.filter(|_| asked.flow.names_registration()) {
        looked_at(run, call, asked, &[IDS]);
        if let Err(mismatch) = run.book.id_fits(&id) {
            return differs(run, mismatch);
        }
        if let Some(entry) = run.book.entries.last_mut() {
            entry.id = Some(id);
        }
    }
    let Some(options) = options else { return Ok(()) };
    let is_ours = |id: &[u8]| run.shared.traces.has_made(id);
    match run.book.excluded_fits(view, &options.exclude_credentials, &is_ours) {
        Err(mismatch) => differs(run, mismatch),
        Ok(answers) => {
            run.book.take_excluded(view, &options.exclude_credentials);
            answers.iter().try_for_each(|answer| learn_fact(run, &answer.question, answer.holds))
        }
    }
}

/// Compares what a list shows with the model. A list may lag behind, so it is read again before anything is reported.
async fn compare_list(run: &mut CaseRun<'_>, asked: &Asked, step: &Step, body: &Value) -> Result<(), Ended> {
    if asked.right == Right::Stranger {
        return strangers_list(run, asked, body);
    }
    let view = (asked.is_own, asked.flow);
    looked_at_user(run, step, asked, &[LISTED, KEPT, OWNER]);
    let mut items = view::shown(asked.flow, body);
    let mut pauses = run.shared.facts.pauses().iter();
    let (mut has_waited, mut has_differed) = (0, false);
    loop {
        let fits = run.book.listed_fits(view, &items, run.shared.facts.lists_lag());
        let is_settled = fits.as_ref().is_ok_and(|answers| has_waited >= SOME || !is_news(run, answers));
        let pause = if is_settled { None } else { pauses.next() };
        let Some(pause) = pause else {
            if has_differed && has_waited > 0 {
                run.shared.facts.waited(fits.is_ok());
            }
            let answers = match fits {
                Ok(answers) => answers,
                Err(mismatch) => return differs(run, mismatch),
            };
            take_listed(run, view, &items);
            return answers.iter().try_for_each(|answer| learn_fact(run, &answer.question, answer.holds));
        };
        has_waited += 1;
        has_differed |= fits.is_err();
        tokio::time::sleep(*pause).await;
        if let Reply::Success(body) = call_step(run, Operation::List, step).await? {
            items = view::shown(asked.flow, &body);
        }
    }
}

/// Whether something is newly missing: it may still come.
fn is_news(run: &CaseRun<'_>, answers: &Answers) -> bool {
    let known = |question: &str| {
        let learnt = run.test.case.learnt.get(question).copied();
        learnt.or_else(|| run.shared.facts.known(question).map(|fact| fact.answer))
    };
    answers.iter().any(|answer| answer.may_come && known(&answer.question) != Some(false))
}

fn take_listed(run: &mut CaseRun<'_>, view: View, items: &[view::Shown]) {
    run.book.take_listed(view, items);
    for (start, entry) in run.starts.iter_mut().zip(&run.book.entries) {
        if start.factor_id.is_none() {
            start.factor_id.clone_from(&entry.id);
        }
    }
}

/// The list of another user may be refused, or be empty, and shows nothing of that user.
fn strangers_list(run: &mut CaseRun<'_>, asked: &Asked, body: &Value) -> Result<(), Ended> {
    let items = view::shown(asked.flow, body);
    let is_users = |item: &view::Shown| run.book.is_of_user(asked.is_own, &item.id);
    match items.iter().find(|item| is_users(item)) {
        None => Ok(()),
        Some(item) => {
            let received = format!("the list shows {}", view::brief(&item.id));
            let (expected, reason) =
                ("nothing of the user, for a caller that may not act on it", Reason::SecurityUnmet);
            let finding = Finding::new(CHECK, "api/no-leak", reason, expected, received);
            run.find(finding);
            Err(Ended)
        }
    }
}

/// Looks at every list of the users that the case has touched, each time over the next protocol.
async fn look_at_lists(run: &mut CaseRun<'_>) -> Result<(), Ended> {
    for is_own in [true, false] {
        let is_touched = run.book.entries.iter().any(|entry| entry.is_own == is_own);
        for flow in run.shared.target.flows.clone().into_iter().filter(|_| is_touched) {
            let is_of_case = run.book.entries.iter().any(|entry| crate::runner::model::book::is_kind(entry.flow, flow));
            let is_missing = run.shared.facts.known(&format!("{flow} has a list")).is_some_and(|fact| !fact.answer);
            if is_of_case && !is_missing && flow.endpoint(Operation::List).is_some() {
                Box::pin(look_at(run, Operation::List, (is_own, flow))).await?;
            }
        }
    }
    Ok(())
}

/// Looks at everything once more: every list, and the options of one more start on each flow where a credential was made.
pub(crate) async fn look_at_the_end(run: &mut CaseRun<'_>) -> Result<(), Ended> {
    look_at_lists(run).await?;
    let mut views: Vec<View> = Vec::new();
    for entry in run.book.entries.iter().filter(|entry| entry.credential.is_some()) {
        if !views.contains(&(entry.is_own, entry.flow)) {
            views.push((entry.is_own, entry.flow));
        }
    }
    for view in views {
        look_at(run, Operation::Start, view).await?;
    }
    if run.ledger.exchanges().is_empty() {
        let (expected, received) = ("a sequence of calls", "the target or its accounts allow none of the calls");
        return run.end("setup", run.clause(), Reason::NotDeclared, expected, received);
    }
    run.find(Finding::new(CHECK, KEPT, Reason::Met, "the users have what follows from the calls", "they have"));
    Ok(())
}

async fn look_at(run: &mut CaseRun<'_>, operation: Operation, (is_own, flow): View) -> Result<(), Ended> {
    let protocols = &run.shared.target.protocols;
    let turn = run.book.looks + usize::from(run.seed[2]);
    let over = ProtocolRef::Named(protocols[turn % protocols.len()]);
    run.book.looks += 1;
    let call = Some(if operation == Operation::List { OperationRef::List } else { OperationRef::Start });
    let (caller, user) = if is_own { (Caller::Subject, UserRef::Own) } else { (Caller::Other, UserRef::Other) };
    let step = Step { call, flow: FlowRef::Named(flow), over, caller, user, ..Step::default() };
    watched(run, operation, &step).await
}

/// Whether a call's subject exists: the start was accepted, its id is known if one is sent, and there is a credential.
fn is_there(operation: Operation, flow: Flow, start: &Started) -> bool {
    let has_id = start.factor_id.is_some();
    let has_credential = start.credential.is_some();
    match operation {
        Operation::Verify => has_credential && (has_id || !flow.names_registration()),
        Operation::Remove => has_id,
        Operation::Start | Operation::List => true,
    }
}

pub(crate) fn answered(question: &str, answer: bool) -> String {
    if answer { question.to_owned() } else { format!("it is not so that {question}") }
}

fn place(fact: &Fact) -> String {
    format!("as in {} ({})", fact.seen_in.id, fact.seen_in.case.title)
}
