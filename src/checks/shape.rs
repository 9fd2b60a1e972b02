//! Documented bodies, field by field.

use serde_json::{Map, Value};

use super::{Check, Observation, Wrong, brief};
use crate::contract::{ApiVersion, Operation, Protocol};
use crate::outcome::Reason;
use crate::transport::Reply;

/// The error body.
pub const ERROR: Check =
    Check { id: "error-shape", clause: "api/shape/error", reason: Reason::WrongShape, examine: error };

/// A start's answer.
pub const START: Check =
    Check { id: "start-shape", clause: "api/shape/start", reason: Reason::WrongShape, examine: start };

/// A verify's answer.
pub const VERIFY: Check =
    Check { id: "verify-shape", clause: "api/shape/verify", reason: Reason::WrongShape, examine: verify };

/// A removal's answer.
pub const REMOVE: Check =
    Check { id: "remove-shape", clause: "api/shape/remove", reason: Reason::WrongShape, examine: remove };

/// The members of `details` in any success.
pub const DETAILS: Check =
    Check { id: "details-shape", clause: "api/shape/details", reason: Reason::WrongShape, examine: details };

/// REST only: over gRPC the protobuf schema leaves no choice, and `grpc-status` has its own check.
fn error(observation: &Observation<'_>) -> Vec<Wrong> {
    let exchange = observation.exchange;
    let Reply::Refusal(refusal) = &exchange.reply else { return Vec::new() };
    if exchange.protocol == Protocol::Rest {
        if exchange.http_status < 400 {
            // No documented refusal: the status has its own check, and the body can't be held to a form.
            return Vec::new();
        }
        let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(&exchange.body) else {
            let received = String::from_utf8_lossy(&exchange.body);
            return vec![Wrong::new("a JSON object with code, message and details", brief(Some(&received.into())))];
        };
        return error_members(&body);
    }
    let details = refusal.status.iter().flat_map(|status| &status.details);
    details.filter_map(typed).collect()
}

fn error_members(body: &Map<String, Value>) -> Vec<Wrong> {
    let mut wrongs = Vec::new();
    let code = body.get("code");
    if code.and_then(Value::as_i64).is_none_or(|code| i32::try_from(code).is_err()) {
        wrongs.push(Wrong::new("code: int32", format!("code: {}", brief(code))));
    }
    let message = body.get("message");
    if !message.is_some_and(Value::is_string) {
        wrongs.push(Wrong::new("message: string", format!("message: {}", brief(message))));
    }
    match body.get("details") {
        // An empty list may be left out in protobuf JSON.
        None => {}
        Some(Value::Array(details)) => wrongs.extend(details.iter().filter_map(typed)),
        other => wrongs.push(Wrong::new("details: array of objects", format!("details: {}", brief(other)))),
    }
    wrongs
}

fn typed(detail: &Value) -> Option<Wrong> {
    let type_url = detail.get("@type").and_then(Value::as_str);
    let fits = type_url.is_some_and(|url| !url.is_empty());
    (!fits).then(|| Wrong::new("details[]: object with \"@type\": string", brief(Some(detail))))
}

fn start(observation: &Observation<'_>) -> Vec<Wrong> {
    let Some(body) = observation.success().filter(|_| observation.is(Operation::Start)) else { return Vec::new() };
    let endpoint = observation.exchange.endpoint;
    let mut wrongs = vec![has_details(body)];
    if let Some(id) = endpoint.flow.endpoint(Operation::Verify).and_then(|verify| verify.factor_member()) {
        let received = body.get(id);
        let fits = received.and_then(Value::as_str).is_some_and(|id| !id.is_empty());
        wrongs
            .push((!fits).then(|| Wrong::new(format!("{id}: non-empty string"), format!("{id}: {}", brief(received)))));
    }
    let pointer = endpoint.options_member().unwrap_or_default();
    let options = body.pointer(pointer);
    let (fits, expected) = match endpoint.flow.version() {
        ApiVersion::V1 => (options.is_some_and(Value::is_string), "bytes in base64"),
        ApiVersion::V2 => (options.is_some_and(Value::is_object), "object"),
    };
    let name = pointer.trim_start_matches('/').replace('/', ".");
    wrongs.push((!fits).then(|| Wrong::new(format!("{name}: {expected}"), format!("{name}: {}", brief(options)))));
    wrongs.into_iter().flatten().collect()
}

fn verify(observation: &Observation<'_>) -> Vec<Wrong> {
    only_details(observation, Operation::Verify)
}

fn remove(observation: &Observation<'_>) -> Vec<Wrong> {
    only_details(observation, Operation::Remove)
}

fn only_details(observation: &Observation<'_>, operation: Operation) -> Vec<Wrong> {
    observation.success().filter(|_| observation.is(operation)).and_then(has_details).into_iter().collect()
}

fn has_details(body: &Value) -> Option<Wrong> {
    let details = body.get("details");
    (!details.is_some_and(Value::is_object))
        .then(|| Wrong::new("details: object", format!("details: {}", brief(details))))
}

/// sequence, resourceOwner and one of the two dates are in every documented answer; which of the dates is left open.
fn details(observation: &Observation<'_>) -> Vec<Wrong> {
    let Some(details) = observation.success().and_then(|body| body.get("details")?.as_object()) else {
        return Vec::new();
    };
    let date = "date and time as RFC 3339 writes them";
    type Test = fn(&Value) -> bool;
    let members: [(&str, &str, Test); 4] = [
        ("sequence", "uint64 in a string", |value| value.as_str().is_some_and(is_uint64)),
        ("creationDate", date, |value| value.as_str().is_some_and(is_date_time)),
        ("changeDate", date, |value| value.as_str().is_some_and(is_date_time)),
        ("resourceOwner", "string", Value::is_string),
    ];
    let dated = details.contains_key("creationDate") || details.contains_key("changeDate");
    let wrong = |(name, expected, fits): (&str, &str, Test)| {
        let value = details.get(name);
        let left_out = value.is_none() && name.ends_with("Date") && dated;
        (!left_out && !value.is_some_and(fits))
            .then(|| Wrong::new(format!("details.{name}: {expected}"), format!("details.{name}: {}", brief(value))))
    };
    members.into_iter().filter_map(wrong).collect()
}

fn is_uint64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_ok()
}

/// RFC 3339 section 5.6, `date-time`. jiff knows the calendar, but also reads what RFC 3339 does not have: shorter
/// offsets, compact forms, a comma, names of time zones.
fn is_date_time(text: &str) -> bool {
    const SECONDS: &str = "0000-00-00T00:00:00";
    let Some((seconds, rest)) = text.split_at_checked(SECONDS.len()) else { return false };
    let fraction = rest.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let offset = match fraction {
        Some(0) => return false,
        Some(digits) => &rest[digits + 1..],
        None => rest,
    };
    let offset_fits = offset.eq_ignore_ascii_case("Z") || has_form(offset, "+00:00") || has_form(offset, "-00:00");
    has_form(&seconds.to_ascii_uppercase(), SECONDS) && offset_fits && text.parse::<jiff::Timestamp>().is_ok()
}

/// Whether a text is equal to another in which any digit stands for any other.
fn has_form(text: &str, form: &str) -> bool {
    let fits = |(a, b): (u8, u8)| if b == b'0' { a.is_ascii_digit() } else { a == b };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}
