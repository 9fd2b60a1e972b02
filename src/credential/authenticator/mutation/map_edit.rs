//! Edits of an encoded CBOR map, member by member, so that any encoding can be written.

use serde_json::Value as Json;

use super::byte_expressions::{self, Parts};
use super::given::Given;
use crate::authenticator::error::MutationError;
use crate::webauthn::cbor::{self, Form, Value};

/// A map that was taken apart: each member as encoded key and value.
struct RawMap {
    entries: Vec<(Vec<u8>, Vec<u8>)>,
}

/// The parts of a map that is edited: its members, and further values of the mutation.
struct MapParts<'a> {
    map: &'a RawMap,
    others: &'a dyn Parts,
}

impl Parts for MapParts<'_> {
    fn value(&self, name: &str) -> Option<Vec<u8>> {
        self.others.value(name).or_else(|| {
            let encoded = self.member(&cbor::encode(&Value::Text(name.to_owned())))?;
            match cbor::decode(&encoded, Form::Any).ok()? {
                Value::Bytes(bytes) => Some(bytes),
                Value::Text(text) => Some(text.into_bytes()),
                _ => Some(encoded),
            }
        })
    }

    fn member(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.map.entries.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }
}

const WANTED: MutationError = MutationError::Args(
    "an edit of a map: {\"set\": [[key, item], ..], \"remove\": [key, ..], \"rename\": [[key, key], ..], \"append\": [[key, item], ..], \"order\": [key, ..], \"header\": bytes, \"prefix\": bytes, \"suffix\": bytes} or {\"replace\": bytes}",
);

const MEMBERS: [&str; 9] = ["set", "remove", "rename", "append", "order", "header", "prefix", "suffix", "replace"];

/// Edits the map that `encoded` holds, as an argument says.
pub(super) fn edit(
    encoded: &mut Vec<u8>,
    edit: &Json,
    given: &Given<'_>,
    others: &dyn Parts,
) -> Result<(), MutationError> {
    let members = edit.as_object().filter(|members| !members.is_empty()).ok_or(WANTED)?;
    if members.keys().any(|name| !MEMBERS.contains(&name.as_str())) {
        return Err(WANTED);
    }
    let original = RawMap::parse(encoded)?;
    let parts = MapParts { map: &original, others };
    let bytes = |json: &Json| byte_expressions::bytes(json, given, &parts);
    if let Some(replacement) = members.get("replace") {
        *encoded = bytes(replacement)?;
        return Ok(());
    }
    let item = |json: &Json| byte_expressions::item(json, given, &parts);
    let mut entries = original.entries.clone();
    for (key, value) in pairs(members.get("set"))? {
        let (key, value) = (item(key)?, item(value)?);
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => entries.push((key, value)),
        }
    }
    for key in list(members.get("remove"))? {
        let key = item(key)?;
        let before = entries.len();
        entries.retain(|(known, _)| *known != key);
        if entries.len() == before {
            return Err(MutationError::Impossible("there is no member of that name to remove".to_owned()));
        }
    }
    for (from, to) in pairs(members.get("rename"))? {
        let (from, to) = (item(from)?, item(to)?);
        let entry = entries.iter_mut().find(|(known, _)| *known == from);
        entry.ok_or(MutationError::Impossible("there is no member of that name to rename".to_owned()))?.0 = to;
    }
    for (key, value) in pairs(members.get("append"))? {
        entries.push((item(key)?, item(value)?));
    }
    let order = list(members.get("order"))?.iter().map(item).collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|(key, _)| order.iter().position(|wanted| wanted == key).unwrap_or(order.len()));
    let header = members.get("header").map_or(Ok(byte_expressions::head(5, entries.len())), bytes)?;
    let around = |name: &str| members.get(name).map_or(Ok(Vec::new()), bytes);
    let body: Vec<u8> = entries.into_iter().flat_map(|(key, value)| [key, value]).flatten().collect();
    *encoded = [around("prefix")?, header, body, around("suffix")?].concat();
    Ok(())
}

fn list(json: Option<&Json>) -> Result<&[Json], MutationError> {
    json.map_or(Ok(&[]), |json| json.as_array().map(Vec::as_slice).ok_or(WANTED))
}

fn pairs(json: Option<&Json>) -> Result<Vec<(&Json, &Json)>, MutationError> {
    fn pair(json: &Json) -> Result<(&Json, &Json), MutationError> {
        match json.as_array().map(Vec::as_slice) {
            Some([first, second]) => Ok((first, second)),
            _ => Err(WANTED),
        }
    }
    list(json)?.iter().map(pair).collect()
}

impl RawMap {
    fn parse(encoded: &[u8]) -> Result<RawMap, MutationError> {
        let broken = || MutationError::Impossible("the edited value is not a CBOR map".to_owned());
        let map = cbor::decode(encoded, Form::Any).ok().and_then(|value| value.into_map().ok()).ok_or_else(broken)?;
        let mut rest = encoded.get(byte_expressions::head(5, map.len()).len()..).ok_or_else(broken)?;
        let mut entries = Vec::new();
        for _ in &map {
            let mut next = || -> Result<Vec<u8>, MutationError> {
                let (_, after) = cbor::decode_first(rest, Form::Any).map_err(|_error| broken())?;
                let encoded = rest[..rest.len() - after.len()].to_vec();
                rest = after;
                Ok(encoded)
            };
            entries.push((next()?, next()?));
        }
        Ok(RawMap { entries })
    }
}
