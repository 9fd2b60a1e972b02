//! What calls of one user do to each other where they come together: nothing, unless a defect is asked for.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::refusal::Refused;
use super::service::Caller;
use super::site::Site;
use super::store::{Kind, User};
use crate::contract::{Endpoint, Operation};

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

/// Begins the transaction of a call that changes something. With a defect one that finds another of its caller under way fails.
pub(super) async fn enter<'a>(
    site: &'a Site,
    endpoint: &Endpoint,
    caller: &Caller,
) -> Result<Option<UnderWay<'a>>, Refused> {
    if endpoint.operation == Operation::List || !site.switches.has("rare-conflict-as-500") {
        return Ok(None);
    }
    if !site.memory.busy.enter(&caller.user.id) {
        return Err(Refused::new("INTERNAL-error"));
    }
    let under_way = UnderWay { site, user_id: caller.user.id.clone() };
    tokio::time::sleep(TRANSACTION).await;
    Ok(Some(under_way))
}

/// The message of a removal. With a defect it names the factor that is now at the place where the named one was a moment ago.
pub(super) async fn renamed<'m>(
    site: &Site,
    endpoint: &Endpoint,
    message: &'m Value,
    user: Result<Arc<User>, Refused>,
) -> Cow<'m, Value> {
    let mut renamed = Cow::Borrowed(message);
    if endpoint.operation != Operation::Remove || !site.switches.has("rare-removal-by-place") {
        return renamed;
    }
    let (Some(member), Ok(user)) = (endpoint.factor_member(), user) else { return renamed };
    let kind = Kind::of(endpoint.flow);
    let place = user.state().of(kind).factors.iter().position(|factor| message[member] == factor.id.as_str());
    let Some(place) = place else { return renamed };
    tokio::time::sleep(TRANSACTION).await;
    if let Some(factor) = user.state().of(kind).factors.get(place) {
        renamed.to_mut()[member] = json!(factor.id);
    }
    renamed
}
