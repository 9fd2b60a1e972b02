//! What a subject holds while a case is about something else: a factor, and a registration that is open. Afterwards both have to be as
//! they were, and nothing of the other subject is there.

use serde_json::Value;

use super::after;
use super::player::{Ended, MadeCredential, Player};
use crate::contract::{Operation, clause};
use crate::outcome::Reason;
use crate::scenario::{Caller, Expectation, FactorRef, Made, Step, Thing, UserRef, Which, Whom};
use crate::transport::Reply;

/// The check of findings about a subject that the case is not about.
const CHECK: &str = "untouched";

/// What a subject was given.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) whom: Whom,
    /// Credential id of the factor.
    pub(super) credential_id: Vec<u8>,
    /// Id of the factor, where it is known.
    pub(super) factor_id: Option<String>,
    /// The organization that the answers name.
    pub(super) owner: Option<String>,
    /// A good response to the registration that is open.
    open: MadeCredential,
    /// Id of that registration, in v2.
    pub(super) open_id: Option<String>,
}

/// A step of a subject's own.
fn by(whom: Whom) -> Step {
    match whom {
        Whom::Own => Step::default(),
        Whom::Other => Step { caller: Caller::Other, user: UserRef::Other, ..Step::default() },
    }
}

impl Player<'_> {
    /// Gives a subject a factor and an open registration. The case begins after it as if nothing had been done.
    pub(super) async fn hold(&mut self, whom: Whom) -> Result<(), Ended> {
        let kept = (self.options.take(), self.factor_id.take(), self.first_factor_id.take());
        let made = (self.credential.take(), self.first_credential.take());
        let result = self.make_held(whom).await;
        (self.options, self.factor_id, self.first_factor_id) = kept;
        (self.credential, self.first_credential) = made;
        result.map(|held| self.held.push(held))
    }

    async fn make_held(&mut self, whom: Whom) -> Result<Held, Ended> {
        let step = by(whom);
        let before = if self.needs_held_id() { self.listed(&step).await? } else { Vec::new() };
        self.call_step(Operation::Start, &step).await?;
        self.make(&step, Made::Good, &[])?;
        let credential_id = self.latest_id()?;
        let reply = self.call_step(Operation::Verify, &step).await?;
        if self.needs_held_id() {
            self.learn_factor_id(&before, &step).await?;
        }
        let factor_id = self.factor_id.clone();
        self.call_step(Operation::Start, &step).await?;
        self.make(&step, Made::Good, &[])?;
        let Some(open) = self.credential.take() else { return Err(Ended) };
        Ok(Held { whom, credential_id, factor_id, owner: owner(&reply), open, open_id: self.factor_id.take() })
    }

    /// Whether a step names the factor that is held, whose id v1 tells in lists alone.
    fn needs_held_id(&self) -> bool {
        let names = |step: &Step| {
            let is_held = |also: &crate::scenario::Also| {
                matches!(also.what, Thing::FactorId | Thing::Path) && also.value == Which::Other
            };
            step.factor == FactorRef::Held || step.also.iter().any(is_held)
        };
        !self.permutation.flow.names_registration() && self.permutation.case.steps.iter().any(names)
    }

    fn latest_id(&self) -> Result<Vec<u8>, Ended> {
        self.credential.as_ref().map(|made| made.created.credential_id.clone()).ok_or(Ended)
    }

    pub(super) fn held_by(&self, whom: Whom) -> Option<&Held> {
        self.held.iter().rev().find(|held| held.whom == whom)
    }

    /// Finishes the registration that a subject held open, and reads in its next start that it has this and the factor, and nothing of
    /// the other subject. Where that can't be told the case ends: what its own subject has is looked at all the same.
    pub(super) async fn see_untouched(&mut self, whom: Whom) -> Result<(), Ended> {
        let Some(at) = self.held.iter().rposition(|held| held.whom == whom) else { return Ok(()) };
        let held = self.held.remove(at);
        let (observed, judged) = (self.observed.clone(), self.judged);
        let result = self.look_at(&held).await;
        (self.observed, self.judged) = (observed, judged);
        result
    }

    async fn look_at(&mut self, held: &Held) -> Result<(), Ended> {
        let about = clause::find(self.clause()).map(|clause| clause.id);
        let step = Step { expect: Some(Expectation::KEPT), about, ..by(held.whom) };
        self.credential = Some(held.open.clone());
        self.factor_id.clone_from(&held.open_id);
        let found = self.findings.len();
        let finished = self.call_step(Operation::Verify, &step).await;
        for finding in self.findings.iter_mut().skip(found).filter(|finding| finding.reason == Reason::StateChanged) {
            let what = "was acted on: the registration that it had open can't be finished";
            finding.received = format!("{} {what}: {}", user(held.whom), finding.received);
        }
        finished?;
        self.call_step(Operation::Start, &step).await?;
        let listed = self.options.as_ref().map(|options| options.exclude_credentials.clone()).unwrap_or_default();
        let times = |id: &[u8]| listed.iter().filter(|known| *known == id).count();
        let own = [&held.credential_id, &held.open.created.credential_id];
        let (theirs, absent) = match held.whom {
            Whom::Other => (&self.state.enrolled, &self.state.absent),
            Whom::Own => (&self.state.elsewhere, &self.state.absent),
        };
        let absent = absent.iter().filter(|(_, clause)| *clause == after::CLAUSE).map(|(id, _)| id);
        let foreign = theirs.iter().chain(absent).find(|id| times(id) > 0 && !own.contains(id));
        let wrong = match own.iter().map(|id| times(id)).find(|count| *count != 1) {
            Some(count) => {
                Some(format!("a factor of it is listed {count} times in excludeCredentials of its next start"))
            }
            None => {
                foreign.map(|_| "a credential of the other is listed in excludeCredentials of its start".to_owned())
            }
        };
        wrong.map_or(Ok(()), |wrong| self.end_acted_on(held.whom, &wrong))
    }

    /// Ends the case since a call that said two things of one has changed what it should not have changed.
    pub(super) fn end_acted_on<T>(&mut self, whom: Whom, wrong: &str) -> Result<T, Ended> {
        let expected = "factors and open registrations as the documented place of the call says, and no others changed";
        let received = format!("{} was acted on: {wrong}", user(whom));
        let exchange = self.carried.as_ref().and_then(|(at, _)| self.exchanges.get(*at)).map(|played| &played.exchange);
        let about = exchange.map_or(self.clause(), |at| clause::at(self.clause(), at.endpoint, at.protocol)).to_owned();
        self.end(CHECK, &about, Reason::StateChanged, expected, received)
    }
}

const fn user(whom: Whom) -> &'static str {
    match whom {
        Whom::Own => "the own user",
        Whom::Other => "the other user",
    }
}

fn owner(reply: &Reply) -> Option<String> {
    let Reply::Success(body) = reply else { return None };
    body.pointer("/details/resourceOwner").and_then(Value::as_str).map(str::to_owned)
}
