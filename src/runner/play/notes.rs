//! Notes what calls and answers say about the subjects that they act on, for the memory of the whole run.

use serde_json::Value;

use super::case_run::CaseRun;
use super::listed::{Became, SentFactor};
use super::starts::credential_of;
use crate::contract::{Endpoint, Operation, What as Said};
use crate::runner::memory::canaries::{Reader, Reading, What};
use crate::runner::memory::identifiers::FACTOR_ID;
use crate::scenario::{Caller, FactorRef, Step, Whom};
use crate::transport::{Call, Exchange, Reply};
use crate::webauthn::base64;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::wire::secret::Secret;

/// The user that a step acts on, if it is one of the case's users.
pub(crate) fn acted_on<'r>(run: &'r CaseRun<'_>, endpoint: &Endpoint, step: &Step) -> Option<&'r str> {
    match step.acts_on(endpoint.flow)? {
        Whom::Own => Some(&run.lease.own().user_id),
        Whom::Other => run.lease.other().map(|other| other.user_id.as_str()),
    }
}

/// Notes what a call sends: the name of a factor, the ids of a credential. They belong to the user that it acts on.
pub(crate) fn note_sent(run: &CaseRun<'_>, endpoint: &Endpoint, step: &Step, call: &Call) {
    let canaries = &run.shared.canaries;
    let Some(user) = acted_on(run, endpoint, step).filter(|_| endpoint.operation == Operation::Verify) else {
        return;
    };
    if let Some(name) = endpoint.asked(Said::FactorName, &call.message) {
        canaries.note(user, What::FactorName, name.as_bytes());
    }
    for id in credential_of(run, step).into_iter().flat_map(|made| &made.ids) {
        canaries.note(user, What::CredentialId, id);
    }
}

/// Notes what an answer says about the user that the call acts on, and about what all users share.
pub(crate) fn note_answered(run: &CaseRun<'_>, exchange: &Exchange, step: &Step) {
    let (canaries, endpoint) = (&run.shared.canaries, exchange.endpoint);
    let Reply::Success(body) = &exchange.reply else { return };
    let owner = body.pointer("/details/resourceOwner").and_then(Value::as_str);
    if let Some((user, owner)) = acted_on(run, endpoint, step).zip(owner) {
        canaries.note_organization(user, owner);
    }
    let Some(user) = acted_on(run, endpoint, step).filter(|_| endpoint.operation == Operation::Start) else {
        return;
    };
    if let Some(id) = endpoint.answered(Said::FactorId, body).and_then(Value::as_str) {
        canaries.note(user, What::FactorId, id.as_bytes());
    }
    let Some(options) = endpoint.answered(Said::Options, body) else { return };
    let unwrapped = options.as_str().and_then(|text| base64::decode_any(text).ok());
    let unwrapped = unwrapped.and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    let text = |pointer: &str| unwrapped.as_ref().unwrap_or(options).pointer(pointer)?.as_str();
    let bytes = |pointer: &str| base64::decode_any(text(pointer)?).ok();
    canaries.note(user, What::Challenge, &bytes("/publicKey/challenge").unwrap_or_default());
    let handle = bytes("/publicKey/user/id").unwrap_or_default();
    canaries.note_account(user, (endpoint.flow, "id"), What::UserHandle, &handle);
    for (member, pointer) in [("name", "/publicKey/user/name"), ("displayName", "/publicKey/user/displayName")] {
        let name = text(pointer).unwrap_or_default();
        canaries.note_account(user, (endpoint.flow, member), What::UserName, name.as_bytes());
    }
}

/// Searches the answer to a step's call.
pub(crate) fn reading<'r>(run: &'r CaseRun<'_>, exchange: &'r Exchange, call: &Call, step: &Step) -> Reading<'r> {
    let canaries = &run.shared.canaries;
    let own = canaries.user(&run.lease.own().user_id);
    let of = |user: Option<&str>| user.map_or(Reader::Nobody, |id| Reader::Of(canaries.user(id)));
    let reader = match (&exchange.reply, step.caller) {
        // After a call that names two users, the case itself judges whose the answers are.
        _ if !step.also.is_empty() || run.ledger.has_carried() => Reader::Everything,
        // Whether the caller may act on the user is another finding.
        (Reply::Success(_), _) => {
            acted_on(run, exchange.endpoint, step).map_or(Reader::Of(own), |id| Reader::Of(canaries.user(id)))
        }
        (_, Caller::Nobody | Caller::Malformed | Caller::Unknown | Caller::NoRights) => Reader::Nobody,
        (_, Caller::Admin | Caller::ReadOnly) => Reader::Everything,
        (_, Caller::Other) => of(run.lease.other().map(|other| other.user_id.as_str())),
        _ => Reader::Of(own),
    };
    let token = call.authorization.as_ref().map(Secret::without_scheme);
    // The token may have been renewed or altered.
    let sent = token.and_then(|token| canaries.note_token(&token));
    Reading { canaries, reader, request: &exchange.request, own, sent }
}

