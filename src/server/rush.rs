//! How calls of one user that come at the same time disturb each other: they do not, unless a defect is switched on.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::caller::Caller;
use super::credential::{credential_of, named_id};
use super::defect;
use super::refusal::Refused;
use super::site::Site;
use super::store::{Kind, User};
use super::timing_faults::WINDOW;
use crate::contract::{Endpoint, Operation, What};

/// How long a transaction takes.
const TRANSACTION: Duration = Duration::from_millis(10);

/// A call that is under way, until it is dropped.
pub(super) struct UnderWay<'a> {
    site: &'a Site,
    user_id: String,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.site.memory.busy.leave(&self.user_id);
    }
}

/// Begins the transaction of a call that changes something. With a defect it fails if another call of the same caller is under way.
pub(super) async fn enter<'a>(
    site: &'a Site,
    endpoint: &Endpoint,
    caller: &Caller,
) -> Result<Option<UnderWay<'a>>, Refused> {
    if endpoint.operation == Operation::List || !site.switches.has(&defect::rare::CONFLICT_AS_500) {
        return Ok(None);
    }
    if !site.memory.busy.enter(&caller.user.id) {
        return Err(Refused::new("INTERNAL-error"));
    }
    let under_way = UnderWay { site, user_id: caller.user.id.clone() };
    tokio::time::sleep(TRANSACTION).await;
    Ok(Some(under_way))
}

/// The message of a call. With a defect a verify has the name of a later one, or a removal names the factor that is now at the place where
/// the named one was a moment ago.
pub(super) async fn renamed<'m>(
    site: &Site,
    endpoint: &Endpoint,
    message: &'m Value,
    user: Result<Arc<User>, Refused>,
) -> Cow<'m, Value> {
    let mut renamed = Cow::Borrowed(message);
    if endpoint.operation == Operation::Verify && site.switches.has(&defect::rare::NAME_OF_THE_LATER_CALL) {
        let Ok(user) = user else { return renamed };
        retitle(site, endpoint, &user, renamed.to_mut()).await;
        return renamed;
    }
    if endpoint.operation != Operation::Remove || !site.switches.has(&defect::rare::REMOVAL_BY_PLACE) {
        return renamed;
    }
    let (Some(slot), Ok(user)) = (endpoint.asks(What::FactorId), user) else { return renamed };
    let kind = Kind::of(endpoint.flow);
    let place = user.state().of(kind).factors.iter().position(|factor| slot.text(message) == Some(&factor.id));
    let Some(place) = place else { return renamed };
    tokio::time::sleep(TRANSACTION).await;
    if let Some(factor) = user.state().of(kind).factors.get(place) {
        slot.put(renamed.to_mut(), json!(factor.id));
    }
    renamed
}

/// Gives a verify the name of the user's latest, which may have come meanwhile: as if the name were the user's and not the call's.
async fn retitle(site: &Site, endpoint: &Endpoint, user: &User, message: &mut Value) {
    let slot = endpoint.asks(What::FactorName);
    let Some((slot, name)) = slot.and_then(|slot| Some((slot, slot.of(message)?.clone()))) else { return };
    site.memory.keep_name(&user.id, name);
    tokio::time::sleep(WINDOW).await;
    slot.put(message, site.memory.latest_name(&user.id).unwrap_or_default());
}

/// The caller of a verify. With a defect it remembers that the credential id was free a while before the credential is stored.
pub(super) async fn sought<'c>(
    site: &Site,
    endpoint: &Endpoint,
    message: &Value,
    caller: &'c Caller,
) -> Cow<'c, Caller> {
    let mut sought = Cow::Borrowed(caller);
    if endpoint.operation != Operation::Verify || !site.switches.has(&defect::rare::CREDENTIAL_TAKEN_TWICE_AT_ONCE) {
        return sought;
    }
    let Ok(credential) = credential_of(endpoint, message) else { return sought };
    let id = named_id(&credential);
    if !site.store.is_registered(&id) {
        sought.to_mut().besides.free = Some(id);
        tokio::time::sleep(WINDOW).await;
    }
    sought
}
