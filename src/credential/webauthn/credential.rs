//! The credential as it travels: RegistrationResponseJSON (WebAuthn L3 §5.1, "toJSON").

use serde_json::{Map, Value, json};

use super::base64;

/// What a registration response carries; how it was written is checked on reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationResponse {
    /// `rawId`, decoded
    pub raw_id: Vec<u8>,
    /// `response.clientDataJSON`, decoded
    pub client_data_json: Vec<u8>,
    /// `response.attestationObject`, decoded
    pub attestation_object: Vec<u8>,
}

/// The parts that a client adds to a response, in addition to those of [`RegistrationResponse`].
#[derive(Debug, Clone, Default)]
pub struct ResponseDetails {
    /// `authenticatorAttachment`: `platform` or `cross-platform`
    pub attachment: Option<String>,
    /// `response.transports`
    pub transports: Vec<String>,
    /// `response.authenticatorData`, not yet encoded
    pub authenticator_data: Vec<u8>,
    /// `response.publicKey`: SubjectPublicKeyInfo in DER, not yet encoded
    pub public_key: Option<Vec<u8>>,
    /// `response.publicKeyAlgorithm`
    pub public_key_algorithm: i64,
}

/// Why a JSON value is not a registration response.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// A member is absent.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A member has another JSON type or form.
    #[error("{member} is not {expected}")]
    Wrong {
        /// Path of the member.
        member: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// `id` and `rawId` differ.
    #[error("id and rawId differ")]
    IdDiffers,
}

impl RegistrationResponse {
    /// Writes a RegistrationResponseJSON with every member that a current browser sends.
    pub fn to_json(&self, details: &ResponseDetails) -> Value {
        let id = base64::encode_url(&self.raw_id);
        let mut response = json!({
            "clientDataJSON": base64::encode_url(&self.client_data_json),
            "attestationObject": base64::encode_url(&self.attestation_object),
            "authenticatorData": base64::encode_url(&details.authenticator_data),
            "transports": details.transports,
            "publicKeyAlgorithm": details.public_key_algorithm,
        });
        if let Some(public_key) = &details.public_key {
            response["publicKey"] = base64::encode_url(public_key).into();
        }
        let mut credential = json!({
            "id": id,
            "rawId": id,
            "type": "public-key",
            "clientExtensionResults": {},
            "response": response,
        });
        if let Some(attachment) = &details.attachment {
            credential["authenticatorAttachment"] = attachment.as_str().into();
        }
        credential
    }

    /// Reads a RegistrationResponseJSON strictly: the required members with their types, base64url without padding,
    /// `id` equal to `rawId`, `type` "public-key". Members that are not known are ignored; `clientExtensionResults`,
    /// `authenticatorAttachment` and the convenience members of `response` may be absent but need their type.
    ///
    /// # Errors
    /// The first [`CredentialError`] found.
    pub fn from_json(credential: &Value) -> Result<RegistrationResponse, CredentialError> {
        let object = credential.as_object().ok_or(wrong("the credential", "an object"))?;
        let id = text(object, "id", "id")?;
        let raw_id = bytes(object, "rawId", "rawId")?;
        if base64::decode_url(id).is_err() {
            return Err(wrong("id", "base64url without padding"));
        }
        if raw_id.is_empty() {
            return Err(wrong("rawId", "at least one byte long"));
        }
        if object.get("rawId").and_then(Value::as_str) != Some(id) {
            return Err(CredentialError::IdDiffers);
        }
        if text(object, "type", "type")? != "public-key" {
            return Err(wrong("type", "\"public-key\""));
        }
        optional(object, "clientExtensionResults", "an object", Value::is_object)?;
        optional(object, "authenticatorAttachment", "a string", Value::is_string)?;
        let response = object.get("response").ok_or(CredentialError::Missing("response"))?;
        let response = response.as_object().ok_or(wrong("response", "an object"))?;
        optional(response, "transports", "a list of strings", is_list_of_strings)?;
        optional(response, "publicKeyAlgorithm", "a number", Value::is_number)?;
        Ok(RegistrationResponse {
            raw_id,
            client_data_json: bytes(response, "clientDataJSON", "response.clientDataJSON")?,
            attestation_object: bytes(response, "attestationObject", "response.attestationObject")?,
        })
    }

