//! The messages of calls: the documented members, and what a step changes in them.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::carriers::with_further_members;
use super::case_run::CaseRun;
use super::ceremony::{MadeCredential, in_form};
use super::expected::further_domain;
use super::ledger::Ended;
use super::starts::{credential_of, factor_of};
use crate::contract::{Endpoint, What};
use crate::outcome::Reason;
use crate::scenario::{DomainRef, FactorRef, MessageEdit, MessageMember, NameSpec, Step, UserRef, Whom};
use crate::words::hex;

// UNRESOLVED ? hold::held_by

/// Random bytes in a name that no step gives.
const NAME_BYTES: usize = 10;

/// The message of a step in canonical protobuf JSON, except for the step's changes.
pub(crate) fn message_for(run: &mut CaseRun<'_>, endpoint: &'static Endpoint, step: &Step) -> Result<Value, Ended> {
    let mut message = json!({});
    if let Some(slot) = endpoint.asks(What::User) {
        let id = match &step.user {
            UserRef::Own => run.lease.own().user_id.clone(),
            UserRef::Other => run.lease.other().map(|other| other.user_id.clone()).unwrap_or_default(),
            UserRef::Unknown => run.unknown_id(18),
            UserRef::Length(length) => run.unknown_id(*length),
            UserRef::Text(text) => text.clone(),
        };
        slot.put(&mut message, id.into());
    }
    if let Some(slot) = endpoint.asks(What::FactorId) {
        let unknown = || run.unknown_id(18);
        let id = match &step.factor {
            FactorRef::Own if step.of.is_some() => factor_of(run, step).unwrap_or_else(unknown),
            FactorRef::Own => run.ceremony.factor_id.clone().unwrap_or_else(unknown),
            FactorRef::First => run.ceremony.first_factor_id.clone().unwrap_or_else(unknown),
            FactorRef::Held => run.held_by(Whom::Other).and_then(|held| held.factor_id.clone()).unwrap_or_else(unknown),
            FactorRef::Unknown => unknown(),
            FactorRef::Length(length) => run.unknown_id(*length),
            FactorRef::Text(text) => text.clone(),
        };
        slot.put(&mut message, id.into());
    }
    if let (Some(slot), Some(domain)) = (endpoint.asks(What::Domain), &step.domain) {
        let own = &run.shared.target.rp_id;
        let further = further_domain(run).map(str::to_owned);
        if *domain == DomainRef::Further && further.is_none() {
            let (expected, received) = ("`domains` in the target file", "the target file names none");
            return run.end("setup", run.clause(), Reason::NotDeclared, expected, received);
        }
        let domain = match domain {
            DomainRef::Own => own.clone(),
            DomainRef::Further => further.unwrap_or_default(),
            DomainRef::Around(before, after) => format!("{before}{own}{after}"),
            DomainRef::Text(text, times) => text.repeat(*times),
        };
        slot.put(&mut message, domain.into());
    }
    if let Some(slot) = endpoint.asks(What::Credential) {
        let Some(credential) = credential_of(run, step) else {
            return run.end("setup", run.clause(), Reason::Setup, "a credential to verify", "no credential was made");
        };
        let credential = with_further_members(run, endpoint, step, credential, &message);
        slot.put(&mut message, in_form(slot.form, &credential));
        endpoint.say(What::FactorName, &mut message, name_of(step, &credential));
    }
    for edit in &step.message {
        change(&mut message, endpoint, edit);
    }
    Ok(message)
}

/// The kind of authenticator that a step asks for, as options name it.
pub(crate) fn asked_attachment(step: &Step) -> Option<&'static str> {
    let asked = step.message.iter().find(|edit| edit.member == MessageMember::Authenticator)?;
    match asked.value.as_ref()?.as_str()? {
        "PASSKEY_AUTHENTICATOR_PLATFORM" => Some("platform"),
        "PASSKEY_AUTHENTICATOR_CROSS_PLATFORM" => Some("cross-platform"),
        _ => None,
    }
}

/// The name of a factor if a step gives none. It follows from the credential and is new in every run, as the credential is, so it occurs
/// nowhere by chance. The faults of a request know the usual one.
fn name_of(step: &Step, credential: &MadeCredential) -> String {
    match &step.name {
        Some(name) => name.text(&drawn_name(credential)),
        None if step.tamper.is_some() => NameSpec::usual().text(""),
        None => drawn_name(credential),
    }
}

/// A text that no other factor has as its name, nor as a part of it.
pub(crate) fn drawn_name(credential: &MadeCredential) -> String {
    let hash = Sha256::new_with_prefix(b"name").chain_update(credential.seed);
    let hash = hash.chain_update(&credential.recipe.options.challenge).finalize();
    format!("key-{}", hex(&hash[..NAME_BYTES]))
}

/// Changes one member.
fn change(message: &mut Value, endpoint: &Endpoint, edit: &MessageEdit) {
    let of = |what| endpoint.asks(what).map(|slot| slot.at);
    let pointer = match edit.member {
        MessageMember::Name => of(What::FactorName),
        MessageMember::Credential => of(What::Credential),
        MessageMember::Authenticator => of(What::Authenticator),
        MessageMember::Code => of(What::Code),
        MessageMember::Unknown => Some("/unknownMember"),
    };
    let Some((parent, name)) = pointer.and_then(|pointer| pointer.rsplit_once('/')) else { return };
    let Some(object) = message.pointer_mut(parent).and_then(Value::as_object_mut) else { return };
    let old = object.shift_remove(name);
    let value = match (&edit.encoded, edit.snake_case) {
        (Some(form), _) => old.as_ref().and_then(|old| encoded(form, old)),
        (None, true) => old,
        (None, false) if edit.is_null => Some(Value::Null),
        (None, false) => edit.value.clone(),
    };
    if let Some(value) = value {
        let name = if edit.snake_case { snake_case(name) } else { name.to_owned() };
        object.insert(name, value);
    }
}

/// Bytes in another form of base64.
fn encoded(form: &str, value: &Value) -> Option<Value> {
    let bytes = STANDARD.decode(value.as_str()?).ok()?;
    let text = match form {
        "unpadded" => STANDARD_NO_PAD.encode(bytes),
        "url-padded" => URL_SAFE.encode(bytes),
        "url-unpadded" => URL_SAFE_NO_PAD.encode(bytes),
        // The first half in one alphabet and the second in the other; JSON of base64url has all that differs.
        "mixed" => {
            let (standard, url) = (STANDARD.encode(&bytes), URL_SAFE.encode(&bytes));
            let half = standard.len() / 2;
            format!("{}{}", &standard[..half], &url[half..])
        }
        "double" => STANDARD.encode(STANDARD.encode(bytes)),
        "hex" => hex(&bytes),
        "percent" => STANDARD.encode(bytes).replace('=', "%3D").replacen('e', "%65", 1),
        "text" => String::from_utf8(bytes).ok()?,
        _ => return None,
    };
    Some(text.into())
}

/// The original protobuf name of a member.
fn snake_case(name: &str) -> String {
    name.chars().flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] }).collect()
}
