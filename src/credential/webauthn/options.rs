//! PublicKeyCredentialCreationOptions (WebAuthn L3 §5.4) as servers send them.

use serde_json::{Map, Value, json};

use super::base64;
use super::cose::CoseAlgorithm;

/// Creation options. Members of no consequence to a registration response are kept in [`Self::extensions`] or dropped.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PublicKeyCredentialCreationOptions {
    /// `rp`
    pub rp: RpEntity,
    /// `user`
    pub user: UserEntity,
    /// `challenge`, decoded
    pub challenge: Vec<u8>,
    /// COSE algorithm numbers of the `public-key` entries of `pubKeyCredParams`, in order.
    pub pub_key_cred_params: Vec<i64>,
    /// Whether `pubKeyCredParams` has entries, and all of them are of types that are not known.
    pub offers_unknown_types_only: bool,
    /// `timeout` in milliseconds.
    pub timeout: Option<u64>,
    /// Decoded ids of `excludeCredentials`.
    pub exclude_credentials: Vec<Vec<u8>>,
    /// `attestation`: none, indirect, direct or enterprise.
    pub attestation: Option<String>,
    /// `authenticatorSelection.userVerification`: required, preferred or discouraged.
    pub user_verification: Option<String>,
    /// `authenticatorSelection.authenticatorAttachment`: platform or cross-platform.
    pub authenticator_attachment: Option<String>,
    /// `authenticatorSelection.residentKey`: required, preferred or discouraged.
    pub resident_key: Option<String>,
    /// `extensions`, as received.
    pub extensions: Option<Value>,
}

/// PublicKeyCredentialRpEntity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RpEntity {
    /// RP ID; if absent, the host of the caller's origin.
    pub id: Option<String>,
    /// Human-palatable name.
    pub name: String,
}

/// PublicKeyCredentialUserEntity.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserEntity {
    /// User handle, decoded.
    pub id: Vec<u8>,
    /// Account name.
    pub name: String,
    /// Display name.
    pub display_name: String,
}

/// Why a value is not creation options.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// The text is neither JSON nor base64 of JSON.
    #[error("the creation options are neither JSON nor base64 of JSON: {0}")]
    NotJson(String),
    /// A member is absent.
    #[error("the creation options have no {0}")]
    Missing(&'static str),
    /// A member has another type or form.
    #[error("{member} of the creation options is not {expected}")]
    Wrong {
        /// Path of the member.
        member: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
}

impl PublicKeyCredentialCreationOptions {
    /// The algorithms that are offered, in order. An empty list stands for ES256 and RS256 (WebAuthn L3 section 5.4); a list of unknown types
    /// offers nothing (section 5.1.3).
    pub fn offered(&self) -> Vec<CoseAlgorithm> {
        if self.pub_key_cred_params.is_empty() && !self.offers_unknown_types_only {
            return vec![CoseAlgorithm::ES256, CoseAlgorithm::RS256];
        }
        self.pub_key_cred_params.iter().copied().map(CoseAlgorithm).collect()
    }

    /// Reads JSON text, or base64 (either alphabet, padded or not) of JSON text, the form of v1.
    ///
    /// # Errors
    /// [`OptionsError`]
    pub fn from_text(text: &str) -> Result<Self, OptionsError> {
        let text = text.trim();
        let value = match serde_json::from_str(text) {
            // Base64 in a JSON string, as in a v1 response body.
            Ok(Value::String(inner)) => return Self::from_base64(&inner),
            Ok(value) => value,
            Err(error) if text.starts_with('{') => return Err(OptionsError::NotJson(error.to_string())),
            Err(_) => return Self::from_base64(text),
        };
        Self::from_json(&value)
    }

    fn from_base64(text: &str) -> Result<Self, OptionsError> {
        let bytes = base64::decode_any(text).map_err(|error| OptionsError::NotJson(error.to_string()))?;
        let value = serde_json::from_slice(&bytes).map_err(|error| OptionsError::NotJson(error.to_string()))?;
        Self::from_json(&value)
    }

    /// Reads `{"publicKey": {..}}` or the inner object. Binary members may be in any base64 form, whole numbers may be
    /// written as doubles (as a protobuf Struct makes them), JSON `null` counts as absent.
    ///
    /// # Errors
    /// [`OptionsError`]
    pub fn from_json(value: &Value) -> Result<Self, OptionsError> {
        let value = value.get("publicKey").unwrap_or(value);
        let options = value.as_object().ok_or(wrong("publicKey", "an object"))?;
        let rp = object(options, "rp")?.ok_or(OptionsError::Missing("rp"))?;
        let user = object(options, "user")?.ok_or(OptionsError::Missing("user"))?;
        let empty = Map::new();
        let selection = object(options, "authenticatorSelection")?.unwrap_or(&empty);
        Ok(PublicKeyCredentialCreationOptions {
            rp: RpEntity { id: text(rp, "id", "rp.id")?, name: text(rp, "name", "rp.name")?.unwrap_or_default() },
            user: UserEntity {
                id: bytes(user, "id", "user.id")?,
                name: text(user, "name", "user.name")?.unwrap_or_default(),
                display_name: text(user, "displayName", "user.displayName")?.unwrap_or_default(),
            },
            challenge: bytes(options, "challenge", "challenge")?,
            pub_key_cred_params: algorithms(options)?,
            offers_unknown_types_only: offers_unknown_types_only(options)?,
            timeout: present(options, "timeout")
                .map(|value| timeout(value).ok_or(wrong("timeout", "a duration in ms")))
                .transpose()?,
            exclude_credentials: excluded(options)?,
            attestation: text(options, "attestation", "attestation")?,
            user_verification: text(selection, "userVerification", "authenticatorSelection.userVerification")?,
            authenticator_attachment: text(
                selection,
                "authenticatorAttachment",
                "authenticatorSelection.authenticatorAttachment",
            )?,
            resident_key: text(selection, "residentKey", "authenticatorSelection.residentKey")?,
            extensions: present(options, "extensions").cloned(),
        })
    }

    /// Writes `{"publicKey": {..}}` with binary members in base64url without padding.
    pub fn to_json(&self) -> Value {
        let credential = |id: &Vec<u8>| json!({"type": "public-key", "id": base64::encode_url(id)});
        let mut selection = Map::new();
        let mut select = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                selection.insert(name.to_owned(), value.as_str().into());
            }
        };
        select("authenticatorAttachment", &self.authenticator_attachment);
        select("residentKey", &self.resident_key);
        select("userVerification", &self.user_verification);
        let mut options = json!({
            "rp": {"name": self.rp.name},
            "user": {
                "id": base64::encode_url(&self.user.id), "name": self.user.name, "displayName": self.user.display_name,
            },
            "challenge": base64::encode_url(&self.challenge),
            "pubKeyCredParams": self.pub_key_cred_params.iter()
                .map(|alg| json!({"type": "public-key", "alg": alg})).collect::<Vec<_>>(),
            "excludeCredentials": self.exclude_credentials.iter().map(credential).collect::<Vec<_>>(),
        });
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                options[name] = value;
            }
        };
        set("timeout", self.timeout.map(Value::from));
        set("attestation", self.attestation.clone().map(Value::from));
        set("authenticatorSelection", (!selection.is_empty()).then_some(Value::Object(selection)));
        set("extensions", self.extensions.clone());
        if let Some(id) = &self.rp.id {
            options["rp"]["id"] = id.as_str().into();
        }
        json!({"publicKey": options})
    }
}

