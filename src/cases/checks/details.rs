//! `details` of any success, member by member: the types, and the meaning as far as one answer shows it.

use http::header::DATE;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::check::Check;
use super::observation::{Observation, Wrong, brief};
use crate::outcome::Reason;

/// The sequence, a uint64.
pub const SEQUENCE: Check = Check {
    id: "details-sequence",
    clause: "api/shape/details/sequence",
    reason: Reason::WrongShape,
    examine: sequence,
};

/// The time of the first event.
pub const CREATION_DATE: Check = Check {
    id: "details-creation-date",
    clause: "api/shape/details/creation-date",
    reason: Reason::WrongShape,
    examine: creation_date,
};

/// The time of the last event.
pub const CHANGE_DATE: Check = Check {
    id: "details-change-date",
    clause: "api/shape/details/change-date",
    reason: Reason::WrongShape,
    examine: change_date,
};

/// The organization.
pub const RESOURCE_OWNER: Check = Check {
    id: "details-resource-owner",
    clause: "api/shape/details/resource-owner",
    reason: Reason::WrongShape,
    examine: resource_owner,
};

/// The first event is not after the last one.
pub const CREATED_BEFORE_CHANGED: Check = Check {
    id: "details-created-before-changed",
    clause: "api/details/creation-date",
    reason: Reason::WrongShape,
    examine: created_before_changed,
};

/// The events of a manipulation have the time of the call, by the clock of the reply.
pub const CHANGED_NOW: Check = Check {
    id: "details-changed-now",
    clause: "api/details/change-date",
    reason: Reason::WrongShape,
    examine: changed_now,
};

/// How far the clock that dates events may be from the one that dates replies.
const CLOCKS_APART: SignedDuration = SignedDuration::from_mins(5);

const DATE_TIME: &str = "date and time in the form of RFC 3339";

/// Whether a value fits the type of a member.
type Test = fn(&Value) -> bool;

fn details<'a>(observation: &Observation<'a>) -> Option<&'a Map<String, Value>> {
    observation.success()?.get("details")?.as_object()
}

fn wrong(name: &str, expected: &str, value: Option<&Value>) -> Vec<Wrong> {
    vec![Wrong::new(format!("details.{name}: {expected}"), format!("details.{name}: {}", brief(value)))]
}

fn member(details: &Map<String, Value>, name: &str, expected: &str, fits: Test) -> Vec<Wrong> {
    let value = details.get(name);
    if value.is_some_and(fits) { Vec::new() } else { wrong(name, expected, value) }
}

fn sequence(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let is_sequence: Test = |value| value.as_str().is_some_and(is_uint64);
    Some(member(details(observation)?, "sequence", "uint64 in a string", is_sequence))
}

fn resource_owner(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    Some(member(details(observation)?, "resourceOwner", "string", Value::is_string))
}

/// Every documented answer has one of the two dates; the documents leave open which one.
fn creation_date(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let details = details(observation)?;
    details.contains_key("creationDate").then(|| member(details, "creationDate", DATE_TIME, is_date))
}

fn change_date(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let details = details(observation)?;
    let left_out = !details.contains_key("changeDate") && details.contains_key("creationDate");
    (!left_out).then(|| member(details, "changeDate", DATE_TIME, is_date))
}

fn created_before_changed(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let details = details(observation)?;
    let (created, changed) = (time(details, "creationDate")?, time(details, "changeDate")?);
    if created <= changed {
        return Some(Vec::new());
    }
    let expected = format!("a date that is not after changeDate, {changed}");
    Some(wrong("creationDate", &expected, details.get("creationDate")))
}

/// The operations under test are manipulations. The clock is the target's own, because ours may be wrong.
fn changed_now(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let details = details(observation)?;
    let changed = time(details, "changeDate")?;
    let date = observation.exchange.headers.get(DATE)?.to_str().ok()?;
    let now = jiff::fmt::rfc2822::parse(date).ok()?.timestamp();
    if now.duration_since(changed).abs() <= CLOCKS_APART {
        return Some(Vec::new());
    }
    let expected = format!("the time of the call, which is {now} by the date header");
    Some(wrong("changeDate", &expected, details.get("changeDate")))
}

fn time(details: &Map<String, Value>, name: &str) -> Option<Timestamp> {
    date_time(details.get(name)?.as_str()?)
}

fn is_uint64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u64>().is_ok()
}

fn is_date(value: &Value) -> bool {
    value.as_str().and_then(date_time).is_some()
}

/// RFC 3339 section 5.6, `date-time`. jiff knows the calendar, but also reads forms that RFC 3339 does not have: shorter
/// offsets, compact forms, a comma, names of time zones.
fn date_time(text: &str) -> Option<Timestamp> {
    const SECONDS: &str = "0000-00-00T00:00:00";
    let (seconds, rest) = text.split_at_checked(SECONDS.len())?;
    let fraction = rest.strip_prefix('.').map(|rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    let offset = match fraction {
        Some(0) => return None,
        Some(digits) => &rest[digits + 1..],
        None => rest,
    };
    let offset_fits = offset.eq_ignore_ascii_case("Z") || has_form(offset, "+00:00") || has_form(offset, "-00:00");
    (has_form(seconds, SECONDS) && offset_fits).then(|| text.parse().ok()).flatten()
}

/// Whether a text is equal to another, where any digit counts as equal to any other digit, and letters are compared without case.
fn has_form(text: &str, form: &str) -> bool {
    let fits = |(a, b): (u8, u8)| if b == b'0' { a.is_ascii_digit() } else { a.eq_ignore_ascii_case(&b) };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(fits)
}
