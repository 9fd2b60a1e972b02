//! Variants of how a REST reply is written: one value, many texts.

use axum::body::Body;
use futures_util::stream;
use http::HeaderValue;
use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::switches::Switches;
use super::variant;

/// Bytes of one chunk.
const CHUNK: usize = 7;
/// A member that no page has.
const FURTHER: &str = "furtherMember";

/// The text of a body.
pub(super) fn text(switches: &Switches, mut body: Value) -> String {
    if let Some(details) = body.get_mut("details").filter(|details| details.is_object()) {
        for name in ["creationDate", "changeDate"] {
            if let Some(date) = details.get_mut(name) {
                respell_date(switches, date);
            }
        }
    }
    if switches.varies(&variant::replies::JSON_FURTHER_MEMBERS) {
        add_member(&mut body);
    }
    if switches.varies(&variant::replies::JSON_MEMBER_ORDER) {
        reverse(&mut body);
    }
    if let Some(options) = body.get_mut("publicKeyCredentialCreationOptions")
        && switches.varies(&variant::replies::JSON_NUMBERS_AS_DOUBLES)
    {
        as_doubles(options);
    }
    let pretty = switches
        .varies(&variant::replies::JSON_WHITE_SPACE)
        .then(|| serde_json::to_string_pretty(&body).ok())
        .flatten();
    let text = pretty.unwrap_or_else(|| body.to_string());
    // Outside of strings JSON has no slash.
    if switches.varies(&variant::replies::JSON_ESCAPES) { text.replace('/', "\\/") } else { text }
}

/// The content type of JSON.
pub(super) fn content_type(switches: &Switches) -> HeaderValue {
    HeaderValue::from_static(if switches.varies(&variant::replies::CONTENT_TYPE_CHARSET) {
        "application/json; charset=utf-8"
    } else if switches.varies(&variant::replies::CONTENT_TYPE_CASE) {
        "Application/JSON"
    } else {
        "application/json"
    })
}

/// The body of a text.
pub(super) fn body(switches: &Switches, text: String) -> Body {
    if !switches.varies(&variant::replies::HTTP_CHUNKED) {
        return text.into();
    }
    let chunks = text.into_bytes();
    let chunks: Vec<_> = chunks.chunks(CHUNK).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect();
    Body::from_stream(stream::iter(chunks))
}

fn respell_date(switches: &Switches, date: &mut Value) {
    let Some(at) = date.as_str().and_then(|text| text.parse::<Timestamp>().ok()) else { return };
    if switches.varies(&variant::replies::DATES_OFFSET) {
        *date = json!(format!("{:.3}", at.display_with_offset(Offset::constant(2))));
    }
    if switches.varies(&variant::replies::DATES_WHOLE_SECONDS) {
        *date = json!(format!("{at:.0}"));
    }
    if switches.varies(&variant::replies::DATES_NANOSECONDS) {
        *date = json!(format!("{at:.9}"));
    }
}

/// Adds a member to the body and to the objects directly in it.
fn add_member(body: &mut Value) {
    let Some(members) = body.as_object_mut() else { return };
    for inner in members.values_mut().filter_map(Value::as_object_mut) {
        inner.insert(FURTHER.to_owned(), Value::Null);
    }
    members.insert(FURTHER.to_owned(), json!({ "code": "x", "details": [1] }));
}

/// Turns the order of members around, at every depth.
fn reverse(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let reversed = std::mem::take(members).into_iter().rev();
            *members = reversed.collect();
            members.values_mut().for_each(reverse);
        }
        Value::Array(items) => items.iter_mut().for_each(reverse),
        _ => {}
    }
}

fn as_doubles(value: &mut Value) {
    match value {
        Value::Object(members) => members.values_mut().for_each(as_doubles),
        Value::Array(items) => items.iter_mut().for_each(as_doubles),
        Value::Number(number) => *value = json!(number.as_f64()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::variant::{self, Variant};

    /// Every spelling is the same value, except for dates, which name the same moment.
    #[test]
    fn a_spelling_does_not_change_what_is_said() {
        let body = json!({ "details": { "sequence": "2", "creationDate": "2024-05-24T10:54:19.585Z" }, "a/b": [1, { "c": 2 }] });
        for variant in variant::all() {
            let text = text(&Switches::new(&[], &[variant]), body.clone());
            let mut read: Value = serde_json::from_str(&text).expect("JSON");
            let date =
                read["details"]["creationDate"].as_str().expect("a date").parse::<Timestamp>().expect("a moment");
            assert_eq!(date.as_second(), 1_716_548_059, "{}", variant.id);
            read["details"]["creationDate"] = body["details"]["creationDate"].clone();
            read["details"].as_object_mut().expect("an object").remove(FURTHER);
            read.as_object_mut().expect("an object").remove(FURTHER);
            assert_eq!(read, body, "{}", variant.id);
        }
    }

    #[test]
    fn the_order_of_members_is_turned_around() {
        let switches = Switches::new(&[], &[Variant::find("json-member-order").expect("listed")]);
        assert_eq!(text(&switches, json!({ "a": 1, "b": { "c": 2, "d": 3 } })), r#"{"b":{"d":3,"c":2},"a":1}"#);
    }
}
