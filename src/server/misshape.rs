//! Defects of REST bodies: members that are missing, renamed, of another type or form.

use serde_json::{Map, Value, json};

use super::switches::Switches;
use crate::contract::{Endpoint, Operation};
use crate::wire::status::Code;

/// Spoils the body of a success.
pub(super) fn message(switches: &Switches, endpoint: &Endpoint, message: &mut Value) {
    let is_verify = endpoint.operation == Operation::Verify;
    if let Some(details) = message.get_mut("details").and_then(Value::as_object_mut) {
        spoil_details(switches, details);
    }
    if is_verify && switches.has("shape-verify-details-null") {
        message["details"] = Value::Null;
    }
    let id = ["u2fId", "passkeyId"].into_iter().find(|name| message.get(name).is_some());
    if let Some(id) = id.filter(|_| switches.has("shape-factor-id-number")) {
        message[id] = json!(message[id].as_str().and_then(|text| text.parse::<u64>().ok()));
    }
    spoil_options(switches, message);
}

fn spoil_details(switches: &Switches, details: &mut Map<String, Value>) {
    let text = |details: &Map<String, Value>, name: &str| details.get(name).and_then(Value::as_str).map(str::to_owned);
    if switches.has("shape-sequence-number") {
        let number = text(details, "sequence").and_then(|text| text.parse::<u64>().ok());
        details.insert("sequence".to_owned(), json!(number));
    }
    if switches.has("shape-sequence-negative") {
        details.insert("sequence".to_owned(), json!("-1"));
    }
    if switches.has("shape-change-date-not-rfc3339") {
        let date = text(details, "changeDate").map(|date| date.replace('T', " ").replace('Z', ""));
        details.insert("changeDate".to_owned(), json!(date));
    }
    if switches.has("shape-creation-date-number") {
        let date = text(details, "creationDate").and_then(|date| date.parse::<jiff::Timestamp>().ok());
        details.insert("creationDate".to_owned(), json!(date.map(jiff::Timestamp::as_second)));
    }
    if switches.has("shape-creation-date-not-rfc3339") {
        let day = text(details, "creationDate").and_then(|date| date.split('T').next().map(str::to_owned));
        details.insert("creationDate".to_owned(), json!(day));
    }
    if switches.has("shape-resource-owner-renamed") {
        rename(details, "resourceOwner", "resource_owner");
    }
    if switches.has("shape-resource-owner-null") {
        details.insert("resourceOwner".to_owned(), Value::Null);
    }
}

fn spoil_options(switches: &Switches, message: &mut Value) {
    const V2: &str = "publicKeyCredentialCreationOptions";
    if let Some(options) = message.get_mut(V2)
        && switches.has("shape-options-as-text")
    {
        *options = json!(options.to_string());
    }
    if let Some(members) = message.as_object_mut()
        && switches.has("shape-options-renamed")
    {
        rename(members, V2, "options");
    }
    if let Some(options) = message.pointer_mut("/key/publicKey")
        && switches.has("shape-options-as-object")
    {
        let json = options.as_str().and_then(|text| crate::webauthn::base64::decode_any(text).ok());
        *options = json.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
    }
}

/// The place in the source where a refusal came from, as some libraries report it.
const STACK: [&str; 2] = ["internal/query/user_factor.go:214", "internal/api/grpc/user/v2/server.go:88"];

/// The spoilt body of a refusal.
pub(super) fn error(switches: &Switches, mut error: Value) -> Value {
    if error["code"] == Code::NOT_FOUND.number()
        && switches.has("canary-debug-info-in-details")
        && let Some(details) = error["details"].as_array_mut()
    {
        details.push(json!({ "@type": "type.googleapis.com/google.rpc.DebugInfo", "stackEntries": STACK }));
    }
    if switches.has("shape-error-without-type")
        && let Some(detail) = error["details"][0].as_object_mut()
    {
        detail.remove("@type");
    }
    if switches.has("shape-error-code-string") {
        error["code"] = json!(error["code"].to_string());
    }
    if switches.has("shape-error-message-null") {
        error["message"] = Value::Null;
    }
    if switches.has("shape-error-details-not-list") {
        error["details"] = error["details"][0].take();
    }
    if let Some(members) = error.as_object_mut() {
        if switches.has("shape-error-code-missing") {
            members.remove("code");
        }
        if switches.has("shape-error-message-missing") {
            members.remove("message");
        }
        if switches.has("shape-error-message-renamed") {
            rename(members, "message", "error");
        }
    }
    if switches.has("shape-error-as-text") { error["message"].take() } else { error }
}

fn rename(members: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = members.shift_remove(from) {
        members.insert(to.to_owned(), value);
    }
}