/// Remembers the names and ids that an accepted start has for the user and the registration.
pub(crate) fn note_started(
    run: &mut CaseRun<'_>,
    endpoint: &Endpoint,
    step: &Step,
    options: &PublicKeyCredentialCreationOptions,
) {
    let Some(user) = acted_on(run, endpoint, step).map(str::to_owned) else { return };
    let (flow, shared) = (endpoint.flow, run.shared);
    let rp_id = options.rp.id.as_deref().unwrap_or(&shared.target.rp_id);
    let names = [("name", options.user.name.as_str()), ("displayName", options.user.display_name.as_str())];
    shared.identifiers.named(&user, names);
    shared.identifiers.handle(&user, rp_id, flow.slug(), &options.user.id);
    if let Some(id) = run.ceremony.factor_id.as_deref().filter(|_| flow.names_registration()) {
        shared.identifiers.started(&user, flow.is_u2f(), id);
        run.ledger.look_at([FACTOR_ID]);
    }
}

/// Remembers what an accepted verify or removal did to a factor with a known id.
pub(crate) fn note_identified(run: &CaseRun<'_>, endpoint: &Endpoint, step: &Step) {
    let id = match step.factor {
        FactorRef::Own => run.ceremony.factor_id.as_deref(),
        FactorRef::First => run.ceremony.first_factor_id.as_deref(),
        _ => None,
    };
    let known = id.zip(acted_on(run, endpoint, step)).filter(|_| endpoint.flow.names_registration());
    let Some((id, user)) = known else { return };
    let (is_u2f, seen) = (endpoint.flow.is_u2f(), &run.shared.identifiers);
    match endpoint.operation {
        Operation::Verify => seen.enrolled(user, is_u2f, id),
        Operation::Remove => seen.removed(user, is_u2f, id),
        _ => {}
    }
}

/// Notes what an answer to a verify or remove means for the lists.
pub(crate) fn note_factor(run: &mut CaseRun<'_>, call: &Call, step: &Step, reply: &Reply) {
    let endpoint = call.endpoint;
    let Some(user_id) = acted_on(run, endpoint, step).map(str::to_owned) else { return };
    let id = endpoint.asked(Said::FactorId, &call.message).map(str::to_owned);
    let is_u2f = endpoint.flow.is_u2f();
    let became = match (endpoint.operation, reply) {
        (Operation::Verify, Reply::Success(_)) => Became::Enrolled,
        (Operation::Verify, Reply::Refusal(_)) => Became::Refused,
        (Operation::Remove, Reply::Success(_)) => return forget(run, &user_id, is_u2f, id.as_deref()),
        _ => return,
    };
    let Some(name) = endpoint.asked(Said::FactorName, &call.message).map(str::to_owned) else { return };
    let drawn = credential_of(run, step).map(crate::runner::play::message::drawn_name).unwrap_or_default();
    let or = step.name.as_ref().map(|spec| spec.others(&drawn)).unwrap_or_default();
    let is_own_name = name.contains(&drawn) && !drawn.is_empty();
    // One credential under another name later, or a second verify that was refused, is about the same registration.
    let id = id.filter(|_| became == Became::Enrolled);
    run.sent.push(SentFactor { user_id, is_u2f, id, name, or, is_own_name, became });
}

fn forget(run: &mut CaseRun<'_>, user_id: &str, is_u2f: bool, id: Option<&str>) {
    let mut own: Vec<&mut SentFactor> = run.sent.iter_mut().collect();
    own.retain(|kept| kept.became == Became::Enrolled && kept.user_id == user_id && kept.is_u2f == is_u2f);
    let known = own.iter().position(|kept| kept.id.as_deref() == id);
    // If there are several without an id, it is not known which was meant.
    if let Some(at) = known.or((own.len() == 1).then_some(0)) {
        own[at].became = Became::Removed;
        own[at].id = id.map(str::to_owned);
    }
}

/// Looks for traces of others in the options of a start.
pub(crate) fn notice_listed(
    run: &mut CaseRun<'_>,
    step: &Step,
    endpoint: &Endpoint,
    options: &PublicKeyCredentialCreationOptions,
) {
    let Some(user) = acted_on(run, endpoint, step) else { return };
    run.foreign += run.shared.traces.look(user, endpoint.flow, &options.exclude_credentials);
}
