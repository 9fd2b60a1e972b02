//! Creation options, as WebAuthn L3 section 5.4 defines them.

use std::borrow::Cow;

use serde_json::Value;

use super::check::Check;
use super::observation::{Observation, Wrong, brief};
use crate::contract::dialect::member;
use crate::contract::{Endpoint, Form, Operation, What};
use crate::outcome::Reason;
use crate::webauthn::base64;
use crate::webauthn::options::{OptionsError, PublicKeyCredentialCreationOptions};

/// Members and their types.
pub const MEMBERS: Check =
    Check { id: "options-members", clause: "api/options/members", reason: Reason::WrongShape, examine: members };

/// At least 16 bytes of challenge.
pub const CHALLENGE: Check = Check {
    id: "challenge-length",
    clause: "webauthn/13.4.3/challenge-length",
    reason: Reason::ShouldUnmet,
    examine: challenge,
};

/// The RP ID.
pub const RP_ID: Check =
    Check { id: "options-rp-id", clause: "api/options/rp-id", reason: Reason::WrongShape, examine: rp_id };

/// The kind of authenticator.
pub const ATTACHMENT: Check = Check {
    id: "options-attachment",
    clause: "api/options/attachment",
    reason: Reason::DocVsServer,
    examine: attachment,
};

/// The form in which v2 writes bytes.
pub const ENCODING: Check =
    Check { id: "options-encoding", clause: "api/options/encoding", reason: Reason::DocVsServer, examine: encoding };

/// WebAuthn L3 section 13.5.3: "at least 16 bytes long".
const LEAST_CHALLENGE: usize = 16;

/// The `publicKey` object of a start's answer; v1 wraps it as base64 of JSON. `None` if the answer has no options, or has something else
/// in their place: another check reports that.
pub(super) fn public_key<'o>(observation: &'o Observation<'_>) -> Option<Result<&'o Value, &'o Wrong>> {
    let read = observation.memo.public_key.get_or_init(|| read_public_key(observation));
    read.as_ref().map(|read| read.as_ref().map(Cow::as_ref))
}

/// The creation options in the answer of a start, as a client reads them; `None` if the answer has none.
pub fn creation_options(
    start: &Endpoint,
    body: &Value,
) -> Option<Result<PublicKeyCredentialCreationOptions, OptionsError>> {
    Some(match start.answered(What::Options, body)? {
        Value::String(text) => PublicKeyCredentialCreationOptions::from_text(text),
        object => PublicKeyCredentialCreationOptions::from_json(object),
    })
}

fn read_public_key<'a>(observation: &Observation<'a>) -> Option<Result<Cow<'a, Value>, Wrong>> {
    let body = observation.success().filter(|_| observation.is(Operation::Start))?;
    let slot = observation.exchange.endpoint.answers(What::Options)?;
    let options = slot.of(body)?;
    let object = match options {
        Value::String(text) if slot.form == Form::Base64 => {
            match base64::decode_any(text).ok().and_then(|json| serde_json::from_slice(&json).ok()) {
                Some(object @ Value::Object(_)) => Cow::Owned(object),
                _ => return Some(Err(Wrong::new("base64 of JSON with publicKey", brief(Some(options))))),
            }
        }
        Value::Object(_) => Cow::Borrowed(options),
        _ => return None,
    };
    let wrong = |other| Some(Err(Wrong::new("publicKey: object", format!("publicKey: {}", brief(other)))));
    match object {
        Cow::Borrowed(object) => match object.get("publicKey") {
            Some(inner @ Value::Object(_)) => Some(Ok(Cow::Borrowed(inner))),
            other => wrong(other),
        },
        Cow::Owned(mut object) => match object.get_mut("publicKey").map(Value::take) {
            Some(inner @ Value::Object(_)) => Some(Ok(Cow::Owned(inner))),
            other => wrong(other.as_ref()),
        },
    }
}

fn members(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = match public_key(observation)? {
        Err(wrong) => return Some(vec![wrong.clone()]),
        Ok(options) => options,
    };
    type Test = fn(&Value) -> bool;
    let required: [(&str, &str, Test); 7] = [
        ("/rp", "object", Value::is_object),
        ("/rp/name", "string", Value::is_string),
        ("/user/id", "1 to 64 bytes in base64url", is_user_id),
        ("/user/name", "string", Value::is_string),
        ("/user/displayName", "string", Value::is_string),
        ("/challenge", "bytes in base64url", |value| decoded(value).is_some()),
        ("/pubKeyCredParams", "array of {type: \"public-key\", alg: integer}", are_parameters),
    ];
    let optional: [(&str, &str, Test); 12] = [
        ("/rp/id", "string", Value::is_string),
        ("/timeout", "integer of 32 bits, not negative", |value| integer(value).is_some_and(is_unsigned_long)),
        (
            "/excludeCredentials",
            "array of {type: \"public-key\", id: base64url}, with transports as an array of strings if present",
            are_descriptors,
        ),
        ("/attestation", "string", Value::is_string),
        ("/authenticatorSelection", "object", Value::is_object),
        ("/authenticatorSelection/userVerification", "string", Value::is_string),
        ("/authenticatorSelection/residentKey", "string", Value::is_string),
        ("/authenticatorSelection/authenticatorAttachment", "string", |value| value.is_null() || value.is_string()),
        ("/authenticatorSelection/requireResidentKey", "boolean", |value| value.is_null() || value.is_boolean()),
        ("/hints", "array", |value| value.is_null() || value.is_array()),
        ("/attestationFormats", "array", |value| value.is_null() || value.is_array()),
        ("/extensions", "object", |value| value.is_null() || value.is_object()),
    ];
    let wrong = |pointer: &str, expected: &str, value: Option<&Value>| {
        let name = pointer.trim_start_matches('/').replace('/', ".");
        Wrong::new(format!("publicKey.{name}: {expected}"), format!("publicKey.{name}: {}", brief(value)))
    };
    let missing = required.into_iter().filter_map(|(pointer, expected, fits)| {
        let value = member(options, pointer);
        (!value.is_some_and(fits)).then(|| wrong(pointer, expected, value))
    });
    let ill_typed = optional.into_iter().filter_map(|(pointer, expected, fits)| {
        let value = member(options, pointer)?;
        (!fits(value)).then(|| wrong(pointer, expected, Some(value)))
    });
    Some(missing.chain(ill_typed).collect())
}

