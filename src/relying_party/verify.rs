//! The steps themselves, grouped as the specification's text is: envelope, client data, authenticator data, attestation.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{AttestationType, Ceremony, Omission, Refusal, Registration, Step};
use crate::webauthn::attestation::{self, AttestationObject, Statement};
use crate::webauthn::authenticator_data::{AttestedCredentialData, AuthenticatorData, Flags};
use crate::webauthn::base64;
use crate::webauthn::cbor::Form;
use crate::webauthn::client_data::{CREATE, ClientDataError, ReceivedClientData};
use crate::webauthn::cose::CoseKey;
use crate::webauthn::credential::RegistrationResponse;
use crate::webauthn::x509::validate_path;

/// Longest credential id (WebAuthn L3 §6.5.1), in bytes.
const MAX_CREDENTIAL_ID: usize = 1023;

/// One verification.
pub(super) struct Verifier<'a> {
    pub(super) ceremony: &'a Ceremony<'a>,
    pub(super) omission: Option<Omission>,
}

impl Verifier<'_> {
    pub(super) fn verify(&self, credential: &Value) -> Result<Registration, Refusal> {
        let response = self.read_envelope(credential)?;
        self.check_client_data(&self.read_client_data(&response.client_data_json)?)?;
        // Step 12: the hash is over the bytes as received.
        let client_data_hash: [u8; 32] = Sha256::digest(&response.client_data_json).into();
        let (object, data, attested) = self.read_attestation_object(&response.attestation_object)?;
        let is_named = response.raw_id == attested.credential_id || self.omits("5.1/raw-id");
        self.ensure(Step::CredentialJson, is_named, || {
            "rawId is not the credential id in the authenticator data".to_owned()
        })?;
        self.check_authenticator_data(&data)?;
        self.check_algorithm(&attested.public_key)?;
        let statement = Statement {
            value: &object.statement,
            authenticator_data: &object.authenticator_data,
            data: &data,
            attested: &attested,
            client_data_hash: &client_data_hash,
        };
        let attestation_type = self.check_attestation(&object.format, &statement)?;
        self.check_credential_id(&attested.credential_id)?;
        Ok(Registration {
            credential_id: attested.credential_id,
            public_key: attested.public_key,
            sign_count: data.sign_count,
            flags: data.flags,
            aaguid: attested.aaguid,
            format: object.format,
            attestation_type,
        })
    }

    fn skips(&self, step: Step) -> bool {
        self.omission == Some(Omission::Step(step))
    }

    /// Whether one check is left out that is not a whole step.
    fn omits(&self, check: &'static str) -> bool {
        self.omission == Some(Omission::Check(check))
    }

    /// Whether a statement counts as verified although it fails a check.
    fn tolerates(&self, format: &str, check: &str) -> bool {
        match self.omission {
            Some(Omission::Step(step)) => step == Step::AttestationStatement,
            Some(Omission::Format(name)) => name == format,
            Some(Omission::Check(name)) => name == check,
            None => false,
        }
    }

    fn ensure(&self, step: Step, holds: bool, detail: impl FnOnce() -> String) -> Result<(), Refusal> {
        if holds || self.skips(step) { Ok(()) } else { Err(Refusal { step, check: None, detail: detail() }) }
    }

    fn read_envelope(&self, credential: &Value) -> Result<RegistrationResponse, Refusal> {
        let read = if self.skips(Step::CredentialJson) {
            RegistrationResponse::from_json_leniently(credential)
        } else {
            RegistrationResponse::from_json(credential)
        };
        read.map_err(|error| refuse(Step::CredentialJson, &error))
    }

    /// Steps 5 and 6.
    fn read_client_data(&self, bytes: &[u8]) -> Result<ReceivedClientData, Refusal> {
        let read = if self.skips(Step::ClientDataJson) {
            ReceivedClientData::parse_prefix(bytes)
        } else if self.skips(Step::ClientDataUtf8) {
            ReceivedClientData::parse_any_unicode(bytes)
        } else {
            ReceivedClientData::parse(bytes)
        };
        read.map_err(|error| match error {
            ClientDataError::NotUtf8 => refuse(Step::ClientDataUtf8, &error),
            ClientDataError::NotJson(_) => refuse(Step::ClientDataJson, &error),
        })
    }

    /// Steps 7 to 11.
    fn check_client_data(&self, data: &ReceivedClientData) -> Result<(), Refusal> {
        let ceremony = self.ceremony;
        let text = |member: &Option<Value>| member.as_ref().and_then(Value::as_str).map(str::to_owned);
        self.ensure(Step::Type, text(&data.r#type).as_deref() == Some(CREATE), || {
            format!("type is {}, not \"{CREATE}\"", show(&data.r#type))
        })?;
        let challenge = base64::encode_url(ceremony.challenge);
        self.ensure(Step::Challenge, text(&data.challenge) == Some(challenge), || {
            format!("challenge is {}, not the one that was sent", show(&data.challenge))
        })?;
        let expected = |origins: &[String], origin: &Option<Value>| text(origin).is_some_and(|o| origins.contains(&o));
        self.ensure(Step::Origin, expected(ceremony.origins, &data.origin), || {
            format!("origin is {}, which is not expected", show(&data.origin))
        })?;
        let cross_origin_stands = match &data.cross_origin {
            None | Some(Value::Bool(false)) => true,
            Some(Value::Bool(true)) => ceremony.allow_cross_origin,
            Some(_) => false,
        };
        self.ensure(Step::CrossOrigin, cross_origin_stands, || {
            format!("crossOrigin is {}, which is not expected", show(&data.cross_origin))
        })?;
        let top_origin_stands = data.top_origin.is_none()
            || (ceremony.allow_cross_origin && expected(ceremony.top_origins, &data.top_origin));
        self.ensure(Step::TopOrigin, top_origin_stands, || {
            format!("topOrigin is {}, which is not expected", show(&data.top_origin))
        })
    }

    /// Step 13. Decoders SHOULD refuse what is not in the CTAP2 canonical form (§2.4); this one does.
    fn read_attestation_object(
        &self,
        bytes: &[u8],
    ) -> Result<(AttestationObject, AuthenticatorData, AttestedCredentialData), Refusal> {
        let lenient = self.skips(Step::AttestationObject);
        let object = if lenient {
            AttestationObject::decode_prefix(bytes)
        } else {
            AttestationObject::decode(bytes, Form::Canonical)
        };
        let object = object.map_err(|error| refuse(Step::AttestationObject, &error))?;
        let data = if lenient {
            AuthenticatorData::decode_first(&object.authenticator_data, Form::Any).map(|(data, _rest)| data)
        } else {
            AuthenticatorData::decode(&object.authenticator_data, Form::Canonical)
        };
        let mut data = data.map_err(|error| refuse(Step::AttestationObject, &error))?;
        let attested = data.attested.take().ok_or_else(|| Refusal {
            step: Step::AttestationObject,
            check: None,
            detail: "the authenticator data hold no attested credential data".to_owned(),
        })?;
        Ok((object, data, attested))
    }

    /// Steps 14 to 17.
    fn check_authenticator_data(&self, data: &AuthenticatorData) -> Result<(), Refusal> {
        let rp_id_hash: [u8; 32] = Sha256::digest(self.ceremony.rp_id.as_bytes()).into();
        self.ensure(Step::RpIdHash, data.rp_id_hash == rp_id_hash, || {
            format!("rpIdHash is not the SHA-256 of {:?}", self.ceremony.rp_id)
        })?;
        let flag = |step, holds, detail: &str| self.ensure(step, holds, || detail.to_owned());
        flag(Step::UserPresent, data.flags.has(Flags::USER_PRESENT), "the UP flag is clear")?;
        let verified = data.flags.has(Flags::USER_VERIFIED) || !self.ceremony.user_verification_required;
        flag(Step::UserVerified, verified, "user verification is required and the UV flag is clear")?;
        let backup = data.flags.has(Flags::BACKUP_ELIGIBLE) || !data.flags.has(Flags::BACKUP_STATE);
        flag(Step::BackupState, backup, "the BS flag is set and the BE flag is clear")
    }

    /// Step 20. That the key is one of the algorithm it names follows from §5.8.5 and §6.5.1.
    fn check_algorithm(&self, key: &CoseKey) -> Result<(), Refusal> {
        let offered = key.algorithm().is_some_and(|algorithm| self.ceremony.algorithms.contains(&algorithm));
        self.ensure(Step::Algorithm, offered, || match key.algorithm() {
            Some(algorithm) => format!("algorithm {algorithm} was not offered"),
            None => "the credential public key has no alg".to_owned(),
        })?;
        let usable = if self.omits("6.5.1/point") { key.public_key().map(drop) } else { key.require_usable() };
        self.ensure(Step::Algorithm, usable.is_ok(), || {
            usable.err().map_or_else(String::new, |error| error.to_string())
        })
    }

    /// Steps 21 to 24.
    fn check_attestation(&self, name: &str, statement: &Statement<'_>) -> Result<AttestationType, Refusal> {
        let Some(format) = attestation::find(name) else {
            self.ensure(Step::Format, false, || format!("format {} is not supported", quote(name)))?;
            return Ok(AttestationType::None);
        };
        let attestation = match format.verify(statement) {
            Ok(attestation) => attestation,
            Err(error) if self.tolerates(name, error.check) => return Ok(AttestationType::None),
            Err(error) => {
                let step = Step::AttestationStatement;
                return Err(Refusal { step, check: Some(error.check), detail: error.detail });
            }
        };
        let (path, anchors) = (&attestation.trust_path, self.ceremony.trust_anchors);
        if !path.is_empty() && !anchors.is_empty() {
            let trusted = validate_path(path, anchors, self.ceremony.now);
            self.ensure(Step::AttestationTrust, trusted.is_ok(), || {
                trusted.err().map_or_else(String::new, |error| error.to_string())
            })?;
        }
        Ok(attestation.attestation_type)
    }

    /// Steps 25 and 26.
    fn check_credential_id(&self, id: &[u8]) -> Result<(), Refusal> {
        self.ensure(Step::CredentialIdLength, id.len() <= MAX_CREDENTIAL_ID, || {
            format!("the credential id has {} bytes, more than {MAX_CREDENTIAL_ID}", id.len())
        })?;
        self.ensure(Step::CredentialIdUnique, !(self.ceremony.is_registered)(id), || {
            "the credential id is registered already".to_owned()
        })
    }
}

fn refuse(step: Step, error: &dyn std::error::Error) -> Refusal {
    Refusal { step, check: None, detail: error.to_string() }
}

fn show(member: &Option<Value>) -> String {
    match member {
        None => "missing".to_owned(),
        Some(Value::String(text)) => quote(text),
        Some(other) => quote(&other.to_string()),
    }
}

/// Quotes hostile text: escaped, and cut after 80 characters.
fn quote(text: &str) -> String {
    let head: String = text.chars().take(80).collect();
    let more = if head.len() < text.len() { " ..." } else { "" };
    format!("{head:?}{more}")
}
