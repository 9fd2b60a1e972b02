//! The credential as a whole: its size, and other values in its place.

use serde_json::{Value, json};

use super::args::Args;
use super::byte_expressions;
use super::given::Given;
use super::stage::{Mutation, Stage};
use crate::authenticator::error::MutationError;
use crate::webauthn::base64;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "pad-json-to",
        summary: "a valid credential whose compact JSON text has exactly this many characters, through an additional member of the client data; only for format none, which signs nothing; or {\"characters\": how many, \"text\": T} with an additional member of the credential filled with T",
        stage: Stage::Credential(pad_json_to),
    },
    Mutation {
        id: "credential-replace",
        summary: "another JSON value in place of the credential: a number N for {\"id\":\"xx..\"} of exactly N characters, or {\"value\": V}, where {\"$self\": \"list\"} is the good one in a list and {\"$self\": \"string\"} its text",
        stage: Stage::Credential(replace),
    },
    Mutation {
        id: "credential-text",
        summary: "another text in place of the credential's JSON, as v1 carries it: a template with ${json} (the good one), ${pretty}",
        stage: Stage::CredentialText(|bytes, given| {
            let good = bytes.clone();
            *bytes = given.fill(given.text()?, &|name| match name {
                "json" => Some(good.clone()),
                "members" => Some(good.get(1..good.len().checked_sub(1)?)?.to_vec()),
                "truncated" => Some(good.get(..good.len().checked_sub(1)?)?.to_vec()),
                "pretty" => Some(format!("{:#}", serde_json::from_slice::<Value>(&good).ok()?).into_bytes()),
                _ => None,
            })?;
            Ok(())
        }),
    },
];

/// Greatest text that is made, in characters.
const MAX_TEXT: usize = 64 * 1024 * 1024;

/// Unknown members of the client data have to be tolerated (WebAuthn L3 §5.8.1), so the credential stays valid; format
/// none signs nothing, so the hash may change. Base64url has no text of 4n + 1 characters: there the optional
/// authenticatorAttachment, whose values differ by 6 characters, fills the gap.
fn pad_json_to(json: &mut Value, args: &Given<'_>) -> Result<(), MutationError> {
    if let (Some(characters), Some(text)) = (args.member("characters"), args.member("text").and_then(Value::as_str)) {
        return pad_with_member(json, Args(characters.clone()).size()?, text);
    }
    let wanted = args.size()?;
    let length = json.to_string().chars().count();
    let impossible = || {
        let reach = format!("from {} to {MAX_TEXT}", length + 26);
        MutationError::Impossible(format!(
            "no valid credential of {wanted} characters can be made; {reach} one can be made"
        ))
    };
    if wanted > MAX_TEXT {
        return Err(impossible());
    }
    for attachment in ["cross-platform", "platform"] {
        set(json, "authenticatorAttachment", attachment.into())?;
        let text = json.pointer("/response/clientDataJSON").and_then(Value::as_str).unwrap_or_default().to_owned();
        let others = json.to_string().chars().count() - text.len();
        let Some(padded) = wanted.checked_sub(others).and_then(|length| padded_client_data(&text, length)) else {
            continue;
        };
        *json.pointer_mut("/response/clientDataJSON").ok_or_else(impossible)? = padded.into();
        return Ok(());
    }
    Err(impossible())
}

/// A further member of the credential, filled with a text, so that the whole has exactly that many characters.
fn pad_with_member(json: &mut Value, wanted: usize, text: &str) -> Result<(), MutationError> {
    set(json, "padding", "".into())?;
    let length = json.to_string().chars().count();
    let missing = wanted.checked_sub(length).filter(|_| wanted <= MAX_TEXT);
    let missing = missing.ok_or(MutationError::Args("a few hundred characters or more"))?;
    set(json, "padding", text.chars().cycle().take(missing).collect::<String>().into())
}

fn set(json: &mut Value, name: &str, value: Value) -> Result<(), MutationError> {
    let members = json.as_object_mut().ok_or(MutationError::Args("about a credential that is a JSON object"))?;
    members.insert(name.to_owned(), value);
    Ok(())
}

/// Client data (base64url) with a further member, so that its base64url text has exactly `length` characters.
fn padded_client_data(text: &str, length: usize) -> Option<String> {
    const MEMBER: (&str, &str) = (",\"padding\":\"", "\"}");
    let mut bytes = base64::decode_url(text).ok()?;
    bytes.pop().filter(|last| *last == b'}')?;
    let overhead = bytes.len() + MEMBER.0.len() + MEMBER.1.len();
    let filler = (length * 6 / 8).checked_sub(overhead)?;
    bytes.extend(MEMBER.0.bytes().chain(std::iter::repeat_n(b'x', filler)).chain(MEMBER.1.bytes()));
    Some(base64::encode_url(&bytes)).filter(|padded| padded.len() == length)
}

fn replace(json: &mut Value, args: &Given<'_>) -> Result<(), MutationError> {
    let empty = json!({"id": ""}).to_string().len();
    *json = match (&args.0, args.member("value")) {
        (Value::Number(_), _) => match args.size()?.checked_sub(empty) {
            Some(length) if length <= MAX_TEXT => json!({"id": "x".repeat(length)}),
            _ => return Err(MutationError::Args("a number of at least 9")),
        },
        (_, Some(value)) => match byte_expressions::operator(value) {
            Some(("self", form)) if form == "list" => json!([json]),
            Some(("self", form)) if form == "string" => json.to_string().into(),
            _ => value.clone(),
        },
        _ => return Err(MutationError::Args("a number, or {\"value\": any JSON value}")),
    };
    Ok(())
}
