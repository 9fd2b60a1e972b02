//! Side effects of a call that is refused for a lack of permission: none, unless a defect looks at the user before it checks the caller.

use serde_json::Value;

use super::defect;
use super::refusal::Refused;
use super::site::Site;
use super::store::{Kind, Pending, User};
use crate::contract::{Endpoint, Flow, Operation, What};

/// The refusal of a call that is not permitted, or whose user does not exist.
pub(super) fn denied(site: &Site, endpoint: &Endpoint, message: &Value, refused: Refused) -> Refused {
    let (switches, kind) = (&site.switches, Kind::of(endpoint.flow));
    let Some(named) = endpoint.asked(What::User, message).filter(|_| !switches.is_empty()) else { return refused };
    let user = site.user(named);
    let id = endpoint.asked(What::FactorId, message).unwrap_or_default();
    let has_factor = |user: &User| user.state().of(kind).factors.iter().any(|factor| factor.id == id);
    let is_idle = |user: &User| !user.state().of(kind).pending.iter().any(Pending::is_alive);
    match endpoint.operation {
        Operation::Verify
            if switches.has(&defect::identifier::ORACLE_OF_REGISTRATIONS)
                && user.as_ref().is_some_and(|user| is_idle(user)) =>
        {
            return Refused::new("NOTFOUND-registration");
        }
        Operation::Verify if switches.has(&defect::sequence::DENIED_VERIFY_ENDS_REGISTRATION) => {
            if let Some(user) = user {
                user.state().of(kind).pending.retain(|pending| pending.factor_id != id);
            }
        }
        Operation::Remove
            if switches.has(&defect::identifier::ORACLE_OF_FACTORS) && !user.is_some_and(|user| has_factor(&user)) =>
        {
            return Refused::new("NOTFOUND-factor");
        }
        _ => {}
    }
    refused
}

/// A caller starts for a user. With a defect this ends the registration that the caller started for another user.
pub(super) fn begins(site: &Site, flow: Flow, user: &User, caller: &User) {
    if user.id == caller.id || !site.switches.has(&defect::sequence::ONE_REGISTRATION_PER_ADMINISTRATOR) {
        return;
    }
    let before = site.memory.keep_begun(&caller.id, Kind::of(flow), &user.id).filter(|before| *before != user.id);
    if let Some(before) = before.and_then(|id| site.user(&id)) {
        before.state().of(Kind::of(flow)).pending.retain(|pending| !pending.is_of_another);
    }
}
