//! The factors of a user: the list of them, and their removal.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::defect;
use super::refusal::Refused;
use super::site::Site;
use super::spill;
use super::store::{Factor, Kind, KindState, Pending, Role, User, UserState};
use super::switches::Switches;
use super::variant;
use crate::contract::{Endpoint, Flow, Operation, What};

pub(super) const READY: &str = "AUTH_FACTOR_STATE_READY";
const NOT_READY: &str = "AUTH_FACTOR_STATE_NOT_READY";
/// How far lists are behind, with a variant.
const LIST_LAG: Duration = Duration::from_millis(250);
/// Factors on a page. A defect does not read a second page.
const SHORT_PAGE: usize = 2;
/// Factors of a list, of which a defect does not offer a further page.
const ONLY_PAGE: usize = 10;

/// Removes a factor, or gives up an open registration.
pub(super) fn remove(site: &Site, endpoint: &Endpoint, message: &Value, user: &User) -> Result<Value, Refused> {
    let (switches, flow) = (&site.switches, endpoint.flow);
    let id = endpoint.asked(What::FactorId, message).unwrap_or_default();
    let holder = holder(site, user, id);
    let user = holder.as_deref().unwrap_or(user);
    let mut state = user.state();
    let kind = named_kind(switches, endpoint.flow, &mut state, id);
    let of_kind = state.of(kind);
    let waiting = of_kind.pending.iter().position(|pending| pending.factor_id == id);
    let waiting = waiting.filter(|_| !switches.varies(&variant::behaviour::REMOVE_ONLY_ENROLLED));
    let created = if let Some(index) = waiting {
        // An open registration is given up; its challenge is not valid any more.
        let created = of_kind.pending[index].created;
        if !switches.has(&defect::challenge::ACCEPTED_AFTER_REMOVE) {
            of_kind.pending.remove(index);
        }
        if switches.has(&defect::sequence::GIVING_UP_ENDS_BOTH_KINDS) {
            state.pending().for_each(Vec::clear);
        }
        created
    } else if let Some(index) = of_kind.factors.iter().position(|factor| factor.id == id) {
        let created = of_kind.factors[index].created;
        if !switches.has(&defect::state::REMOVE_KEEPS) {
            take_out(site, flow, of_kind, index);
        }
        after_removal(site, &mut state);
        created
    } else if !flow.names_user() && switches.has(&defect::state::REMOVE_UNKNOWN_ACCEPTED) {
        Timestamp::now()
    } else {
        // To show data of other users, their locks are needed.
        drop(state);
        return Err(spill::unknown_factor(site, user, id));
    };
    let details = site.details(state.next_sequence(), created);
    let mut reply = json!({});
    if !switches.has(&defect::shape::REMOVE_DETAILS_MISSING) {
        endpoint.answer(What::Details, &mut reply, details);
    }
    Ok(reply)
}

/// Another user that has the named factor; only a defect looks for one.
fn holder(site: &Site, user: &User, id: &str) -> Option<Arc<User>> {
    if !site.switches.has(&defect::rare::REMOVAL_BY_ID_ALONE) {
        return None;
    }
    site.store.factor_elsewhere(user, id).map(|(holder, _)| holder.clone())
}

/// The kind of factor that a removal is about: the kind in its path. With a defect the id is looked for among both kinds.
fn named_kind(switches: &Switches, flow: Flow, state: &mut UserState, id: &str) -> Kind {
    let kind = Kind::of(flow);
    let is_of_other = state.of(kind.other()).factors.iter().any(|factor| factor.id == id);
    if is_of_other && switches.has(&defect::sequence::REMOVAL_BY_ANY_KIND) { kind.other() } else { kind }
}

/// Removes the named factor. With a defect it removes another one, or more than it should.
fn take_out(site: &Site, flow: Flow, of_kind: &mut KindState, named: usize) {
    let switches = &site.switches;
    let newest = of_kind.factors.len() - 1;
    let removed =
        of_kind.factors.remove(if switches.has(&defect::sequence::REMOVE_TAKES_NEWEST) { newest } else { named });
    let is_kept = !flow.names_user() && switches.has(&defect::sequence::V1_REMOVAL_KEEPS_CREDENTIAL_ID);
    if !is_kept {
        site.store.release(&removed.credential_id);
    }
    if switches.has(&defect::sequence::REMOVE_TAKES_ALL) {
        of_kind.factors.drain(..).for_each(|factor| site.store.release(&factor.credential_id));
    }
    if switches.has(&defect::sequence::REMOVED_COMES_BACK) {
        of_kind.removed = Some(removed);
    }
}

