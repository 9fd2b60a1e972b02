//! Plays the calls of a watched case: each is set against the model, and then what it shows of the users.

use serde_json::Value;

use super::book::{Asked, Entry, Predicted, Right, Sent, State};
use super::facts::{Fact, SOME};
use super::view::{self, Answers, Mismatch, View};
use super::{CHECK, CONSISTENT, DEAD, ENROL_AGAIN, IDS, KEPT, LISTED, OPEN, OWNER, REFUSED, REMOVED};
use crate::contract::{Flow, Operation, clause};
use crate::outcome::{Finding, Reason};
use crate::runner::details::FORWARD;
use crate::runner::judge;
use crate::runner::player::{Ended, Player, Started};
use crate::scenario::{Caller, FlowRef, NameSpec, OperationRef, ProtocolRef, Step, UserRef, Watch};
use crate::transport::Reply;

impl Player<'_> {
    /// Whether a step of a watched case can't be played, since it needs what calls before did not come to, or what the target or
    /// its accounts do not have.
    fn asked(&self, operation: Operation, step: &Step) -> Option<Asked> {
        let flow = step.flow.of(self.permutation.flow);
        let target = &self.shared.target;
        let is_offered = target.flows.contains(&flow) && flow.endpoint(operation).is_some();
        if !is_offered || self.shared.transport(self.protocol(step)).is_none() {
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
            Caller::Subject => self.lease.is_locked(true),
            Caller::Other => self.lease.is_locked(false),
            _ => false,
        };
        let may_call =
            if right == Right::Admin || (is_locked && right == Right::Owner) { has_admin } else { !is_locked };
        let about = step.of.map(|number| number - 1);
        let sent = match about.and_then(|index| self.starts.get(index)) {
            None => Sent::Good,
            Some(start) if !is_there(operation, flow, start) => return None,
            Some(start) => start.sent(),
        };
        may_call.then_some(Asked { operation, flow, right, is_own, about, sent })
    }

    /// Whether a credential can't be made: its start was refused, or the credential that it repeats may be a user's.
    pub(in crate::runner) fn leaves_out_make(&self, step: &Step) -> bool {
        let is_refused = |number: usize| self.book.entries.get(number - 1).is_none_or(|e| e.state == State::Refused);
        let is_free = |number: usize| self.book.is_free(number - 1);
        self.permutation.case.watch.is_some() && (step.of.is_some_and(is_refused) || !step.from.is_none_or(is_free))
    }

    /// Plays a step of a watched case that calls, and notes where the case ends.
    pub(in crate::runner) async fn watched_step(&mut self, operation: Operation, step: &Step) -> Result<(), Ended> {
        self.book.calls += 1;
        let ended = self.watched(operation, step).await;
        if ended.is_err() {
            self.shared.facts.note_played(&self.permutation.id, self.book.calls);
        }
        ended
    }

    /// Plays a call of a watched case.
    async fn watched(&mut self, operation: Operation, step: &Step) -> Result<(), Ended> {
        if self.book.tag.is_empty() {
            self.book.tag = self.seed.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        }
        let Some(asked) = self.asked(operation, step) else {
            if operation == Operation::Start {
                self.starts.push(Started::default());
                self.book.entries.push(Entry::new(true, self.permutation.flow, false, State::Refused));
            }
            return Ok(());
        };
        let predicted = self.predicted(&asked);
        let call = self.as_predicted(step, &asked, &predicted);
        let reply = match self.call_step(operation, &call).await {
            Ok(reply) => reply,
            Err(ended) => {
                self.name_earlier(&predicted);
                return Err(ended);
            }
        };
        let is_accepted = matches!(reply, Reply::Success(_));
        self.looked_at(&call, &asked, &[predicted.about]);
        self.follow(&asked, is_accepted);
        if let Some(question) = &predicted.question {
            self.learn(question, is_accepted)?;
        }
        match &reply {
            Reply::Success(_) if operation == Operation::Start => self.compare_start(&asked, &call)?,
            Reply::Success(body) if operation == Operation::List => self.compare_list(&asked, &call, body).await?,
            _ => {}
        }
        let always = self.permutation.case.watch == Some(Watch::Always) && operation != Operation::List;
        if always { self.look_at_lists().await } else { Ok(()) }
    }

    /// Notes that clauses were looked at, where that was over the protocol that the record speaks of.
    fn looked_at(&mut self, call: &Step, asked: &Asked, clauses: &[&'static str]) {
        let Some(endpoint) = asked.flow.endpoint(asked.operation) else { return };
        let protocol = self.protocol(call);
        if protocol == self.permutation.protocol {
            self.checked.extend(clauses.iter().map(|clause| clause::at(clause, endpoint, protocol)));
        }
    }

    /// The same of what a user has, in which also shows what refused calls have changed.
    fn looked_at_user(&mut self, call: &Step, asked: &Asked, clauses: &[&'static str]) {
        self.looked_at(call, asked, clauses);
        if self.book.has_refused(asked.is_own) {
            self.looked_at(call, asked, &[REFUSED]);
        }
    }

    fn predicted(&self, asked: &Asked) -> Predicted {
        let learnt = &self.permutation.case.learnt;
        let known = |question: &str| {
            learnt.get(question).copied().or_else(|| self.shared.facts.known(question).map(|fact| fact.answer))
        };
        self.book.predict(asked, &known)
    }

    /// The step with what has to come of it, unless it says so itself, and with a name that nothing else has.
    fn as_predicted(&mut self, step: &Step, asked: &Asked, predicted: &Predicted) -> Step {
        let mut call = step.clone();
        if call.expect.is_none() {
            (call.expect, call.about) = (Some(predicted.expect), Some(predicted.about));
            // Of several things that are wrong at once a target may name any.
            call.reason = vec![judge::ANY.to_owned()];
        }
        if asked.operation == Operation::Verify
            && let Some(number) = step.of
        {
            let name = format!("key {number} {}", self.book.tag);
            call.name = Some(NameSpec { text: name.clone(), times: 1, then: String::new(), or: Vec::new() });
            if let Some(entry) = self.book.entries.get_mut(number - 1) {
                entry.name = Some(name);
            }
        }
        call
    }

    /// Takes in what came of a call.
    fn follow(&mut self, asked: &Asked, is_accepted: bool) {
        self.book.note(asked, is_accepted);
        if asked.operation == Operation::Start {
            let state = if is_accepted { State::Open(Vec::new()) } else { State::Refused };
            let by_admin = asked.right == Right::Admin;
            self.book.entries.push(Entry::new(asked.is_own, asked.flow, by_admin, state));
        }
    }

    /// Keeps an answer to what the documents leave open, and says where it is another than before.
    fn learn(&mut self, question: &str, answer: bool) -> Result<(), Ended> {
        if let Some(known) = self.permutation.case.learnt.get(question) {
            if *known == answer {
                return Ok(());
            }
            self.shared.facts.contradict(&self.permutation.id, question);
            return self.inconsistent(question, answer, "as the case says");
        }
        let Err(fact) = self.shared.facts.learn(question, answer, self.permutation) else { return Ok(()) };
        self.shared.facts.contradict(&self.permutation.id, question);
        self.inconsistent(question, answer, &place(&fact))
    }

    fn inconsistent(&mut self, question: &str, answer: bool, before: &str) -> Result<(), Ended> {
        let (expected, received) =
            (answered(question, !answer), if answer { "it is so now" } else { "it is not so now" });
        self.end(CHECK, CONSISTENT, Reason::SecurityUnmet, format!("{expected}, {before}"), received)
    }

    /// Where a call was answered otherwise than an earlier one: says which, and notes it.
    fn name_earlier(&mut self, predicted: &Predicted) {
        let Some(question) = &predicted.question else { return };
        let Some(finding) = self.findings.last_mut().filter(|finding| finding.reason == Reason::SecurityUnmet) else {
            return;
        };
        let fact = self.shared.facts.known(question);
        let known = self.permutation.case.learnt.get(question).copied();
        let before = fact.as_ref().map_or_else(|| "as the case says".to_owned(), place);
        if let Some(answer) = known.or_else(|| fact.map(|fact| fact.answer)) {
            finding.expected = format!("{}: {}, {before}", finding.expected, answered(question, answer));
            self.shared.facts.contradict(&self.permutation.id, question);
        }
    }

    fn differs<T>(&mut self, mismatch: Mismatch) -> Result<T, Ended> {
        let Mismatch { clause, expected, received } = mismatch;
        // What rests on no text is not said to be broken.
        let reason = if clause == REFUSED { Reason::SecurityUnmet } else { Reason::StateChanged };
        self.end(CHECK, clause, reason, expected, received)
    }

    /// Looks at the options of the start that was just accepted.
    fn compare_start(&mut self, asked: &Asked, call: &Step) -> Result<(), Ended> {
        let Some(start) = self.starts.last() else { return Ok(()) };
        let (id, options) = (start.factor_id.clone(), start.options.clone());
        let view = (asked.is_own, asked.flow);
        self.looked_at_user(call, asked, &[KEPT, OWNER]);
        if let Some(id) = id.filter(|_| asked.flow.names_registration()) {
            self.looked_at(call, asked, &[IDS]);
            if let Err(mismatch) = self.book.id_fits(&id) {
                return self.differs(mismatch);
            }
            if let Some(entry) = self.book.entries.last_mut() {
                entry.id = Some(id);
            }
        }
        let Some(options) = options else { return Ok(()) };
        let is_ours = |id: &[u8]| self.shared.traces.has_made(id);
        match self.book.excluded_fits(view, &options.exclude_credentials, &is_ours) {
            Err(mismatch) => self.differs(mismatch),
            Ok(answers) => {
                self.book.take_excluded(view, &options.exclude_credentials);
                answers.iter().try_for_each(|answer| self.learn(&answer.question, answer.holds))
            }
        }
    }

    /// Sets what a list shows against the model. A list may lag behind, so that it is looked at again before anything is said.
    async fn compare_list(&mut self, asked: &Asked, step: &Step, body: &Value) -> Result<(), Ended> {
        if asked.right == Right::Stranger {
            return self.strangers_list(asked, body);
        }
        let view = (asked.is_own, asked.flow);
        self.looked_at_user(step, asked, &[LISTED, KEPT, OWNER]);
        let mut items = view::shown(asked.flow, body);
        let mut pauses = self.shared.facts.pauses().iter();
        let (mut has_waited, mut has_differed) = (0, false);
        loop {
            let fits = self.book.listed_fits(view, &items, self.shared.facts.lists_lag());
            let is_settled = fits.as_ref().is_ok_and(|answers| has_waited >= SOME || !self.is_news(answers));
            let pause = if is_settled { None } else { pauses.next() };
            let Some(pause) = pause else {
                if has_differed && has_waited > 0 {
                    self.shared.facts.waited(fits.is_ok());
                }
                let answers = match fits {
                    Ok(answers) => answers,
                    Err(mismatch) => return self.differs(mismatch),
                };
                self.take_listed(view, &items);
                return answers.iter().try_for_each(|answer| self.learn(&answer.question, answer.holds));
            };
            has_waited += 1;
            has_differed |= fits.is_err();
            tokio::time::sleep(*pause).await;
            if let Reply::Success(body) = self.call_step(Operation::List, step).await? {
                items = view::shown(asked.flow, &body);
            }
        }
    }

    /// Whether something is missing that was not known to be missing: it may come yet.
    fn is_news(&self, answers: &Answers) -> bool {
        let known = |question: &str| {
            let learnt = self.permutation.case.learnt.get(question).copied();
            learnt.or_else(|| self.shared.facts.known(question).map(|fact| fact.answer))
        };
        answers.iter().any(|answer| answer.may_come && known(&answer.question) != Some(false))
    }

    fn take_listed(&mut self, view: View, items: &[view::Shown]) {
        self.book.take_listed(view, items);
        for (start, entry) in self.starts.iter_mut().zip(&self.book.entries) {
            if start.factor_id.is_none() {
                start.factor_id.clone_from(&entry.id);
            }
        }
    }

    /// A list of another's may be refused, or be empty, and shows nothing of the user.
    fn strangers_list(&mut self, asked: &Asked, body: &Value) -> Result<(), Ended> {
        let items = view::shown(asked.flow, body);
        let is_users = |item: &view::Shown| self.book.is_of_user(asked.is_own, &item.id);
        match items.iter().find(|item| is_users(item)) {
            None => Ok(()),
            Some(item) => {
                let received = format!("it shows {}", view::brief(&item.id));
                let (expected, reason) = ("nothing of the user for who may not act on it", Reason::SecurityUnmet);
                let finding = Finding::new(CHECK, "api/no-leak", reason, expected, received);
                self.find(finding);
                Err(Ended)
            }
        }
    }

    /// Looks at every list of the users that the case has touched, each time over the next protocol.
    async fn look_at_lists(&mut self) -> Result<(), Ended> {
        for is_own in [true, false] {
            let is_touched = self.book.entries.iter().any(|entry| entry.is_own == is_own);
            for flow in self.shared.target.flows.clone().into_iter().filter(|_| is_touched) {
                let is_of_case = self.book.entries.iter().any(|entry| super::book::is_kind(entry.flow, flow));
                let is_missing =
                    self.shared.facts.known(&format!("{flow} has a list")).is_some_and(|fact| !fact.answer);
                if is_of_case && !is_missing && flow.endpoint(Operation::List).is_some() {
                    Box::pin(self.look(Operation::List, (is_own, flow))).await?;
                }
            }
        }
        Ok(())
    }

    /// Looks at everything once more: every list, and the options of a next start on each flow where a credential was made.
    pub(in crate::runner) async fn look_at_the_end(&mut self) -> Result<(), Ended> {
        self.look_at_lists().await?;
        let mut views: Vec<View> = Vec::new();
        for entry in self.book.entries.iter().filter(|entry| entry.credential.is_some()) {
            if !views.contains(&(entry.is_own, entry.flow)) {
                views.push((entry.is_own, entry.flow));
            }
        }
        for view in views {
            self.look(Operation::Start, view).await?;
        }
        if self.exchanges.is_empty() {
            let (expected, received) = ("a sequence of calls", "the target or its accounts have none of them");
            return self.end("setup", self.clause(), Reason::NotDeclared, expected, received);
        }
        self.find(Finding::new(CHECK, KEPT, Reason::Met, "the users have what the calls came to", "they have"));
        Ok(())
    }

    async fn look(&mut self, operation: Operation, (is_own, flow): View) -> Result<(), Ended> {
        let protocols = &self.shared.target.protocols;
        let turn = self.book.looks + usize::from(self.seed[2]);
        let over = ProtocolRef::Named(protocols[turn % protocols.len()]);
        self.book.looks += 1;
        let call = Some(if operation == Operation::List { OperationRef::List } else { OperationRef::Start });
        let (caller, user) = if is_own { (Caller::Subject, UserRef::Own) } else { (Caller::Other, UserRef::Other) };
        let step = Step { call, flow: FlowRef::Named(flow), over, caller, user, ..Step::default() };
        self.watched(operation, &step).await
    }
}

/// Whether what a call is about came to be: the start was accepted, its id is known where one is sent, and there is a credential.
fn is_there(operation: Operation, flow: Flow, start: &Started) -> bool {
    let has_id = start.factor_id.is_some();
    let has_credential = start.credential.is_some();
    match operation {
        Operation::Verify => has_credential && (has_id || !flow.names_registration()),
        Operation::Remove => has_id,
        Operation::Start | Operation::List => true,
    }
}

pub(super) fn answered(question: &str, answer: bool) -> String {
    if answer { question.to_owned() } else { format!("it is not so that {question}") }
}

fn place(fact: &Fact) -> String {
    format!("as in {} ({})", fact.seen_in.id, fact.seen_in.case.title)
}

/// Clauses that watched cases look at.
pub(in crate::runner) const CLAUSES: [&str; 11] =
    [KEPT, OWNER, LISTED, REMOVED, REFUSED, OPEN, DEAD, ENROL_AGAIN, IDS, FORWARD, CONSISTENT];