fn wrong(member: &'static str, expected: &'static str) -> OptionsError {
    OptionsError::Wrong { member, expected }
}

fn present<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

fn object<'a>(
    options: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a Map<String, Value>>, OptionsError> {
    present(options, name).map(|value| value.as_object().ok_or(wrong(name, "an object"))).transpose()
}

fn text(object: &Map<String, Value>, name: &str, path: &'static str) -> Result<Option<String>, OptionsError> {
    present(object, name).map(|value| value.as_str().map(str::to_owned).ok_or(wrong(path, "a string"))).transpose()
}

fn bytes(object: &Map<String, Value>, name: &str, path: &'static str) -> Result<Vec<u8>, OptionsError> {
    let text = text(object, name, path)?.ok_or(OptionsError::Missing(path))?;
    base64::decode_any(&text).map_err(|_error| wrong(path, "base64 or base64url"))
}

fn list<'a>(options: &'a Map<String, Value>, name: &'static str) -> Result<&'a [Value], OptionsError> {
    match present(options, name) {
        Some(value) => value.as_array().map(Vec::as_slice).ok_or(wrong(name, "a list")),
        None => Ok(&[]),
    }
}

fn algorithms(options: &Map<String, Value>) -> Result<Vec<i64>, OptionsError> {
    let number =
        |entry: &Value| entry.get("alg").and_then(whole).ok_or(wrong("pubKeyCredParams.alg", "a whole number"));
    list(options, "pubKeyCredParams")?.iter().filter(|entry| is_public_key(entry)).map(number).collect()
}

fn offers_unknown_types_only(options: &Map<String, Value>) -> Result<bool, OptionsError> {
    let entries = list(options, "pubKeyCredParams")?;
    Ok(!entries.is_empty() && !entries.iter().any(is_public_key))
}

/// Whether an entry is of the one type that is known; entries of other types are ignored.
fn is_public_key(entry: &Value) -> bool {
    entry.get("type").is_none_or(|kind| kind == "public-key")
}

fn excluded(options: &Map<String, Value>) -> Result<Vec<Vec<u8>>, OptionsError> {
    let id = |entry: &Value| {
        let entry = entry.as_object().ok_or(wrong("excludeCredentials", "a list of objects"))?;
        bytes(entry, "id", "excludeCredentials.id")
    };
    list(options, "excludeCredentials")?.iter().filter(|entry| is_public_key(entry)).map(id).collect()
}

fn timeout(value: &Value) -> Option<u64> {
    whole(value).and_then(|number| u64::try_from(number).ok())
}

/// A whole number, also when it is written as a double such as -7.0.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64().filter(|number| number.fract() == 0.0)?;
        // The text of a whole double is its exact decimal form; it fails to parse beyond the range of i64.
        format!("{number:.0}").parse().ok()
    })
}

#[cfg(test)]
mod tests;