/// What a removal does in addition: nothing, unless a defect is switched on.
fn after_removal(site: &Site, state: &mut UserState) {
    if site.switches.has(&defect::sequence::RESTARTS_AFTER_REMOVAL) {
        state.restart_sequence();
    }
    if site.switches.has(&defect::identifier::HANDLE_CHANGES_AFTER_REMOVAL) {
        state.removals += 1;
    }
    if site.switches.has(&defect::sequence::REMOVAL_ENDS_REGISTRATIONS) {
        state.pending().for_each(Vec::clear);
    }
}

/// The enrolled factors of the flow's kind; an open registration is not a factor.
pub(super) fn list(site: &Site, flow: Flow, user: &User) -> Value {
    let switches = &site.switches;
    let mut factors = enrolled(flow, user);
    if is_named_passkey(flow) && switches.has(&defect::canary::LIST_OF_EVERYONE) {
        let others = site.store.users_of(Role::Ordinary).into_iter().filter(|other| other.id != user.id);
        factors.extend(others.flat_map(|other| enrolled(flow, other)));
    }
    narrow(site, &mut factors);
    if switches.varies(&variant::behaviour::LIST_LAGS) {
        factors.retain(|factor| factor.verified.elapsed() >= LIST_LAG);
    }
    if switches.varies(&variant::behaviour::LIST_NEWEST_FIRST) {
        factors.reverse();
    }
    let shows_credential_id = is_named_passkey(flow) && switches.has(&defect::stored::LIST_SHOWS_CREDENTIAL_IDS);
    let mut result: Vec<Value> = factors
        .iter()
        .map(|factor| {
            let credential_id = shows_credential_id.then(|| URL_SAFE_NO_PAD.encode(&factor.credential_id));
            entry(flow, shown_state(switches, flow, factor), credential_id.as_ref().unwrap_or(&factor.id), &factor.name)
        })
        .collect();
    if switches.varies(&variant::behaviour::LIST_OPEN_REGISTRATIONS) {
        let mut state = user.state();
        let waiting = state.of(Kind::of(flow)).pending.iter().filter(|pending| Pending::is_alive(pending));
        result.extend(waiting.map(|pending| entry(flow, NOT_READY, &pending.factor_id, "")));
    }
    filled(flow, result)
}

/// The answer of a list.
pub(super) fn filled(flow: Flow, entries: Vec<Value>) -> Value {
    let mut reply = json!({});
    if let Some(list) = flow.endpoint(Operation::List) {
        list.answer(What::Entries, &mut reply, entries);
    }
    reply
}

/// What a list leaves out: nothing, unless a defect is switched on.
fn narrow(site: &Site, factors: &mut Vec<Factor>) {
    let switches = &site.switches;
    if switches.has(&defect::stored::LIST_OF_OWN_DOMAIN) {
        factors.retain(|factor| factor.rp_id == site.rp_id);
    }
    if switches.has(&defect::stored::LIST_ONCE_PER_NAME) {
        let mut names = HashSet::new();
        factors.retain(|factor| names.insert(factor.name.clone()));
    }
    if switches.has(&defect::stored::LIST_OF_TEN) {
        factors.truncate(ONLY_PAGE);
    }
}

/// The state that a list shows.
fn shown_state(switches: &Switches, flow: Flow, factor: &Factor) -> &'static str {
    let is_of_v2 = !flow.names_user() && factor.flow.names_user();
    if is_of_v2 && switches.has(&defect::stored::V2_NOT_READY_IN_V1) { NOT_READY } else { READY }
}

/// The factors that options exclude: all that the user has of the flow's kind.
pub(super) fn excluded(site: &Site, flow: Flow, user: &User, state: &mut UserState) -> Vec<Factor> {
    let (switches, kind) = (&site.switches, Kind::of(flow));
    let mut factors = state.of(kind).factors.clone();
    if switches.has(&defect::sequence::VERSIONS_APART) {
        factors.retain(|factor| factor.flow.family() == flow.family());
    }
    if switches.has(&defect::identifier::EXCLUDE_AT_MOST_TWO) {
        factors.truncate(SHORT_PAGE);
    }
    if switches.varies(&variant::options::EXCLUDE_BOTH_KINDS) {
        factors.extend_from_slice(&state.of(kind.other()).factors);
    }
    factors.extend(site.memory.factor_of_another(user.index));
    factors
}

fn enrolled(flow: Flow, user: &User) -> Vec<Factor> {
    user.state().of(Kind::of(flow)).factors.clone()
}

/// An entry of a list, as the contract has it.
pub(super) fn entry(flow: Flow, state: &str, id: &str, name: &str) -> Value {
    let mut entry = json!({});
    if let Some(list) = flow.endpoint(Operation::List) {
        list.answer(What::EntryState, &mut entry, state);
        list.answer(What::EntryId, &mut entry, id);
        list.answer(What::EntryName, &mut entry, name);
    }
    entry
}

/// Whether it is the passkey flow whose calls name the user. Some defects apply to it only.
pub(super) fn is_named_passkey(flow: Flow) -> bool {
    flow.names_user() && !flow.is_u2f()
}
