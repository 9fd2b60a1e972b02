//! Calls that give one thing two values: the values in further places of their requests, and which of them the target acted on.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use serde_json::{Value, json};

use super::case_run::CaseRun;
use super::ceremony::{MadeCredential, in_form};
use super::expected::expected_rp_id;
use super::ledger::Ended;
use crate::contract::{Endpoint, Operation, What, clause};
use crate::outcome::Reason;
use crate::scenario::{Also, Caller, FactorRef, Step, Thing, UserRef, Which, Whom};
use crate::transport::carried::{Carried, Content, Place};
use crate::transport::path_of;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::wire::secret::Secret;
use crate::words::beginning;

/// The check of findings about a subject that the case is not about.
const UNTOUCHED: &str = "untouched";

// UNRESOLVED ? hold::held_by

/// The check of findings about whose options a start has answered with.
const CHECK: &str = "acted-on";

/// What a step puts into further places of a call, as far as this protocol has them.
pub(crate) fn carried(
    run: &mut CaseRun<'_>,
    endpoint: &'static Endpoint,
    step: &Step,
    message: &Value,
) -> Result<Vec<Carried>, Ended> {
    let protocol = run.protocol(step);
    let mut carried = Vec::new();
    for also in &step.also {
        let is_in_message = |place: &&Place| matches!(place, Place::Credential(_));
        let place = also.place().filter(|place| place.protocols().contains(&protocol) && !is_in_message(place));
        let Some(place) = place else { continue };
        let Some(content) = content_of(run, endpoint, also, place, message) else {
            let expected = format!("a separate value for {place}");
            return run.end(
                "setup",
                run.clause(),
                Reason::NotDeclared,
                expected,
                "there is none for this flow and target",
            );
        };
        carried.push(Carried { place: of_package(place, endpoint), content });
    }
    Ok(carried)
}

/// A credential with what a step puts into further members of it.
pub(crate) fn with_further_members<'c>(
    run: &CaseRun<'_>,
    endpoint: &Endpoint,
    step: &Step,
    credential: &'c MadeCredential,
    message: &Value,
) -> Cow<'c, MadeCredential> {
    let mut credential = Cow::Borrowed(credential);
    for also in &step.also {
        let Some(place @ Place::Credential(name)) = also.place() else { continue };
        let Some(Content::Plain(value)) = content_of(run, endpoint, also, place, message) else { continue };
        let created = &mut credential.to_mut().created;
        put(&mut created.json, name, value);
        created.text = created.json.to_string().into_bytes();
    }
    credential
}

/// The value for one place; `None` if this target or flow has none.
fn content_of(run: &CaseRun<'_>, endpoint: &Endpoint, also: &Also, place: &Place, message: &Value) -> Option<Content> {
    let text = match (also.what, &also.value) {
        (Thing::Token, which) => return token_of(run, which).map(Content::Token),
        (Thing::Host, Which::Text(host)) => as_named(place, host),
        (_, Which::Text(text)) => text.clone(),
        (Thing::UserId, which) => user_id_of(run, which)?,
        (Thing::FactorId, Which::Other) if endpoint.operation == Operation::Verify => {
            run.held_by(Whom::Other)?.open_id.clone()?
        }
        (Thing::FactorId, which) => factor_id_of(run, which)?,
        (Thing::Path, which) => path_naming(run, endpoint, which, message)?,
        (Thing::UserHandle, _) => URL_SAFE_NO_PAD.encode(other_handle(run)?),
        (Thing::User, _) => return other_user(run).map(Content::Plain),
        (Thing::Organization, Which::Other) => run.held_by(Whom::Other)?.owner.clone()?,
        (Thing::Credential, which) => return credential_value(run, endpoint, which).map(Content::Plain),
        (_, Which::Unknown) => run.unknown_id(18),
        _ => return None,
    };
    Some(Content::Plain(text.into()))
}

fn user_id_of(run: &CaseRun<'_>, which: &Which) -> Option<String> {
    match which {
        Which::Own => Some(run.lease.own().user_id.clone()),
        Which::Other => run.lease.other().map(|other| other.user_id.clone()),
        _ => Some(run.unknown_id(18)),
    }
}

fn factor_id_of(run: &CaseRun<'_>, which: &Which) -> Option<String> {
    match which {
        Which::Own => run.ceremony.factor_id.clone(),
        Which::First => run.ceremony.first_factor_id.clone(),
        Which::Other => run.held_by(Whom::Other)?.factor_id.clone(),
        _ => Some(run.unknown_id(18)),
    }
}

