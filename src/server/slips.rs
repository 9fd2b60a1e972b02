//! What a call does that is refused for a lack of permission: nothing, unless a defect looks at the user before it asks who calls.

use serde_json::Value;

use super::refusal::Refused;
use super::site::Site;
use super::store::{Kind, User};
use crate::contract::{Endpoint, Operation, What};

/// The refusal of a call that is not permitted, or whose user does not exist.
pub(super) fn denied(site: &Site, endpoint: &Endpoint, message: &Value, refused: Refused) -> Refused {
    let (switches, kind) = (&site.switches, Kind::of(endpoint.flow));
    let Some(named) = message["userId"].as_str().filter(|_| !switches.is_empty()) else { return refused };
    let user = site.user(named);
    let id = endpoint.asked(What::FactorId, message).unwrap_or_default();
    let has_factor = |user: &User| user.state().of(kind).factors.iter().any(|factor| factor.id == id);
    match endpoint.operation {
        Operation::Verify if switches.has("sequence-denied-verify-ends-registration") => {
            if let Some(user) = user {
                user.state().of(kind).pending.retain(|pending| pending.factor_id != id);
            }
        }
        Operation::Remove
            if switches.has("identifier-oracle-of-factors") && !user.is_some_and(|user| has_factor(&user)) =>
        {
            return Refused::new("NOTFOUND-factor");
        }
        _ => {}
    }
    refused
}
