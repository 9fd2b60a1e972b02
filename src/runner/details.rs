//! What `details` says in one answer after another.

use super::player::Player;
use crate::contract::{Endpoint, Operation};
use crate::outcome::{Finding, Reason};
use crate::scenario::{Caller, FlowRef, Step, UserRef};
use crate::transport::Reply;

/// The clause of sequences that grow.
pub(super) const SEQUENCE: &str = "api/details/sequence";
/// The clause of the organization that a user belongs to.
pub(super) const OWNER: &str = "api/details/resource-owner";

/// What one answer said.
#[derive(Debug)]
pub(super) struct SeenDetails {
    sequence: u64,
    owner: String,
}

impl Player<'_> {
    /// Compares an answer with the one before, of calls one after the other about the subject's factors of one flow. The page explains
    /// both members by what a client does not see, so that another reading is a deviation.
    pub(super) fn compare_details(&mut self, step: &Step, endpoint: &Endpoint, reply: &Reply) {
        let own = step.user == UserRef::Own && matches!(step.caller, Caller::Subject | Caller::Admin);
        if !own || step.flow != FlowRef::Own || endpoint.operation == Operation::List {
            return;
        }
        let Some(details) = read(reply) else { return };
        let Some(before) = self.details.replace(details) else { return };
        let Some(now) = &self.details else { return };
        self.checked.extend([SEQUENCE, OWNER]);
        let deviation = |check, clause, expected: String, received: String| {
            Finding::new(check, clause, Reason::DocVsServer, expected, received)
        };
        let mut found = Vec::new();
        if now.sequence <= before.sequence {
            let expected = format!("a sequence greater than the {} of the call before", before.sequence);
            found.push(deviation("details-order", SEQUENCE, expected, now.sequence.to_string()));
        }
        if now.owner != before.owner {
            let expected = format!("the resourceOwner of the call before, {}", brief(&before.owner));
            found.push(deviation("details-owner", OWNER, expected, brief(&now.owner)));
        }
        found.into_iter().for_each(|finding| self.find(finding));
    }
}

/// Cut, so that a hostile target can't flood a report.
fn brief(owner: &str) -> String {
    format!("{:?}", owner.chars().take(120).collect::<String>())
}

fn read(reply: &Reply) -> Option<SeenDetails> {
    let Reply::Success(body) = reply else { return None };
    let text = |name: &str| body.pointer(name)?.as_str().map(str::to_owned);
    Some(SeenDetails { sequence: text("/details/sequence")?.parse().ok()?, owner: text("/details/resourceOwner")? })
}
