//! What a reply shows of other users: names, ids, lists, and whether they exist. Nothing, unless a defect is switched on.

use axum::extract::RawPathParams;
use serde_json::{Value, json};

use super::caller::Caller;
use super::defect;
use super::refusal::Refused;
use super::site::Site;
use super::store::{Store, User};
use super::variant;
use crate::contract::{Endpoint, Operation, Protocol};

/// The answer as it goes out. Only a defect ever waits.
pub(super) fn reply(
    site: &Site,
    endpoint: &Endpoint,
    caller: &Caller,
    mut result: Result<Value, Refused>,
) -> Result<Value, Refused> {
    let switches = &site.switches;
    let Ok(message) = &mut result else { return result };
    let is_own_list = endpoint.operation == Operation::List && !endpoint.flow.names_user();
    if is_own_list && switches.has(&defect::canary::V1_LIST_FROM_MEMORY) {
        *message = site.memory.list(endpoint.name, message.take());
    }
    if caller.protocol == Protocol::Grpc
        && switches.has(&defect::canary::OWNER_OF_EARLIER_CALL)
        && let Some(earlier) = site.memory.grpc_caller.swap(caller.user.id.clone())
        && let Some(owner) = message.pointer_mut("/details/resourceOwner")
    {
        *owner = json!(earlier);
    }
    result
}

/// The refusal of a call on a user that the caller may not act on.
pub(super) fn denial(site: &Site, id: &str, mut refused: Refused) -> Refused {
    let (switches, named) = (&site.switches, site.user(id));
    match named {
        Some(user) if switches.has(&defect::canary::DENIAL_NAMES_LOGIN) => {
            refused.status.message = format!("user-{}@{} may not be changed by you", user.index, site.rp_id);
        }
        None if switches.has(&defect::identifier::ORACLE_STATUS) => return Refused::new("NOTFOUND-user"),
        None if switches.has(&defect::identifier::ORACLE_MESSAGE) => {
            "the user or its organisation does not allow this".clone_into(&mut refused.status.message);
        }
        Some(_) if switches.has(&defect::identifier::ORACLE_DETAILS) => {
            refused.status.details.extend(refused.status.details.first().cloned());
        }
        _ => {}
    }
    refused
}

/// The refusal of a call without a token, or with one that is not known.
pub(super) fn unknown_caller(site: &Site, params: Option<&RawPathParams>, refused: Refused) -> Refused {
    let named = params.into_iter().flat_map(|params| params.iter()).find(|(name, _)| *name == "userId");
    let is_unknown = named.is_some_and(|(_, id)| site.user(id).is_none());
    if is_unknown && site.switches.has(&defect::identifier::ORACLE_BEFORE_AUTHENTICATION) {
        return Refused::new("NOTFOUND-user");
    }
    refused
}

/// The refusal of a call on a factor that the user does not have.
pub(super) fn unknown_factor(site: &Site, user: &User, id: &str) -> Refused {
    if site.switches.has(&defect::canary::FOREIGN_FACTOR_NAMED)
        && let Some((_, factor)) = site.store.factor_elsewhere(user, id)
    {
        return Refused::with_message("NOTFOUND-factor", format!("{:?} is a factor of another user", factor.name));
    }
    Refused::new("NOTFOUND-factor")
}

/// The message about a credential id that is taken.
pub(super) fn taken(store: &Store, credential_id: &[u8], detail: &str) -> String {
    match store.owner_of(credential_id) {
        Some((user, factor)) => format!("{detail}: {:?} of user {}", factor.name, user.id),
        None => detail.to_owned(),
    }
}

/// `user.displayName` of options. With a defect it is that of the start before, whoever made it.
pub(super) fn display_name(site: &Site, user: &User) -> String {
    let own = format!("User {}", user.index);
    if site.switches.has(&defect::canary::DISPLAY_NAME_OF_EARLIER_START) {
        return site.memory.display_name.swap(own.clone()).unwrap_or(own);
    }
    if site.switches.varies(&variant::options::DISPLAY_NAME_EMPTY) { String::new() } else { own }
}
