//! After a verify: the confirmed registration is looked up and removed.

use std::time::Instant;

use serde_json::json;

use super::cycle::Site;
use super::judge::{self, Answer, Failure};
use super::lookups::LookUp;
use super::message::{excludes, in_list, public_key_of};
use super::played::Cycle;
use super::user::Subject;
use crate::contract::{Operation, What};
use crate::outcome::load::{LoadStep, Outcome};

impl Site {
    /// A confirmed registration has to be there.
    pub(super) async fn lookup(
        &self,
        subject: &Subject,
        name: &str,
        id: Option<String>,
        cycle: &mut Cycle,
    ) -> Result<(), Failure> {
        cycle.at = LoadStep::Lookup;
        let flow = cycle.draw.flow;
        let by_list = self.lookups.of(flow, cycle.draw.protocol) == LookUp::List;
        let operation = if by_list { Operation::List } else { Operation::Start };
        let sent = self.send(subject, LoadStep::Lookup, operation, json!({}), cycle).await;
        let (outcome, failure) = match sent.answer {
            Answer::Success(exchange, unwrapped) => {
                let body = judge::body(&exchange);
                let public_key = || unwrapped.as_ref().or_else(|| public_key_of(flow, body));
                let found = match by_list {
                    true => in_list(flow, body, name),
                    false => public_key().is_some_and(|public_key| excludes(public_key, id.as_deref())),
                };
                cycle.counts.lookups += 1;
                cycle.counts.lost += u64::from(!found);
                let example = || format!("expected the confirmed factor {name:?}, received an answer without it");
                let lost = || judge::wrong(LoadStep::Lookup, "lookup/lost".to_owned(), example(), exchange);
                if found { (Outcome::Ok, None) } else { (Outcome::Nonconformant, Some(lost())) }
            }
            Answer::Refusal(class, exchange) => {
                (Outcome::Refused, Some(judge::refused(LoadStep::Lookup, &class, exchange)))
            }
            Answer::Failure(failure) => (failure.outcome, Some(failure)),
        };
        cycle.sample(LoadStep::Lookup, outcome, sent.took, sent.http_status);
        failure.map_or(Ok(()), Err)
    }

    /// Removes what the cycle enrolled, so that the next one meets the same state. A refusal fails no cycle, a wrong answer does.
    pub(super) async fn remove(
        &self,
        subject: &Subject,
        (factor_id, name): (Option<String>, &str),
        perhaps_absent: bool,
        cycle: &mut Cycle,
    ) -> Result<(), String> {
        let began = Instant::now();
        let id = match factor_id {
            Some(id) => Some(id),
            None => self.find(subject, name, cycle).await?,
        };
        let Some(id) = id else {
            return if perhaps_absent { Ok(()) } else { Err("it is not in the list of factors".to_owned()) };
        };
        let mut message = json!({});
        if let Some(remove) = cycle.draw.flow.endpoint(Operation::Remove) {
            remove.say(What::FactorId, &mut message, id);
        }
        let sent = self.send(subject, LoadStep::Cleanup, Operation::Remove, message, cycle).await;
        let (outcome, removed) = match sent.answer {
            Answer::Success(..) => (Outcome::Ok, Ok(())),
            Answer::Refusal(_, exchange) if perhaps_absent && exchange.http_status == 404 => (Outcome::Ok, Ok(())),
            Answer::Refusal(class, exchange) => {
                (Outcome::Refused, Err(format!("{class}: {}", judge::text_of(&exchange))))
            }
            Answer::Failure(failure) => {
                let (outcome, why) = (failure.outcome, failure.example.clone());
                if outcome == Outcome::Nonconformant {
                    cycle.fail(failure);
                }
                (outcome, Err(why))
            }
        };
        cycle.sample(LoadStep::Cleanup, outcome, began.elapsed(), sent.http_status);
        removed
    }

    /// The id of the factor with this name, for flows whose start does not return it (v1).
    async fn find(&self, subject: &Subject, name: &str, cycle: &mut Cycle) -> Result<Option<String>, String> {
        let sent = self.send(subject, LoadStep::Cleanup, Operation::List, json!({}), cycle).await;
        match sent.answer {
            Answer::Success(exchange, _) => {
                let mut own =
                    exchange.endpoint.entries(judge::body(&exchange)).filter(|factor| factor.name == Some(name));
                Ok(own.find_map(|factor| factor.id.map(str::to_owned)))
            }
            Answer::Refusal(class, _) => Err(format!("{class} for the list of factors")),
            Answer::Failure(failure) => Err(failure.example),
        }
    }
}
