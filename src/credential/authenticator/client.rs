//! The client's half: "Create a New Credential" (WebAuthn L3 §5.1.3) around the device.

use std::fmt;

use serde_json::Value;

use super::device::{self, Made};
use super::error::ClientError;
use super::mutation::{Applied, Stage};
use super::request::CreationRequest;
use crate::webauthn::base64;
use crate::webauthn::client_data::{CREATE, CollectedClientData};
use crate::webauthn::cose::{CoseAlgorithm, CoseKey};
use crate::webauthn::credential::{RegistrationResponse, ResponseDetails};
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::webauthn::rp_id::is_rp_id_of;

/// What the user agent knows, and which of its duties it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Origin of the caller, such as `https://example.org`.
    pub origin: String,
    /// Whether the caller is in a frame that is not same-origin with its ancestors.
    pub cross_origin: bool,
    /// Origin of the top-level page; only sent if given.
    pub top_origin: Option<String>,
    /// Refuses an RP ID that is neither the origin's host nor a suffix of it.
    pub checks_rp_id: bool,
    /// Refuses if the authenticator holds an excluded credential.
    pub honours_exclude_credentials: bool,
    /// Refuses if the options do not offer the authenticator's algorithm.
    pub honours_algorithms: bool,
}

/// A credential that was created.
#[derive(Clone, PartialEq)]
pub struct CreatedCredential {
    /// RegistrationResponseJSON, or what the mutation made of it.
    pub json: Value,
    /// Its text, or what the mutation made of that; v2 carries the value and v1 the text.
    pub text: Vec<u8>,
    /// Credential id as in `rawId`, before a mutation of the JSON.
    pub credential_id: Vec<u8>,
    /// clientDataJSON as hashed.
    pub client_data_json: Vec<u8>,
    /// Encoded attestation object.
    pub attestation_object: Vec<u8>,
    /// Encoded authenticator data.
    pub authenticator_data: Vec<u8>,
    /// The true public key, whatever a mutation wrote into the authenticator data.
    pub public_key: CoseKey,
}

impl fmt::Debug for CreatedCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedCredential").field("json", &self.json).finish_non_exhaustive()
    }
}

impl Client {
    /// A client that does all its duties, at an origin and not in a frame. A host with other characters is written in A-labels, as browsers
    /// do.
    pub fn new(origin: impl Into<String>) -> Client {
        let origin = origin.into();
        Client {
            origin: if origin.is_ascii() { origin } else { origin_to_ascii(&origin) },
            cross_origin: false,
            top_origin: None,
            checks_rp_id: true,
            honours_exclude_credentials: true,
            honours_algorithms: true,
        }
    }

    /// Answers creation options with a credential.
    ///
    /// # Errors
    /// [`ClientError`], where a browser would throw and where the request cannot be met.
    pub fn create(
        &self,
        options: &PublicKeyCredentialCreationOptions,
        request: &CreationRequest<'_>,
    ) -> Result<CreatedCredential, ClientError> {
        let rp_id = self.admit(options, request)?;
        let key = device::key_pair(request)?;
        let context = (self.origin.as_str(), rp_id.as_str(), options.challenge.as_slice());
        let applied = Applied::new(request.mutations, context, &request.seed, &key);
        let client_data_json = self.client_data_json(options, request, &applied)?;
        let asks_user_verification = options.user_verification.as_deref() != Some("discouraged");
        let made = device::make_credential(request, &applied, &client_data_json, asks_user_verification)?;
        let mut json = response_json(&made, &client_data_json, options, request.algorithm);
        applied.change(&mut json, |stage| match stage {
            Stage::Credential(change) => Some(*change),
            _ => None,
        })?;
        let mut text = json.to_string().into_bytes();
        applied.change(&mut text, |stage| match stage {
            Stage::CredentialText(change) => Some(*change),
            _ => None,
        })?;
        applied.require_changed()?;
        Ok(CreatedCredential {
            json,
            text,
            credential_id: made.credential_id,
            client_data_json,
            attestation_object: made.attestation_object,
            authenticator_data: made.authenticator_data,
            public_key: made.public_key,
        })
    }

    /// The checks before anything is made; gives the RP ID.
    fn admit(
        &self,
        options: &PublicKeyCredentialCreationOptions,
        request: &CreationRequest<'_>,
    ) -> Result<String, ClientError> {
        if !(1..=64).contains(&options.user.id.len()) {
            return Err(ClientError::UserId(options.user.id.len()));
        }
        let rp_id = self.rp_id(options.rp.id.as_deref())?;
        if self.honours_algorithms && !options.offered().contains(&request.algorithm) {
            return Err(ClientError::NotSupported(request.algorithm));
        }
        if asked(options, "/largeBlob/support").and_then(Value::as_str) == Some("required") {
            return Err(ClientError::Extension("largeBlob"));
        }
        let is_held = |id: &Vec<u8>| request.held_credentials.contains(id);
        if self.honours_exclude_credentials && options.exclude_credentials.iter().any(is_held) {
            return Err(ClientError::InvalidState);
        }
        Ok(rp_id)
    }