fn token_of(run: &CaseRun<'_>, which: &Which) -> Option<Secret> {
    match which {
        Which::Own if !run.lease.is_locked(true) => Some(run.lease.own().token.clone()),
        Which::Other if !run.lease.is_locked(false) => run.lease.other().map(|other| other.token.clone()),
        Which::Unknown => Some(Secret::new(format!("proofmark-{}", run.unknown_id(24)))),
        _ => None,
    }
}

/// The documented path with another user in it.
fn path_naming(run: &CaseRun<'_>, endpoint: &Endpoint, which: &Which, message: &Value) -> Option<String> {
    let mut message = message.clone();
    if let Some(slot) = endpoint.asks(What::User).filter(|slot| slot.of(&message).is_some()) {
        slot.put(&mut message, user_id_of(run, which)?.into());
    }
    if let Some(slot) = endpoint.asks(What::FactorId).filter(|_| *which == Which::Other) {
        slot.put(&mut message, factor_id_of(run, which)?.into());
    }
    Some(path_of(endpoint, &message))
}

fn credential_value(run: &CaseRun<'_>, endpoint: &Endpoint, which: &Which) -> Option<Value> {
    let made =
        if *which == Which::First { run.ceremony.first_credential.as_ref() } else { run.ceremony.credential.as_ref() }?;
    endpoint.asks(What::Credential).map(|slot| in_form(slot.form, made))
}

fn other_handle<'r>(run: &'r CaseRun<'_>) -> Option<&'r [u8]> {
    run.user_handles.iter().find(|(own, _)| !own).map(|(_, handle)| handle.as_slice())
}

/// The other subject as creation options describe it.
fn other_user(run: &CaseRun<'_>) -> Option<Value> {
    let (id, user) = (URL_SAFE_NO_PAD.encode(other_handle(run)?), run.lease.other()?);
    Some(json!({ "id": id, "name": user.user_id, "displayName": user.user_id }))
}

/// Notes that the next exchange is a call that gives one thing two values.
pub(crate) fn note_carried(run: &mut CaseRun<'_>, step: &Step) {
    if !step.also.is_empty() {
        run.ledger.carry(words(step));
    }
}

/// Ends the case if a start that gave one thing two values has answered with the options of the wrong user, or for another host.
pub(crate) fn look_whose(
    run: &mut CaseRun<'_>,
    step: &Step,
    endpoint: &'static Endpoint,
    options: &PublicKeyCredentialCreationOptions,
) -> Result<(), Ended> {
    let about = clause::at(run.clause(), endpoint, run.protocol(step)).to_owned();
    if step.also.is_empty() {
        return Ok(());
    }
    let is_own = step.user == UserRef::Own && step.caller != Caller::Other;
    if is_own && are_of_other(run, options) {
        let expected = "creation options for the user in the documented place, or a refusal";
        let received = format!("creation options for the other user; {}", words(step));
        return run.end(CHECK, &about, Reason::AcceptedInvalid, expected, received);
    }
    let names_host = step.also.iter().any(|also| matches!(also.what, Thing::Host | Thing::Domain));
    let (rp_id, expected) = (options.rp.id.as_deref(), expected_rp_id(run, step));
    if names_host && rp_id.is_some() && expected.is_some() && rp_id != expected {
        let expected = format!("the RP ID {}, or a refusal", expected.unwrap_or_default());
        let shown = beginning(rp_id.unwrap_or_default(), 120);
        let received = format!("{shown:?}; {}", words(step));
        return run.end(CHECK, &about, Reason::AcceptedInvalid, expected, received);
    }
    Ok(())
}

/// Whether options list what the other subject holds, or have the other subject's handle.
fn are_of_other(run: &CaseRun<'_>, options: &PublicKeyCredentialCreationOptions) -> bool {
    let lists =
        |held: &crate::runner::play::factor_state::Held| options.exclude_credentials.contains(&held.credential_id);
    let of_whom =
        |own: bool| run.user_handles.iter().any(|(whose, handle)| *whose == own && *handle == options.user.id);
    run.held_by(Whom::Other).is_some_and(lists) || (of_whom(false) && !of_whom(true))
}

/// The note on a line for a shell about the token in a further place.
pub(crate) fn other_token(step: &Step) -> Option<&'static str> {
    let token = step.also.iter().find(|also| also.what == Thing::Token)?;
    match token.value {
        Which::Own => Some("OTHER_TOKEN is the token of the case's own user"),
        Which::Other => Some("OTHER_TOKEN is the token of the other user"),
        _ => Some("OTHER_TOKEN is a token that does not exist"),
    }
}

