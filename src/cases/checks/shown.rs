//! Finds what a reply shows that the caller may not see, and where.

use std::fmt;

use serde_json::Value;

use super::observation::{Observation, Wrong};
use super::watch::{Found, Seen, Watch};
use crate::contract::{Form, Protocol, What};
use crate::transport::{Refusal, Reply};
use crate::webauthn::base64;
use crate::words::beginning;

/// The most places of one kind of thing that are reported.
const MOST_PLACES: usize = 4;
/// The most characters of a JSON pointer that are shown: the target chooses the names in it.
const MOST_POINTER: usize = 120;

/// The place of the options that v1 has in base64.
const CREATION_OPTIONS: &str = "the creation options";

/// All texts of the reply, with their places.
pub(super) fn texts<'a>(observation: &Observation<'a>) -> impl Iterator<Item = (Place<'a>, &'a [u8])> {
    let exchange = observation.exchange;
    let headers = exchange.headers.iter().map(|line| ("header", line));
    let lines = headers.chain(exchange.trailers.iter().map(|line| ("trailer", line)));
    let lines = lines.flat_map(|(kind, (name, value))| {
        let place = Place::Line(kind, name.as_str());
        [(place, name.as_str().as_bytes()), (place, value.as_bytes())]
    });
    lines.chain([(Place::Body, exchange.body.as_ref())]).chain(message(&exchange.reply))
}

/// `grpc-message` is percent-encoded, which would hide its contents.
fn message(reply: &Reply) -> Option<(Place<'_>, &[u8])> {
    match reply {
        Reply::Refusal(Refusal { status: Some(status), .. }) => Some((Place::Message, status.message.as_bytes())),
        _ => None,
    }
}

/// Where a text is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place<'a> {
    /// `header` or `trailer`, and its name.
    Line(&'static str, &'a str),
    Body,
    Message,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(kind, name) => write!(f, "the {kind} {}", brief(name)),
            Place::Body => f.write_str("the body"),
            Place::Message => f.write_str("the status message"),
        }
    }
}

/// What the reply shows that the caller may not see; read once.
pub(super) fn found<'o>(observation: &'o Observation<'_>) -> Option<&'o [Found]> {
    let watch = observation.watch?;
    Some(observation.memo.found.get_or_init(|| look(observation, watch)))
}

fn look(observation: &Observation<'_>, watch: &dyn Watch) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    // Over REST the message is in the body.
    let is_rest = observation.exchange.protocol == Protocol::Rest;
    for (place, text) in texts(observation).filter(|(place, _)| !is_rest || !matches!(place, Place::Message)) {
        for seen in watch.seen(text) {
            let at = match place {
                Place::Body => in_body(observation, watch, seen),
                _ => place.to_string(),
            };
            found.push((at, seen));
        }
    }
    found.extend(hidden(observation, watch));
    let mut known = Vec::new();
    found.retain(|one| {
        !known.contains(one) && {
            known.push(one.clone());
            true
        }
    });
    found
}

/// The body, with the JSON pointer of the text that shows it, if a text does.
fn in_body(observation: &Observation<'_>, watch: &dyn Watch, wanted: Seen) -> String {
    let shows = |text: &str| watch.seen(text.as_bytes()).contains(&wanted);
    let pointer = json(&observation.exchange.reply).and_then(|json| pointer_to(json, &shows));
    pointer.map_or_else(|| Place::Body.to_string(), |pointer| format!("the body at {pointer}"))
}

/// What shows only after escapes of JSON, or the base64 around the creation options, are decoded.
fn hidden(observation: &Observation<'_>, watch: &dyn Watch) -> Vec<Found> {
    let exchange = observation.exchange;
    let mut found = Vec::new();
    let escapes = |bytes: &[u8]| memchr::memchr(b'\\', bytes).is_some();
    if let Some(json) = json(&exchange.reply).filter(|_| escapes(&exchange.body)) {
        each_text(json, "", &mut |pointer, text| {
            let seen = watch.seen(text.as_bytes()).into_iter();
            found.extend(seen.map(|seen| (format!("the body at {}", brief(pointer)), seen)));
        });
    }
    let is_hidden = exchange.protocol == Protocol::Rest || escapes(&exchange.body);
    let slot = exchange.endpoint.answers(What::Options).filter(|slot| slot.form == Form::Base64 && is_hidden);
    let wrapped = slot.and_then(|slot| slot.text(observation.success()?));
    if let Some(options) = wrapped.and_then(|text| base64::decode_any(text).ok()) {
        let mut tell = |seen: Vec<Seen>| found.extend(seen.into_iter().map(|seen| (CREATION_OPTIONS.to_owned(), seen)));
        tell(watch.seen(&options));
        if let Some(json) = serde_json::from_slice(&options).ok().filter(|_| escapes(&options)) {
            each_text(&json, "", &mut |_, text| tell(watch.seen(text.as_bytes())));
        }
    }
    found
}

/// The reply as JSON, if it is JSON.
pub(super) fn json(reply: &Reply) -> Option<&Value> {
    match reply {
        Reply::Success(value) => Some(value),
        Reply::Refusal(refusal) => refusal.json.as_ref(),
        Reply::Unreadable(_) => None,
    }
}

/// The JSON pointer (RFC 6901) of the first text in a value that meets a condition.
fn pointer_to(value: &Value, is_wanted: &dyn Fn(&str) -> bool) -> Option<String> {
    let mut found = None;
    each_text(value, "", &mut |pointer, text| {
        if found.is_none() && is_wanted(text) {
            found = Some(brief(pointer));
        }
    });
    found
}

/// Every text of a value, including the names of members; serde_json has bounded the depth.
fn each_text(value: &Value, pointer: &str, tell: &mut dyn FnMut(&str, &str)) {
    match value {
        Value::String(text) => tell(pointer, text),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| each_text(item, &format!("{pointer}/{at}"), tell));
        }
        Value::Object(members) => {
            for (name, value) in members {
                tell(pointer, name);
                each_text(value, &format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1")), tell);
            }
        }
        _ => {}
    }
}

/// A pointer, cut, and never empty.
fn brief(pointer: &str) -> String {
    match beginning(pointer, MOST_POINTER) {
        "" => "its top level".to_owned(),
        head if head == pointer => pointer.to_owned(),
        head => format!("{head}..."),
    }
}

/// One finding for each kind of thing, with its places.
pub(super) fn wrongs(found: &[Found], tokens: bool, expected: &str) -> Vec<Wrong> {
    let mut kinds: Vec<Seen> = Vec::new();
    for (_, seen) in found.iter().filter(|(_, seen)| seen.is_token == tokens) {
        if !kinds.contains(seen) {
            kinds.push(*seen);
        }
    }
    let wrong = |kind: Seen| {
        let places = found.iter().filter(|(_, seen)| *seen == kind).map(|(place, _)| place.as_str());
        let places: Vec<&str> = places.take(MOST_PLACES).collect();
        Wrong::new(expected, format!("{} of {} is in {}", kind.what, kind.whose, places.join(", and in ")))
    };
    kinds.into_iter().map(wrong).collect()
}
