//! The credential as it was sent, read without any check.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::json;
use super::refusal::Refused;
use crate::contract::{Endpoint, Form, What};
use crate::webauthn::attestation::AttestationObject;
use crate::webauthn::x509::Certificate;

/// The credential as JSON: v1 sends it as bytes, v2 as a Struct.
pub(super) fn credential_of(endpoint: &Endpoint, message: &Value) -> Result<Value, Refused> {
    let slot = endpoint.asks(What::Credential);
    let member = slot.and_then(|slot| slot.of(message)).unwrap_or(&Value::Null);
    if slot.is_some_and(|slot| slot.form == Form::Json) {
        return Ok(member.clone());
    }
    STANDARD
        .decode(member.as_str().unwrap_or_default())
        .ok()
        .and_then(|bytes| json::parse(&bytes).ok())
        .ok_or_else(|| Refused::new("WEBAUTHN-credential-json"))
}

/// The client data, without any check.
pub(super) fn client_data(credential: &Value) -> Option<Map<String, Value>> {
    let text = credential.pointer("/response/clientDataJSON")?.as_str()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// Whether a text of the envelope is of another type.
pub(super) fn has_wrong_type(credential: &Value) -> bool {
    let texts = ["/id", "/rawId", "/type", "/response/clientDataJSON", "/response/attestationObject"];
    texts.iter().filter_map(|pointer| credential.pointer(pointer)).any(|member| !member.is_string())
}

/// The challenge that the client data name.
pub(super) fn claimed_challenge(credential: &Value) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(claimed_challenge_text(credential)?).ok()
}

/// The challenge as the client data have it.
pub(super) fn claimed_challenge_text(credential: &Value) -> Option<String> {
    client_data(credential)?.get("challenge")?.as_str().map(str::to_owned)
}

/// The attestation object, without any check.
pub(super) fn attestation_object(credential: &Value) -> Option<AttestationObject> {
    let text = credential.pointer("/response/attestationObject")?.as_str()?;
    AttestationObject::decode_prefix(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}

/// The last certificate of x5c.
pub(super) fn last_certificate(credential: &Value) -> Option<Certificate> {
    let statement = attestation_object(credential)?.statement;
    let members = statement.as_map()?;
    let (_, certificates) = members.iter().find(|(name, _)| name.as_text() == Some("x5c"))?;
    Certificate::from_der(certificates.as_array()?.last()?.as_bytes()?).ok()
}

/// The id that the envelope names, without any check.
pub(super) fn named_id(credential: &Value) -> Vec<u8> {
    credential["id"].as_str().and_then(|id| URL_SAFE_NO_PAD.decode(id).ok()).unwrap_or_default()
}