    /// The RP ID of the options, or the origin's host.
    pub(super) fn rp_id(&self, given: Option<&str>) -> Result<String, ClientError> {
        let host = host(&self.origin).ok_or_else(|| ClientError::Origin(self.origin.clone()));
        let Some(rp_id) = given.map(|given| if given.is_ascii() { given.to_owned() } else { to_ascii(given) }) else {
            return host.map(str::to_owned);
        };
        if self.checks_rp_id && !is_rp_id_of(host?, &rp_id) {
            return Err(ClientError::Security { rp_id, origin: self.origin.clone() });
        }
        Ok(rp_id)
    }

    fn client_data_json(
        &self,
        options: &PublicKeyCredentialCreationOptions,
        request: &CreationRequest<'_>,
        applied: &Applied<'_>,
    ) -> Result<Vec<u8>, ClientError> {
        let mut data = CollectedClientData {
            r#type: Some(CREATE.to_owned()),
            challenge: Some(base64::encode_url(&options.challenge)),
            origin: Some(self.origin.clone()),
            cross_origin: Some(self.cross_origin),
            top_origin: self.top_origin.clone(),
            extra: request.extra_client_data.clone(),
        };
        applied.change(&mut data, |stage| match stage {
            Stage::ClientData(change) => Some(*change),
            _ => None,
        })?;
        let mut bytes = data.serialize();
        applied.change(&mut bytes, |stage| match stage {
            Stage::ClientDataJson(change) => Some(*change),
            _ => None,
        })?;
        Ok(bytes)
    }
}

fn response_json(
    made: &Made,
    client_data_json: &[u8],
    options: &PublicKeyCredentialCreationOptions,
    algorithm: CoseAlgorithm,
) -> Value {
    // It says what the authenticator is; a value of the options that is not known is ignored.
    let is_platform = options.authenticator_attachment.as_deref() == Some("platform");
    let attachment = if is_platform { "platform" } else { "cross-platform" };
    let transport = if attachment == "platform" { "internal" } else { "usb" };
    let key = made.attested_key.as_ref();
    // A client gives null for a key that it does not understand.
    let details = ResponseDetails {
        attachment: Some(attachment.to_owned()),
        transports: vec![transport.to_owned()],
        authenticator_data: made.authenticator_data.clone(),
        public_key: key.and_then(|key| key.to_spki_der().ok()),
        public_key_algorithm: key.and_then(CoseKey::algorithm).unwrap_or(algorithm).0,
    };
    let response = RegistrationResponse {
        raw_id: made.credential_id.clone(),
        client_data_json: client_data_json.to_vec(),
        attestation_object: made.attestation_object.clone(),
    };
    let mut json = response.to_json(&details);
    if asked(options, "/credProps") == Some(&Value::Bool(true)) {
        // The credential is discoverable if the options ask for one.
        let is_discoverable = matches!(options.resident_key.as_deref(), Some("required" | "preferred"));
        json["clientExtensionResults"]["credProps"] = serde_json::json!({ "rk": is_discoverable });
    }
    json
}

/// An input of an extension, by its JSON pointer.
fn asked<'o>(options: &'o PublicKeyCredentialCreationOptions, pointer: &str) -> Option<&'o Value> {
    options.extensions.as_ref()?.pointer(pointer)
}

/// A domain in A-labels (UTS 46, as URLs have it); one that can't be written so stays as it is.
fn to_ascii(domain: &str) -> String {
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned())
}

fn origin_to_ascii(origin: &str) -> String {
    match host(origin) {
        Some(host) => origin.replacen(host, &to_ascii(host), 1),
        None => origin.to_owned(),
    }
}

/// The host of an origin, without port; of an IPv6 address with its brackets.
fn host(origin: &str) -> Option<&str> {
    let (scheme, authority) = origin.split_once("://")?;
    let end = match authority.find(']') {
        Some(bracket) if authority.starts_with('[') => bracket + 1,
        _ => authority.find(':').unwrap_or(authority.len()),
    };
    let host = &authority[..end];
    (!scheme.is_empty() && !host.is_empty() && !host.contains(['/', '@', '?', '#'])).then_some(host)
}
