//! Documented bodies, member by member.

use serde_json::{Map, Value};

use super::check::Check;
use super::observation::{Observation, Wrong, brief};
use crate::contract::{Form, Operation, Protocol, What};
use crate::outcome::Reason;
use crate::transport::Reply;

const fn check(id: &'static str, clause: &'static str, examine: fn(&Observation<'_>) -> Option<Vec<Wrong>>) -> Check {
    Check { id, clause, reason: Reason::WrongShape, examine }
}

/// The error body is an object.
pub const ERROR_BODY: Check = check("error-body", "api/shape/error", error_body);

/// Its code.
pub const ERROR_CODE: Check = check("error-code", "api/shape/error/code", error_code);

/// Its message.
pub const ERROR_MESSAGE: Check = check("error-message", "api/shape/error/message", error_message);

/// Its details.
pub const ERROR_DETAILS: Check = check("error-details", "api/shape/error/details", error_details);

/// The type of each detail.
pub const ERROR_TYPE: Check = check("error-type", "api/shape/error/type", error_type);

/// A start's details.
pub const START_DETAILS: Check = check("start-details", "api/shape/start/details", start_details);

/// A v2 start's id of the factor.
pub const START_FACTOR_ID: Check = check("start-factor-id", "api/shape/start/factor-id", start_factor_id);

/// A start's options.
pub const START_OPTIONS: Check = check("start-options", "api/shape/start/options", start_options);

/// A verify's answer.
pub const VERIFY: Check = check("verify-shape", "api/shape/verify", verify);

/// A removal's answer.
pub const REMOVE: Check = check("remove-shape", "api/shape/remove", remove);

/// A REST refusal with a documented status. Another check reports a status below 400; no form is documented for its body.
fn is_rest_refusal(observation: &Observation<'_>) -> bool {
    let exchange = observation.exchange;
    matches!(exchange.reply, Reply::Refusal(_)) && exchange.protocol == Protocol::Rest && exchange.http_status >= 400
}

fn error_body(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let Reply::Refusal(refusal) = &observation.exchange.reply else { return None };
    if observation.exchange.protocol != Protocol::Rest {
        // The status is a message with a schema; another check reports it if it is not.
        return refusal.status.is_some().then(Vec::new);
    }
    if !is_rest_refusal(observation) {
        return None;
    }
    if rest_error(observation).is_some() {
        return Some(Vec::new());
    }
    let received = String::from_utf8_lossy(&observation.exchange.body);
    Some(vec![Wrong::new("a JSON object with code, message and details", brief(Some(&received.into())))])
}

/// The body of a REST refusal, if it is an object; otherwise there are no members to look at.
fn rest_error<'a>(observation: &Observation<'a>) -> Option<&'a Map<String, Value>> {
    match &observation.exchange.reply {
        Reply::Refusal(refusal) if is_rest_refusal(observation) => refusal.json.as_ref()?.as_object(),
        _ => None,
    }
}

/// A member of an error. Over gRPC the schema fixes the type, so it was checked together with the status.
fn error_member(observation: &Observation<'_>, name: &str, kind: &str, fits: fn(&Value) -> bool) -> Option<Vec<Wrong>> {
    if observation.exchange.protocol != Protocol::Rest {
        return error_body(observation);
    }
    let body = rest_error(observation)?;
    let value = body.get(name);
    let wrong = || vec![Wrong::new(format!("{name}: {kind}"), format!("{name}: {}", brief(value)))];
    Some(if value.is_some_and(fits) { Vec::new() } else { wrong() })
}

fn error_code(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let is_int32 = |value: &Value| value.as_i64().is_some_and(|code| i32::try_from(code).is_ok());
    error_member(observation, "code", "int32", is_int32)
}

fn error_message(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    error_member(observation, "message", "string", Value::is_string)
}

/// An empty list may be left out in protobuf JSON.
fn error_details(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    if rest_error(observation).is_some_and(|body| !body.contains_key("details")) {
        return Some(Vec::new());
    }
    error_member(observation, "details", "array of objects", Value::is_array)
}

fn error_type(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let Reply::Refusal(refusal) = &observation.exchange.reply else { return None };
    if observation.exchange.protocol != Protocol::Rest {
        let details = refusal.status.as_ref().map(|status| &status.details).filter(|details| !details.is_empty())?;
        return Some(details.iter().filter_map(untyped).collect());
    }
    let body = rest_error(observation)?;
    let details = body.get("details")?.as_array().filter(|details| !details.is_empty())?;
    Some(details.iter().filter_map(untyped).collect())
}

fn untyped(detail: &Value) -> Option<Wrong> {
    let type_url = detail.get("@type").and_then(Value::as_str);
    let fits = type_url.is_some_and(|url| !url.is_empty());
    (!fits).then(|| Wrong::new("details[]: object with \"@type\": string", brief(Some(detail))))
}

/// The body of a successful answer to an operation.
fn answer<'a>(observation: &Observation<'a>, operation: Operation) -> Option<&'a Value> {
    observation.success().filter(|_| observation.is(operation))
}

fn start_details(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    has_details(observation, Operation::Start)
}

fn start_factor_id(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let body = answer(observation, Operation::Start)?;
    let slot = observation.exchange.endpoint.answers(What::FactorId)?;
    let (id, received) = (slot.name(), slot.of(body));
    let fits = received.and_then(Value::as_str).is_some_and(|id| !id.is_empty());
    let wrong = || vec![Wrong::new(format!("{id}: non-empty string"), format!("{id}: {}", brief(received)))];
    Some(if fits { Vec::new() } else { wrong() })
}

fn start_options(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let body = answer(observation, Operation::Start)?;
    let slot = observation.exchange.endpoint.answers(What::Options)?;
    let options = slot.of(body);
    let (fits, expected) = match slot.form {
        Form::Base64 => (options.is_some_and(Value::is_string), "bytes in base64"),
        Form::Json => (options.is_some_and(Value::is_object), "object"),
    };
    let name = slot.at.trim_start_matches('/').replace('/', ".");
    let wrong = || vec![Wrong::new(format!("{name}: {expected}"), format!("{name}: {}", brief(options)))];
    Some(if fits { Vec::new() } else { wrong() })
}

fn verify(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    has_details(observation, Operation::Verify)
}

fn remove(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    has_details(observation, Operation::Remove)
}

fn has_details(observation: &Observation<'_>, operation: Operation) -> Option<Vec<Wrong>> {
    let body = answer(observation, operation)?;
    let slot = observation.exchange.endpoint.answers(What::Details)?;
    let (name, details) = (slot.name(), slot.of(body));
    if details.is_some_and(Value::is_object) {
        return Some(Vec::new());
    }
    Some(vec![Wrong::new(format!("{name}: object"), format!("{name}: {}", brief(details)))])
}
