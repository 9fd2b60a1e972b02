//! Creation options as the server sends them (WebAuthn L3 §5.4), written by hand, so that the reader is tested with an independent writer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::defect;
use super::store::{Factor, Kind, Pending, User};
use super::switches::Switches;
use super::variant;
use crate::contract::Flow;
use crate::webauthn::cose::CoseAlgorithm;

/// The algorithms that are offered, the preferred first: those of the documented example of v1, and ES256K.
const OFFERED: [CoseAlgorithm; 11] = [
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

/// The algorithms of the server.
pub(super) struct Offer {
    /// The algorithms in the options.
    pub listed: Vec<CoseAlgorithm>,
    /// The algorithms that a verify accepts.
    pub accepted: Vec<CoseAlgorithm>,
}

/// The algorithms that are offered, and what that means for a verify.
pub(super) fn offer(switches: &Switches) -> Offer {
    if switches.varies(&variant::options::ALGORITHMS_EMPTY) {
        return Offer { listed: Vec::new(), accepted: vec![CoseAlgorithm::ES256, CoseAlgorithm::RS256] };
    }
    let mut listed = OFFERED.to_vec();
    if switches.varies(&variant::options::ALGORITHMS_ES256_ONLY) {
        listed.truncate(1);
    }
    if switches.varies(&variant::options::ALGORITHMS_MORE) {
        listed.extend([CoseAlgorithm::ESP256, CoseAlgorithm::ESP384, CoseAlgorithm::ED25519]);
        listed.extend([CoseAlgorithm::ML_DSA_44, CoseAlgorithm::ML_DSA_65, CoseAlgorithm::ML_DSA_87]);
    }
    if switches.varies(&variant::options::ALGORITHMS_REVERSED) {
        listed.reverse();
    }
    let mut accepted = listed.clone();
    if switches.has(&defect::verification::REFUSES_SECOND_ALGORITHM) {
        accepted.truncate(1);
    }
    if switches.has(&defect::algorithm::PS512_REFUSED) {
        accepted.retain(|algorithm| *algorithm != CoseAlgorithm::PS512);
    }
    Offer { listed, accepted }
}

/// The values that options are written from.
pub(super) struct Draft<'a> {
    pub user: &'a User,
    /// `user.id`, decoded.
    pub handle: Vec<u8>,
    /// `user.displayName`
    pub display_name: String,
    pub flow: Flow,
    pub pending: &'a Pending,
    /// The credentials in `excludeCredentials`.
    pub excluded: Vec<Factor>,
    /// The `authenticatorAttachment` that the caller asked for.
    pub attachment: Option<&'a str>,
    /// The time for the ceremony.
    pub timeout: Duration,
    pub switches: &'a Switches,
}

