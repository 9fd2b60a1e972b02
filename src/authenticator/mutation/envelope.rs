//! The JSON around the credential: members, encodings, ids.

use serde_json::Value;

use super::client_data::{flip_last_bit, padded};
use super::{Args, Mutation, MutationError, Stage};
use crate::webauthn::base64;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "id-raw-id-mismatch",
        summary: "id and rawId of different bytes: which one is wrong, id (the default) or rawId",
        stage: Stage::Credential(id_raw_id_mismatch),
    },
    Mutation {
        id: "credential-type",
        summary: "another type of credential: a string, by default password",
        stage: Stage::Credential(|json, args| {
            json["type"] = args.text_or("password")?.into();
            Ok(())
        }),
    },
    Mutation {
        id: "raw-id-encoding",
        summary: "id and rawId in another encoding: padded (the default), standard (RFC 4648 §4 with padding), line-breaks, hex or invalid",
        stage: Stage::Credential(|json, args| {
            encode(json, "/id", args, "padded")?;
            encode(json, "/rawId", args, "padded")
        }),
    },
    Mutation {
        id: "client-data-encoding",
        summary: "clientDataJSON in another encoding: invalid (the default), padded, standard, line-breaks or hex",
        stage: Stage::Credential(|json, args| encode(json, "/response/clientDataJSON", args, "invalid")),
    },
    Mutation {
        id: "attestation-object-encoding",
        summary: "attestationObject in another encoding: invalid (the default), padded, standard, line-breaks or hex",
        stage: Stage::Credential(|json, args| encode(json, "/response/attestationObject", args, "invalid")),
    },
    Mutation {
        id: "credential-member-missing",
        summary: "a member left out: its name, by default id",
        stage: Stage::Credential(|json, args| remove(json, args.text_or("id")?)),
    },
    Mutation {
        id: "response-member-missing",
        summary: "a member of response left out: its name, by default clientDataJSON",
        stage: Stage::Credential(|json, args| remove(&mut json["response"], args.text_or("clientDataJSON")?)),
    },
    Mutation {
        id: "credential-member-value",
        summary: "a member with another JSON value: {\"path\": \"/response/transports\", \"value\": ..}; the member is added if it is absent",
        stage: Stage::Credential(member_value),
    },
];

fn member<'a>(json: &'a mut Value, path: &str) -> Result<&'a mut Value, MutationError> {
    json.pointer_mut(path).ok_or(MutationError::Impossible(format!("there is no {path}")))
}

fn remove(json: &mut Value, name: &str) -> Result<(), MutationError> {
    // shift_remove keeps the other members in their order.
    match json.as_object_mut().and_then(|object| object.shift_remove(name)) {
        Some(_) => Ok(()),
        None => Err(MutationError::Impossible(format!("there is no {name}"))),
    }
}

fn id_raw_id_mismatch(json: &mut Value, args: &Args) -> Result<(), MutationError> {
    let path = match args.text_or("id")? {
        "id" => "/id",
        "rawId" => "/rawId",
        _ => return Err(MutationError::Args("id or rawId")),
    };
    let member = member(json, path)?;
    let mut bytes = decode(member)?;
    flip_last_bit(&mut bytes)?;
    *member = base64::encode_url(&bytes).into();
    Ok(())
}

fn decode(member: &Value) -> Result<Vec<u8>, MutationError> {
    let text = member.as_str().unwrap_or_default();
    base64::decode_url(text).map_err(|error| MutationError::Impossible(error.to_string()))
}

fn encode(json: &mut Value, path: &str, args: &Args, default: &str) -> Result<(), MutationError> {
    let member = member(json, path)?;
    let bytes = decode(member)?;
    let text = base64::encode_url(&bytes);
    let encoded = match args.text_or(default)? {
        "padded" => padded(&text)?,
        "standard" => {
            let standard = base64::encode_standard(&bytes);
            if standard == text {
                return Err(MutationError::Impossible("base64 and base64url give the same text".to_owned()));
            }
            standard
        }
        "line-breaks" => text.replacen(|_: char| true, &format!("{}\r\n", &text[..1]), 1),
        "hex" => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        "invalid" => format!("!!!{text}"),
        _ => return Err(MutationError::Args("one of padded, standard, line-breaks, hex, invalid")),
    };
    *member = encoded.into();
    Ok(())
}

fn member_value(json: &mut Value, args: &Args) -> Result<(), MutationError> {
    const WANTED: MutationError = MutationError::Args("an object with path and value");
    let path = args.member("path").and_then(Value::as_str).ok_or(WANTED)?;
    let value = args.member("value").ok_or(WANTED)?;
    let (parent, name) = path.rsplit_once('/').ok_or(WANTED)?;
    let parent = member(json, parent)?.as_object_mut().ok_or(WANTED)?;
    parent.insert(name.to_owned(), value.clone());
    Ok(())
}
