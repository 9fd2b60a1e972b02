//! Good credentials and calls that a defect refuses.

use serde_json::Value;

use super::attempt::Attempt;
use super::credential::{attestation_object, client_data};
use super::defect;
use super::refusal::Refused;
use super::store::Kind;
use crate::webauthn::{base64, cbor};

/// Members of client data that an old library knows.
const MEMBERS: [&str; 5] = ["type", "challenge", "origin", "crossOrigin", "topOrigin"];
/// Transports that an old library knows: those of WebAuthn level 2.
const TRANSPORTS: [&str; 4] = ["usb", "nfc", "ble", "internal"];

/// Refuses a credential that has passed the ceremony, where a defect does.
pub(super) fn check(attempt: &Attempt<'_>, credential: &Value) -> Result<(), Refused> {
    let switches = &attempt.site.switches;
    if switches.is_empty() {
        return Ok(());
    }
    let data = client_data(credential).unwrap_or_default();
    if switches.has(&defect::verification::REFUSES_UNKNOWN_CLIENT_DATA)
        && !data.keys().all(|name| MEMBERS.contains(&name.as_str()))
    {
        return Err(Refused::new("WEBAUTHN-client-data-json"));
    }
    if switches.has(&defect::verification::REFUSES_SELF_ATTESTATION) && format(credential).as_deref() == Some("packed")
    {
        return Err(Refused::new("WEBAUTHN-attestation-statement"));
    }
    if switches.has(&defect::algorithm::BYTE_ORDER_MARK_REFUSED) && has_mark(credential) {
        return Err(Refused::new("WEBAUTHN-client-data-json"));
    }
    if switches.has(&defect::algorithm::CROSS_ORIGIN_MISSING_REFUSED) && !data.contains_key("crossOrigin") {
        return Err(Refused::new("WEBAUTHN-client-data-json"));
    }
    if switches.has(&defect::algorithm::HYBRID_TRANSPORT_REFUSED) && !has_old_transports(credential) {
        return Err(Refused::new("WEBAUTHN-credential-json"));
    }
    if switches.has(&defect::algorithm::INTERMEDIATE_CERTIFICATE_REFUSED) && chain_length(credential) > Some(1) {
        return Err(Refused::new("WEBAUTHN-attestation-trust"));
    }
    if switches.has(&defect::state::SECOND_FACTOR_REFUSED) && !attempt.owned().is_empty() {
        return Err(Refused::new("WEBAUTHN-credential-id-unique"));
    }
    if switches.has(&defect::stored::NAME_TAKEN) && has_name(attempt) {
        return Err(Refused::with_message("MANAGE-name-taken", "there is a factor of this name already"));
    }
    if switches.has(&defect::concurrency::ONE_IN_TEN) && attempt.site.lapses.is_tenth() {
        return Err(Refused::new("WEBAUTHN-challenge"));
    }
    Ok(())
}

/// The attestation statement format that the credential names.
fn format(credential: &Value) -> Option<String> {
    attestation_object(credential).map(|object| object.format)
}

/// Whether UTF-8's mark stands before the client data.
fn has_mark(credential: &Value) -> bool {
    let text = credential.pointer("/response/clientDataJSON").and_then(Value::as_str).unwrap_or_default();
    base64::decode_any(text).is_ok_and(|bytes| bytes.starts_with(b"\xef\xbb\xbf"))
}

fn has_old_transports(credential: &Value) -> bool {
    let named = credential.pointer("/response/transports").and_then(Value::as_array);
    named.into_iter().flatten().filter_map(Value::as_str).all(|name| TRANSPORTS.contains(&name))
}

/// Certificates of x5c.
fn chain_length(credential: &Value) -> Option<usize> {
    let statement = attestation_object(credential)?.statement;
    Some(cbor::member(statement.as_map()?, "x5c")?.as_array()?.len())
}

/// Whether a factor of the user, of either kind, has the name.
fn has_name(attempt: &Attempt<'_>) -> bool {
    let mut state = attempt.user.state();
    [Kind::U2f, Kind::Passkey]
        .into_iter()
        .any(|kind| state.of(kind).factors.iter().any(|factor| factor.name == attempt.name()))
}