impl Draft<'_> {
    /// `{"publicKey": {...}}` for a pending registration.
    pub(super) fn write(&self) -> Value {
        let (pending, user) = (self.pending, self.user);
        let listed = offer(self.switches).listed;
        let parameter = |algorithm: &CoseAlgorithm| json!({ "type": "public-key", "alg": algorithm.0 });
        let attestation = if self.switches.varies(&variant::options::ATTESTATION_DIRECT) { "direct" } else { "none" };
        let mut options = json!({
            "rp": { "id": pending.rp_id, "name": "Reference server" },
            "user": {
                "id": self.binary(&self.handle),
                "name": format!("user-{}@{}", user.index, pending.rp_id),
                "displayName": self.display_name,
            },
            "challenge": self.binary(&pending.challenge),
            "pubKeyCredParams": listed.iter().map(parameter).collect::<Vec<_>>(),
            "timeout": self.milliseconds(),
            "excludeCredentials": self.excluded(),
            "authenticatorSelection": self.selection(),
            "attestation": attestation,
        });
        if let Some(members) = options.as_object_mut() {
            self.vary(members);
        }
        self.spoil(&mut options);
        if self.switches.has(&defect::options::SHAPE_OPTIONS_WITHOUT_PUBLIC_KEY) {
            options
        } else {
            json!({ "publicKey": options })
        }
    }

    fn milliseconds(&self) -> u64 {
        let milliseconds = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        if self.switches.has(&defect::identifier::TIMEOUT_IN_SECONDS) {
            milliseconds / 1000
        } else if self.switches.has(&defect::identifier::TIMEOUT_IN_NANOSECONDS) {
            milliseconds.saturating_mul(1_000_000)
        } else {
            milliseconds
        }
    }

    fn binary(&self, bytes: &[u8]) -> String {
        let is_v1 = !self.flow.names_user();
        if is_v1 && self.switches.varies(&variant::options::V1_STANDARD_BASE64) {
            return STANDARD.encode(bytes);
        }
        if !is_v1 && self.switches.has(&defect::options::V2_PADDED) {
            return URL_SAFE.encode(bytes);
        }
        if !is_v1 && self.switches.has(&defect::options::V2_STANDARD_BASE64) {
            return STANDARD_NO_PAD.encode(bytes);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn excluded(&self) -> Vec<Value> {
        if self.switches.has(&defect::state::EXCLUDE_CREDENTIALS_MISSING) {
            return Vec::new();
        }
        let descriptor = |factor: &Factor| {
            let id = json!(self.binary(&factor.credential_id));
            if self.switches.has(&defect::options::EXCLUDE_AS_TEXTS) {
                return id;
            }
            let mut descriptor = json!({ "type": "public-key", "id": id });
            if self.switches.varies(&variant::options::EXCLUDE_CREDENTIALS_TRANSPORTS) {
                descriptor["transports"] = json!(["usb", "nfc"]);
            }
            if self.switches.has(&defect::identifier::EXCLUDE_TRANSPORTS_NULL) {
                descriptor["transports"] = Value::Null;
            }
            descriptor
        };
        let mut excluded: Vec<Value> = self.excluded.iter().map(descriptor).collect();
        if self.switches.varies(&variant::options::EXCLUDE_CREDENTIALS_REVERSED) {
            excluded.reverse();
        }
        if self.switches.has(&defect::state::EXCLUDE_ONLY_LATEST) {
            excluded = excluded.pop().into_iter().collect();
        }
        excluded
    }

    fn selection(&self) -> Value {
        let is_passkey = Kind::of(self.flow) == Kind::Passkey;
        let mut selection = json!({
            "residentKey": if is_passkey { "required" } else { "discouraged" },
            "requireResidentKey": is_passkey,
            "userVerification": self.pending.user_verification,
        });
        let chosen = self.switches.varies(&variant::options::ATTACHMENT_CHOSEN).then_some("cross-platform");
        let asked = self.attachment.filter(|_| !self.switches.has(&defect::options::AUTHENTICATOR_IGNORED));
        let is_lost = asked == Some("cross-platform") && self.switches.has(&defect::identifier::CROSS_PLATFORM_LOST);
        let asked = asked.filter(|_| !is_lost);
        if let Some(attachment) = asked.or(chosen) {
            selection["authenticatorAttachment"] = json!(attachment);
        }
        selection
    }

    fn vary(&self, options: &mut Map<String, Value>) {
        if self.switches.varies(&variant::options::MEMBERS_FEW) {
            let is_empty = self.excluded.is_empty();
            let optional = ["timeout", "attestation", "excludeCredentials"];
            for name in optional.into_iter().filter(|name| is_empty || *name != "excludeCredentials") {
                options.shift_remove(name);
            }
        }
        if self.switches.varies(&variant::options::MEMBERS_MORE) {
            options.insert("hints".to_owned(), json!(["security-key", "client-device"]));
            options.insert("attestationFormats".to_owned(), json!(["packed"]));
            options.insert("extensions".to_owned(), json!({ "credProps": true }));
            options.insert("furtherMember".to_owned(), json!([null]));
        }
    }

    fn spoil(&self, options: &mut Value) {
        let switches = self.switches;
        if switches.has(&defect::options::CHALLENGE_AS_NUMBERS) {
            options["challenge"] = json!(self.pending.challenge);
        }
        if switches.has(&defect::options::USER_ID_IN_CLEAR) {
            options["user"]["id"] = json!(format!("user {}", self.user.id));
        }
        if switches.has(&defect::options::ALGORITHM_AS_TEXT) {
            options["pubKeyCredParams"][0]["alg"] = json!(options["pubKeyCredParams"][0]["alg"].to_string());
        }
        if switches.has(&defect::options::TIMEOUT_AS_TEXT) {
            options["timeout"] = json!("5m");
        }
        if switches.has(&defect::options::RP_ID_OTHER) {
            options["rp"]["id"] = json!(format!("www.{}", self.pending.rp_id));
        }
        if switches.has(&defect::options::RP_NAME_MISSING)
            && let Some(rp) = options["rp"].as_object_mut()
        {
            rp.remove("name");
        }
        if switches.has(&defect::identifier::PARAMETER_TYPE_MISSPELT) {
            options["pubKeyCredParams"]
                .as_array_mut()
                .into_iter()
                .flatten()
                .for_each(|p| p["type"] = json!("public_key"));
        }
        if switches.has(&defect::identifier::USER_VERIFICATION_MISSPELT) {
            options["authenticatorSelection"]["userVerification"] = json!("REQUIRED");
        }
        if switches.has(&defect::identifier::RESIDENT_KEY_CONTRADICTS) {
            options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        }
        if self.flow.is_u2f() && switches.has(&defect::identifier::APPID_AT_CREATION) {
            options["extensions"] = json!({ "appid": self.pending.origin });
        }
        let Some(members) = options.as_object_mut() else { return };
        if switches.has(&defect::options::SHAPE_OPTIONS_WITHOUT_CHALLENGE) {
            members.remove("challenge");
        }
        if switches.has(&defect::options::PARAMETERS_MISSING) {
            members.remove("pubKeyCredParams");
        }
    }
}
