//! A credential taken apart, so that two can be compared part by part.

use std::collections::BTreeMap;

use proofmark::authenticator::CreatedCredential;
use proofmark::webauthn::cbor::{self, Form, Value};
use proofmark::webauthn::x509::Certificate;
use serde_json::Value as Json;

/// Parts of a credential by their places, such as `client/origin`, `stmt/sig` or `x5c/0/subject`.
pub type Parts = BTreeMap<String, String>;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All parts of a credential. Where a part can't be taken apart, it is one part with the name `#`.
pub fn parts(created: &CreatedCredential) -> Parts {
    let mut parts = Parts::new();
    client_data(&created.client_data_json, &mut parts);
    object(&created.attestation_object, &mut parts);
    envelope(created, &mut parts);
    parts
}

fn client_data(bytes: &[u8], parts: &mut Parts) {
    let Ok(Json::Object(members)) = serde_json::from_slice(bytes) else {
        parts.insert("client/#".to_owned(), hex(bytes));
        return;
    };
    if Json::Object(members.clone()).to_string().as_bytes() != bytes {
        parts.insert("client/#".to_owned(), hex(bytes));
    }
    parts.insert("client/#order".to_owned(), members.keys().cloned().collect::<Vec<_>>().join(" "));
    parts.extend(members.into_iter().map(|(name, value)| (format!("client/{name}"), value.to_string())));
}

fn object(bytes: &[u8], parts: &mut Parts) {
    let read = cbor::decode(bytes, Form::Any).ok();
    if read.as_ref().map(cbor::encode).as_deref() != Some(bytes) {
        parts.insert("object/#".to_owned(), hex(bytes));
    }
    let Some(Value::Map(members)) = read else { return };
    let names: Vec<String> = members.iter().map(|(name, _)| format!("{name:?}")).collect();
    parts.insert("object/#order".to_owned(), names.join(" "));
    for (name, value) in &members {
        match (name.as_text(), value) {
            (Some("attStmt"), Value::Array(statements)) => {
                for (index, one) in statements.iter().enumerate() {
                    let inner = one.as_map().and_then(|map| cbor::member(map, "attStmt"));
                    statement(inner.unwrap_or(one), &format!("@{index}"), parts);
                    let fmt = one.as_map().map(|map| cbor::member(map, "fmt"));
                    parts.insert(format!("stmt/#fmt@{index}"), format!("{fmt:?}"));
                }
                parts.insert("stmt/#count".to_owned(), statements.len().to_string());
            }
            (Some("attStmt"), value) => statement(value, "", parts),
            (Some("authData"), Value::Bytes(bytes)) => data(bytes, parts),
            (Some(name), value) => drop(parts.insert(format!("object/{name}"), hex(&cbor::encode(value)))),
            (None, value) => drop(parts.insert(format!("object/#{name:?}"), hex(&cbor::encode(value)))),
        }
    }
}

fn statement(value: &Value, place: &str, parts: &mut Parts) {
    let Value::Map(members) = value else {
        parts.insert(format!("stmt/#{place}"), hex(&cbor::encode(value)));
        return;
    };
    let names: Vec<String> = members.iter().map(|(name, _)| format!("{name:?}")).collect();
    parts.insert(format!("stmt/#order{place}"), names.join(" "));
    for (name, value) in members {
        let name = name.as_text().map_or_else(|| format!("#{name:?}"), str::to_owned);
        let chain = value.as_array().filter(|_| name == "x5c");
        let chain = chain.and_then(|chain| chain.iter().map(|one| one.as_bytes().map(Vec::as_slice)).collect());
        match chain {
            Some(chain) => certificates(chain, place, parts),
            None => drop(parts.insert(format!("stmt/{name}{place}"), hex(&cbor::encode(value)))),
        }
    }
}

fn certificates(chain: Vec<&[u8]>, place: &str, parts: &mut Parts) {
    parts.insert(format!("x5c/#count{place}"), chain.len().to_string());
    for (index, der) in chain.into_iter().take(4).enumerate() {
        let Ok(certificate) = Certificate::from_der(der) else {
            parts.insert(format!("x5c/{index}/#{place}"), hex(der));
            continue;
        };
        for part in certificate.parts() {
            parts.insert(format!("x5c/{index}/{}{place}", part.name), format!("{} {}", part.value, hex(&part.der)));
        }
    }
}

/// By its layout (WebAuthn L3 section 6.1).
fn data(bytes: &[u8], parts: &mut Parts) {
    let length = bytes.get(53..55).map_or(0, |length| usize::from(u16::from_be_bytes([length[0], length[1]])));
    let places = [0, 32, 33, 37, 53, 55 + length, usize::MAX];
    let names = ["rpIdHash", "flags", "signCount", "aaguid", "credentialId", "key"];
    for (name, range) in names.iter().zip(places.windows(2)) {
        let part = bytes.get(range[0]..range[1].min(bytes.len())).filter(|part| !part.is_empty());
        parts.extend(part.map(|part| (format!("data/{name}"), hex(part))));
    }
}

fn envelope(created: &CreatedCredential, parts: &mut Parts) {
    if created.json.to_string().as_bytes() != created.text.as_slice() {
        parts.insert("text".to_owned(), hex(&created.text));
    }
    let Json::Object(members) = &created.json else {
        parts.insert("json/#".to_owned(), created.json.to_string());
        return;
    };
    let encoded = |bytes: &[u8]| Json::from(proofmark::webauthn::base64::encode_url(bytes));
    let made = [
        ("clientDataJSON", encoded(&created.client_data_json)),
        ("attestationObject", encoded(&created.attestation_object)),
    ];
    for (name, value) in members {
        let Some(response) = value.as_object().filter(|_| name == "response") else {
            parts.insert(format!("json/{name}"), value.to_string());
            continue;
        };
        for (name, value) in response {
            let is_as_made = made.iter().any(|(known, text)| known == name && text == value);
            let text = if is_as_made { "as it was made".to_owned() } else { value.to_string() };
            parts.insert(format!("json/response/{name}"), text);
        }
    }
}
