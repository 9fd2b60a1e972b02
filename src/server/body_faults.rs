//! Defects of REST bodies: members that are missing, renamed, of another type or form.

use serde_json::{Map, Value, json};

use super::defect;
use super::switches::Switches;
use crate::contract::{Endpoint, Operation};
use crate::wire::status::Code;

/// Spoils the body of a success.
pub(super) fn message(switches: &Switches, endpoint: &Endpoint, message: &mut Value) {
    let is_verify = endpoint.operation == Operation::Verify;
    if let Some(details) = message.get_mut("details").and_then(Value::as_object_mut) {
        spoil_details(switches, details);
    }
    if is_verify && switches.has(&defect::shape::VERIFY_DETAILS_NULL) {
        message["details"] = Value::Null;
    }
    let id = ["u2fId", "passkeyId"].into_iter().find(|name| message.get(name).is_some());
    if let Some(id) = id.filter(|_| switches.has(&defect::shape::FACTOR_ID_NUMBER)) {
        message[id] = json!(message[id].as_str().and_then(|text| text.parse::<u64>().ok()));
    }
    spoil_options(switches, message);
}

fn spoil_details(switches: &Switches, details: &mut Map<String, Value>) {
    let text = |details: &Map<String, Value>, name: &str| details.get(name).and_then(Value::as_str).map(str::to_owned);
    if switches.has(&defect::shape::SEQUENCE_NUMBER) {
        let number = text(details, "sequence").and_then(|text| text.parse::<u64>().ok());
        details.insert("sequence".to_owned(), json!(number));
    }
    if switches.has(&defect::shape::SEQUENCE_NEGATIVE) {
        details.insert("sequence".to_owned(), json!("-1"));
    }
    if switches.has(&defect::shape::CHANGE_DATE_NOT_RFC3339) {
        let date = text(details, "changeDate").map(|date| date.replace('T', " ").replace('Z', ""));
        details.insert("changeDate".to_owned(), json!(date));
    }
    if switches.has(&defect::shape::CREATION_DATE_NUMBER) {
        let date = text(details, "creationDate").and_then(|date| date.parse::<jiff::Timestamp>().ok());
        details.insert("creationDate".to_owned(), json!(date.map(jiff::Timestamp::as_second)));
    }
    if switches.has(&defect::shape::CREATION_DATE_NOT_RFC3339) {
        let day = text(details, "creationDate").and_then(|date| date.split('T').next().map(str::to_owned));
        details.insert("creationDate".to_owned(), json!(day));
    }
    if switches.has(&defect::shape::RESOURCE_OWNER_RENAMED) {
        rename(details, "resourceOwner", "resource_owner");
    }
    if switches.has(&defect::shape::RESOURCE_OWNER_NULL) {
        details.insert("resourceOwner".to_owned(), Value::Null);
    }
}

fn spoil_options(switches: &Switches, message: &mut Value) {
    const V2: &str = "publicKeyCredentialCreationOptions";
    if let Some(options) = message.get_mut(V2)
        && switches.has(&defect::shape::OPTIONS_AS_TEXT)
    {
        *options = json!(options.to_string());
    }
    if let Some(members) = message.as_object_mut()
        && switches.has(&defect::shape::OPTIONS_RENAMED)
    {
        rename(members, V2, "options");
    }
    if let Some(options) = message.pointer_mut("/key/publicKey")
        && switches.has(&defect::shape::OPTIONS_AS_OBJECT)
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
        && switches.has(&defect::canary::DEBUG_INFO_IN_DETAILS)
        && let Some(details) = error["details"].as_array_mut()
    {
        details.push(json!({ "@type": "type.googleapis.com/google.rpc.DebugInfo", "stackEntries": STACK }));
    }
    if switches.has(&defect::shape::ERROR_WITHOUT_TYPE)
        && let Some(detail) = error["details"][0].as_object_mut()
    {
        detail.remove("@type");
    }
    if switches.has(&defect::shape::ERROR_CODE_STRING) {
        error["code"] = json!(error["code"].to_string());
    }
    if switches.has(&defect::shape::ERROR_MESSAGE_NULL) {
        error["message"] = Value::Null;
    }
    if switches.has(&defect::shape::ERROR_DETAILS_NOT_LIST) {
        error["details"] = error["details"][0].take();
    }
    if let Some(members) = error.as_object_mut() {
        if switches.has(&defect::shape::ERROR_CODE_MISSING) {
            members.remove("code");
        }
        if switches.has(&defect::shape::ERROR_MESSAGE_MISSING) {
            members.remove("message");
        }
        if switches.has(&defect::shape::ERROR_MESSAGE_RENAMED) {
            rename(members, "message", "error");
        }
    }
    if switches.has(&defect::shape::ERROR_AS_TEXT) { error["message"].take() } else { error }
}

fn rename(members: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = members.shift_remove(from) {
        members.insert(to.to_owned(), value);
    }
}
