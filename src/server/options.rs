//! Creation options as the server sends them (WebAuthn L3 §5.4), written by hand so that the reader under test is held against another writer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::defect::Faults;
use super::store::{Factor, Kind, Pending, User};
use crate::webauthn::cose::CoseAlgorithm;

/// What is offered, the preferred first: the algorithms of the documented example of v1, and ES256K.
pub(super) const OFFERED_ALGORITHMS: [CoseAlgorithm; 11] = [
    CoseAlgorithm::ES256,
    CoseAlgorithm::ES384,
    CoseAlgorithm::ES512,
    CoseAlgorithm::RS256,
    CoseAlgorithm::RS384,
    CoseAlgorithm::RS512,
    CoseAlgorithm::PS256,
    CoseAlgorithm::PS384,
    CoseAlgorithm::PS512,
    CoseAlgorithm::EDDSA,
    CoseAlgorithm::ES256K,
];

/// Milliseconds.
const TIMEOUT: u32 = 300_000;

/// `{"publicKey": {...}}` for a pending registration. `attachment` is the `authenticatorAttachment` that the caller asked for.
pub(super) fn creation_options(
    user: &User,
    kind: Kind,
    pending: &Pending,
    enrolled: &[Factor],
    attachment: Option<&str>,
    faults: &Faults,
) -> Value {
    let enrolled = if faults.has("state-exclude-credentials-missing") { &[] } else { enrolled };
    let excluded: Vec<_> = enrolled
        .iter()
        .map(|factor| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(&factor.credential_id) }))
        .collect();
    let mut options = json!({
        "rp": { "id": pending.rp_id, "name": "Reference server" },
        "user": {
            "id": URL_SAFE_NO_PAD.encode(&user.id),
            "name": format!("user-{}@{}", user.index, pending.rp_id),
            "displayName": format!("User {}", user.index),
        },
        "challenge": URL_SAFE_NO_PAD.encode(&pending.challenge),
        "pubKeyCredParams": OFFERED_ALGORITHMS.map(|algorithm| json!({ "type": "public-key", "alg": algorithm.0 })),
        "timeout": TIMEOUT,
        "excludeCredentials": excluded,
        "authenticatorSelection": selection(kind, pending, attachment),
        "attestation": "none",
    });
    if faults.has("shape-options-without-challenge")
        && let Some(members) = options.as_object_mut()
    {
        members.remove("challenge");
    }
    if faults.has("shape-options-without-public-key") { options } else { json!({ "publicKey": options }) }
}

fn selection(kind: Kind, pending: &Pending, attachment: Option<&str>) -> Value {
    let is_passkey = kind == Kind::Passkey;
    let mut selection = json!({
        "residentKey": if is_passkey { "required" } else { "discouraged" },
        "requireResidentKey": is_passkey,
        "userVerification": if pending.user_verification_required { "required" } else { "discouraged" },
    });
    if let Some(attachment) = attachment {
        selection["authenticatorAttachment"] = json!(attachment);
    }
    selection
}
