//! Sets an answer against its expectation.

use super::player::Player;
use crate::contract::clause;
use crate::outcome::{Finding, Reason};
use crate::scenario::{Caller, Expectation, Step};
use crate::transport::{Refusal, Reply};
use crate::wire::secret::Masker;
use crate::wire::status::Code;

/// `UNAUTHENTICATED`
const UNAUTHENTICATED: i32 = Code::UNAUTHENTICATED.number();

/// What is observed of an accepted call.
pub(super) const ACCEPTED: &str = "accepted";

impl Player<'_> {
    /// What a step expects: what it says, or what the case says where its requirements are not met.
    pub(super) fn expectation(&self, step: &Step) -> Expectation {
        let stated = step.expect.unwrap_or(Expectation::SETUP);
        if self.unmet && step.expect.is_some() { self.permutation.case.otherwise } else { stated }
    }
}

/// What the answer means for the step's expectation.
pub(super) fn finding(player: &Player<'_>, step: &Step, reply: &Reply, http: u16) -> Finding {
    let mut finding = stated(player, step, reply, http);
    let is_open = player.permutation.case.otherwise == Expectation::EITHER;
    if finding.reason == Reason::Met && player.unmet && is_open && step.expect.is_some() {
        finding.reason = Reason::LeftOpen;
    }
    finding
}

fn stated(player: &Player<'_>, step: &Step, reply: &Reply, http: u16) -> Finding {
    let expectation = player.expectation(step);
    let clause = step.about.unwrap_or_else(|| player.clause());
    match reply {
        Reply::Success(_) => {
            Finding::new("expectation", clause, expectation.accepted, expectation.words(), "accepted: 200")
        }
        Reply::Refusal(refusal) => refused(player, step, clause, (http, refusal)),
        Reply::Unreadable(why) => {
            Finding::new("expectation", clause, Reason::WrongShape, expectation.words(), format!("unreadable: {why}"))
        }
    }
}

/// What was observed, for the comparison of protocols.
pub(super) fn observed(reply: &Reply) -> String {
    match reply {
        Reply::Success(_) => ACCEPTED.to_owned(),
        Reply::Refusal(refusal) => {
            let id = refusal.status.as_ref().and_then(|status| status.error_id());
            format!(
                "refused with code {} and {}",
                code_of(refusal),
                id.map_or_else(|| "no id".to_owned(), |id| format!("id {id}"))
            )
        }
        Reply::Unreadable(_) => "unreadable".to_owned(),
    }
}

fn code_of(refusal: &Refusal) -> String {
    refusal.status.as_ref().map_or_else(|| "none".to_owned(), |status| status.code.to_string())
}

fn refused(player: &Player<'_>, step: &Step, clause: &str, (http, refusal): (u16, &Refusal)) -> Finding {
    let expectation = player.expectation(step);
    let received = words(http, refusal, &player.shared.masker);
    let finding = |reason| Finding::new("expectation", clause, reason, expectation.words(), received.clone());
    let configured = !matches!(step.caller, Caller::Nobody | Caller::Malformed | Caller::OtherScheme | Caller::Unknown);
    if configured && refusal.status.as_ref().is_some_and(|status| status.code == UNAUTHENTICATED) {
        // Whether the token or the target is wrong can't be told from here; either way the clause was not looked at.
        return finding(Reason::Auth);
    }
    if let Some(class) = expectation.class {
        let (class_http, class_code) = class.codes();
        let rest = player.permutation.protocol == crate::contract::Protocol::Rest;
        let code_fits = refusal.status.as_ref().is_some_and(|status| status.code == class_code);
        // A REST body without a readable code has a check of its own, which says so.
        let unread = refusal.status.as_ref().is_none_or(|status| status.code == 0);
        let fits = if rest { http == class_http && (code_fits || unread) } else { code_fits };
        return finding(if fits { Reason::Met } else { Reason::WrongStatus });
    }
    if !expectation.must_refuse() {
        return finding(expectation.refused);
    }
    let reason = attributed(player, step, clause, refusal);
    let kept = (reason == Reason::WrongReason).then(|| kept_clause(player, refusal)).flatten();
    Finding::new("expectation", kept.unwrap_or(clause), reason, expectation.words(), received.clone())
}

/// The further clause of the case that the target says is not met. The case keeps it, and the refusal speaks of it.
fn kept_clause<'a>(player: &Player<'a>, refusal: &Refusal) -> Option<&'a str> {
    let error_id = refusal.status.as_ref().and_then(|status| status.error_id())?;
    let claimed = player.shared.target.reasons.clauses(error_id);
    let further = player.permutation.case.clauses.iter().skip(1).map(String::as_str);
    further.into_iter().find(|clause| claimed.iter().any(|claimed| claimed == clause))
}

/// Whether the target's reason map says that the refusal is about the clause under test, or another that the step allows.
fn attributed(player: &Player<'_>, step: &Step, clause: &str, refusal: &Refusal) -> Reason {
    let error_id = refusal.status.as_ref().and_then(|status| status.error_id());
    let clauses = error_id.map(|id| player.shared.target.reasons.clauses(id)).unwrap_or_default();
    match clauses.as_slice() {
        // "Not found" is what an id within its limits gets; it says nothing of the limit.
        [] if clause.starts_with("api/limit/") && is_not_found(refusal) => Reason::WrongReason,
        [] => Reason::Unattributed,
        known if known.iter().any(|known| clause::includes(known, clause)) => Reason::RightReason,
        known if known.iter().any(|known| step.reason.iter().any(|allowed| allowed == known)) => Reason::RightReason,
        _ => Reason::WrongReason,
    }
}

fn is_not_found(refusal: &Refusal) -> bool {
    refusal.status.as_ref().is_some_and(|status| status.code == Code::NOT_FOUND.number())
}

/// Masked before it is cut, so that no part of a secret is left.
fn words(http: u16, refusal: &Refusal, masker: &Masker) -> String {
    let Some(status) = &refusal.status else { return format!("refused: HTTP {http}, no code") };
    let brief = |text: &str| masker.mask(text).chars().take(160).collect::<String>();
    let id = status.error_id().map(|id| format!(", id {}", brief(id))).unwrap_or_default();
    format!("refused: HTTP {http}, code {}{id}: {}", status.code, brief(&status.message))
}