pub(super) fn decoded(value: &Value) -> Option<Vec<u8>> {
    base64::decode_any(value.as_str()?).ok()
}

/// A whole number, however it is written: to JSON, `-7` and `-7.0` are the same, and protobuf's Struct knows doubles only.
pub(super) fn integer(value: &Value) -> Option<f64> {
    value.as_f64().filter(|number| number.fract() == 0.0)
}

/// WebIDL's unsigned long; a client would cut a greater number to its 32 bits.
pub(super) fn is_unsigned_long(number: f64) -> bool {
    (0.0..=f64::from(u32::MAX)).contains(&number)
}

fn is_user_id(value: &Value) -> bool {
    decoded(value).is_some_and(|id| (1..=64).contains(&id.len()))
}

fn is_public_key(entry: &Value) -> bool {
    entry.get("type").and_then(Value::as_str) == Some("public-key")
}

/// An empty list stands for ES256 and RS256 (WebAuthn L3 section 5.4, pubKeyCredParams).
fn are_parameters(value: &Value) -> bool {
    let fits = |entry: &Value| is_public_key(entry) && entry.get("alg").and_then(integer).is_some();
    value.as_array().is_some_and(|entries| entries.iter().all(fits))
}

fn are_descriptors(value: &Value) -> bool {
    let is_list = |value: &Value| value.as_array().is_some_and(|texts| texts.iter().all(Value::is_string));
    let fits = |entry: &Value| {
        let has_id = entry.get("id").and_then(decoded).is_some();
        is_public_key(entry) && has_id && entry.get("transports").is_none_or(is_list)
    };
    value.as_array().is_some_and(|entries| entries.iter().all(fits))
}

fn challenge(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = public_key(observation)?.ok()?;
    let challenge = options.get("challenge").and_then(decoded)?;
    if challenge.len() >= LEAST_CHALLENGE {
        return Some(Vec::new());
    }
    let expected = format!("a challenge of at least {LEAST_CHALLENGE} bytes");
    Some(vec![Wrong::new(expected, format!("{} bytes", challenge.len()))])
}

/// If the RP ID is left out, it is the caller's effective domain (WebAuthn L3 section 5.4.2); so only a different RP ID is wrong.
fn rp_id(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = public_key(observation)?.ok()?;
    let (received, expected) = (member(options, "/rp/id"), observation.rp_id?);
    let id = received?.as_str()?;
    if id == expected {
        return Some(Vec::new());
    }
    Some(vec![Wrong::new(format!("publicKey.rp.id: {expected:?}"), brief(received))])
}

/// Page 004 shows base64url without padding, which is what WebAuthn's own helpers read (`parseCreationOptionsFromJSON`); page 003, of
/// v1, shows padded standard base64. [`MEMBERS`] reports a text that is not base64 at all.
fn encoding(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    observation.exchange.endpoint.answers(What::Options).filter(|slot| slot.form == Form::Json)?;
    let options = public_key(observation)?.ok()?;
    let excluded = options.get("excludeCredentials").and_then(Value::as_array).into_iter().flatten();
    let is_other = |value: &&Value| {
        let is_url = |text: &str| !text.contains(['+', '/', '=']);
        decoded(value).is_some() && !value.as_str().is_some_and(is_url)
    };
    let wrongs = [
        ("challenge", options.get("challenge").filter(is_other)),
        ("user.id", member(options, "/user/id").filter(is_other)),
        ("excludeCredentials[].id", excluded.filter_map(|entry| entry.get("id")).find(is_other)),
    ];
    let wrong = |(name, value): (&str, Option<&Value>)| {
        let received = format!("publicKey.{name}: {}", brief(Some(value?)));
        Some(Wrong::new(format!("publicKey.{name}: base64url without padding"), received))
    };
    Some(wrongs.into_iter().filter_map(wrong).collect())
}

/// No page says in words what happens to the kind that a start asks for, so a difference is not a fail.
fn attachment(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let expected = observation.attachment?;
    let options = public_key(observation)?.ok()?;
    let received = member(options, "/authenticatorSelection/authenticatorAttachment");
    if received.and_then(Value::as_str) == Some(expected) {
        return Some(Vec::new());
    }
    let name = "publicKey.authenticatorSelection.authenticatorAttachment";
    Some(vec![Wrong::new(format!("{name}: {expected:?}"), format!("{name}: {}", brief(received)))])
}
