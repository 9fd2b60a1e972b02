//! Compares `details` in successive answers.

use jiff::SignedDuration;

use super::case_run::CaseRun;
use super::factor_state::SeenDetails;
use crate::contract::{Endpoint, Operation};
use crate::outcome::{Finding, Reason};
use crate::runner::model::clauses::FORWARD;
use crate::scenario::{Caller, FlowRef, Step, UserRef, Whom};
use crate::transport::Reply;
use crate::words::beginning;

/// The clause of sequences that grow.
pub(crate) const SEQUENCE: &str = "api/details/sequence";
/// The clause of the organization that a user belongs to.
pub(crate) const OWNER: &str = "api/details/resource-owner";

/// How far the clocks of a target's machines may differ.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(2);

/// Compares an answer with the one before; the calls are successive and about the subject's factors of one flow. The page explains both
/// members by something that a client does not see, so a difference is a deviation.
pub(crate) fn compare_details(run: &mut CaseRun<'_>, step: &Step, endpoint: &Endpoint, reply: &Reply) {
    let own = step.user == UserRef::Own && matches!(step.caller, Caller::Subject | Caller::Admin);
    let is_watched = run.test.case.watch.is_some();
    if (!is_watched && (!own || step.flow != FlowRef::Own)) || endpoint.operation == Operation::List {
        return;
    }
    let is_own = !is_watched || step.acts_on(endpoint.flow) == Some(Whom::Own);
    let Some(now) = read(reply) else { return };
    let before = run.details.remove(&(is_own, endpoint.flow));
    let now = &*run.details.entry((is_own, endpoint.flow)).or_insert(now);
    let Some(before) = before else { return };
    run.ledger.look_at([SEQUENCE, OWNER]);
    let deviation = |check, clause, expected: String, received: String| {
        Finding::new(check, clause, Reason::DocVsServer, expected, received)
    };
    let mut found = Vec::new();
    if now.sequence <= before.sequence {
        let expected = format!("a sequence greater than that of the previous call, {}", before.sequence);
        found.push(deviation("details-order", SEQUENCE, expected, now.sequence.to_string()));
    }
    if now.owner != before.owner {
        let expected = format!("the resourceOwner of the previous call, {}", brief(&before.owner));
        found.push(deviation("details-owner", OWNER, expected, brief(&now.owner)));
    }
    if let (true, Some(earlier), Some(later)) = (is_watched, before.changed, now.changed) {
        run.ledger.look_at([FORWARD]);
        if later.saturating_add(CLOCKS_APART).is_ok_and(|latest| latest < earlier) {
            let expected = format!("a changeDate that is not before that of the previous call, {earlier}");
            found.push(deviation("details-forward", FORWARD, expected, later.to_string()));
        }
    }
    found.into_iter().for_each(|finding| run.find(finding));
}

/// Cut, so that a hostile target can't flood a report.
fn brief(owner: &str) -> String {
    format!("{:?}", beginning(owner, 120))
}

fn read(reply: &Reply) -> Option<SeenDetails> {
    let Reply::Success(body) = reply else { return None };
    let text = |name: &str| body.pointer(name)?.as_str().map(str::to_owned);
    let changed = text("/details/changeDate").and_then(|date| date.parse().ok());
    Some(SeenDetails {
        sequence: text("/details/sequence")?.parse().ok()?,
        owner: text("/details/resourceOwner")?,
        changed,
    })
}