/// The factor that the documented place names, among the known factors of the subject.
pub(crate) fn named_credential(run: &CaseRun<'_>, step: &Step) -> Option<Vec<u8>> {
    let id = match step.factor {
        FactorRef::Own => run.ceremony.factor_id.as_ref(),
        FactorRef::First => run.ceremony.first_factor_id.as_ref(),
        _ => None,
    }?;
    let known = run.state.factor_ids.iter().find(|(_, factor)| factor == id);
    known.map(|(credential, _)| credential.clone())
}

/// Notes that, of two credentials in one call, the one outside the documented place must not be stored.
pub(crate) fn note_unsent(run: &mut CaseRun<'_>, step: &Step) {
    let also = step.also.iter().find(|also| also.what == Thing::Credential);
    let other = also.and_then(|also| match also.value {
        Which::First => run.ceremony.first_credential.as_ref(),
        _ => run.ceremony.credential.as_ref(),
    });
    let ids = other.into_iter().flat_map(|made| made.ids.clone());
    run.state.absent.extend(ids.map(|id| (id, crate::runner::play::factor_state::AFTER_STATE)));
}

/// Remembers the factor of the credential that was enrolled last.
pub(crate) fn learn_factor_of_latest(run: &mut CaseRun<'_>) {
    let credential = run.state.enrolled.last().cloned();
    if let Some((credential, id)) = credential.zip(run.ceremony.factor_id.clone()) {
        run.state.factor_ids.retain(|(known, _)| *known != credential);
        run.state.factor_ids.push((credential, id));
    }
}

/// Sets a member whose name has points between the members that lead to it.
fn put(object: &mut Value, name: &str, value: Value) {
    let (outer, inner) = name.split_once('.').map_or((name, None), |(outer, inner)| (outer, Some(inner)));
    let Some(members) = object.as_object_mut() else { return };
    match inner {
        None => drop(members.insert(outer.to_owned(), value)),
        Some(inner) => put(members.entry(outer).or_insert_with(|| json!({})), inner, value),
    }
}

/// `x-package-..` stands for a header of the API's own, in whose name `package` is the first part of the package's name.
fn of_package(place: &Place, endpoint: &Endpoint) -> Place {
    let own = |name: &HeaderName| {
        let rest = name.as_str().strip_prefix("x-package-")?;
        let package = endpoint.grpc.as_ref()?.service.split('.').next()?;
        format!("x-{package}-{rest}").parse().ok()
    };
    match place {
        Place::Header(name) => Place::Header(own(name).unwrap_or_else(|| name.clone())),
        other => other.clone(),
    }
}

/// A host in the form of the header that names a host.
fn as_named(place: &Place, host: &str) -> String {
    match place.name() {
        "forwarded" => format!("host={host};proto=https"),
        "origin" => format!("https://{host}"),
        "referer" => format!("https://{host}/register"),
        _ => host.to_owned(),
    }
}

/// What a step has in further places, in one line.
pub(crate) fn words(step: &Step) -> String {
    let one = |also: &Also| {
        let place = also.place().map(ToString::to_string).unwrap_or_default();
        let what = match also.what {
            Thing::UserId => "user id",
            Thing::FactorId => "factor id",
            Thing::Token => "token",
            Thing::Path => "path",
            Thing::Host => "host",
            Thing::Domain => "domain",
            Thing::UserHandle => "user handle",
            Thing::User => "user",
            Thing::Organization => "organization",
            Thing::Credential => "credential",
            Thing::Text => "value",
        };
        match &also.value {
            Which::Own => format!("{place} had the user's own {what}"),
            Which::Other => format!("{place} had the other user's {what}"),
            Which::First => format!("{place} had the first {what}"),
            Which::Unknown => format!("{place} had a {what} that does not exist"),
            Which::Text(text) => format!("{place} had {text:?}"),
        }
    };
    step.also.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Ends the case because a call that gave one thing two values has changed what it should not have changed.
pub(crate) fn end_acted_on<T>(run: &mut CaseRun<'_>, whom: Whom, wrong: &str) -> Result<T, Ended> {
    let expected = "changes only to the factors and open registrations that the documented place of the call names";
    let received = format!("{} was acted on: {wrong}", user(whom));
    let exchange = run.ledger.carrier();
    let about = exchange.map_or(run.clause(), |at| clause::at(run.clause(), at.endpoint, at.protocol)).to_owned();
    run.end(UNTOUCHED, &about, Reason::StateChanged, expected, received)
}

pub(crate) const fn user(whom: Whom) -> &'static str {
    match whom {
        Whom::Own => "the caller's own user",
        Whom::Other => "the other user",
    }
}