    /// Reads only the parts that later steps need, in any base64 form, as a careless server does.
    ///
    /// # Errors
    /// [`CredentialError`] if a part is absent or cannot be decoded at all.
    pub fn from_json_leniently(credential: &Value) -> Result<RegistrationResponse, CredentialError> {
        let any = |path: &str, name: &'static str| {
            let text = credential.pointer(path).and_then(Value::as_str).ok_or(CredentialError::Missing(name))?;
            base64::decode_any(text).map_err(|_error| wrong(name, "base64"))
        };
        Ok(RegistrationResponse {
            raw_id: any("/rawId", "rawId").or_else(|_error| any("/id", "id")).unwrap_or_default(),
            client_data_json: any("/response/clientDataJSON", "response.clientDataJSON")?,
            attestation_object: any("/response/attestationObject", "response.attestationObject")?,
        })
    }
}

fn wrong(member: &'static str, expected: &'static str) -> CredentialError {
    CredentialError::Wrong { member, expected }
}

fn text<'a>(object: &'a Map<String, Value>, name: &str, path: &'static str) -> Result<&'a str, CredentialError> {
    object.get(name).ok_or(CredentialError::Missing(path))?.as_str().ok_or(wrong(path, "a string"))
}

fn bytes(object: &Map<String, Value>, name: &str, path: &'static str) -> Result<Vec<u8>, CredentialError> {
    base64::decode_url(text(object, name, path)?).map_err(|_error| wrong(path, "base64url without padding"))
}

fn optional(
    object: &Map<String, Value>,
    name: &'static str,
    expected: &'static str,
    is_right: fn(&Value) -> bool,
) -> Result<(), CredentialError> {
    match object.get(name) {
        Some(value) if !value.is_null() && !is_right(value) => Err(wrong(name, expected)),
        _ => Ok(()),
    }
}

fn is_list_of_strings(value: &Value) -> bool {
    value.as_array().is_some_and(|list| list.iter().all(Value::is_string))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response() -> RegistrationResponse {
        RegistrationResponse { raw_id: vec![0xfb, 0xef], client_data_json: vec![1], attestation_object: vec![2, 3] }
    }

    #[test]
    fn what_was_written_is_read() {
        let details = ResponseDetails {
            attachment: Some("platform".to_owned()),
            transports: vec!["internal".to_owned()],
            ..ResponseDetails::default()
        };
        let json = response().to_json(&details);
        assert_eq!(RegistrationResponse::from_json(&json), Ok(response()));
        assert_eq!(json["id"], "--8");
    }

    #[test]
    fn every_required_member_is_required() {
        for path in ["/id", "/rawId", "/type", "/response", "/response/clientDataJSON", "/response/attestationObject"] {
            let good = response().to_json(&ResponseDetails::default());
            for replacement in [Value::Null, json!(1), json!([]), json!("!")] {
                let mut json = good.clone();
                *json.pointer_mut(path).expect(path) = replacement.clone();
                assert!(RegistrationResponse::from_json(&json).is_err(), "{path} = {replacement}");
            }
        }
    }

    #[test]
    fn optional_members_need_their_types() {
        for (path, name) in
            [("", "clientExtensionResults"), ("", "authenticatorAttachment"), ("/response", "transports")]
        {
            let mut json = response().to_json(&ResponseDetails::default());
            json.pointer_mut(path).expect("an object")[name] = json!(1);
            assert!(matches!(RegistrationResponse::from_json(&json), Err(CredentialError::Wrong { .. })), "{name}");
            json.pointer_mut(path).expect("an object")[name] = Value::Null;
            assert!(RegistrationResponse::from_json(&json).is_ok(), "{name}");
        }
    }
}
