//! Creation options as the server sends them (WebAuthn L3 §5.4), written by hand, so that the reader is tested with an independent writer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::store::{Factor, Kind, Pending, User};
use super::switches::Switches;
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
    if switches.varies("algorithms-empty") {
        return Offer { listed: Vec::new(), accepted: vec![CoseAlgorithm::ES256, CoseAlgorithm::RS256] };
    }
    let mut listed = OFFERED.to_vec();
    if switches.varies("algorithms-es256-only") {
        listed.truncate(1);
    }
    if switches.varies("algorithms-more") {
        listed.extend([CoseAlgorithm::ESP256, CoseAlgorithm::ESP384, CoseAlgorithm::ED25519]);
    }
    if switches.varies("algorithms-reversed") {
        listed.reverse();
    }
    let mut accepted = listed.clone();
    if switches.has("verification-refuses-second-algorithm") {
        accepted.truncate(1);
    }
    if switches.has("algorithm-ps512-refused") {
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
        let attestation = if self.switches.varies("attestation-direct") { "direct" } else { "none" };
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
        if self.switches.has("shape-options-without-public-key") { options } else { json!({ "publicKey": options }) }
    }

    fn milliseconds(&self) -> u64 {
        let milliseconds = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
        if self.switches.has("identifier-timeout-in-seconds") {
            milliseconds / 1000
        } else if self.switches.has("identifier-timeout-in-nanoseconds") {
            milliseconds.saturating_mul(1_000_000)
        } else {
            milliseconds
        }
    }

    fn binary(&self, bytes: &[u8]) -> String {
        let is_v1 = !self.flow.names_user();
        if is_v1 && self.switches.varies("options-v1-standard-base64") {
            return STANDARD.encode(bytes);
        }
        if !is_v1 && self.switches.has("options-v2-padded") {
            return URL_SAFE.encode(bytes);
        }
        if !is_v1 && self.switches.has("options-v2-standard-base64") {
            return STANDARD_NO_PAD.encode(bytes);
        }
        URL_SAFE_NO_PAD.encode(bytes)
    }

    fn excluded(&self) -> Vec<Value> {
        if self.switches.has("state-exclude-credentials-missing") {
            return Vec::new();
        }
        let descriptor = |factor: &Factor| {
            let id = json!(self.binary(&factor.credential_id));
            if self.switches.has("options-exclude-as-texts") {
                return id;
            }
            let mut descriptor = json!({ "type": "public-key", "id": id });
            if self.switches.varies("exclude-credentials-transports") {
                descriptor["transports"] = json!(["usb", "nfc"]);
            }
            if self.switches.has("identifier-exclude-transports-null") {
                descriptor["transports"] = Value::Null;
            }
            descriptor
        };
        let mut excluded: Vec<Value> = self.excluded.iter().map(descriptor).collect();
        if self.switches.varies("exclude-credentials-reversed") {
            excluded.reverse();
        }
        if self.switches.has("state-exclude-only-latest") {
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
        let chosen = self.switches.varies("attachment-chosen").then_some("cross-platform");
        let asked = self.attachment.filter(|_| !self.switches.has("options-authenticator-ignored"));
        let is_lost = asked == Some("cross-platform") && self.switches.has("identifier-cross-platform-lost");
        let asked = asked.filter(|_| !is_lost);
        if let Some(attachment) = asked.or(chosen) {
            selection["authenticatorAttachment"] = json!(attachment);
        }
        selection
    }

    fn vary(&self, options: &mut Map<String, Value>) {
        if self.switches.varies("options-members-few") {
            let is_empty = self.excluded.is_empty();
            let optional = ["timeout", "attestation", "excludeCredentials"];
            for name in optional.into_iter().filter(|name| is_empty || *name != "excludeCredentials") {
                options.shift_remove(name);
            }
        }
        if self.switches.varies("options-members-more") {
            options.insert("hints".to_owned(), json!(["security-key", "client-device"]));
            options.insert("attestationFormats".to_owned(), json!(["packed"]));
            options.insert("extensions".to_owned(), json!({ "credProps": true }));
            options.insert("furtherMember".to_owned(), json!([null]));
        }
    }

    fn spoil(&self, options: &mut Value) {
        let switches = self.switches;
        if switches.has("options-challenge-as-numbers") {
            options["challenge"] = json!(self.pending.challenge);
        }
        if switches.has("options-user-id-in-clear") {
            options["user"]["id"] = json!(format!("user {}", self.user.id));
        }
        if switches.has("options-algorithm-as-text") {
            options["pubKeyCredParams"][0]["alg"] = json!(options["pubKeyCredParams"][0]["alg"].to_string());
        }
        if switches.has("options-timeout-as-text") {
            options["timeout"] = json!("5m");
        }
        if switches.has("options-rp-id-other") {
            options["rp"]["id"] = json!(format!("www.{}", self.pending.rp_id));
        }
        if switches.has("options-rp-name-missing")
            && let Some(rp) = options["rp"].as_object_mut()
        {
            rp.remove("name");
        }
        if switches.has("identifier-parameter-type-misspelt") {
            options["pubKeyCredParams"]
                .as_array_mut()
                .into_iter()
                .flatten()
                .for_each(|p| p["type"] = json!("public_key"));
        }
        if switches.has("identifier-user-verification-misspelt") {
            options["authenticatorSelection"]["userVerification"] = json!("REQUIRED");
        }
        if switches.has("identifier-resident-key-contradicts") {
            options["authenticatorSelection"]["requireResidentKey"] = json!(true);
        }
        if self.flow.is_u2f() && switches.has("identifier-appid-at-creation") {
            options["extensions"] = json!({ "appid": self.pending.origin });
        }
        let Some(members) = options.as_object_mut() else { return };
        if switches.has("shape-options-without-challenge") {
            members.remove("challenge");
        }
        if switches.has("options-parameters-missing") {
            members.remove("pubKeyCredParams");
        }
    }
}
